"""What every body offers, and its stages: shaped, posed, and at last a mesh.

``body.shaped(shape).posed(pose).mesh()``: each stage is a type of its own and does only what the one before has not
done, so that joints and surface of a pose share one forward kinematics.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor

from poseloom.pose import Pose


@dataclass(frozen=True, eq=False)
class Mesh:
    """Vertices in metres and triangles, counter-clockwise seen from outside."""

    vertices: Float[Tensor, "*batch vertices 3"]
    faces: Int[Tensor, "faces 3"]


@dataclass(frozen=True, eq=False)
class Skeleton:
    """A body's joints at the zero pose, before any pose is applied."""

    names: tuple[str, ...]
    parents: tuple[int, ...]
    positions: Float[Tensor, "*batch joints 3"]

    @property
    def offsets(self) -> Float[Tensor, "*batch joints 3"]:
        """Each joint relative to its parent, metres; zero for the root."""
        parents = [max(parent, 0) for parent in self.parents]
        return self.positions - self.positions[..., parents, :]


@dataclass(frozen=True, eq=False)
class Rig:
    """A body at its zero pose with plain skinning weights, as animation programs take it."""

    skeleton: Skeleton
    vertices: Float[Tensor, "vertices 3"]
    weights: Float[Tensor, "vertices joints"]


@dataclass(frozen=True, eq=False)
class PosedBody:
    """A body in a pose: its joints are known, its surface is skinned when it is first asked for."""

    joints: Float[Tensor, "*batch joints 3"]
    """Metres: 52 in SMPL-H order, or 22 where the body has no fingers."""
    rotations: Float[Tensor, "*batch joints 3 3"]
    """How each joint is turned in the world."""
    faces: Int[Tensor, "faces 3"]
    skin: Callable[[], Float[Tensor, "*batch vertices 3"]]
    """Makes the posed vertices."""

    @property
    def transforms(self) -> Float[Tensor, "*batch joints 4 4"]:
        """Rotation and place of each joint as one homogeneous matrix."""
        top = torch.cat([self.rotations, self.joints[..., None]], dim=-1)
        bottom = top.new_tensor([0.0, 0.0, 0.0, 1.0]).expand(*top.shape[:-2], 1, 4)
        return torch.cat([top, bottom], dim=-2)

    @cached_property
    def vertices(self) -> Float[Tensor, "*batch vertices 3"]:
        """The posed surface's vertices, metres; worked out once."""
        return self.skin()

    def mesh(self) -> Mesh:
        """The posed surface."""
        return Mesh(self.vertices, self.faces)


class ShapedBody(Protocol):
    """A body whose shape is fixed, ready to be posed any number of times."""

    def skeleton(self) -> Skeleton:
        """The joints at the zero pose."""
        ...

    def posed(self, pose: Pose) -> PosedBody:
        """Put it in a pose; the pose's own shape is not looked at. Batches of shapes and poses broadcast."""
        ...


@runtime_checkable
class Body(Protocol):
    """A body that poses can be put on. Differentiable, float32, any leading batch axes, CPU or CUDA."""

    shape_model: str
    """Which `Pose.shape` coefficients this body understands."""

    @property
    def faces(self) -> Int[Tensor, "faces 3"]:
        """Triangles of the mesh."""
        ...

    def shaped(self, shape: Float[Tensor, "*batch coefficients"] | None = None) -> ShapedBody:
        """The body with shape coefficients of its own (default: the average shape)."""
        ...

    def posed(self, pose: Pose) -> PosedBody:
        """The body with the pose's shape, in the pose."""
        ...

    def joints(self, pose: Pose) -> Float[Tensor, "*batch joints 3"]:
        """Positions of the posed joints in metres: 52 in SMPL-H order, or 22 where the body has no fingers."""
        ...

    def mesh(self, pose: Pose) -> Mesh:
        """The posed surface."""
        ...

    def skeleton(self, shape: Float[Tensor, "*batch coefficients"] | None = None) -> Skeleton:
        """The joints at the zero pose for shape coefficients of this body (default: the average shape)."""
        ...
