"""Rotation helpers over `roma`, imported lazily: axis-angle, matrices, 6D, Euler angles.

Any leading batch axes; float32 in, float32 out. Matrices act on column vectors.
"""

from __future__ import annotations

from functools import reduce

import torch
from jaxtyping import Float
from torch import Tensor


def rotvec_to_rotmat(axis_angle: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3 3"]:
    """Axis-angle in radians to rotation matrices. Differentiable everywhere, also at zero."""
    import roma

    return roma.rotvec_to_rotmat(axis_angle)


def rotmat_to_rotvec(matrix: Float[Tensor, "*batch 3 3"]) -> Float[Tensor, "*batch 3"]:
    """Rotation matrices to axis-angle in radians, angle in [0, pi]."""
    import roma

    return roma.rotmat_to_rotvec(matrix)


def rotmat_to_sixd(matrix: Float[Tensor, "*batch 3 3"]) -> Float[Tensor, "*batch 6"]:
    """The first two **columns**, flattened row by row: (m00, m01, m10, m11, m20, m21).

    Convention of HMR-type regressors (Zhou et al., CVPR 2019).
    """
    return matrix[..., :2].reshape(*matrix.shape[:-2], 6)


def sixd_to_rotmat(sixd: Float[Tensor, "*batch 6"]) -> Float[Tensor, "*batch 3 3"]:
    """Gram-Schmidt on the two columns of `rotmat_to_sixd`; the third is their cross product."""
    import roma

    return roma.special_gramschmidt(sixd.reshape(*sixd.shape[:-1], 3, 2))


def euler_to_rotmat(angles: Float[Tensor, "*batch n"], axes: str) -> Float[Tensor, "*batch 3 3"]:
    """Product of elementary rotations in the order written: ``"ZXY"`` means Rz @ Rx @ Ry. Radians.

    Args:
        angles: one angle for each letter of `axes`.
        axes: letters X, Y, Z; any number, repeats allowed.
    """
    turns = [axis_to_rotmat(angles[..., position], axis) for position, axis in enumerate(axes.upper())]
    if not turns:
        return torch.eye(3, dtype=angles.dtype, device=angles.device).expand(*angles.shape[:-1], 3, 3)
    return reduce(torch.matmul, turns)


def axis_to_rotmat(angle: Float[Tensor, "*batch"], axis: str) -> Float[Tensor, "*batch 3 3"]:
    """Rotation by `angle` radians about one of the axes X, Y, Z."""
    first, second = {"X": (1, 2), "Y": (2, 0), "Z": (0, 1)}[axis]
    cosine, sine = torch.cos(angle), torch.sin(angle)
    matrix = torch.zeros(*angle.shape, 3, 3, dtype=angle.dtype, device=angle.device)
    fixed = 3 - first - second
    matrix[..., fixed, fixed] = 1
    matrix[..., first, first] = cosine
    matrix[..., second, second] = cosine
    matrix[..., first, second] = -sine
    matrix[..., second, first] = sine
    return matrix


def rotmat_to_euler_xyz(matrix: Float[Tensor, "*batch 3 3"]) -> tuple[Tensor, Tensor, Tensor]:
    """Angles (a, b, c) in radians with matrix = Rz(c) @ Ry(b) @ Rx(a)."""
    a = torch.atan2(matrix[..., 2, 1], matrix[..., 2, 2])
    b = torch.atan2(-matrix[..., 2, 0], torch.hypot(matrix[..., 2, 1], matrix[..., 2, 2]))
    c = torch.atan2(matrix[..., 1, 0], matrix[..., 0, 0])
    return a, b, c


def shortest_arc_rotmat(
    source: Float[Tensor, "*batch 3"], target: Float[Tensor, "*batch 3"]
) -> Float[Tensor, "*batch 3 3"]:
    """The smallest rotation that takes the direction of `source` to that of `target`.

    Two half turns: about the source, then about the middle between both, which keeps the result a rotation to
    rounding even for nearly opposite directions. For opposite ones any half turn about a perpendicular is returned.
    """
    a = torch.nn.functional.normalize(source, dim=-1)
    b = torch.nn.functional.normalize(target, dim=-1)
    across = torch.nn.functional.normalize(a - b, dim=-1)
    middle = a + b
    # of nearly opposite directions the sum is mostly rounding: keep what is perpendicular to their difference
    obtuse = (a * b).sum(-1, keepdim=True) < 0
    middle = torch.where(obtuse, middle - (middle * across).sum(-1, keepdim=True) * across, middle)
    eye = torch.eye(3, dtype=a.dtype, device=a.device)
    helper = torch.where(a[..., :1].abs() < 0.9, eye[0], eye[1])
    opposite = middle.norm(dim=-1, keepdim=True) < _OPPOSITE
    between = torch.where(opposite, torch.linalg.cross(a, helper), middle)
    return half_turn_rotmat(between) @ half_turn_rotmat(a)


_OPPOSITE = 1e-6
"""Sum of two unit vectors below which they count as opposite."""


def half_turn_rotmat(axis: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3 3"]:
    """Rotation by 180 degrees about an axis of any length but zero."""
    unit = torch.nn.functional.normalize(axis, dim=-1)
    eye = torch.eye(3, dtype=axis.dtype, device=axis.device)
    return 2 * unit[..., :, None] * unit[..., None, :] - eye


def nearest_rotmat(matrix: Float[Tensor, "*batch 3 3"]) -> Float[Tensor, "*batch 3 3"]:
    """The nearest rotation in the Frobenius norm (special orthogonal Procrustes)."""
    import roma

    return roma.special_procrustes(matrix)


_POLAR_STEPS = 10
"""Scaled Newton steps: enough for float32 at a condition number of ten thousand."""


def polar_rotmat(matrix: Float[Tensor, "*batch 3 3"]) -> Float[Tensor, "*batch 3 3"]:
    """The nearest rotation to matrices of positive determinant, of any scale.

    Newton's iteration for the polar decomposition with determinant scaling (Higham 1986): the same result as
    `nearest_rotmat` there, several times faster than a singular value decomposition of each.
    """
    for _ in range(_POLAR_STEPS):
        a, b, c = matrix.unbind(-2)
        cofactors = torch.stack([torch.linalg.cross(b, c), torch.linalg.cross(c, a), torch.linalg.cross(a, b)], dim=-2)
        determinant = (a * cofactors[..., 0, :]).sum(-1)[..., None, None]
        scale = determinant.abs() ** (-1 / 3)
        matrix = 0.5 * (matrix * scale + cofactors / (determinant * scale))
    return matrix
