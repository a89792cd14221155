"""What poseloom's small network reads: maps within the photo reader's body network, which it ships already.

The maps are known by their numbers in the list of operators of ``mediapipe_pose_landmark_full``; where they are asked
for, the person's mask is not computed, which is the dearest part of that network.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from poseloom.base.errors import FileError
from poseloom.images.roi import Roi, crops
from poseloom.nn.image.graph import OperatorGraph, read_graph
from poseloom.tasks.keypoints.body import BodyPoints, points_of
from poseloom.tasks.lifting.frame import SeenPeople
from poseloom.tasks.mesh_recovery.networks.small import DEEP, DEEP_SIDE, FINE, Maps

TRUNK = "mediapipe_pose_landmark_full.safetensors"
_DEEP, _FINE = 300, 279
"""Numbers of the maps in the trunk's list: 8 x 8 before the landmarks, 64 x 64 before the heat maps."""
_MASK = 2
"""Place of the mask among the outputs."""


@lru_cache(maxsize=1)
def shipped_trunk() -> OperatorGraph:
    """The body network that lies in the package, opened once.

    Raises:
        FileError: it is missing, damaged, or has not these maps.
    """
    path = Path(str(files("poseloom"))) / "checkpoints" / "weights" / TRUNK
    trunk = read_graph(path)
    shapes = {row["output"]: row.get("shape") for row in trunk.operators}
    if shapes.get(_DEEP) != [8, 8, DEEP] or shapes.get(_FINE) != [64, 64, FINE]:
        raise FileError(path, "has not the maps that the small network reads", remedy="install poseloom again")
    return trunk.to(memory_format=torch.channels_last)


@torch.inference_mode()
def read_maps(trunk: OperatorGraph, picture: Float[Tensor, "3 height width"], people: SeenPeople) -> Maps:
    """The maps of people whose landmarks in a picture are known."""
    deep, fine = trunk.values(_crops(trunk, picture, people.roi), (_DEEP, _FINE))
    return _maps(deep, fine, people)


@torch.inference_mode()
def look_and_read(
    trunk: OperatorGraph,
    picture: Float[Tensor, "3 height width"],
    roi: Roi,
    focal: Float[Tensor, " people"],
    centre: Float[Tensor, "people 2"],
) -> tuple[BodyPoints, SeenPeople, Maps]:
    """The landmarks in regions of a picture, and the maps, in one pass.

    Args:
        trunk: as `shipped_trunk` opens it.
        picture: RGB in [0, 1].
        roi: of each person.
        focal: of the picture's lens, pixels.
        centre: its principal point, pixels.
    """
    outputs = [place for number, place in enumerate(trunk.outputs) if number != _MASK]
    rows, score, heat, world, deep, fine = trunk.values(_crops(trunk, picture, roi), (*outputs, _DEEP, _FINE))
    body = points_of((rows, score, torch.zeros(len(rows), 0, 0, 1), heat, world), roi, trunk.input_size[0])
    size = torch.tensor([float(picture.shape[-1]), float(picture.shape[-2])]).expand(len(rows), 2)
    people = SeenPeople(body.points, body.world, body.visibility, roi, size, focal, centre)
    return body, people, _maps(deep, fine, people)


def _crops(trunk: OperatorGraph, picture: Tensor, roi: Roi) -> Tensor:
    return crops(picture, roi, trunk.input_size[0]).contiguous(memory_format=torch.channels_last)


def _maps(deep: Tensor, fine: Tensor, people: SeenPeople) -> Maps:
    """Of maps whose channels are last."""
    grid = 2 * people.roi.to_crop(people.points[..., :2]) - 1
    fine = fine.permute(0, 3, 1, 2)
    at_points = functional.grid_sample(fine, grid[:, :, None], padding_mode="border", align_corners=False)
    quarters = functional.adaptive_avg_pool2d(deep.permute(0, 3, 1, 2), DEEP_SIDE)
    return Maps(quarters, at_points[..., 0].mT, people.numbers())
