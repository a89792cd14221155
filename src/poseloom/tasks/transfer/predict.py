"""A person's picture in another pose, by a generator: cut to its frame, made, and set back into the photo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from poseloom.base.errors import FileError, PoseloomError
from poseloom.images.crop import Size, cut_out, inverse, transformed
from poseloom.results.transferred import Transferred
from poseloom.tasks.common.published_models import build_with_weights, check_weights
from poseloom.tasks.transfer.frames import Frame, frame_matrix, framed_keypoints, framed_picture, hide_outside
from poseloom.tasks.transfer.learning import CONFIG, GENERATOR
from poseloom.tasks.transfer.maps import seen_joints
from poseloom.tasks.transfer.masks import training_mask
from poseloom.tasks.transfer.models.choice import generator_of
from poseloom.tasks.transfer.models.inputs import FINAL, TransferInputs
from poseloom.tasks.transfer.models.limb_warp import limb_warp
from poseloom.tasks.transfer.models.warped import WarpedGenerator
from poseloom.training.export import ModelCard, read_model

FEWEST_JOINTS = 6
"""Joints of a person that must be seen, in the photo and in the target; with fewer nobody could tell the pose."""
_EDGE = 0.06
"""Share of the frame's sides over which the made picture fades into the photo."""
_USUAL: Size = (128, 64)
_MOST_LARGER = 10
"""Largest picture that is put together, times the generator's own size."""


class PersonTransfer:
    """A trained generator.

    Args:
        module: in evaluation mode.
        card: what is known of it.
    """

    task = "transfer"

    def __init__(self, module: Any, card: ModelCard):
        self.module, self.card = module, card
        self.size = _size_of(module, card)
        self.frame: Frame = "person"

    def other_size(self, size: Size) -> Size:
        """Height and width of pictures that the generator shall make, if it can.

        Raises:
            PoseloomError: its layers have a fixed size.
        """
        if size != self.size and _fixed_size(self.module) is not None:
            own = f"{self.size[1]} x {self.size[0]}"
            raise PoseloomError(
                f"this generator makes pictures of {own} pixels alone, not of {size[1]} x {size[0]}; name another one"
            )
        return size

    @torch.no_grad()
    def transfer(
        self,
        photo: Float[Tensor, "3 height width"],
        keypoints: Float[Tensor, "18 2"],
        target: Float[Tensor, "18 2"],
        *,
        notes: tuple[str, ...] = (),
    ) -> Transferred:
        """The person of a photo in another pose.

        Args:
            photo: 0 to 1.
            keypoints: row and column of the person's joints, OpenPose's 18; -1 where missing.
            target: where the joints shall be, in pixels of the same photo.
            notes: for the user.

        Raises:
            PoseloomError: too few joints in either pose.
        """
        check_joints(keypoints, "the photo")
        check_joints(target, "the target pose")
        matrix = self._matrix(photo, keypoints, target)
        made, matrix = self._made(photo, keypoints, target, matrix)
        whole, box = set_back(photo, made, matrix)
        return Transferred(photo, whole, made, keypoints, target, box, "model", notes=notes)

    def _made(
        self,
        photo: Float[Tensor, "3 height width"],
        keypoints: Float[Tensor, "18 2"],
        target: Float[Tensor, "18 2"],
        matrix: Float[Tensor, "2 3"],
    ) -> tuple[Float[Tensor, "3 rows columns"], Float[Tensor, "2 3"]]:
        """The picture of 0 to 1 and the frame that it is in.

        A generator that says where colours come from takes them from the photo itself, not from its small picture.
        """
        small = self.inputs(photo, keypoints, target, matrix)
        if not isinstance(self.module, WarpedGenerator):
            return (self.module.generate(small)[FINAL][0].clamp(-1, 1) + 1) / 2, matrix
        larger = min(max(1, round(1 / float(matrix[0, 0].abs().clamp(min=1e-6)))), _MOST_LARGER)
        own = self.inputs(photo, keypoints, target, matrix * larger, larger)
        places = limb_warp(own.source_keypoints, own.target_keypoints, own.size).places
        made = self.module.layers(small).over(own.source, places)[0]
        return (made.clamp(-1, 1) + 1) / 2, matrix * larger

    def inputs(
        self,
        photo: Float[Tensor, "3 height width"],
        keypoints: Float[Tensor, "18 2"],
        target: Float[Tensor, "18 2"],
        matrix: Float[Tensor, "2 3"],
        larger: int = 1,
    ) -> TransferInputs:
        """What the generator sees of a photo, or the same so many times as large."""
        size = (self.size[0] * larger, self.size[1] * larger)
        framed = framed_picture(photo, matrix, size)[None] * 2 - 1
        points = [hide_outside(framed_keypoints(one, matrix), size)[None] for one in (keypoints, target)]
        return TransferInputs(framed, *points)

    def _matrix(self, photo: Tensor, keypoints: Tensor, target: Tensor) -> Float[Tensor, "2 3"]:
        """The frame that holds the person in both poses; the photo as it is where it has the generator's size."""
        size = (photo.shape[-2], photo.shape[-1])
        if size == self.size:
            return torch.eye(2, 3)
        both = torch.cat([keypoints, target])
        return frame_matrix(size, self.size, self.frame, both)


def check_joints(keypoints: Float[Tensor, "18 2"], whose: str) -> None:
    """Refuse poses of which too little is known.

    Raises:
        PoseloomError: fewer than six joints.
    """
    count = int(seen_joints(keypoints).sum())
    if count < FEWEST_JOINTS:
        remedy = "take a picture in which more of the person is seen"
        raise PoseloomError(f"{whose}: {count} joints are seen, at least {FEWEST_JOINTS} are needed; {remedy}")


def set_back(
    photo: Float[Tensor, "3 height width"], made: Float[Tensor, "3 rows columns"], matrix: Float[Tensor, "2 3"]
) -> tuple[Float[Tensor, "3 height width"], Float[Tensor, "4"]]:
    """A made picture at its place in the photo, its edge faded, and the box of that place (x, y, width, height)."""
    size, own = (photo.shape[-2], photo.shape[-1]), (made.shape[-2], made.shape[-1])
    back = inverse(matrix)
    corners = transformed(back, torch.tensor([[0.0, 0.0], [float(own[1]), float(own[0])]]))
    box = torch.cat([corners[0], corners[1] - corners[0]])
    if torch.equal(matrix, torch.eye(2, 3)) and size == own:
        return made, box
    large, share = cut_out(made, back, size, outside="edge"), cut_out(_faded(own), back, size)
    return photo * (1 - share) + large * share, box


def _faded(size: Size) -> Float[Tensor, "1 height width"]:
    """1 within, falling to 0 at the border."""
    sides = []
    for side in size:
        place = (torch.arange(side) + 0.5) / side
        sides.append((torch.minimum(place, 1 - place) / _EDGE).clamp(0, 1))
    return (sides[0][:, None] * sides[1])[None]


def person_part(keypoints: Float[Tensor, "18 2"], size: Size) -> Float[Tensor, "1 height width"]:
    """1 where a person is by its joints."""
    return training_mask(keypoints[None], size)[0]


def open_model(path: str | Path) -> PersonTransfer:
    """The generator of exported weights.

    Raises:
        FileError: they are of another task or generator, or damaged.
    """
    card, weights = read_model(path, "transfer")
    try:
        build = generator_of(str(card.extras.get(GENERATOR)), card.extras.get(CONFIG))
        check_weights(lambda _: build(), None, weights)
    except PoseloomError as error:
        raise FileError(path, str(error), remedy="expected a generator that poseloom exported or imported") from None
    module: nn.Module = build_with_weights(lambda _: build(), None, weights)
    return PersonTransfer(module.requires_grad_(False), card)


def _size_of(module: Any, card: ModelCard) -> Size:
    """Height and width of the pictures that a generator makes."""
    fixed = _fixed_size(module)
    if fixed is not None:
        return fixed
    sizes = [card.extras.get(name) for name in ("height", "width")]
    height, width = (one if isinstance(one, int) else usual for one, usual in zip(sizes, _USUAL, strict=True))
    return height, width


def _fixed_size(module: Any) -> Size | None:
    """Of a generator whose layers know no other; None for one that is convolutional throughout."""
    config: Any = module.config
    parts: list[Any] = [config, getattr(config, "coarse", None)]
    return next(((one.height, one.width) for one in parts if hasattr(one, "height")), None)
