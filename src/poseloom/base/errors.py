"""The one exception that a user's mistake raises: what is wrong, where, what was expected, what to do."""

from __future__ import annotations

from pathlib import Path

LONGEST_MESSAGE = 400
"""Characters. A value or a name from a file may have millions of them; what begins and what ends a message is kept."""
_KEPT_AT_THE_END = 160
_LONGEST_WORD = 100


class PoseloomError(ValueError):
    """A mistake in a file, an argument or a setting, told in one line of at most `LONGEST_MESSAGE` characters.

    The command line prints the message alone and exits with status 2.
    """

    def __init__(self, message: object = ""):
        super().__init__(shortened(str(message)))


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
        super().__init__(" ".join(_printable(line).split()))


def shortened(text: str, most: int = LONGEST_MESSAGE) -> str:
    """The text without characters that cannot be printed; of a long one the beginning and the end."""
    if len(text) > most:
        end = min(_KEPT_AT_THE_END, most // 3)
        text = f"{text[: most - end - 3]}...{text[-end:]}"
    return _printable(text)


def _printable(text: str) -> str:
    """Line ends, control characters and halves of surrogate pairs become spaces."""
    return text if text.isprintable() else "".join(one if one.isprintable() else " " for one in text)


def closest(word: str, known: list[str] | tuple[str, ...]) -> str:
    """Return ``; did you mean 'x'?`` for the nearest known word, or an empty string; case counts least."""
    import difflib

    if len(word) > _LONGEST_WORD:  # comparing takes the square of the length
        return ""
    plain = {one.lstrip("-"): one for one in known}  # dashes would make short options alike
    near = difflib.get_close_matches(word.lstrip("-"), plain, n=1)
    matches = [one for one in known if one.lower() == word.lower()] or [plain[one] for one in near]
    return f"; did you mean {matches[0]!r}?" if matches else ""
