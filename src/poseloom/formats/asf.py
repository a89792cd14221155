"""Acclaim skeletons (ASF): bones with direction, length, axes and degrees of freedom.

Format: J. Lander, "Working with Motion Capture File Formats", Game Developer, January 1998.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from poseloom.base.errors import FileError
from poseloom.base.files import read_text
from poseloom.formats.skeleton_motion import MAXIMUM_JOINTS, MAXIMUM_VALUE

_METRES_PER_INCH = 0.0254
"""The ``length`` of ``:units`` divides inches: CMU's 0.45 makes one unit 0.056444 m."""

DEGREES_OF_FREEDOM = {"rx": "X", "ry": "Y", "rz": "Z", "tx": "X", "ty": "Y", "tz": "Z"}
"""Words of ``dof`` and ``order`` that are known, and their axes; bones that stretch (``l``) are not."""

_LONGEST_NAME = 200
_QUOTED = 40
"""Characters of a wrong word that an error message shows."""


@dataclass
class Bone:
    name: str
    direction: tuple[float, float, float] = (0.0, 0.0, 0.0)
    length: float = 0.0
    axis: tuple[float, ...] = (0.0, 0.0, 0.0)
    axis_order: str = "XYZ"
    dof: list[str] = field(default_factory=list)


@dataclass
class AcclaimSkeleton:
    """Content of an ASF file: bones by name, in the file's order, and what they hang on."""

    bones: dict[str, Bone] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)
    root_order: list[str] = field(default_factory=lambda: ["tx", "ty", "tz", "rx", "ry", "rz"])
    root_axis_order: str = "XYZ"
    root_position: tuple[float, ...] = (0.0, 0.0, 0.0)
    root_orientation: tuple[float, ...] = (0.0, 0.0, 0.0)
    metres_per_unit: float | None = None
    degrees: bool = True


def read_asf(path: str | Path) -> AcclaimSkeleton:
    """Read an ASF file.

    Raises:
        FileError: the file is damaged: one line with the field and the remedy.
    """
    return _AsfReader(path).read(read_text(path))


class _AsfReader:
    """Reads an ASF file section by section."""

    def __init__(self, path: str | Path):
        self.path = path
        self.result = AcclaimSkeleton()
        self.bone: Bone | None = None

    def read(self, text: str) -> AcclaimSkeleton:
        section = ""
        handlers = {":units": self._units, ":root": self._root, ":bonedata": self._bonedata, ":hierarchy": self._tree}
        seen = set()
        for line in text.splitlines():
            words = line.split()
            if not words or words[0].startswith("#"):
                continue
            if words[0].startswith(":"):
                section = words[0].lower()
                seen.add(section)
                continue
            if section in handlers:
                handlers[section]([word.strip("()") for word in words])
        for needed in (":bonedata", ":hierarchy"):
            if needed not in seen:
                self._fail(needed, "is missing", "check that it is an ASF file, and get it again")
        if self.bone is not None:
            self._fail(self.bone.name, "its bone data have no 'end'", "get the file again")
        self._check_tree()
        return self.result

    def _units(self, words: list[str]) -> None:
        if words[0].lower() == "length":
            length = self._numbers(":units: length", words[1:], 1)[0]
            if length <= 0:
                self._fail(":units: length", f"expected a positive number, got {length}", "CMU's files have 0.45")
            self.result.metres_per_unit = _METRES_PER_INCH / length
        elif words[0].lower() == "angle" and len(words) > 1:
            self.result.degrees = not words[1].lower().startswith("rad")

    def _root(self, words: list[str]) -> None:
        keyword = words[0].lower()
        if keyword == "order":
            order = [word.lower() for word in words[1:]]
            if len(order) > len(DEGREES_OF_FREEDOM) or any(word not in DEGREES_OF_FREEDOM for word in order):
                self._fail(
                    ":root: order",
                    f"unknown or too many channels: {' '.join(order)[:_QUOTED]}",
                    "use TX TY TZ RX RY RZ",
                )
            self.result.root_order = order
        elif keyword == "axis":
            self.result.root_axis_order = self._axis_order(":root: axis", words[1:])
        elif keyword == "position":
            self.result.root_position = self._numbers(":root: position", words[1:], 3)
        elif keyword == "orientation":
            self.result.root_orientation = self._numbers(":root: orientation", words[1:], 3)

    def _bonedata(self, words: list[str]) -> None:
        keyword = words[0].lower()
        if keyword == "begin":
            if self.bone is not None:
                self._fail(self.bone.name, "'begin' inside of a bone", "get the file again")
            self.bone = Bone("")
        elif self.bone is None:
            self._fail(":bonedata", f"{words[0][:_QUOTED]!r} stands outside of a bone", "get the file again")
        elif keyword == "end":
            self._finish(self.bone)
            self.bone = None
        elif keyword == "name":
            self.bone.name = " ".join(words[1:])
        elif keyword == "direction":
            x, y, z = self._numbers(f"{self.bone.name}: direction", words[1:], 3)
            self.bone.direction = (x, y, z)
        elif keyword == "length":
            self.bone.length = self._numbers(f"{self.bone.name}: length", words[1:], 1)[0]
        elif keyword == "axis":
            self.bone.axis = self._numbers(f"{self.bone.name}: axis", words[1:4], 3)
            self.bone.axis_order = self._axis_order(f"{self.bone.name}: axis", words[4:] or ["XYZ"])
        elif keyword == "dof":
            if len(words) > 1 + len(DEGREES_OF_FREEDOM):
                problem = f"has more than the {len(DEGREES_OF_FREEDOM)} degrees of freedom that a bone can have"
                self._fail(f"{self.bone.name}: dof", problem, "use rx ry rz")
            self.bone.dof = [word.lower() for word in words[1:]]
            if any(word not in DEGREES_OF_FREEDOM for word in self.bone.dof):
                self._fail(f"{self.bone.name}: dof", f"{' '.join(words[1:])[:_QUOTED]!r} is not known", "use rx ry rz")

    def _finish(self, bone: Bone) -> None:
        if not bone.name or bone.name in self.result.bones or bone.name == "root":
            problem = f"{bone.name[:_QUOTED]!r} is used twice or empty"
            self._fail(":bonedata: name", problem, "give every bone a name of its own")
        if len(bone.name) > _LONGEST_NAME:
            self._fail(bone.name, f"a bone's name has {len(bone.name):,} characters", f"use at most {_LONGEST_NAME}")
        if len(self.result.bones) >= MAXIMUM_JOINTS:
            self._fail(":bonedata", f"has more than {MAXIMUM_JOINTS} bones", "keep the body's bones only")
        self.result.bones[bone.name] = bone

    def _tree(self, words: list[str]) -> None:
        if words[0].lower() in ("begin", "end"):
            return
        parent, *children = words
        for name in (parent, *children):
            if name not in self.result.bones and name != "root":
                self._fail(":hierarchy", f"unknown bone {name[:_QUOTED]!r}", "name bones of :bonedata")
        for child in children:
            if child in self.result.parents or child == "root":
                self._fail(":hierarchy", f"{child[:_QUOTED]!r} hangs on two bones", "give every bone one parent")
            self.result.parents[child] = parent

    def _check_tree(self) -> None:
        for name in self.result.bones:
            above, steps = name, 0
            while above != "root":
                above, steps = self.result.parents.get(above, ""), steps + 1
                if not above or steps > len(self.result.bones):
                    self._fail(":hierarchy", f"{name[:_QUOTED]!r} does not hang on the root", "correct the hierarchy")

    def _axis_order(self, where: str, words: list[str]) -> str:
        order = words[0].upper() if words else ""
        if sorted(order) != ["X", "Y", "Z"]:
            self._fail(where, f"expected an order of X, Y, Z, got {order[:_QUOTED]!r}", "write XYZ")
        return order

    def _numbers(self, where: str, words: list[str], count: int) -> tuple[float, ...]:
        try:
            numbers = tuple(float(word) for word in words)
        except ValueError:
            numbers = ()
        if len(numbers) != count or not all(abs(number) <= MAXIMUM_VALUE for number in numbers):
            problem = f"expected {count} finite number(s), got {' '.join(words)[:_QUOTED]!r}"
            self._fail(where, problem, "correct the line")
        return numbers

    def _fail(self, where: str, problem: str, remedy: str) -> NoReturn:
        raise FileError(self.path, problem, field=where[:_QUOTED], remedy=remedy)
