"""The command line, killed at an event instead of at some time: ``python killed.py FOLDER EVENT WORD...``.

An event is a place where files of FOLDER change, as Python's own audit hooks tell it:

    before:PATTERN   just before a file or folder that fits the pattern is made or renamed into its place
    after:PATTERN    as soon as that is done
    line:NUMBER      as soon as that many lines were printed, such as one a shard

Patterns are relative to FOLDER. A process that meets no such event runs to its end.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

PROGRAM = Path(__file__)


def killed(folder: Path, event: str, *words: object) -> bool:
    """Run a command; True if it met the event, so that it was killed.

    Raises:
        CalledProcessError: it failed by itself.
    """
    command = [sys.executable, str(PROGRAM), str(folder), event, *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    if done.returncode not in (0, -signal.SIGKILL):
        raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
    return done.returncode == -signal.SIGKILL


def kill_at(folder: Path, event: str) -> None:
    """This process, from here on."""
    kind, _, what = event.partition(":")
    if kind == "line":
        sys.stdout = _Counted(sys.stdout, int(what))
    else:
        sys.addaudithook(_Watched(folder.resolve(), what, kind == "before"))


def die() -> None:
    """End at once, without a word and without any cleaning up."""
    os.kill(os.getpid(), signal.SIGKILL)


class _Counted:
    def __init__(self, stream, lines: int):
        self._stream, self._left = stream, lines

    def write(self, text: str) -> int:
        written = self._stream.write(text)
        self._left -= text.count("\n")
        if self._left <= 0:
            self._stream.flush()
            die()
        return written

    def __getattr__(self, name: str):
        return getattr(self._stream, name)


class _Watched:
    """An audit hook. It hears of a change before it happens; what is next heard of comes after it."""

    def __init__(self, folder: Path, pattern: str, before: bool):
        self._folder, self._pattern, self._before = str(folder), pattern, before
        self._met = False

    def __call__(self, event: str, arguments: tuple) -> None:
        if event == "os.kill":
            return
        if self._met:
            die()
        path = _made_by(event, arguments)
        if path is not None and self._fits(path):
            self._met = True
            if self._before:
                die()

    def _fits(self, path: str) -> bool:
        full = os.path.abspath(path)  # noqa: PTH100 - a Path would raise events of its own
        return full.startswith(self._folder + os.sep) and fnmatch(full[len(self._folder) + 1 :], self._pattern)


def _made_by(event: str, arguments: tuple) -> str | None:
    if event == "open" and isinstance(arguments[0], str) and arguments[2] & (os.O_WRONLY | os.O_RDWR):
        return arguments[0]
    if event == "os.rename":
        return os.fspath(arguments[1])
    if event == "os.mkdir":
        return os.fspath(arguments[0])
    return None


if __name__ == "__main__":
    from poseloom.cli.main import main

    kill_at(Path(sys.argv[1]), sys.argv[2])
    sys.exit(main(sys.argv[3:]))
