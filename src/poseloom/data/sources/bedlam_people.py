"""Which people of BEDLAM's pictures are taken: boxes, what hides them, how much of them is seen; and their crops."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.pose.joints import BODY_JOINTS

CROP_WIDTH, CROP_HEIGHT = 192, 256
LEAST_JOINTS = 3
"""Body joints that must be in the frame for a person to count as in the picture at all."""


@dataclass(frozen=True)
class PeopleRules:
    """Bounds of ``overlap30_res224_j16_sf11``, the people of BEDLAM-Script.

    Args:
        overlap: largest share of a person's box that the box of someone nearer to the camera may cover.
        joints: least number of body joints inside the picture.
        pixels: the longest side of the scaled box must be more than that.
        scale: each side of the box is moved out by (scale - 1) / 2 of its diagonal.
    """

    overlap: float = 0.3
    joints: int = 16
    pixels: int = 224
    scale: float = 1.1

    def __post_init__(self) -> None:
        if not 0 <= self.overlap <= 1:
            raise PoseloomError(f"overlap: expected a share from 0 to 1, got {self.overlap}")
        if not 0 <= self.joints <= BODY_JOINTS:
            raise PoseloomError(f"joints: expected a number from 0 to {BODY_JOINTS}, got {self.joints}")
        if self.pixels < 0 or not self.scale >= 1:
            raise PoseloomError(
                f"pixels and scale: expected 0 or more and 1 or more, got {self.pixels} and {self.scale}"
            )

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class People:
    """People as pictures show them, upright; those of one picture stand together.

    Args:
        image: number of the picture.
        joints: 22 body joints in pixels.
        box: left, top, right, bottom of the surface, pixels.
        depth: metres from the camera to the pelvis, along its axis.
    """

    image: Int[Tensor, " people"]
    joints: Float[Tensor, "people 22 2"]
    box: Float[Tensor, "people 4"]
    depth: Float[Tensor, " people"]
    frame: tuple[int, int]

    def __getitem__(self, keep: Tensor) -> People:
        return People(self.image[keep], self.joints[keep], self.box[keep], self.depth[keep], self.frame)


def tight_boxes(pixels: Float[Tensor, "people points 2"], frame: tuple[int, int]) -> Float[Tensor, "people 4"]:
    """Box of the points on this side of the right and lower borders; NaN where there are none.

    Only these two borders are looked at, as in the original: a box may begin left of the picture or above it.
    """
    inside = (pixels[..., 0] < frame[0]) & (pixels[..., 1] < frame[1])  # NaN is not
    low = torch.where(inside[..., None], pixels, torch.inf).amin(-2)
    high = torch.where(inside[..., None], pixels, -torch.inf).amax(-2)
    box = torch.cat([low, high], dim=-1)
    empty = ~((box[:, 2] > box[:, 0]) & (box[:, 3] > box[:, 1]))
    return box.masked_fill(empty[:, None], torch.nan)


def seen_joints(people: People) -> Bool[Tensor, "people 22"]:
    """Which body joints lie strictly inside the picture."""
    x, y = people.joints.unbind(-1)
    return (x > 0) & (y > 0) & (x < people.frame[0]) & (y < people.frame[1])


def in_picture(people: People) -> Bool[Tensor, " people"]:
    """Step 1: in front of the camera, at least three joints seen, a box that is not empty."""
    return (people.depth > 0) & (seen_joints(people).sum(-1) >= LEAST_JOINTS) & ~people.box.isnan().any(-1)


def covered_shares(people: People) -> Float[Tensor, " people"]:
    """The largest share of each person's box that lies in the box of someone nearer in the same picture."""
    area = _area(people.box)
    share = torch.zeros_like(people.depth)
    count = len(people.image)
    most = int(torch.unique_consecutive(people.image, return_counts=True)[1].max()) if count else 0
    for apart in range(1, most):
        first, second = torch.arange(count - apart), torch.arange(apart, count)
        same = people.image[first] == people.image[second]
        first, second = first[same], second[same]
        a, b = people.box[first], people.box[second]
        both = torch.cat([torch.maximum(a[:, :2], b[:, :2]), torch.minimum(a[:, 2:], b[:, 2:])], dim=-1)
        shared = torch.where((both[:, 2:] > both[:, :2]).all(-1), _area(both), 0)
        farther = torch.where(people.depth[first] > people.depth[second], first, second)
        share[farther] = torch.maximum(share[farther], shared / area[farther])
    return share


def _area(box: Float[Tensor, "people 4"]) -> Float[Tensor, " people"]:
    return (box[:, 2] - box[:, 0]) * (box[:, 3] - box[:, 1])


def scaled_boxes(people: People, scale: float) -> Int[Tensor, "people 4"]:
    """Boxes with their sides moved out, cut to whole pixels and to the picture."""
    low, high = people.box[:, :2], people.box[:, 2:]
    out = (scale - 1) / 2 * (high - low).norm(dim=-1, keepdim=True)
    frame = torch.tensor(people.frame)
    edges = [(low - out).trunc().long(), (high + out).trunc().long()]
    return torch.cat([edge.clamp_min(0).minimum(frame) for edge in edges], dim=-1)


def visible_people(people: People, rules: PeopleRules) -> Bool[Tensor, " people"]:
    """Step 3: who is neither hidden, nor cut off, nor too small."""
    box = scaled_boxes(people, rules.scale)
    longest = (box[:, 2:] - box[:, :2]).amax(-1)
    enough = seen_joints(people).sum(-1) >= rules.joints
    return (covered_shares(people) <= rules.overlap) & enough & (longest > rules.pixels)


def crop_matrices(box: Int[Tensor, "people 4"]) -> Float[Tensor, "people 2 3"]:
    """From pixels of the upright picture to those of the crop of 192 x 256.

    The box is padded on both sides alike (whole pixels) to the crop's shape, then scaled to its size.
    """
    low = box[:, :2].float()
    size = (box[:, 2:] - box[:, :2]).float().clamp_min(1)
    crop = torch.tensor([CROP_WIDTH, CROP_HEIGHT], dtype=torch.float32)
    ratio = crop / size
    wanted = crop / ratio.amin(-1, keepdim=True)
    pad = ((wanted - size) / 2).trunc().clamp_min(0)
    scale = crop / (size + 2 * pad)
    return torch.cat([torch.diag_embed(scale), ((pad - low) * scale)[..., None]], dim=-1)
