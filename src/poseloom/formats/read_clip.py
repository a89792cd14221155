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
from poseloom.pose.joint_tracks import JointTracks
from poseloom.pose.types import Clip

if TYPE_CHECKING:
    from poseloom.formats.format import Format

_UPSIDE_DOWN = -0.5
"""Upward part of the pelvis's up axis below which a frame is upside down."""

_WITHOUT = {
    "joint_map": "has our own joints, so no joint map",
    "unit": "states its positions in metres, so no unit",
    "person": "holds one person, so no person",
}
_TOLD = ("people", "fps", "depth", "translation", "upside_down", "fit", "hands")
"""Notes of readers that a user should see: something was chosen or guessed."""


def with_options(row: Format, path: Path, options: ReadingOptions | None) -> Clip | JointTracks:
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
    taken = {name: getattr(options, name) for name in options.given if name in row.takes}
    motion = row.read(path, options) if row.takes_whole else row.read(path, **taken)
    if options.plain_up is not None and "up" not in row.takes:
        motion = _turned(path, motion, row, options.plain_up)
    if options.fps is not None and "fps" not in row.takes:
        notes = {name: value for name, value in motion.notes.items() if name != "fps"}
        motion = replace(motion, fps=float(options.fps), notes=notes)
    return remarked(motion)


def _turned(path: Path, motion: Clip | JointTracks, row: Format, up: str) -> Clip:
    if not isinstance(motion, Clip):
        problem = f"the format {row.name} tells which axis points up, so none is taken"
        raise FileError(path, problem, remedy="leave out up (--up)")
    turn = conventional_axes(unit_axis(up)) @ conventional_axes(unit_axis(row.up)).T
    return replace(motion, pose=motion.pose.turned(torch.from_numpy(turn).to(motion.pose.rotations)))


def without_remarks(clip: Clip) -> Clip:
    """The clip as it is written: what a reader guessed is not a property of the motion."""
    if REMARKS not in clip.notes:
        return clip
    return replace(clip, notes={name: value for name, value in clip.notes.items() if name != REMARKS})


def remarked(motion: Clip | JointTracks) -> Clip | JointTracks:
    """The same with a remark for each note that a user should see, and for a figure that is upside down."""
    remarks = list(motion.notes.get(REMARKS, []))
    remarks += [f"{name}: {motion.notes[name]}" for name in _TOLD if name in motion.notes]
    if isinstance(motion, Clip) and len(motion) and "upside_down" not in motion.notes:
        up = rot.rotvec_to_rotmat(motion.pose.rotations[:, 0])[:, 1, 1]
        if (up < _UPSIDE_DOWN).double().mean() > 0.5:
            line = "most frames are upside down; if another axis of the file points up, name it, as up='-y' (--up -y)"
            remarks.append(line)
    remarks = list(dict.fromkeys(remarks))
    return replace(motion, notes={**motion.notes, REMARKS: remarks}) if remarks else motion
