"""Reads files with mutated bytes: ``python tools/fuzz.py READER|all --count 2000 --seed 0``.

Each reader is tried in a process of its own with a limit of memory; a case that takes too long or ends the process is
counted, and the next process goes on behind it. What is right: the file is read, or refused with poseloom's own error
in one line. ``--keep DIR`` writes the inputs of all other cases there. The status is 1 where there are any.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from fuzz_readers import READERS

MEMORY_BYTES = 6 << 30
"""Of addresses; loading torch alone takes about two."""
NUMBERS = ("nan", "inf", "1e308", "-1", "0", str(2**31), str(2**63), "[]", '""', "null")
WORDS = (b"\0\0\0\x80", b"\xff\xff\xff\x7f", b"\xff" * 8, b"\0" * 8, struct.pack("<d", float("nan")), b"\0\0\0\x01")


# -- the mutator -----------------------------------------------------------------------------------------------------


def mutated(data: bytes, rng: random.Random) -> bytes:
    """One to four changes: bytes flipped, cut out or inserted, numbers replaced, sections doubled, the end cut off."""
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        data = rng.choice((_flip, _flip, _cut, _insert, _number, _number, _word, _double, _end))(data, rng)
    return data


def _flip(data: bytes, rng: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 3, 20)) if data else 0):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _span(data: bytes, rng: random.Random) -> tuple[int, int]:
    first = rng.randrange(len(data) + 1)
    return first, min(len(data), first + rng.choice((1, 2, 8, 64, 1024)))


def _cut(data: bytes, rng: random.Random) -> bytes:
    first, last = _span(data, rng)
    return data[:first] + data[last:]


def _insert(data: bytes, rng: random.Random) -> bytes:
    place = rng.randrange(len(data) + 1)
    return data[:place] + rng.choice((rng.randbytes(rng.choice((1, 4, 64))), *WORDS)) + data[place:]


def _double(data: bytes, rng: random.Random) -> bytes:
    first, last = _span(data, rng)
    return data[:last] + data[first:last] * rng.choice((1, 1, 50)) + data[last:]


def _end(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def _word(data: bytes, rng: random.Random) -> bytes:
    word = rng.choice(WORDS)
    place = rng.randrange(max(1, len(data) - len(word) + 1)) // 4 * 4
    return data[:place] + word + data[place + len(word) :]


def _number(data: bytes, rng: random.Random) -> bytes:
    """Replace a number that is written in digits; where there is none, four bytes."""
    start = rng.randrange(len(data) + 1)
    first = next((place for place in range(start, len(data)) if data[place : place + 1].isdigit()), None)
    if first is None:
        return _word(data, rng)
    last = first
    while last < len(data) and data[last : last + 1] in b"0123456789.eE-":
        last += 1
    return data[:first] + rng.choice(NUMBERS).encode() + data[last:]


# -- a case -----------------------------------------------------------------------------------------------------------


def mutant(original: Path, place: Path, seed: int, case: int) -> Path:
    """The original below `place` with one of its files changed: the same for the same seed and case."""
    rng = random.Random(f"{seed} {case}")
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    target = place / original.name
    if original.is_dir():
        shutil.copytree(original, target)
        files = sorted(path for path in target.rglob("*") if path.is_file())
        small = [path for path in files if path.suffix == ".json"]  # what says what the others are
        file = rng.choice(small if small and rng.random() < 0.3 else files)
    else:
        shutil.copy(original, target)
        file = target
    file.write_bytes(mutated(file.read_bytes(), rng))
    return target


# -- one process -----------------------------------------------------------------------------------------------------


def work(name: str, original: Path, place: Path, seed: int, first: int, last: int) -> None:
    """Try cases and tell of each on stdout: its number before, what came of it after."""
    from poseloom.base.errors import LONGEST_MESSAGE, PoseloomError

    warnings.simplefilter("ignore")
    reader = READERS[name]
    reader.read(original)  # loads what it needs, and must succeed
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    for case in range(first, last):
        target = mutant(original, place, seed, case)
        _tell({"begun": case})
        try:
            reader.read(target)
            outcome = "read"
        except PoseloomError as mistake:
            line = str(mistake)
            outcome = "refused" if len(line) <= LONGEST_MESSAGE and line.isprintable() else f"message: {line[:200]!r}"
        except Exception as fault:  # what this looks for
            outcome = f"fault: {type(fault).__name__}: {str(fault)[:200]}"
        _tell({"ended": case, "outcome": outcome, "peak": _peak_kib()})


def _peak_kib() -> int:
    """Most memory of this process; `ru_maxrss` would count that of the one which started it."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(next(line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM")))


def _tell(event: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


# -- all of them -----------------------------------------------------------------------------------------------------


@dataclass
class Tally:
    """What came of a reader's cases."""

    reader: str
    original: Path
    tried: int = 0
    read: int = 0
    refused: int = 0
    crashes: list[int] = field(default_factory=list)
    hangs: list[int] = field(default_factory=list)
    faults: dict[int, str] = field(default_factory=dict)
    peak_kib: int = 0

    @property
    def bad(self) -> list[int]:
        return sorted([*self.crashes, *self.hangs, *self.faults])

    def line(self) -> str:
        figures = (self.tried, self.read, self.refused, len(self.crashes), len(self.hangs), len(self.faults))
        return f"| {self.reader} | " + " | ".join(f"{one:,}" for one in figures) + f" | {self.peak_kib / 1024:,.0f} |"


HEAD = "| reader | inputs | read | refused | crashes | hangs | other errors | peak MB |\n" + "| --- " * 8 + "|"


def tried(name: str, folder: Path, seed: int, count: int, seconds: float) -> Tally:
    """Try a reader on `count` inputs; a case may take so many seconds."""
    folder.mkdir(parents=True, exist_ok=True)
    original, first = READERS[name].make(folder), 0
    tally = Tally(name, original)
    while first < count:
        words = ["--worker", str(original), str(folder / "case"), str(first)]
        command = [sys.executable, __file__, name, "--count", str(count), "--seed", str(seed), *words]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            begun = None
            for event in _events(process, seconds):
                if "begun" in event:
                    begun = event["begun"]
                else:
                    _count(tally, event)
                    begun, first = None, event["ended"] + 1
            hung = process.poll() is None
            process.kill()
        if begun is not None:
            (tally.hangs if hung else tally.crashes).append(begun)
            tally.tried, first = tally.tried + 1, begun + 1
        elif first < count and process.returncode != 0:
            raise SystemExit(f"{name}: the worker ended by itself, status {process.returncode}")
    return tally


def _events(process: subprocess.Popen[bytes], seconds: float) -> Iterator[dict]:
    """What a worker tells, until it ends or says nothing for so long; loading the library takes its own time."""
    patience = 120.0
    assert process.stdout is not None
    while select.select([process.stdout], [], [], patience)[0]:
        line = process.stdout.readline()
        if not line:
            process.wait()
            return
        patience = seconds
        yield json.loads(line)


def _count(tally: Tally, event: dict) -> None:
    tally.tried += 1
    tally.peak_kib = max(tally.peak_kib, event["peak"])
    outcome = event["outcome"]
    if outcome in ("read", "refused"):
        setattr(tally, outcome, getattr(tally, outcome) + 1)
    else:
        tally.faults[event["ended"]] = outcome


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reader", choices=[*READERS, "all"])
    parser.add_argument("--count", type=int, default=200, metavar="N")
    parser.add_argument("--seed", type=int, default=0, metavar="S")
    parser.add_argument("--seconds", type=float, default=20, help="that a case may take (default: 20)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="write the inputs of bad cases there")
    parser.add_argument("--worker", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.worker:
        original, place, first = given.worker
        work(given.reader, Path(original), Path(place), given.seed, int(first), given.count)
        return 0
    print(HEAD, flush=True)
    bad = 0
    for name in READERS if given.reader == "all" else [given.reader]:
        with tempfile.TemporaryDirectory(prefix="poseloom-fuzz-") as folder:
            tally = tried(name, Path(folder), given.seed, given.count, given.seconds)
            for case in tally.bad if given.keep else ():
                mutant(tally.original, given.keep / f"{name}-{case}", given.seed, case)
        print(tally.line(), flush=True)
        for case in tally.bad:
            what = tally.faults.get(case) or ("hang" if case in tally.hangs else "crash")
            print(f"  {name} --seed {given.seed}, case {case}: {what}", file=sys.stderr)
        bad += len(tally.bad)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
