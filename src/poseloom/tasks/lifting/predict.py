"""Lifted people for users of landmarks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import FileError
from poseloom.pose import BODY_JOINTS, MIRROR
from poseloom.pose.mirroring import mirrored_joints, mirrored_rotmats
from poseloom.results.keypoints import Keypoints
from poseloom.tasks.common.exported import section_of
from poseloom.tasks.lifting.frame import SeenPeople
from poseloom.tasks.lifting.model import Lifter, LifterConfig
from poseloom.training.export import ModelCard, read_model


@dataclass(frozen=True, eq=False)
class Lifted:
    """Poses of people, in the camera's axes (+Y up, +Z towards the camera).

    Args:
        local: local rotations, the root's in the camera's axes.
        joints: joints from the pelvis on the average body, metres.
        place_error: mean error that is foreseen for each joint's place, metres.
        turn_error: the same for each local rotation, radians.
    """

    local: Float[Tensor, "people 22 3 3"]
    joints: Float[Tensor, "people 22 3"]
    place_error: Float[Tensor, "people 22"]
    turn_error: Float[Tensor, "people 22"]

    def __getitem__(self, rows: Tensor | slice) -> Lifted:
        return Lifted(*(getattr(self, one.name)[rows] for one in fields(self)))

    @classmethod
    def joined(cls, parts: Sequence[Lifted]) -> Lifted:
        """Those of several groups of people."""
        return cls(*(torch.cat([getattr(part, one.name) for part in parts]) for one in fields(cls)))

    def mirrored(self) -> Lifted:
        """The same people in a mirror across the plane x = 0."""
        order = list(MIRROR[:BODY_JOINTS])
        local, joints = mirrored_rotmats(self.local), mirrored_joints(self.joints)
        return Lifted(local, joints, self.place_error[:, order], self.turn_error[:, order])


class PoseLifter:
    """The network, ready to be called.

    Args:
        model: in evaluation mode.
        card: what is known of it.
    """

    task = "lifting"

    def __init__(self, model: Lifter, card: ModelCard):
        self.model, self.card = model, card

    @torch.no_grad()
    def lift(self, people: Keypoints, focal: float) -> Lifted:
        """Poses of the people in a picture or of the frames of a video.

        Args:
            people: people whose landmarks are known.
            focal: of the picture's lens, pixels.
        """
        count = len(people)
        size = people.points.new_tensor(people.size).expand(count, 2)
        lens = people.points.new_full((count,), focal)
        seen = SeenPeople(people.points, people.world, people.visibility, people.roi, size, lens, (size - 1) / 2)
        output = self.model(seen.numbers())
        back = seen.axes().mT
        local = torch.cat([(back @ output.local[:, 0])[:, None], output.local[:, 1:]], dim=1)
        return Lifted(local, output.joints @ back.mT, output.place_error, output.turn_error)


def open_model(path: str | Path) -> PoseLifter:
    """The lifter of exported weights.

    Raises:
        FileError: they are of another task, damaged, or of other sizes than their card says.
    """
    card, weights = read_model(path, "lifting")
    model = Lifter(section_of(LifterConfig, card.recipe.get("model"), path))
    try:
        model.load_state_dict(weights)
    except RuntimeError as error:
        problem = f"does not fit its card: {str(error).splitlines()[-1].strip()}"
        raise FileError(path, problem, remedy="export or get both files again") from None
    return PoseLifter(model.eval().requires_grad_(False), card)
