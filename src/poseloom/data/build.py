"""Builds that survive: units of work become shards, each whole or absent; the manifest is written last.

A build that was killed is continued by running it again: whole shards are kept, the others are done. The bytes do not
depend on how often that happened, on the executor, or on the number of workers.
"""

from __future__ import annotations

import errno
import json
import secrets
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from poseloom.base.errors import FileError, PoseloomError
from poseloom.base.files import atomic_write, clear_temporary, reason
from poseloom.base.lock import locked
from poseloom.data.executors import Executor, InProcess
from poseloom.data.manifest import (
    MANIFEST,
    Manifest,
    Part,
    PartKind,
    Shard,
    read_json,
    read_manifest,
    record_shard,
    recorded_shard,
    write_manifest,
)
from poseloom.data.schema import Layout

WORKSHOP = ".build"
"""Folder in the table's with the lock and the plans of builds that are not finished."""
_TEMPORARY = ".unfinished-"
_CONTINUE = "run the same command again to continue"


@dataclass(frozen=True)
class Unit:
    """The work of one shard.

    Args:
        name: what the shard is called.
        rows: how many are expected, for the progress; 0 where it is not known.
        content: what the builder needs to know; pickled.
    """

    name: str
    rows: int
    content: Any


@dataclass(frozen=True)
class Written:
    """What a builder did: rows written (0: there is no shard) and what it could not use, one line each."""

    rows: int
    problems: tuple[str, ...] = ()


class Builder(Protocol):
    """Makes a part of a table. Builders are pickled, so they hold plain values."""

    @property
    def kind(self) -> PartKind: ...

    @property
    def name(self) -> str:
        """Of the part. Builders with other options have other names."""
        ...

    def options(self) -> Mapping[str, Any]:
        """All that the bytes depend on, as JSON."""
        ...

    def units(self) -> Sequence[Unit]:
        """The work, in the order of the shards; the same for the same options."""
        ...

    def write(self, unit: Unit, folder: Path) -> Written:
        """Write the files of one shard into an empty folder: the same bytes for the same unit in any process."""
        ...


@dataclass(frozen=True)
class BuildProgress:
    """How far a build is; `units` and `rows` that were there from the start are counted."""

    done: int
    units: int
    rows: int
    kept: int


Report = Callable[[BuildProgress], None]
Accept = Callable[[Manifest], None]


def build(
    table: str | Path,
    builder: Builder,
    executor: Executor | None = None,
    *,
    layout: Layout | None = None,
    report: Report | None = None,
    accept: Accept | None = None,
) -> Part:
    """Add a part to a table, or continue a build that was stopped.

    Args:
        table: folder; made if `layout` says what its rows look like.
        builder: what is made.
        executor: where; in this process if None.
        layout: how the rows are laid out, for a builder of rows.
        report: called after every shard.
        accept: sees the manifest before it is written and may refuse it with a PoseloomError.

    Raises:
        PoseloomError: another process builds this table, the disk is full, or the input cannot be used.
    """
    folder = Path(table)
    if layout is None:
        manifest_of(folder)
    workshop = _made(folder / WORKSHOP)
    with locked(workshop, folder):
        manifest = read_manifest(folder) if layout is None or (folder / MANIFEST).exists() else Manifest(layout)
        if layout is not None and manifest.layout != layout:
            problem = f"holds rows with {_differences(manifest.layout, layout)}"
            raise FileError(folder, problem, remedy="choose another folder, or options that give the same")
        clear_temporary(folder / MANIFEST)  # a build that was killed may have left one
        return _build_part(folder, manifest, builder, executor or InProcess(), report, accept)


def manifest_of(folder: Path) -> Manifest:
    """The manifest of a table.

    Raises:
        FileError: the folder holds no table, an unfinished one, or one of an unknown version.
    """
    if not folder.is_dir():
        problem = "is not a folder" if folder.exists() else "does not exist"
        raise FileError(folder, problem, remedy="'poseloom data prepare SOURCE --out FOLDER' makes a table")
    if not (folder / MANIFEST).exists():
        left = unfinished(folder)
        if left:
            remedy = "run its 'poseloom data prepare' again: it continues"
            raise FileError(folder, f"is a table whose build is not finished: {left[0]}", remedy=remedy)
        remedy = "'poseloom data prepare SOURCE --out FOLDER' makes a table"
        raise FileError(folder, f"holds no table: there is no {MANIFEST}", remedy=remedy)
    return read_manifest(folder)


def unfinished(table: Path) -> list[str]:
    """Names of builds of rows, texts or pairs that were begun and not finished, as ``kind/name``."""
    with suppress(OSError):
        return sorted(f"{plan.stem.replace('--', '/', 1)}" for plan in (table / WORKSHOP).glob("*--*.json"))
    return []


def unfinished_options(table: Path, part: str) -> Mapping[str, Any]:
    """The options of an unfinished build."""
    return read_json(_plan(table, part))


def discard(table: Path, part: str) -> None:
    """Remove an unfinished build.

    Raises:
        FileError: the table is being built.
    """
    with locked(_made(table / WORKSHOP), table):
        finished = read_manifest(table).parts if (table / MANIFEST).exists() else ()
        if part not in {one.folder for one in finished}:
            shutil.rmtree(table / part, ignore_errors=True)
        _plan(table, part).unlink(missing_ok=True)


def _build_part(
    folder: Path,
    manifest: Manifest,
    builder: Builder,
    executor: Executor,
    report: Report | None,
    accept: Accept | None,
) -> Part:
    part = Part(builder.kind, builder.name, builder.options())
    before = manifest.find(part.kind, part.name)
    units = builder.units()
    shards = _finished_shards(folder / part.folder, units, before)
    missing = [unit for unit in units if unit.name not in shards]
    if before is not None and not missing:
        _plan(folder, part.folder).unlink(missing_ok=True)
        return before
    _made(folder / part.folder)
    with atomic_write(_plan(folder, part.folder)) as temporary:
        temporary.write_text(json.dumps(part.options, sort_keys=True), encoding="utf-8")
    kept = len(shards)
    results = executor.run(_do, [_Task(builder, unit, folder / part.folder) for unit in missing])
    for outcome in results:
        if outcome.problem is not None:
            raise PoseloomError(outcome.problem)
        assert outcome.shard is not None
        shards[outcome.shard.name] = outcome.shard
        if report is not None:
            rows = sum(shard.rows for shard in shards.values())
            report(BuildProgress(len(shards), len(units), rows, kept))
    whole = Part(part.kind, part.name, part.options, tuple(shards[unit.name] for unit in units))
    extended = manifest.with_part(whole)
    if accept is not None:
        accept(extended)
    write_manifest(folder, extended)
    _plan(folder, part.folder).unlink(missing_ok=True)
    return whole


def _finished_shards(folder: Path, units: Sequence[Unit], before: Part | None) -> dict[str, Shard]:
    """Whole shards that are there; what a killed build left half-done is removed."""
    known = {shard.name: shard for shard in before.shards} if before else {}
    for left in folder.rglob(f"{_TEMPORARY}*"):
        shutil.rmtree(left, ignore_errors=True)
    found: dict[str, Shard] = {}
    for unit in units:
        shard = recorded_shard(folder / unit.name)
        if shard is not None and shard.name == unit.name:
            found[unit.name] = known.get(unit.name, shard)
        elif (folder / unit.name).exists():
            shutil.rmtree(folder / unit.name)
    return found


# -- in the worker -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Task:
    builder: Builder
    unit: Unit
    folder: Path


@dataclass(frozen=True)
class _Outcome:
    """Errors travel as text: not every exception survives pickling."""

    shard: Shard | None = None
    problem: str | None = None


def _do(task: _Task) -> _Outcome:
    target = task.folder / task.unit.name
    temporary = target.with_name(f"{_TEMPORARY}{target.name}-{secrets.token_hex(6)}")
    try:
        temporary.mkdir(parents=True)
        written = task.builder.write(task.unit, temporary)
        shard = record_shard(temporary, task.unit.name, written.rows, written.problems)
        _put(temporary, target)
        return _Outcome(shard)
    except PoseloomError as mistake:
        return _Outcome(problem=str(mistake))
    except OSError as error:
        remedy = f"free some space, then {_CONTINUE}"
        return _Outcome(problem=str(FileError(target, f"cannot be written: {reason(error)}", remedy=remedy)))
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _put(temporary: Path, target: Path) -> None:
    try:
        temporary.replace(target)
    except OSError as error:
        if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
            raise
        # a worker of a killed build was quicker: its bytes are the same


# -- small things --------------------------------------------------------------------------------------------------


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(folder, f"cannot be made into a folder: {reason(error)}", remedy="choose another") from None
    return folder


def _plan(table: Path, part: str) -> Path:
    return table / WORKSHOP / f"{part.replace('/', '--', 1)}.json"


def _differences(held: Layout, new: Layout) -> str:
    names = [name for name in held.__dataclass_fields__ if getattr(held, name) != getattr(new, name)]
    return ", ".join(f"{name} = {getattr(held, name)!r} instead of {getattr(new, name)!r}" for name in names)
