"""The published protocol of saying corrections: words, retrieval of the pair, and the way to pose B."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from poseloom.tasks.common.published_data import PairBatch
from poseloom.tasks.common.published_saying import (
    SayingProtocol,
    Spoken,
    heard_divergence,
    text_figures,
    way_back,
    words_of,
)
from poseloom.tasks.common.ranking import precision_figures
from poseloom.tasks.editing.published_evaluate import EditSampler
from poseloom.tasks.pair_retrieval.published_evaluate import PairJudge
from poseloom.tasks.retrieval.published_evaluate import PoseJudge


@dataclass(frozen=True)
class InstructionJudges:
    """Models that judge instructions. What is not named is not measured.

    Args:
        pair_retrieval: instruction-pair retrieval model: R-precision.
        editing: editing model of the published architecture: the way to pose B.
        retrieval: text-pose retrieval model in whose space FID of the edited poses is measured; needs editing as well.
    """

    pair_retrieval: str = ""
    editing: str = ""
    retrieval: str = ""


def held_out_figures(
    spoken: Spoken, batches: list[PairBatch], protocol: SayingProtocol, judges: InstructionJudges
) -> dict[str, float]:
    """What the texts are worth; figures as in `poseloom.tasks.captioning.published_evaluate`, of pairs and pose B."""
    figures = text_figures(spoken, batches)
    before, after = (torch.cat([getattr(batch, name).cpu() for batch in batches]) for name in ("before", "after"))
    seed = int(torch.randint(1 << 30, ()))
    if judges.pair_retrieval:
        judge = PairJudge(judges.pair_retrieval)
        figures |= precision_figures(judge.texts(spoken.texts), judge.pairs(before, after), protocol.ranks, seed)
    if judges.editing:
        sampler = EditSampler(judges.editing)
        made = sampler(before, spoken.texts, protocol.samples, seed)
        figures |= way_back(after, made, protocol)
        posterior = sampler.model.posterior(sampler.model.embed_poses(after))
        original, said = sampler.distribution(before, words_of(batches)), sampler.distribution(before, spoken.texts)
        figures |= heard_divergence(posterior, original, said)
        if judges.retrieval:
            figures["fid"] = PoseJudge(judges.retrieval).frechet(after, made[:, 0])
    return figures
