"""Where people are in a picture: regions for the body network, from the detector or from boxes that a user gives."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from poseloom.images.roi import Roi, roi_of_points
from poseloom.results.keypoints import SEEN, boxes_of
from poseloom.tasks.keypoints.body import ROI_SCALE, UPRIGHT, BodyPoints
from poseloom.tasks.keypoints.detection import Detector, overlaps

FIRST_THRESHOLD = 0.5
"""Score of the detector from which on one prominent person is taken for found (MediaPipe's own)."""
CROWD_THRESHOLD = 0.3
"""The same where several people are looked for; the body network decides then."""
TILE_THRESHOLD = 0.4
"""The same in tiles."""
BOX_THRESHOLD = 0.2
"""The same within a box that a user gives."""
_AROUND = 1.5
"""How much of a box's surroundings the detector sees."""
BOX_SCALE = 1.25
UPPER = (0, 11, 12)
"""Nose and shoulders among the body's landmarks."""
APART = 0.6
ACCEPTED = 0.5
"""Probability of the body network from which on somebody is there."""
SHORTEST_TRUNK = 0.16
"""Shoulders to hips, of the region's side; on real people 0.17 to 0.27, however cut or bent."""
_UPPER_BODY, _TRUNK = 13, 25
"""How many of the landmarks are head and shoulders, and all down to the hips."""
_STEADY, _STEADY_LYING = 0.07, 0.02
"""How far landmarks may move from look to look, of the region's side; 0.003 to 0.054 on real people."""
_ON_THE_FACE, _OFF_THE_FACE = 0.03, 4.0
"""Distance of nose and face, of the region's side, that costs nothing, and what more of it costs."""
_WHOLE = 0.05
"""What it is worth that the detector saw the whole picture."""
_AGREE = 0.03
"""The same up to which two looks are averaged; beyond it the second one slides towards somebody else."""
_LEANING = 1.0
"""Radians from upright."""
_PART = 0.75
"""Of a larger person's region, below which one may be a part of that person."""
_SAME_HEAD = 0.08
"""Of the larger region's side, within which two noses are one."""
_CERTAIN = 0.9
"""Score from which on a smaller person before a larger one is believed."""
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
    prominent: Bool[Tensor, " candidates"]
    """Whether the detector is sure when it sees the whole picture."""
    faces: Float[Tensor, "candidates 2"]
    """Where the detector sees a face, or the back of a head."""

    def __len__(self) -> int:
        return len(self.scores)

    def __getitem__(self, index: Tensor | slice) -> Candidates:
        return Candidates(self.roi[index], self.scores[index], self.prominent[index], self.faces[index])


def candidates(detector: Detector, picture: Float[Tensor, "3 height width"], several: bool, tiled: bool) -> Candidates:
    """Regions where the detector sees somebody.

    Args:
        detector: finds people.
        picture: RGB in [0, 1].
        several: believe less certain answers.
        tiled: look for small people as well, in tiles.
    """
    found = detector(picture, Roi.whole(picture), CROWD_THRESHOLD if several else FIRST_THRESHOLD)
    if tiled:
        for share in TILE_SHARES:
            regions = tiles(picture, share)
            found += detector(picture, regions, TILE_THRESHOLD) if len(regions) else []
    points = torch.cat([one.points for one in found])
    scores = torch.cat([one.scores for one in found])
    whole = torch.arange(len(scores)) < len(found[0])
    boxes = torch.cat([one.boxes for one in found])
    everyone = Candidates(
        roi_of_points(points[:, 0], points[:, 1], UPRIGHT, ROI_SCALE),
        scores,
        whole & (scores >= FIRST_THRESHOLD),
        boxes[:, :2] + boxes[:, 2:] / 2,
    )
    return everyone[(scores + whole).argsort(descending=True, stable=True)]  # those in the whole picture first


def tiles(picture: Float[Tensor, "3 height width"], share: float) -> Roi:
    """Overlapping squares that cover a picture; none where they would be too small.

    Args:
        picture: RGB in [0, 1], of any size.
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


def regions_in_boxes(
    detector: Detector, picture: Float[Tensor, "3 height width"], boxes: Float[Tensor, "people 4"]
) -> Roi | None:
    """The regions of the people whom the detector sees in boxes; those of the boxes where it sees nobody.

    None where it sees nobody in any.
    """
    around = Roi.around(boxes, _AROUND)
    regions, any_seen = [], False
    for number, found in enumerate(detector(picture, around, BOX_THRESHOLD)):
        own = regions_of_boxes(boxes[number : number + 1])
        if len(found):
            away = (found.points[:, 0] - around.centre[number]).norm(dim=-1) / around.side[number]
            best = int((found.scores - away).argmax())
            own = roi_of_points(found.points[best : best + 1, 0], found.points[best : best + 1, 1], UPRIGHT, ROI_SCALE)
            any_seen = True
        regions.append(own)
    return Roi.joined(regions) if any_seen else None


def filling(body: BodyPoints, boxes: Float[Tensor, "people 4"]) -> Float[Tensor, " people"]:
    """How well somebody's visible points fill a box: intersection over union."""
    own = boxes_of(body.points, body.visibility)
    as_points = [torch.stack([box[:, :2] + box[:, 2:] / 2, box[:, 2:]], dim=1) for box in (own, boxes)]
    return overlaps(*as_points).diagonal()


def plausible(body: BodyPoints, roi: Roi) -> Bool[Tensor, " n"]:
    """Whether landmarks are a person's: the trunk has length, and head or shoulders can be seen.

    Args:
        body: one look at each region.
        roi: the regions.
    """
    shoulders, hips = body.points[:, 11:13, :2].mean(1), body.points[:, 23:25, :2].mean(1)
    trunk = (shoulders - hips).norm(dim=-1) / roi.side
    upper = body.visibility[:, :_UPPER_BODY].mean(1)
    return (body.score >= ACCEPTED) & (trunk >= SHORTEST_TRUNK) & (upper >= SEEN)


def confirmed(first: BodyPoints, second: BodyPoints, roi: Roi) -> Bool[Tensor, " n"]:
    """Whether a second look tells of the same person as the first: what is no person changes from look to look.

    People who do not stand upright have to be told more alike, since most of what is no person lies or hangs.

    Args:
        first: look at the detector's regions.
        second: look at the regions that the first one gave.
        roi: those.
    """
    moved = _moved(first, second, roi)
    allowed = torch.where(roi.turn.abs() > _LEANING, _STEADY_LYING, _STEADY)
    return plausible(second, roi) & (moved <= allowed)


def _moved(first: BodyPoints, second: BodyPoints, roi: Roi) -> Float[Tensor, " n"]:
    return (first.points[:, :_TRUNK, :2] - second.points[:, :_TRUNK, :2]).norm(dim=-1).mean(1) / roi.side


def averaged(first: BodyPoints, second: BodyPoints, rows: Int[Tensor, " n"]) -> BodyPoints:
    """Landmarks of which some rows were looked at twice: their means where both looks agree.

    Args:
        first: everybody.
        second: another look at `rows`, from the regions that the first one gave.
        rows: those.
    """
    before = first[rows]
    agree = _moved(before, second, before.next_roi) <= _AGREE
    at, second, before = rows[agree], second[agree], before[agree]
    means = {}
    for name in ("points", "world", "visibility", "presence"):
        means[name] = getattr(first, name).clone()
        means[name][at] = (getattr(before, name) + getattr(second, name)) / 2
    return replace(first, **means)


def trust(found: Candidates, body: BodyPoints) -> Float[Tensor, " n"]:
    """How much landmarks are to be believed: less where their nose lies off the face that the detector saw, and less
    where they say that the region was too small or too large.

    In a row of people a region between two of them gives somebody who is made of both; in a tile that shows a part of
    somebody the detector guesses the size.

    Args:
        found: the candidates.
        body: a look at each.
    """
    away = (body.points[:, 0, :2] - found.faces).norm(dim=-1) / found.roi.side
    misjudged = (body.next_roi.side / found.roi.side).log().abs()
    cost = _OFF_THE_FACE * (away - _ON_THE_FACE).clamp(min=0) + misjudged - _WHOLE * found.prominent
    return (body.score - cost).clamp(min=1e-3)


def hidden_in_larger(body: BodyPoints, roi: Roi) -> Bool[Tensor, " n"]:
    """Smaller ones who are a larger person once more, or less certain ones who are parts: a hand, a pattern of clothes.

    Args:
        body: a look at each region.
        roi: the regions.
    """
    head = body.points[:, list(UPPER), :2].mean(1)
    size = body.masks.shape[-1]
    smaller = roi.side[:, None] < _PART * roi.side[None]
    at = (roi.to_crop(head[None].expand(len(roi), -1, -1)) * size).long()  # larger person, head
    inside = ((at >= 0) & (at < size)).all(-1)
    at = at.clamp(0, size - 1)
    covered = body.masks[torch.arange(len(roi))[:, None], at[..., 1], at[..., 0]] > SEEN
    nose = body.points[:, 0, :2]
    same_head = (nose[:, None] - nose[None]).norm(dim=-1) < _SAME_HEAD * roi.side[None]
    doubtful = (covered & inside).T & (body.score < _CERTAIN)[:, None]
    return (smaller & (same_head | doubtful)).any(1)


def distinct(points: Float[Tensor, "n 33 3"], scores: Float[Tensor, " n"], apart: float = APART) -> Bool[Tensor, " n"]:
    """Which looks stay where several show the same person, the better ones first.

    Hips and legs are guesses in half-length pictures, so heads and shoulders decide.

    Args:
        points: body landmarks, pixels.
        scores: how sure each is.
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
