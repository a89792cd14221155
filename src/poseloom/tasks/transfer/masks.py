"""Masks of people by their keypoints: those of the training losses, and that of the masked measures.

Equal to the originals' pixel for pixel. Keypoints as in `poseloom.tasks.transfer.maps`.
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from poseloom.tasks.transfer.maps import JOINTS, LIMBS, Keypoints, Size, squared_distance

PUBLISHED_LIMBS = (*LIMBS[:-2], (1, 16), (1, 17), (8, 11), (11, 5), (8, 2), (16, 17))
"""Those of PG2's own masks: with the trunk's sides, without the lines from shoulders to ears."""
_RADIUS = 4.0
"""Half the width of limbs and radius of joints in the mask of the measures, pixels."""
_SAME_PLACE = 1e-12


def training_mask(keypoints: Keypoints, size: Size) -> Float[Tensor, "batch 1 height width"]:
    """1 where the person is, by discs of radius 6 at joints and along limbs, closed with 9 x 9 pixels: the port's."""
    return _mask(keypoints, size, LIMBS, step=6.0, radius=6.0, strict=True, closing=9, whole=False)


def published_mask(keypoints: Keypoints, size: Size, radius: float = 4.0) -> Float[Tensor, "batch 1 height width"]:
    """PG2's own mask: discs of radius 4 on limbs and their ends, closed with 5 x 5 pixels; DPIG takes radius 7."""
    return _mask(keypoints, size, PUBLISHED_LIMBS, step=radius, radius=radius, strict=False, closing=None, whole=True)


def evaluation_mask(keypoints: Keypoints, size: Size) -> Float[Tensor, "batch 1 height width"]:
    """1 where the person is, as mask-SSIM counts it: rectangles along limbs, discs at joints, closed with 5 x 5 pixels.

    Of the script that Deform (Siarohin et al., CVPR 2018), PATN and its successors share; not PG2's own mask.
    """
    rows = []
    for points in keypoints.double():
        seen = (points >= 0).all(-1)
        mask = ((squared_distance(points, size) < _RADIUS**2) & seen[:, None, None]).any(0)
        for start, end in PUBLISHED_LIMBS:
            if seen[start] and seen[end] and not torch.equal(points[start], points[end]):
                _fill(mask, _rectangle(points[start], points[end]))
        rows.append(mask)
    return closed(torch.stack(rows)[:, None].to(keypoints), 5)


def _rectangle(start: Tensor, end: Tensor) -> Float[Tensor, "4 2"]:
    way = start - end
    across = torch.stack([-way[1], way[0]])
    across = _RADIUS * across / across.norm()
    return torch.stack([start + across, start - across, end - across, end + across])


def _fill(mask: Bool[Tensor, "height width"], corners: Float[Tensor, "corners 2"]) -> None:
    """Set the pixels in a polygon."""
    low, high = corners.amin(0).floor().clamp(min=0).long().tolist(), corners.amax(0).ceil().long().tolist()
    part = mask[low[0] : max(high[0] + 1, 0), low[1] : max(high[1] + 1, 0)]
    if part.numel():
        part |= _inside(corners - corners.new_tensor(low), (part.shape[0], part.shape[1]))


def _inside(corners: Float[Tensor, "corners 2"], size: Size) -> Bool[Tensor, "height width"]:
    """Pixels in a polygon or on its edge, by the crossings of rays to both sides (O'Rourke, as scikit-image has it)."""
    y, x = (torch.arange(side, dtype=corners.dtype, device=corners.device) for side in size)
    right = torch.zeros(size, dtype=torch.long, device=corners.device)
    left, corner = torch.zeros_like(right), torch.zeros_like(right, dtype=torch.bool)
    before_y, before_x = corners[-1, 0] - y[:, None], corners[-1, 1] - x
    for place in corners:
        here_y, here_x = place[0] - y[:, None], place[1] - x
        corner |= (here_x.abs() < _SAME_PLACE) & (here_y.abs() < _SAME_PLACE)
        crossing = (here_x * before_y - before_x * here_y) / (before_y - here_y)
        right += ((here_y > 0) != (before_y > 0)) & (crossing > 0)
        left += ((here_y < 0) != (before_y < 0)) & (crossing < 0)
        before_y, before_x = here_y, here_x
    return corner | (right % 2 != left % 2) | (right % 2 == 1)


def _mask(
    keypoints: Keypoints,
    size: Size,
    limbs: tuple[tuple[int, int], ...],
    *,
    step: float,
    radius: float,
    strict: bool,
    closing: int | None,
    whole: bool,
) -> Tensor:
    rows = []
    for points in keypoints:
        drawn = _points_along(points.double(), limbs, step, whole)
        far = squared_distance(drawn, size)
        inside = far < radius**2 if strict else far <= radius**2
        rows.append(inside.any(0) if len(drawn) else torch.zeros(size, dtype=torch.bool, device=keypoints.device))
    mask = torch.stack(rows)[:, None].to(keypoints)
    return closed(mask, closing or 5)


def _points_along(points: Tensor, limbs: tuple[tuple[int, int], ...], step: float, whole: bool) -> Tensor:
    """Joints and the points between those of limbs; `whole` has only joints of limbs, and whole pixels."""
    seen = (points >= 0).all(-1).tolist()
    found: list[Tensor] = [] if whole else [points[[number for number in range(JOINTS) if seen[number]]]]
    for start, end in limbs:
        if not (seen[start] and seen[end]):
            continue
        first, last = points[start], points[end]
        count = max(int(float((last - first).norm()) / step), 1)
        steps = torch.arange(1, count, dtype=points.dtype, device=points.device)[:, None] / count
        between = first + steps * (last - first)
        # in single precision, so that 2.99999999 is 3
        found += [torch.cat([first[None], between, last[None]]).float().trunc().double()] if whole else [between]
    return torch.cat(found) if found else points[:0]


def closed(mask: Float[Tensor, "batch 1 height width"], side: int) -> Float[Tensor, "batch 1 height width"]:
    """Dilation, then erosion with a square, the border mirrored with its outermost pixels doubled."""
    for sign in (1.0, -1.0):
        mask = sign * functional.max_pool2d(_bordered(sign * mask, side // 2), side, stride=1)
    return mask


def _bordered(mask: Tensor, width: int) -> Tensor:
    mask = torch.cat([mask[..., :width, :].flip(-2), mask, mask[..., -width:, :].flip(-2)], dim=-2)
    return torch.cat([mask[..., :width].flip(-1), mask, mask[..., -width:].flip(-1)], dim=-1)
