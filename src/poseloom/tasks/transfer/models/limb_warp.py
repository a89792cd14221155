"""Where each pixel of a person in another pose lies in the source, by the joints of both poses alone.

Ten parts (head, trunk, eight limbs) move as stiff pieces: along a limb by its lengths, across by nothing, the trunk
also by how wide it is seen. Nothing is learned. Siarohin et al. (CVPR 2018) carry features along affine maps of parts
likewise.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

Keypoints = Float[Tensor, "batch 18 2"]

PARTS = 10
"""Head, trunk, right upper arm, right forearm, left ones, right thigh, right shin, left ones."""
_NOSE, _NECK, _R_SHOULDER, _L_SHOULDER, _R_HIP, _L_HIP = 0, 1, 2, 5, 8, 11
_FACE = (0, 14, 15, 16, 17)
_EARS = (16, 17)
_LIMBS = ((2, 3), (3, 4), (5, 6), (6, 7), (8, 9), (9, 10), (11, 12), (12, 13))
_OTHER_SIDE = (0, 1, 4, 5, 2, 3, 8, 9, 6, 7)
_RADII = (0.26, 0.30, 0.15, 0.12, 0.15, 0.12, 0.20, 0.15, 0.20, 0.15)
"""Half widths of the parts, of the trunk's length."""
_BEYOND = (0.45, 0.05, 0.0, 0.45, 0.0, 0.45, 0.0, 0.22, 0.0, 0.22)
"""By how much of its length a part goes on behind its end: skull, hands and feet have no joints."""
_TO_TRUNK = {(2, 3): 1.75, (5, 6): 1.75, (8, 9): 1.2, (11, 12): 1.2, (9, 10): 1.2, (12, 13): 1.2, (2, 5): 1.3}
"""How many times the trunk's length is that of a limb."""
_HEAD = 0.38
"""From neck to the middle of the head, of the trunk's length, where no joint of the face is there."""
_SHORTEST, _THINNEST = 0.12, 0.28
"""A limb seen from its end, a trunk from its side: least length and width, of the trunk's length."""
_TURNED = 0.05
"""Least distance of nose and ears that tells where a face looks, of the trunk's length."""
_REACH = 1.4
"""Pixels further from all parts, in half widths, keep their place."""
_SMALL = 1e-4


@dataclass(frozen=True, eq=False)
class LimbWarp:
    """What the joints of two poses tell of each pixel.

    Args:
        places: where in the source its colour lies, x and y from -1 to 1 (`grid_sample` without aligned corners).
        parts: how near each part of the target is, 1 on its axis, falling to 0.
        own: the same of whatever is nearest in the source.
        found: the part that lies at this pixel is also what the source shows at its place.
        facing: signed widths of the source's and the target's trunk, of its length: negative from behind.
    """

    places: Float[Tensor, "batch height width 2"]
    parts: Float[Tensor, "batch 10 height width"]
    own: Float[Tensor, "batch 1 height width"]
    found: Float[Tensor, "batch 1 height width"]
    facing: Float[Tensor, "batch 2"]


@dataclass(frozen=True, eq=False)
class _Axes:
    """The parts of a pose: where each starts and ends, x before y, how wide it is seen, and which are there."""

    start: Float[Tensor, "batch 10 2"]
    along: Float[Tensor, "batch 10 2"]
    length: Float[Tensor, "batch 10"]
    width: Float[Tensor, "batch 10"]
    there: Bool[Tensor, "batch 10"]

    @property
    def across(self) -> Float[Tensor, "batch 10 2"]:
        return torch.stack([-self.along[..., 1], self.along[..., 0]], dim=-1)

    def exchanged(self, lacking: Bool[Tensor, "batch 10"]) -> _Axes:
        """With the other side's parts where these are lacking."""
        order = list(_OTHER_SIDE)
        pick = lacking & self.there[:, order]
        pairs = ((self.start, 1), (self.along, 1), (self.length, 0), (self.width, 0))
        start, along, length, width = (
            torch.where(pick[..., None] if deep else pick, one[:, order], one) for one, deep in pairs
        )
        return _Axes(start, along, length, width, self.there | pick)


def limb_warp(source: Keypoints, target: Keypoints, size: tuple[int, int]) -> LimbWarp:
    """Carry pixels with the limbs.

    Args:
        source, target: OpenPose's 18 joints, row and column in pixels of one frame; -1 where missing.
        size: height and width of the frame.
    """
    scale = torch.maximum(_scale(source, size), _scale(target, size))
    before, after = _axes(source, scale), _axes(target, scale)
    before = before.exchanged(~before.there)
    pixels = _pixels(size, source)
    from_axis, along, across = _distances(after, scale, pixels)
    nearest = from_axis.argmin(1, keepdim=True)
    places = _chosen(_carried(before, after, along, across), nearest)
    moved = _chosen(before.there[..., None, None, None].expand(*from_axis.shape, 1).to(pixels), nearest)[..., 0]
    inside = ((from_axis.amin(1) < _REACH) & (moved > 0.5))[..., None]
    half = pixels.new_tensor([size[1], size[0]]) / 2
    places = torch.where(inside, places, pixels) / half - 1
    shown = torch.exp(-_distances(before, scale, pixels)[0].square())
    mine = functional.grid_sample(shown, places, align_corners=False)
    found = mine.gather(1, nearest) / mine.amax(1, keepdim=True).clamp(min=_SMALL) * inside[..., 0][:, None]
    facing = torch.stack([before.width[:, 1], after.width[:, 1]], dim=-1) / scale[:, None]
    return LimbWarp(places, torch.exp(-from_axis.square()), shown.amax(1, keepdim=True), found, facing)


def _carried(before: _Axes, after: _Axes, along: Tensor, across: Tensor) -> Float[Tensor, "batch 10 height width 2"]:
    """Where each part would take every pixel from."""
    longer = (before.length / after.length)[..., None, None]
    wider = (before.width / after.width)[..., None, None]
    one, two = before.along[:, :, None, None], before.across[:, :, None, None]
    return before.start[:, :, None, None] + (along * longer)[..., None] * one + (across * wider)[..., None] * two


def _distances(axes: _Axes, scale: Tensor, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Of every pixel from each part in half widths (far where the part is missing); along and across it in pixels."""
    away = pixels - axes.start[:, :, None, None]
    along = (away * axes.along[:, :, None, None]).sum(-1)
    across = (away * axes.across[:, :, None, None]).sum(-1)
    length = axes.length[..., None, None]
    beyond = length.new_tensor(_BEYOND)[:, None, None]
    radius = (scale[:, None] * scale.new_tensor(_RADII))[..., None, None]
    radius = torch.cat(
        [radius[:, :1], axes.width[:, 1:2, None, None].abs() * 0.5 + 0.04 * scale[:, None, None, None], radius[:, 2:]],
        1,
    )
    outside = (along - along.clamp(min=0).minimum(length * (1 + beyond))) / radius.clamp(
        max=scale[:, None, None, None] * 0.2
    )
    far = (outside.square() + (across / radius).square() + _SMALL).sqrt()
    return far + 1e3 * ~axes.there[..., None, None], along, across


def _axes(keypoints: Keypoints, scale: Tensor) -> _Axes:
    points, there = keypoints.flip(-1) + 0.5, (keypoints >= 0).all(-1)
    neck, neck_there = _mean(points, there, (_NECK,), (_R_SHOULDER, _L_SHOULDER))
    hips, hips_there = _mean(points, there, (_R_HIP, _L_HIP), (_R_HIP, _L_HIP))
    down = torch.where((neck_there & hips_there)[:, None], hips - neck, scale[:, None] * scale.new_tensor([0.0, 1.0]))
    face, face_there = _mean(points, there, _EARS, _FACE)
    head = torch.where(
        face_there[:, None], face, neck - down * (_HEAD * scale / down.norm(dim=-1).clamp(min=1.0))[:, None]
    )
    starts = [neck, neck, *(points[:, limb[0]] for limb in _LIMBS)]
    ends = [head, neck + down, *(points[:, limb[1]] for limb in _LIMBS)]
    known = [neck_there, neck_there, *(there[:, limb[0]] & there[:, limb[1]] for limb in _LIMBS)]
    start, end = torch.stack(starts, 1), torch.stack(ends, 1)
    length = (end - start).norm(dim=-1)
    along = torch.where(
        (length > 1.0)[..., None], (end - start) / length[..., None].clamp(min=_SMALL), start.new_tensor([0.0, 1.0])
    )
    width = scale[:, None].repeat(1, PARTS)
    width[:, 1] = _trunk_width(points, there, along[:, 1], scale)
    width[:, 0] = scale * _face_side(points, there, along[:, 0], face, scale)
    return _Axes(start, along, torch.maximum(length, _SHORTEST * scale[:, None]), width, torch.stack(known, 1))


def _mean(points: Tensor, there: Tensor, first: tuple[int, ...], second: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """The middle of the first joints if all are there, else of those of the second that are."""
    all_there = there[:, first].all(1)
    some = there[:, second].to(points)[..., None]
    other = (points[:, second] * some).sum(1) / some.sum(1).clamp(min=1)
    return torch.where(all_there[:, None], points[:, first].mean(1), other), all_there | (some.sum(1)[:, 0] > 0)


def _trunk_width(points: Tensor, there: Tensor, down: Tensor, scale: Tensor) -> Tensor:
    """From the right to the left side across the trunk, with its sign, and never thinner than a trunk is deep."""
    across = torch.stack([-down[:, 1], down[:, 0]], dim=-1)
    found, count = torch.zeros_like(scale), torch.zeros_like(scale)
    for right, left, part in ((_R_SHOULDER, _L_SHOULDER, 1.0), (_R_HIP, _L_HIP, 1.4)):
        known = (there[:, right] & there[:, left]).to(points)
        found = found + known * part * ((points[:, left] - points[:, right]) * across).sum(-1)
        count = count + known
    # across points to the picture's left where the trunk hangs down: somebody who faces the camera has a negative width
    width = -found / count.clamp(min=1)
    sign = torch.where(width < 0, -1.0, 1.0)
    return sign * width.abs().maximum(_THINNEST * scale)


def _face_side(points: Tensor, there: Tensor, up: Tensor, ears: Tensor, scale: Tensor) -> Tensor:
    """1 or -1: on which side of the head's axis the nose lies."""
    across = torch.stack([-up[:, 1], up[:, 0]], dim=-1)
    aside = ((points[:, _NOSE] - ears) * across).sum(-1) * there[:, _NOSE]
    return torch.where(aside > _TURNED * scale, -1.0, 1.0)


def _scale(keypoints: Keypoints, size: tuple[int, int]) -> Float[Tensor, " batch"]:
    """The trunk's length in pixels, by whatever is seen least foreshortened."""
    there = (keypoints >= 0).all(-1)
    hips = keypoints[:, (_R_HIP, _L_HIP)].mean(1)
    trunk = (keypoints[:, _NECK] - hips).norm(dim=-1) * (there[:, _NECK] & there[:, _R_HIP] & there[:, _L_HIP])
    found = [trunk, torch.full_like(trunk, 0.08 * size[0])]
    for (start, end), times in _TO_TRUNK.items():
        found.append((keypoints[:, start] - keypoints[:, end]).norm(dim=-1) * times * (there[:, start] & there[:, end]))
    return torch.stack(found, 1).amax(1)


def _pixels(size: tuple[int, int], like: Tensor) -> Float[Tensor, "height width 2"]:
    y, x = (torch.arange(side, dtype=like.dtype, device=like.device) + 0.5 for side in size)
    return torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1)


def _chosen(values: Float[Tensor, "batch 10 height width _n"], part: Tensor) -> Float[Tensor, "batch height width _n"]:
    """Of one part at each pixel."""
    index = part[..., None].expand(-1, -1, -1, -1, values.shape[-1])
    return values.gather(1, index)[:, 0]
