"""Answers about people in pictures."""

from __future__ import annotations

from pydantic import BaseModel, Field

from poseloom.server.schemas.common import Noted, Numbers, PoseRow
from poseloom.server.schemas.poses import ConvertAnswer


class PersonPart(BaseModel):
    """A person in one frame."""

    frame: int
    person: int
    score: float
    box: tuple[float, float, float, float] = Field(description="x, y, width, height in pixels")
    unseen: list[str]
    hands: list[str] | None = None
    points: list[Numbers] = Field(description="x, y in pixels, and how sure")
    hand_points: dict[str, list[tuple[float, float]]] | None = None


class PictureAnswer(Noted):
    """What is known of a picture or video."""

    name: str
    size: tuple[int, int]
    fps: float | None
    frames: int


class KeypointsAnswer(PictureAnswer):
    """The people in a picture, point by point."""

    people: list[PersonPart]
    convention: str | None = None


class CameraPart(BaseModel):
    """The camera that a picture was taken with, pixels."""

    focal: float
    centre: tuple[float, float]
    focal_known: bool


class BodyPart(PoseRow):
    """The body of a person in one frame, before the camera."""

    frame: int
    person: int
    box: tuple[float, float, float, float]
    confidence: float
    error_mm: float | None
    unseen: list[str]
    keypoints: list[Numbers]


class PersonClip(ConvertAnswer):
    """A person's poses on the floor."""

    person: int
    unseen: dict[str, str] = Field(description="limbs that the picture does not show, and why")


class RecoverAnswer(PictureAnswer):
    """The bodies of the people in a picture."""

    camera: CameraPart
    joints: list[str]
    people: list[BodyPart]
    clips: list[PersonClip]


class TransferAnswer(Noted):
    """A person in another pose."""

    picture: str = Field(description="a data URL with a PNG")
    way: str
    size: tuple[int, int]
    box: list[float]
    source_keypoints: list[list[float]]
    target_keypoints: list[list[float]]
