"""Keypoints as maps, a whole batch at once and on any device: what generators see of a pose.

Keypoints are OpenPose's 18, row before column, indices of pixels; -1 in either is a missing joint, tested before any
shift. The kinds are those of the papers and of their released weights, which do not go with another kind.
"""

from __future__ import annotations

from enum import Enum
from functools import cache

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.images.heatmaps import gaussian_heatmaps
from poseloom.images.pose_maps import JOINTS, LIMBS

Size = tuple[int, int]
Keypoints = Float[Tensor, "batch 18 2"]

SIGMA = 6.0
"""Pixels, of the Gaussian maps."""
DISC = 4.0
"""Radius of PG2's discs, pixels."""
MISSING = -1.0
SIDES = (0, 1, 5, 6, 7, 2, 3, 4, 11, 12, 13, 8, 9, 10, 15, 14, 17, 16)
"""The joint that each becomes in a mirror."""
_FULL_HUE, _HUE_STEP = 255, 85
_LINE = 1.5
"""Half the width of the lines of skeleton pictures, pixels of a picture 128 high."""
_LINE_HEIGHT = 128


class MapKind(str, Enum):
    """How keypoints are drawn.

    ``gaussian``: a bump of height 1 and sigma 6; ``point``: 1 at the joint's pixel alone, as PATN's DeepFashion tool
    cut it; ``disc``: 1 within 4 pixels, -1 elsewhere (PG2, DPIG); ``skeleton``: an RGB picture of -1 to 1 (PN-GAN).
    """

    GAUSSIAN = "gaussian"
    POINT = "point"
    DISC = "disc"
    SKELETON = "skeleton"


def seen_joints(keypoints: Float[Tensor, "*batch 18 2"]) -> Bool[Tensor, "*batch 18"]:
    """Which joints are there."""
    return (keypoints >= 0).all(-1)


def pose_maps(keypoints: Keypoints, size: Size, kind: MapKind | str) -> Float[Tensor, "batch maps height width"]:
    """Maps of poses: one for each joint, or the three colours of a skeleton picture.

    Args:
        keypoints: row and column, pixels; -1 where missing.
        size: height and width.
        kind: see `MapKind`.
    """
    kind = _known(kind)
    if kind is MapKind.SKELETON:
        return _skeleton(keypoints, size)
    seen = seen_joints(keypoints)[..., None, None]
    if kind is MapKind.GAUSSIAN:
        return gaussian_heatmaps(keypoints.flip(-1) + 0.5, size, SIGMA) * seen
    far = squared_distance(keypoints, size)
    if kind is MapKind.POINT:
        return ((far == 0) & seen).to(keypoints)
    return 2 * ((far <= DISC**2) & seen).to(keypoints) - 1


def mirrored_keypoints(keypoints: Keypoints, width: int, *, exchanged: bool = True) -> Keypoints:
    """Keypoints in the mirrored picture.

    Args:
        keypoints: row and column, pixels; -1 where missing.
        width: of the picture.
        exchanged: left joints become right ones. The published training loaders leave them as they are.
    """
    there = seen_joints(keypoints)[..., None]
    flipped = torch.stack([keypoints[..., 0], width - 1 - keypoints[..., 1]], dim=-1)
    flipped = torch.where(there, flipped, torch.full_like(flipped, MISSING))
    return flipped[..., list(SIDES), :] if exchanged else flipped


def squared_distance(points: Float[Tensor, "*batch 2"], size: Size) -> Float[Tensor, "*batch height width"]:
    """Of every pixel from each point, squared pixels."""
    y, x = (torch.arange(side, dtype=points.dtype, device=points.device) for side in size)
    return (y[:, None] - points[..., 0, None, None]) ** 2 + (x - points[..., 1, None, None]) ** 2


@cache
def _colours() -> Float[Tensor, "18 3"]:
    """The hue circle from red on in 18 steps."""
    colours = []
    for joint in range(JOINTS):
        part, rest = divmod(joint * _HUE_STEP, _FULL_HUE)
        up, down = rest, _FULL_HUE - rest
        colours.append(
            (
                (_FULL_HUE, up, 0),
                (down, _FULL_HUE, 0),
                (0, _FULL_HUE, up),
                (0, down, _FULL_HUE),
                (up, 0, _FULL_HUE),
                (_FULL_HUE, 0, down),
            )[part]
        )
    return torch.tensor(colours, dtype=torch.float32) / _FULL_HUE


def _skeleton(keypoints: Keypoints, size: Size) -> Tensor:
    """Limbs as lines in their second joint's colour on black, joints as discs in their own."""
    wide = _LINE * size[0] / _LINE_HEIGHT
    seen = seen_joints(keypoints)
    canvas = keypoints.new_zeros(len(keypoints), 3, *size)
    colours = _colours().to(keypoints)
    for start, end in LIMBS:
        there = (seen[:, start] & seen[:, end])[:, None, None]
        near = (_distance_to_line(keypoints[:, start], keypoints[:, end], size) <= wide) & there
        canvas = torch.where(near[:, None], colours[end][:, None, None], canvas)
    far = squared_distance(keypoints, size)
    for joint in range(JOINTS):
        near = (far[:, joint] <= (2 * wide) ** 2) & seen[:, joint, None, None]
        canvas = torch.where(near[:, None], colours[joint][:, None, None], canvas)
    return 2 * canvas - 1


def _distance_to_line(start: Tensor, end: Tensor, size: Size) -> Tensor:
    y, x = (torch.arange(side, dtype=start.dtype, device=start.device) for side in size)
    pixels = torch.stack(torch.meshgrid(y, x, indexing="ij"), dim=-1)
    way = (end - start)[:, None, None]
    along = ((pixels - start[:, None, None]) * way).sum(-1) / (way * way).sum(-1).clamp(min=1e-6)
    nearest = start[:, None, None] + along.clamp(0, 1)[..., None] * way
    return (pixels - nearest).norm(dim=-1)


def _known(kind: MapKind | str) -> MapKind:
    try:
        return MapKind(kind)
    except ValueError:
        known = ", ".join(one.value for one in MapKind)
        raise PoseloomError(f"maps: {kind!r} is unknown, expected one of {known}") from None
