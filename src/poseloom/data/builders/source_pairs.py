"""The pairs that a source brings, joined to the rows of its table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from poseloom.data.build import Unit, Written
from poseloom.data.builders.tables import opened
from poseloom.data.manifest import PartKind, fingerprint
from poseloom.data.schema import NOWHERE, Pair
from poseloom.data.shards import write_pairs
from poseloom.data.sources.source import PairSource, Source


@dataclass(frozen=True)
class SourcePairsBuilder:
    """Writes the pairs of a source whose rows are in the table already.

    Args:
        source: a `PairSource`.
        table: where its rows are.
    """

    source: Source
    table: Path
    kind: PartKind = PartKind.PAIRS

    @property
    def name(self) -> str:
        return f"{self.source.name}-{fingerprint(self.options())}"

    def options(self) -> Mapping[str, Any]:
        return {"source": self.source.name, **self.source.options()}

    def units(self) -> list[Unit]:
        assert isinstance(self.source, PairSource)
        return list(self.source.pair_units())

    def write(self, unit: Unit, folder: Path) -> Written:
        assert isinstance(self.source, PairSource)
        block = self.source.read_pairs(unit)
        table = opened(self.table)
        named = block.pairs
        rows_a, rows_b = (
            table.numbers_of(ids).tolist() for ids in ([one.id_a for one in named], [one.id_b for one in named])
        )
        problems = list(block.problems)
        lost = [one.id for one, *rows in zip(named, rows_a, rows_b, strict=True) if NOWHERE in rows]
        if lost:
            problems.append(f"{len(lost):,} pairs point to poses that could not be read, such as {lost[0]}")
        pairs = [
            Pair(place, one.id, one.id_a, one.id_b, row_a, row_b, one.in_sequence, one.split, one.texts)
            for place, (one, row_a, row_b) in enumerate(zip(named, rows_a, rows_b, strict=True))
        ]
        write_pairs(folder, pairs)
        return Written(len(pairs), tuple(problems))
