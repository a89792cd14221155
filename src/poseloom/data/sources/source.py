"""What a source of rows, or of rows and pairs, offers to a build."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from poseloom.data.build import Report, Unit
from poseloom.data.executors import Executor
from poseloom.data.manifest import Part
from poseloom.data.schema import Layout, RowBlock, Text


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


@dataclass(frozen=True)
class NamedPair:
    """A pair whose poses are named by the ids of their rows; see `poseloom.data.schema.Pair`."""

    id: str
    id_a: str
    id_b: str
    in_sequence: bool
    split: str
    texts: tuple[Text, ...]


@dataclass(frozen=True)
class PairBlock:
    """Pairs on their way into a table.

    Args:
        problems: what of the input could not be used, one line each.
    """

    pairs: list[NamedPair]
    problems: list[str] = field(default_factory=list)


@runtime_checkable
class PairSource(Protocol):
    """A source whose rows come with pairs: `prepare` adds them after the rows."""

    def pair_units(self) -> Sequence[Unit]:
        """As `Source.units`, for the pairs."""
        ...

    def read_pairs(self, unit: Unit) -> PairBlock:
        """The pairs of a unit. Ids that no row has are kept: the table says that they point nowhere."""
        ...


@runtime_checkable
class StagedSource(Protocol):
    """A source whose table takes several steps that need the whole of the one before: it builds the table itself."""

    def build_into(
        self, table: Path, executor: Executor | None, *, append: bool, restart: bool, report: Report | None
    ) -> Part:
        """As `prepare`: the part with the rows; called again after a stop, it continues."""
        ...

    def pairs_in(self, table: Path) -> Part | None:
        """The pairs that belong to these rows; None where it makes none."""
        ...
