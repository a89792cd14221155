"""SMPL, SMPL-H and SMPL-X from the user's own files (npz or pkl); nothing of them ships with poseloom.

A `Pose`'s translation is where the pelvis is, as on every body. What the files of the family call translation moves the
body's origin instead, from which the pelvis rests 0.22 to 0.35 m away; `ShapedSmpl.turned` takes that one.

Equations: SMPL (Loper et al. 2015), SMPL-H (Romero et al. 2017), SMPL-X (Pavlakos et al. 2019). Pickles are read by
the restricted unpickler of `poseloom.formats.pickles`: neither chumpy nor smplx is needed and no code is executed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import overload

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from poseloom.base.errors import PoseloomError
from poseloom.body.smpl_files import SmplArrays, read_smpl_arrays
from poseloom.body.types import Mesh, PosedBody, Rig, Skeleton
from poseloom.pose import ALL_JOINTS, BODY_JOINTS, JOINT_NAMES, Pose
from poseloom.pose import rotations as rot
from poseloom.pose.joints import FACE_JOINTS
from poseloom.pose.kinematics import forward_kinematics, small_matmul


@dataclass(frozen=True)
class SmplFamily:
    """How one family member orders its joints: indices into (52 joints of `Pose`, 3 of the face, identity)."""

    shape_model: str
    sources: tuple[int, ...]

    @property
    def names(self) -> tuple[str, ...]:
        known = (*JOINT_NAMES, *FACE_JOINTS)
        extra = iter(("left_hand", "right_hand"))
        return tuple(known[source] if source < len(known) else next(extra) for source in self.sources)


_IDENTITY = ALL_JOINTS + len(FACE_JOINTS)
_BODY = tuple(range(BODY_JOINTS))
_HANDS = tuple(range(BODY_JOINTS, ALL_JOINTS))
_FACE = tuple(range(ALL_JOINTS, _IDENTITY))
FAMILIES: dict[int, SmplFamily] = {
    24: SmplFamily("smpl", (*_BODY, _IDENTITY, _IDENTITY)),
    52: SmplFamily("smplh", (*_BODY, *_HANDS)),
    55: SmplFamily("smplx", (*_BODY, *_FACE, *_HANDS)),
}
"""By number of joints. SMPL's two hand joints (22, 23) have no counterpart in `Pose` and keep the identity."""


@dataclass(frozen=True, eq=False)
class PosedSmpl:
    """A posed skeleton in the model's own joint order, and the surface that waits to be skinned to it."""

    joints: Float[Tensor, "*batch joints 3"]
    rotations: Float[Tensor, "*batch joints 3 3"]
    rest_joints: Float[Tensor, "*shapes joints 3"]
    unskinned: Float[Tensor, "*batch vertices 3"]
    body: SmplBody

    def mesh(self) -> Mesh:
        """Skin the surface."""
        return Mesh(self.body.skin(self), self.body.faces)


@dataclass(frozen=True, eq=False)
class ShapedSmpl:
    """A body of the SMPL family with given shapes, ready to be posed."""

    body: SmplBody
    vertices: Float[Tensor, "*shapes vertices 3"]
    rest_joints: Float[Tensor, "*shapes joints 3"]

    @property
    def rest_pelvis(self) -> Float[Tensor, "*shapes 3"]:
        """Where the model file puts the pelvis of the zero pose, metres; the body turns about this point."""
        return self.rest_joints[..., 0, :]

    def skeleton(self) -> Skeleton:
        """All joints of the model at its zero pose, where the file puts them, in the model's own order."""
        return Skeleton(self.body.family.names, self.body.parents, self.rest_joints)

    def posed(self, pose: Pose) -> PosedBody:
        """The body in poses, joints in SMPL-H order; the poses' own shape is not looked at.

        The pelvis is at the poses' translation, without one at the origin.
        """
        moved = -self.rest_pelvis if pose.translation is None else pose.translation - self.rest_pelvis
        posed = self.turned(self.body.local_rotations(pose), moved)
        order = self.body.smplh_order
        return PosedBody(
            joints=posed.joints[..., order, :],
            rotations=posed.rotations[..., order, :, :],
            faces=self.body.faces,
            skin=partial(self.body.skin, posed),
        )

    def turned(
        self,
        local: Float[Tensor, "*batch joints 3 3"],
        translation: Float[Tensor, "*#batch 3"] | None = None,
    ) -> PosedSmpl:
        """The body posed by rotation matrices in the model's own joint order, as regressors predict them.

        Args:
            local: rotation of each joint beside its parent.
            translation: SMPL's own, which moves the body's origin: the pelvis is at `rest_pelvis` + translation.
        """
        eye = torch.eye(3, dtype=local.dtype, device=local.device)
        feature = (local[..., 1:, :, :] - eye).flatten(-3)
        root = self.rest_pelvis
        if translation is not None:
            root = root + translation
        rotations, joints = forward_kinematics(local, self.skeleton().offsets, self.body.parents, root)
        return PosedSmpl(
            joints=joints,
            rotations=rotations,
            rest_joints=self.rest_joints,
            unskinned=self.vertices + self.body.pose_correctives(feature),
            body=self.body,
        )


class SmplBody(nn.Module):
    """A body of the SMPL family. Its zero pose is SMPL's own; hands are relative to the flat hand.

    Args:
        arrays: checked arrays of a model file, see `read_smpl_arrays`.
    """

    def __init__(self, arrays: SmplArrays):
        super().__init__()
        for name in ("template", "shape_basis", "pose_basis", "joint_regressor", "weights", "faces"):
            self.register_buffer(f"_{name}", getattr(arrays, name), persistent=False)
        self.parents = arrays.parents
        self.family = FAMILIES[len(arrays.parents)]
        self.shape_model = self.family.shape_model

    @classmethod
    def load(cls, path: str | Path) -> SmplBody:
        """Read a model file such as ``SMPL_NEUTRAL.pkl``, ``smplh/neutral/model.npz`` or ``SMPLX_NEUTRAL.npz``.

        Raises:
            FileError: the file is missing, damaged, not of the family, or a pickle that wants to run code.
        """
        return cls(read_smpl_arrays(Path(path)))

    @property
    def faces(self) -> Int[Tensor, "faces 3"]:
        """Triangles, counter-clockwise seen from outside."""
        return self._faces

    @property
    def joint_regressor(self) -> Float[Tensor, "joints vertices"]:
        """The joints of an unposed surface, in the model's own order."""
        return self._joint_regressor

    @property
    def coefficients(self) -> int:
        """How many shape coefficients the file holds."""
        return self._shape_basis.shape[-1]

    def shaped(self, shape: Float[Tensor, "*batch coefficients"] | None = None) -> ShapedSmpl:
        """The body with shape coefficients (default: the template), ready to be posed."""
        vertices = self._shaped(shape)
        return ShapedSmpl(self, vertices, self._joint_regressor @ vertices)

    def skeleton(self, shape: Float[Tensor, "*batch coefficients"] | None = None) -> Skeleton:
        """All joints of the model at its zero pose, in the model's own order."""
        return self.shaped(shape).skeleton()

    def joints(self, pose: Pose) -> Float[Tensor, "*batch joints 3"]:
        """Posed joints in SMPL-H order, metres: 52, or 22 for SMPL, which has no fingers."""
        return self.posed(pose).joints

    def mesh(self, pose: Pose) -> Mesh:
        """Posed vertices in metres, pose-dependent correctives included."""
        return self.posed(pose).mesh()

    @overload
    def posed(self, local: Pose) -> PosedBody: ...

    @overload
    def posed(
        self,
        local: Float[Tensor, "*batch joints 3 3"],
        translation: Float[Tensor, "*batch 3"] | None = None,
        shape: Float[Tensor, "*batch coefficients"] | None = None,
    ) -> PosedSmpl: ...

    def posed(
        self,
        local: Pose | Float[Tensor, "*batch joints 3 3"],
        translation: Float[Tensor, "*batch 3"] | None = None,
        shape: Float[Tensor, "*batch coefficients"] | None = None,
    ) -> PosedBody | PosedSmpl:
        """The body in a pose; or posed by rotation matrices in the model's own joint order, as regressors predict them.

        Args:
            local: a pose, whose own translation (of the pelvis) and shape are used; or matrices.
            translation, shape: for matrices; the translation is SMPL's own, see `ShapedSmpl.turned`.
        """
        if isinstance(local, Pose):
            return self.shaped(local.shape if local.shape_model == self.shape_model else None).posed(local)
        return self.shaped(shape).turned(local, translation)

    def pose_correctives(self, feature: Float[Tensor, "*batch features"]) -> Float[Tensor, "*batch vertices 3"]:
        """How far the pose moves each vertex before it is skinned; `feature`: local matrices minus the identity."""
        return (feature @ self._pose_basis).unflatten(-1, (-1, 3))

    def skin(self, posed: PosedSmpl) -> Float[Tensor, "*batch vertices 3"]:
        """Linear blend skinning."""
        shift = posed.joints - small_matmul(posed.rotations, posed.rest_joints[..., None]).squeeze(-1)
        transforms = torch.cat([posed.rotations, shift[..., None]], dim=-1).flatten(-2)
        blended = (self._weights @ transforms).unflatten(-1, (3, 4))
        return (blended[..., :3] * posed.unskinned[..., None, :]).sum(-1) + blended[..., 3]

    @property
    def smplh_order(self) -> list[int]:
        """For each joint of a `Pose` that the model has, its place in the model's own order."""
        place = {source: index for index, source in enumerate(self.family.sources)}
        return [place[joint] for joint in range(ALL_JOINTS) if joint in place]

    def _shaped(self, shape: Float[Tensor, "*batch coefficients"] | None) -> Float[Tensor, "*batch vertices 3"]:
        if shape is None:
            return self._template
        if shape.shape[-1] > self.coefficients:
            raise PoseloomError(
                f"Pose.shape: this {self.shape_model} file holds {self.coefficients} shape coefficients, "
                f"the pose has {shape.shape[-1]}; keep the first {self.coefficients}"
            )
        return self._template + torch.einsum("vck,...k->...vc", self._shape_basis[..., : shape.shape[-1]], shape)

    def rig(self, shape: Float[Tensor, " coefficients"] | None = None) -> Rig:
        """Zero-pose mesh and skinning weights on the model's own joints; pose-dependent correctives are left out."""
        shaped = self.shaped(shape)
        return Rig(shaped.skeleton(), shaped.vertices, self._weights)

    def local_rotations(self, pose: Pose) -> Float[Tensor, "*batch joints 3 3"]:
        """Local rotation matrices in the model's own joint order; joints that the pose lacks keep the identity."""
        full = pose.with_hands().rotations
        face = full.new_zeros(*full.shape[:-2], len(FACE_JOINTS), 3) if pose.face is None else pose.face
        still = full.new_zeros(*full.shape[:-2], 1, 3)
        everything = torch.cat([full, face, still], dim=-2)
        return rot.rotvec_to_rotmat(everything[..., self.family.sources, :])
