"""``poseloom data info`` and ``check`` as lines to read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from poseloom.data.inspection import Findings, Summary

_MEGABYTE = 1_000_000
_LISTED = 5


def summary_lines(table: Path, found: Summary) -> Iterator[str]:
    """A table in about twenty lines."""
    size = f"{found.bytes / _MEGABYTE:,.1f} MB"
    yield f"{table}: {found.rows:,} rows of {found.joints} joints in {found.shards:,} shards, {size}"
    yield f"  from     {_counted(found.data_sets)}"
    yield f"  splits   {_counted(found.splits)}"
    yield f"  texts    {_counted(found.texts) if found.texts else 'none; poseloom data describe adds them'}"
    yield f"           {found.rows_with_text:,} rows have one"
    yield f"  pairs    {found.pairs:,}, {found.pairs_in_sequence:,} of them within a recording"
    for label, (low, high) in found.ranges.items():
        yield f"  {label}: {low:g} to {high:g}"
    for example in found.examples:
        yield f"  row {example['row']}, {example['id']} ({example['split'] or 'no split'})"
        yield from (f"    {text}" for text in example["texts"])
    yield from _listed("remarks on input that could not be used", found.problems)
    yield from _listed("shards are damaged and left out", found.damaged)
    yield from _listed("builds are not finished; repeat their commands to continue", found.unfinished)


def finding_lines(table: Path, rows: int, found: Findings) -> Iterator[str]:
    """What a check found, or that all is well."""
    yield from _listed("shards are damaged", [str(one) for one in found.damaged], all_of_them=True)
    if found.damaged:
        yield "  delete their folders and repeat the commands that built them: only those shards are made again"
    yield from _listed("ids are there more than once", found.doubled)
    yield from _listed("ids in pairs point nowhere", found.nowhere)
    yield from _listed("builds are not finished; repeat their commands to continue", found.unfinished)
    if not (found.damaged or found.doubled or found.nowhere or found.unfinished):
        yield f"{table}: all {rows:,} rows are whole"


def _listed(title: str, lines: Sequence[str], all_of_them: bool = False) -> Iterator[str]:
    if not lines:
        return
    yield f"{len(lines):,} {title}:"
    shown = lines if all_of_them else lines[:_LISTED]
    yield from (f"  {line}" for line in shown)
    if len(lines) > len(shown):
        yield f"  and {len(lines) - len(shown):,} more"


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name or 'none'} {count:,}" for name, count in counts.items())
