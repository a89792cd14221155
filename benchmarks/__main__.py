"""Print the table of figures; `--write` puts it into docs/benchmarks.md."""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.cases import CASES
from benchmarks.measure import machine, seconds_of

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"
START, END = "<!-- table -->", "<!-- end of table -->"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"replace the table in {PAGE.name}")
    parser.add_argument("--only", default="", metavar="TEXT", help="measure the cases whose name holds TEXT")
    arguments = parser.parse_args()
    import torch

    torch.set_num_threads(1)
    rows = [f"Measured on {machine()}.", "", "| what | figure | asked for |", "| --- | --- | --- |"]
    print("\n".join(rows))
    for case in CASES:
        if arguments.only in case.name:
            row = f"| {case.name} | {case.figure(seconds_of(case))} | {case.target or '–'} |"
            rows.append(row)
            print(row, flush=True)
    if arguments.write:
        before, rest = PAGE.read_text(encoding="utf-8").split(START)
        after = rest.split(END)[1]
        PAGE.write_text(before + START + "\n" + "\n".join(rows) + "\n" + END + after, encoding="utf-8")


if __name__ == "__main__":
    main()
