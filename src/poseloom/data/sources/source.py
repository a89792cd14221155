"""What a source of rows offers to a build."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from poseloom.data.build import Unit
from poseloom.data.schema import Layout, RowBlock


class Source(Protocol):
    """Reads rows from somewhere. Sources are pickled, so they hold plain values."""

    @property
    def name(self) -> str:
        """As in the catalogue."""
        ...

    @property
    def layout(self) -> Layout:
        """What the numbers of its rows look like."""
        ...

    def options(self) -> Mapping[str, Any]:
        """All that the rows depend on, as JSON: choices and a fingerprint of the input, but no path."""
        ...

    def units(self) -> Sequence[Unit]:
        """The work, one unit a shard: some thousand rows each. The same for the same options."""
        ...

    def read(self, unit: Unit) -> RowBlock:
        """The rows of a unit. A file that cannot be used goes into the block's problems.

        Raises:
            PoseloomError: nothing can be read, or a file cannot be used and the source is strict.
        """
        ...
