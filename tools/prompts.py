"""Marks `poseloom generate` on the prompts of `tests/prompts`: 2 where three of four pictures meet the rubric, 1 where
one does, else 0. Prints the mean and the share of each mark, by kind.

    python tools/prompts.py [--kept yes|no] [--verify] [--short] [--fails] [--sheet FOLDER]
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "tests" / "prompts"
sys.path.insert(0, str(FOLDER))
_PICTURES, _ENOUGH = 4, 3
_SAMPLES = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kept", choices=("yes", "no", "all"), default="no", help="prompts kept apart")
    parser.add_argument("--verify", action="store_true")
    parser.add_argument("--short", action="store_true", help="the short prompts, 20 samples each")
    parser.add_argument("--fails", action="store_true", help="show what was measured where a picture fails")
    parser.add_argument("--sheet", type=Path, help="folder for a picture of each prompt")
    parser.add_argument("--json", type=Path, help="keep the marks")
    arguments = parser.parse_args()
    if arguments.short:
        _short(arguments)
        return
    asked = json.loads((FOLDER / "prompts.json").read_text())["prompts"]
    asked = [one for one in asked if arguments.kept == "all" or one["kept"] == (arguments.kept == "yes")]
    marks = [_mark(one, arguments) for one in asked]
    _report(asked, marks)
    if arguments.json:
        rows = [
            {"text": one["text"], "kind": one["kind"], "mark": mark} for one, mark in zip(asked, marks, strict=True)
        ]
        arguments.json.write_text(json.dumps(rows, indent=1))


def _mark(one: dict[str, Any], arguments: argparse.Namespace) -> int:
    from measures import failing, meets

    made = _drawn(one["text"], _PICTURES, arguments.verify)
    good = int(meets(made.poses, one["must"]).sum()) if made is not None else 0
    mark = 2 if good >= _ENOUGH else 1 if good else 0
    quiet = one["kept"] and not arguments.fails
    if not quiet:
        print(f"{mark} {good}/4 {one['kind']:9} {one['text']}")
    if arguments.fails and mark < 2 and made is not None:
        for line in failing(made.poses, one["must"]):
            print("       ", line)
    if arguments.sheet and made is not None:
        from poseloom.render import contact_sheet, render, save_picture

        arguments.sheet.mkdir(parents=True, exist_ok=True)
        name = "".join(letter if letter.isalnum() else "_" for letter in one["text"])[:50]
        save_picture(contact_sheet(render(made.poses, 192), title=one["text"]), arguments.sheet / f"{name}.png")
    return mark


def _drawn(text: str, count: int, verify: bool) -> Any:
    from poseloom import api
    from poseloom.base.errors import PoseloomError

    try:
        return api.generate(text, count, 0, verify=verify)
    except PoseloomError as error:
        print(f"refused: {error}")
        return None


def _short(arguments: argparse.Namespace) -> None:
    from measures import failing, meets

    asked = json.loads((FOLDER / "short.json").read_text())["prompts"]
    for one in asked:
        made = _drawn(one["text"], _SAMPLES, arguments.verify)
        good = int(meets(made.poses, one["must"]).sum()) if made is not None else 0
        print(f"{good:2} of {_SAMPLES}  {one['text']}")
        if arguments.fails and good < _SAMPLES and made is not None:
            for line in failing(made.poses, one["must"]):
                print("       ", line)


def _report(asked: list[dict[str, Any]], marks: list[int]) -> None:
    for kind in (*dict.fromkeys(one["kind"] for one in asked), "all"):
        mine = [mark for one, mark in zip(asked, marks, strict=True) if kind in (one["kind"], "all")]
        shares = "  ".join(f"{value}: {100 * mine.count(value) / len(mine):3.0f} %" for value in (2, 1, 0))
        print(f"{kind:9} mean {sum(mine) / len(mine):.2f}  {shares}  ({len(mine)})")


if __name__ == "__main__":
    main()
