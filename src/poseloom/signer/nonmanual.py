"""Head, trunk and shoulders move with the signs: the non-manual parts that a body without a moving face can do."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.language.hamnosys.written.nonmanual import BodyMovement, face_of, movement_of
from poseloom.language.hamnosys.written.sign_text import NonManual
from poseloom.pose import Clip
from poseloom.pose import rotations as rot
from poseloom.pose.joints import JOINT_INDEX

_EASE = 0.2
"""Seconds before and after a sign in which a movement comes and goes."""


def with_nonmanual(clip: Clip, entries: Sequence[tuple[int, int, Sequence[NonManual]]]) -> Clip:
    """A clip of `sign_clip` whose head, trunk and shoulders move too.

    Entries of one tier follow each other within their sign. Arms go along with the trunk and keep their direction
    where a shoulder is raised, so that hands that touch the trunk go on to touch it.

    Args:
        clip: what the hands do.
        entries: first frame of a sign, the one after its last, and its non-manual entries.

    Returns:
        The clip itself where there is nothing to do. What the points of a face can do stands in ``notes["face"]``, as
        `poseloom.formats.pose_file.face_movement` takes it.
    """
    matrices, face = None, []
    for first, end, parts in entries:
        tiers: dict[str, list[NonManual]] = {}
        for part in parts:
            tiers.setdefault(part.tier, []).append(part)
        for own in tiers.values():
            for place, part in enumerate(own):
                span = (first + (end - first) * place / len(own), first + (end - first) * (place + 1) / len(own))
                if (amounts := face_of(part)) is not None:
                    face.append([*span, *amounts])
                movement = movement_of(part)
                if movement is None:
                    continue
                matrices = clip.pose.matrices().clone() if matrices is None else matrices
                _add(matrices, movement, _course(len(clip), span, clip.fps, movement.waves))
    if face:
        clip = replace(clip, notes={**clip.notes, "face": face})
    if matrices is None:
        return clip
    return replace(clip, pose=replace(clip.pose, rotations=rot.rotmat_to_rotvec(matrices)))


def _course(frames: int, span: tuple[float, float], fps: float, waves: int) -> Float[Tensor, " frames"]:
    """How far a movement has gone in each frame: eased in and out around a span, or swung within it."""
    time = torch.arange(frames, dtype=torch.float64)
    ease = max(1.0, _EASE * fps)
    start, end = span[0] - ease, max(span[1], span[0] + 1) + ease

    def smooth(share: Tensor) -> Tensor:
        share = share.clamp(0, 1)
        return share * share * (3 - 2 * share)

    held = smooth((time - start) / ease) * smooth((end - time) / ease)
    if not waves:
        return held
    phase = ((time - start) / (end - start)).clamp(0, 1)
    return held * torch.sin(2 * math.pi * waves * phase)


def _add(
    matrices: Float[Tensor, "frames joints 3 3"], movement: BodyMovement, course: Float[Tensor, " frames"]
) -> None:
    """Turn joints by a share of their angles, in place; a raised shoulder's arm keeps its direction."""
    for joint, degrees in movement.turns.items():
        angles = torch.tensor(degrees, dtype=matrices.dtype) * (math.pi / 180)
        turn = rot.rotvec_to_rotmat(course[:, None].to(matrices.dtype) * angles)
        index = JOINT_INDEX[joint]
        matrices[:, index] = turn @ matrices[:, index]
        if joint.endswith("_collar"):
            arm = JOINT_INDEX[joint.replace("_collar", "_shoulder")]
            matrices[:, arm] = turn.mT @ matrices[:, arm]
