"""Mutated files, some for each reader: they are read, or refused in one line. `tools/fuzz.py` tries thousands."""

import sys
import warnings
from pathlib import Path

import pytest

from poseloom.base.errors import LONGEST_MESSAGE, PoseloomError

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))

import fuzz

TRAINED = ("model", "checkpoint", "pth")
"""Readers whose file a run writes: one run serves all of them."""
CASES = {"model": 10, "npy": 10}
"""For each reader; opening a model and fitting a body to points take their time."""
USUAL_CASES = 30


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("run")


@pytest.mark.parametrize("name", fuzz.READERS)
def test_mutated_files_are_read_or_refused(tmp_path, run_folder, name):
    reader = fuzz.READERS[name]
    (tmp_path / "made").mkdir()
    original = reader.make(run_folder if name in TRAINED else tmp_path / "made")
    reader.read(original)
    refused = 0
    for case in range(CASES.get(name, USUAL_CASES)):
        target = fuzz.mutant(original, tmp_path / "case", 7, case)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                reader.read(target)
            except PoseloomError as mistake:
                refused += 1
                assert len(str(mistake)) <= LONGEST_MESSAGE and str(mistake).isprintable()
    assert refused


def test_a_case_is_the_same_each_time(tmp_path):
    (tmp_path / "a.txt").write_bytes(bytes(range(256)))
    made = [fuzz.mutant(tmp_path / "a.txt", tmp_path / "case", 3, case).read_bytes() for case in (1, 2, 1)]
    assert made[0] == made[2] != made[1]
