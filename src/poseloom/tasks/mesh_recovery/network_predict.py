"""What a user calls of a network of mesh recovery, trained here or imported: people in a picture -> bodies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from poseloom.base.errors import FileError, PoseloomError
from poseloom.images.crop import Region, cut_out
from poseloom.nn.image.folding import folded
from poseloom.pose.rotations import rotmat_to_rotvec
from poseloom.pose.types import Pose
from poseloom.pose.weak_perspective import translation_in_full_picture
from poseloom.tasks.common.configs import config_from_plain
from poseloom.tasks.mesh_recovery.mesh_rotations import rotations_of_mesh
from poseloom.tasks.mesh_recovery.networks.choice import HMR2, NetworkChoice, network_of_state
from poseloom.tasks.mesh_recovery.networks.outputs import BodyParameters, MeshAndParameters, MeshLevels
from poseloom.tasks.mesh_recovery.objectives.learner import BODY, NETWORK
from poseloom.training.export import ModelCard, read_model

ENLARGED = 1.25
"""Boxes of detectors are made larger by this much before they are cut out, as the networks' demonstrations do;
HMR 2.0's does not."""
_AT_ONCE = 32
_POSED = 22
_SMALLEST_SCALE = 1e-3
_SMPL_PELVIS = (0.0, -0.22, 0.03)
"""Metres: where the pelvis of an average SMPL body rests, about which it turns; its translation moves the origin."""


@dataclass(frozen=True, eq=False)
class SeenBodies:
    """The bodies of people in a picture.

    Args:
        rotations: of each joint beside its parent, the first before the camera; of a mesh alone those of its parts.
        betas: shape coefficients; None of a mesh alone.
        vertices: the mesh of networks that bend one, metres, about where they put it.
        weak: weak-perspective camera of the crops.
        squares: middle and side of the squares that were cut out, pixels.
        size: width and height of the picture.
        body: ``smpl`` or ``anny``.
        about_pelvis: joints are told about the pelvis, not about the body's own origin.
    """

    rotations: Float[Tensor, "people joints 3 3"]
    betas: Float[Tensor, "people coefficients"] | None
    vertices: Float[Tensor, "people vertices 3"] | None
    weak: Float[Tensor, "people 3"]
    squares: Float[Tensor, "people 3"]
    size: tuple[int, int]
    body: str
    about_pelvis: bool

    def __len__(self) -> int:
        return len(self.weak)

    def translation(self, focal: float) -> Float[Tensor, "people 3"]:
        """Where each body is before the camera of the whole picture, metres; x right, y down, z forward."""
        return translation_in_full_picture(self.weak, self.squares, (self.size[1], self.size[0]), focal)

    def pose(self, focal: float) -> Pose:
        """22 joints in the camera's axes turned upright: +Y up, +Z towards the camera, which is at the origin."""
        upright = torch.diag(torch.tensor([1.0, -1.0, -1.0]))
        local = self.rotations[:, :_POSED].clone()
        local[:, 0] = upright @ local[:, 0]
        place = self.translation(focal)
        if self.body == "smpl" and not self.about_pelvis:
            place = place + place.new_tensor(_SMPL_PELVIS)
        place = (upright @ place[..., None])[..., 0]
        return Pose(rotmat_to_rotvec(local), place, self.betas, self.body)


class BodyNetwork:
    """A network of mesh recovery, ready to be called.

    Args:
        network: in evaluation mode.
        choice: which it is.
        body: ``smpl`` or ``anny``.
        card: what is known of it; None of a network that is no file.
    """

    task = "mesh_recovery"

    def __init__(self, network: nn.Module, choice: NetworkChoice, body: str, card: ModelCard | None = None):
        self.choice, self.body, self.card = choice, body, card
        self.network = folded(network).to(memory_format=torch.channels_last)

    @property
    def algorithm(self) -> str:
        """Which of the algorithms it is."""
        return self.choice.algorithm

    def look(
        self,
        picture: Float[Tensor, "3 height width"],
        boxes: Sequence[Sequence[float]] | None = None,
        enlarged: float | None = None,
    ) -> SeenBodies:
        """The bodies of people.

        Args:
            picture: RGB in [0, 1].
            boxes: x, y, width and height of each person, pixels; the whole picture where none is given.
            enlarged: factor of the boxes; that of the network's authors if None.

        Raises:
            PoseloomError: a box without extent, or numbers that are not finite.
        """
        height, width = picture.shape[1:]
        whole = boxes is None
        rows = [[0.0, 0.0, width, height]] if boxes is None else [list(box) for box in boxes]
        given = torch.tensor(rows, dtype=torch.float32).reshape(-1, 4)
        check_boxes(given)
        squares = Region.of_box(given) if whole else self._squares(given, enlarged)
        if not len(given):
            raise PoseloomError("boxes: none is given; leave them out to look at the whole picture")
        found = [self._crops(picture, squares, part) for part in torch.arange(len(given)).split(_AT_ONCE)]
        parts = zip(*(self._parts(one) for one in found), strict=True)
        joined = [None if part[0] is None else torch.cat(part) for part in parts]
        rotations, betas, vertices, weak = joined
        assert weak is not None and rotations is not None
        weak = torch.cat([weak[:, :1].clamp_min(_SMALLEST_SCALE), weak[:, 1:]], dim=1)
        square = torch.cat([squares.centre, squares.extent[:, 1:]], dim=1)
        return SeenBodies(
            rotations, betas, vertices, weak, square, (width, height), self.body, vertices is not None and betas is None
        )

    def _squares(self, boxes: Float[Tensor, "people 4"], enlarged: float | None) -> Region:
        """What is cut out about people: squares by the longer sides of their boxes, for HMR 2.0 by its higher crop."""
        if self.choice.algorithm != HMR2:
            return Region.of_box(boxes, enlarged=ENLARGED if enlarged is None else enlarged)
        height, width = self.choice.size
        wider = boxes[:, 2] * height / width
        grown = torch.stack([boxes[:, 0] - (wider - boxes[:, 2]) / 2, boxes[:, 1], wider, boxes[:, 3]], dim=1)
        return Region.of_box(grown, enlarged=1.0 if enlarged is None else enlarged)

    def _parts(
        self, found: BodyParameters | MeshAndParameters | MeshLevels
    ) -> tuple[Tensor, Tensor | None, Tensor | None, Tensor]:
        """Rotations, shape, vertices, camera."""
        if isinstance(found, BodyParameters):
            return found.rotations, found.betas, None, found.weak
        if isinstance(found, MeshAndParameters):
            own = found.parameters
            return own.rotations, own.betas, found.vertices, own.weak
        mesh: Any = self.network.mesh
        return rotations_of_mesh(found.vertices, mesh.template, mesh.weights), None, found.vertices, found.weak

    @torch.inference_mode()
    def _crops(self, picture: Tensor, squares: Region, rows: Tensor) -> BodyParameters | MeshAndParameters | MeshLevels:
        height, width = self.choice.size
        extent = squares.extent[rows] * torch.tensor([width / height, 1.0])
        region = replace(squares, centre=squares.centre[rows], extent=extent, rotation=squares.rotation[rows])
        crops = cut_out(picture, region.matrix(self.choice.size), self.choice.size, rule="indices", shrink_first=True)
        found: BodyParameters | MeshAndParameters | MeshLevels = self.network(
            self.choice.normalisation.apply(crops).contiguous(memory_format=torch.channels_last)
        )
        return found


def check_boxes(boxes: Float[Tensor, "people 4"]) -> None:
    """Refuse boxes without extent, and numbers that are not finite.

    Raises:
        PoseloomError: with the first of them.
    """
    for number, box in enumerate(boxes.tolist()):
        if not all(abs(value) < float("inf") for value in box) or box[2] <= 0 or box[3] <= 0:
            told = ", ".join(f"{value:g}" for value in box)
            raise PoseloomError(f"box {number}: {told}: expected x, y and a width and height above 0, pixels")


def open_body_network(path: Path) -> BodyNetwork:
    """A network of exported or imported weights.

    Raises:
        FileError: damaged, or of something else.
    """
    card, weights = read_model(path, BodyNetwork.task)
    try:
        choice = config_from_plain(NetworkChoice, card.extras.get(NETWORK))
        network = network_of_state(choice, weights)
    except PoseloomError as error:
        raise FileError(path, str(error), remedy="export or import it again") from None
    return BodyNetwork(network, choice, str(card.extras.get(BODY)), card)
