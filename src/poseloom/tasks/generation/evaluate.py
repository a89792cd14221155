"""The protocol of generation: how near the best of several poses comes, and how much of the text is true of one."""

from __future__ import annotations

from poseloom.facts.stated import TextNumbers
from poseloom.language import describe
from poseloom.language.description.agreement import fact_agreement
from poseloom.pose.rotations import rotvec_to_rotmat
from poseloom.pose.types import Pose
from poseloom.tasks.common.flow_model import joint_errors, sampled_in_parts
from poseloom.tasks.generation.model import GenerationModel

DESCRIPTION_SEED = 0
_AT_ONCE = 64


def held_out_figures(model: GenerationModel, text_numbers: TextNumbers, poses: Pose, samples: int) -> dict[str, float]:
    """Distances to held-out poses, and facts of their descriptions that hold for what was sampled.

    Args:
        model: in evaluation mode.
        text_numbers: words and facts of texts, as it takes them.
        poses: without heading; each is described once, in a paragraph.
        samples: poses for each text.

    Returns:
        ``best_mpjpe``, ``mean_mpjpe``: mean distance of the 22 body joints, pelvis at the origin, mm, of the best
        and of the average sample; ``facts``: percent of the facts in a text that are true of the first sample;
        ``facts_verified``: the same of the sample that most facts are true of, which `verify` gives.
    """
    texts = describe(poses, seed=DESCRIPTION_SEED)
    device = next(model.parameters()).device
    sampled = sampled_in_parts(model.sample_poses, text_numbers.asked(texts), samples, device, at_once=_AT_ONCE)
    errors = joint_errors(sampled, rotvec_to_rotmat(poses.rotations)[:, None], model.flow.offsets.cpu())
    agreement = fact_agreement(texts, Pose.from_matrices(sampled))
    return {
        "best_mpjpe": float(errors.amin(1).mean()),
        "mean_mpjpe": float(errors.mean()),
        "facts": 100 * float(agreement.true[:, 0].sum() / agreement.read.sum()),
        "facts_verified": 100 * float(agreement.true.max(1).sum() / agreement.read.sum()),
    }
