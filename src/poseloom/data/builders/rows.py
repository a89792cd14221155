"""`prepare`: a table from a source, or more rows for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from poseloom.base.errors import FileError
from poseloom.data.arrow import pa
from poseloom.data.build import Report, Unit, Written, build, discard, unfinished
from poseloom.data.builders.source_pairs import SourcePairsBuilder
from poseloom.data.executors import Executor
from poseloom.data.manifest import MANIFEST, Manifest, Part, PartKind, fingerprint, read_manifest
from poseloom.data.numerics import one_thread
from poseloom.data.shards import read_records, write_rows
from poseloom.data.sources.source import PairSource, Source, StagedSource


@dataclass(frozen=True)
class RowsBuilder:
    """Writes what a source reads."""

    source: Source
    kind: PartKind = PartKind.ROWS

    @property
    def name(self) -> str:
        return f"{self.source.name}-{fingerprint(self.options())}"

    def options(self) -> Mapping[str, Any]:
        return {"source": self.source.name, **self.source.options()}

    def units(self) -> list[Unit]:
        return list(self.source.units())

    def write(self, unit: Unit, folder: Path) -> Written:
        with one_thread():
            block = self.source.read(unit)
            write_rows(folder, block, self.source.layout)
        return Written(len(block), tuple(block.problems))


def prepare(
    source: Source | StagedSource,
    table: str | Path,
    executor: Executor | None = None,
    *,
    append: bool = False,
    restart: bool = False,
    report: Report | None = None,
) -> Part:
    """Build a table from a source, rows and then pairs if it has any; run again after a stop, it continues.

    Args:
        source: where the rows come from.
        table: folder of the table.
        executor: where the work is done; in this process if None.
        append: the table may hold rows of other sources; these are added behind them.
        restart: throw away an unfinished build with other options.
        report: called after every shard.

    Raises:
        PoseloomError: the folder holds other rows, ids would be doubled, or see `build`.
    """
    folder = Path(table)
    if isinstance(source, StagedSource):
        return source.build_into(folder, executor, append=append, restart=restart, report=report)
    builder = RowsBuilder(source)
    part = f"{builder.kind.value}/{builder.name}"
    begun = [one for one in unfinished(folder) if one.startswith(f"{builder.kind.value}/") and one != part]
    for other in begun:
        if not restart:
            problem = f"holds an unfinished build with other options ({other})"
            remedy = "repeat its command to finish it, or throw it away with --restart"
            raise FileError(folder, problem, remedy=remedy)
        discard(folder, other)
    if (folder / MANIFEST).exists() and not append:
        held = read_manifest(folder)
        if held.find(builder.kind, builder.name) is None:
            rows = sum(one.rows for one in held.of_kind(PartKind.ROWS))
            remedy = "--append adds to them, or choose another folder"
            raise FileError(folder, f"already holds {rows:,} other rows", remedy=remedy)

    def accept(manifest: Manifest) -> None:
        _refuse_empty(folder, manifest, builder.name)
        _refuse_doubled(folder, manifest, builder.name)

    built = build(folder, builder, executor, layout=source.layout, report=report, accept=accept)
    if isinstance(source, PairSource):
        build(folder, SourcePairsBuilder(source, folder), executor)
    return built


def pairs_of(source: Source | StagedSource, table: str | Path) -> Part | None:
    """The pairs that `prepare` added with a source's rows; None where it brings none."""
    if isinstance(source, StagedSource):
        return source.pairs_in(Path(table))
    if not isinstance(source, PairSource):
        return None
    builder = SourcePairsBuilder(source, Path(table))
    return read_manifest(builder.table).find(builder.kind, builder.name)


def _refuse_empty(folder: Path, manifest: Manifest, name: str) -> None:
    part = manifest.find(PartKind.ROWS, name)
    assert part is not None
    problems = [problem for shard in part.shards for problem in shard.problems]
    if part.rows == 0:
        why = (
            f"{len(problems)} files cannot be used, such as {problems[0]}" if problems else "nothing meets the options"
        )
        raise FileError(folder, f"no rows could be made; {why}")


def _refuse_doubled(folder: Path, manifest: Manifest, name: str) -> None:
    """Every id once: among the new rows, and against those that are there."""
    parts = manifest.of_kind(PartKind.ROWS)
    chunks = [_ids(folder / part.folder / shard.name) for part in parts for shard in part.shards if shard.rows]
    counted = pa.compute.value_counts(pa.chunked_array(chunks))
    often = counted.filter(pa.compute.greater(counted.field("counts"), 1))
    if len(often):
        example = often[0]["values"].as_py()
        problem = f"{len(often):,} ids would be there twice, such as {example!r}"
        raise FileError(folder, problem, field=name, remedy="choose another folder, or rows that it does not hold")


def _ids(shard: Path) -> Any:
    return read_records(shard).column("id")
