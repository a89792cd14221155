"""BVH (Biovision hierarchy) files: exact reading on their own skeleton, and conversion to `Clip`.

Format: M. Meredith and S. Maddock, "Motion Capture File Formats Explained", University of Sheffield, 2001.
Rotation channels are intrinsic, in the order listed: ``Zrotation Xrotation Yrotation`` is Rz @ Rx @ Ry on column
vectors. The order and number of channels may differ from joint to joint.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import numpy as np
from jaxtyping import Float64

from poseloom.base.errors import FileError
from poseloom.base.files import read_bytes
from poseloom.formats.retarget import retarget
from poseloom.formats.skeleton_motion import (
    MAXIMUM_JOINTS,
    MAXIMUM_VALUE,
    Array,
    SkeletonMotion,
    SourceSkeleton,
    from_euler,
)
from poseloom.pose.types import Clip

_MOST_CHANNELS = 9
"""Of a joint: positions, rotations and, in some exports, scales."""
_CHANNEL = re.compile(r"([xyz])(position|rotation)", re.IGNORECASE)
_MOTION = re.compile(rb"^[ \t]*MOTION\b", re.IGNORECASE | re.MULTILINE)
_FRAMES = re.compile(rb"\s*Frames\s*:?[ \t]*([^\s]+)", re.IGNORECASE)
_FRAME_TIME = re.compile(rb"\s*Frame[ \t]*Time\s*:?[ \t]*([^\s]+)", re.IGNORECASE)
_QUOTED = 40
"""Characters of a wrong word that an error message shows."""

MINIMUM_FRAME_TIME = 1e-5
"""Seconds; a shorter one is a mistake: no camera takes more than a hundred thousand frames a second."""


def read_bvh(path: str | Path, joint_map: Mapping[str, str] | str | Path | None = None) -> Clip:
    """Read a BVH file of a human skeleton as poses.

    Args:
        path: the file.
        joint_map: for a skeleton that is not known by its joint names: {our joint: the file's joint}, or the path of
            a JSON file with such a table. Our joints are those of `poseloom.pose.joints.JOINT_NAMES`.

    Returns:
        22 joints, or 52 when the skeleton has fingers; translation of the pelvis in metres.

    Raises:
        FileError: the file is damaged, or its skeleton is unknown or not a standing figure.
    """
    return retarget(read_bvh_motion(path), path, joint_map)


def read_bvh_motion(path: str | Path) -> SkeletonMotion:
    """Read a BVH file on its own skeleton, in its own units and axes.

    Position channels are added to a joint's OFFSET, or replace it where they are nearer to it than to zero: some
    exporters write displacements, others whole local positions, and the format does not tell.

    Raises:
        FileError: the file is damaged: one line with the field and the remedy.
    """
    content = read_bytes(path)
    split = _MOTION.search(content)
    if split is None:
        field_name, remedy = "MOTION", "a BVH file has a HIERARCHY and a MOTION part; get the file again"
        raise FileError(path, "is not a whole BVH file: no MOTION part", field=field_name, remedy=remedy)
    hierarchy = _HierarchyReader(path).read(content[: split.start()].decode("utf-8-sig", errors="replace"))
    frame_time, values = _read_motion(path, content[split.end() :], hierarchy.channel_count)
    return _assemble(hierarchy, values, 1 / frame_time)


# -- the HIERARCHY part ------------------------------------------------------------------------------------------


@dataclass
class _Hierarchy:
    names: list[str] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    offsets: list[tuple[float, float, float] | None] = field(default_factory=list)
    channels: list[list[tuple[str, str]] | None] = field(default_factory=list)
    """Per joint: (axis, "position" or "rotation") in the order of the file."""
    tails: list[tuple[int, tuple[float, float, float]]] = field(default_factory=list)

    @property
    def channel_count(self) -> int:
        return sum(len(channels or ()) for channels in self.channels)


_END_SITE = -2


class _HierarchyReader:
    """Reads the HIERARCHY part line by line, with a stack instead of recursion."""

    def __init__(self, path: str | Path):
        self.path = path
        self.result = _Hierarchy()
        self.stack: list[int] = []
        self.opened: int | None = None
        """The joint, or `_END_SITE`, whose brace is expected next."""
        self.seen: set[str] = set()

    def read(self, text: str) -> _Hierarchy:
        lines = [line.split() for line in re.sub(r"([{}])", r"\n\1\n", text).splitlines()]
        lines = [words for words in lines if words]
        if not lines or lines[0][0].upper() != "HIERARCHY":
            begin = lines[0][0][:_QUOTED] if lines else ""
            self._fail("HIERARCHY", f"the file begins with {begin!r}", "check that it is a BVH file")
        for words in lines[1:]:
            self._line(words)
        if self.stack or self.opened is not None:
            self._fail("HIERARCHY", f"{len(self.stack)} braces are not closed", "get the file again")
        if not self.result.names:
            self._fail("HIERARCHY", "has no ROOT", "get the file again")
        for name, offset in zip(self.result.names, self.result.offsets, strict=True):
            if offset is None:
                self._fail(name, "has no OFFSET", "add 'OFFSET x y z' to the joint")
        return self.result

    def _line(self, words: list[str]) -> None:
        keyword = words[0].upper()
        handler = {
            "ROOT": self._joint,
            "JOINT": self._joint,
            "END": self._end_site,
            "{": self._open,
            "}": self._close,
            "OFFSET": self._offset,
            "CHANNELS": self._channels,
        }.get(keyword)
        if handler is None:
            self._fail("HIERARCHY", f"unexpected {words[0][:_QUOTED]!r}", "get the file again")
        if self.opened is not None and keyword != "{":
            self._fail("HIERARCHY", f"expected '{{' before {words[0]!r}", "get the file again")
        handler(words)

    def _joint(self, words: list[str]) -> None:
        name = " ".join(words[1:])
        if not name:
            self._fail("HIERARCHY", f"{words[0]} without a name", "name every joint")
        if name in self.seen:
            self._fail(name[:_QUOTED], "two joints have this name", "rename one of them")
        is_root = words[0].upper() == "ROOT"
        if is_root and self.result.names:
            self._fail(name[:_QUOTED], "is a second ROOT", "keep one figure in the file")
        if not is_root and (not self.stack or self.stack[-1] == _END_SITE):
            self._fail(name[:_QUOTED], "stands outside of a joint", "get the file again")
        if len(self.result.names) >= MAXIMUM_JOINTS:
            self._fail("HIERARCHY", f"has more than {MAXIMUM_JOINTS} joints", "keep the body's joints only")
        self.seen.add(name)
        self.result.parents.append(self.stack[-1] if self.stack else -1)
        self.result.names.append(name)
        self.result.offsets.append(None)
        self.result.channels.append(None)
        self.opened = len(self.result.names) - 1

    def _end_site(self, words: list[str]) -> None:
        if not self.stack or self.stack[-1] == _END_SITE:
            self._fail("End Site", "stands outside of a joint", "get the file again")
        self.opened = _END_SITE

    def _open(self, words: list[str]) -> None:
        if self.opened is None:
            self._fail("HIERARCHY", "'{' without a joint before it", "get the file again")
        self.stack.append(self.opened)
        self.opened = None

    def _close(self, words: list[str]) -> None:
        if not self.stack:
            self._fail("HIERARCHY", "'}' without a '{'", "get the file again")
        self.stack.pop()

    def _offset(self, words: list[str]) -> None:
        joint = self._current("OFFSET")
        if len(words) != 4:
            self._fail(self._name(), f"OFFSET has {len(words) - 1} numbers, expected 3", "write 'OFFSET x y z'")
        x, y, z = (_number(self.path, f"{self._name()}: OFFSET", word) for word in words[1:])
        if joint == _END_SITE:
            self.result.tails.append((self.stack[-2], (x, y, z)))
        else:
            self.result.offsets[joint] = (x, y, z)

    def _channels(self, words: list[str]) -> None:
        joint = self._current("CHANNELS")
        names = words[2:]
        if len(words) < 2 or words[1] != str(len(names)):
            said = words[1][:_QUOTED] if len(words) > 1 else "nothing"
            remedy = "write 'CHANNELS 3 Zrotation Xrotation Yrotation'"
            self._fail(self._name(), f"CHANNELS says {said}, but {len(names)} are named", remedy)
        if joint == _END_SITE or self.result.channels[joint] is not None:
            self._fail(self._name(), "has no right to CHANNELS here", "give each joint one CHANNELS line")
        if len(names) > _MOST_CHANNELS:
            told = f"has {len(names):,} channels, expected at most {_MOST_CHANNELS}"
            self._fail(self._name(), told, "export three positions and three rotations a joint")
        channels = []
        for name in names:
            match = _CHANNEL.fullmatch(name)
            if match is None:
                remedy = "known are Xposition ... Zposition, Xrotation ... Zrotation"
                self._fail(self._name(), f"unknown channel {name[:_QUOTED]!r}", remedy)
            channels.append((match[1].upper(), match[2].lower()))
        self.result.channels[joint] = channels

    def _current(self, keyword: str) -> int:
        if not self.stack:
            self._fail("HIERARCHY", f"{keyword} stands outside of a joint", "get the file again")
        return self.stack[-1]

    def _name(self) -> str:
        joint = self.stack[-1]
        return "End Site" if joint == _END_SITE else self.result.names[joint][:_QUOTED]

    def _fail(self, where: str, problem: str, remedy: str) -> NoReturn:
        raise FileError(self.path, problem, field=where, remedy=remedy)


# -- the MOTION part ---------------------------------------------------------------------------------------------


def _read_motion(path: str | Path, text: bytes, channels: int) -> tuple[float, Float64[Array, "frames channels"]]:
    """Seconds between frames and the table of values; nothing is allocated by what the header promises."""
    frames_match = _FRAMES.match(text)
    if frames_match is None or not frames_match[1].isdigit():
        raise FileError(path, "is missing or not a whole number", field="Frames:", remedy="write 'Frames: 120'")
    frames = int(frames_match[1][:20])
    time_match = _FRAME_TIME.match(text, frames_match.end())
    if time_match is None:
        raise FileError(path, "is missing", field="Frame Time:", remedy="write 'Frame Time: 0.033333'")
    frame_time = _number(path, "Frame Time:", time_match[1].decode("latin-1"))
    if frame_time < MINIMUM_FRAME_TIME:
        raise FileError(
            path, f"expected seconds above zero, got {frame_time}", field="Frame Time:", remedy="write 1 / fps"
        )
    if frames == 0:
        raise FileError(path, "the file has no frames", field="Frames:", remedy="export at least one")
    if channels == 0:
        raise FileError(path, "no joint has CHANNELS", field="HIERARCHY", remedy="export with rotation channels")
    rows = text[time_match.end() :]
    words = rows.split()
    if len(words) != frames * channels:
        _explain_count(path, rows, frames, channels, len(words))
    try:
        values = np.fromiter(map(float, words), dtype=np.float64, count=len(words)).reshape(frames, channels)
    except ValueError as error:
        raise FileError(
            path, f"not a number: {str(error)[-_QUOTED:]}", field="MOTION", remedy="export it again"
        ) from None
    wrong = ~(np.abs(values) <= MAXIMUM_VALUE)
    if wrong.any():
        frame, channel = (int(place[0]) for place in np.nonzero(wrong))
        raise FileError(
            path,
            f"value {channel + 1} is {values[frame, channel]}, expected a finite number",
            field=f"frame {frame + 1}",
            remedy="remove or repair that frame",
        )
    return frame_time, values


def _explain_count(path: str | Path, rows: bytes, frames: int, channels: int, found: int) -> NoReturn:
    """Say which frame has a wrong number of values, or how many frames there are in truth."""
    lengths = [len(line.split()) for line in rows.splitlines() if line.strip()]
    for place, length in enumerate(lengths):
        if length != channels and found % channels:
            raise FileError(
                path,
                f"{length} values, expected {channels} (one for each channel)",
                field=f"frame {place + 1}",
                remedy="the file may be cut off; get it again or remove that frame",
            )
    raise FileError(
        path,
        f"says {frames}, but {found / channels:g} frames of {channels} values follow",
        field="Frames:",
        remedy="get the whole file, or correct the number",
    )


def _number(path: str | Path, where: str, word: str) -> float:
    try:
        value = float(word)
    except ValueError:
        value = float("nan")
    if not abs(value) <= MAXIMUM_VALUE:
        raise FileError(path, f"{word[:_QUOTED]!r} is not a finite number", field=where, remedy="correct it")
    return value


# -- together ----------------------------------------------------------------------------------------------------


def _assemble(hierarchy: _Hierarchy, values: Float64[Array, "frames channels"], fps: float) -> SkeletonMotion:
    offsets = np.array(hierarchy.offsets, dtype=np.float64)
    skeleton = SourceSkeleton(tuple(hierarchy.names), tuple(hierarchy.parents), offsets, tuple(hierarchy.tails))
    rotations, translations = [], []
    start = 0
    for joint, channels in enumerate(hierarchy.channels):
        own = values[:, start : start + len(channels or ())]
        start += own.shape[1]
        turns = [place for place, (_, kind) in enumerate(channels or ()) if kind == "rotation"]
        axes = "".join((channels or [])[place][0] for place in turns)
        rotations.append(from_euler(own[:, turns], axes) if turns else np.eye(3)[None])
        translations.append(_translation(offsets[joint], own, channels or []))
    return SkeletonMotion(skeleton, len(values), tuple(rotations), tuple(translations), fps)


def _translation(
    offset: Float64[Array, 3],
    values: Float64[Array, "frames channels"],
    channels: list[tuple[str, str]],
) -> Float64[Array, "#frames 3"]:
    moves = [(place, "XYZ".index(axis)) for place, (axis, kind) in enumerate(channels) if kind == "position"]
    if not moves:
        return offset[None]
    moved = np.zeros((len(values), 3))
    for place, axis in moves:
        moved[:, axis] += values[:, place]
    given = sorted({axis for _, axis in moves})
    off_by = np.linalg.norm((moved - offset)[:, given], axis=1).mean()
    if off_by >= np.linalg.norm(moved[:, given], axis=1).mean():
        return moved + offset
    replaced = np.repeat(offset[None], len(values), axis=0)
    replaced[:, given] = moved[:, given]
    return replaced
