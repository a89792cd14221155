"""Tables opened once in each worker."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from poseloom.data.manifest import MANIFEST
from poseloom.data.table import Table


def opened(path: Path) -> Table:
    """The table, opened again only when its manifest has changed."""
    manifest = path / MANIFEST
    return _opened(path, manifest.stat().st_mtime_ns if manifest.exists() else 0)


@lru_cache(maxsize=1)
def _opened(path: Path, stamp: int) -> Table:
    return Table.open(path)
