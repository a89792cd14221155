"""The forms that instructions take."""

from __future__ import annotations

from enum import Enum

from poseloom.base.errors import PoseloomError, closest


class Style(str, Enum):
    """The form of the text."""

    PARAGRAPH = "paragraph"
    SHORT = "short"
    """The turn and the three largest changes."""
    LIST = "list"
    """One thing to do on each line."""


def style_of(name: str) -> Style:
    """The style of a name.

    Raises:
        PoseloomError: no style of that name.
    """
    known = tuple(style.value for style in Style)
    if name not in known:
        raise PoseloomError(f"style: expected one of {', '.join(known)}, got {name!r}{closest(name, known)}")
    return Style(name)
