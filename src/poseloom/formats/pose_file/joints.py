"""Our joints as the keypoints of an estimator, and an estimator's keypoints as ours.

Ours are in metres, +Y up, +X to the person's left, +Z to the front; a picture of the person from the front has x to
the right, y down and z away from the camera, in pixels. Names are those of `poseloom.pose.keypoints`. Points that one
side does not have are missing: a skeleton has no heels.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float
from numpy import ndarray

from poseloom.base.errors import PoseloomError, closest
from poseloom.base.ranges import whole_number
from poseloom.formats.pose_file.face_movement import face_movement
from poseloom.formats.pose_file.layouts import layout, layout_of, table
from poseloom.formats.pose_file.sequence import Component, PoseSequence
from poseloom.pose.joints import JOINT_INDEX, JOINT_NAMES, PARENTS
from poseloom.pose.keypoints import names as keypoint_names
from poseloom.pose.kinematics import forward_kinematics
from poseloom.pose.skeleton import rest_offsets
from poseloom.pose.types import Clip

FAMILIES = ("holistic", "openpose")
_FINGERS = ("thumb", "index", "middle", "ring", "pinky")
_TIP_LENGTH = 0.8
"""Of a finger's last bone, beyond the skeleton's last joint, relative to the bone before it: an estimate."""
_TOE = {"left_bigtoe": "left_foot", "right_bigtoe": "right_foot"}
"""Nearest joint of the skeleton for the points of the toes."""


@dataclass(frozen=True)
class Picture:
    """How metres become pixels: a parallel projection from the front.

    Args:
        pixels_per_metre: scale of all three axes.
        width, height: pixels; the point `centre` lies in the middle.
        centre: metres, in our axes.
    """

    pixels_per_metre: float = 400.0
    width: int = 1000
    height: int = 1000
    centre: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def project(self, points: Float[ndarray, "*batch 3"]) -> Float[ndarray, "*batch 3"]:
        """Metres to pixels."""
        moved = (points - np.array(self.centre)) * np.array([1, -1, -1]) * self.pixels_per_metre
        return moved + np.array([self.width / 2, self.height / 2, 0])

    def lift(self, pixels: Float[ndarray, "*batch 3"]) -> Float[ndarray, "*batch 3"]:
        """Pixels to metres."""
        moved = pixels - np.array([self.width / 2, self.height / 2, 0])
        return moved / self.pixels_per_metre * np.array([1, -1, -1]) + np.array(self.centre)


def clip_to_sequence(
    clip: Clip, family: str = "holistic", picture: Picture | None = None, *, head: bool = True, face: bool = False
) -> PoseSequence:
    """A clip on the average free skeleton as a keypoint sequence with body, head and both hands.

    Finger tips continue the last bone; the toes are the skeleton's feet; nose, eyes, ears and mouth lie on the free
    body's skin and go along with the head. For another body's proportions give a body's own joints to
    `joints_to_sequence`.

    Args:
        clip: 22 joints (flat hands) or 52.
        family: ``holistic`` (XYZ, 33 + 21 + 21 points) or ``openpose`` (XY, 25 + 21 + 21 points).
        picture: projection; without one the person's first pelvis is in the middle of 1000 x 1000 pixels.
        head: whether nose, eyes, ears and mouth are there; they are missing otherwise.
        face: with the 468 points of Holistic's face mesh after the body's, of a face that blinks and does what
            ``clip.notes["face"]`` says: acts as for `face_movement`.

    Raises:
        PoseloomError: another family, or a face for OpenPose's points.
    """
    if face and family != "holistic":
        raise PoseloomError("a face of 468 points belongs to the keypoints 'holistic'; OpenPose's has other points")
    pose = clip.pose.with_hands().detach().to(dtype=torch.float64)
    offsets = rest_offsets().to(pose.rotations)
    root = pose.translation if pose.translation is not None else pose.rotations.new_zeros(len(clip), 3)
    turned, joints = forward_kinematics(pose.matrices(), offsets, PARENTS, root)
    names = {_keypoint(name): joints[:, index].numpy() for name, index in JOINT_INDEX.items()}
    for side in ("left", "right"):
        for finger in _FINGERS:
            before, last = names[f"{side}_{finger}_2"], names[f"{side}_{finger}_3"]
            names[f"{side}_{finger}"] = last + _TIP_LENGTH * (last - before)
    names |= {toe: names[foot] for toe, foot in _TOE.items()}
    if picture is None:
        picture = Picture(centre=tuple(joints[0, 0].tolist()))
    skull = joints[:, JOINT_INDEX["head"]].numpy(), turned[:, JOINT_INDEX["head"]].numpy()
    moved = face_points()[None]
    if face:
        moved = face_movement(len(clip), clip.fps, clip.notes.get("face", ())).of(moved[0])
    moved = np.broadcast_to(moved, (len(clip), *moved.shape[1:]))
    on_face = skull[0][:, None] + np.einsum("fij,fpj->fpi", skull[1], moved)
    if head:
        names |= {ours: on_face[:, places].mean(1) for ours, places in _head_points().items()}
    made = joints_to_sequence(names, family, clip.fps, picture)
    if head and family == "holistic":
        made = _with_points(made, {point: on_face[:, places].mean(1) for point, places in _head().items()}, picture)
    return _with_face(made, picture.project(on_face)) if face else made


def _with_points(
    sequence: PoseSequence, points: dict[str, Float[ndarray, "frames 3"]], picture: Picture
) -> PoseSequence:
    """The same with more points of the body, metres in our axes."""
    values, confidence = sequence.values.copy(), sequence.confidence.copy()
    for name, track in points.items():
        index = sequence.point(sequence.components[0].name, name)
        values[:, 0, index] = picture.project(track)
        confidence[:, 0, index] = 1
    return replace(sequence, values=values, confidence=confidence)


def _with_face(sequence: PoseSequence, points: Float[ndarray, "frames 468 3"]) -> PoseSequence:
    """The same with a face mesh after the body."""
    body = len(sequence.components[0].points)
    face = Component(layout("holistic").face, tuple(map(str, range(points.shape[1]))))
    values = np.concatenate([sequence.values[:, :, :body], points[:, None], sequence.values[:, :, body:]], 2)
    sure = np.ones((len(points), 1, points.shape[1]), np.float32)
    confidence = np.concatenate([sequence.confidence[:, :, :body], sure, sequence.confidence[:, :, body:]], 2)
    components = (sequence.components[0], face, *sequence.components[1:])
    return replace(sequence, components=components, values=values.astype(np.float32), confidence=confidence)


@lru_cache(maxsize=1)
def _face_table() -> dict[str, Any]:
    text = (resources.files("poseloom.formats.pose_file") / "face_points.json").read_text(encoding="utf-8")
    return json.loads(text)


@lru_cache(maxsize=1)
def face_points() -> Float[ndarray, "468 3"]:
    """The points of MediaPipe's face mesh on the average free body: metres from the head's joint at the T-pose."""
    return np.array(_face_table()["points"])


def _head() -> dict[str, list[int]]:
    """Holistic's points of the head -> points of the face mesh whose mean they are."""
    return _face_table()["head"]


def _head_points() -> dict[str, list[int]]:
    """The same by our names, for points that we name."""
    body = layout("holistic").shoulders[0]
    named = names_of_points("holistic")
    return {named[body, point]: places for point, places in _head().items() if (body, point) in named}


def joints_to_sequence(
    joints: dict[str, Float[ndarray, "frames 3"]], family: str, fps: float, picture: Picture | None = None
) -> PoseSequence:
    """Named keypoints over time, metres in our axes, as a keypoint sequence; names that are not given are missing.

    Args:
        joints: positions by the names of `poseloom.pose.keypoints` (``smplx``: with finger tips, nose, eyes, ears).
        family: ``holistic`` or ``openpose``.
        fps: frames a second.
        picture: projection; without one the origin is in the middle of 1000 x 1000 pixels.

    Raises:
        PoseloomError: another family, no joints, or positions of different lengths.
    """
    if family not in FAMILIES:
        raise PoseloomError(f"unknown keypoint family {family!r}{closest(family, FAMILIES)}; known: holistic, openpose")
    lengths = {len(track) for track in joints.values()}
    if len(lengths) != 1:
        raise PoseloomError(f"joints: expected tracks of one length, got lengths {sorted(lengths)}")
    picture = picture or Picture()
    components = _components(family)
    dimensions = components[0].dimensions
    points = [(one.name, name) for one in components for name in one.points]
    values = np.zeros((lengths.pop(), 1, len(points), dimensions), np.float32)
    confidence = np.zeros(values.shape[:3], np.float32)
    names = names_of_points(family)
    for index, point in enumerate(points):
        track = joints.get(names.get(point, ""))
        if track is not None:
            values[:, 0, index] = picture.project(np.asarray(track))[:, :dimensions]
            confidence[:, 0, index] = 1
    return PoseSequence(components, values, confidence, fps, picture.width, picture.height, picture.width)


def sequence_to_keypoints(
    sequence: PoseSequence, convention: str = "smplx", picture: Picture | None = None, person: int = 0
) -> tuple[Float[ndarray, "frames keypoints 3"], Bool[ndarray, "frames keypoints"]]:
    """One person's keypoints in a convention of `poseloom.pose.keypoints`, metres in our axes, and which were seen.

    Args:
        sequence: points of either family, any selection of them.
        convention: order and names of the result.
        picture: projection; without one the mean distance of the shoulders is taken for that of the average skeleton
            and their mean middle for the origin.
        person: which one.

    Raises:
        PoseloomError: unknown points, or no shoulders where a projection has to be guessed.
    """
    family, people = layout_of(sequence).name, sequence.values.shape[1]
    if people == 0 or len(sequence) == 0:
        raise PoseloomError("nobody is in it: the file has no people or no frames; nothing to show")
    whole_number("person", person, 0, people - 1)
    wanted = {name: index for index, name in enumerate(keypoint_names(convention))}
    values = np.zeros((len(sequence), sequence.values.shape[2], 3))
    values[..., : sequence.values.shape[-1]] = sequence.values[:, person]
    lifted = (picture or guessed_picture(sequence)).lift(values)
    keypoints, seen = np.zeros((len(sequence), len(wanted), 3)), np.zeros((len(sequence), len(wanted)), bool)
    for (component, point), name in names_of_points(family).items():
        if name in wanted and sequence.has(component, point):
            index = sequence.point(component, point)
            here = ~sequence.missing[:, person, index] & ~seen[:, wanted[name]]
            keypoints[here, wanted[name]] = lifted[here, index]
            seen[:, wanted[name]] |= here
    return keypoints, seen


def guessed_picture(sequence: PoseSequence) -> Picture:
    component, right, left = layout_of(sequence).shoulders
    a, b = (sequence.point(component, name) for name in (right, left))
    both = ~(sequence.missing[:, :, a] | sequence.missing[:, :, b])
    first, second = (sequence.values[:, :, point, :2][both].astype(np.float64) for point in (a, b))
    width = float(np.sqrt(np.square(first - second).sum(-1)).mean()) if both.any() else 0.0
    if width == 0:
        raise PoseloomError("the two shoulders are never seen apart, so that the pose has no scale; give a picture")
    middle = (first + second).mean(0) / 2
    scale = width / _shoulder_width()
    shift = (middle - np.array([sequence.width, sequence.height]) / 2) / scale
    return Picture(scale, sequence.width, sequence.height, (-float(shift[0]), float(shift[1]), 0.0))


@lru_cache(maxsize=1)
def _shoulder_width() -> float:
    identity = torch.eye(3).expand(len(JOINT_NAMES), 3, 3)
    joints = forward_kinematics(identity, rest_offsets(), PARENTS)[1]
    return float((joints[JOINT_INDEX["left_shoulder"]] - joints[JOINT_INDEX["right_shoulder"]]).norm())


def holistic_components() -> tuple[Component, ...]:
    """Body, left hand and right hand of MediaPipe Holistic, with the limbs that draw them."""
    return _components("holistic")


@lru_cache(maxsize=2)
def _components(family: str) -> tuple[Component, ...]:
    """Body and both hands, with the limbs that draw them."""
    row, known = table()[family], layout(family)

    def part(name: str, points: list[str], limbs: Iterable[Sequence[str]]) -> Component:
        place = {point: index for index, point in enumerate(points)}
        pairs = tuple((place[a], place[b]) for a, b in limbs)
        return Component(name, tuple(points), pairs, format=row["format"])

    hand = row["hand"]
    fingers = [(hand[0] if joint % 4 == 1 else hand[joint - 1], hand[joint]) for joint in range(1, len(hand))]
    return (part(known.shoulders[0], row["body"], row["limbs"]), *(part(name, hand, fingers) for name in known.hands))


@lru_cache(maxsize=2)
def names_of_points(family: str) -> dict[tuple[str, str], str]:
    """(component, point) -> name of the keypoint; where several points share a name, the hands' come first."""
    row, known = table()[family], layout(family)
    named: dict[tuple[str, str], str] = {}
    for side, component in zip(("left", "right"), known.hands, strict=True):
        ours = [f"{side}_{finger}{end}" for finger in _FINGERS for end in ("_1", "_2", "_3", "")]
        named |= {(component, point): name for point, name in zip(row["hand"], [f"{side}_wrist", *ours], strict=True)}
    body = known.shoulders[0]
    return named | {(body, point): name for point, name in row["joints"].items()}


def _keypoint(joint: str) -> str:
    """Name of a joint as `keypoints.json` spells it: ``spine1`` -> ``spine_1``, ``left_index1`` -> ``left_index_1``."""
    return f"{joint[:-1]}_{joint[-1]}" if joint[-1].isdigit() else joint
