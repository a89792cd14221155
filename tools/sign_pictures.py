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
    "worst_forehead": (
        "a flat hand that points up and left before the forehead",
        "flathand extfingerul palmu forehead moveuo repeatfromstart",
        "The forearm comes up before the face and hides it, and the hand leaves the picture; a signer would bend "
        "the wrist less and come from the side.",
    ),
    "worst_forehead_right": (
        "the same, moving in and right",
        "flathand extfingerul palmu forehead movei smallmod mover",
        "As above; the movement is seen only when the hand has left the face.",
    ),
    "worst_parallel": (
        "a pinch at both cheeks, in parallel",
        "symmpar largemod fingerstraightmod pinch12open extfingeru palml cheek movedo",
        "The left palm looks away from its own cheek, as the dominant hand's does; the left elbow is lifted to the "
        "height of the ear.",
    ),
    "worst_right": (
        "a finger that points right at the cheek",
        "parbegin finger2 thumbacrossmod plus flathand fingerstraightmod between ceeopen parend extfingerr palmd "
        "cheek movedo",
        "No right wrist points right at the right cheek: the elbow is before the chest and the hand turns over "
        "as it goes down.",
    ),
    "worst_eyes": (
        "a fist beside the eyes",
        "fist extfingero palmdr eyes lrbeside touch replace flathand thumboutmod repeatfromstart",
        "The elbow is lifted above the shoulder for a palm that looks down and right; a signer would let the palm go.",
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
