"""The protocol of pair retrieval: recall in both directions over a whole set."""

from __future__ import annotations

from poseloom.language import instruct
from poseloom.metrics.recall import two_way_recall
from poseloom.nn.text.words import WordList
from poseloom.pose.types import Pose
from poseloom.tasks.common.embedding import in_parts
from poseloom.tasks.pair_retrieval.model import PairRetrievalModel
from poseloom.tasks.retrieval.evaluate import recall_figures

INSTRUCTION_SEED = 0
"""Of the texts that held-out pairs are given."""


def held_out_figures(model: PairRetrievalModel, words: WordList, pairs: tuple[Pose, Pose]) -> dict[str, float]:
    """Recall (percent) between pairs and their instructions by rule, all of them in one pool."""
    device = next(model.parameters()).device
    texts = words.encode(instruct(*pairs, seed=INSTRUCTION_SEED)).to(device)
    first, second = (one.rotations.to(device) for one in pairs)
    found = two_way_recall(in_parts(model.embed_texts, texts), in_parts(model.embed_pairs, first, second))
    return recall_figures(found, "text_to_pair", "pair_to_text")
