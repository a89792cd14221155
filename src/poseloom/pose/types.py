"""`Pose`, the one type that everything exchanges, and `Clip`, poses in time.

Conventions, written once and here:

- metres, radians, seconds; right-handed, +Y up, +Z to the person's front, +X to the person's left;
- the zero pose is the T-pose, palms down, facing +Z;
- joints in SMPL-H order (`poseloom.pose.joints`), every rotation local: relative to the parent joint, in axes that
  are parallel to the world's at the T-pose; joint 0 is the orientation of the whole body in the world;
- matrices act on column vectors: global = parent's global @ local.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.pose import rotations as rot
from poseloom.pose.joints import ALL_JOINTS, BODY_JOINTS, FACE_MIRROR, MIRROR

_MIRROR_SIGNS = (1.0, -1.0, -1.0)


@dataclass(frozen=True, eq=False)
class Pose:
    """Poses of any number of people or moments: any leading batch axes.

    Args:
        rotations: local axis-angle vectors in radians, joints = 22 (body) or 52 (body and hands).
        translation: where the pelvis is, on every body, metres. SMPL's own translation, which moves the body's
            origin, is another one: see `poseloom.body.smpl`.
        shape: coefficients of a body's shape; their meaning is that of `shape_model`.
        shape_model: which body the coefficients belong to: ``"anny"``, ``"smpl"``, ``"smplh"``, ``"smplx"``.
            A body ignores the coefficients of another one and takes its own average shape.
        face: SMPL-X's jaw, left eye and right eye, local axis-angle in radians.

    Raises:
        PoseloomError: a field has a wrong shape or type, or holds NaN or infinity.
    """

    rotations: Float[Tensor, "*batch joints 3"]
    translation: Float[Tensor, "*batch 3"] | None = None
    shape: Float[Tensor, "*batch coefficients"] | None = None
    shape_model: str = ""
    face: Float[Tensor, "*batch 3 3"] | None = None

    def __post_init__(self) -> None:
        _check(self)

    # -- what it is ---------------------------------------------------------------------------------------------

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """The leading axes: ``()`` for one pose, ``(frames,)`` for those of a clip."""
        return tuple(self.rotations.shape[:-2])

    @property
    def joints(self) -> int:
        """Number of joints: 22 or 52."""
        return self.rotations.shape[-2]

    @property
    def device(self) -> torch.device:
        return self.rotations.device

    def __len__(self) -> int:
        if not self.batch_shape:
            raise TypeError("a single Pose has no length; index or stack poses first")
        return self.batch_shape[0]

    def __repr__(self) -> str:
        parts = [f"batch={self.batch_shape}", f"joints={self.joints}"]
        parts += [name for name in ("translation", "shape", "face") if getattr(self, name) is not None]
        return f"Pose({', '.join(parts)})"

    # -- other views of the rotations ---------------------------------------------------------------------------

    def matrices(self) -> Float[Tensor, "*batch joints 3 3"]:
        """Local rotation matrices."""
        return rot.rotvec_to_rotmat(self.rotations)

    def sixd(self) -> Float[Tensor, "*batch joints 6"]:
        """First two columns of the local matrices, flattened row by row (see `rotations.rotmat_to_sixd`)."""
        return rot.rotmat_to_sixd(self.matrices())

    @classmethod
    def from_matrices(cls, matrices: Float[Tensor, "*batch joints 3 3"], **fields: Any) -> Pose:
        """Pose from local rotation matrices; `fields` are the other fields of `Pose`."""
        return cls(rot.rotmat_to_rotvec(matrices), **fields)

    @classmethod
    def from_sixd(cls, sixd: Float[Tensor, "*batch joints 6"], **fields: Any) -> Pose:
        """Pose from 6D rotations in the convention of `sixd`."""
        return cls.from_matrices(rot.sixd_to_rotmat(sixd), **fields)

    @classmethod
    def identity(cls, *batch: int, joints: int = ALL_JOINTS) -> Pose:
        """The T-pose, repeated over the batch axes."""
        return cls(torch.zeros(*batch, joints, 3))

    def body(self) -> Pose:
        """The 22 body joints alone."""
        return self if self.joints == BODY_JOINTS else replace(self, rotations=self.rotations[..., :BODY_JOINTS, :])

    def with_hands(self) -> Pose:
        """All 52 joints; hands that were not given are flat (zero)."""
        if self.joints == ALL_JOINTS:
            return self
        hands = self.rotations.new_zeros(*self.batch_shape, ALL_JOINTS - BODY_JOINTS, 3)
        return replace(self, rotations=torch.cat([self.rotations, hands], dim=-2))

    # -- other poses made from it -------------------------------------------------------------------------------

    def mirror(self) -> Pose:
        """The pose seen in a mirror: left and right exchanged across the plane x = 0."""
        signs = self.rotations.new_tensor(_MIRROR_SIGNS)
        flipped = self.rotations[..., MIRROR[: self.joints], :] * signs
        translation = None if self.translation is None else self.translation * -signs
        face = None if self.face is None else self.face[..., FACE_MIRROR, :] * signs
        return replace(self, rotations=flipped, translation=translation, face=face)

    def without_heading(self) -> Pose:
        """The same pose turned about the vertical so that it faces +Z; its tilt is kept.

        The root is decomposed as Ry(c) Rz(b) Rx(a), which is the Rz Ry Rx of Z-up data (PoseScript) after the
        change of axes, and c is set to zero. The translation is turned along.
        """
        turn = heading(self.rotations[..., 0, :])
        return self.turned(rot.axis_to_rotmat(-turn, "Y"))

    def turned(self, rotation: Float[Tensor, "*batch 3 3"]) -> Pose:
        """The whole body turned about the world's origin by `rotation`."""
        root = rot.rotmat_to_rotvec(rotation @ rot.rotvec_to_rotmat(self.rotations[..., 0, :]))
        rotations = torch.cat([root[..., None, :], self.rotations[..., 1:, :]], dim=-2)
        translation = self.translation
        if translation is not None:
            translation = (rotation @ translation[..., None]).squeeze(-1)
        return replace(self, rotations=rotations, translation=translation)

    def __getitem__(self, index: Any) -> Pose:
        """Index the leading axes; the pose's own axes cannot be indexed."""
        if not self.batch_shape:
            raise IndexError("a single Pose has no leading axis to index")
        return self._map(lambda tensor, own: tensor[(*_as_tuple(index), ..., *[slice(None)] * own)])

    def __iter__(self) -> Iterator[Pose]:
        return (self[index] for index in range(len(self)))

    def reshape(self, *batch: int) -> Pose:
        """The same poses with other leading axes."""
        return self._map(lambda tensor, own: tensor.reshape(*batch, *tensor.shape[tensor.ndim - own :]))

    def to(self, *args: Any, **kwargs: Any) -> Pose:
        """Move or cast every tensor, as `torch.Tensor.to` does."""
        return self._map(lambda tensor, own: tensor.to(*args, **kwargs))

    def detach(self) -> Pose:
        """The same values outside the autograd graph."""
        return self._map(lambda tensor, own: tensor.detach())

    def _map(self, function: Any) -> Pose:
        """Apply `function(tensor, number of own axes)` to every tensor that is there."""
        own = {"rotations": 2, "translation": 1, "shape": 1, "face": 2}
        changed = {
            name: function(getattr(self, name), axes) for name, axes in own.items() if getattr(self, name) is not None
        }
        return replace(self, **changed)


@dataclass(frozen=True, eq=False)
class Clip:
    """Poses in time.

    Args:
        pose: one leading axis, the frames.
        fps: frames a second.
        name: what to call it, usually the file's stem.
        notes: what the reader found worth keeping (source format, gender, action label, ...): JSON-like values.
    """

    pose: Pose
    fps: float = 30.0
    name: str = ""
    notes: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.pose.batch_shape) != 1:
            raise PoseloomError(f"Clip.pose: expected one leading axis (frames), got {self.pose.batch_shape}")
        if not 0 < self.fps < float("inf"):
            raise PoseloomError(f"Clip.fps: expected a positive number of frames a second, got {self.fps}")

    def __len__(self) -> int:
        return len(self.pose)

    @property
    def seconds(self) -> float:
        """Duration: frames / fps."""
        return len(self) / self.fps

    def __getitem__(self, frames: slice) -> Clip:
        """A part of the clip; a step makes the frame rate lower."""
        step = abs(frames.step or 1)
        return replace(self, pose=self.pose[frames], fps=self.fps / step)


def heading(root: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch"]:
    """Angle about +Y, in radians, by which a root orientation is turned to its own left (0 = facing +Z).

    Read off the direction of the hips (the body's x axis), so bending forward or lying on the back or on the front
    does not disturb it; undefined for a body that lies exactly on its side.
    """
    matrix = rot.rotvec_to_rotmat(root)
    return torch.atan2(-matrix[..., 2, 0], matrix[..., 0, 0])


def concatenate(poses: Sequence[Pose]) -> Pose:
    """Join poses along their first leading axis."""
    return _join(poses, torch.cat)


def stack(poses: Sequence[Pose]) -> Pose:
    """Put poses of equal batch shape side by side on a new first axis."""
    return _join(poses, torch.stack)


def _join(poses: Sequence[Pose], join: Any) -> Pose:
    if not poses:
        raise PoseloomError("expected at least one pose to join, got none")
    if len({pose.joints for pose in poses}) > 1:
        raise PoseloomError("poses of 22 and of 52 joints cannot be joined; call body() or with_hands() first")
    if len({pose.shape_model for pose in poses}) > 1:
        raise PoseloomError("poses with the shapes of different bodies cannot be joined")
    fields: dict[str, Any] = {}
    for name in ("rotations", "translation", "shape", "face"):
        tensors = [getattr(pose, name) for pose in poses]
        if any(tensor is None for tensor in tensors) and not all(tensor is None for tensor in tensors):
            raise PoseloomError(f"{name} is given for some poses and not for others; give it for all or none")
        fields[name] = None if tensors[0] is None else join(tensors)
    return replace(poses[0], **fields)


def _as_tuple(index: Any) -> tuple[Any, ...]:
    return index if isinstance(index, tuple) else (index,)


def _check(pose: Pose) -> None:
    rotations = pose.rotations
    if not isinstance(rotations, Tensor) or rotations.ndim < 2 or rotations.shape[-1] != 3:
        got = tuple(rotations.shape) if isinstance(rotations, Tensor) else type(rotations).__name__
        raise PoseloomError(f"Pose.rotations: expected a float tensor (..., 22 or 52, 3), got {got}")
    if rotations.shape[-2] not in (BODY_JOINTS, ALL_JOINTS):
        raise PoseloomError(
            f"Pose.rotations: expected 22 or 52 joints, got {rotations.shape[-2]}; select the joints of "
            "poseloom.pose.joints.JOINT_NAMES first"
        )
    batch = rotations.shape[:-2]
    own = {"rotations": rotations.shape[-2:], "translation": (3,), "shape": (None,), "face": (3, 3)}
    for name, axes in own.items():
        tensor = getattr(pose, name)
        if tensor is None:
            continue
        if not isinstance(tensor, Tensor) or not tensor.is_floating_point():
            raise PoseloomError(f"Pose.{name}: expected a float tensor, got {getattr(tensor, 'dtype', type(tensor))}")
        expected = (*batch, *(tensor.shape[-1] if axis is None else axis for axis in axes))
        if tuple(tensor.shape) != expected:
            raise PoseloomError(f"Pose.{name}: expected shape {expected}, got {tuple(tensor.shape)}")
        if not torch.isfinite(tensor).all():
            raise PoseloomError(f"Pose.{name}: holds NaN or infinity; remove or repair those frames first")
