"""The one exception that a user's mistake raises: what is wrong, where, what was expected, what to do."""

from __future__ import annotations

from pathlib import Path


class PoseloomError(ValueError):
    """A mistake in a file, an argument or a setting, told in one line.

    The command line prints the message alone and exits with status 2.
    """


class FileError(PoseloomError):
    """A file that cannot be used.

    The message reads ``FILE: FIELD: PROBLEM; REMEDY``; the parts are kept as attributes.
    """

    def __init__(self, path: str | Path, problem: str, *, field: str | None = None, remedy: str | None = None):
        self.path = Path(path)
        self.problem = problem
        self.field = field
        self.remedy = remedy
        where = f"{path}: {field}" if field else str(path)
        line = f"{where}: {problem}" + (f"; {remedy}" if remedy else "")
        super().__init__(" ".join(line.split()))


def closest(word: str, known: list[str] | tuple[str, ...]) -> str:
    """Return ``; did you mean 'x'?`` for the nearest known word, or an empty string; case counts least."""
    import difflib

    matches = [one for one in known if one.lower() == word.lower()] or difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {matches[0]!r}?" if matches else ""
