"""A posed skeleton in NumPy that inverse kinematics turns step by step: joints, skin, limbs as capsules."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Bool, Float, Int

from poseloom.pose import movement
from poseloom.pose.capsules import CROWN_HEIGHT, HAND_LENGTH, capsule_table
from poseloom.pose.contact import floor_points
from poseloom.pose.ik_chains import ANCESTORS
from poseloom.pose.joints import BODY_JOINTS, JOINT_INDEX, PARENTS
from poseloom.pose.ranges import clip_angles

Array = np.ndarray

_HAND_ENDS = tuple(
    (JOINT_INDEX[f"{side}_wrist"], sign * HAND_LENGTH) for side, sign in (("left", 1.0), ("right", -1.0))
)
_HEAD = JOINT_INDEX["head"]


@dataclass
class Figure:
    """Joints of one pose while it is being solved: float64, metres, y = 0 the floor.

    Args:
        local: rotation of each joint relative to its parent.
        root: where the pelvis is.
        offsets: bones at the T-pose.
    """

    local: Float[Array, "22 3 3"]
    root: Float[Array, "3"]
    offsets: Float[Array, "22 3"]

    def __post_init__(self) -> None:
        self.rotations = np.empty((BODY_JOINTS, 3, 3))
        self.positions = np.empty((BODY_JOINTS, 3))
        self.refresh()

    def refresh(self) -> None:
        """Rotations and positions in the world from the local rotations and the root."""
        self.rotations[0], self.positions[0] = self.local[0], self.root
        for joint in range(1, BODY_JOINTS):
            above = PARENTS[joint]
            self.rotations[joint] = self.rotations[above] @ self.local[joint]
            self.positions[joint] = self.positions[above] + self.rotations[above] @ self.offsets[joint]

    def copy(self) -> Figure:
        """The same figure, apart."""
        return Figure(self.local.copy(), self.root.copy(), self.offsets)

    def become(self, other: Figure) -> None:
        """Take over another figure's pose."""
        self.local[:], self.root = other.local, other.root
        self.rotations[:], self.positions[:] = other.rotations, other.positions

    def clip(self, joints: Int[Array, " active"]) -> None:
        """Bring the given joints into their ranges of motion; trunk and neck share their totals anew."""
        angles = movement.from_matrices(torch.from_numpy(self.local)[None])
        within = movement.to_matrices(clip_angles(angles))[0].numpy()
        self.local[joints] = within[joints]
        self.refresh()

    def jacobian(
        self, points: Float[Array, "points 3"], carriers: Int[Array, " points"], columns: Columns
    ) -> Float[Array, "points 3 columns"]:
        """How points that hang on joints move with each unknown."""
        axes = np.einsum("cij,cj->ci", self._frames(columns.joints), columns.axes)
        levers = points[:, None] - self.positions[columns.joints][None]
        moved = np.cross(axes[None], levers) * ANCESTORS[carriers][:, columns.joints, None]
        moved[:, columns.is_shift] = columns.axes[columns.is_shift]
        return moved.transpose(0, 2, 1)

    def _frames(self, joints: Int[Array, " columns"]) -> Float[Array, "columns 3 3"]:
        """The axes in which each joint's own turn is counted: its parent's."""
        return self.rotations[np.maximum(np.asarray(PARENTS)[joints], 0)]

    def floor_points(self) -> tuple[Float[Array, "points 3"], Int[Array, " points"]]:
        """The lowest spots of the balls of flesh that can touch the floor, and the joints that carry them."""
        joints, centres, radii = _balls()
        points = self.positions[joints] + np.einsum("pij,pj->pi", self.rotations[joints], centres)
        points[:, 1] -= radii
        return points, joints

    def overlaps(self) -> Overlaps:
        """How deep limbs that should stay apart are inside each other, pair by pair."""
        return _overlaps(self)


@dataclass(frozen=True)
class Columns:
    """The unknowns: a joint and an axis of its parent each, or a direction in which the whole body moves."""

    joints: Int[Array, " columns"]
    axes: Float[Array, "columns 3"]
    mobility: Float[Array, " columns"]
    is_shift: Bool[Array, " columns"]


@dataclass(frozen=True)
class Overlaps:
    """Pairs of limbs: depth in metres (negative: apart), nearest points, who carries them, from second to first."""

    depths: Float[Array, " pairs"]
    first: Float[Array, "pairs 3"]
    second: Float[Array, "pairs 3"]
    first_carriers: Int[Array, " pairs"]
    second_carriers: Int[Array, " pairs"]
    normals: Float[Array, "pairs 3"]


@lru_cache(maxsize=1)
def _balls() -> tuple[Array, Array, Array]:
    table = floor_points()
    return np.array(table.joints), table.centres.double().numpy(), table.radii.double().numpy()


@lru_cache(maxsize=1)
def _capsules() -> tuple[Array, ...]:
    table = capsule_table()
    return tuple(
        np.asarray(column)
        for column in (table.starts, table.ends, table.radii.double(), table.shares.double(), table.first, table.second)
    )


def _overlaps(figure: Figure) -> Overlaps:
    starts, ends, radii, shares, first, second = _capsules()
    extra = [figure.positions[wrist] + length * figure.rotations[wrist][:, 0] for wrist, length in _HAND_ENDS]
    extra.append(figure.positions[_HEAD] + CROWN_HEIGHT * figure.rotations[_HEAD][:, 1])
    nodes = np.concatenate([figure.positions, np.stack(extra)])
    begin, end = nodes[starts], nodes[ends]
    begin = begin + shares[:, None] * (end - begin)
    here, there = _nearest(begin[first], end[first], begin[second], end[second])
    apart = here - there
    distance = np.linalg.norm(apart, axis=-1)
    normals = apart / np.maximum(distance, 1e-9)[:, None]
    return Overlaps(radii[first] + radii[second] - distance, here, there, starts[first], starts[second], normals)


def _nearest(p0: Array, p1: Array, q0: Array, q1: Array) -> tuple[Array, Array]:
    """Nearest points of two line segments (Ericson, Real-Time Collision Detection, 5.1.9)."""
    u, v, w = p1 - p0, q1 - q0, p0 - q0
    a, b, c = np.maximum((u * u).sum(-1), 1e-9), (u * v).sum(-1), np.maximum((v * v).sum(-1), 1e-9)
    d, e = (u * w).sum(-1), (v * w).sum(-1)
    s = np.clip((b * e - c * d) / np.maximum(a * c - b * b, 1e-9), 0, 1)
    t = np.clip((b * s + e) / c, 0, 1)
    s = np.clip((b * t - d) / a, 0, 1)
    return p0 + s[:, None] * u, q0 + t[:, None] * v
