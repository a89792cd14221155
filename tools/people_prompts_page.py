"""Draws the page of people's prompts: ``python tools/people_prompts_page.py``.

Sixty prompts of `tests/prompts`, those that were kept apart first, one picture of each (the first of four), with the
mark of `tools/prompts.py`. Writes `docs/images/asked_N.webp` and the list between the marks of `docs/asked.md`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "prompts"))
PAGE, PICTURES = ROOT / "docs" / "asked.md", ROOT / "docs" / "images"
_BEGIN, _END = "<!-- asked: begin -->", "<!-- asked: end -->"
_PROMPTS, _ON_SHEET, _COLUMNS, _SIDE = 60, 20, 5, 176
_SAMPLES, _ENOUGH = 4, 3


def main() -> None:
    asked = json.loads((ROOT / "tests/prompts/prompts.json").read_text())["prompts"]
    asked = sorted(asked, key=lambda one: not one["kept"])[:_PROMPTS]
    made = [_drawn(one) for one in asked]
    sheets = [
        _sheet(number, list(zip(asked, made, strict=True))[start : start + _ON_SHEET], start)
        for number, start in enumerate(range(0, len(asked), _ON_SHEET), 1)
    ]
    marks = [mark for mark, _, _ in made]
    shares = ", ".join(f"{marks.count(value)} with {value}" for value in (2, 1, 0))
    mean = f"Mean {sum(marks) / len(marks):.2f}: {shares}."
    page = PAGE.read_text()
    before, after = page.split(_BEGIN)[0], page.split(_END)[1]
    PAGE.write_text(f"{before}{_BEGIN}\n\n{mean}\n\n" + "\n".join(sheets) + f"{_END}{after}")
    print(mean)


def _drawn(one: dict[str, Any]) -> tuple[int, int, Any]:
    """Mark, good samples of four, and the first pose; none where the prompt is refused."""
    from measures import meets

    from poseloom import api
    from poseloom.base.errors import PoseloomError

    try:
        poses = api.generate(one["text"], _SAMPLES, 0).poses
    except PoseloomError:
        return 0, 0, None
    good = int(meets(poses, one["must"]).sum())
    return (2 if good >= _ENOUGH else 1 if good else 0), good, poses[:1]


def _sheet(number: int, rows: list[Any], start: int) -> str:
    """One picture file and the lines of the page that belong to it."""
    from PIL import Image, ImageDraw

    from poseloom.render import render, to_pil

    sheet = Image.new("RGB", (_COLUMNS * _SIDE, -(-len(rows) // _COLUMNS) * _SIDE), "white")
    pen = ImageDraw.Draw(sheet)
    lines = []
    for place, (one, (mark, good, pose)) in enumerate(rows):
        corner = (place % _COLUMNS * _SIDE, place // _COLUMNS * _SIDE)
        if pose is not None:
            sheet.paste(to_pil(render(pose, _SIDE)[0]), corner)
        pen.text((corner[0] + 6, corner[1] + 4), f"{start + place + 1}", fill="black")
        lines.append(f"{start + place + 1}. *{one['text']}*: **{mark}** ({good} of {_SAMPLES})")
    sheet.save(PICTURES / f"asked_{number}.webp", quality=80)
    name = f"prompts {start + 1} to {start + len(rows)}"
    return f"![{name}](images/asked_{number}.webp)\n\n" + "\n".join(lines) + "\n\n"


if __name__ == "__main__":
    main()
