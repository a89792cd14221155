"""poseloom's small network for users: people in a picture -> bodies, alone or as the start of a fit to keypoints."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn

from poseloom.base.errors import FileError, PoseloomError
from poseloom.images.roi import Roi
from poseloom.nn.image.graph import OperatorGraph
from poseloom.results.keypoints import Keypoints
from poseloom.tasks.common.exported import section_of
from poseloom.tasks.keypoints.finding import regions_of_boxes
from poseloom.tasks.lifting.frame import SeenPeople
from poseloom.tasks.lifting.predict import Lifted
from poseloom.tasks.mesh_recovery.network_predict import BodyNetwork, SeenBodies, check_boxes
from poseloom.tasks.mesh_recovery.networks.small import (
    SMALL,
    Maps,
    SmallConfig,
    SmallNetwork,
    SmallOutput,
    joined_maps,
)
from poseloom.tasks.mesh_recovery.small_maps import look_and_read, read_maps, shipped_trunk
from poseloom.training.export import ModelCard, read_model

Picture = Float[Tensor, "3 height width"]
_UPRIGHT = (1.0, -1.0, -1.0)
"""From +Y up and +Z towards the camera to y down and z forward."""
_AS_THEY_ARE = 1.25
"""Factor of boxes that the reader's regions have by themselves."""


class SmallBodyNetwork(BodyNetwork):
    """The small network, ready to be called. It sees pictures through the trunk of the photo reader's body network.

    Args:
        model: the learned part, in evaluation mode.
        card: what is known of it.
    """

    def __init__(self, model: SmallNetwork, card: ModelCard | None = None):
        self.model: nn.Module = model
        self.card, self.body = card, "anny"

    @property
    def algorithm(self) -> str:
        """Its name among the algorithms of mesh recovery."""
        return SMALL

    @property
    def trunk(self) -> OperatorGraph:
        """The network whose maps it reads."""
        return shipped_trunk()

    def look(
        self, picture: Picture, boxes: Sequence[Sequence[float]] | None = None, enlarged: float | None = None
    ) -> SeenBodies:
        """The bodies of people, by the network alone; see `BodyNetwork.look`.

        Each person is looked at twice: in the box, and in the region that the landmarks of the first look give.
        """
        height, width = picture.shape[1:]
        rows = [[0.0, 0.0, width, height]] if boxes is None else [list(box) for box in boxes]
        if not rows:
            raise PoseloomError("boxes: none is given; leave them out to look at the whole picture")
        given = torch.tensor(rows, dtype=torch.float32).reshape(-1, 4)
        check_boxes(given)
        first = regions_of_boxes(given)
        if enlarged is not None:
            first = Roi(first.centre, first.side * enlarged / _AS_THEY_ARE, first.turn)
        focal = torch.full((len(rows),), math.hypot(height, width))
        centre = torch.tensor([(width - 1) / 2, (height - 1) / 2]).expand(len(rows), 2)
        body, _, _ = look_and_read(self.trunk, picture, first, focal, centre)
        _, people, maps = look_and_read(self.trunk, picture, body.next_roi, focal, centre)
        return self._bodies(self._said(maps), people, (width, height))

    def lift(self, keypoints: Keypoints, pictures: Iterable[Picture], focal: float) -> Lifted:
        """Poses of people whose landmarks are known, in the axes of the camera, for a fit to start from.

        Args:
            keypoints: of the people.
            pictures: those of all frames, in order.
            focal: of the lens, pixels.
        """
        people = seen_in(keypoints, focal)
        parts, order = [], []
        for rows, picture in people_of_pictures(keypoints, pictures):
            parts.append(read_maps(self.trunk, picture, people[rows]))
            order.append(rows)
        return self.told(joined_maps(parts)[torch.cat(order).argsort()], people)

    def told(self, maps: Maps, people: SeenPeople) -> Lifted:
        """Poses of people whose maps are read, in the axes of the camera."""
        said = self._said(maps)
        back = people.axes().mT
        local = torch.cat([(back @ said.local[:, 0])[:, None], said.local[:, 1:]], dim=1)
        return Lifted(local, said.joints @ back.mT, said.place_error, said.turn_error)

    @torch.inference_mode()
    def _said(self, maps: Maps) -> SmallOutput:
        said: SmallOutput = self.model(maps)
        return said

    def _bodies(self, said: SmallOutput, people: SeenPeople, size: tuple[int, int]) -> SeenBodies:
        """In the axes of the picture's camera; the weak camera as that of an upright square."""
        upright = torch.diag(said.local.new_tensor(_UPRIGHT))
        root = upright @ people.axes().mT @ said.local[:, 0]
        roi = people.roi
        shift = roi.turned(said.weak[:, None, 1:])[:, 0] / said.weak[:, :1]
        return SeenBodies(
            torch.cat([root[:, None], said.local[:, 1:]], dim=1),
            said.shape,
            None,
            torch.cat([said.weak[:, :1], shift], dim=1),
            torch.cat([roi.centre, roi.side[:, None]], dim=1),
            size,
            self.body,
            about_pelvis=True,
        )


def people_of_pictures(keypoints: Keypoints, pictures: Iterable[Picture]) -> Iterator[tuple[Tensor, Picture]]:
    """Each picture in which somebody is, and the rows of the people in it.

    Raises:
        PoseloomError: people are in frames that the pictures lack; said after the last picture.
    """
    found = 0
    for frame, picture in enumerate(pictures):
        rows = (keypoints.frame == frame).nonzero()[:, 0]
        found += len(rows)
        if len(rows):
            yield rows, picture
    if found != len(keypoints):
        raise PoseloomError(f"{keypoints.name or 'keypoints'}: have people in frames that the pictures lack")


def seen_in(keypoints: Keypoints, focal: float) -> SeenPeople:
    """The people of a picture or of the frames of a video as a lifter sees them."""
    count = len(keypoints)
    size = keypoints.points.new_tensor(keypoints.size).expand(count, 2)
    lens = keypoints.points.new_full((count,), focal)
    return SeenPeople(
        keypoints.points, keypoints.world, keypoints.visibility, keypoints.roi, size, lens, (size - 1) / 2
    )


def open_small(path: Path) -> SmallBodyNetwork:
    """The small network of exported weights.

    Raises:
        FileError: damaged, or of other sizes than the card says.
    """
    card, weights = read_model(path, SmallBodyNetwork.task)
    network = SmallNetwork(section_of(SmallConfig, card.recipe.get("model"), path))
    take_over(network, weights, path)
    return SmallBodyNetwork(network.eval().requires_grad_(False), card)


def take_over(network: SmallNetwork, weights: dict[str, Tensor], path: Path) -> None:
    """Give a network the weights of a file.

    Raises:
        FileError: they are of other sizes.
    """
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        problem = f"does not fit its card: {str(error).splitlines()[-1].strip()}"
        raise FileError(path, problem, remedy="export or get both files again") from None
