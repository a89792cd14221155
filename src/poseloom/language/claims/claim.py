"""What an instruction states, read back from its words: something that holds of a pair of poses, or does not."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from math import inf


class Measure(str, Enum):
    """What has to be measured to judge a claim."""

    POSTURE = "posture"
    TURN = "turn"
    LEAN = "lean"
    TWIST = "twist"
    HEAD = "head"
    NEUTRAL = "neutral"
    """The trunk upright or straight, the head to the front or upright, in the second pose."""
    SHIFT = "shift"
    """A limb's end or middle against its shoulder or hip."""
    COORDINATE = "coordinate"
    """A joint against the pelvis, or the ground."""
    HIPS = "hips"
    """The height of the hips above the ground."""
    DISTANCE = "distance"
    """Between both sides of a part, or of a part from the torso."""
    BEND = "bend"
    STRAIGHT = "straight"
    STEP = "step"
    LIFT = "lift"
    GOAL = "goal"
    """Where a limb points in the second pose."""
    HAND_AT = "hand at"
    HAND_IN = "hand in"
    TOGETHER = "together"
    CROSSED = "crossed"
    STATE = "state"
    """A posecode of the second pose."""
    TOUCH = "touch"
    SAME = "same"


class Source(str, Enum):
    """Whose words and measures a claim comes from."""

    OURS = "ours"
    PAIRCODES = "paircodes"


@dataclass(frozen=True)
class Claim:
    """One thing that an instruction says."""

    measure: Measure
    source: Source
    name: str
    """Entry of the phrase file."""
    part: str = ""
    side: str = ""
    """``left``, ``right``, ``both``, or empty for parts in the middle."""
    way: str = ""
    """Direction: up, forward, out, left, more, ..."""
    least: float = 0.0
    """Metres or degrees in that direction, from which the words fit."""
    most: float = inf
    floor: float = 0.0
    """As `least`, for the smallest change that is told at all."""
    goal: str = ""
    sector: str = ""
    place: str = ""
    place_side: str = ""
    """``left``, ``right``, ``own``, ``other``, or empty for places in the middle."""


@dataclass
class InstructionReading:
    """What an instruction says."""

    said: list[tuple[Claim, ...]] = field(default_factory=list)
    """For every statement in the text, the claims that it may stand for: it is true where one of them is."""
    unread: list[str] = field(default_factory=list)
    """Words that could not be read."""
