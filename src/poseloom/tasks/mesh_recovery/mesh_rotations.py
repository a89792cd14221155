"""Rotations of a bent mesh: how each part of it has turned since it was at rest."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.pose import BODY_JOINTS, PARENTS
from poseloom.pose.rotations import nearest_rotmat

SMPL_PARENTS = (*PARENTS[:BODY_JOINTS], 20, 21)
"""Of SMPL's 24 joints, whose last two are the hands."""
_RIGID = 4.0
"""Power of the weights: vertices that one joint moves alone tell its rotation best."""
_SLACK = 1e-6


def rotations_of_mesh(
    vertices: Float[Tensor, "batch vertices 3"],
    template: Float[Tensor, "vertices 3"],
    weights: Float[Tensor, "vertices joints"],
) -> Float[Tensor, "batch joints 3 3"]:
    """Local rotations of the joints of a mesh that was bent freely.

    For each joint the rotation that brings its vertices at rest nearest to where they are (Kabsch), beside that of its
    parent.

    Args:
        vertices: the bent mesh.
        template: at rest.
        weights: how much each joint moves each vertex; of SMPL's 24 joints, or of the first 22.
    """
    shares = weights.double() ** _RIGID
    shares = shares / shares.sum(0).clamp_min(_SLACK)
    rest, seen = template.double(), vertices.double()
    middle = torch.einsum("vj,vc->jc", shares, rest)
    seen_middle = torch.einsum("vj,bvc->bjc", shares, seen)
    moments = torch.einsum("vj,bvr,vc->bjrc", shares, seen, rest)
    moments = moments - seen_middle[..., :, None] * middle[:, None, :]
    turned = nearest_rotmat(moments)
    parents = SMPL_PARENTS[: weights.shape[1]]
    local = [turned[:, 0]]
    local += [turned[:, parents[joint]].mT @ turned[:, joint] for joint in range(1, weights.shape[1])]
    return torch.stack(local, dim=1).float()
