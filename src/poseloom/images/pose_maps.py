"""Pose maps and masks of person image generation: what networks of pose transfer are told about a pose.

Joints are (row, column) in pixels, the 18 of OpenPose; a joint with a -1 is missing. Maps: `gaussian_maps` (Human-Pose-
Transfer, PATN's Market-1501), `point_maps` (PATN's DeepFashion, whose tool cut the Gaussians to whole numbers),
`disc_maps` (PG2, DPIG). Masks: those of three code bases, whose rules differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Bool, Float, Shaped
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.images.crop import Size

JOINTS = 18
MISSING = -1
SIGMA = 6.0
DISC_RADIUS = 4

MapKind = Literal["gaussian", "point", "disc"]
MAP_KINDS: tuple[MapKind, ...] = ("gaussian", "point", "disc")

LIMBS = (
    (1, 2), (1, 5), (2, 3), (3, 4), (5, 6), (6, 7), (1, 8), (8, 9), (9, 10), (1, 11), (11, 12), (12, 13), (1, 0),
    (0, 14), (14, 16), (0, 15), (15, 17), (2, 16), (5, 17),
)  # fmt: skip
"""Joints that a limb joins."""
PG2_LIMBS = (*LIMBS[:-2], (1, 16), (1, 17), (8, 11), (11, 5), (8, 2), (16, 17))
"""Those of PG2: with the sides of the trunk."""

BODY_PARTS = (
    [0, 1, 2, 5, 14, 15, 16, 17], [2, 3, 4, 5, 6, 7, 8, 11], [8, 9, 10, 11, 12, 13], [5, 6, 7], [2, 3, 4], [11, 12, 13],
    [8, 9, 10],
)  # fmt: skip
"""Joints of DPIG's parts: head, trunk with arms, legs, and each limb."""
PART_MARGIN, LONE_MARGIN = 6, 10
"""Pixels about the joints of a part, and about a single joint."""
SCORE_RADIUS, SCORE_CLOSING = 4, 5
LARGEST = 1 << 20

Joints = Shaped[Tensor, "*batch 18 2"]


@dataclass(frozen=True)
class MaskRule:
    """How a mask is made of joints and limbs.

    Args:
        limbs: which joints are joined.
        radius: of the discs at joints and along limbs, and the distance of those along a limb, pixels.
        closed: whether a pixel at exactly the radius belongs to a disc.
        lone: whether joints that no limb reaches have a disc.
        closing: side of the square of the closing that fills gaps, pixels.
    """

    limbs: tuple[tuple[int, int], ...]
    radius: int
    closed: bool
    lone: bool
    closing: int


TRAINING_MASK = MaskRule(LIMBS, 6, closed=False, lone=True, closing=9)
"""Of Human-Pose-Transfer's training."""
PG2_MASK = MaskRule(PG2_LIMBS, 4, closed=True, lone=False, closing=5)
"""Of PG2."""


def present(joints: Joints) -> Bool[Tensor, "*batch 18"]:
    """Which joints are not missing."""
    return (joints != MISSING).all(-1)


def moved(joints: Joints, rows: int, columns: int) -> Joints:
    """Joints moved within the picture; missing ones stay missing."""
    shift = torch.tensor([rows, columns], dtype=joints.dtype)
    return torch.where(present(joints)[..., None], joints + shift, torch.full_like(joints, MISSING))


def pose_maps(joints: Joints, size: Size, kind: MapKind = "gaussian") -> Float[Tensor, "*batch 18 height width"]:
    """The maps of a kind, in [0, 1].

    Raises:
        PoseloomError: an unknown kind, or not 18 joints.
    """
    if kind not in _MAPS:
        raise PoseloomError(f"pose maps: unknown kind {kind!r}; known: {', '.join(_MAPS)}")
    if joints.shape[-2:] != (JOINTS, 2):
        raise PoseloomError(f"pose maps: expected joints (..., {JOINTS}, 2), got {tuple(joints.shape)}")
    return _MAPS[kind](joints, size)


def gaussian_maps(joints: Joints, size: Size) -> Float[Tensor, "*batch 18 height width"]:
    """exp(-d^2 / (2 * 6^2)) of the distance in pixels, of the whole picture; missing joints have an empty map."""
    distance = squared_distance(joints, size)
    maps = torch.exp(-distance / (2 * SIGMA**2)).float()
    return maps * present(joints)[..., None, None]


def point_maps(joints: Joints, size: Size) -> Float[Tensor, "*batch 18 height width"]:
    """1 at the joint's pixel: a Gaussian cut to whole numbers."""
    return ((squared_distance(joints, size) == 0) & present(joints)[..., None, None]).float()


def disc_maps(joints: Joints, size: Size, radius: int = DISC_RADIUS) -> Float[Tensor, "*batch 18 height width"]:
    """1 within a radius of the joint (at it as well). PG2's networks take 2 v - 1 of it."""
    return ((squared_distance(joints, size) <= radius**2) & present(joints)[..., None, None]).float()


def pose_mask(
    joints: Shaped[Tensor, "18 2"], size: Size, rule: MaskRule = TRAINING_MASK
) -> Bool[Tensor, "height width"]:
    """The part of a picture that a person covers: discs at joints and along limbs, gaps closed."""
    there = present(joints)
    ends = torch.tensor([limb for limb in rule.limbs if bool(there[list(limb)].all())]).reshape(-1, 2)
    centres = [_along(joints[first], joints[second], rule) for first, second in ends.tolist()]
    alone = there if rule.lone else torch.zeros(JOINTS, dtype=torch.bool).index_fill(0, ends.flatten(), True)
    points = torch.cat([joints[alone].double(), *centres])
    if not len(points):
        return torch.zeros(size, dtype=torch.bool)
    distance = squared_distance(points, size) / rule.radius**2
    return closed_gaps((distance <= 1 if rule.closed else distance < 1).any(0), rule.closing)


def score_mask(joints: Shaped[Tensor, "18 2"], size: Size) -> Bool[Tensor, "height width"]:
    """What masked scores look at (Siarohin et al., CVPR 2018): bars along limbs and discs at joints, gaps closed."""
    there = present(joints)
    points = joints.double()
    covered = (squared_distance(points[there], size) < SCORE_RADIUS**2).any(0)
    rows, columns = (torch.arange(side, dtype=torch.float64) for side in size)
    grid = torch.stack(torch.meshgrid(rows, columns, indexing="ij"), dim=-1)
    for first, second in PG2_LIMBS:
        way = points[first] - points[second]
        if bool(there[first] & there[second]) and bool(way.any()):
            aside = SCORE_RADIUS * torch.stack([-way[1], way[0]]) / way.norm()
            ends = (points[first] + aside, points[first] - aside, points[second] - aside, points[second] + aside)
            covered |= within(grid, torch.stack(ends))
    return closed_gaps(covered, SCORE_CLOSING)


def within(points: Float[Tensor, "*batch 2"], corners: Float[Tensor, "corners 2"]) -> Bool[Tensor, "*batch"]:
    """Which points lie in a convex polygon or exactly on its border, as the corners are rounded."""
    own = corners - points[..., None, :]
    other = own.roll(-1, dims=-2)
    turn = own[..., 1] * other[..., 0] - other[..., 1] * own[..., 0]
    return (turn >= 0).all(-1) | (turn <= 0).all(-1)


def body_boxes(joints: Joints, size: Size) -> tuple[Shaped[Tensor, "*batch 7 4"], Bool[Tensor, "*batch 7"]]:
    """Boxes (top, left, bottom, right) of seven parts of the body (DPIG), and which of them are seen.

    Each is that of its joints with a margin, cut to the picture; a part without joints has the box 0, 0, 1, 1.
    """
    there = present(joints)
    last = torch.tensor([size[0] - 1, size[1] - 1])
    boxes, seen = [], []
    for part in BODY_PARTS:
        known = there[..., part]
        count = known.sum(-1)
        own = joints[..., part, :]
        low = torch.where(known[..., None], own, LARGEST).amin(-2)
        high = torch.where(known[..., None], own, -LARGEST).amax(-2)
        margin = torch.where(count == 1, LONE_MARGIN, PART_MARGIN)[..., None]
        box = torch.cat([(low - margin).clamp_min(0), (high + margin).minimum(last)], dim=-1)
        boxes.append(torch.where((count > 0)[..., None], box, torch.tensor([0, 0, 1, 1])))
        seen.append(count > 0)
    return torch.stack(boxes, dim=-2), torch.stack(seen, dim=-1)


def squared_distance(points: Shaped[Tensor, "*batch points 2"], size: Size) -> Float[Tensor, "*batch points h w"]:
    """Of every pixel (its index) from points (row, column)."""
    rows, columns = (torch.arange(side, dtype=torch.float64) for side in size)
    places = points.double()
    down = (rows - places[..., :1]) ** 2
    across = (columns - places[..., 1:]) ** 2
    return down[..., :, None] + across[..., None, :]


def closed_gaps(mask: Bool[Tensor, "height width"], side: int) -> Bool[Tensor, "height width"]:
    """Closing by a square: widened, then narrowed; beyond the border the picture is mirrored."""
    wide = _grown(mask.float(), side)
    return _grown(-wide, side).neg() > 0


def _grown(values: Tensor, side: int) -> Tensor:
    half = side // 2
    padded = _mirrored(_mirrored(values, half, 0), half, 1)
    return torch.nn.functional.max_pool2d(padded[None, None], side, stride=1)[0, 0]


def _mirrored(values: Tensor, half: int, axis: int) -> Tensor:
    """With what lies within `half` of both borders repeated beyond them, the outermost first."""
    length = values.shape[axis]
    places = torch.arange(-half, length + half)
    places = torch.remainder(places, 2 * length)
    places = torch.where(places < length, places, 2 * length - 1 - places)
    return values.index_select(axis, places)


def _along(first: Tensor, second: Tensor, rule: MaskRule) -> Float[Tensor, "points 2"]:
    """Middles of the discs between the ends of a limb."""
    start, way = first.double(), (second - first).double()
    count = int(way.norm() / rule.radius)
    points = start + torch.arange(1, max(count, 1), dtype=torch.float64)[:, None] / max(count, 1) * way
    return points.trunc() if rule.closed else points


_MAPS = {"gaussian": gaussian_maps, "point": point_maps, "disc": disc_maps}
