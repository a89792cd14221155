"""What users hand in: a clip or a pose, taken as the one or the other."""

from __future__ import annotations

from dataclasses import replace

import torch

from poseloom.base.errors import PoseloomError
from poseloom.pose import Clip, Pose

_REMEDY = "poseloom.load reads one from a file"


def as_pose(motion: Pose | Clip) -> Pose:
    """The poses of a clip, or the pose itself."""
    if isinstance(motion, Clip):
        return motion.pose
    if isinstance(motion, Pose):
        return motion
    remedy = next((f"give its .{name}" for name in ("poses", "clip") if hasattr(motion, name)), _REMEDY)
    raise PoseloomError(f"expected a Pose or a Clip, got {type(motion).__name__}; {remedy}")


def as_clip(motion: Clip | Pose) -> Clip:
    """The clip itself, or poses as its frames."""
    if isinstance(motion, Clip):
        return motion
    return Clip(as_pose(motion).reshape(-1))


def select(clip: Clip, frames: list[int]) -> Clip:
    """The given frames of a clip; the rate no longer means anything when they are not evenly spaced.

    Raises:
        PoseloomError: a frame is not in the clip.
    """
    for frame in frames:
        if not 0 <= frame < len(clip):
            raise PoseloomError(
                f"{clip.name or 'clip'}: frame {frame} is out of range; the clip has {len(clip)} frames, "
                f"0 to {len(clip) - 1}"
            )
    return replace(clip, pose=clip.pose[torch.tensor(frames, dtype=torch.long)])
