"""Other frame rates, and gaps filled: splines through the frames in which a point was seen.

As pose-format does: for each point a cubic spline (not-a-knot) over its seen frames, a parabola through three of them,
a line through two; nothing before the first and after the last one. The first and the last frame are kept.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from poseloom.base.errors import PoseloomError
from poseloom.formats.pose_file.sequence import PoseSequence

MAXIMUM_FRAMES = 1_000_000


def resample(sequence: PoseSequence, fps: float) -> PoseSequence:
    """The sequence at another frame rate, gaps filled: round(frames x new / old) frames, at least one.

    A confidence is interpolated linearly. Points of one person that are seen in one frame only stay in that frame.

    Raises:
        PoseloomError: a rate that is not positive, or more than a million frames.
    """
    if not 0 < fps < float("inf"):
        raise PoseloomError(f"resample: expected a positive number of frames a second, got {fps}")
    wanted = len(sequence) * fps / sequence.fps
    if not wanted <= MAXIMUM_FRAMES:
        raise PoseloomError(f"resample: {wanted:.0f} frames are asked for, at most {MAXIMUM_FRAMES:,} are made")
    return replace(_at(sequence, max(1, round(wanted))), fps=fps)


def fill_gaps(sequence: PoseSequence) -> PoseSequence:
    """Missing points between frames in which the same point was seen, interpolated; seen ones stay as they are."""
    return _at(sequence, len(sequence))


def _at(sequence: PoseSequence, frames: int) -> PoseSequence:
    old = len(sequence)
    times = np.linspace(0, old - 1, frames)
    columns = sequence.values.reshape(old, -1, sequence.values.shape[-1]).astype(np.float64)
    confidence = sequence.confidence.reshape(old, -1).astype(np.float64)
    values, sure = np.zeros((frames, *columns.shape[1:])), np.zeros((frames, confidence.shape[1]))
    # points that are seen in the same frames, usually those of a component, share one system of equations
    patterns, group = np.unique(confidence > 0, axis=1, return_inverse=True)
    for index, seen in enumerate(patterns.T):
        points = np.flatnonzero(group.ravel() == index)
        knots = np.flatnonzero(seen)
        if not len(knots):
            continue
        inside = (times >= knots[0]) & (times <= knots[-1])
        both = np.concatenate([columns[knots][:, points].reshape(len(knots), -1), confidence[knots][:, points]], axis=1)
        bend = _second_derivatives(knots.astype(np.float64), both)
        bend[:, len(points) * columns.shape[-1] :] = 0  # confidences run straight
        found = _evaluate(knots.astype(np.float64), both, bend, times[inside])
        split = len(points) * columns.shape[-1]
        values[np.ix_(inside, points)] = found[:, :split].reshape(-1, len(points), columns.shape[-1])
        sure[np.ix_(inside, points)] = found[:, split:]
    shape = (frames, *sequence.values.shape[1:])
    return replace(
        sequence,
        values=values.reshape(shape).astype(sequence.values.dtype),
        confidence=sure.reshape(shape[:-1]).astype(sequence.confidence.dtype),
        others=None if sequence.others is None else sequence.others[np.rint(times).astype(int)],
        undefined=None,
    )


def _second_derivatives(x: Float[ndarray, " n"], y: Float[ndarray, "n columns"]) -> Float[ndarray, "n columns"]:
    """Of the interpolating spline at its knots; de Boor, A Practical Guide to Splines, chapter IV."""
    if len(x) < 3:
        return np.zeros_like(y)
    step = np.diff(x)
    slope_change = np.diff(np.diff(y, axis=0) / step[:, None], axis=0)
    if len(x) == 3:
        return np.broadcast_to(2 * slope_change / step.sum(), y.shape).copy()
    lower, diagonal, upper = step[:-1].copy(), 2 * (step[:-1] + step[1:]), step[1:].copy()
    first, last = step[0] / step[1], step[-1] / step[-2]
    diagonal[0] += step[0] * (1 + first)  # not-a-knot: the third derivative is continuous at the second knot
    upper[0] -= step[0] * first
    diagonal[-1] += step[-1] * (1 + last)
    lower[-1] -= step[-1] * last
    inner = _tridiagonal(lower, diagonal, upper, 6 * slope_change)
    start = (1 + first) * inner[:1] - first * inner[1:2]
    end = (1 + last) * inner[-1:] - last * inner[-2:-1]
    return np.concatenate([start, inner, end])


def _tridiagonal(
    lower: Float[ndarray, " n"], diagonal: Float[ndarray, " n"], upper: Float[ndarray, " n"], right: ndarray
) -> Float[ndarray, "n columns"]:
    """Solve by elimination (Thomas): the recurrence runs along the knots, all columns at once."""
    pivot, solution = diagonal.copy(), right.copy()
    for row in range(1, len(pivot)):
        factor = lower[row] / pivot[row - 1]
        pivot[row] -= factor * upper[row - 1]
        solution[row] -= factor * solution[row - 1]
    solution[-1] /= pivot[-1]
    for row in range(len(pivot) - 2, -1, -1):
        solution[row] = (solution[row] - upper[row] * solution[row + 1]) / pivot[row]
    return solution


def _evaluate(
    x: Float[ndarray, " n"], y: Float[ndarray, "n columns"], bend: Float[ndarray, "n columns"], at: ndarray
) -> Float[ndarray, "times columns"]:
    if len(x) == 1:
        return np.repeat(y, len(at), axis=0)
    piece = np.clip(np.searchsorted(x, at, side="right") - 1, 0, len(x) - 2)
    width = (x[piece + 1] - x[piece])[:, None]
    a = (x[piece + 1][:, None] - at[:, None]) / width
    b = 1 - a
    curve = ((a**3 - a) * bend[piece] + (b**3 - b) * bend[piece + 1]) * width**2 / 6
    return a * y[piece] + b * y[piece + 1] + curve
