"""BVH (Biovision hierarchy) files: exact reading on their own skeleton, and conversion to `Clip`.

Format: M. Meredith and S. Maddock, "Motion Capture File Formats Explained", University of Sheffield, 2001.
Rotation channels are intrinsic, in the order listed: ``Zrotation Xrotation Yrotation`` is Rz @ Rx @ Ry on column
vectors. The order and number of channels may differ from joint to joint.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from jaxtyping import Float64

from poseloom.base.errors import FileError
from poseloom.base.files import read_bytes
from poseloom.formats.bvh_hierarchy import Channel, Hierarchy, HierarchyReader
from poseloom.formats.bvh_table import MotionTable, read_table
from poseloom.formats.reading_options import ReadingOptions
from poseloom.formats.retarget import retarget
from poseloom.formats.skeleton_motion import Array, SkeletonMotion, SourceSkeleton, from_euler
from poseloom.pose.types import Clip

_MOTION = re.compile(rb"(?:^|(?<=[\s}]))MOTION\b(?=\s*Frame)", re.IGNORECASE | re.MULTILINE)
_MOTION_LINE = re.compile(rb"^[ \t]*MOTION\b", re.IGNORECASE | re.MULTILINE)

_SCALE_CHANGES = 1e-3
"""Part of its size by which a scale channel may differ from one without a remark."""


def read_bvh(
    path: str | Path,
    joint_map: Mapping[str, str] | str | Path | None = None,
    up: str | None = None,
    unit: str | float | None = None,
    fps: float | None = None,
) -> Clip:
    """Read a BVH file of a human skeleton as poses.

    Args:
        path: the file.
        joint_map: for a skeleton that is not recognised: {our joint: the file's joint}, or the path of a JSON file
            with such a table. Our joints are those of `poseloom.pose.joints.JOINT_NAMES`.
        up: axis of the file that points up (``"y"``, ``"-y"``, ``"z"``, ...); found from the figure by default.
        unit: length unit of the file (``"cm"``, ``"inch"``, ...) or metres a unit; the one nearest to an adult by
            default.
        fps: frames a second, where the file's frame time is wrong.

    Returns:
        22 joints, or 52 when the skeleton has fingers; translation of the pelvis in metres. ``notes["remarks"]`` has
        a line for everything that the reader had to guess.

    Raises:
        FileError: the file is damaged, or its skeleton is unknown.
    """
    options = ReadingOptions(joint_map, up, unit, fps)
    return retarget(read_bvh_motion(path), path, joint_map, options)


def read_bvh_motion(path: str | Path) -> SkeletonMotion:
    """Read a BVH file on its own skeleton, in its own units and axes.

    Position channels are added to a joint's OFFSET, or replace it: some exporters write displacements, others whole
    local positions, and the format does not tell. The inner joints decide for the whole file, because their bones
    have one length; where the root alone has positions, it is what is nearer to its OFFSET: the values or zero.

    Raises:
        FileError: the file is damaged: one line with the field and the remedy.
    """
    content = _without_marks(read_bytes(path))
    split = _MOTION.search(content) or _MOTION_LINE.search(content)
    if split is None:
        field_name, remedy = "MOTION", "a BVH file has a HIERARCHY and a MOTION part; get the file again"
        raise FileError(path, "is not a whole BVH file: no MOTION part", field=field_name, remedy=remedy)
    hierarchy = HierarchyReader(path).read(content[: split.start()].decode("utf-8", errors="replace"))
    table = read_table(path, content[split.end() :], hierarchy.channel_count)
    return _assemble(hierarchy, table)


def _without_marks(content: bytes) -> bytes:
    """UTF-8 without a byte order mark, from UTF-16 too; a carriage return alone ends a line, Ctrl-Z the file."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        content = content.decode("utf-16", errors="replace").encode()
    if b"\r" in content:
        content = content.replace(b"\r", b"\n")
    return content.removeprefix(codecs.BOM_UTF8).rstrip(b"\x1a\x00 \t\n")


def _assemble(hierarchy: Hierarchy, table: MotionTable) -> SkeletonMotion:
    offsets = np.array(hierarchy.offsets, dtype=np.float64)
    columns = np.cumsum([0, *(len(channels or ()) for channels in hierarchy.channels)])
    tables = [table.values[:, start:stop] for start, stop in pairwise(columns)]
    listed = [channels or [] for channels in hierarchy.channels]
    moves = [_moves(own, channels) for own, channels in zip(tables, listed, strict=True)]
    whole = _are_whole_positions(offsets, moves)
    rotations, translations = [], []
    for joint, (own, channels) in enumerate(zip(tables, listed, strict=True)):
        turns = [place for place, (_, kind) in enumerate(channels) if kind == "rotation"]
        axes = "".join(channels[place][0] for place in turns)
        rotations.append(from_euler(own[:, turns], axes) if turns else np.eye(3)[None])
        is_whole = _repeats(offsets[0], moves[0]) if joint == 0 and not whole else whole
        translations.append(_translation(offsets[joint], moves[joint], is_whole))
    if whole:  # bones are where the channels put them; OFFSET may be empty
        offsets[1:] = [np.median(place, axis=0) for place in translations[1:]]
    skeleton = SourceSkeleton(tuple(hierarchy.names), tuple(hierarchy.parents), offsets, tuple(hierarchy.tails))
    motion = SkeletonMotion(skeleton, len(table.values), tuple(rotations), tuple(translations), table.fps)
    remarks = (*hierarchy.remarks, *table.remarks, *_remark_on_scales(tables, listed))
    return replace(motion, remarks=remarks)


Moves = tuple[list[int], Float64[Array, "frames 3"]]
"""Axes that have a position channel, and the values along all three."""


def _moves(values: Float64[Array, "frames channels"], channels: Sequence[Channel]) -> Moves:
    moved = np.zeros((len(values), 3))
    axes = set()
    for place, (axis, kind) in enumerate(channels):
        if kind == "position":
            moved[:, "XYZ".index(axis)] += values[:, place]
            axes.add("XYZ".index(axis))
    return sorted(axes), moved


def _are_whole_positions(offsets: Float64[Array, "joints 3"], moves: Sequence[Moves]) -> bool:
    """Whether the inner joints' positions repeat their bones, together, rather than being displacements."""
    from_offset, from_zero = 0.0, 0.0
    for offset, (axes, moved) in zip(offsets[1:], moves[1:], strict=True):
        if axes:
            from_offset += float(np.linalg.norm((moved - offset)[:, axes], axis=1).mean())
            from_zero += float(np.linalg.norm(moved[:, axes], axis=1).mean())
    if from_zero > 0 and not np.any(offsets[1:]):
        return True
    return from_offset < from_zero


def _repeats(offset: Float64[Array, 3], moves: Moves) -> bool:
    axes, moved = moves
    off_by = np.linalg.norm((moved - offset)[:, axes], axis=1).mean()
    return bool(off_by < np.linalg.norm(moved[:, axes], axis=1).mean())


def _translation(offset: Float64[Array, 3], moves: Moves, whole: bool) -> Float64[Array, "#frames 3"]:
    axes, moved = moves
    if not axes:
        return offset[None]
    if not whole:
        return moved + offset
    replaced = np.repeat(offset[None], len(moved), axis=0)
    replaced[:, axes] = moved[:, axes]
    return replaced


def _remark_on_scales(tables: Sequence[Array], listed: Sequence[Sequence[Channel]]) -> list[str]:
    for own, channels in zip(tables, listed, strict=True):
        scales = own[:, [place for place, (_, kind) in enumerate(channels) if kind == "scale"]]
        if scales.size and np.ptp(scales) > _SCALE_CHANGES * max(1e-9, float(np.abs(scales).max())):
            return ["scale channels are left out: bones keep their length"]
    return []
