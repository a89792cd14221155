"""A body of the SMPL family cut down to some of its surface: the same skeleton, a fraction of the work."""

from __future__ import annotations

import torch
from jaxtyping import Int
from torch import Tensor

from poseloom.body.smpl import SmplBody
from poseloom.body.smpl_files import SmplArrays


def with_vertices(arrays: SmplArrays, kept: Int[Tensor, " kept"]) -> SmplBody:
    """The body with the vertices `kept` alone, in that order.

    Joints depend on the whole surface, so they are carried along as vertices of their own, behind the others:
    ``mesh(pose).vertices[..., :len(kept), :]`` is what was asked for. There are no faces.
    """
    joints = len(arrays.parents)
    regressor = arrays.joint_regressor
    own = torch.cat([regressor.new_zeros(joints, len(kept)), torch.eye(joints)], dim=1)
    pose_basis = arrays.pose_basis.unflatten(1, (-1, 3))[:, kept]
    still = pose_basis.new_zeros(len(pose_basis), joints, 3)
    return SmplBody(
        SmplArrays(
            template=torch.cat([arrays.template[kept], regressor @ arrays.template]),
            shape_basis=torch.cat(
                [arrays.shape_basis[kept], torch.einsum("jv,vck->jck", regressor, arrays.shape_basis)]
            ),
            pose_basis=torch.cat([pose_basis, still], dim=1).flatten(1),
            joint_regressor=own,
            weights=torch.cat([arrays.weights[kept], torch.eye(joints)]),
            faces=torch.zeros(0, 3, dtype=torch.long),
            parents=arrays.parents,
        )
    )
