"""People as the lifter sees them, with the truth beside, in batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.images.roi import Roi
from poseloom.pose import BODY_JOINTS
from poseloom.pose import rotations as rot
from poseloom.pose.joints import PARENTS
from poseloom.pose.kinematics import forward_kinematics
from poseloom.pose.mirroring import mirrored_joints, mirrored_rotmats
from poseloom.pose.skeleton import rest_offsets
from poseloom.tasks.lifting.frame import SeenPeople, mirrored_numbers


@dataclass(frozen=True, eq=False)
class LiftingBatch:
    """What is seen, and the truth in the axes of the region.

    Args:
        numbers: what the lifter sees.
        local: local rotations, the root's in the region's axes.
        joints: joints from the pelvis on the average body, metres.
    """

    numbers: Float[Tensor, "people 266"]
    local: Float[Tensor, "people 22 3 3"]
    joints: Float[Tensor, "people 22 3"]

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, rows: Tensor | slice) -> LiftingBatch:
        return LiftingBatch(self.numbers[rows], self.local[rows], self.joints[rows])

    @classmethod
    def joined(cls, parts: Sequence[LiftingBatch]) -> LiftingBatch:
        """Several batches as one."""
        return cls(*(torch.cat([getattr(part, one.name) for part in parts]) for one in fields(cls)))

    def mirrored(self, which: Tensor) -> LiftingBatch:
        """Some of the people seen in a mirror."""
        local, joints = mirrored_rotmats(self.local), mirrored_joints(self.joints)
        return LiftingBatch(
            torch.where(which[:, None], mirrored_numbers(self.numbers), self.numbers),
            torch.where(which[:, None, None, None], local, self.local),
            torch.where(which[:, None, None], joints, self.joints),
        )


def batch_of(pairs: dict[str, Tensor]) -> LiftingBatch:
    """Pairs as the lifter sees them, and the truth in its axes."""
    roi = Roi(pairs["roi"][:, :2], pairs["roi"][:, 2], pairs["roi"][:, 3])
    lens = pairs["lens"]
    seen = SeenPeople(pairs["points"], pairs["world"], pairs["visibility"], roi, pairs["size"], lens[:, 0], lens[:, 1:])
    local = rot.rotvec_to_rotmat(pairs["rotations"][:, :BODY_JOINTS])
    local = torch.cat([(seen.axes() @ local[:, 0])[:, None], local[:, 1:]], dim=1)
    return LiftingBatch(seen.numbers(), local, carried_joints(local))


def carried_joints(local: Float[Tensor, "people 22 3 3"]) -> Float[Tensor, "people 22 3"]:
    """Joints of the average body in these rotations, from its pelvis, metres."""
    zero = local.new_zeros(3)
    return forward_kinematics(local, rest_offsets()[:BODY_JOINTS].to(local), PARENTS[:BODY_JOINTS], zero)[1]
