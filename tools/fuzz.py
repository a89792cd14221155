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
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

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


# -- the readers -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reader:
    """Makes a small valid file or folder below a place and returns it; reads one and uses what it read."""

    make: Callable[[Path], Path]
    read: Callable[[Path], object]


def _motion(suffix: str, frames: int = 3, format: str | None = None) -> Reader:
    def make(folder: Path) -> Path:
        from poseloom import save
        from poseloom.pose import sample

        save(sample(frames, seed=1).body(), folder / f"motion{suffix}", format)
        return folder / f"motion{suffix}"

    def read(path: Path) -> object:
        from poseloom import load

        return load(path)

    return Reader(make, read)


def _make_pose(folder: Path) -> Path:
    from poseloom.formats.pose_file import clip_to_sequence, write_pose_file
    from poseloom.pose import Clip, sample

    write_pose_file(clip_to_sequence(Clip(sample(3, seed=1))), folder / "signs.pose")
    return folder / "signs.pose"


def _read_pose(path: Path) -> object:
    from poseloom.formats.pose_file import read_pose_file, sequence_to_keypoints

    return sequence_to_keypoints(read_pose_file(path))


def _make_table(folder: Path) -> Path:
    from poseloom.data import describe_table, pair_table, prepare
    from poseloom.data.sources.procedural import Procedural

    prepare(Procedural(40), folder / "table")
    describe_table(folder / "table")
    pair_table(folder / "table")
    shutil.rmtree(folder / "table" / ".build", ignore_errors=True)
    return folder / "table"


def _read_table(path: Path) -> object:
    from poseloom.data import Table
    from poseloom.data.inspection import inspect, summary

    table = Table.open(path)
    inspect(table)
    summary(table)
    return [*table], [*table.pairs], table.poses()


def _make_index(folder: Path) -> Path:
    from poseloom.data import Table
    from poseloom.search import TableRows, build_index

    build_index(TableRows(Table.open(_make_table(folder))), folder / "index")
    (folder / "index" / "lock").unlink()
    return folder / "index"


def _read_index(path: Path) -> object:
    from poseloom.pose import sample
    from poseloom.search import Index

    index = Index(path)
    pose = sample(1, seed=3)[0]
    answers = [index.search(text, 5, near=True) for text in ("standing", "left hand up", "someone kneels")]
    return answers, index.like(pose, 5), [index.hit(row) for row in range(0, len(index), 7)]


def _make_card(folder: Path) -> Path:
    _trained(folder)
    for one in ("checkpoints", "metrics.csv", "recipe.toml"):
        path = folder / "run" / one
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    return folder / "run"


def _trained(folder: Path) -> None:
    from poseloom.tasks import task
    from poseloom.tasks.common.recipes import open_recipe
    from poseloom.training import fit

    data = {"procedural": 200, "validation": 12, "batches": 2, "vocabulary_texts": 300}
    overrides = [(f"data.{name}", str(value)) for name, value in data.items()]
    overrides += [("engine.loggers", "[]"), ("engine.accelerator", "cpu"), ("stages.train.steps", "2")]
    _, recipe = open_recipe("retrieval/tiny", overrides)
    fit(task("retrieval").build(recipe), recipe, folder / "run")


def _read_card(path: Path) -> object:
    from poseloom import load_model

    model = load_model(path / "model.safetensors")
    return model.embed_texts(["someone stands"])


def _make_checkpoint(folder: Path) -> Path:
    _trained(folder)
    return Path(shutil.copy(folder / "run" / "checkpoints" / "last.ckpt", folder / "last.ckpt"))


def _read_checkpoint(path: Path) -> object:
    from poseloom.training.checkpoint import read_checkpoint

    return read_checkpoint(path)


def _read_released(path: Path) -> object:
    from poseloom.formats.torch_files import load_torch_file

    return load_torch_file(path)


def _make_recipe(folder: Path) -> Path:
    from poseloom.tasks.common.recipes import recipe_path

    return Path(shutil.copy(recipe_path("retrieval/tiny"), folder / "recipe.toml"))


def _read_recipe(path: Path) -> object:
    from poseloom.tasks.common.recipes import open_recipe

    return open_recipe(str(path))


def _make_signs(folder: Path) -> Path:
    path = folder / "sign.txt"
    path.write_text("flathand extfingerl palml chest touch", "utf-8")
    return path


def _read_signs(path: Path) -> object:
    from poseloom.language.hamnosys import notation, parse

    return parse(notation(path.read_bytes().decode("utf-8", "replace")))


READERS = {
    "bvh": _motion(".bvh"),
    "npz": _motion(".npz"),
    "amass": _motion(".npz", format="amass"),
    "json": _motion(".json"),
    "pose": Reader(_make_pose, _read_pose),
    "table": Reader(_make_table, _read_table),
    "index": Reader(_make_index, _read_index),
    "model": Reader(_make_card, _read_card),
    "checkpoint": Reader(_make_checkpoint, _read_checkpoint),
    "pth": Reader(_make_checkpoint, _read_released),
    "recipe": Reader(_make_recipe, _read_recipe),
    "hamnosys": Reader(_make_signs, _read_signs),
}


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
