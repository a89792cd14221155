"""The recorded options of a training of others, read with checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from poseloom.base.errors import PoseloomError

_LARGEST_COUNT = 100_000
"""No size of a published model comes near it; a larger one is a damaged or a hostile file."""
_PUBLISHED_JOINTS = 52
_KNOWN_JOINTS = (22, 52)


@dataclass(frozen=True)
class CheckpointOptions:
    """Plain values by name, from a checkpoint's ``args``."""

    values: Mapping[str, Any]

    def count(self, name: str, most: int = _LARGEST_COUNT) -> int:
        """A whole number from 1 to `most`.

        Raises:
            PoseloomError: missing, or no such number.
        """
        value = self._present(name)
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
            raise PoseloomError(f"args.{name} is {value!r}, expected a whole number from 1 to {most}")
        return value

    def word(self, name: str) -> str:
        """A word. Raises: PoseloomError: missing, or no word."""
        value = self._present(name)
        if not isinstance(value, str):
            raise PoseloomError(f"args.{name} is {value!r}, expected a word")
        return value

    def word_or_none(self, name: str) -> str | None:
        """A word, or None where the option is absent or was not set."""
        return None if self.values.get(name) is None else self.word(name)

    def one_of(self, name: str, known: list[str]) -> str:
        """A word of a list. Raises: PoseloomError: missing, or another word."""
        value = self.word(name)
        if value not in known:
            raise PoseloomError(f"args.{name} is {value!r}, expected one of {', '.join(known)}")
        return value

    def joints(self) -> int:
        """``num_body_joints``; 52 where old files do not have it."""
        if self.values.get("num_body_joints") is None:
            return _PUBLISHED_JOINTS
        value = self.count("num_body_joints")
        if value not in _KNOWN_JOINTS:
            raise PoseloomError(f"args.num_body_joints is {value}, expected 22 or 52")
        return value

    def _present(self, name: str) -> Any:
        if name not in self.values:
            raise PoseloomError(f"args.{name} is missing")
        return self.values[name]
