"""Answers with poses, vectors and angles."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from poseloom.server.poses import ShapeModel
from poseloom.server.schemas.common import Noted, Numbers, PoseRow
from poseloom.server.schemas.words import JudgedPart


class MadeRow(PoseRow, JudgedPart):
    """A pose that was made, and which facts hold for it."""


class MadeAnswer(Noted):
    """Poses that words asked for."""

    seed: int
    verified: bool
    understood: list[str]
    not_understood: list[str]
    assumed: list[str]
    facts: list[str]
    unread: list[str]
    joints: list[str]
    shape_model: ShapeModel | None = None
    poses: list[MadeRow]


class GenerateAnswer(MadeAnswer):
    """Poses that a text tells of."""

    text: str


class EditAnswer(MadeAnswer):
    """A pose changed as an instruction says."""

    instruction: str


class EmbedAnswer(Noted):
    """Unit vectors of one space."""

    dimensions: int
    vectors: list[list[float]]


class IkAnswer(Noted):
    """A pose whose joints were brought to places."""

    pose: PoseRow
    misses: dict[str, float] = Field(description="metres by which each target and pin is missed")


class MovementPart(BaseModel):
    """An anatomical angle and its limits, degrees; null where there is none."""

    name: str
    angle: float
    low: float | None
    high: float | None


class MovementsAnswer(Noted):
    """A pose and its anatomical angles."""

    pose: PoseRow
    movements: list[MovementPart]


class AnglePart(BaseModel):
    """What an angle measures."""

    name: str
    side: str
    joint: str
    meaning: str
    positive: str
    clinical_range: tuple[float, float] | None
    unit: str


class AnglesAnswer(BaseModel):
    """Anatomical angles, a list a name."""

    unit: str
    definitions: list[AnglePart]
    seconds: list[float]
    angles: dict[str, list[float]]


class ConvertAnswer(Noted):
    """A file as poses."""

    name: str
    fps: float
    joints: list[str]
    poses: list[PoseRow]


class StancePart(BaseModel):
    """A named stance."""

    name: str
    kinds: list[str]
    hands: list[str]
    pose: PoseRow


class HandPart(BaseModel):
    """A shape of the fingers, as rotations of the 15 joints of a left and a right hand."""

    name: str
    left: list[Numbers]
    right: list[Numbers]


class StancesAnswer(Noted):
    """The named stances and hand shapes."""

    stances: list[StancePart]
    hands: list[HandPart]


class BodyAnswer(Noted):
    """The skeleton of the free body."""

    joints: list[str]
    parents: list[int]
    rest: list[Numbers]
    body_joints: int
    limbs: dict[str, list[str]]
    mirror: list[int]
    shape_model: str
    shape: dict[str, float]
    meshes: dict[str, str]


class HitPart(BaseModel):
    """A row of an index."""

    id: str
    row: int
    score: float
    text: str
    metadata: dict[str, Any] | None = None
    holds: bool | None = None
    mirrored: bool | None = None
    pose: PoseRow | None = None


class SearchAnswer(Noted):
    """Rows of an index, the best first."""

    hits: list[HitPart]
    understood: list[str]
    plain: list[str]
    unknown: list[str]
