"""The protocol of generation: how near the best of several poses comes, and how much of the text is true of one."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.facts.stated import TextNumbers
from poseloom.language import describe
from poseloom.language.description.agreement import fact_agreement
from poseloom.nn.pose.features import joint_positions
from poseloom.pose.rotations import rotvec_to_rotmat
from poseloom.pose.types import Pose
from poseloom.tasks.generation.model import GenerationModel

DESCRIPTION_SEED = 0
_SEED = 42
_MILLIMETRES = 1000.0


def held_out_figures(model: GenerationModel, told: TextNumbers, poses: Pose, samples: int) -> dict[str, float]:
    """Distances to held-out poses, and facts of their descriptions that hold for what was drawn.

    Args:
        model: in evaluation mode.
        told: words and facts of texts, as it takes them.
        poses: without heading; each is described once, in a paragraph.
        samples: poses drawn for each text.

    Returns:
        ``best_mpje``, ``mean_mpje``: mean distance of the 22 body joints, pelvis at the origin, mm, of the best and of
        the average sample; ``facts``: percent of the facts in a text that are true of the first sample;
        ``facts_verified``: the same of the sample that most facts are true of, which `verify` gives.
    """
    texts = describe(poses, seed=DESCRIPTION_SEED)
    drawn = drawn_for(model, told.asked(texts), samples)
    true = joint_positions(rotvec_to_rotmat(poses.rotations.to(drawn.device)), model.flow.offsets)
    errors = (joint_positions(drawn, model.flow.offsets) - true[:, None]).norm(dim=-1).mean(-1) * _MILLIMETRES
    agreement = fact_agreement(texts, Pose.from_matrices(drawn.cpu()))
    return {
        "best_mpje": float(errors.amin(1).mean()),
        "mean_mpje": float(errors.mean()),
        "facts": 100 * float(agreement.true[:, 0].sum() / agreement.read.sum()),
        "facts_verified": 100 * float(agreement.true.max(1).sum() / agreement.read.sum()),
    }


def drawn_for(
    model: GenerationModel, asked: tuple[Tensor, ...], samples: int, at_once: int = 64
) -> Float[Tensor, "texts samples 22 3 3"]:
    """Samples for each text, a part of the texts at a time."""
    generator = torch.Generator().manual_seed(_SEED)
    device = next(model.parameters()).device
    parts = zip(*(one.to(device).split(at_once) for one in asked), strict=True)
    return torch.cat([model.draw(*part, samples, generator) for part in parts])
