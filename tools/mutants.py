"""Break the code on purpose and see whether a test notices: every mutant of `mutants.toml` must be killed.

    python tools/mutants.py [NAME ...] [--jobs 2]

Each mutant replaces one piece of one file in a copy of the project and runs the tests that it names there. A mutant
whose tests pass has survived: what it breaks is not tested. Exit status 1 if any survives.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import cache_from_source
from multiprocessing.context import ForkServerContext
from pathlib import Path
from queue import SimpleQueue

try:
    import tomllib
except ImportError:  # Python 3.10
    import toml as tomllib

ROOT = Path(__file__).resolve().parent.parent
LIST = Path(__file__).with_name("mutants.toml")
COPIED = ("src", "tests", "pyproject.toml")
LOADED = ["pytest", "hypothesis", "jaxtyping", "torch", "scipy", "pyarrow.parquet", "lightning.fabric"]
"""What tests take longest to load: once for all mutants."""
SECONDS = 600
"""After which tests of a mutant count as failed: an endless loop is noticed."""
FAILED = 1
"""Exit status of pytest."""


@dataclass(frozen=True)
class Mutant:
    """One piece of code made wrong.

    Args:
        name: what it breaks.
        file: below src/poseloom.
        old: a piece that stands there once.
        new: what replaces it.
        tests: files or node ids below tests, separated by spaces.
        only: expression that names those of them that matter (pytest's ``-k``); all of them where it is empty.
    """

    name: str
    file: str
    old: str
    new: str
    tests: str
    only: str = ""

    @property
    def path(self) -> Path:
        """Of the file, below the project."""
        return Path("src/poseloom") / self.file


def read_mutants(names: list[str]) -> list[Mutant]:
    """The mutants of some names, or all; each one's piece stands in its file once."""
    mutants = [Mutant(**row) for row in tomllib.loads(LIST.read_text(encoding="utf-8"))["mutant"]]
    known = [one.name for one in mutants]
    for name in names or known:
        if known.count(name) != 1:
            stands = "stands twice in the list" if name in known else f"is not in the list: {', '.join(known)}"
            raise SystemExit(f"mutant {name!r} {stands}")
    for mutant in mutants:
        times = (ROOT / mutant.path).read_text(encoding="utf-8").count(mutant.old)
        if times != 1:
            raise SystemExit(f"mutant {mutant.name!r}: its piece stands {times} times in {mutant.path}, expected once")
    return [one for one in mutants if one.name in names] if names else mutants


def copy_of_project(folder: Path) -> Path:
    """What tests need of the project."""
    copy = folder / "project"
    copy.mkdir()
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy / name)
    shared = ROOT.parent / "shared"
    if shared.exists():
        (folder / "shared").symlink_to(shared)
    return copy


@contextmanager
def broken(mutant: Mutant, copy: Path) -> Iterator[None]:
    """The copy has the mutant's piece for the block."""
    file = copy / mutant.path
    text = file.read_text(encoding="utf-8")
    compiled = Path(cache_from_source(str(file)))
    try:
        file.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")
        compiled.unlink(missing_ok=True)  # it is told from the new one by time and size alone
        yield
    finally:
        file.write_text(text, encoding="utf-8")
        compiled.unlink(missing_ok=True)


def tested(copy: Path, tests: list[str], only: str, report: Path) -> None:
    """Run tests in a copy, in a process of its own; its exit status is that of pytest."""
    import pytest

    if "poseloom" in sys.modules:
        raise RuntimeError("poseloom is loaded before the mutant")
    out = os.open(report, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.chdir(copy)
    sys.path.insert(0, str(copy / "src"))
    os.environ |= {"PYTHONPATH": str(copy / "src"), "OMP_NUM_THREADS": "1", "CI": "true"}
    status = pytest.main(["-q", "-x", "-p", "no:cacheprovider", "-k", only, *tests])
    sys.stdout.flush()
    os._exit(int(status))


def survives(mutant: Mutant, copy: Path, processes: ForkServerContext) -> bool:
    """Whether all of its tests pass in the copy."""
    tests, report = [f"tests/{test}" for test in mutant.tests.split()], copy / "report.txt"
    with broken(mutant, copy):
        process = processes.Process(target=tested, args=(copy, tests, mutant.only, report))
        process.start()
        process.join(SECONDS)
        if process.exitcode is None:
            process.kill()
            process.join()
            return False
    told = report.read_text(encoding="utf-8", errors="replace") if report.exists() else ""
    if process.exitcode not in (0, FAILED):
        raise SystemExit(f"mutant {mutant.name!r}: its tests do not run:\n{told[-2000:]}")
    return process.exitcode == 0


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="mutants (default: all)")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="how many at once")
    arguments = parser.parse_args()
    mutants, began, alive = read_mutants(arguments.names), time.monotonic(), 0
    copies: SimpleQueue[Path] = SimpleQueue()
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(LOADED)

    def tried(mutant: Mutant) -> bool:
        copy = copies.get()
        try:
            return survives(mutant, copy, processes)
        finally:
            copies.put(copy)

    with ExitStack() as closing:
        for _ in range(arguments.jobs):
            copies.put(copy_of_project(Path(closing.enter_context(tempfile.TemporaryDirectory(prefix="mutant-")))))
        pool = closing.enter_context(ThreadPoolExecutor(arguments.jobs))
        for mutant, survived in zip(mutants, pool.map(tried, mutants), strict=True):
            print(f"{'SURVIVES' if survived else 'killed  '}  {mutant.name}  ({mutant.file})", flush=True)
            alive += survived
    print(f"{len(mutants)} mutants, {alive} alive, {(time.monotonic() - began) / 60:.1f} minutes")
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main())
