"""Points without rotations: which convention they follow, in which unit, what is up; as `JointTracks`.

A convention is named by the user, told by the number of points, or, where several have as many, found by the bones:
between the joints of the right one the lengths are a person's and stay the same.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray
from numpy.typing import NDArray

from poseloom.base.datafiles import read_table
from poseloom.base.errors import FileError, PoseloomError, closest
from poseloom.base.files import read_text
from poseloom.formats.arrays import FRAMES, numbers
from poseloom.formats.axes import TO_Y_UP, metres_of, nearest_axis, up_axis
from poseloom.formats.model_outputs.layouts import MEASURED, Layout
from poseloom.formats.model_outputs.people import requested_person
from poseloom.formats.reading_options import ReadingOptions
from poseloom.pose import keypoints
from poseloom.pose.joint_tracks import JointTracks
from poseloom.pose.joints import BODY_JOINTS, JOINT_INDEX, JOINT_NAMES
from poseloom.pose.skeleton import rest_offsets

_FILE = Path(__file__).with_name("conventions.json")
_LIMBS = (("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"), ("elbow", "wrist"))
_WIDTHS = ("hip", "shoulder")
_GOOD, _CLEARER = 0.35, 1.5
"""Largest misfit of a convention (log of bone lengths), and how much better it must be than the next."""
_PREFERRED = ("smpl_22", "smpl", "coco", "h36m", "openpose_25")
"""Of conventions that differ in the head alone."""
_SMPL_22 = tuple(f"{name[:-1]}_{name[-1]}" if name[-1].isdigit() else name for name in JOINT_NAMES[:BODY_JOINTS])
_LARGEST_UNITLESS = 1e7
_UNITS = {"metres": 1.0, "centimetres": 0.01, "millimetres": 0.001}
_SEVERAL = 3
"""Fewer frames tell nothing of how a motion goes on."""
_ADULT = 1.7
"""Factor around the average body within which a person's size is believed."""


def points_to_tracks(
    file: Path,
    array: NDArray[Any],
    layout: Layout,
    rate: float,
    notes: dict[str, Any],
    options: ReadingOptions,
) -> JointTracks:
    """Points (frames, points, 3), several people's on a further axis, as tracks in our axes and metres.

    Raises:
        FileError: another shape, or of no known convention.
    """
    array, told = _one_person(file, array, options)
    positions = numbers(file, "joints", np.nan_to_num(array), (FRAMES, "points", 3), largest=_LARGEST_UNITLESS)
    missing = ~np.isfinite(array).all(-1)
    names, convention = _convention(file, positions.astype(np.float64), layout, options)
    positions, unit = _in_metres(positions.astype(np.float64), names, options)
    up = up_axis(options.up) if options.up else layout.up
    if up == MEASURED:
        up = _measured_up(positions, names) or "y"
    points = positions @ np.array(TO_Y_UP[up]).T
    weights = np.where(missing, 0.0, [1.0 if name else 0.0 for name in names])
    notes = notes | told | {"points": convention} | unit | ({"up": up} if up != "y" else {})
    return JointTracks(
        tuple(name or f"unused_{index}" for index, name in enumerate(names)),
        torch.from_numpy(np.ascontiguousarray(points)).float(),
        torch.from_numpy(weights).float(),
        fps=rate,
        name=file.stem,
        notes=notes,
    )


def looks_like_points(positions: Float[ndarray, "frames points 3"]) -> bool:
    """Whether some convention of as many points makes a person of them."""
    if not np.isfinite(positions).all():
        return False
    return any(misfit(positions, names)[0] < _GOOD for names in _candidates(positions.shape[1]).values())


def misfit(positions: Float[ndarray, "frames points 3"], names: tuple[str, ...]) -> tuple[float, float]:
    """How badly bones under these names are a person's, and the person's size beside the average body.

    The first number is the larger of two: the spread of the log ratios of bone lengths to the average body's, and
    the spread of a bone's log length over time.
    """
    place = {_joint(name): index for index, name in reversed(list(enumerate(names))) if _joint(name)}
    ratios, restless = [], []
    for a, b, rest in _bones():
        if a in place and b in place:
            lengths = np.linalg.norm(positions[:, place[a]] - positions[:, place[b]], axis=-1)
            if not (lengths > 0).any():
                return np.inf, 1.0
            lengths = np.log(lengths[lengths > 0])
            ratios.append(np.median(lengths) - np.log(rest))
            restless.append(lengths.std())
    if len(ratios) < len(_LIMBS):
        return np.inf, 1.0
    size = float(np.median(ratios))
    spread = float(np.sqrt(np.mean(np.square(np.array(ratios) - size))))
    return max(spread, 2 * float(np.median(restless))), float(np.exp(size))


@lru_cache(maxsize=1)
def _bones() -> list[tuple[str, str, float]]:
    """Pairs of joints, and how far apart they are on the average body."""
    rest = dict(zip(JOINT_NAMES, rest_offsets().double().numpy(), strict=True))
    found = []
    for side in ("left", "right"):
        for upper, lower in _LIMBS:
            child = f"{side}_{lower}"
            found.append((f"{side}_{upper}", child, float(np.linalg.norm(rest[child]))))
    for name in _WIDTHS:
        chain = ("collar", "shoulder") if name == "shoulder" else (name,)
        width = abs(sum(rest[f"left_{part}"][0] - rest[f"right_{part}"][0] for part in chain))
        found.append((f"left_{name}", f"right_{name}", float(width)))
    trunk = sum(rest[name] for name in ("spine1", "spine2", "spine3", "left_collar", "left_shoulder"))
    for side in ("left", "right"):
        apart = trunk - rest["left_hip"]
        found.append((f"{side}_hip", f"{side}_shoulder", float(np.linalg.norm(apart))))
    return found


def _joint(name: str) -> str:
    """The joint that a keypoint's name means, with the suffix of its detector."""
    for suffix in ("_openpose", "_extra"):
        name = name.removesuffix(suffix)
    return name


@lru_cache(maxsize=1)
def _own_conventions() -> dict[str, tuple[str, ...]]:
    return {name: tuple(points) for name, points in read_table(_FILE)["conventions"].items()}


def convention_names() -> tuple[str, ...]:
    """All conventions that points may follow."""
    return tuple(dict.fromkeys([*_own_conventions(), *keypoints.conventions()]))


def _names_of(convention: str) -> tuple[str, ...]:
    own = _own_conventions()
    return own[convention] if convention in own else keypoints.names(convention)


def _candidates(count: int) -> dict[str, tuple[str, ...]]:
    """Conventions of as many points; the shortest that SMPL's joints begin with count as its own."""
    found = {name: _names_of(name) for name in convention_names() if len(_names_of(name)) == count}
    if count == 22:
        found["smpl_22"] = _SMPL_22
    return found


def _convention(
    file: Path, positions: Float[ndarray, "frames points 3"], layout: Layout, options: ReadingOptions
) -> tuple[tuple[str, ...], str]:
    count = positions.shape[1]
    if options.joint_map is not None:
        return _named_by_user(file, options.joint_map, count)
    if layout.points:
        names = _names_of(layout.points)
        if len(names) != count:
            raise FileError(file, f"has {count} points, expected the {len(names)} of {layout.points}", field="points")
        return names, layout.points
    ranked = sorted((misfit(positions, names)[0], name) for name, names in _candidates(count).items())
    good = [(value, name) for value, name in ranked if value < _GOOD]
    if not good:
        known = sorted({len(_names_of(name)) for name in convention_names()})
        what = (
            f"the {count} points make no person by {', '.join(name for _, name in ranked)}"
            if ranked
            else (f"no known convention has {count} points; known: {', '.join(map(str, known))}")
        )
        raise FileError(file, what[:220], remedy="name them: joint_map= takes a convention or a table of joints")
    best = good[0][0] * _CLEARER
    near = [name for value, name in good if value <= best]
    name = next((name for name in _PREFERRED if name in near), good[0][1])
    same = [other for other in near if _limbs_of(other) != _limbs_of(name)]
    if same:
        raise FileError(
            file,
            f"{count} points can be {name} or {' or '.join(same)}",
            remedy=f"say which with joint_map={name!r}",
        )
    return _candidates(count)[name], name


def _limbs_of(convention: str) -> tuple[int, ...]:
    """Where shoulders to wrists and hips to ankles stand in a convention."""
    names = [_joint(name) for name in (_SMPL_22 if convention == "smpl_22" else _names_of(convention))]
    parts = [f"{side}_{part}" for side in ("left", "right") for limb in _LIMBS for part in limb]
    return tuple(names.index(part) for part in parts if part in names)


def _named_by_user(file: Path, joint_map: Mapping[str, Any] | str | Path, count: int) -> tuple[tuple[str, ...], str]:
    """Names by the user's word: a convention, or a table of our joint to the number of a point."""
    if isinstance(joint_map, str) and joint_map in (*convention_names(), "smpl_22"):
        names = _names_of(joint_map) if joint_map != "smpl_22" else _SMPL_22
        if len(names) != count:
            raise FileError(file, f"has {count} points, {joint_map} has {len(names)}", field="joint_map")
        return names, joint_map
    if isinstance(joint_map, str | Path):
        if not Path(joint_map).is_file():
            known = convention_names()
            raise PoseloomError(
                f"joint_map: no convention {str(joint_map)[:60]!r}{closest(str(joint_map), known)}; "
                f"known: {', '.join(known)}; or a JSON file of joints"[:380]
            )
        try:
            joint_map = json.loads(read_text(joint_map))
        except ValueError:
            raise FileError(Path(str(joint_map)), "is not JSON", remedy="expected a table of joint to number") from None
    named = [""] * count
    items = dict(joint_map) if isinstance(joint_map, Mapping) else {}
    for joint, index in items.items():
        if joint in JOINT_INDEX:
            joint = f"{joint[:-1]}_{joint[-1]}" if joint[-1].isdigit() else joint
        if not str(index).isdigit() or int(index) >= count:
            raise PoseloomError(f"joint_map: {joint}: expected the number of a point, 0 to {count - 1}, got {index!r}")
        named[int(index)] = str(joint)
    return tuple(named), "joint_map"


def _one_person(file: Path, array: NDArray[Any], options: ReadingOptions) -> tuple[NDArray[Any], dict[str, Any]]:
    """(frames, points, 3) from arrays with people in front, points flat, or the frames behind."""
    if array.ndim == 2 and array.shape[1] % 3 == 0 and array.shape[1] > 3:
        array = array.reshape(len(array), -1, 3)
    if array.ndim == 2 and array.shape[1] == 3:  # a single frame
        array = array[None]
    if array.ndim == 4 and array.shape[-1] != 3 and array.shape[2] == 3:  # MDM keeps the frames last
        array = np.moveaxis(array, -1, 1)
    if array.ndim == 4 and array.shape[-1] == 3:
        if _moves(array, 0) < _moves(array, 1):  # the frames in front
            array = array.swapaxes(0, 1)
        people = {str(index): {"points": one} for index, one in enumerate(array)}
        name = requested_person(file, people, options.person)
        told = {"people": len(people), "person": name} if len(people) > 1 else {}
        return people[name]["points"], told
    if array.ndim == 3 and array.shape[-1] == 4:  # a confidence, or the one of homogeneous coordinates
        array = array[..., :3]
    if array.ndim == 3 and array.shape[-1] != 3 and array.shape[1] == 3:
        array = np.moveaxis(array, -1, 0)
    if array.ndim != 3 or array.shape[-1] != 3:
        raise FileError(
            file,
            f"holds an array of shape {array.shape}: no known motion",
            remedy="expected points (frames, joints, 3), or 72, 156, 165, 263 or 322 numbers a frame",
        )
    return array, {}


def _moves(array: NDArray[Any], axis: int) -> float:
    """How far points move from one place of an axis to the next, in the median; nowhere along one of length one."""
    if array.shape[axis] < _SEVERAL:
        return np.inf
    return float(np.nanmedian(np.linalg.norm(np.diff(array.astype(np.float64), axis=axis), axis=-1)))


def _in_metres(
    positions: Float[ndarray, "frames points 3"], names: tuple[str, ...], options: ReadingOptions
) -> tuple[Float[ndarray, "frames points 3"], dict[str, Any]]:
    """Metres: by the user's unit, else by the one that makes the person nearest to an adult."""
    if options.unit is not None:
        return positions * metres_of(options.unit), {}
    size = misfit(positions, names)[1]
    unit, factor = min(_UNITS.items(), key=lambda pair: abs(np.log(size * pair[1])))
    if not 1 / _ADULT < size * factor < _ADULT:
        return positions / size, {"unit": f"scaled by {1 / size:.3g} to an average person"}
    return positions * factor, {} if factor == 1 else {"unit": unit}


def _measured_up(positions: Float[ndarray, "frames points 3"], names: tuple[str, ...]) -> str | None:
    """The axis along which trunk and legs stand in the mean."""
    place = {_joint(name): index for index, name in reversed(list(enumerate(names)))}
    total = np.zeros(3)
    for low, high in (("hip", "shoulder"), ("knee", "hip"), ("ankle", "knee")):
        pairs = [(f"{side}_{low}", f"{side}_{high}") for side in ("left", "right")]
        for a, b in pairs:
            if a in place and b in place:
                total += (positions[:, place[b]] - positions[:, place[a]]).mean(0)
    return nearest_axis(total)
