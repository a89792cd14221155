"""``.pose`` files as motion: tracks of one person's points out of a file, and a clip's joints into one.

The body comes from MediaPipe's world landmarks where the file has them (metres, hips in the middle), else from the
picture with its own, poorer depth; hands from the picture, at their wrist. OpenPose's points have no depth at all.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray

from poseloom.base.errors import FileError, PoseloomError
from poseloom.formats.pose_file.files import read_pose_file, write_pose_file
from poseloom.formats.pose_file.joints import clip_to_sequence, guessed_picture, names_of_points
from poseloom.formats.pose_file.layouts import layout_of
from poseloom.formats.pose_file.sequence import PoseSequence
from poseloom.formats.reading_options import REMARKS, ReadingOptions
from poseloom.pose.joint_tracks import JointTracks
from poseloom.pose.types import Clip

_WORLD = "POSE_WORLD_LANDMARKS"
_PICTURE_DEPTH = 0.5
"""How far a picture's depth is to be trusted beside its x and y."""
_SEEN = 0.2
"""Confidence from which a point is believed to be in the picture."""
_RAW_DEPTH = 20.0
"""Depths of the picture below this are not in pixels."""
_HIPS = ("left_hip", "right_hip", "pelvis", "neck")
"""Detectors mean other places by these words than bodies do; the words for theirs end otherwise."""
_TO_OURS = np.array([1.0, -1.0, -1.0])
"""Picture axes, x right, y down, z away, to ours."""


def read_pose_tracks(path: str | Path, options: ReadingOptions | None = None) -> JointTracks:
    """Read one person's points, metres in our axes.

    Raises:
        FileError: damaged, or the points of no known estimator.
        PoseloomError: there is no such person.
    """
    file = Path(path)
    sequence = read_pose_file(file)
    person = _person(file, sequence, options)
    try:
        family = layout_of(sequence).name
        points = _points(sequence, person)
    except PoseloomError as error:
        raise FileError(
            file, str(error), remedy="expected MediaPipe Holistic or OpenPose with 25 body points"
        ) from None
    names = tuple(points)
    positions = np.stack([points[name][0] for name in names], axis=1)
    weights = np.stack([points[name][1] for name in names], axis=1).clip(0, 1)
    weights[weights < _SEEN] = 0  # detectors make up what they do not see
    notes: dict[str, object] = {"format": f".pose, {family}"}
    if sequence.notes:
        notes[REMARKS] = sequence.notes
    if sequence.values.shape[1] > 1:
        notes |= {"people": sequence.values.shape[1], "person": person}
    flat = _depth(sequence, person) is None
    if flat:
        notes["depth"] = "the file has none; it is guessed by the ranges of the joints"
    return JointTracks(
        names,
        torch.from_numpy(positions).float(),
        torch.from_numpy(weights).float(),
        depth=0.0 if flat else _PICTURE_DEPTH,
        fps=sequence.fps,
        name=file.stem,
        notes=notes,
    )


def write_pose_clip(clip: Clip, path: str | Path) -> None:
    """Write a clip's joints as MediaPipe Holistic's points of a picture from the front; see `clip_to_sequence`."""
    write_pose_file(clip_to_sequence(clip), path)


def _person(file: Path, sequence: PoseSequence, options: ReadingOptions | None) -> int:
    """The person that is asked for, else the one who is seen most."""
    people = sequence.values.shape[1]
    if people == 0 or len(sequence) == 0:
        raise FileError(file, "holds nobody", remedy="get the file again")
    wanted = None if options is None else options.person
    if wanted is None:
        return int(sequence.confidence.sum((0, 2)).argmax())
    if not str(wanted).isdigit() or int(wanted) >= people:
        raise PoseloomError(f"{file}: no person {wanted!r}; there are {people}, counted from 0")
    return int(wanted)


def _points(
    sequence: PoseSequence, person: int
) -> dict[str, tuple[Float[ndarray, "frames 3"], Float[ndarray, " frames"]]]:
    """Position in metres and confidence of every point that has a name of ours."""
    known = layout_of(sequence)
    body = known.shoulders[0]
    values = np.zeros((len(sequence), sequence.values.shape[2], 3))
    values[..., : sequence.values.shape[-1]] = sequence.values[:, person]
    size = np.array([sequence.width or 1, sequence.height or 1, 1.0])
    world_places = values / size * _TO_OURS  # x and y are stored in pixels as everything else, z in metres
    depth = _depth(sequence, person)
    values[..., 2] = 0.0 if depth is None else depth
    lifted = guessed_picture(sequence).lift(values)
    world = any(component.name == _WORLD for component in sequence.components)
    found: dict[str, tuple[ndarray, ndarray]] = {}
    for (component, point), name in names_of_points(known.name).items():
        if not sequence.has(component, point):
            continue
        index = sequence.point(component, point)
        confidence = sequence.confidence[:, person, index]
        place = lifted[:, index]
        if component == body:
            if world and sequence.has(_WORLD, point):
                index = sequence.point(_WORLD, point)
                place, confidence = world_places[:, index], sequence.confidence[:, person, index]
            name = f"{name}_extra" if name in _HIPS[:2] else f"{name}_openpose" if name in _HIPS[2:] else name
        else:
            side = known.hands.index(component)
            place = place - lifted[:, _wrist(sequence, component)]
            wrist = _body_wrist(sequence, known.wrists[side], person, world_places if world else lifted)
            if wrist is None:
                continue
            place, confidence = place + wrist[0], confidence * (wrist[1] > 0)
        if name not in found or (component != body and "wrist" not in name):
            found[name] = place, confidence
    return found


def _depth(sequence: PoseSequence, person: int) -> Float[ndarray, "frames points"] | None:
    """Depths in pixels; None where the file has none, or shifted ones of unknown size."""
    seen = ~sequence.missing[:, person]
    if sequence.values.shape[-1] < 3 or not np.any(sequence.values[:, person, :, 2][seen]):
        return None
    depth = sequence.values[:, person, :, 2].astype(np.float64)
    middle, most = float(np.median(depth[seen])), float(np.quantile(np.abs(depth[seen]), 0.99))
    if most < _RAW_DEPTH:
        return depth * sequence.width  # MediaPipe's own z, in widths of the picture
    return None if np.quantile(np.abs(depth[seen] - middle), 0.99) < _RAW_DEPTH else depth


def _wrist(sequence: PoseSequence, hand: str) -> int:
    return sequence.point(hand, sequence.component(hand).points[0])


def _body_wrist(
    sequence: PoseSequence,
    wrist: tuple[str, str, str, str],
    person: int,
    places: Float[ndarray, "frames points 3"],
) -> tuple[ndarray, ndarray] | None:
    """Where the body's wrist is, and how sure; None where the file has no body."""
    component, point = wrist[:2]
    component = _WORLD if sequence.has(_WORLD, point) else component
    if not sequence.has(component, point):
        return None
    index = sequence.point(component, point)
    return places[:, index], sequence.confidence[:, person, index]
