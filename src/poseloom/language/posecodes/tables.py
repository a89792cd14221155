"""The declarative tables of posecodes: kinds, joint sets, alignment pairs, super-posecodes.

Source of the rules: PoseScript (Delmas et al., ECCV 2022; extended version arXiv 2210.11795v3) and PoseEmbroider
(ECCV 2024). They stand in ``tables/posecodes.json``; the 48 alignment pairs with their joint sets and 144
super-posecodes are generated from the rule there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

from poseloom.base.datafiles import entry, read_table, scale
from poseloom.base.errors import FileError, closest
from poseloom.language.posecodes.points import POINT_NAMES
from poseloom.language.tables import TABLES

IGNORED = "ignored"
"""Categories with this in their name say nothing worth telling."""
WEAK, STRONG = 1, 2
"""Types of support: weak categories are never told by themselves, strong ones unless the super-posecode is."""
_JOINTS_OF_KIND = {"angle": 3, "onGround": 1, "bodyInclineX": 5, "bodyInclineY": 5, "bodyInclineZ": 5}
_ROTATION_KINDS = ("relativeRotX", "relativeRotY", "relativeRotZ")
_PAIR_NAMES = ("distance", "relativePosX", "relativePosY", "relativePosZ")
_TOUCH = "touch"


@dataclass(frozen=True)
class MeasurementKind:
    """A kind of measurement: value `v` has the first category i with v <= thresholds[i], else the last one."""

    name: str
    unit: str
    categories: tuple[str, ...]
    thresholds: tuple[float, ...]
    noise: float
    """Half-width of the uniform noise, in the unit of the kind."""

    @property
    def needs_rotations(self) -> bool:
        return self.name in _ROTATION_KINDS

    @property
    def has_second_part(self) -> bool:
        """Whether a code of this kind names the second joint of its set."""
        return self.name in _PAIR_NAMES


@dataclass
class JointSet:
    """One elementary posecode: what is measured, and which of its categories are worth telling."""

    joints: tuple[str, ...]
    subject: str | None
    acceptable: list[str]
    rare: list[str] = field(default_factory=list)
    absolute: list[str] = field(default_factory=list)
    support: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class PosecodeCondition:
    """Holds for a pose whose posecode `joints` of `kind` has `category`."""

    kind: str
    joints: tuple[str, ...]
    category: str


@dataclass(frozen=True)
class SuperPosecode:
    """Produced when every condition of at least one way holds."""

    id: str
    subject: str
    second: str | None
    interpretation: str
    rare: bool
    absolute: bool
    ways: tuple[tuple[PosecodeCondition, ...], ...]


@dataclass(frozen=True)
class PosecodeTables:
    """Everything that defines posecodes, in the order of evaluation."""

    kinds: dict[str, MeasurementKind]
    sets: dict[str, list[JointSet]]
    supers: list[SuperPosecode]
    interpretations: tuple[str, ...]
    """All category names, then those of the super-posecodes, then ``touch``; a position here is a name's id."""

    def rows(self, rotations: bool) -> list[tuple[MeasurementKind, JointSet]]:
        """All elementary posecodes in order: 271, or 268 without the kinds that need rotations."""
        return [
            (kind, joint_set)
            for kind in self.kinds.values()
            if rotations or not kind.needs_rotations
            for joint_set in self.sets[kind.name]
        ]


@cache
def posecode_tables(path: Path = TABLES / "posecodes.json") -> PosecodeTables:
    """The tables of a file, checked.

    Raises:
        FileError: the file cannot be read, or an entry is missing or contradicts another; names the entry.
    """
    content = read_table(path)
    kinds = {
        name: _kind(path, name, entry(path, content["kinds"], name, dict, "kinds"))
        for name in entry(path, content, "kinds", dict)
    }
    listed = entry(path, content, "posecodes", dict)
    sets = {
        kind.name: [
            _joint_set(path, kind, row, f"posecodes.{kind.name}[{position}]")
            for position, row in enumerate(entry(path, listed, kind.name, list, "posecodes"))
        ]
        for kind in kinds.values()
    }
    supers = [
        _super(path, kinds, sets, row, f"super_posecodes[{position}]")
        for position, row in enumerate(entry(path, content, "super_posecodes", list))
    ]
    supers += _alignments(path, sets, entry(path, content, "alignments", dict))
    names = [name for kind in kinds.values() for name in kind.categories]
    names += [one.interpretation for one in supers]
    return PosecodeTables(kinds, sets, supers, tuple(dict.fromkeys([*names, _TOUCH])))


def _kind(path: Path, name: str, row: dict[str, Any]) -> MeasurementKind:
    graded = scale(path, row, f"kinds.{name}")
    return MeasurementKind(name, graded.unit, graded.categories, graded.thresholds, graded.noise)


def _joint_set(path: Path, kind: MeasurementKind, row: dict[str, Any], where: str) -> JointSet:
    joints = tuple(entry(path, row, "joints", list, where))
    expected = _JOINTS_OF_KIND.get(kind.name, 2)
    if len(joints) != expected:
        raise FileError(path, f"a posecode of kind {kind.name} takes {expected} joints, got {len(joints)}", field=where)
    for joint in joints:
        if joint not in POINT_NAMES:
            raise FileError(path, f"unknown point {joint!r}{closest(joint, POINT_NAMES)}", field=where)
    acceptable = row.get("acceptable")
    if acceptable == "all":
        acceptable = [name for name in kind.categories if IGNORED not in name]
    made = JointSet(
        joints,
        row.get("subject"),
        list(acceptable or []),
        list(row.get("rare", [])),
        list(row.get("absolute", [])),
        dict(row.get("support", {})),
    )
    for name in (*made.acceptable, *made.rare, *made.absolute, *made.support):
        if name not in kind.categories:
            raise FileError(
                path, f"{name!r} is no category of {kind.name}{closest(name, kind.categories)}", field=where
            )
    return made


def _super(
    path: Path, kinds: dict[str, MeasurementKind], sets: dict[str, list[JointSet]], row: dict[str, Any], where: str
) -> SuperPosecode:
    ways = tuple(
        tuple(PosecodeCondition(kind, tuple(joints), category) for kind, joints, category in way)
        for way in entry(path, row, "ways", list, where)
    )
    for condition in (one for way in ways for one in way):
        if condition.kind not in kinds or condition.category not in kinds[condition.kind].categories:
            raise FileError(path, f"{condition.category!r} is no category of {condition.kind!r}", field=where)
        if all(one.joints != condition.joints for one in sets[condition.kind]):
            raise FileError(path, f"{condition.kind} is not measured on {list(condition.joints)}", field=where)
    return SuperPosecode(
        entry(path, row, "id", str, where),
        entry(path, row, "subject", str, where),
        None,
        entry(path, row, "interpretation", str, where),
        entry(path, row, "rare", bool, where),
        entry(path, row, "absolute", bool, where),
        ways,
    )


def _alignments(path: Path, sets: dict[str, list[JointSet]], rule: dict[str, Any]) -> list[SuperPosecode]:
    """Generate the alignment super-posecodes and add the joint sets that they rest on to `sets`."""
    where = "alignments"
    axes = entry(path, rule, "axes", dict, where)
    kind, near = entry(path, rule, "distance", list, where)
    made = []
    for first, second in _pairs(path, rule):
        pair = (first, second)
        for axis_kind, aligned in axes.values():
            _accept(sets[axis_kind], pair, [aligned])
        _accept(sets[kind], pair, near)
        for plane in entry(path, rule, "planes", list, where):
            aligned_axes = tuple(PosecodeCondition(axes[axis][0], pair, axes[axis][1]) for axis in plane)
            ways = tuple((*aligned_axes, PosecodeCondition(kind, pair, category)) for category in near)
            name = f"{plane}-aligned"
            label = "_".join(part[0].upper() + part.split("_")[1] for part in pair)
            made.append(SuperPosecode(f"{name}_{label}", first, second, name, False, True, ways))
    return made


def _pairs(path: Path, rule: dict[str, Any]) -> Iterator[tuple[str, str]]:
    sides, firsts, seconds = (entry(path, rule, name, list, "alignments") for name in ("sides", "first", "second"))
    skip = entry(path, rule, "skip_on_same_side", dict, "alignments")
    for side1, part1, side2, part2 in product(sides, firsts, sides, seconds):
        if side1 != side2 or part2 not in skip[part1]:
            yield f"{side1}_{part1}", f"{side2}_{part2}"


def _accept(rows: list[JointSet], pair: tuple[str, str], categories: list[str]) -> None:
    """Make `categories` of the pair acceptable support, adding the pair where it is not measured yet."""
    row = next((one for one in rows if one.joints == pair), None)
    if row is None:
        row = JointSet(pair, pair[0], [])
        rows.append(row)
    for category in categories:
        if category not in row.acceptable:
            row.acceptable.append(category)
        row.support[category] = STRONG if category in row.rare else WEAK
