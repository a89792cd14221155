"""SMPL-X parameter npz: the arrays that mesh recovery writes, named as the arguments of the SMPL-X layer.

``global_orient``, ``body_pose`` (21 joints, or SMPL's 23), ``left_hand_pose``, ``right_hand_pose``, ``jaw_pose``,
``leye_pose``, ``reye_pose``, ``betas``, ``transl``; axis-angle, flat or by joint, or rotation matrices. Y up unless
told otherwise.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from poseloom.base.errors import FileError
from poseloom.base.files import atomic_write
from poseloom.formats.amass import gender_of, pelvis_of, rate_of, turn, words_of
from poseloom.formats.arrays import (
    FRAMES,
    LARGEST_ANGLE,
    LARGEST_LENGTH,
    coefficients,
    numbers,
    same_frames,
    to_numpy,
)
from poseloom.formats.axes import TO_Y_UP, up_axis
from poseloom.formats.npz_files import NpzArchive, open_npz
from poseloom.formats.options import ReadOptions
from poseloom.formats.smpl_origin import FIELD, origin_translation, rest_pelvis_of, upside_down
from poseloom.pose import rotations as rot
from poseloom.pose.joints import BODY_JOINTS, FACE_JOINTS
from poseloom.pose.types import Clip, Pose

_BODY = BODY_JOINTS - 1
_SMPL_BODY = 23
_HAND = 15
_HANDS = ("left_hand_pose", "right_hand_pose")
_FACE = dict(zip(FACE_JOINTS, ("jaw_pose", "leye_pose", "reye_pose"), strict=True))
_PCA_REMEDY = (
    "these look like PCA coefficients; export full axis-angle (use_pca=False, 45 numbers a hand), or remove the field"
)
_TITLE = "SMPL-X parameters"


def read_smplx_npz(path: str | Path, options: ReadOptions | None = None, *, up: str = "Y") -> Clip:
    """Read the parameters; one person without a leading axis becomes a clip of one frame.

    Args:
        path: the file.
        options: `up`; the same as the next argument.
        up: the axis of the file's world that points up: ``"Y"``, ``"Z"``, ``"-Y"`` for a camera's, ...

    Raises:
        FileError: an array is missing, of the wrong shape or not finite; hands given as PCA coefficients.
    """
    axis = up_axis(options.up if options is not None and options.up else up)
    archive = open_npz(path)
    fps, notes = rate_of(archive)
    notes |= {"format": _TITLE, **words_of(archive, ("gender",))}
    body = _rotations(archive, "body_pose", (_BODY, _SMPL_BODY))
    if body is None:
        raise FileError(path, "is missing", field="body_pose", remedy="expected the parameters of SMPL-X by name")
    is_smpl = body.shape[1] == _SMPL_BODY
    if is_smpl:
        notes["dropped"] = "SMPL's two hand joints"
    root = _rotations(archive, "global_orient", (1,))
    hands = {name: _rotations(archive, name, (_HAND,), _PCA_REMEDY) for name in _HANDS}
    face = {name: _rotations(archive, name, (1,)) for name in _FACE.values()}
    trans_name = "transl" if "transl" in archive else "trans"
    trans = _translation(archive, trans_name)
    frames = same_frames(path, {"body_pose": body, "global_orient": root, trans_name: trans, **hands, **face})
    root = np.zeros((frames, 1, 3), np.float32) if root is None else root
    root = turn(root[:, 0], TO_Y_UP[axis])[:, None]
    rotations = np.concatenate([root, body[:, :_BODY], *_together(hands, frames, _HAND)], axis=1)
    model = "smpl" if is_smpl else "smplx"
    betas = coefficients(path, "betas", archive["betas"], frames) if "betas" in archive else None
    pose = Pose(
        torch.from_numpy(rotations),
        translation=None if trans is None else pelvis_of(archive, trans, model, rotations, axis),
        shape=None if betas is None else torch.from_numpy(betas),
        shape_model="" if betas is None else model,
        face=torch.from_numpy(np.concatenate(parts, axis=1)) if (parts := _together(face, frames, 1)) else None,
    )
    return Clip(pose, fps, Path(path).stem, notes | upside_down(pose))


def write_smplx_npz(clip: Clip, path: str | Path) -> None:
    """Write the parameters, Y up, flat axis-angle in float32; only what the clip has."""
    rotations = to_numpy(clip.pose.rotations).astype(np.float32)
    arrays = {"global_orient": rotations[:, 0], "body_pose": rotations[:, 1:BODY_JOINTS].reshape(len(clip), -1)}
    if rotations.shape[1] > BODY_JOINTS:
        for name, hand in zip(_HANDS, np.split(rotations[:, BODY_JOINTS:], 2, axis=1), strict=True):
            arrays[name] = hand.reshape(len(clip), -1)
    if clip.pose.face is not None:
        for index, name in enumerate(_FACE.values()):
            arrays[name] = to_numpy(clip.pose.face).astype(np.float32)[:, index]
    if clip.pose.translation is not None:
        arrays["transl"] = origin_translation(clip, "smplx", np.eye(3))
        arrays[FIELD] = rest_pelvis_of(clip, "smplx")
    if clip.pose.shape is not None and clip.pose.shape_model.startswith("smpl"):
        arrays["betas"] = to_numpy(clip.pose.shape).astype(np.float32)
    arrays |= {"gender": np.array(gender_of(clip)), "fps": np.array(clip.fps)}
    with atomic_write(path) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]


def _rotations(
    archive: NpzArchive, name: str, joints: tuple[int, ...], remedy: str | None = None
) -> NDArray[np.float32] | None:
    """One field as axis-angle (frames, joints, 3), from any of the shapes that are in use; None if it is not there."""
    if name not in archive:
        return None
    array = archive[name]
    if array.ndim >= 3 and array.shape[-2:] == (3, 3):
        return _from_matrices(archive, name, array, joints)
    alone = array.ndim == 1 or (
        array.ndim == 2 and array.shape[1] == 3 and array.shape[0] in joints and 1 not in joints
    )
    flat = array.reshape(1 if alone else len(array), -1) if array.size and array.ndim else array
    widths = {3 * count for count in joints}
    if flat.ndim == 2 and len(flat) and flat.shape[1] not in widths:
        wanted = " or ".join(map(str, sorted(widths)))
        raise FileError(
            archive.path, f"has {flat.shape[1]} numbers a frame, expected {wanted}", field=name, remedy=remedy
        )
    checked = numbers(archive.path, name, flat, (FRAMES, "numbers"), largest=LARGEST_ANGLE, remedy=remedy)
    return checked.reshape(len(checked), -1, 3)


def _from_matrices(
    archive: NpzArchive, name: str, array: NDArray[np.generic], joints: tuple[int, ...]
) -> NDArray[np.float32]:
    by_joint = array if array.ndim > 3 else array[:, None] if 1 in joints else array[None]
    checked = numbers(archive.path, name, by_joint, (FRAMES, "joints", 3, 3), largest=LARGEST_ANGLE)
    if checked.shape[1] not in joints:
        wanted = " or ".join(map(str, joints))
        raise FileError(archive.path, f"has {checked.shape[1]} joints, expected {wanted}", field=name)
    matrices = torch.from_numpy(checked)
    defect = (matrices.mT @ matrices - torch.eye(3)).abs().amax(dim=(1, 2, 3)) + (torch.linalg.det(matrices) < 0).any(1)
    if not bool((defect < _ORTHONORMAL).all()):
        frame = int((~(defect < _ORTHONORMAL)).nonzero()[0])
        raise FileError(archive.path, f"frame {frame} is no rotation matrix", field=name, remedy="export axis-angle")
    result: NDArray[np.float32] = rot.to_axis_angle(matrices).numpy()
    return result


_ORTHONORMAL = 1e-2
"""Largest error of a rotation matrix that rounding to 16 bits explains."""


def _translation(archive: NpzArchive, name: str) -> NDArray[np.float32] | None:
    if name not in archive:
        return None
    array = archive[name]
    if array.ndim == 1 or (array.ndim == 3 and array.shape[1] == 1):
        array = array.reshape(-1, array.shape[-1]) if array.size else array
    return numbers(archive.path, name, array, (FRAMES, 3), largest=LARGEST_LENGTH)


def _together(parts: dict[str, NDArray[np.float32] | None], frames: int, joints: int) -> list[NDArray[np.float32]]:
    """All parts, zero where one is missing; none at all if every one is."""
    if all(part is None for part in parts.values()):
        return []
    return [np.zeros((frames, joints, 3), np.float32) if part is None else part for part in parts.values()]
