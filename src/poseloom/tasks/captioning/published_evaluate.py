"""The published protocol of describing poses: words, retrieval, and the way back to the pose."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from poseloom.tasks.common.published_data import PoseBatch
from poseloom.tasks.common.published_saying import (
    SayingProtocol,
    Spoken,
    heard_divergence,
    text_figures,
    way_back,
    words_of,
)
from poseloom.tasks.common.ranking import precision_figures
from poseloom.tasks.generation.published_evaluate import TextSampler
from poseloom.tasks.retrieval.published_evaluate import PoseJudge


@dataclass(frozen=True)
class CaptioningJudges:
    """Models that judge descriptions. What is not named is not measured.

    Args:
        retrieval: text-pose retrieval model: R-precision, and FID of the poses that the texts lead to.
        generation: text-to-pose model of the published architecture: the way back.
    """

    retrieval: str = ""
    generation: str = ""


def held_out_figures(
    spoken: Spoken, batches: list[PoseBatch], protocol: SayingProtocol, judges: CaptioningJudges
) -> dict[str, float]:
    """What the texts are worth.

    Returns:
        ``bleu``, ``rouge_l``, ``meteor_es``, ``likelihood``; by the judges ``r_precision_1`` to 3, ``mpjpe_top1`` (mm)
        and its kin, ``kld_a``, ``kld_b``, ``fid``.
    """
    figures = text_figures(spoken, batches)
    real = torch.cat([batch.poses.cpu() for batch in batches])
    seed = int(torch.randint(1 << 30, ()))
    judge = PoseJudge(judges.retrieval) if judges.retrieval else None
    if judge:
        figures |= precision_figures(judge.texts(spoken.texts), judge.poses(real), protocol.ranks, seed)
    if judges.generation:
        sampler = TextSampler(judges.generation)
        made = sampler(spoken.texts, protocol.samples, seed)
        figures |= way_back(real, made, protocol)
        figures |= heard_divergence(
            sampler.model.encode_poses(real),
            sampler.distribution(words_of(batches)),
            sampler.distribution(spoken.texts),
        )
        if judge:
            figures["fid"] = judge.frechet(real, made[:, 0])
    return figures
