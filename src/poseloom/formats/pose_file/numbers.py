"""Coordinates and what else a point format stores: a file keeps them in one array, in the order of the letters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from poseloom.formats.pose_file.sequence import Component, PoseSequence

Numbers = Float[ndarray, "frames people points _numbers"]


def split_numbers(components: Sequence[Component], numbers: Numbers) -> tuple[Numbers, Numbers | None]:
    """Coordinates, and the other numbers where a component has any."""
    widest = max(component.dimensions for component in components)
    most = max(len(component.others) for component in components)
    if not most:
        return numbers, None
    values = np.zeros((*numbers.shape[:3], widest), numbers.dtype)
    others = np.zeros((*numbers.shape[:3], most), numbers.dtype)
    start = 0
    for one in components:
        part = slice(start, start + len(one.points))
        values[:, :, part, : one.dimensions] = numbers[:, :, part, : one.dimensions]
        others[:, :, part, : len(one.others)] = numbers[:, :, part, one.dimensions : len(one.format) - 1]
        start = part.stop
    return values, np.nan_to_num(others)


def joined_numbers(sequence: PoseSequence) -> Numbers:
    """What a file stores: coordinates, NaN again where it was under points that are still missing, other numbers."""
    values = sequence.values
    if sequence.undefined is not None:
        beneath = ~np.isfinite(sequence.undefined) & sequence.missing[..., None]
        values = np.where(beneath, sequence.undefined, values)
    if not any(component.others for component in sequence.components):
        return values
    others = sequence.others
    if others is None:
        others = np.zeros((*values.shape[:3], 0), values.dtype)
    widest = max(len(component.format) - 1 for component in sequence.components)
    numbers = np.zeros((*values.shape[:3], widest), values.dtype)
    start = 0
    for one in sequence.components:
        part = slice(start, start + len(one.points))
        numbers[:, :, part, : one.dimensions] = values[:, :, part, : one.dimensions]
        own = others[:, :, part, : len(one.others)]
        numbers[:, :, part, one.dimensions : one.dimensions + own.shape[-1]] = own
        start = part.stop
    return numbers
