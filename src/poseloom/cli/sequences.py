"""One picture a frame: ``--out f_%04d.png`` writes f_0000.png, f_0001.png, ..."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from poseloom.base.errors import FileError

if TYPE_CHECKING:
    from poseloom.pose import Clip
    from poseloom.render import Style, View

_NUMBER = re.compile(r"%(0\d+)?d")
_PERCENT = "%"


def is_sequence(path: Path) -> bool:
    """Does the name stand for one file a frame.

    Raises:
        FileError: it has a percent sign, but not just one number to fill in.
    """
    if _PERCENT not in path.name:
        return False
    if len(_NUMBER.findall(path.name)) != 1 or path.name.count(_PERCENT) != 1:
        raise FileError(path, "cannot number the frames", remedy="write %04d once, as in frame_%04d.png; no other %")
    return True


def frame_path(path: Path, frame: int) -> Path:
    """The file of one frame."""
    return path.with_name(_NUMBER.sub(lambda match: match.group() % frame, path.name))


def write_sequence(
    clip: Clip, frames: list[int], path: Path, size: int | tuple[int, int], *, view: View | None, style: Style
) -> str:
    """Draw the frames with one camera, each into its own file, numbered as in the clip."""
    from poseloom import api
    from poseloom.base.progress import tracked
    from poseloom.render import View, save_picture
    from poseloom.render.pictures import render_each

    poses = api.select(clip, frames).pose
    pictures = render_each(poses, size, view=view or View(shared=True), style=style, ground="shared")
    numbered = zip(frames, pictures, strict=True)
    for frame, picture in tracked(numbered, len(frames), "drawing", "pictures"):
        save_picture(picture, frame_path(path, frame))
    return f"{len(frames)} pictures, {frame_path(path, frames[0]).name} to {frame_path(path, frames[-1]).name}"
