"""Bare arrays of known widths: HumanML3D's 263 numbers a frame, Motion-X's 322, poses of the SMPL family.

HumanML3D (Guo et al., CVPR 2022) keeps for each frame the turn of the heading and the path on the ground as
velocities, the root's height, and the other joints relative to root and heading; 251 is KIT's skeleton. The joints
come back by adding up turns and steps.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from numpy.typing import NDArray

from poseloom.base.errors import FileError
from poseloom.formats.arrays import FRAMES, LARGEST_LENGTH, numbers
from poseloom.formats.model_outputs.layouts import Layout
from poseloom.formats.model_outputs.people import requested_person
from poseloom.formats.model_outputs.points import looks_like_points, points_to_tracks
from poseloom.formats.reading_options import ReadingOptions
from poseloom.pose.joint_tracks import JointTracks

_VECTORS = {263: ("HumanML3D vectors", 22, 20.0), 251: ("KIT-ML vectors", 21, 12.5)}
"""Numbers a frame -> what it is, its joints, its frames a second."""
_MOTION_X = 322
_POSES = {66: "", 72: "smpl", 156: "smplh", 165: "smplx"}
"""Numbers a frame of axis-angle poses; 66 numbers may be 22 points as well."""

_Found = tuple[Layout, dict[str, NDArray[Any]], dict[str, Any]]


def from_vectors(file: Path, array: NDArray[Any], options: ReadingOptions) -> JointTracks | _Found | None:
    """Points, or a layout with its fields, of an array whose width tells it; None for any other.

    Raises:
        FileError: numbers that HumanML3D has normalised.
    """
    width = array.shape[-1] if array.ndim else 0
    if array.ndim == 3 and width in (*_VECTORS, _MOTION_X):
        people = {str(index): {"rows": one} for index, one in enumerate(array)}
        name = requested_person(file, people, options.person)
        array, notes = people[name]["rows"], {"people": len(people), "person": name} if len(people) > 1 else {}
    else:
        notes = {}
    if array.ndim == 1 and width in (*_POSES, _MOTION_X):
        array = array[None]
    if array.ndim != 2:
        return None
    if width in _VECTORS:
        return _joints_of(file, array, width, notes, options)
    if width == _MOTION_X:
        parts = np.split(array, [3, 66, 156, 159, 209, 309, 312], axis=1)
        fields = {"root": parts[0], "body": parts[1], "hands": parts[2], "jaw": parts[3], "trans": parts[6]}
        layout = Layout("Motion-X, 322 numbers a frame", "one", (), {}, "smplx", "y")
        return layout, fields | {"betas": parts[7]}, notes
    if width in _POSES and not (width % 3 == 0 and looks_like_points(array.reshape(len(array), -1, 3))):
        layout = Layout(f"poses of {width} numbers a frame", "one", (), {}, _POSES[width], "y")
        return layout, {"whole": array}, notes
    return None


def _joints_of(
    file: Path, array: NDArray[Any], width: int, notes: dict[str, Any], options: ReadingOptions
) -> JointTracks:
    title, joints, rate = _VECTORS[width]
    vectors = numbers(file, title, array, (FRAMES, width), largest=LARGEST_LENGTH).astype(np.float64)
    points = recovered_joints(vectors, joints)
    if not looks_like_points(points):
        raise FileError(
            file,
            f"has {width} numbers a frame as {title} have, but they make no person",
            remedy="they may be normalised: multiply by Std.npy and add Mean.npy first",
        )
    layout = Layout(title, "one", (), {}, "", "y")
    return points_to_tracks(file, points, layout, options.fps or rate, {"format": title, **notes}, options)


def recovered_joints(vectors: Float[ndarray, "frames numbers"], joints: int) -> Float[ndarray, "frames joints 3"]:
    """Joint positions of HumanML3D's vectors, Y up.

    A frame holds the turn about Y to the next one (half an angle, radians), the step to the next one in the heading's
    axes (x, z), the root's height, then the other joints relative to the root's place on the ground and the heading.
    """
    turn, step, height = vectors[:, 0], vectors[:, 1:3], vectors[:, 3]
    half = np.concatenate([[0.0], np.cumsum(turn[:-1])])
    back = _about_y(-2 * half)
    moved = np.zeros((len(vectors), 3))
    moved[1:, [0, 2]] = step[:-1]
    ground = np.cumsum(np.einsum("fij,fj->fi", back, moved), axis=0)
    others = vectors[:, 4 : 4 + 3 * (joints - 1)].reshape(len(vectors), joints - 1, 3)
    turned = np.einsum("fij,fkj->fki", back, others)
    turned[..., [0, 2]] += ground[:, None, [0, 2]]
    root = ground.copy()
    root[:, 1] = height
    return np.concatenate([root[:, None], turned], axis=1)


def _about_y(angle: Float[ndarray, " frames"]) -> Float[ndarray, "frames 3 3"]:
    cosine, sine, zero = np.cos(angle), np.sin(angle), np.zeros_like(angle)
    rows = [cosine, zero, sine, zero, np.ones_like(angle), zero, -sine, zero, cosine]
    return np.stack(rows, axis=-1).reshape(-1, 3, 3)
