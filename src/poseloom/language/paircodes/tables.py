"""The declarative tables of paircodes: kinds, joint sets, super-paircodes.

Source of the rules: PoseFix (Delmas et al., ICCV 2023) as extended by PoseEmbroider (ECCV 2024). They stand in
``tables/paircodes.json``; the 48 super-paircodes of distances are generated from the rule there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

from poseloom.base.datafiles import entry, read_table, scale
from poseloom.base.errors import FileError, closest
from poseloom.language.posecodes.points import POINT_NAMES
from poseloom.language.posecodes.tables import STRONG, WEAK, PosecodeTables, posecode_tables
from poseloom.language.tables import TABLES

PLURAL = "<plural>"
"""Side of a subject that means both of its sides."""
AXES = ("x", "y", "z")


class Bound(str, Enum):
    """What a condition of a super-paircode asks for."""

    STRICT = "strict"
    """The pair has this very category."""
    DIRECTION = "direction"
    """The pair's category lies on the same side of the switch."""
    FIRST = "first"
    """The first pose has this category of a posecode."""
    SECOND = "second"
    """The second pose has it."""

    @property
    def of_pair(self) -> bool:
        return self in (Bound.STRICT, Bound.DIRECTION)


@dataclass(frozen=True)
class PairKind:
    """A kind of difference: a value v has the first category i with v <= thresholds[i], else the last one."""

    name: str
    measure: str
    """A kind of posecode, or the coordinate of one point."""
    unit: str
    categories: tuple[str, ...]
    thresholds: tuple[float, ...]
    noise: float
    """Half-width of the uniform noise, in the unit of the kind."""
    switch: int
    """The category that says that nothing differs."""

    @property
    def needs_rotations(self) -> bool:
        return self.measure.startswith("relativeRot")

    @property
    def acceptable(self) -> tuple[str, ...]:
        """Categories that may be told: all but the switch."""
        return tuple(name for place, name in enumerate(self.categories) if place != self.switch)

    def direction(self, category: str) -> int:
        """-1 or 1 for the two ways in which poses can differ."""
        return 1 if self.categories.index(category) > self.switch else -1

    def magnitude(self, category: str) -> int:
        """Steps from the switch: 1 is the smallest difference told."""
        return abs(self.categories.index(category) - self.switch)


@dataclass(frozen=True)
class PairSet:
    """One elementary paircode."""

    joints: tuple[str, ...]
    subject: str | None
    support: dict[str, int] = field(default_factory=dict)
    """Category to type of support, where a condition asks for the very category."""
    support_direction: dict[str, int] = field(default_factory=dict)
    """Category to type of support, where a condition asks for its direction."""


@dataclass(frozen=True)
class PairCondition:
    """Holds for a pair of poses; see `Bound`."""

    kind: str
    joints: tuple[str, ...]
    category: str
    bound: Bound


@dataclass(frozen=True)
class SuperPaircode:
    """Produced when every condition of at least one way holds."""

    id: str
    subject: str
    interpretation: str
    rare: bool
    ways: tuple[tuple[PairCondition, ...], ...]


@dataclass(frozen=True)
class PaircodeTables:
    """Everything that defines paircodes, in the order of evaluation."""

    prefix: str
    """Stands before the names of differences, which may else be those of posecodes."""
    kinds: dict[str, PairKind]
    sets: dict[str, list[PairSet]]
    supers: list[SuperPaircode]
    interpretations: tuple[str, ...]
    """All posecode names, then all names of differences with their prefix; a position is a name's id."""

    def rows(self, rotations: bool) -> list[tuple[PairKind, PairSet]]:
        """All elementary paircodes in order: 49, or 47 without the kinds that need rotations."""
        return [
            (kind, one)
            for kind in self.kinds.values()
            if rotations or not kind.needs_rotations
            for one in self.sets[kind.name]
        ]

    def kind_of(self, interpretation: str) -> PairKind | None:
        """The kind that a prefixed name of a category belongs to."""
        name = interpretation.removeprefix(self.prefix)
        if name == interpretation:
            return None
        return next((kind for kind in self.kinds.values() if name in kind.categories), None)


@cache
def paircode_tables(path: Path = TABLES / "paircodes.json") -> PaircodeTables:
    """The tables of a file, checked.

    Raises:
        FileError: the file cannot be read, or an entry is missing or contradicts another; names the entry.
    """
    content = read_table(path)
    poses = posecode_tables()
    prefix = entry(path, content, "prefix", str)
    listed_kinds = entry(path, content, "kinds", dict)
    kinds = {name: _kind(path, poses, name, entry(path, listed_kinds, name, dict, "kinds")) for name in listed_kinds}
    listed = entry(path, content, "paircodes", dict)
    sets = {
        kind.name: [
            _pair_set(path, kind, row, f"paircodes.{kind.name}[{place}]")
            for place, row in enumerate(entry(path, listed, kind.name, list, "paircodes"))
        ]
        for kind in kinds.values()
    }
    checker = _Conditions(path, poses, kinds, sets)
    supers = [
        _super(checker, row, f"super_paircodes[{place}]")
        for place, row in enumerate(entry(path, content, "super_paircodes", list))
    ]
    supers += _distance_supers(checker, entry(path, content, "distance_supers", dict))
    names = [name for kind in kinds.values() for name in kind.categories]
    names += [one.interpretation for one in supers]
    prefixed = (prefix + name for name in [*names, poses.interpretations[-1]])
    return PaircodeTables(prefix, kinds, sets, supers, tuple(dict.fromkeys([*poses.interpretations, *prefixed])))


def _kind(path: Path, poses: PosecodeTables, name: str, row: dict[str, Any]) -> PairKind:
    where = f"kinds.{name}"
    measure = entry(path, row, "measure", str, where)
    known = (*poses.kinds, *AXES)
    if measure not in known:
        raise FileError(path, f"{measure!r} is no measurement{closest(measure, known)}", field=f"{where}.measure")
    graded = scale(path, row, where)
    switch = entry(path, row, "switch", str, where)
    if switch not in graded.categories:
        hint = closest(switch, graded.categories)
        raise FileError(path, f"{switch!r} is no category{hint}", field=f"{where}.switch")
    turning = graded.categories.index(switch)
    return PairKind(name, measure, graded.unit, graded.categories, graded.thresholds, graded.noise, turning)


def _pair_set(path: Path, kind: PairKind, row: dict[str, Any], where: str) -> PairSet:
    joints = tuple(entry(path, row, "joints", list, where))
    for joint in joints:
        if joint not in POINT_NAMES:
            raise FileError(path, f"unknown point {joint!r}{closest(joint, POINT_NAMES)}", field=where)
    made = PairSet(joints, row.get("subject"), dict(row.get("support", {})), dict(row.get("support_direction", {})))
    for name, support in (*made.support.items(), *made.support_direction.items()):
        if name not in kind.acceptable:
            raise FileError(
                path, f"{name!r} is no category of {kind.name}{closest(name, kind.acceptable)}", field=where
            )
        if support not in (WEAK, STRONG):
            raise FileError(path, f"support of {name!r}: expected {WEAK} or {STRONG}, got {support}", field=where)
    return made


@dataclass(frozen=True)
class _Conditions:
    """Reads conditions and checks that what they ask for is measured."""

    path: Path
    poses: PosecodeTables
    kinds: dict[str, PairKind]
    sets: dict[str, list[PairSet]]

    def read(self, row: list[Any], where: str) -> PairCondition:
        kind, joints, category, bound = row
        if bound not in [one.value for one in Bound]:
            known = ", ".join(one.value for one in Bound)
            raise FileError(self.path, f"{bound!r}: expected one of {known}", field=where)
        made = PairCondition(kind, tuple(joints), category, Bound(bound))
        kinds: dict[str, Any] = dict(self.kinds) if made.bound.of_pair else dict(self.poses.kinds)
        if kind not in kinds or category not in kinds[kind].categories:
            raise FileError(self.path, f"{category!r} is no category of {kind!r}", field=where)
        measured: list[Any] = list(self.sets[kind] if made.bound.of_pair else self.poses.sets[kind])
        if all(one.joints != made.joints for one in measured):
            raise FileError(self.path, f"{kind} is not measured on {list(joints)}", field=where)
        return made


def _super(conditions: _Conditions, row: dict[str, Any], where: str) -> SuperPaircode:
    path = conditions.path
    ways = tuple(tuple(conditions.read(part, where) for part in way) for way in entry(path, row, "ways", list, where))
    return SuperPaircode(
        entry(path, row, "id", str, where),
        entry(path, row, "subject", str, where),
        entry(path, row, "interpretation", str, where),
        entry(path, row, "rare", bool, where),
        ways,
    )


def _distance_supers(conditions: _Conditions, rule: dict[str, Any]) -> list[SuperPaircode]:
    """Parts that leave each other, or come near each other, or the middle of the body."""
    path, where = conditions.path, "distance_supers"
    parts, changes = entry(path, rule, "parts", dict, where), entry(path, rule, "changes", dict, where)
    qualifiers, sides = (entry(path, rule, name, list, where) for name in ("qualifiers", "sides"))
    middle, kind = (entry(path, rule, name, str, where) for name in ("middle", "kind"))
    near_kind, near = entry(path, rule, "near", list, where)
    made = []
    for part, qualifier in product(parts, qualifiers):
        both = tuple(f"{side}_{part}" for side in sides)
        sided = [(f"{side}_{part}", (f"{side}_{part}", middle)) for side in sides]
        for subject, joints in [(f"{PLURAL}_{parts[part]}", both), *sided]:
            name = part if joints == both else subject
            for change, bound in changes.items():
                told = f"{qualifier}{change}"
                way = (
                    conditions.read([kind, joints, told, Bound.STRICT.value], where),
                    conditions.read([near_kind, joints, near, bound], where),
                )
                made.append(SuperPaircode(f"{told}_{name}", subject, told, True, (way,)))
    return made
