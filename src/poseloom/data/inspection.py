"""What a table holds, and whether all of it is whole: `summary` and `inspect`."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from poseloom.data.arrow import pa
from poseloom.data.build import unfinished
from poseloom.data.integrity import Damage, damage
from poseloom.data.manifest import PartKind
from poseloom.data.table import Table

_EXAMPLES = 3


@dataclass(frozen=True)
class Summary:
    """Counts, ranges and examples of a table, as plain values.

    Args:
        texts: number of texts by ``KIND from SOURCE``.
        ranges: least and greatest number of each array; turns of joints in degrees, lengths in metres.
        problems: lines about input that the builds could not use.
        examples: rows from all over the table.
        damaged: shards that are left out, by their sizes alone.
    """

    rows: int
    shards: int
    joints: int
    bytes: int
    data_sets: dict[str, int]
    splits: dict[str, int]
    texts: dict[str, int]
    rows_with_text: int
    pairs: int
    pairs_in_sequence: int
    ranges: dict[str, tuple[float, float]]
    problems: list[str]
    examples: list[dict[str, Any]] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)


def summary(table: Table) -> Summary:
    """Read the whole table once, a shard at a time. Damaged shards are named and left out."""
    whole = table.intact_shards()
    manifest = table.manifest
    shards = [shard for part in manifest.parts for shard in part.shards]
    texts, rows_with_text = _texts(table, whole)
    return Summary(
        rows=len(table),
        shards=len(table.shard_names()),
        joints=table.layout.joints,
        bytes=sum(file.bytes for shard in shards for file in shard.files.values()),
        data_sets=_counts(table, "data_set", whole),
        splits=_counts(table, "split", whole),
        texts=texts,
        rows_with_text=rows_with_text,
        pairs=len(table.pairs),
        pairs_in_sequence=int(pa.compute.sum(table.pairs.column("in_sequence")).as_py() or 0),
        ranges=_ranges(table, whole),
        problems=[problem for shard in shards for problem in shard.problems],
        examples=_examples(table, whole),
        damaged=[str(one) for one in damage(table.path, manifest, checksums=False)],
        unfinished=unfinished(table.path),
    )


@dataclass(frozen=True)
class Findings:
    """What `inspect` found.

    Args:
        damaged: shards that differ from the manifest.
        doubled: ids that several rows have.
        nowhere: ids in pairs that no row has; each once, in order.
        unfinished: builds that were begun and not finished.
    """

    damaged: list[Damage]
    doubled: list[str]
    nowhere: list[str]
    unfinished: list[str]


def inspect(table: Table, checksums: bool = True) -> Findings:
    """Check every file of a table and every id.

    Args:
        table: to be checked.
        checksums: read all files; else compare their sizes alone.
    """
    damaged = list(damage(table.path, table.manifest, checksums))
    ids = table.column("id", table.intact_shards(checksums))
    counted = pa.compute.value_counts(ids)
    doubled = counted.filter(pa.compute.greater(counted.field("counts"), 1)).field("values").to_pylist()
    lost_pairs = any(one.part.startswith(PartKind.PAIRS.value) for one in damaged)
    lost_rows = any(one.part.startswith(PartKind.ROWS.value) for one in damaged)
    nowhere: dict[str, None] = {}
    if not (lost_pairs or lost_rows):  # where rows are missing, their ids would all seem to point nowhere
        for name in ("id_a", "id_b"):
            named = table.pairs.column(name)
            nowhere |= dict.fromkeys(named.filter(pa.compute.invert(pa.compute.is_in(named, ids))).to_pylist())
    return Findings(damaged, doubled, list(nowhere), unfinished(table.path))


def _counts(table: Table, column: str, shards: Collection[str]) -> dict[str, int]:
    counted = pa.compute.value_counts(table.column(column, shards))
    return dict(sorted((one["values"].as_py(), one["counts"].as_py()) for one in counted))


def _texts(table: Table, shards: Collection[str]) -> tuple[dict[str, int], int]:
    counted: Counter[str] = Counter()
    rows = 0
    for name in shards:
        has_text = np.zeros(len(table.rows_in_shard(name)), dtype=bool)
        for column in table.text_columns(name):
            values = column.flatten()
            labels = pa.compute.binary_join_element_wise(values.field("kind"), values.field("source"), " from ")
            counted.update({one["values"].as_py(): one["counts"].as_py() for one in pa.compute.value_counts(labels)})
            has_text |= pa.compute.list_value_length(column).to_numpy() > 0
        rows += int(has_text.sum())
    return dict(sorted(counted.items())), rows


def _ranges(table: Table, shards: Collection[str]) -> dict[str, tuple[float, float]]:
    found: dict[str, tuple[float, float]] = {}
    for name in shards:
        for label, low, high in _ranges_of_shard(table, name):
            before = found.get(label, (low, high))
            found[label] = (min(before[0], low), max(before[1], high))
    return {label: (round(low, 4), round(high, 4)) for label, (low, high) in found.items()}


def _ranges_of_shard(table: Table, shard: str) -> list[tuple[str, float, float]]:
    rows = table.posed(table.rows_in_shard(shard))
    found: list[tuple[str, float, float]] = []
    if not len(rows):
        return found
    for name in table.layout.arrays():
        values = table.array(name, rows)
        if name == "rotations":
            name = "turns of joints (degrees)"
            values = np.linalg.norm(values, axis=-1)[:, 1:] * (180 / math.pi)
        elif name == "translation":
            for axis, label in enumerate("xyz"):
                column = values[:, axis]
                found.append((f"translation {label} (m)", float(column.min()), float(column.max())))
            continue
        found.append((name, float(values.min()), float(values.max())))
    return found


def _examples(table: Table, shards: Collection[str]) -> list[dict[str, Any]]:
    """The first row, one from the middle and the last, of the shards that are whole."""
    numbers = [number for name in shards for number in (table.rows_in_shard(name)[0], table.rows_in_shard(name)[-1])]
    places = [place * (len(numbers) - 1) // (_EXAMPLES - 1) for place in range(_EXAMPLES)] if numbers else []
    return [_example(table, number) for number in sorted({numbers[place] for place in places})]


def _example(table: Table, number: int) -> dict[str, Any]:
    texts = [one.text for one in table.texts(number)]
    return {"row": number, "id": table.id(number), "split": table.split(number), "texts": texts}
