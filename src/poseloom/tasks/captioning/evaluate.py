"""The protocol of captioning: how much of what is said is true, and whether it leads back to the pose."""

from __future__ import annotations

import numpy as np

from poseloom.facts.measured import MeasuredFacts
from poseloom.language.description.agreement import fact_agreement
from poseloom.nn.text.decoding import Greedy
from poseloom.nn.text.words import WordList
from poseloom.pose.types import Pose
from poseloom.tasks.common.exported import open_exported
from poseloom.tasks.common.judge import Judge, precision_at_1
from poseloom.tasks.common.saying import LIMITS, Speaker, texts_of
from poseloom.tasks.retrieval.model import RetrievalModel, RetrievalModelConfig, in_parts


def held_out_figures(
    model: Speaker, words: WordList, facts: MeasuredFacts, poses: Pose, judge: Judge
) -> dict[str, float]:
    """Greedy texts of held-out poses.

    Returns:
        ``facts``: percent of the facts read in the texts that are true of their poses; ``facts_each``: facts a text;
        ``unread``: words a text that have no meaning for poses; ``r_precision_1``: percent, by the judge, if any.
    """
    device = next(model.parameters()).device
    texts = texts_of(model, words, Greedy(LIMITS), poses.rotations.to(device), facts.numbers(poses).to(device))
    agreement = fact_agreement(texts, poses)
    figures = {
        "facts": 100 * float(agreement.true.sum() / max(1, agreement.read.sum())),
        "facts_each": float(agreement.read.mean()),
        "unread": float(np.mean([len(one) for one in agreement.unread])),
    }
    if judge.model:
        known = open_exported(judge.model, "retrieval", RetrievalModel, RetrievalModelConfig)
        said = in_parts(known.model.embed_texts, known.words.encode(texts))
        figures["r_precision_1"] = precision_at_1(said, in_parts(known.model.embed_poses, poses.rotations))
    return figures
