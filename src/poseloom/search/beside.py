"""An index beside its table: built when it is first asked for, and again when the table has changed."""

from __future__ import annotations

import os
from pathlib import Path

from poseloom.data.build import manifest_of
from poseloom.data.manifest import MANIFEST
from poseloom.data.table import Table
from poseloom.search import store
from poseloom.search.build import Built, Progress, build_index
from poseloom.search.tables import TableRows

FOLDER = "index"
"""In the folder of the table."""


def index_beside(table: str | Path, progress: Progress | None = None) -> tuple[Path, Built | None]:
    """The index of a table; what was built, where that was necessary.

    Raises:
        PoseloomError: there is no table, or see `build_index`.
    """
    folder = Path(table)
    manifest_of(folder)
    out = folder / FOLDER
    told, stamp = out / store.MANIFEST, (folder / MANIFEST).stat().st_mtime_ns
    if told.exists() and told.stat().st_mtime_ns == stamp:
        return out, None
    built = build_index(TableRows(Table(folder)), out, progress=progress)
    os.utime(told, ns=(stamp, stamp))  # says of which state of the table it is
    return out, built
