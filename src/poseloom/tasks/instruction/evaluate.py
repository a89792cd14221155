"""The protocol of instruction: how much of what is said is true, and whether it leads back to the pair."""

from __future__ import annotations

import numpy as np

from poseloom.facts.measured_pairs import MeasuredChanges
from poseloom.language.claims.checking import check_instructions
from poseloom.nn.text.decoding import Greedy
from poseloom.nn.text.words import WordList
from poseloom.pose.types import Pose
from poseloom.tasks.common.exported import open_exported
from poseloom.tasks.common.judge import Judge, precision_at_1
from poseloom.tasks.common.saying import LIMITS, Speaker, texts_of
from poseloom.tasks.pair_retrieval.model import PairRetrievalModel, PairRetrievalModelConfig
from poseloom.tasks.retrieval.model import in_parts


def held_out_figures(
    model: Speaker, words: WordList, facts: MeasuredChanges, pairs: tuple[Pose, Pose], judge: Judge
) -> dict[str, float]:
    """Greedy instructions of held-out pairs.

    Returns:
        ``facts``: percent of the statements read in the texts that hold of their pairs; ``facts_each``: statements a
        text; ``unread``: words a text that could not be read; ``r_precision_1``: percent, by the judge, if any.
    """
    device = next(model.parameters()).device
    rotations = [one.rotations.to(device) for one in pairs]
    texts = texts_of(model, words, Greedy(LIMITS), *rotations, facts.numbers(*pairs).to(device))
    checked = check_instructions(texts, *pairs)
    judged = [holds for one in checked for holds in one.holds if holds is not None]
    figures = {
        "facts": 100 * float(np.mean(judged)) if judged else 0.0,
        "facts_each": float(np.mean([len(one.said) for one in checked])),
        "unread": float(np.mean([len(one.unread) for one in checked])),
    }
    if judge.model:
        known = open_exported(judge.model, "pair_retrieval", PairRetrievalModel, PairRetrievalModelConfig)
        said = in_parts(known.model.embed_texts, known.words.encode(texts))
        found = in_parts(known.model.embed_pairs, *(one.rotations for one in pairs))
        figures["r_precision_1"] = precision_at_1(said, found)
    return figures
