"""How good lifted poses are: joints and rotations against the truth."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.metrics import pa_mpjpe, root_aligned_mpjpe
from poseloom.pose import rotations as rot
from poseloom.tasks.lifting.model import LifterOutput


def figures_of(
    output: LifterOutput,
    carried: Float[Tensor, "people 22 3"],
    local: Float[Tensor, "people 22 3 3"],
    joints: Float[Tensor, "people 22 3"],
) -> dict[str, float]:
    """Mean errors in millimetres and degrees.

    Args:
        output: what the model said.
        carried: joints that its rotations give, metres.
        local: true local rotations.
        joints: true joints, metres.
    """
    turn = rot.rotmat_to_rotvec(local.mT @ output.local).norm(dim=-1)
    own = (output.joints - joints).norm(dim=-1)
    return {
        "carried_mm": 1000 * float(root_aligned_mpjpe(carried, joints).mean()),
        "carried_pa_mm": 1000 * float(pa_mpjpe(carried, joints).mean()),
        "direct_mm": 1000 * float(root_aligned_mpjpe(output.joints, joints).mean()),
        "direct_pa_mm": 1000 * float(pa_mpjpe(output.joints, joints).mean()),
        "turn_degrees": float(torch.rad2deg(turn).mean()),
        "error_correlation": float(torch.corrcoef(torch.stack([own.flatten(), output.place_error.flatten()]))[0, 1]),
    }
