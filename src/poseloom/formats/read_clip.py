"""Reading with a user's options: what a format's reader does not take itself is applied to its clip."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from poseloom.base.errors import FileError
from poseloom.formats.joint_maps import unit_axis
from poseloom.formats.reading_options import REMARKS, ReadingOptions
from poseloom.formats.standing import conventional_axes
from poseloom.pose import rotations as rot
from poseloom.pose.types import Clip

if TYPE_CHECKING:
    from poseloom.formats.registry import Format

_UPSIDE_DOWN = -0.5
"""Upward part of the pelvis's up axis below which a frame is upside down."""

_WITHOUT = {"joint_map": "has our own joints, so no joint map", "unit": "states its positions in metres, so no unit"}


def with_options(row: Format, path: Path, options: ReadingOptions | None) -> Clip:
    """Read a file of a format as the user's options say, and remark where the result looks wrong.

    Raises:
        PoseloomError: what the reader says, or an option means nothing to this format.
    """
    options = options or ReadingOptions()
    assert row.read is not None
    for name in options.given:
        if name not in row.takes and name in _WITHOUT:
            problem = f"the format {row.name} {_WITHOUT[name]} is taken"
            raise FileError(path, problem, remedy=f"leave out {name} (--{name.replace('_', '-')})")
    clip = row.read(path, **{name: getattr(options, name) for name in options.given if name in row.takes})
    if options.plain_up is not None and "up" not in row.takes:
        turn = conventional_axes(unit_axis(options.plain_up)) @ conventional_axes(unit_axis(row.up)).T
        clip = replace(clip, pose=clip.pose.turned(torch.from_numpy(turn).to(clip.pose.rotations)))
    if options.fps is not None and "fps" not in row.takes:
        clip = replace(clip, fps=float(options.fps))
    return _remarked(clip)


def without_remarks(clip: Clip) -> Clip:
    """The clip as it is written: what a reader guessed is not a property of the motion."""
    if REMARKS not in clip.notes:
        return clip
    return replace(clip, notes={name: value for name, value in clip.notes.items() if name != REMARKS})


def _remarked(clip: Clip) -> Clip:
    if len(clip) == 0:
        return clip
    up = rot.to_matrix(clip.pose.rotations[:, 0])[:, 1, 1]
    if (up < _UPSIDE_DOWN).double().mean() <= 0.5:
        return clip
    remark = "most frames are upside down; if another axis of the file points up, name it, as up='-y' (--up -y)"
    return replace(clip, notes={**clip.notes, REMARKS: [*clip.notes.get(REMARKS, []), remark]})
