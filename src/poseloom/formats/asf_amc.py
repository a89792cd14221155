"""Acclaim skeleton and motion files (ASF/AMC), as in the CMU Graphics Lab Motion Capture Database.

Format: J. Lander, "Working with Motion Capture File Formats", Game Developer, January 1998. A bone's rotation
relative to its parent is C @ R @ inverse(C): C from the bone's ``axis`` line, R from its degrees of freedom, both
products in the reverse order of writing (``rx ry rz`` is Rz @ Ry @ Rx on column vectors).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

import numpy as np
from jaxtyping import Float64

from poseloom.base.errors import FileError
from poseloom.base.files import read_text
from poseloom.formats.asf import DEGREES_OF_FREEDOM, AcclaimSkeleton, Bone, read_asf
from poseloom.formats.reading_options import ReadingOptions
from poseloom.formats.retarget import retarget
from poseloom.formats.skeleton_motion import (
    MAXIMUM_VALUE,
    Array,
    SkeletonMotion,
    SourceSkeleton,
    from_euler,
)
from poseloom.pose.types import Clip

CMU_FPS = 120.0
"""AMC files do not tell their frame rate; this is the one of the CMU database (single trials were taken at 60)."""

_QUOTED = 40
"""Characters of a wrong word that an error message shows."""


def read_asf_amc(
    path: str | Path,
    skeleton: str | Path | None = None,
    joint_map: Mapping[str, str] | str | Path | None = None,
    fps: float | None = None,
    up: str | None = None,
    unit: str | float | None = None,
) -> Clip:
    """Read an AMC motion with its ASF skeleton as 22-joint poses.

    Args:
        path: the .amc file.
        skeleton: the .asf file. By default the one in the same folder that is named after the motion's subject
            (``01_13.amc`` -> ``01.asf``) or after the motion itself, else the only one in the folder.
        joint_map: see `poseloom.formats.bvh.read_bvh`; CMU's own names are known.
        fps: frames a second, which the file does not tell; 120 by default.
        up, unit: see `poseloom.formats.bvh.read_bvh`.

    Returns:
        22 joints; translation of the pelvis in metres.

    Raises:
        FileError: a file is damaged, they do not belong together, or the skeleton is unknown.
    """
    options = ReadingOptions(joint_map, up, unit, fps)
    return retarget(read_asf_amc_motion(path, skeleton, fps or CMU_FPS), path, joint_map, options)


def read_asf_amc_motion(path: str | Path, skeleton: str | Path | None = None, fps: float = CMU_FPS) -> SkeletonMotion:
    """Read an AMC motion on its own skeleton, in the file's units.

    Raises:
        FileError: as `read_asf_amc`.
    """
    motion_path = Path(path)
    if motion_path.suffix.lower() == ".asf":
        remedy = "name the .amc file; its skeleton is found beside it"
        raise FileError(path, "is a skeleton without motion", remedy=remedy)
    text = read_text(path)
    acclaim = read_asf(find_skeleton(motion_path) if skeleton is None else skeleton)
    return _assemble(acclaim, _read_amc(path, text, acclaim), fps)


def find_skeleton(path: Path) -> Path:
    """The ASF file that belongs to an AMC file, by name or because it is the only one in the folder.

    Raises:
        FileError: there is none, or it is not clear which one.
    """
    try:
        found = sorted(file for file in path.parent.iterdir() if file.suffix.lower() == ".asf")
    except OSError:
        found = []
    for stem in (path.stem, path.stem.split("_")[0]):
        for file in found:
            if file.stem.lower() == stem.lower():
                return file
    if len(found) == 1:
        return found[0]
    problem = "no .asf file beside it" if not found else f"none of the {len(found)} .asf files beside it has its name"
    remedy = f"put {path.stem.split('_')[0]}.asf in the same folder, or pass skeleton="
    raise FileError(path, problem, field="skeleton", remedy=remedy)


# -- the motion --------------------------------------------------------------------------------------------------


def _read_amc(path: str | Path, text: str, acclaim: AcclaimSkeleton) -> dict[str, Float64[Array, "frames _dof"]]:
    """Per bone the table of its values. Every frame must name the same bones in the same order."""
    words, degrees = _motion_words(path, text)
    if degrees != acclaim.degrees and degrees is not None:
        acclaim.degrees = degrees
    layout = _frame_layout(path, words, acclaim)
    length = 1 + sum(1 + count for _, count in layout)
    frames = len(words) // length
    if frames == 0 or len(words) % length:
        _explain_frame(path, words, layout, length)
    values, place = {}, 1
    for name, count in layout:
        if words[place::length] != [name] * frames:
            _explain_frame(path, words, layout, length)
        columns = [words[place + 1 + column :: length] for column in range(count)]
        values[name] = np.stack([_column(path, name, column) for column in columns], axis=-1)
        place += 1 + count
    return values


def _motion_words(path: str | Path, text: str) -> tuple[list[str], bool | None]:
    """All words after the header, and whether the header says degrees (None: it does not say)."""
    lines = text.splitlines(keepends=True)
    degrees: bool | None = None
    for place, line in enumerate(lines):
        word = line.strip()
        if word and not word.startswith(("#", ":")):
            return "".join(lines[place:]).split(), degrees
        if word.upper() in (":DEGREES", ":RADIANS"):
            degrees = word.upper() == ":DEGREES"
    raise FileError(path, "the file has no frames", field="frame 1", remedy="get the file again")


def _frame_layout(path: str | Path, words: list[str], acclaim: AcclaimSkeleton) -> list[tuple[str, int]]:
    """(bone, number of values) in the order of the first frame."""
    if not words[0].isdigit():
        problem = f"expected a frame number, got {words[0][:_QUOTED]!r}"
        raise FileError(path, problem, field="frame 1", remedy="check that it is an AMC file")
    layout: list[tuple[str, int]] = []
    seen: set[str] = set()
    place = 1
    while place < len(words) and not words[place].isdigit():
        name = words[place]
        known = name == "root" or name in acclaim.bones
        if not known or name in seen:
            problem = f"the bone {name[:_QUOTED]!r} is " + ("given twice" if known else "not in the skeleton")
            raise FileError(path, problem, field="frame 1", remedy="pass the skeleton of this motion as skeleton=")
        count = len(acclaim.root_order if name == "root" else acclaim.bones[name].dof)
        if count == 0 or place + count >= len(words):
            problem = f"the bone {name[:_QUOTED]!r} should have {count} values"
            raise FileError(path, problem, field="frame 1", remedy="the file may be cut off; get it again")
        seen.add(name)
        layout.append((name, count))
        place += 1 + count
        if place > len(words):
            break
    if "root" not in seen:
        raise FileError(path, "has no line 'root'", field="frame 1", remedy="check that it is an AMC file")
    return layout


def _column(path: str | Path, name: str, words: list[str]) -> Float64[Array, frames]:
    try:
        values = np.fromiter(map(float, words), dtype=np.float64, count=len(words))
    except ValueError as error:
        problem = f"not a number: {str(error)[-_QUOTED:]}"
        raise FileError(path, problem, field=f"bone {name}", remedy="repair that line") from None
    wrong = np.flatnonzero(~(np.abs(values) <= MAXIMUM_VALUE))
    if wrong.size:
        problem = f"{words[wrong[0]][:_QUOTED]!r} is not a finite number"
        raise FileError(path, problem, field=f"frame {wrong[0] + 1}, bone {name}", remedy="remove or repair that frame")
    return values


def _explain_frame(path: str | Path, words: list[str], layout: list[tuple[str, int]], length: int) -> NoReturn:
    """Find the first frame that differs from the first one's layout and say where."""
    names = [name for name, _ in layout]
    places = [1]
    for _, count in layout:
        places.append(places[-1] + 1 + count)
    for start in range(0, max(len(words), 1), length):
        frame = words[start : start + length]
        for name, place in zip(names, places, strict=False):
            if place >= len(frame) or frame[place] != name:
                found = frame[place][:_QUOTED] if place < len(frame) else "the end of the file"
                raise FileError(
                    path,
                    f"expected the line of bone {name!r}, found {found!r}",
                    field=f"frame {start // length + 1}",
                    remedy="every frame must list the same bones; the file may be cut off",
                )
    raise FileError(path, "is cut off", field=f"frame {len(words) // length + 1}", remedy="get the file again")


# -- together ----------------------------------------------------------------------------------------------------


def _assemble(acclaim: AcclaimSkeleton, values: dict[str, Float64[Array, "frames _dof"]], fps: float) -> SkeletonMotion:
    frames = len(values["root"])
    scale = 1.0 if acclaim.degrees else 180 / math.pi
    order = _parents_first(acclaim)
    place = {name: index for index, name in enumerate(order)}
    offsets = np.array([_start_of(acclaim, name) for name in order])
    tails = [(place[name], _end_of(acclaim.bones[name])) for name in order[1:]]
    parents = (-1, *(place[acclaim.parents[name]] for name in order[1:]))
    skeleton = SourceSkeleton(tuple(order), parents, offsets, tuple(tails))
    rotations, translations, hinges = [], [], {}
    for name, offset in zip(order, offsets, strict=True):
        dof, axis, axis_order = _motion_of(acclaim, name)
        own = values.get(name, np.zeros((frames, 0)))
        frame = from_euler(np.array(axis)[list(map("XYZ".index, axis_order[::-1]))] * scale, axis_order[::-1])
        turns = [index for index, kind in enumerate(dof) if kind[0] == "r"] if own.shape[1] else []
        axes = "".join(DEGREES_OF_FREEDOM[dof[index]] for index in reversed(turns))
        turned = from_euler(own[:, turns[::-1]] * scale, axes) if turns else np.eye(3)[None]
        rotations.append(frame @ turned @ (np.eye(3) if name == "root" else frame.T))
        moved = np.repeat(offset[None], frames if own.shape[1] else 1, axis=0)
        for index, kind in enumerate(dof):
            if kind[0] == "t" and own.shape[1]:
                moved[:, "XYZ".index(DEGREES_OF_FREEDOM[kind])] += own[:, index]
        translations.append(moved)
        if len(axes) == 1:
            hinges[name] = frame @ np.eye(3)["XYZ".index(axes)]
    return SkeletonMotion(skeleton, frames, tuple(rotations), tuple(translations), fps, acclaim.metres_per_unit, hinges)


def _motion_of(acclaim: AcclaimSkeleton, name: str) -> tuple[list[str], tuple[float, ...], str]:
    if name == "root":
        return acclaim.root_order, acclaim.root_orientation, acclaim.root_axis_order
    bone = acclaim.bones[name]
    return bone.dof, bone.axis, bone.axis_order


def _parents_first(acclaim: AcclaimSkeleton) -> list[str]:
    children: dict[str, list[str]] = {}
    for child, parent in acclaim.parents.items():
        children.setdefault(parent, []).append(child)
    order = ["root"]
    for name in order:
        order.extend(children.get(name, []))
    return order


def _start_of(acclaim: AcclaimSkeleton, name: str) -> tuple[float, float, float]:
    """A bone begins where its parent ends; the root's children at the root."""
    if name == "root":
        x, y, z = acclaim.root_position
        return (x, y, z)
    parent = acclaim.parents[name]
    return (0.0, 0.0, 0.0) if parent == "root" else _end_of(acclaim.bones[parent])


def _end_of(bone: Bone) -> tuple[float, float, float]:
    x, y, z = bone.direction
    return (x * bone.length, y * bone.length, z * bone.length)
