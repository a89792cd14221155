"""Hand shapes of the notation as the angles of a hand."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib import resources
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.language.hamnosys.tree import Bend, DigitMark, HandShape, SimpleShape, Thumb
from poseloom.pose.joints import FINGERS
from poseloom.signer.thumbs import thumb_at_distance

_DIGIT_FINGERS = {1: "thumb", 2: "index", 3: "middle", 4: "ring", 5: "pinky"}
_ROW = {digit: FINGERS.index(finger) for digit, finger in _DIGIT_FINGERS.items()}
_LONG_DIGITS = (2, 3, 4, 5)
_CLOSED = 80.0
"""Degrees of knuckle flexion at which no spread is left, and of flexion from which a finger counts as folded."""


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    text = (resources.files("poseloom.signer") / "shapes.json").read_text(encoding="utf-8")
    return json.loads(text)


@lru_cache(maxsize=512)
def hand_angles(shape: HandShape) -> Float[Tensor, "5 4"]:
    """Angles of a hand shape as `poseloom.pose.hands` takes them, radians; the mean of several shapes."""
    rows = [_simple(simple) for simple in shape.shapes]
    return torch.stack(rows).mean(0).deg2rad()


def _simple(shape: SimpleShape) -> Float[Tensor, "5 4"]:
    """Degrees."""
    base = _table()["bases"][shape.base]
    angles = torch.zeros(len(FINGERS), 4)
    folded, others = _table()["folded"], base.get("others", _table()["folded"])
    extended = list(base["extended"])
    curl = _bent(base["curl"], shape.bends, base.get("tips"))
    for digit in _LONG_DIGITS:
        angles[_ROW[digit], 1:] = torch.tensor(curl if digit in extended else others, dtype=torch.float32)
    if not extended and shape.bends:  # a fist with a bend mark: the mark bends the fingers that the fist closes
        angles[: len(_LONG_DIGITS), 1:] = torch.tensor(_bent(folded, shape.bends, tips=None))
    for mark in shape.digits:
        _apply_digit(angles, mark)
    spread = dict(zip(_LONG_DIGITS, base["spread"], strict=True))
    for digit in _LONG_DIGITS:
        row = angles[_ROW[digit]]
        left = 1.0 if base.get("tips") else float((1 - row[1] / _CLOSED).clamp(0, 1))
        row[0] = spread[digit] * left
    angles[_ROW[1]] = _thumb(shape, base, angles)
    return angles


def _bent(curl: list[float], bends: tuple[Bend, ...], tips: str | None) -> list[float]:
    """Flexion of the extended digits: the mean of the bend marks, the shape's own without any."""
    if not bends:
        return [float(angle) for angle in curl]
    special = _table()[f"bends of {tips} tips"] if tips else {}
    rows = [special.get(bend.value, _table()["bends"][bend.value]) for bend in bends]
    return [sum(column) / len(rows) for column in zip(*rows, strict=True)]


def _apply_digit(angles: Float[Tensor, "5 4"], mark: DigitMark) -> None:
    """A digit named after the shape is bent by its own mark, or extended; parts of fingers change nothing here."""
    if mark.digit not in _LONG_DIGITS or mark.part is not None or mark.after_between:
        return
    flexion = _table()["bends"][mark.bend.value] if mark.bend is not None else [0, 0, 0]
    angles[_ROW[mark.digit], 1:] = torch.tensor(flexion, dtype=torch.float32)


def _thumb(shape: SimpleShape, base: dict[str, Any], angles: Float[Tensor, "5 4"]) -> Float[Tensor, "4"]:
    """The thumb of a shape, degrees: by its marks, or as the base has it."""
    names = [_thumb_name(thumb, base, angles) for thumb in shape.thumbs]
    for mark in shape.digits:
        if mark.digit == 1 and mark.part is None and not names:
            names.append("across" if mark.after_between else "out")
    rows = [_named_thumb(name, angles) for name in names or [base["thumb"]]]
    return torch.stack(rows).mean(0)


def _named_thumb(name: str, angles: Float[Tensor, "5 4"]) -> Float[Tensor, "4"]:
    """Degrees; thumbs that meet finger tips are solved for these fingers."""
    usual = torch.tensor(_table()["thumbs"][name], dtype=torch.float32)
    meeting = _table()["meeting"].get(name)
    if meeting is None:
        return usual
    hand = angles.clone()
    hand[_ROW[1]] = usual
    fingers = tuple(_DIGIT_FINGERS[digit] for digit in meeting["digits"])
    return thumb_at_distance(hand.deg2rad(), fingers, meeting["distance"]).rad2deg()


def _thumb_name(thumb: Thumb, base: dict[str, Any], angles: Float[Tensor, "5 4"]) -> str:
    if thumb is Thumb.OUT:
        return "out"
    if thumb is Thumb.OPEN:
        return base.get("opened", "open")
    folded = [digit for digit in _LONG_DIGITS if float(angles[_ROW[digit], 1:3].sum()) > _CLOSED]
    return "across folded" if folded else "across"
