"""What all results have: notes for the user, and a form for JSON."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar, overload

from poseloom.results.json_values import plain

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, eq=False)
class Result:
    """What a function or a command gives.

    Args:
        notes: what the user should know of it, one line each: words that are not known, a text that was cut.
    """

    notes: tuple[str, ...] = field(default=(), kw_only=True)

    def as_json(self) -> dict[str, Any]:
        """Its fields as plain values, the notes last."""
        made = {one.name: plain(getattr(self, one.name)) for one in fields(self)}
        made["notes"] = made.pop("notes")
        return made


@dataclass(frozen=True, eq=False)
class Items(Result, Sequence[T_co]):
    """A result that is used as the sequence of its items. It equals any list or tuple of the same items."""

    @property
    @abstractmethod
    def _items(self) -> tuple[T_co, ...]: ...

    def __len__(self) -> int:
        return len(self._items)

    @overload
    def __getitem__(self, index: int) -> T_co: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[T_co, ...]: ...

    def __getitem__(self, index: int | slice) -> T_co | tuple[T_co, ...]:
        return self._items[index]

    def __eq__(self, other: object) -> bool:
        if type(other) is type(self):
            return all(getattr(self, one.name) == getattr(other, one.name) for one in fields(self))
        return list(self) == list(other) if isinstance(other, (list, tuple)) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._items)
