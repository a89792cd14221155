"""Where a person in another pose stands: on the same floor, at the same place, turned as before."""

from __future__ import annotations

import torch

from poseloom.pose import rotations as rot
from poseloom.pose.types import Pose, heading
from poseloom.tasks.transfer.geometry.surface import template


def placed(target: Pose, source: Pose, *, keep_heading: bool = True) -> Pose:
    """A pose in the place of another: lowest points on one floor, pelvis over the same spot, turned alike.

    Args:
        target: one pose; its own place does not count.
        source: one pose with its translation.
        keep_heading: turn it as the source stands; else it stays as it is.
    """
    assert source.translation is not None
    body = template().body
    target = Pose(target.with_hands().rotations)
    if keep_heading:
        turn = heading(source.rotations[0]) - heading(target.rotations[0])
        target = target.turned(rot.axis_to_rotmat(turn, "Y"))
    still = Pose(target.rotations, torch.zeros_like(source.translation))
    lowest = body.posed(still).vertices[..., 1].amin()
    floor = body.posed(source).vertices[..., 1].amin()
    place = torch.stack([source.translation[0], floor - lowest, source.translation[2]])
    return Pose(target.rotations, place)
