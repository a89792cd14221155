"""What every body offers, and the two things that it makes: a skeleton and a mesh."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

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


@runtime_checkable
class Body(Protocol):
    """A body that poses can be put on. Differentiable, float32, any leading batch axes, CPU or CUDA."""

    shape_model: str
    """Which `Pose.shape` coefficients this body understands."""

    @property
    def faces(self) -> Int[Tensor, "faces 3"]:
        """Triangles of the mesh."""
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
