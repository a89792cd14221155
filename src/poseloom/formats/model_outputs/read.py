"""From what a program wrote to a `Clip`, or to `JointTracks` where it holds points only."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from poseloom.base.errors import FileError
from poseloom.formats.arrays import (
    DEFAULT_RATE,
    LARGEST_LENGTH,
    coefficients,
    frame_rate,
    numbers,
)
from poseloom.formats.axes import TO_Y_UP, metres_of, up_axis
from poseloom.formats.model_outputs.content import as_array, read_content, unknown
from poseloom.formats.model_outputs.layouts import MEASURED, Layout, layouts
from poseloom.formats.model_outputs.people import find_layout, people_of, requested_person
from poseloom.formats.model_outputs.points import looks_like_points, points_to_tracks
from poseloom.formats.model_outputs.rotations import axis_angles
from poseloom.formats.model_outputs.vectors import from_vectors
from poseloom.formats.reading_options import ReadingOptions
from poseloom.formats.smpl_origin import (
    FIELD,
    LARGEST_REST_PELVIS,
    REST_PELVIS,
    pelvis_translation,
    upside_down,
)
from poseloom.pose import rotations as rot
from poseloom.pose.joint_tracks import JointTracks
from poseloom.pose.joints import ALL_JOINTS, BODY_JOINTS
from poseloom.pose.types import Clip, Pose

Record = dict[str, NDArray[Any]]

_BODY = tuple(range(BODY_JOINTS))
_ROWS: dict[int, tuple[tuple[int, ...], tuple[int, ...], str]] = {
    22: (_BODY, (), "smplh"),
    24: (_BODY, (), "smpl"),
    52: (tuple(range(ALL_JOINTS)), (), "smplh"),
    53: (tuple(range(ALL_JOINTS)), (52,), "smplx"),
    55: ((*_BODY, *range(25, 55)), (22, 23, 24), "smplx"),
}
"""Joints in a file -> which rows are ours, which the face (53: the jaw alone), and the body that orders them so."""


_LEAST_OF_A_HAND = 45
"""Numbers of 15 joints."""
_LARGEST_TURN = 1.01 * np.pi
"""Radians of an axis-angle vector as programs write it, with rounding."""


def read_model_output(path: str | Path, options: ReadingOptions | None = None) -> Clip | JointTracks:
    """Read what a program wrote, one person of it; notes tell what it was taken for and how many people there are.

    Raises:
        FileError: damaged, of no known layout, or with fields of other shapes.
        PoseloomError: there is no such person, or an option that does not fit.
    """
    file, options = Path(path), options or ReadingOptions()
    content = read_content(file)
    array = as_array(content) if not isinstance(content, Mapping) else None
    if array is not None:
        return from_array(file, array, options)
    found = find_layout(content)
    if found is None:
        raise unknown(file, content)
    layout, entered = found
    people = people_of(entered, layout, file)
    name = requested_person(file, people, options.person)
    notes: dict[str, Any] = {"format": layout.title}
    if len(people) > 1:
        notes |= {"people": len(people), "person": name}
    rate, told = _rate(file, (entered, content), layout, options)
    record = people[name]
    if "points" in record:
        return points_to_tracks(file, _placed(record), layout, rate, notes | told, options)
    marked = as_array(entered[FIELD]) if isinstance(entered, Mapping) and FIELD in entered else None
    return clip_of(file, record, layout, rate, notes | told, options, marked)


def from_array(file: Path, array: NDArray[Any], options: ReadingOptions) -> Clip | JointTracks:
    """A bare array of numbers: points, or vectors of a known width."""
    read = from_vectors(file, array, options)
    if isinstance(read, JointTracks):
        return read
    if read is not None:
        layout, record, notes = read
        rate = options.fps or layout.fps or DEFAULT_RATE
        told = {} if options.fps or layout.fps else {"fps": f"not in the file, {rate:g} assumed"}
        return clip_of(file, record, layout, rate, {"format": layout.title, **notes, **told}, options)
    rate = options.fps or DEFAULT_RATE
    if _are_rotations(array, options):
        layout = Layout(f"rotations of {array.shape[1]} joints", "one", (), {}, "", "y")
        told = {} if options.fps else {"fps": f"not in the file, {rate:g} assumed"}
        return clip_of(file, {"whole": array}, layout, rate, {"format": layout.title, **told}, options)
    layout = Layout("joint positions", "one", (), {}, "", MEASURED)
    notes = {"format": layout.title}
    if options.fps is None:
        notes["fps"] = f"not in the file, {rate:g} assumed (HumanML3D and what is trained on it: 20)"
    return points_to_tracks(file, array, layout, rate, notes, options)


def _are_rotations(array: NDArray[Any], options: ReadingOptions) -> bool:
    """Whether a bare array has rotations by joint: matrices, 6D, or axis-angle that makes no person as points."""
    if options.joint_map is not None or array.ndim not in (3, 4) or array.shape[1] not in _ROWS:
        return False
    size = array.shape[2:]
    if size in ((3, 3), (6,)):
        return True
    turns = np.linalg.norm(array, axis=-1) if size == (3,) else np.array(np.inf)
    return bool(turns.max(initial=0) <= _LARGEST_TURN) and not looks_like_points(array.astype(np.float64))


def clip_of(
    file: Path,
    record: Record,
    layout: Layout,
    rate: float,
    notes: dict[str, Any],
    options: ReadingOptions,
    rest_pelvis: NDArray[Any] | None = None,
) -> Clip:
    """A clip from the fields of one person."""
    rotations, face, model = _rotations(file, record, layout)
    frames = len(rotations)
    up = up_axis(options.up) if options.up else layout.up
    if up == MEASURED:
        up = "y"
    turn = np.array(TO_Y_UP[up])
    root = torch.from_numpy(turn) @ rot.rotvec_to_rotmat(torch.from_numpy(rotations[:, 0]).double())
    rotations[:, 0] = rot.rotmat_to_rotvec(root).float().numpy()
    notes = notes | ({"up": up} if up != "y" else {})
    translation = None
    trans = _translation(file, record, frames, options)
    if trans is not None:
        known = rest_pelvis is not None
        origin = np.array(REST_PELVIS[model])
        if rest_pelvis is not None:
            origin = numbers(file, FIELD, rest_pelvis, (3,), largest=LARGEST_REST_PELVIS).astype(np.float64)
        elif layout.origin == "pelvis":
            origin = np.zeros(3)
        translation, meant = pelvis_translation(trans, origin, rotations, turn, known)
        notes["translation"] = f"taken for that of {meant}"
    if any(_is_pca(record[role]) for role in ("left_hand", "right_hand") if role in record):
        notes["hands"] = "told by PCA coefficients, which need the licensed model: left out"
    betas = _betas(file, record, frames)
    pose = Pose(
        torch.from_numpy(rotations),
        translation=None if translation is None else torch.from_numpy(np.ascontiguousarray(translation, np.float32)),
        shape=None if betas is None else torch.from_numpy(betas),
        shape_model="" if betas is None else model,
        face=None if face is None else torch.from_numpy(face),
    )
    return Clip(pose, rate, file.stem, notes | upside_down(pose))


def _rotations(
    file: Path, record: Record, layout: Layout
) -> tuple[NDArray[np.float32], NDArray[np.float32] | None, str]:
    """All joints of ours (frames, 22 or 52, 3), the face, and the body whose order it is."""
    if "whole" in record:
        whole = axis_angles(file, "poses", record["whole"], tuple(_ROWS))
        rows, face_rows, model = _ROWS[whole.shape[1]]
        rotations = np.ascontiguousarray(whole[:, rows])
        if "root" in record:
            rotations[:, 0] = _of(file, record, "root", (1,), len(rotations))[:, 0]
        face = None
        if face_rows:
            face = np.zeros((len(whole), 3, 3), np.float32)
            face[:, : len(face_rows)] = whole[:, face_rows]
        return rotations, face, layout.body or model
    body = axis_angles(file, "body_pose", record["body"], (21, 23)) if "body" in record else None
    if body is None:
        raise FileError(file, "holds no rotations of the body", remedy="expected body_pose or poses")
    frames = len(body)
    root = _of(file, record, "root", (1,), frames) if "root" in record else np.zeros((frames, 1, 3), np.float32)
    parts = [root, body[:, :21]]
    if "hands" in record:
        parts.append(_of(file, record, "hands", (30,), frames))
    elif "left_hand" in record or "right_hand" in record:
        still = np.zeros((frames, 15, 3), np.float32)
        told = [role for role in ("left_hand", "right_hand") if role in record and not _is_pca(record[role])]
        if told:
            parts += [_of(file, record, r, (15,), frames) if r in told else still for r in ("left_hand", "right_hand")]
    face = None
    if "jaw" in record:
        face = np.zeros((frames, 3, 3), np.float32)
        face[:, :1] = _of(file, record, "jaw", (1,), frames)
    model = layout.body or ("smpl" if body.shape[1] == 23 else "smplx")
    return np.concatenate(parts, axis=1), face, model


def _is_pca(hand: NDArray[Any]) -> bool:
    """Whether a hand is told by coefficients of the licensed model, so that its joints are not known."""
    return hand.ndim in (1, 2) and hand.shape[-1] < _LEAST_OF_A_HAND


def _of(file: Path, record: Record, role: str, joints: tuple[int, ...], frames: int) -> NDArray[np.float32]:
    part = axis_angles(file, role, record[role], joints)
    if len(part) != frames:
        raise FileError(file, f"holds {len(part)} frames where the body holds {frames}", field=role)
    return part


def _translation(file: Path, record: Record, frames: int, options: ReadingOptions) -> NDArray[np.float64] | None:
    if "trans" not in record:
        return None
    array = record["trans"]
    if array.size == 3 * frames:
        array = array.reshape(frames, 3)
    checked = numbers(file, "trans", array, (frames, 3), largest=LARGEST_LENGTH).astype(np.float64)
    if "scale" in record and record["scale"].size:
        scale = float(record["scale"].reshape(-1)[0])
        if not 0 < scale < LARGEST_LENGTH:
            raise FileError(file, f"is {scale:g}, expected a positive scale", field="smpl_scaling")
        checked = checked / scale
    if options.unit is not None:
        checked = checked * metres_of(options.unit)
    return checked


def _betas(file: Path, record: Record, frames: int) -> NDArray[np.float32] | None:
    if "betas" not in record:
        return None
    array = record["betas"]
    if array.ndim and array.size:
        array = array.reshape(-1, array.shape[-1])
    if len(array) not in (1, frames):
        array = array[:1]
    return coefficients(file, "betas", array, frames)


def _placed(record: Record) -> NDArray[Any]:
    """Points (frames, points, 3) with the place of the person added where it is given apart."""
    points = record["points"]
    if points.ndim == 2:
        points = points[None]
    trans = record.get("trans")
    if trans is not None and trans.size == 3 * len(points) and points.ndim == 3:
        points = points + trans.reshape(len(points), 1, 3)
    return points


def _rate(file: Path, places: tuple[Any, ...], layout: Layout, options: ReadingOptions) -> tuple[float, dict[str, Any]]:
    """Frames a second: the user's, the file's, the program's, else an assumed one and a note of it."""
    if options.fps is not None:
        return options.fps, {}
    for place in places:
        for name in layouts().rates:
            array = as_array(place[name]) if isinstance(place, Mapping) and name in place else None
            if array is not None and array.size == 1:
                return frame_rate(file, name, float(array.reshape(()))), {}
    if layout.fps is not None:
        return layout.fps, {}
    return DEFAULT_RATE, {"fps": f"not in the file, {DEFAULT_RATE:g} assumed"}
