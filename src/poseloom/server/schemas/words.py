"""Answers in words: descriptions, instructions, judgements, motions."""

from __future__ import annotations

from pydantic import BaseModel, Field

from poseloom.server.schemas.common import Noted, PoseRow


class FactPart(BaseModel):
    """One thing that a sentence tells."""

    group: str
    subject: str
    name: str
    side: str | None = None
    sector: str | None = None
    direction: str | None = None
    target: str | None = None
    target_side: str | None = None


class SentencePart(BaseModel):
    """One sentence."""

    text: str
    facts: list[FactPart]
    joints: list[str] = Field(description="joints that it speaks of, by name")


class TextRow(BaseModel):
    """A text of one pose, or of one pair."""

    text: str
    frame: int | None = Field(None, description="of a clip")
    seconds: float | None = None


class DescribedRow(TextRow):
    """A text, sentence by sentence."""

    sentences: list[SentencePart]


class DescribeAnswer(Noted):
    """A description of each pose."""

    texts: list[DescribedRow]


class TextsAnswer(Noted):
    """A text for each pose."""

    texts: list[TextRow]


class DifferencePart(BaseModel):
    """One thing in which two clips differ."""

    repetition: int = Field(description="from 1; 0 for the clip as a whole")
    moment: str
    measure: str
    mine: float
    other: float
    unit: str
    at: float
    other_at: float


class BothCounts(BaseModel):
    """Repetitions of both clips."""

    mine: int
    other: int


class InstructAnswer(TextsAnswer):
    """How to get from one pose to another; of clips with what differs."""

    exercise: str | None = None
    repetitions: BothCounts | None = None
    differences: list[DifferencePart] | None = None


class JudgedPart(BaseModel):
    """How many facts of a text a pose fulfils."""

    facts_read: int
    facts_true: int
    holds: list[bool | None] = Field(description="of each fact; null where the geometry cannot tell")


class JudgeAnswer(Noted):
    """Which facts of a text hold."""

    text: str
    facts: list[str]
    unread: list[str]
    poses: list[JudgedPart]


class CheckedPart(BaseModel):
    """One sentence judged on one repetition, frame or clip."""

    repetition: int
    start: float
    end: float
    holds: bool | None
    at: float
    frame: int
    value: float | None
    limit: float | None
    unit: str
    text: str


class RequirementPart(BaseModel):
    """One sentence and what became of it."""

    text: str
    when: str
    held: int
    rows: list[CheckedPart]
    unread: list[str]


class CheckAnswer(Noted):
    """A motion judged by sentences."""

    exercise: str
    each: str
    passed: bool
    good: int
    judged: int
    requirements: list[RequirementPart]


class RepetitionPart(BaseModel):
    """When a repetition begins, is at its peak, and ends, seconds."""

    start: float
    peak: float
    end: float
    side: str


class PhasePart(BaseModel):
    """A phase of a motion."""

    start: float
    end: float
    kind: str
    text: str
    name: str | None = None
    count: int | None = None
    sides: list[str] | None = None
    repetitions: list[RepetitionPart] | None = None


class MotionAnswer(Noted):
    """A motion told phase by phase."""

    text: str
    seconds: float
    phases: list[PhasePart]


class SignAnswer(Noted):
    """A string of HamNoSys explained, and signed where poses are asked for."""

    hamnosys: str
    says: str
    frames: int | None = None
    fps: float | None = None
    signs: list[tuple[int, int]] | None = Field(
        None, description="first frame of each sign, and the one after its last"
    )
    poses: list[PoseRow] | None = None
