"""Where people are in a picture: regions for the body network, from the detector or from boxes that a user gives."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from poseloom.images.roi import Roi, roi_of_points
from poseloom.tasks.keypoints.body import ROI_SCALE, UPRIGHT
from poseloom.tasks.keypoints.detection import Detector

FIRST_THRESHOLD = 0.5
"""Score of the detector from which on one prominent person is taken for found (MediaPipe's own)."""
CROWD_THRESHOLD = 0.3
"""The same where several people are looked for; the body network decides then."""
TILE_THRESHOLD = 0.5
"""The same in tiles, which show more of what looks like a face."""
BOX_SCALE = 1.25
UPPER = (0, 11, 12)
"""Nose and shoulders among the body's landmarks."""
APART = 0.6
TILE_SHARES = (0.6, 0.36)
"""Sides of the tiles in which smaller people are looked for, of the picture's longer side."""
_STEP = 0.5
"""Distance of neighbouring tiles, of their side."""
_SMALLEST_TILE = 96
"""Pixels: a smaller one shows nobody whose landmarks could be told."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """Regions that may hold a person, the more certain ones first."""

    roi: Roi
    scores: Float[Tensor, " candidates"]


def candidates(detector: Detector, picture: Float[Tensor, "3 height width"], several: bool) -> Candidates:
    """Regions where the detector sees somebody.

    Args:
        detector: of people.
        picture: RGB in [0, 1].
        several: look for small people as well, in tiles, and believe less certain answers.
    """
    found = detector(picture, Roi.whole(picture), CROWD_THRESHOLD if several else FIRST_THRESHOLD)
    if several:
        for share in TILE_SHARES:
            regions = tiles(picture, share)
            found += detector(picture, regions, TILE_THRESHOLD) if len(regions) else []
    points = torch.cat([one.points for one in found])
    scores = torch.cat([one.scores for one in found])
    order = scores.argsort(descending=True, stable=True)
    return Candidates(roi_of_points(points[order, 0], points[order, 1], UPRIGHT, ROI_SCALE), scores[order])


def tiles(picture: Float[Tensor, "3 height width"], share: float) -> Roi:
    """Overlapping squares that cover a picture; none where they would be too small.

    Args:
        picture: of any size.
        share: their side, of the picture's longer side.
    """
    height, width = picture.shape[-2:]
    side = max(height, width) * share
    if side < _SMALLEST_TILE:
        return Roi(torch.zeros(0, 2), torch.zeros(0), torch.zeros(0))
    across, down = (_middles(extent, side) for extent in (width, height))
    y, x = torch.meshgrid(down, across, indexing="ij")
    centre = torch.stack([x, y], dim=-1).reshape(-1, 2)
    return Roi(centre, torch.full((len(centre),), side), torch.zeros(len(centre)))


def _middles(extent: int, side: float) -> Float[Tensor, " tiles"]:
    if extent <= side:
        return torch.tensor([extent / 2])
    count = int(-(-(extent - side) // (side * _STEP))) + 1
    return torch.linspace(side / 2, extent - side / 2, count)


def regions_of_boxes(boxes: Float[Tensor, "people 4"]) -> Roi:
    """The regions of boxes around people: x, y, width, height in pixels."""
    return Roi.around(boxes, BOX_SCALE)


def distinct(points: Float[Tensor, "n 33 3"], scores: Float[Tensor, " n"], apart: float = APART) -> Bool[Tensor, " n"]:
    """Which looks stay where several show the same person, the better ones first.

    Hips and legs are guesses in half-length pictures, so heads and shoulders decide.

    Args:
        points: body landmarks, pixels.
        scores: of each.
        apart: mean distance of nose and shoulders, of the larger one's size there, below which two are the same.
    """
    upper = points[:, list(UPPER), :2]
    sizes = (upper[:, 1] - upper[:, 2]).norm(dim=-1)
    sizes = torch.maximum(sizes, (upper[:, 0] - upper[:, 1:].mean(1)).norm(dim=-1))
    distances = (upper[:, None] - upper[None]).norm(dim=-1).mean(-1)
    alike = distances < apart * torch.maximum(sizes[:, None], sizes[None])
    keep = torch.zeros(len(scores), dtype=torch.bool)
    for number in scores.argsort(descending=True, stable=True).tolist():
        keep[number] = not bool((alike[number] & keep).any())
    return keep
