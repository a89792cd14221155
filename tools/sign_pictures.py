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
    "worst_chest": (
        "the heel of the hand on the chest",
        "symmlr flathand extfingeror palmu chest lrat touch moveil wavy repeatfromstart",
        "A hand that points away from the chest can touch it only with the forearm above it: the elbows are lifted "
        "before the face, where a signer would let the direction go.",
    ),
    "worst_head": (
        "a rounded hand before the head",
        "flathand fingerbendmod extfingero palmd head movel halt movedr smallmod",
        "The forearm comes from the side and covers the eyes; a signer would hold hand and elbow lower.",
    ),
    "worst_touch": (
        "a right hand that points right",
        "finger23spread fingerbendmod extfingerr palmdr touch moveir smallmod arcu",
        "No right wrist points right in front of the chest; the hand comes from above. What it touches is not said.",
    ),
    "worst_handback": (
        "a fist on the back of a hand that points down",
        "parbegin fist extfingerui palml plus flathand extfingerdl palml parend handback moveil smallmod repeatreverse",
        "The other hand points down and left, so that its arm is lifted; the small movement is hidden by it.",
    ),
    "worst_palm": (
        "a flat hand that points down, on the palm of the other",
        "parbegin flathand thumboutmod extfingerd palmd plus finger2 thumbacrossmod fingerbendmod extfingerl palml "
        "parend palm touch movedo",
        "Both arms are lifted for the sake of the directions; the hand leaves the other sideways rather than ahead.",
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
