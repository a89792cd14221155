"""Which joint of a foreign skeleton is which of ours: the tables in ``skeleton_maps/`` and how one is recognised."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import lru_cache
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64

from poseloom.base.errors import FileError, PoseloomError, closest
from poseloom.base.files import read_text
from poseloom.formats.joint_names import joints_by_words
from poseloom.formats.skeleton_motion import Array, SkeletonMotion, SourceSkeleton, Vector, from_rotation_vector
from poseloom.formats.skeleton_shape import joints_by_shape
from poseloom.formats.trunk import is_above, trunk_joints
from poseloom.pose.joints import JOINT_INDEX, JOINT_NAMES

_LIMBS = ("hip", "knee", "ankle", "shoulder", "elbow", "wrist")
REQUIRED = tuple(
    JOINT_INDEX[name] for name in ("pelvis", *(f"{side}_{joint}" for joint in _LIMBS for side in ("left", "right")))
)
"""Joints without which a skeleton is not taken for a human one; wrists and ankles may be the ends of bones."""

_ENDS = {
    "head": "neck",
    **{f"{s}_{a}": f"{s}_{b}" for s in ("left", "right") for a, b in (("wrist", "elbow"), ("ankle", "knee"))},
}
"""Joints that may be only the end of another one's bone."""

_SAME_OFFSET = 0.02
"""Relative difference up to which a joint's OFFSET counts as the one of a known skeleton."""

FOREARM_TWIST_TO_ELBOW = 0.5
"""The forearm turns along its whole length; a skeleton with one joint for it puts the turn into the hand alone."""

_SHOWN_NAMES, _SHOWN = 6, 30
"""Joint names that an error message shows, and characters of each."""

_JOINT_MAP_BYTES = 1 << 20


class RestPose(Enum):
    """What a skeleton's rest pose (all rotations zero) says about its joints' axes."""

    MEASURED = "measured"
    """A standing figure: alignments are computed from its bone directions."""
    T_POSE = "t-pose"
    """Our own zero pose: no alignment."""


@dataclass(frozen=True)
class SkeletonMap:
    """One known family of skeletons.

    Args:
        name: as error messages show it.
        joints: our joint -> names of the file's joint, best first; ``"a + b"`` is halfway between two.
        marks: names without which it is not this family.
        rest_offsets: OFFSETs that it must have, in the file's unit: tells apart skeletons of equal names.
        rest: what its rest pose says.
        frame: the file's axes (as "+X", "-Z") that point to the person's left and up; None: found in the rest pose.
        constants: our joint -> canonical axes seen from the file's joint; wins over the rest pose.
        hinges: our elbow -> axis of flexion at rest, in the file's axes.
        flat_foot_pitch: degrees by which ankle -> toe base points below the sole's plane; None: soles are flat at rest.
        forearm_twist_to_elbow: share of the twist between forearm and hand that the elbow takes over.
        spine_by_tree: spine and neck are the joints between hips, arms and head, however many there are.
    """

    name: str
    joints: dict[str, tuple[str, ...]]
    marks: tuple[str, ...] = ()
    rest_offsets: dict[str, tuple[float, float, float]] = field(default_factory=dict)
    rest: RestPose = RestPose.MEASURED
    frame: tuple[str, str] | None = None
    constants: dict[str, Float64[Array, "3 3"]] = field(default_factory=dict)
    hinges: dict[str, Vector] = field(default_factory=dict)
    flat_foot_pitch: float | None = None
    forearm_twist_to_elbow: float = FOREARM_TWIST_TO_ELBOW
    spine_by_tree: bool = False


@dataclass(frozen=True)
class JointSource:
    """The joint of the file that gives one of ours its rotation, or the two that it stands halfway between."""

    joint: int
    other: int | None = None


@dataclass(frozen=True)
class Match:
    """A recognised skeleton: its family, and the file's joints by the index of ours."""

    family: SkeletonMap
    sources: dict[int, JointSource]
    ends: dict[int, tuple[int, tuple[float, float, float]]] = field(default_factory=dict)
    """Points of our joints that the file has only as the end of a bone: (the bone's joint, offset)."""
    remarks: tuple[str, ...] = ()

    def lacks(self) -> list[str]:
        """Names of the joints that make a human figure and are missing."""
        return [JOINT_NAMES[joint] for joint in REQUIRED if joint not in self.sources and joint not in self.ends]


def find_joints(
    motion: SkeletonMotion, path: str | Path, joint_map: Mapping[str, str] | str | Path | None = None
) -> Match:
    """Recognise a skeleton: by a table of ours, by what its names mean, by its shape; or take the user's own table.

    Raises:
        FileError: nothing fits, or the table names joints that do not exist.
    """
    skeleton = motion.skeleton
    if joint_map is not None:
        return _user_match(skeleton, path, joint_map)
    known = _known_match(skeleton)
    if known is not None:
        return known
    by_words = _match(skeleton, SkeletonMap("by joint names", {}), joints_by_words(skeleton))
    if not by_words.lacks() and _is_figure(skeleton, by_words):
        return by_words
    by_shape = _match(skeleton, SkeletonMap("by shape", {}), joints_by_shape(motion))
    if not by_shape.lacks() and _is_figure(skeleton, by_shape):
        return replace(by_shape, remarks=(_guessed(skeleton, by_shape),))
    shown = ", ".join(name[:_SHOWN] for name in skeleton.names[:_SHOWN_NAMES])
    shown += ", ..." if len(skeleton.names) > _SHOWN_NAMES else ""
    lacks = f"; no {', '.join(by_words.lacks()[:3])}" if by_words.sources and by_words.lacks() else ""
    raise FileError(
        path,
        f"unknown skeleton of {len(skeleton.names)} joints: {shown}{lacks}",
        field="joint names",
        remedy='pass joint_map= (--joint-map FILE): a table {"left_hip": "LThigh", ...} of our joints and the file\'s',
    )


def _known_match(skeleton: SourceSkeleton) -> Match | None:
    names = _Names(skeleton.names)
    best: Match | None = None
    for family in known_skeletons():
        if any(names.find(mark) is None for mark in family.marks) or not _has_offsets(skeleton, names, family):
            continue
        sources = _sources(family, names)
        if family.spine_by_tree:
            sources |= _trunk_sources(skeleton, sources)
        match = _with_ends(skeleton, Match(family, sources))
        if not match.lacks() and (best is None or _rank(match) > _rank(best)) and _is_figure(skeleton, match):
            best = match
    return best


def _trunk_sources(skeleton: SourceSkeleton, sources: dict[int, JointSource]) -> dict[int, JointSource]:
    by_name = {JOINT_NAMES[joint]: source.joint for joint, source in sources.items()}
    limbs = {name: joint for name, joint in by_name.items() if name.startswith(("left_", "right_"))}
    trunk = trunk_joints(skeleton, limbs, by_name.get("pelvis"), by_name.get("neck"), by_name.get("head"))
    return {JOINT_INDEX[name]: JointSource(*places) for name, places in trunk.items()}


def _match(skeleton: SourceSkeleton, family: SkeletonMap, joints: dict[str, tuple[int, ...]]) -> Match:
    sources = {JOINT_INDEX[name]: JointSource(*places) for name, places in joints.items()}
    return _with_ends(skeleton, Match(family, sources))


def _with_ends(skeleton: SourceSkeleton, match: Match) -> Match:
    """The match with the ends of bones for heads, hands and feet that are no joints."""
    ends = {}
    for name, before in _ENDS.items():
        source = match.sources.get(JOINT_INDEX[before])
        if JOINT_INDEX[name] in match.sources or source is None:
            continue
        joint = source.joint if source.other is None else source.other
        tips = [offset for owner, offset in skeleton.tails if owner == joint and any(offset)]
        if tips:
            ends[JOINT_INDEX[name]] = (joint, tips[0])
    return replace(match, ends=ends)


def _is_figure(skeleton: SourceSkeleton, match: Match) -> bool:
    """Whether every limb's joints hang on each other, and none is at the place of the next."""
    for side in ("left", "right"):
        for chain in (("hip", "knee", "ankle", "foot"), ("shoulder", "elbow", "wrist")):
            joints = [match.sources.get(JOINT_INDEX[f"{side}_{name}"]) for name in chain]
            places = [source.joint for source in joints if source is not None]
            for upper, lower in pairwise(places):
                if upper == lower or not is_above(skeleton, upper, lower):
                    return False
    return True


def _guessed(skeleton: SourceSkeleton, match: Match) -> str:
    shown = [
        f"{name} is {skeleton.names[match.sources[JOINT_INDEX[name]].joint][:_SHOWN]}"
        for name in ("left_hip", "left_shoulder")
    ]
    return f"the joints' names tell nothing; guessed by shape: {', '.join(shown)}; --joint-map FILE says otherwise"


def _rank(match: Match) -> tuple[bool, bool, int]:
    return bool(match.family.rest_offsets), bool(match.family.marks), len(match.sources)


def _has_offsets(skeleton: SourceSkeleton, names: _Names, family: SkeletonMap) -> bool:
    for name, offset in family.rest_offsets.items():
        joint = names.find(name)
        if joint is None or np.linalg.norm(skeleton.offsets[joint] - offset) > _SAME_OFFSET * np.linalg.norm(offset):
            return False
    return True


def _sources(family: SkeletonMap, names: _Names) -> dict[int, JointSource]:
    sources = {}
    for ours, alternatives in family.joints.items():
        for alternative in alternatives:
            parts = [place for place in map(names.find, alternative.split(" + ")) if place is not None]
            if len(parts) == len(alternative.split(" + ")):
                sources[JOINT_INDEX[ours]] = JointSource(*parts)
                break
    return sources


# -- names -------------------------------------------------------------------------------------------------------


class _Names:
    """Finds joints by name: as it is written, else without namespace, case, separators and common prefix."""

    def __init__(self, names: tuple[str, ...]):
        first, last = min(names), max(names)
        common = next((place for place, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), 0)
        cut = max(first[:common].rfind(separator) for separator in "_ .:") + 1
        self.exact = {name: place for place, name in enumerate(names)}
        self.plain: dict[str, int] = {}
        for name in sorted(names, key=len):  # of two that differ in separators only, the longer is a helper bone
            self.plain.setdefault(_plain(name[cut:]), self.exact[name])

    def find(self, name: str) -> int | None:
        return self.exact.get(name, self.plain.get(_plain(name)))


def _plain(name: str) -> str:
    """``mixamorig:LeftArm`` and ``left_arm`` are the same."""
    return re.sub(r"[\s_.\-]+", "", name.rsplit(":", 1)[-1]).lower()


# -- the user's own table ----------------------------------------------------------------------------------------


def _user_match(skeleton: SourceSkeleton, path: str | Path, joint_map: Mapping[str, str] | str | Path) -> Match:
    table = dict(joint_map) if isinstance(joint_map, Mapping) else _read_table(joint_map)
    sources = {}
    for ours, theirs in table.items():
        if ours not in JOINT_INDEX:
            word = str(ours)[:_SHOWN]
            raise PoseloomError(f"joint_map: {word!r} is not one of our joints{closest(word, JOINT_NAMES)}")
        parts = str(theirs).split(" + ")
        for part in parts:
            if part not in skeleton.index:
                hint = closest(part[:_SHOWN], skeleton.names) or "; see its HIERARCHY"
                problem = f"has no joint {part[:_SHOWN]!r}, which {ours} is mapped to{hint}"
                raise FileError(path, problem, field="joint_map")
        if len(parts) > 2:
            raise PoseloomError(f"joint_map: {ours}: expected one joint or 'a + b', got {str(theirs)[:_SHOWN]!r}")
        sources[JOINT_INDEX[ours]] = JointSource(*(skeleton.index[part] for part in parts))
    match = _with_ends(skeleton, Match(SkeletonMap("joint_map", {}), sources))
    if match.lacks():
        raise PoseloomError(f"joint_map: {', '.join(match.lacks())} missing; name the file's joint for each")
    return match


def _read_table(path: str | Path) -> dict[str, str]:
    try:
        table = json.loads(read_text(path, maximum_bytes=_JOINT_MAP_BYTES))
    except (ValueError, RecursionError) as error:
        if isinstance(error, PoseloomError):
            raise
        raise FileError(path, "is not JSON", field="joint_map", remedy='write {"left_hip": "LThigh", ...}') from None
    if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
        problem, remedy = "is not a table of names", 'write {"left_hip": "LThigh", ...}'
        raise FileError(path, problem, field="joint_map", remedy=remedy)
    return table


# -- the tables of known skeletons -------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def known_skeletons() -> tuple[SkeletonMap, ...]:
    """The families in ``skeleton_maps/``, by file name."""
    folder = resources.files("poseloom.formats") / "skeleton_maps"
    files = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".json")), key=lambda entry: entry.name)
    return tuple(_parse(json.loads(entry.read_text(encoding="utf-8"))) for entry in files)


def _parse(table: dict[str, Any]) -> SkeletonMap:
    """In the tables ``side_knee`` stands for both knees, and ``*`` in the file's name for the word of that side."""
    sides = table["sides"]
    joints = {}
    for ours, theirs in table["joints"].items():
        alternatives = [theirs] if isinstance(theirs, str) else theirs
        for name, side in _both_sides(ours, sides):
            joints[name] = tuple(text.replace("*", side) for text in alternatives)
    constants = {}
    for ours, values in table.get("constants", {}).items():
        for name, _ in _both_sides(ours, sides):
            constants[name] = _constant(values, mirrored=ours.startswith("side_") and name.startswith("right_"))
    unknown = [name for name in (*joints, *constants) if name not in JOINT_INDEX]
    if unknown:
        raise ValueError(f"skeleton map {table['name']}: unknown joints {unknown}")
    return SkeletonMap(
        name=table["name"],
        joints=joints,
        marks=tuple(table.get("marks", ())),
        rest_offsets={name: tuple(offset) for name, offset in table.get("rest_offsets", {}).items()},
        rest=RestPose(table.get("rest", "measured")),
        frame=tuple(table["frame"]) if "frame" in table else None,
        constants=constants,
        hinges={name: np.array(axis, dtype=np.float64) for name, axis in table.get("hinges", {}).items()},
        flat_foot_pitch=table.get("flat_foot_pitch"),
        forearm_twist_to_elbow=table.get("forearm_twist_to_elbow", FOREARM_TWIST_TO_ELBOW),
        spine_by_tree=table.get("spine_by_tree", False),
    )


def _both_sides(ours: str, sides: dict[str, str]) -> list[tuple[str, str]]:
    if not ours.startswith("side_"):
        return [(ours, "")]
    return [(f"{side}_{ours[len('side_') :]}", sides[side]) for side in ("left", "right")]


def _constant(values: dict[str, Any], *, mirrored: bool) -> Float64[Array, "3 3"]:
    vector = np.array(values.get("turn", (0, 0, 0)), dtype=np.float64)
    if mirrored:
        vector *= (1, -1, -1)
    axes = np.stack([unit_axis(axis) for axis in values.get("axes", ("+X", "+Y", "+Z"))], axis=1)
    return axes @ from_rotation_vector(vector)


def unit_axis(text: str) -> Vector:
    """``"-Y"`` -> (0, -1, 0)."""
    return (-1.0 if text[0] == "-" else 1.0) * np.eye(3)["XYZ".index(text[-1].upper())]
