"""A million poses by the commands that a user types: prepared, described, indexed, searched; what each step costs.

Not part of ``make bench``: it takes ten minutes on two quiet cores, and three gigabytes of disk (Linux alone)::

    python -m benchmarks.table_million [--rows 1000000] [--workers 2] [--out DIR]

Steps that were done are kept in DIR: run again, it goes on.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

QUESTION = "the left hand is above the head, both knees bent"
POLL = 0.1
"""Seconds between two looks at the processes of a step."""
TICKS = os.sysconf("SC_CLK_TCK")
MIBIBYTE = 1 << 20
_SESSION, _USER, _SYSTEM = 3, 11, 12
"""Places in /proc/PID/stat, counted behind the program's name."""


@dataclass
class Cost:
    """What the processes of a step used: CPU seconds by process, most memory of all together."""

    wall: float = 0.0
    cpu: dict[int, float] = field(default_factory=dict)
    memory: int = 0

    def look(self, session: int) -> None:
        """Add what the processes of a session have used until now."""
        resident = 0
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                values = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(values[_SESSION]) != session:
                    continue
                self.cpu[int(entry.name)] = (int(values[_USER]) + int(values[_SYSTEM])) / TICKS
                resident += _own_share(entry)
            except (OSError, ValueError, IndexError):  # it has ended meanwhile
                continue
        self.memory = max(self.memory, resident)


def _own_share(process: Path) -> int:
    """Bytes in memory; pages that several processes share count once among them."""
    lines = (process / "smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) << 10


def measured(arguments: list[str]) -> Cost:
    """Run a command of poseloom; it must succeed."""
    cost, begun = Cost(), time.monotonic()
    command = [sys.executable, "-m", "poseloom", *arguments]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True) as process:
        while process.poll() is None:
            cost.look(process.pid)
            time.sleep(POLL)
    cost.wall = time.monotonic() - begun
    if process.returncode:
        raise SystemExit(f"{' '.join(arguments)}: status {process.returncode}")
    return cost


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def run(rows: int, workers: int, folder: Path) -> None:
    table, index = str(folder / "T"), str(folder / "I")
    shared = ["--workers", str(workers)]
    ask = ["search", QUESTION, "--index", index, "-k", "10", "--json"]
    steps = {
        "`data prepare procedural`": ["data", "prepare", "procedural", "--rows", str(rows), "--out", table, *shared],
        "`data describe`": ["data", "describe", table, *shared],
        "`index build`": ["index", "build", table, "--out", index],
        "`search`, the start of Python included": ask,
        "the same with a filter": [*ask, "--where", "split=test", "--where", "kind=automatic"],
        "`data check`, every checksum": ["data", "check", table],
    }
    print(f"{rows:,} rows; load when it began {os.getloadavg()[0]:.1f}\n")
    print("| command | wall | CPU | memory | disk |\n| --- | --- | --- | --- | --- |")
    for name, arguments in steps.items():
        before = size(folder)
        cost = measured(arguments)
        grown = (size(folder) - before) / MIBIBYTE
        print(
            f"| {name} | {cost.wall:,.1f} s | {sum(cost.cpu.values()):,.1f} s | {cost.memory / MIBIBYTE:,.0f} MiB | "
            f"{f'{grown:,.0f} MiB' if grown >= 1 else '–'} |",
            flush=True,
        )
    print(f"\nload at the end {os.getloadavg()[0]:.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, help="folder for table and index (default: a temporary one, removed)")
    arguments = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    folder = arguments.out or Path(tempfile.mkdtemp(prefix="poseloom-table-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        run(arguments.rows, arguments.workers, folder)
    finally:
        if arguments.out is None:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
