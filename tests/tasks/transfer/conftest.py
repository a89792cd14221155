"""One small table of pairs for all tests of the task."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from paired_people import paired_table


@pytest.fixture(scope="session")
def pairs(tmp_path_factory):
    """Overrides of recipes: a table of 16 pairs, its pictures of 64 x 32, drawn out to 64 x 64; quiet, on the CPU."""
    folder = tmp_path_factory.mktemp("pairs")
    table = paired_table(folder)
    return [
        ("data.table", str(table)),
        ("data.images", str(folder / "pictures")),
        ("data.height", "64"),
        ("data.width", "64"),
        ("data.frame", "resize"),
        ("data.epoch", "0"),
        ("data.held_out", "4"),
        ("engine.loggers", "[]"),
        ("engine.accelerator", "cpu"),
        ("engine.log_every", "1"),
        ("engine.save_steps", "1"),
    ]
