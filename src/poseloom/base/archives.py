"""Zip archives of strangers: refused by what their directory says, before anything is unpacked."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

from poseloom.base.errors import FileError

MAXIMUM_RATIO = 100
"""Numbers of trained models and of motion hardly shrink; even zeros that someone packed are rarely that small."""
FREE_BYTES = 64 << 20
"""An archive may unpack to this much whatever its ratio, beyond it to `MAXIMUM_RATIO` times its own size."""
_REMEDY = "do not use this file if you do not know where it is from"


def check_members(file: Path, members: Sequence[zipfile.ZipInfo], maximum_bytes: int, maximum_members: int) -> None:
    """Refuse an archive that would unpack to more than it may.

    Raises:
        FileError: too many members, too many bytes, or packed implausibly well (a zip bomb).
    """
    unpacked, packed = sum(member.file_size for member in members), file.stat().st_size
    if len(members) > maximum_members or unpacked > maximum_bytes:
        problem = f"unpacks to {unpacked:,} bytes in {len(members):,} files, at most {maximum_bytes:,} are read"
        raise FileError(file, problem, remedy=_REMEDY)
    if unpacked > max(FREE_BYTES, MAXIMUM_RATIO * packed):
        problem = f"unpacks from {packed:,} to {unpacked:,} bytes, expected at most {MAXIMUM_RATIO} times as many"
        raise FileError(file, problem, remedy=_REMEDY)


def check_archive(file: Path, maximum_bytes: int, maximum_members: int = 20_000) -> None:
    """The same for a file that may be an archive; any other file is let through.

    Raises:
        FileError: as `check_members`.
    """
    if not zipfile.is_zipfile(file):
        return
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
    except Exception:  # damaged: whoever reads it says so in its own words
        return
    check_members(file, members, maximum_bytes, maximum_members)
