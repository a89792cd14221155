"""The page on words: its tables are those of the package, its pictures are there and small."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
MOST_BYTES = 120_000


def _tool():
    spec = importlib.util.spec_from_file_location("word_pictures", ROOT / "tools" / "word_pictures.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_tables_are_those_of_the_package():
    page = (DOCS / "words.md").read_text(encoding="utf-8")
    assert _tool().with_tables(page) == page
    assert "| `angle` | 4 | deg | completely bent **45** bent more" in page


def test_the_pictures_are_there_and_small():
    page = (DOCS / "words.md").read_text(encoding="utf-8")
    pictures = [DOCS / name for name in re.findall(r"\]\((images/[\w-]+\.webp)\)", page)]
    assert len(pictures) >= 4
    assert all(path.is_file() for path in pictures)
    assert sum(path.stat().st_size for path in pictures) < MOST_BYTES


def test_every_pair_of_pictures_shows_another_class():
    from poseloom.pose import stack

    tool = _tool()
    for pairs in tool.PAIRS.values():
        for pair in pairs:
            first, second = tool.measured(pair, stack([tool.posed(pair.first), tool.posed(pair.second)]))
            assert first.rpartition(": ")[2] != second.rpartition(": ")[2]
