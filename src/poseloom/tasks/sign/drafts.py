"""Drafts: whole sequences of which some points are known; what generation and repair begin with.

Generating a sign and repairing a clip are one task: fill in what is not known. Where a start frame alone is known, the
filled draft is that frame held still, as in text-to-pose; where points are missing here and there, they lie on straight
lines between the frames in which they are known.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

_SHORT_GAP = 6
"""Frames between two known ones that a curve may cross; further apart, slopes say little."""


@dataclass(frozen=True, eq=False)
class Draft:
    """Sequences to refine.

    Args:
        values: coordinates of all points.
        known: points that are given, and to be kept.
        padding: true where a sequence has no frame.
    """

    values: Float[Tensor, "batch frames keypoints d"]
    known: Bool[Tensor, "batch frames keypoints"]
    padding: Bool[Tensor, "batch frames"]

    def keeping(self, values: Float[Tensor, "batch frames keypoints d"]) -> Float[Tensor, "batch frames keypoints d"]:
        """Other values, with what is known as it was given."""
        return torch.where(self.known[..., None], self.values, values)


def held_still(
    first: Float[Tensor, "batch keypoints d"], seen: Bool[Tensor, "batch keypoints"], lengths: Int[Tensor, "batch"]
) -> Draft:
    """A start frame repeated, known in the first frame alone.

    Args:
        first: the frame.
        seen: points of it that are known.
        lengths: frames of each sequence.
    """
    frames = int(lengths.max())
    known = torch.zeros(len(first), frames, first.shape[1], dtype=torch.bool, device=first.device)
    known[:, 0] = seen
    padding = torch.arange(frames, device=first.device) >= lengths.to(first.device)[:, None]
    return Draft(first[:, None].expand(-1, frames, -1, -1).clone(), known, padding)


def fill_missing_points(
    values: Float[Tensor, "batch frames keypoints d"],
    known: Bool[Tensor, "batch frames keypoints"],
    padding: Bool[Tensor, "batch frames"],
    never: Float[Tensor, "keypoints d"] | None = None,
    *,
    curved: bool = False,
) -> Draft:
    """A draft of sequences with missing points: straight lines between known frames, held beyond the first and last.

    Args:
        values: coordinates; what lies under unknown points is not looked at.
        known: points that are known.
        padding: true where a sequence has no frame.
        never: where points lie that are known in no frame; the origin by default.
        curved: short gaps are crossed on cubic curves with the slopes of what lies around them (Catmull & Rom 1974).
    """
    known = known & ~padding[..., None]
    before, after = neighbours(known)
    has_before, has_after = before >= 0, after < known.shape[1]
    left = torch.where(has_before, before, after)
    right = torch.where(has_after, after, before)
    nowhere = ~(has_before | has_after)
    left, right = left.masked_fill(nowhere, 0), right.masked_fill(nowhere, 0)
    places = torch.arange(known.shape[1], device=known.device)[:, None]
    share = ((places - left) / (right - left).clamp(min=1)).clamp(0, 1)[..., None].to(values.dtype)
    lined = torch.lerp(_at(values, left), _at(values, right), share)
    if curved:
        bend = _bend(values, before, after, left, right, share)
        short = has_before & has_after & (right - left <= _SHORT_GAP)
        lined = torch.where(short[..., None], lined + bend, lined)
    rest = torch.zeros_like(values[0, 0]) if never is None else never.to(values)
    return Draft(torch.where(nowhere[..., None], rest, lined), known, padding)


def neighbours(known: Bool[Tensor, "*batch frames keypoints"]) -> tuple[Tensor, Tensor]:
    """For each frame the last known frame up to it (-1: none), and the first known one from it (frames: none)."""
    frames = known.shape[-2]
    places = torch.arange(frames, device=known.device)[:, None].expand_as(known)
    before = torch.where(known, places, -1).cummax(-2).values
    after = torch.where(known, places, frames).flip(-2).cummin(-2).values.flip(-2)
    return before, after


def gaps(known: Bool[Tensor, "*batch frames keypoints"]) -> Float[Tensor, "*batch frames keypoints"]:
    """Frames to the nearest frame in which a point is known: 0 where it is, infinity where it never is."""
    distance = torch.where(known, 0.0, float("inf"))
    step, frames = 1, known.shape[-2]
    while step < frames:  # each round looks twice as far, which is faster than running along the frames
        nearer = distance.clone()
        for here, there in ((slice(step, None), slice(None, -step)), (slice(None, -step), slice(step, None))):
            nearer[..., here, :] = torch.minimum(nearer[..., here, :], distance[..., there, :] + step)
        distance, step = nearer, 2 * step
    return distance


def damage_points(
    known: Bool[Tensor, "batch frames keypoints"],
    groups: tuple[tuple[int, int], ...],
    generator: torch.Generator | None = None,
) -> Bool[Tensor, "batch frames keypoints"]:
    """What is left of known points after damage of a random kind and strength.

    For each sequence: points lost one by one (a tenth to a half of them), a stretch of whole frames, or a group of
    points (a hand) over a stretch; at least one frame stays.
    """
    batch, frames, keypoints = known.shape

    def draw(*shape: int) -> Tensor:
        return torch.rand(*shape, generator=generator).to(known.device)

    kind = (draw(batch) * 3).long()[:, None, None]
    single = draw(batch, frames, keypoints) < (0.1 + 0.4 * draw(batch))[:, None, None]
    start, length = draw(batch) * frames, (0.1 + 0.5 * draw(batch)) * frames
    places = torch.arange(frames, device=known.device)
    stretch = ((places >= start[:, None]) & (places < (start + length)[:, None]))[..., None]
    chosen = torch.zeros(batch, keypoints, dtype=torch.bool, device=known.device)
    which = (draw(batch) * max(1, len(groups))).long()
    for number, (first, end) in enumerate(groups):
        chosen[:, first:end] |= (which == number)[:, None]
    lost = torch.where(kind == 0, single, stretch & ((kind == 1) | chosen[:, None]))
    left = known & ~lost
    empty = ~left.any((1, 2))
    return torch.where(empty[:, None, None], known, left)


def _bend(values: Tensor, before: Tensor, after: Tensor, left: Tensor, right: Tensor, share: Tensor) -> Tensor:
    """What a cubic Hermite curve between two known frames adds to the straight line."""
    frames = values.shape[1]
    further_left = before.gather(1, (left - 1).clamp(min=0))
    further_left = torch.where((left > 0) & (further_left >= 0), further_left, left)
    further_right = after.gather(1, (right + 1).clamp(max=frames - 1))
    further_right = torch.where((right < frames - 1) & (further_right < frames), further_right, right)
    at_left, at_right = _at(values, left), _at(values, right)
    span = (right - left)[..., None].to(values.dtype)
    slope_left = (at_right - _at(values, further_left)) / (right - further_left).clamp(min=1)[..., None]
    slope_right = (_at(values, further_right) - at_left) / (further_right - left).clamp(min=1)[..., None]
    rise = at_right - at_left
    out, into = slope_left * span - rise, slope_right * span - rise
    return share * (1 - share) * ((1 - share) * out - share * into)


def _at(values: Tensor, frames: Tensor) -> Tensor:
    return values.gather(1, frames[..., None].expand(*frames.shape, values.shape[-1]))
