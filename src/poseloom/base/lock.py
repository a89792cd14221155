"""One builder a table: a lock that the operating system releases when its holder dies, however it dies."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from poseloom.base.errors import FileError
from poseloom.base.files import reason

LOCK = "lock"
_MODE = 0o666
_MARK = 1 << 30
"""Byte that is locked on Windows, far behind the text, so that others can read who holds the lock."""


@contextmanager
def locked(folder: Path, table: Path) -> Iterator[None]:
    """Hold the lock file in `folder` for the block; it tells the process id of its holder.

    The file itself stays: a lock is stale as soon as its process is gone, whatever the file says.

    Raises:
        FileError: another process holds it.
    """
    path = folder / LOCK
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, _MODE)
    except OSError as error:
        raise FileError(path, f"cannot be written: {reason(error)}", remedy="check the disk and the folder") from None
    try:
        if not _take(handle):
            holder = path.read_text(encoding="utf-8").strip() or "that has just begun"
            remedy = "wait for it to end, or stop it; a stopped build continues where it was"
            raise FileError(table, f"is being built by process {holder}", remedy=remedy)
        os.ftruncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(handle)


if sys.platform == "win32":
    import msvcrt

    def _take(handle: int) -> bool:
        os.lseek(handle, _MARK, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        os.lseek(handle, 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def _take(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
