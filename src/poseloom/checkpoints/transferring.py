"""A photo as `poseloom.transfer` needs it: people with masks, and bodies, by the networks that poseloom ships."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from poseloom.checkpoints.people import keypoint_reader, pose_lifter
from poseloom.images.read import lens_of, read_picture
from poseloom.results.recovered import Recovered
from poseloom.tasks.keypoints.people import People, collected
from poseloom.tasks.keypoints.predict import NobodyFoundError
from poseloom.tasks.keypoints.sources import checked_boxes, checked_picture
from poseloom.tasks.mesh_recovery.predict import recover_bodies
from poseloom.tasks.transfer.photo import LARGEST_SIDE


def opened_photo(
    source: Any, box: Sequence[float] | None = None
) -> tuple[Float[Tensor, "3 height width"], People, Recovered]:
    """A photo, shrunk where it is large, the largest person in it, and their body.

    Raises:
        PoseloomError: nobody is found, a box outside the picture, no picture that can be read.
    """
    photo = source if isinstance(source, Tensor) else read_picture(source)
    checked_picture(photo)
    share = min(1.0, LARGEST_SIDE / max(photo.shape[-2:]))
    notes: tuple[str, ...] = ()
    if share < 1:
        size = [max(1, round(side * share)) for side in photo.shape[-2:]]
        notes = (f"the photo was shrunk from {photo.shape[-1]} x {photo.shape[-2]} to {size[1]} x {size[0]} pixels",)
        photo = functional.interpolate(photo[None], size=size, mode="area")[0]
    own = (photo.shape[-1], photo.shape[-2])
    given = None if box is None else checked_boxes([[side * share for side in box]], own)
    name = Path(source).name if isinstance(source, str | Path) else ""
    try:
        people = keypoint_reader().people(photo, given, 1)
    except NobodyFoundError as nobody:
        raise NobodyFoundError(f"{name}: {nobody}" if name else str(nobody)) from None
    found = collected([people], name, None, torch.zeros(1), notes)
    lens = None if isinstance(source, Tensor) else lens_of(source)
    return photo, people, recover_bodies(found, lens=lens, lifter=pose_lifter())
