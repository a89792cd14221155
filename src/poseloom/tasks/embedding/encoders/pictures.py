"""Frozen encoders of pictures: landmarks of the shipped networks, and SMPLer-X's ViT from the user's file."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import FileError, PoseloomError
from poseloom.data.sources.bedlam_people import crop_matrices
from poseloom.images.crop import cut_out
from poseloom.nn.image.backbones import load_backbone
from poseloom.nn.image.vit import PoseVit, VitSizes
from poseloom.pose.keypoints import names
from poseloom.pose.rotations import axis_to_rotmat
from poseloom.results.keypoints import BODY_CONVENTION
from poseloom.tasks.embedding.encoders.frozen import FrozenEncoder, PictureItem
from poseloom.tasks.keypoints.people import People
from poseloom.tasks.keypoints.predict import KeypointReader, NobodyFoundError, read_people
from poseloom.tasks.keypoints.sources import checked_boxes
from poseloom.training.feature_cache import weights_digest

_POINTS, _OF_A_POINT = 33, 10
_TRUNK = ("hip_extra", "shoulder")
"""Points by which a person's front is told."""
_CROP = (256, 192)
_SCALE = 1.1
"""Of BEDLAM's boxes: each side moves out by half of the rest times the diagonal."""
_STOCHASTIC_DEPTH = 0.3


class Landmarks(FrozenEncoder):
    """33 points of the body by the networks that poseloom ships: in the square about the person, in space as the camera
    sees them and turned to the front, and how surely each is seen.

    Args:
        weights: folder of the shipped networks.
    """

    name, modality = "landmarks", "image"
    width = _POINTS * _OF_A_POINT

    def __init__(self, weights: Path):
        self._weights = weights
        self.digest = landmarks_digest(weights, "landmarks 1")

    @cached_property
    def _reader(self) -> KeypointReader:
        return read_people(self._weights)

    def encode(self, items: Sequence[PictureItem]) -> list[Float[Tensor, "_tokens width"]]:
        return [self._one(item) for item in items]

    def _one(self, item: PictureItem) -> Float[Tensor, "tokens width"]:
        picture = item.pixels()
        boxes = None
        if item.box is not None:
            boxes = checked_boxes(torch.tensor([item.box]), (picture.shape[-1], picture.shape[-2]))
        try:
            with torch.no_grad():
                found = self._reader.people(picture, boxes, 1, False, False)
        except NobodyFoundError:
            return torch.zeros(0, self.width)
        return landmark_vectors(found)[:1]


def landmark_vectors(found: People) -> Float[Tensor, "people width"]:
    """What `Landmarks` tells of people."""
    body, side = found.body, found.roi.side[:, None, None]
    flat = (body.points[..., :2] - found.roi.centre[:, None]) / side
    deep = body.points[..., 2:] / side
    return points_as_numbers(flat, deep, body.world, body.visibility)


def points_as_numbers(
    flat: Float[Tensor, "people points 2"],
    deep: Float[Tensor, "people points 1"],
    world: Float[Tensor, "people points 3"],
    visibility: Float[Tensor, "people points"],
) -> Float[Tensor, "people numbers"]:
    """Ten numbers a point: in the square about the person, its depth, in space, in space turned to the front, seen.

    Args:
        flat: of the square's side, from its middle.
        deep: of the square's side.
        world: as the camera sees them, +Y up, of any unit.
        visibility: how surely each is seen.
    """
    order = names(BODY_CONVENTION)
    left, right = (world[:, [order.index(f"{side}_{one}") for one in _TRUNK]].sum(1) for side in ("left", "right"))
    across = left - right
    turn = torch.atan2(across[:, 2], across[:, 0])
    facing = world @ axis_to_rotmat(turn, "Y").mT
    return torch.cat([flat, deep, world, facing, visibility[..., None]], dim=-1).flatten(1)


class SmplerX(FrozenEncoder):
    """The ViT-B of SMPLer-X (Cai et al., NeurIPS 2023), as PoseEmbroider was released with: 192 tokens a crop.

    Args:
        weights: ``smpler_x_b32.pth.tar``, or another file with such a backbone.

    Raises:
        FileError: damaged, or of another backbone.
    """

    name, modality, width, at_once = "smplerx", "image", 768, 8

    def __init__(self, weights: str | Path):
        self.module = PoseVit(VitSizes(rest=_STOCHASTIC_DEPTH))
        lacking = load_backbone(self.module, weights)
        if lacking:
            raise FileError(weights, f"lacks {lacking[0]}", remedy="expected smpler_x_b32.pth.tar of SMPLer-X")
        self.module.requires_grad_(False).eval()
        self.digest = weights_digest(self.module, "smplerx crop 1.1")

    def encode(self, items: Sequence[PictureItem]) -> list[Float[Tensor, "_tokens width"]]:
        return self._in_evaluation(items)

    def prepare(self, items: Sequence[PictureItem]) -> tuple[Tensor, ...]:
        """Crops of 256 x 192 in [0, 1]."""
        return (torch.stack([person_crop(item) for item in items]),)

    def forward(self, *prepared: Tensor) -> Float[Tensor, "batch tokens width"]:
        assert self.module is not None
        return self.module(prepared[0]).flatten(2).mT


def person_crop(item: PictureItem) -> Float[Tensor, "3 256 192"]:
    """A person as BEDLAM's are cut out: the box enlarged, padded with black to 3:4.

    A picture without a box counts as one of the person alone.
    """
    picture = item.pixels()
    height, width = picture.shape[-2:]
    x, y, wide, high = item.box or (0.0, 0.0, float(width), float(height))
    if not (wide > 0 and high > 0):
        raise PoseloomError(f"{item.name}: the person's box has no extent; expected x, y, width, height in pixels")
    out = (_SCALE - 1) / 2 * (wide**2 + high**2) ** 0.5 if item.box else 0.0
    left, top = max(0, int(x - out)), max(0, int(y - out))
    right, bottom = min(width, int(x + wide + out)), min(height, int(y + high + out))
    matrix = crop_matrices(torch.tensor([[left, top, right, bottom]]))[0]
    inside = torch.zeros_like(picture)
    inside[:, top:bottom, left:right] = picture[:, top:bottom, left:right]
    return cut_out(inside, matrix, _CROP, shrink_first=True)


def landmarks_digest(folder: Path, setting: str) -> str:
    """Of the networks' files that landmarks are made by."""
    import hashlib

    digest = hashlib.sha256(setting.encode())
    for name in ("pose_detection", "pose_landmark_full"):
        digest.update((folder / f"mediapipe_{name}.safetensors").read_bytes())
    return digest.hexdigest()
