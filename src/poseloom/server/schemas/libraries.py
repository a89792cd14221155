"""Answers about models, indexes, tables, jobs and the service itself."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from poseloom.server.schemas.common import ErrorPart, Noted, PoseRow


class ModelPart(BaseModel):
    """A model."""

    name: str
    here: bool
    parameters: int | None = None
    bytes: int | None = None
    summary: str | None = None


class ModelsAnswer(Noted):
    """The models that are here."""

    models: list[ModelPart]


class CardAnswer(Noted):
    """What is known of a model; other keys are those of its kind."""

    model_config = ConfigDict(extra="allow")

    name: str
    task: str
    recipe: dict[str, Any]
    figures: dict[str, Any]
    card: dict[str, Any]


class IndexPart(BaseModel):
    """An index."""

    name: str
    rows: int | None = None
    metadata: list[str] | None = None
    vectors: str | None = None
    error: ErrorPart | None = None


class IndexesAnswer(BaseModel):
    """The indexes that may be searched."""

    indexes: list[IndexPart]


class TablePart(BaseModel):
    """A table."""

    name: str
    rows: int | None = None
    pairs: int | None = None
    joints: int | None = None
    error: ErrorPart | None = None


class TablesAnswer(BaseModel):
    """The tables that may be browsed."""

    tables: list[TablePart]


class TableAnswer(BaseModel):
    """What a table holds."""

    name: str
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
    unfinished: list[str]


class TextPart(BaseModel):
    """A text of a row."""

    text: str
    kind: str
    source: str


class RowAnswer(BaseModel):
    """A row of a table."""

    number: int
    id: str
    data_set: str
    frame: int
    split: str
    joints: int
    texts: list[TextPart]
    pose: PoseRow | None = None


class RowsAnswer(BaseModel):
    """Rows of a table."""

    name: str
    total: int
    offset: int
    rows: list[RowAnswer]


class PairPart(BaseModel):
    """A pair of rows with its instructions."""

    number: int
    id: str
    in_sequence: bool
    split: str
    texts: list[TextPart]
    a: RowAnswer | None
    b: RowAnswer | None


class PairsAnswer(BaseModel):
    """Pairs of a table."""

    name: str
    total: int
    offset: int
    pairs: list[PairPart]


class ProgressPart(BaseModel):
    """How far a job is."""

    what: str
    done: int
    total: int
    unit: str


class JobAnswer(BaseModel):
    """A job: how far it is, what it gave, or why it failed."""

    id: str
    kind: str
    status: Literal["waiting", "running", "done", "failed", "cancelled"]
    progress: ProgressPart | None
    result: dict[str, Any] | None = None
    error: ErrorPart | None = None


class JobsAnswer(BaseModel):
    """The jobs that are kept."""

    jobs: list[JobAnswer]


class HealthAnswer(BaseModel):
    """Whether the service answers."""

    status: Literal["ok"]
    version: str
    waiting: dict[str, int]
