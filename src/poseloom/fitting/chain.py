"""The body as a fit sees it: a tree of joints, points fixed to them, and how these move with small turns of the joints.

Unknowns of a frame are a small turn of every joint (axis-angle, multiplied from the right onto its local rotation),
the root's shift in metres and, with a camera, changes of its log scale and shift. For a point p below joint a with
global rotation R_a and position x_a, a turn about the joint's own axis c moves it by R_a[:, c] x (p - x_a).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from poseloom.pose import rotations as rot
from poseloom.pose.kinematics import forward_kinematics, small_matmul


@dataclass(frozen=True, eq=False)
class BodyState:
    """Poses that are being fitted; one row a frame.

    `camera`: weak perspective, (log scale, x, y): picture = exp(log scale) * (x, y) + shift; None without pictures.
    """

    local: Float[Tensor, "frames joints 3 3"]
    root: Float[Tensor, "frames 3"]
    camera: Float[Tensor, "frames 3"] | None = None

    @property
    def unknowns(self) -> int:
        """Numbers a frame that a step changes."""
        return 3 * self.local.shape[1] + 3 + (0 if self.camera is None else 3)

    def moved(self, step: Float[Tensor, "frames unknowns"]) -> BodyState:
        """The state after a step."""
        joints = self.local.shape[1]
        turns = rot.to_matrix(step[:, : 3 * joints].unflatten(-1, (joints, 3)))
        root = self.root + step[:, 3 * joints : 3 * joints + 3]
        camera = None if self.camera is None else self.camera + step[:, 3 * joints + 3 :]
        return BodyState(small_matmul(self.local, turns), root, camera)

    def where(self, chosen: Bool[Tensor, " frames"], other: BodyState) -> BodyState:
        """This state in the chosen frames, the other one elsewhere."""
        camera = None
        if self.camera is not None and other.camera is not None:
            camera = torch.where(chosen[:, None], self.camera, other.camera)
        local = torch.where(chosen[:, None, None, None], self.local, other.local)
        return BodyState(local, torch.where(chosen[:, None], self.root, other.root), camera)

    def __getitem__(self, frames: Any) -> BodyState:
        return BodyState(self.local[frames], self.root[frames], None if self.camera is None else self.camera[frames])


def joined(states: list[BodyState]) -> BodyState:
    """States of consecutive frames as one."""
    cameras = [state.camera for state in states if state.camera is not None]
    local, root = torch.cat([state.local for state in states]), torch.cat([state.root for state in states])
    return BodyState(local, root, torch.cat(cameras) if cameras else None)


@dataclass(frozen=True, eq=False)
class Chain:
    """Joints of a body and points that are fixed to them.

    Args:
        parents: of each joint; -1 for the root.
        offsets: of each joint from its parent at the zero pose, metres.
        joint: to which joint each point is fixed.
        point_offsets: of each point from its joint, in the joint's axes, metres.
    """

    parents: tuple[int, ...]
    offsets: Float[Tensor, "joints 3"]
    joint: Int[Tensor, " points"]
    point_offsets: Float[Tensor, "points 3"]

    def with_offsets(self, offsets: Float[Tensor, "joints 3"]) -> Chain:
        """The same points on joints elsewhere."""
        return replace(self, offsets=offsets)

    def posed(self, state: BodyState) -> Posed:
        """Where the joints and points are."""
        rotations, positions = forward_kinematics(state.local, self.offsets, self.parents, state.root)
        carried = small_matmul(rotations[:, self.joint], self.point_offsets[..., None]).squeeze(-1)
        return Posed(self, state, rotations, positions, positions[:, self.joint] + carried)


@dataclass(frozen=True)
class Posed:
    """A chain in a state: global rotations and positions of the joints, positions of the points."""

    chain: Chain
    state: BodyState
    rotations: Float[Tensor, "frames joints 3 3"]
    positions: Float[Tensor, "frames joints 3"]
    points: Float[Tensor, "frames points 3"]

    @cached_property
    def turns(self) -> Float[Tensor, "frames joints 3"]:
        """Local rotations as axis-angle."""
        return rot.to_axis_angle(self.state.local)

    @cached_property
    def points_jacobian(self) -> Float[Tensor, "frames points 3 unknowns"]:
        """How every point moves with the unknowns."""
        chain, frames = self.chain, len(self.points)
        count, joints = self.points.shape[1], len(chain.parents)
        arm = self.points[:, :, None] - self.positions[:, None]
        axes = self.rotations.mT[:, None]
        moves = torch.linalg.cross(axes.expand(-1, count, -1, -1, -1), arm[..., None, :].expand(-1, -1, -1, 3, -1))
        carries = _ancestors(chain.parents)[chain.joint].to(moves)
        moves = moves * carries[None, :, :, None, None]
        result = moves.new_zeros(frames, count, 3, self.state.unknowns)
        result[..., : 3 * joints] = moves.permute(0, 1, 4, 2, 3).flatten(-2)
        result[..., 3 * joints : 3 * joints + 3] = torch.eye(3, dtype=moves.dtype)
        return result


@lru_cache(maxsize=8)
def _ancestors(parents: tuple[int, ...]) -> Bool[Tensor, "joints joints"]:
    """Row j: which joints carry joint j, itself among them."""
    table = torch.eye(len(parents), dtype=torch.bool)
    for joint, parent in enumerate(parents):
        if parent >= 0:
            table[joint] |= table[parent]
    return table
