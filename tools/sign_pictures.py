"""Draw the film strips of docs/sign.md and write its signs between the marks of that page.

python tools/sign_pictures.py
"""

from __future__ import annotations

from pathlib import Path

from poseloom.language.hamnosys import explain, from_names
from poseloom.signer import sign_clip
from poseloom.signer.pictures import film_strip

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "sign.md"
IMAGES = ROOT / "docs" / "images"
BEGIN, END = "<!-- signs: begin -->", "<!-- signs: end -->"
PICTURES, SIZE, SMALL, QUALITY = 6, 200, 150, 76

SIGNS = {
    "hour": ("an hour", "finger2 extfingeru palmu shoulders lrat circleo"),
    "chest": ("a hand on the chest", "flathand extfingerl palml chest touch"),
    "thanks": ("thanks", "flathand extfingeru palmu chin touch parbegin moveo arcd replace extfingero palmu parend"),
    "hamburg": (
        "Hamburg (the example of the TeX package)",
        "ceeall thumbopenmod fingerstraightmod extfingerul palmdl forehead lrat close "
        "parbegin mover replace pinchall fingerstraightmod parend",
    ),
    "fist_on_palm": (
        "a fist on the palm, twice",
        "parbegin fist extfingero palml plus flathand extfingerr palmu parend palm touch repeatfromstart",
    ),
    "want": (
        "to want (Polish Sign Language)",
        "symmlr finger2345 thumboutmod fingerbendmod extfingeruo palmu moved smallmod repeatfromstart",
    ),
    "good": ("good (Polish Sign Language)", "pinch12open extfingeru palml cheek movedo"),
    "bus": (
        "bus (Polish Sign Language)",
        "fist thumbacrossmod extfingero palml stomach lrbeside touch mover smallmod repeatfromstart",
    ),
    "cycling": ("cycling", "symmlr alternatingmotion fist extfingero palmd circlel repeatfromstart"),
    "v_wave": ("a wavy V", "finger23spread extfingeru palmd mover wavy"),
}
"""Name of the picture: what it is, and the notation by the names of its symbols."""


WORST_BEGIN, WORST_END = "<!-- worst: begin -->", "<!-- worst: end -->"
WORST = {
    "worst_right": (
        "a finger that points right at the cheek",
        "parbegin finger2 thumbacrossmod plus flathand fingerstraightmod between pinch12open parend extfingerr palmd "
        "cheek movedo",
        "No right wrist points right at the right cheek for long: as the hand goes down the finger turns to the "
        "viewer. The left elbow is lifted to the height of the shoulder.",
    ),
    "worst_right_flat": (
        "the same with another left hand",
        "parbegin finger2 thumbacrossmod plus flathand fingerstraightmod between finger2345 fingerstraightmod "
        "thumboutmod parend extfingerr palmd cheek movedo",
        "As above.",
    ),
    "worst_palm": (
        "a fist at the other palm",
        "parbegin fist extfingeror palmr plus flathand extfingeru palmd parend palm touch mover movel smallmod slow",
        "The fist that looks right comes to the palm with its elbow before the face; a signer would turn the fist.",
    ),
    "worst_cheek": (
        "a fist that turns down and right at the cheek",
        "fist extfingeru palml plus fist extfingerdr between extfingerdr palml cheek movedo",
        "The forearm lies across the eyes for a direction that no wrist has there with a low elbow.",
    ),
    "worst_upperarm": (
        "a finger at the other upper arm",
        "finger2 extfingerdl palmd upperarm touch",
        "The finger stays at the arm, but the elbow goes on rising while it is held.",
    ),
}
"""The five film strips with the fewest points: picture, what it is, notation, what is wrong."""


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    rows = []
    for name, (title, names) in SIGNS.items():
        text = from_names(names)
        clip = sign_clip(text)
        picture = IMAGES / f"sign_{name}.webp"
        film_strip(clip, PICTURES, SIZE).save(picture, quality=QUALITY, method=6)
        print(f"{picture.relative_to(ROOT)}: {picture.stat().st_size} bytes")
        rows += [f"### {title[0].upper()}{title[1:]}", "", f"`{names}`", "", explain(text), ""]
        rows += [f"![{title}](images/{picture.name})", ""]
    _between(BEGIN, END, rows)
    worst: list[str] = []
    for name, (title, names, why) in WORST.items():
        picture = IMAGES / f"sign_{name}.webp"
        film_strip(sign_clip(from_names(names)), PICTURES, SMALL).save(picture, quality=QUALITY, method=6)
        worst += [f"**{title[0].upper()}{title[1:]}**, `{names}`: {why}", "", f"![{title}](images/{picture.name})", ""]
    _between(WORST_BEGIN, WORST_END, worst)


def _between(begin: str, end: str, rows: list[str]) -> None:
    """Write lines between two marks of the page."""
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(begin)
    _, _, after = rest.partition(end)
    PAGE.write_text(before + begin + "\n\n" + "\n".join(rows) + end + after, encoding="utf-8")


if __name__ == "__main__":
    main()
