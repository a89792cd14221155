"""A toy signer: strings of four symbols, and clips in which one hand does what they say. For tests and first runs.

The string is handshape, place, direction, and perhaps a repetition; the clip is Holistic's 75 keypoints in shoulder
widths. It only looks like signing: see `poseloom.signer` for the meaning of the notation.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from poseloom.tasks.sign.clips import SignClip

_SHAPES = range(0xE000, 0xE00C)
_PLACES = range(0xE040, 0xE050)
_DIRECTIONS = range(0xE080, 0xE088)
_REPEAT = chr(0xE0D8)
_KEYPOINTS = 75
_SHOULDERS, _ELBOWS, _WRISTS, _HIPS = (11, 12), (13, 14), (15, 16), (23, 24)
_HANDS = (33, 54)
_REST = np.array([-0.6, 1.6, 0.0])
"""Of the right wrist: beside the hip, y down."""
_STROKE = 0.6
"""Length of the movement."""
_HAND = 0.35
"""From the wrist to the tip of a straight finger."""


def strokes(seed: int, count: int) -> list[SignClip]:
    """Clips at 25 frames a second that depend on the seed alone."""
    generator = np.random.default_rng(seed)
    return [_clip(generator) for _ in range(count)]


def _clip(generator: np.random.Generator) -> SignClip:
    shape, place, direction = (int(generator.integers(len(one))) for one in (_SHAPES, _PLACES, _DIRECTIONS))
    repeats = bool(generator.random() < 0.3)
    text = chr(_SHAPES[shape]) + chr(_PLACES[place]) + chr(_DIRECTIONS[direction]) + _REPEAT * repeats
    start = np.array([-0.6 + 0.3 * (place % 4), -0.8 + 0.5 * (place // 4), -0.4])
    angle = 2 * np.pi * direction / len(_DIRECTIONS)
    end = start + _STROKE * np.array([np.cos(angle), np.sin(angle), 0])
    stops = [_REST, start, end, *([start, end] if repeats else []), _REST]
    wrist = np.concatenate([_moved(a, b) for a, b in pairwise(stops)])
    opening = np.concatenate([np.linspace(0.5, shape / len(_SHAPES), 10), np.full(len(wrist), shape / len(_SHAPES))])
    return _posed(text, wrist, opening[: len(wrist)], generator)


def _moved(a: ndarray, b: ndarray) -> Float[ndarray, "frames 3"]:
    """From one place to another with the least jerk (Flash & Hogan 1985), 10 to 20 frames."""
    frames = 6 + round(8 * float(np.linalg.norm(b - a)))
    t = (np.arange(frames) + 1)[:, None] / frames
    return a + (b - a) * t**3 * (10 - 15 * t + 6 * t**2)


def _posed(text: str, wrist: ndarray, opening: ndarray, generator: np.random.Generator) -> SignClip:
    values = np.zeros((len(wrist), _KEYPOINTS, 3))
    confidence = np.zeros((len(wrist), _KEYPOINTS))
    sides = (1.0, -1.0)  # left, right
    wrists = [np.broadcast_to(_REST * [-1, 1, 1], wrist.shape), wrist]
    hip = generator.normal(0, 0.02, 3)
    for side, sign in enumerate(sides):
        values[:, _SHOULDERS[side]] = [0.5 * sign, 0, 0]
        values[:, _HIPS[side]] = np.array([0.3 * sign, 1.5, 0]) + hip
        values[:, _WRISTS[side]] = wrists[side]
        between = (values[:, _SHOULDERS[side]] + wrists[side]) / 2
        values[:, _ELBOWS[side]] = between + np.array([0.25 * sign, 0.2, 0.1])
        confidence[:, [_SHOULDERS[side], _HIPS[side], _WRISTS[side], _ELBOWS[side]]] = 1
        first = _HANDS[side]
        values[:, first : first + 21] = wrists[side][:, None] + _hand(
            opening if side else np.full(len(wrist), 0.5), sign
        )
        confidence[:, first : first + 21] = 1
    return SignClip(text, values.astype(np.float32), confidence.astype(np.float32), "strokes")


def _hand(opening: ndarray, sign: float) -> Float[ndarray, "frames 21 3"]:
    """Points of a hand that points upwards, its fingers from folded (0) to straight (1)."""
    points = np.zeros((len(opening), 21, 3))
    joint = np.arange(1, 5) / 4
    for finger in range(5):
        reach = _HAND * (0.4 + 0.6 * opening)[:, None] * joint
        spread = sign * 0.25 * (finger - 2)
        points[:, 1 + 4 * finger : 5 + 4 * finger, 0] = reach * np.sin(spread)
        points[:, 1 + 4 * finger : 5 + 4 * finger, 1] = -reach * np.cos(spread)
        points[:, 1 + 4 * finger : 5 + 4 * finger, 2] = -0.1 * (1 - opening)[:, None] * joint
    return points
