"""Tables and indexes that the service was started with, opened when they are first asked for."""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

from poseloom.base.errors import closest
from poseloom.server.errors import RefusalError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from poseloom.data.table import Table
    from poseloom.search.index import Index

T = TypeVar("T")


class _Opened(Generic[T]):
    """Folders by name; one that has changed since it was opened is opened again."""

    def __init__(self, what: str, places: Mapping[str, Path], manifest: str, open_folder: Callable[[Path], T]) -> None:
        self.places = places
        self._what, self._manifest, self._open = what, manifest, open_folder
        self._known: dict[str, tuple[int, T]] = {}
        self._lock = Lock()

    def get(self, name: str) -> T:
        """What the folder of a name holds.

        Raises:
            RefusalError: no such name, or the folder is gone.
            FileError: it is damaged.
        """
        if name not in self.places:
            names = tuple(self.places)
            listed = f"; there are {', '.join(names)}" if names else f"; start the service with --{self._what} DIR"
            hint = closest(name, names) or listed
            raise RefusalError(404, f"no {self._what} {name[:80]!r}{hint}", self._what)
        try:
            stamp = (self.places[name] / self._manifest).stat().st_mtime_ns
        except OSError:
            raise RefusalError(404, f"the {self._what} {name!r} is not there any more", self._what) from None
        with self._lock:
            known = self._known.get(name)
            if known is None or known[0] != stamp:
                known = self._known[name] = stamp, self._open(self.places[name])
            return known[1]


class Libraries:
    """What may be browsed and searched.

    Args:
        tables, indexes: folders by name.
    """

    def __init__(self, tables: Mapping[str, Path], indexes: Mapping[str, Path]) -> None:
        from poseloom.data.manifest import MANIFEST as OF_TABLE
        from poseloom.search.store import MANIFEST as OF_INDEX

        self._tables = _Opened("table", tables, OF_TABLE, _table)
        self._indexes = _Opened("index", indexes, OF_INDEX, _index)

    @property
    def table_names(self) -> tuple[str, ...]:
        return tuple(self._tables.places)

    @property
    def index_names(self) -> tuple[str, ...]:
        return tuple(self._indexes.places)

    def table(self, name: str) -> Table:
        """The table of a name.

        Raises:
            RefusalError: there is none.
        """
        return self._tables.get(name)

    def index(self, name: str) -> Index:
        """The index of a name.

        Raises:
            RefusalError: there is none.
        """
        return self._indexes.get(name)


def _table(folder: Path) -> Table:
    from poseloom.data.table import Table

    return Table(folder)


def _index(folder: Path) -> Index:
    from poseloom.search.index import Index

    return Index(folder)
