"""What the networks say of a picture of one person, cut out as a square.

All are in the camera's axes: x right, y down, z forward; metres. A weak-perspective camera is (scale, x, y), see
`poseloom.pose.weak_perspective`.
"""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True, eq=False)
class BodyParameters:
    """A body by its parameters.

    Args:
        rotations: of each joint beside its parent; the first is the whole body's before the camera.
        betas: shape coefficients of the body.
        weak: weak-perspective camera of the crop.
    """

    rotations: Float[Tensor, "batch joints 3 3"]
    betas: Float[Tensor, "batch coefficients"]
    weak: Float[Tensor, "batch 3"]


@dataclass(frozen=True, eq=False)
class PartsAndParameters(BodyParameters):
    """PARE's: parameters, and where it looked.

    Args:
        parts: scores of background and body parts at each place.
    """

    parts: Float[Tensor, "batch labels rows columns"]


@dataclass(frozen=True, eq=False)
class MeshAndParameters:
    """GraphCMR's: a mesh, and parameters that were read off it.

    Args:
        coarse: vertices of the reduced mesh, before the orthographic camera.
        vertices: those of the whole mesh, interpolated.
        parameters: of a body in the same pose; its camera is the mesh's.
    """

    coarse: Float[Tensor, "batch few 3"]
    vertices: Float[Tensor, "batch vertices 3"]
    parameters: BodyParameters


@dataclass(frozen=True, eq=False)
class MeshLevels:
    """Graphormer's: joints, and the mesh at three sizes.

    Args:
        joints: the 14 on which it is measured.
        coarsest, coarse, vertices: the mesh, each with more vertices.
        weak: orthographic camera of the crop.
    """

    joints: Float[Tensor, "batch 14 3"]
    coarsest: Float[Tensor, "batch fewest 3"]
    coarse: Float[Tensor, "batch few 3"]
    vertices: Float[Tensor, "batch vertices 3"]
    weak: Float[Tensor, "batch 3"]
