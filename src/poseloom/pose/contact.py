"""Where a body touches the floor: points of its surface by joint, their heights, and setting it on the floor.

The points (`contact.json`) are balls of flesh around the bones of the average free body, so the body's skin, not its
joints, comes to lie on the floor. The floor is y = 0.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources
from typing import Any, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.pose import rotations as rot
from poseloom.pose.joints import BODY_JOINTS, JOINT_INDEX, JOINT_NAMES, PARENTS, other_side
from poseloom.pose.kinematics import forward_kinematics, small_matmul
from poseloom.pose.skeleton import rest_offsets
from poseloom.pose.types import Pose


@lru_cache(maxsize=1)
def _tables() -> dict[str, Any]:
    return json.loads((resources.files("poseloom.pose") / "contact.json").read_text(encoding="utf-8"))


class FloorPoints(NamedTuple):
    """Balls that can touch the floor: names, joints that carry them, centres in the joints' axes, radii (metres)."""

    names: tuple[str, ...]
    joints: tuple[int, ...]
    centres: Float[Tensor, "points 3"]
    radii: Float[Tensor, " points"]

    def row(self, name: str) -> int:
        """Where the point of that name stands."""
        return self.names.index(name)


@lru_cache(maxsize=1)
def floor_points() -> FloorPoints:
    """The points of the free body, both sides."""
    rows = []
    for name, (joint, centre, radius) in _tables()["points"].items():
        rows.append((name, JOINT_INDEX[joint], centre, radius))
        if name.startswith("left_"):
            mirrored = [-centre[0], *centre[1:]]
            rows.append((other_side(name), JOINT_INDEX[other_side(joint)], mirrored, radius))
    names, joints, centres, radii = zip(*rows, strict=True)
    return FloorPoints(names, joints, torch.tensor(centres), torch.tensor(radii))


@lru_cache(maxsize=1)
def _masses() -> Float[Tensor, " 22"]:
    table = _tables()["masses"]
    shares = [table.get(name, table.get(other_side(name), 0.0)) for name in JOINT_NAMES[:BODY_JOINTS]]
    total = torch.tensor(shares)
    return total / total.sum()


@dataclass(frozen=True, eq=False)
class ContactFigure:
    """A posed skeleton of the 22 body joints with the points that can touch the floor; the pelvis at the origin.

    Args:
        rotations: global rotations of the joints.
        positions: where the joints are, metres.
        points: centres of the `floor_points`, metres.
    """

    rotations: Float[Tensor, "*batch 22 3 3"]
    positions: Float[Tensor, "*batch 22 3"]
    points: Float[Tensor, "*batch points 3"]

    @classmethod
    def of(cls, matrices: Float[Tensor, "*batch joints 3 3"]) -> ContactFigure:
        """From local rotation matrices."""
        offsets = rest_offsets()[:BODY_JOINTS].to(matrices)
        rotations, positions = forward_kinematics(matrices[..., :BODY_JOINTS, :, :], offsets, PARENTS[:BODY_JOINTS])
        table = floor_points()
        joints, centres = list(table.joints), table.centres.to(matrices)
        carried = (rotations[..., joints, :, :] * centres[:, None, :]).sum(-1)
        return cls(rotations, positions, positions[..., joints, :] + carried)

    def lower_edges(self) -> Float[Tensor, "*batch points"]:
        """Height of the lowest spot of each point, relative to the pelvis."""
        return self.points[..., 1] - floor_points().radii.to(self.points)

    def centre_of_mass(self) -> Float[Tensor, "*batch 3"]:
        """Centre of mass, metres."""
        return (self.positions * _masses().to(self.positions)[:, None]).sum(-2)

    def turned(self, rotation: Float[Tensor, "*batch 3 3"]) -> ContactFigure:
        """The whole figure turned about the pelvis."""
        turn = rotation[..., None, :, :]
        return ContactFigure(
            small_matmul(turn, self.rotations),
            (turn * self.positions[..., None, :]).sum(-1),
            (turn * self.points[..., None, :]).sum(-1),
        )


def ground(pose: Pose) -> Pose:
    """The same pose moved up or down so that the free body's lowest point touches the floor y = 0.

    Its position over the floor is kept, or is the origin where the pose has none.
    """
    lowest = ContactFigure.of(pose.matrices()).lower_edges().amin(-1)
    start = torch.zeros_like(pose.rotations[..., 0, :]) if pose.translation is None else pose.translation
    return replace(pose, translation=torch.stack([start[..., 0], -lowest, start[..., 2]], dim=-1))


def small_turn(x: Float[Tensor, "*batch"], z: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch 3 3"]:
    """Rotation about a horizontal axis, from the components of its rotation vector in radians."""
    return rot.rotvec_to_rotmat(torch.stack([x, torch.zeros_like(x), z], dim=-1))
