"""The protocol of instruction: how much of what is said is true, and whether it leads back to the pair."""

from __future__ import annotations

from torch import Tensor

from poseloom.facts.measured_pairs import MeasuredChanges
from poseloom.language.claims.checking import check_instructions
from poseloom.nn.text.decoding import Greedy
from poseloom.nn.text.words import WordList
from poseloom.pose.types import Pose
from poseloom.tasks.common.embedding import in_parts
from poseloom.tasks.common.judge import Judge, r_precision_by
from poseloom.tasks.common.saying import LIMITS, Speaker, texts_of
from poseloom.tasks.common.speaker_learner import StatedFacts
from poseloom.tasks.pair_retrieval.model import PairRetrievalModel, PairRetrievalModelConfig


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
    held = [holds for one in checked for holds in one.holds if holds is not None]
    stated, unread = (sum(map(len, each)) for each in ([one.said for one in checked], [one.unread for one in checked]))
    figures = StatedFacts(sum(held), len(held), stated, unread, len(texts)).figures()

    def embed(known: PairRetrievalModel) -> Tensor:
        return in_parts(known.embed_pairs, *(one.rotations for one in pairs))

    return figures | r_precision_by(judge, "pair_retrieval", PairRetrievalModel, PairRetrievalModelConfig, texts, embed)
