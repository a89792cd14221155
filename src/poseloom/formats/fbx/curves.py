"""Animation curves of FBX files: keys, and values between them.

A curve of version 7 stores times, values, and per run of equal keys flags and four numbers (the slope to the right,
the next key's slope to the left, weights, velocities); one of version 6 lists all that key by key.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64, Int64

from poseloom.formats.fbx.records import Record

TICKS = 46_186_158_000
"""Units of time in a second."""
_CONSTANT, _LINEAR, _CUBIC = 0x2, 0x4, 0x8
_CONSTANT_NEXT = 0x100
_STATED_SLOPES = 0x400
"""Slopes set by the user; others are found from the neighbours."""
_ATTRIBUTES = 4
_LARGEST = 1e12

_SLOPE_NUMBERS = {"s": 2, "b": 2, "t": 3, "a": 0, "p": 2}
_WEIGHT_NUMBERS = {"n": 0, "l": 1, "r": 1, "a": 2}


@dataclass(frozen=True, eq=False)
class Curve:
    """One number in time.

    Args:
        times: seconds, rising.
        values: at the keys.
        flags: how it goes on from each key.
        slopes: to the right of each key and to the left of the next, a second; NaN where they are not stated.
    """

    times: Float64[np.ndarray, " keys"]
    values: Float64[np.ndarray, " keys"]
    flags: Int64[np.ndarray, " keys"]
    slopes: Float64[np.ndarray, "keys 2"]

    def at(self, times: Float64[np.ndarray, " frames"]) -> Float64[np.ndarray, " frames"]:
        """Values at the given times; before the first and after the last key it keeps still."""
        if len(self.times) == 1:
            return np.full(len(times), self.values[0])
        right = np.clip(np.searchsorted(self.times, times, side="right"), 1, len(self.times) - 1)
        left = right - 1
        step = self.times[right] - self.times[left]
        t = np.where(step > 0, (times - self.times[left]) / np.where(step > 0, step, 1), 1.0).clip(0, 1)
        start, end, flags = self.values[left], self.values[right], self.flags[left]
        linear = start + t * (end - start)
        slopes = self._slopes()
        leaving, arriving = slopes[left, 0] * step, slopes[left, 1] * step
        cubic = (
            (2 * t**3 - 3 * t**2 + 1) * start
            + (t**3 - 2 * t**2 + t) * leaving
            + (3 * t**2 - 2 * t**3) * end
            + (t**3 - t**2) * arriving
        )
        held = np.where((t >= 1) | ((flags & _CONSTANT_NEXT != 0) & (t > 0)), end, start)
        found = np.where(flags & _CUBIC != 0, cubic, np.where(flags & _CONSTANT != 0, held, linear))
        return np.where(
            times >= self.times[-1], self.values[-1], np.where(times <= self.times[0], self.values[0], found)
        )

    def _slopes(self) -> Float64[np.ndarray, "keys 2"]:
        """Slopes of all keys; where they are not stated, from the key before to the one behind."""
        own = np.zeros(len(self.times))
        span = self.times[2:] - self.times[:-2]
        own[1:-1] = np.where(span > 0, (self.values[2:] - self.values[:-2]) / np.where(span > 0, span, 1), 0.0)
        guess = np.stack([own, np.append(own[1:], 0)], axis=1)
        return np.where(np.isfinite(self.slopes), self.slopes, guess)


def read_curve(record: Record) -> Curve | None:
    """A curve object of version 7; None for one without keys.

    Raises:
        ValueError: its arrays do not fit together.
    """
    ticks = record.first("KeyTime").integers()
    values = record.first("KeyValueFloat").numbers()
    if len(ticks) != len(values):
        raise ValueError(f"{len(ticks)} times for {len(values)} values")
    if not len(ticks):
        return None
    flags = record.first("KeyAttrFlags").integers()
    counts = record.first("KeyAttrRefCount").integers()
    data = record.first("KeyAttrDataFloat").numbers()
    if len(flags) and len(counts) == len(flags) and counts.min() >= 0 and counts.sum() == len(ticks):
        each_flag = np.repeat(flags, counts)
        has_data = len(data) == _ATTRIBUTES * len(flags)
        pairs = data.reshape(-1, _ATTRIBUTES)[:, :2] if has_data else np.full((len(flags), 2), np.nan)
        pairs = np.where((flags & _STATED_SLOPES != 0)[:, None], pairs, np.nan)
        slopes = np.repeat(pairs, counts, axis=0)
    else:
        each_flag, slopes = np.full(len(ticks), _LINEAR), np.full((len(ticks), 2), np.nan)
    return _checked(ticks, values, each_flag, slopes)


def read_old_curve(record: Record) -> Curve | None:
    """A channel of version 6, with its ``Key`` list; None for one without keys.

    Raises:
        ValueError: the list cannot be understood.
    """
    values = record.first("Key").values
    count = record.first("KeyCount").values
    if not values or not count:
        return None
    ticks, numbers, flags, slopes = [], [], [], []
    place = 0
    for _ in range(min(int(count[0]), len(values))):
        place, tick, number, flag, pair = _old_key(values, place)
        ticks.append(tick)
        numbers.append(number)
        flags.append(flag)
        slopes.append(pair)
    if place != len(values) or not ticks:
        raise ValueError("its list of keys has another length than KeyCount says")
    return _checked(np.array(ticks), np.array(numbers, float), np.array(flags), np.array(slopes, float))


def _old_key(values: list[Any], place: int) -> tuple[int, int, float, int, tuple[float, float]]:
    """One key of a list ``time, value, L`` or ``..., C, s`` or ``..., U, s, right, left, n``, and where the next is."""
    try:
        tick, number, mode = values[place : place + 3]
        place += 3
        flag, pair = {"L": _LINEAR, "C": _CONSTANT, "U": _CUBIC}[mode], (np.nan, np.nan)
        if mode == "C" and place < len(values) and isinstance(values[place], str):
            flag |= _CONSTANT_NEXT if values[place] == "n" else 0
            place += 1
        elif mode == "U":
            kind = values[place]
            width = _SLOPE_NUMBERS[kind]
            if width == 2:
                pair = (float(values[place + 1]), float(values[place + 2]))
            place += 1 + width
            if place < len(values) and isinstance(values[place], str):
                place += 1 + _WEIGHT_NUMBERS[values[place]]
        return place, int(tick), float(number), flag, pair
    except (KeyError, IndexError, TypeError, ValueError, OverflowError):
        raise ValueError(f"its key at place {place} cannot be read") from None


def _checked(ticks: Any, values: Any, flags: Any, slopes: Any) -> Curve:
    if not np.isfinite(values).all() or np.abs(values).max() > _LARGEST:
        raise ValueError("holds NaN, infinity or huge values")
    times = ticks.astype(np.float64) / TICKS
    if (np.diff(times) < 0).any():
        raise ValueError("its times go backwards")
    slopes = np.where(np.abs(slopes) < _LARGEST, slopes, np.nan)
    return Curve(times, values, flags.astype(np.int64), slopes)
