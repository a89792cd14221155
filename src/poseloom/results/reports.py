"""What commands that make files, train, measure and list have to say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from poseloom.results.json_values import plain
from poseloom.results.result import Result


@dataclass(frozen=True, eq=False)
class Converted(Result):
    """A motion that was written in another format.

    Args:
        out: the file.
        frames: number of frames of the motion.
        fps: frames a second.
        joints: how many a pose has; on a character the bones that are driven.
        skeleton: the character that it was written on, else None.
        still: joints that the character has no bone for.
    """

    out: Path
    frames: int
    fps: float
    joints: int
    skeleton: str | None = None
    still: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Its fields; those of a character only where there is one."""
        made = super().as_json()
        if self.skeleton is None:
            del made["skeleton"], made["still"]
        return made


@dataclass(frozen=True, eq=False)
class Trained(Result):
    """A training that is finished.

    Args:
        task, recipe: what was trained.
        run: folder of the run.
        model: the exported weights.
        figures: what was measured of these weights on the validation split.
    """

    task: str
    recipe: str
    run: Path
    model: Path
    figures: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Evaluated(Result):
    """Figures of a model by its task's protocol.

    Args:
        task, recipe: what was measured.
        weights: file of them.
        split: train, val or test.
        figures: by name.
        published: figures of others' runs of this kind, by the name of the run.
    """

    task: str
    recipe: str
    weights: Path
    split: str
    figures: Mapping[str, float]
    published: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class TableBuilt(Result):
    """What a command added to a table.

    Args:
        table: folder of it.
        what: ``rows``, ``texts`` or ``pairs``.
        count: how many of them.
        shards: in how many.
        part: folder of the new part in the table.
        problems: lines about input that could not be used.
        more: what else was added, by the same names.
    """

    table: Path
    what: str
    count: int
    shards: int
    part: str
    problems: tuple[str, ...]
    more: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        """``table``, the counts by their names (``rows``, ``texts``, ``pairs``), ``part``, ``problems``, ``notes``."""
        counts = {self.what: self.count, **self.more}
        more = {"part": self.part, "problems": list(self.problems), "notes": list(self.notes)}
        return {"table": str(self.table), **counts, **more}


@dataclass(frozen=True, eq=False)
class TableConverted(Result):
    """A table whose poses were put on another body.

    Args:
        table: the new one.
        rows: number of its rows.
        shards: in how many.
        mean_mm, worst_mm: how far the joints of both tables are apart.
        looked_at: rows that were compared.
        problems: lines about rows that could not be fitted well.
    """

    table: Path
    rows: int
    shards: int
    mean_mm: float
    worst_mm: float
    looked_at: int
    problems: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """``table``, ``rows``, ``joints`` (``mean_mm``, ``worst_mm``, ``looked_at``), ``problems``, ``notes``."""
        joints = {"mean_mm": plain(self.mean_mm), "worst_mm": plain(self.worst_mm), "looked_at": self.looked_at}
        more = {"joints": joints, "problems": list(self.problems), "notes": list(self.notes)}
        return {"table": str(self.table), "rows": self.rows, **more}


@dataclass(frozen=True, eq=False)
class IndexDescribed(Result):
    """What an index holds.

    Args:
        rows: number of its rows.
        bytes: size in bytes of its files.
        embedder: what made its vectors.
        dimensions: number of dimensions of a vector; 0 where there are none.
        features: version of the columns that answer questions; 0 where there are none.
        exact: whether vectors are compared one by one.
        metadata: names that can be filtered by.
        segments: ``rows`` and ``source`` of the rows that were added together.
        example: ``id``, ``text`` and ``metadata`` of the first row.
    """

    rows: int
    bytes: int
    embedder: str
    dimensions: int
    features: int
    exact: bool
    metadata: tuple[str, ...]
    segments: tuple[Mapping[str, Any], ...]
    example: Mapping[str, Any]


@dataclass(frozen=True)
class ModelRow:
    """A model that poseloom knows by name.

    Args:
        name: what the model is called.
        here: whether this installation has it.
        parameters: how many numbers it has.
        bytes: size in bytes of its file.
        summary: what it does.
    """

    name: str
    here: bool
    parameters: int | None = None
    bytes: int | None = None
    summary: str | None = None

    def as_json(self) -> dict[str, Any]:
        """What is known of it."""
        values = {"name": self.name, "here": self.here, "parameters": self.parameters, "bytes": self.bytes}
        return {name: value for name, value in (values | {"summary": self.summary}).items() if value is not None}


@dataclass(frozen=True, eq=False)
class ModelList(Result):
    """The models that poseloom knows by name."""

    models: tuple[ModelRow, ...]


@dataclass(frozen=True, eq=False)
class ModelDescribed(Result):
    """What is known of a model.

    Args:
        path: where its weights lie.
        card: everything that stands beside them; lists of words are counted.
    """

    path: Path
    card: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        """``path`` and the keys of the card, ``notes``."""
        return {"path": str(self.path), **plain(self.card), "notes": list(self.notes)}


@dataclass(frozen=True, eq=False)
class ModelImported(Result):
    """A published checkpoint that became a model.

    Args:
        path: where the model lies.
        task: that it is for.
        kind: its published architecture.
        parameters: how many numbers it has.
        words: number of words of its vocabulary; None where it has no words of its own, or they were not given.
    """

    path: Path
    task: str
    kind: str
    parameters: int
    words: int | None


@dataclass(frozen=True, eq=False)
class ModelExported(Result):
    """A model that was copied.

    Args:
        path: where the copy lies.
        card: beside it.
        task: that it is for.
        parameters: how many numbers it has.
    """

    path: Path
    card: Path
    task: str
    parameters: int
