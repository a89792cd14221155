"""AMASS npz: motions of the SMPL family, Z up (Mahmood et al., ICCV 2019; https://amass.is.tue.mpg.de).

Two variants: SMPL-H (``poses`` of 156 numbers a frame, ``mocap_framerate``) and SMPL-X (165, with jaw and eyes, also
in parts: ``root_orient``, ``pose_body``, ``pose_hand``, ``pose_jaw``, ``pose_eye``; ``mocap_frame_rate``). Either
spelling of the frame rate is read in both.

The world is turned by -90 degrees about x, (x, y, z) -> (x, z, -y): the root orientation and the translation. The
translation of the file moves the body's origin, ours is where the pelvis is: see `smpl_origin`. With Z up the two
differ by a step aside, which is left out unless poseloom wrote the file and so says what it added.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from poseloom.base.errors import FileError
from poseloom.base.files import atomic_write
from poseloom.formats.arrays import (
    DEFAULT_RATE,
    FRAMES,
    LARGEST_ANGLE,
    LARGEST_LENGTH,
    coefficients,
    frame_rate,
    numbers,
    same_frames,
    to_numpy,
)
from poseloom.formats.axes import TO_Y_UP, up_axis
from poseloom.formats.npz_files import NpzArchive, open_npz
from poseloom.formats.options import ReadOptions
from poseloom.formats.smpl_origin import (
    FIELD,
    LARGEST_REST_PELVIS,
    REST_PELVIS,
    origin_translation,
    pelvis_translation,
    rest_pelvis_of,
    upside_down,
)
from poseloom.pose import rotations as rot
from poseloom.pose.joints import ALL_JOINTS, BODY_JOINTS
from poseloom.pose.types import Clip, Pose

Z_UP_TO_Y_UP = TO_Y_UP["z"]
"""(x, y, z) -> (x, z, -y)."""
RATE_NAMES = ("mocap_framerate", "mocap_frame_rate", "fps", "frame_rate")
COEFFICIENTS = 16
"""Shape coefficients in an AMASS file."""
_SOFT_TISSUE_COEFFICIENTS = 8
"""DMPL coefficients a frame; they are not read, and written as zero."""
_HAND_NUMBERS = 3 * (ALL_JOINTS - BODY_JOINTS)
_BODY_NUMBERS = 3 * (BODY_JOINTS - 1)


@dataclass(frozen=True)
class _Layout:
    """Which rows of a file's joints are ours."""

    title: str
    shape_model: str
    joints: tuple[int, ...]
    face: tuple[int, ...] = ()


_FACE_ROWS = (22, 23, 24)
_LAYOUTS = {
    66: _Layout("AMASS, body only", "smplh", tuple(range(BODY_JOINTS))),
    72: _Layout("AMASS (SMPL)", "smpl", tuple(range(BODY_JOINTS))),
    156: _Layout("AMASS (SMPL-H)", "smplh", tuple(range(ALL_JOINTS))),
    165: _Layout("AMASS (SMPL-X)", "smplx", (*range(BODY_JOINTS), *range(25, 55)), _FACE_ROWS),
}
"""Numbers a frame in ``poses`` -> layout. SMPL's last two joints, the hands, are dropped."""
_SHAPE_MODELS = ("smplx", "smplh", "smpl")


def read_amass(path: str | Path, options: ReadOptions | None = None) -> Clip:
    """Read either variant; shape coefficients are repeated for every frame.

    Args:
        path: the file.
        options: `up`, if it is not Z.

    Raises:
        FileError: an array is missing, of the wrong shape or not finite, or there are no frames.
    """
    archive = open_npz(path)
    up = up_axis(options.up) if options is not None and options.up else "z"
    matrix = TO_Y_UP[up]
    poses, layout = _poses(archive)
    frames = len(poses)
    trans = (
        numbers(path, "trans", archive["trans"], (FRAMES, 3), largest=LARGEST_LENGTH) if "trans" in archive else None
    )
    same_frames(path, {"poses": poses, "trans": trans})
    joints = poses.reshape(frames, -1, 3)
    rotations = np.ascontiguousarray(joints[:, layout.joints])
    rotations[:, 0] = turn(rotations[:, 0], matrix)
    betas = coefficients(path, "betas", archive["betas"], frames) if "betas" in archive else None
    model = _shape_model(archive, layout)
    fps, notes = rate_of(archive)
    notes |= {"format": layout.title, **words_of(archive, ("gender",))}
    pose = Pose(
        torch.from_numpy(rotations),
        translation=None if trans is None else pelvis_of(archive, trans, model, rotations, up),
        shape=None if betas is None else torch.from_numpy(betas),
        shape_model="" if betas is None else model,
        face=torch.from_numpy(np.ascontiguousarray(joints[:, layout.face])) if layout.face else None,
    )
    return Clip(pose, fps, Path(path).stem, notes | upside_down(pose))


def pelvis_of(
    archive: NpzArchive, trans: NDArray[np.float32], model: str, rotations: NDArray[np.float32], up: str
) -> torch.Tensor:
    """Where the pelvis is, in our axes, for the translation of an SMPL body: see `smpl_origin`."""
    origin, known = np.array(REST_PELVIS[model]), FIELD in archive
    if known:
        origin = numbers(archive.path, FIELD, archive[FIELD], (3,), largest=LARGEST_REST_PELVIS)
    pelvis, _ = pelvis_translation(trans, origin, rotations, np.array(TO_Y_UP[up]), known)
    return torch.from_numpy(np.ascontiguousarray(pelvis, np.float32))


def write_amass(clip: Clip, path: str | Path) -> None:
    """Write the SMPL-H variant: Z up, float32, hands zero where there are none, face left out.

    Shape coefficients are those of an SMPL body, averaged over the frames; else zero.
    """
    poses, trans = _z_up(clip, "smplh")
    _write(
        path,
        rest_pelvis=rest_pelvis_of(clip, "smplh"),
        poses=poses,
        trans=trans,
        betas=_betas(clip.pose),
        gender=np.array(gender_of(clip)),
        mocap_framerate=np.array(clip.fps),
        dmpls=np.zeros((len(clip), _SOFT_TISSUE_COEFFICIENTS), np.float32),
    )


def write_amass_smplx(clip: Clip, path: str | Path) -> None:
    """Write the SMPL-X variant, whole and in parts; like `write_amass`, with the face."""
    poses, trans = _z_up(clip, "smplx")
    face = np.zeros((len(clip), 9), np.float32)
    if clip.pose.face is not None:
        face = to_numpy(clip.pose.face).astype(np.float32).reshape(-1, 9)
    body, hands = poses[:, : 3 * BODY_JOINTS], poses[:, 3 * BODY_JOINTS :]
    _write(
        path,
        rest_pelvis=rest_pelvis_of(clip, "smplx"),
        poses=np.concatenate([body, face, hands], axis=1),
        root_orient=body[:, :3],
        pose_body=body[:, 3:],
        pose_hand=hands,
        pose_jaw=face[:, :3],
        pose_eye=face[:, 3:],
        trans=trans,
        betas=_betas(clip.pose),
        num_betas=np.array(COEFFICIENTS),
        gender=np.array(gender_of(clip)),
        surface_model_type=np.array("smplx"),
        mocap_frame_rate=np.array(clip.fps),
        mocap_time_length=np.array(clip.seconds),
    )


def turn(rotations: NDArray[np.float32], matrix: tuple[tuple[float, ...], ...]) -> NDArray[np.float32]:
    """Axis-angle root orientations (frames, 3) in a world turned by `matrix`; computed in double precision."""
    world = torch.tensor(matrix, dtype=torch.float64)
    turned = rot.to_axis_angle(world @ rot.to_matrix(torch.from_numpy(rotations).double()))
    result: NDArray[np.float32] = turned.float().numpy()
    return result


def turn_points(points: NDArray[np.float32], matrix: tuple[tuple[float, ...], ...]) -> NDArray[np.float32]:
    """Points (frames, 3) in a world turned by `matrix`."""
    return np.ascontiguousarray(points @ np.array(matrix, dtype=np.float32).T)


def rate_of(archive: NpzArchive) -> tuple[float, dict[str, Any]]:
    """The frame rate under any of its names; where there is none, 30 and a note that it is assumed."""
    for name in RATE_NAMES:
        if name in archive:
            return frame_rate(archive.path, name, archive.number(name)), {}
    return DEFAULT_RATE, {"fps": f"not in the file, {DEFAULT_RATE:g} assumed"}


def words_of(archive: NpzArchive, names: tuple[str, ...]) -> dict[str, Any]:
    """Those of the named one-word arrays that are there."""
    return {name: archive.text(name) for name in names if name in archive}


def gender_of(clip: Clip) -> str:
    """The gender that a reader noted, else neutral."""
    return str(clip.notes.get("gender", "neutral"))


def _poses(archive: NpzArchive) -> tuple[NDArray[np.float32], _Layout]:
    path = archive.path
    if "poses" in archive:
        array = archive["poses"]
        if array.ndim == 3 and array.shape[-1] == 3:  # joints apart
            array = array.reshape(len(array), -1)
        poses = numbers(path, "poses", array, (FRAMES, "66, 72, 156 or 165"), largest=LARGEST_ANGLE)
        if poses.shape[1] not in _LAYOUTS:
            raise FileError(
                path,
                f"has {poses.shape[1]} numbers a frame ({poses.shape[1] / 3:g} joints), expected 66, 72, 156 or 165",
                field="poses",
                remedy="expected the pose of SMPL, SMPL-H or SMPL-X as full axis-angle",
            )
        return poses, _LAYOUTS[poses.shape[1]]
    parts = [_part(archive, "root_orient", 3, needed=True), _part(archive, "pose_body", _BODY_NUMBERS, needed=True)]
    face = [_part(archive, "pose_jaw", 3), _part(archive, "pose_eye", 6)]
    hands = _part(archive, "pose_hand", _HAND_NUMBERS)
    frames = same_frames(path, {"root_orient": parts[0], "pose_body": parts[1], "pose_hand": hands})
    same_frames(path, {"root_orient": parts[0], "pose_jaw": face[0], "pose_eye": face[1]})
    has_face = any(part is not None for part in face)
    if has_face:
        parts += [_or_zero(part, frames, width) for part, width in zip(face, (3, 6), strict=True)]
    if hands is not None or has_face:
        parts.append(_or_zero(hands, frames, _HAND_NUMBERS))
    poses = np.concatenate([part for part in parts if part is not None], axis=1)
    return poses, _LAYOUTS[poses.shape[1]]


def _part(archive: NpzArchive, name: str, width: int, *, needed: bool = False) -> NDArray[np.float32] | None:
    if name not in archive:
        if needed:
            raise FileError(archive.path, "is missing", field=name, remedy="expected poses, or its parts by name")
        return None
    remedy = "hands must be full axis-angle, not PCA coefficients" if name == "pose_hand" else None
    return numbers(archive.path, name, archive[name], (FRAMES, width), largest=LARGEST_ANGLE, remedy=remedy)


def _or_zero(part: NDArray[np.float32] | None, frames: int, width: int) -> NDArray[np.float32]:
    return np.zeros((frames, width), np.float32) if part is None else part


def _shape_model(archive: NpzArchive, layout: _Layout) -> str:
    told = archive.text("surface_model_type").lower() if "surface_model_type" in archive else ""
    return next((model for model in _SHAPE_MODELS if told.startswith(model)), layout.shape_model)


def _z_up(clip: Clip, model: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Rotations (frames, 156) and the translation (frames, 3) of an SMPL body's origin in a world with Z up."""
    back = tuple(zip(*Z_UP_TO_Y_UP, strict=True))
    rotations = to_numpy(clip.pose.with_hands().rotations).astype(np.float32)  # a copy: the root is changed
    rotations[:, 0] = turn(rotations[:, 0], back)
    return rotations.reshape(len(clip), -1), origin_translation(clip, model, np.array(back))


def _betas(pose: Pose) -> NDArray[np.float32]:
    betas = np.zeros(COEFFICIENTS, np.float32)
    if pose.shape is not None and pose.shape_model in _SHAPE_MODELS and len(pose):
        mean = to_numpy(pose.shape).astype(np.float64).mean(axis=0)[:COEFFICIENTS]
        betas[: len(mean)] = mean
    return betas


def _write(path: str | Path, **arrays: NDArray[Any]) -> None:
    with atomic_write(path) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]
