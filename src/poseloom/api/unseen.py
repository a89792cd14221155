"""What a photo does not show, or not surely: what a clip's notes say of it, and what users are told."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.pose import BODY_JOINTS, Clip, Pose
from poseloom.pose.limbs import LIMBS
from poseloom.results.recovered import DOUBT_NOTE, RECOVERED_NOTE, UNSEEN_NOTE


def from_picture(motion: Pose | Clip) -> bool:
    """Whether a clip's poses were recovered from a picture, by its notes."""
    return isinstance(motion, Clip) and motion.notes.get(RECOVERED_NOTE) in ("picture", "video")


def joint_doubt(motion: Pose | Clip) -> Float[Tensor, " 22"] | None:
    """Radians by which each joint of a recovered clip may be off, by its notes, which files keep."""
    noted = motion.notes.get(DOUBT_NOTE) if isinstance(motion, Clip) else None
    known = isinstance(noted, list) and len(noted) == BODY_JOINTS and all(isinstance(one, float) for one in noted)
    return torch.tensor(noted).clamp(0, math.pi) if known else None


def unseen_limbs(motion: Pose | Clip) -> dict[str, str]:
    """Limbs that are guesses, by the notes of a clip, also of one that was read from a file."""
    told = motion.notes.get(UNSEEN_NOTE, {}) if isinstance(motion, Clip) else {}
    known = isinstance(told, dict) and all(limb in LIMBS for limb in told)
    return {str(limb): str(why) for limb, why in told.items()} if known else {}


def guessed_note(unseen: Mapping[str, str]) -> tuple[str, ...]:
    names = ", ".join(limb.replace("_", " ") for limb in unseen)
    return (f"not seen in the picture, so what is said of it is a guess: {names}",) if unseen else ()


def not_compared_note(unseen: Mapping[str, str]) -> tuple[str, ...]:
    names = ", ".join(limb.replace("_", " ") for limb in unseen)
    return (f"not seen in both pictures, so not told of: {names}",) if unseen else ()


def with_limbs_of(pose: Pose, other: Pose, limbs: Sequence[str]) -> Pose:
    """A pose with some limbs as in another one."""
    rotations = pose.rotations.clone()
    for limb in limbs:
        rotations[..., LIMBS[limb], :] = other.rotations[..., LIMBS[limb], :]
    return replace(pose, rotations=rotations)
