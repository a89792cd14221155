"""A recorded motion on its own skeleton, and where its bones are: what BVH and ASF/AMC files have in common."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float64, Int64
from torch import Tensor

from poseloom.pose import rotations as rot

Array = np.ndarray
Vector = Float64[Array, "3"]

MAXIMUM_JOINTS = 4096
"""Skeletons of published motion files have up to a few hundred joints, with every finger, toe and lip."""

MAXIMUM_VALUE = 1e9
"""Largest number taken from a motion file: far above any angle in degrees and any position in millimetres."""


@dataclass(frozen=True, eq=False)
class SourceSkeleton:
    """Joints of a file in its own units, parents before children.

    Args:
        names: one for each joint, all different.
        parents: index of each joint's parent, -1 for the root, which is the first.
        offsets: position of each joint relative to its parent while all rotations are zero.
        tails: (joint, offset of a point at the end of its bone): BVH's End Sites, ASF's bone ends.
    """

    names: tuple[str, ...]
    parents: tuple[int, ...]
    offsets: Float64[Array, "joints 3"]
    tails: tuple[tuple[int, tuple[float, float, float]], ...] = ()

    @cached_property
    def index(self) -> dict[str, int]:
        """Place of each joint by its name."""
        return {name: place for place, name in enumerate(self.names)}

    @cached_property
    def rest(self) -> Float64[Array, "joints 3"]:
        """Positions of the joints while all rotations are zero, the root at its own offset."""
        positions = self.offsets.copy()
        for joint, parent in enumerate(self.parents):
            if parent >= 0:
                positions[joint] += positions[parent]
        return positions

    def with_ancestors(self, joints: Iterable[int]) -> list[int]:
        """The joints and all that they hang on, parents first."""
        wanted: set[int] = set()
        for start in joints:
            joint = start
            while joint >= 0 and joint not in wanted:
                wanted.add(joint)
                joint = self.parents[joint]
        return sorted(wanted)


@dataclass(frozen=True, eq=False)
class SkeletonMotion:
    """A skeleton in motion: local transforms of every joint, in the file's own units and axes.

    Args:
        skeleton: the joints.
        frames: number of frames.
        rotations: per joint, the rotation relative to its parent; one matrix where it never changes.
        translations: per joint, the position relative to its parent; one vector where it never changes.
        fps: frames a second.
        metres_per_unit: length unit where the file states it, else None.
        hinges: axis of joints with one degree of freedom, at zero rotation, in the file's axes (ASF: ``dof rx``).
        remarks: what the reader had to guess, one line each.
    """

    skeleton: SourceSkeleton
    frames: int
    rotations: tuple[Float64[Array, "#frames 3 3"], ...]
    translations: tuple[Float64[Array, "#frames 3"], ...]
    fps: float
    metres_per_unit: float | None = None
    hinges: dict[str, Float64[Array, 3]] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class WorldMotion:
    """Where the asked joints are in the world: by joint index; a leading axis of one where nothing moves."""

    rotations: dict[int, Float64[Array, "#frames 3 3"]]
    positions: dict[int, Float64[Array, "#frames 3"]]

    def tail(self, joint: int, offset: tuple[float, float, float] | Float64[Array, "3"]) -> Float64[Array, "#frames 3"]:
        """Position of a point that is fixed to a joint's bone."""
        return self.positions[joint] + self.rotations[joint] @ np.asarray(offset)


def forward_kinematics(motion: SkeletonMotion, joints: Iterable[int] | None = None) -> WorldMotion:
    """Global rotations and positions of the given joints (default: all) and their ancestors, in the file's units."""
    skeleton = motion.skeleton
    order = range(len(skeleton.names)) if joints is None else skeleton.with_ancestors(joints)
    rotations: dict[int, Array] = {}
    positions: dict[int, Array] = {}
    for joint in order:
        parent = skeleton.parents[joint]
        if parent < 0:
            rotations[joint], positions[joint] = motion.rotations[joint], motion.translations[joint]
            continue
        above = rotations[parent]
        rotations[joint] = above @ motion.rotations[joint]
        positions[joint] = positions[parent] + (above @ motion.translations[joint][..., None])[..., 0]
    return WorldMotion(rotations, positions)


def some_frames(motion: SkeletonMotion, most: int) -> SkeletonMotion:
    """The motion with at most so many of its frames, evenly spaced, the first among them."""
    if motion.frames <= most:
        return motion
    return chosen_frames(motion, np.unique(np.linspace(0, motion.frames - 1, most).round().astype(int)))


def chosen_frames(motion: SkeletonMotion, chosen: Int64[Array, " chosen"]) -> SkeletonMotion:
    """The motion with these of its frames."""
    return replace(
        motion,
        frames=len(chosen),
        rotations=tuple(own[chosen] if len(own) > 1 else own for own in motion.rotations),
        translations=tuple(own[chosen] if len(own) > 1 else own for own in motion.translations),
    )


def at_rest(motion: SkeletonMotion) -> SkeletonMotion:
    """One frame with all rotations zero."""
    still = tuple(np.eye(3)[None] for _ in motion.rotations)
    return replace(motion, frames=1, rotations=still, translations=tuple(motion.skeleton.offsets[:, None]))


# -- rotations as these formats count them: double precision, degrees, numpy ---------------------------------------


def about_axis(degrees: float | Float64[Array, "*batch"], axis: str) -> Float64[Array, "*batch 3 3"]:
    """Rotation about one of the axes X, Y, Z."""
    return rot.axis_to_rotmat(_radians(degrees), axis).numpy()


def from_euler(degrees: Float64[Array, "*batch axes"], axes: str) -> Float64[Array, "*batch 3 3"]:
    """Product of elementary rotations in the order written: ``"ZXY"`` means Rz @ Rx @ Ry."""
    return rot.euler_to_rotmat(_radians(degrees), axes).numpy()


def from_rotation_vector(degrees: Vector) -> Float64[Array, "3 3"]:
    """Rotation about the vector by its length in degrees."""
    return rot.rotvec_to_rotmat(_radians(degrees)).numpy()


def shortest_turn(source: Vector, target: Vector) -> Float64[Array, "3 3"]:
    """The smallest rotation that takes the direction of `source` to that of `target`; vectors of any length."""
    return rot.shortest_arc_rotmat(torch.as_tensor(source), torch.as_tensor(target)).numpy()


def _radians(degrees: float | Float64[Array, "*any"]) -> Tensor:
    return torch.deg2rad(torch.as_tensor(degrees, dtype=torch.float64))
