"""Draw the film strips of docs/sign.md and write its table of signs between the two marks of that page.

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
PICTURES, SIZE, QUALITY = 6, 200, 76

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
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(before + BEGIN + "\n\n" + "\n".join(rows) + END + after, encoding="utf-8")


if __name__ == "__main__":
    main()
