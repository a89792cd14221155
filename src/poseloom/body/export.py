"""Bodies on their way out: the mesh of one pose, the skinned body of a clip, as the GLB writer takes them."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.body.anny import AnnyBody
from poseloom.body.smpl import SmplBody
from poseloom.formats.gltf import SkinnedMesh, StaticMesh
from poseloom.pose import Clip, Pose

INFLUENCES = 8
"""Joints a vertex hangs on at most, the heaviest; GLB stores them in two sets of four."""

RiggedBody = AnnyBody | SmplBody


def static_mesh(pose: Pose, body: RiggedBody, colors: Float[Tensor, "vertices 3"] | None = None) -> StaticMesh:
    """The surface of a single pose.

    Raises:
        PoseloomError: the pose has batch axes.
    """
    if pose.batch_shape:
        raise PoseloomError(f"static_mesh: expected a single pose, got a batch of {pose.batch_shape}")
    mesh = body.mesh(pose)
    return StaticMesh(_array(mesh.vertices), _array(mesh.faces), None if colors is None else _array(colors))


def skinned_mesh(clip: Clip, body: RiggedBody, colors: Float[Tensor, "vertices 3"] | None = None) -> SkinnedMesh:
    """The body in its first frame's shape, its joints, and how they turn through the clip."""
    pose = clip.pose
    shape = pose.shape[0] if pose.shape is not None and pose.shape_model == body.shape_model else None
    with torch.no_grad():
        rig = body.rig(shape)
        pelvis = rig.skeleton.positions[0]  # the translation is where it is, so it rests at the origin
        weights, joints = rig.weights.topk(min(INFLUENCES, rig.weights.shape[-1]), dim=-1)
        return SkinnedMesh(
            vertices=_array(rig.vertices - pelvis),
            faces=_array(body.faces),
            joint_names=rig.skeleton.names,
            parents=rig.skeleton.parents,
            rest_joints=_array(rig.skeleton.positions - pelvis),
            joint_indices=_array(joints),
            weights=_array(weights),
            rotations=_array(body.local_rotations(pose)),
            translation=None if pose.translation is None else _array(pose.translation),
            fps=clip.fps,
            colors=None if colors is None else _array(colors),
            name=clip.name or "body",
            clip=clip,
        )


def _array(tensor: Tensor):  # type: ignore[no-untyped-def]
    return tensor.detach().cpu().numpy()
