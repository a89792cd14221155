"""The protocol of captioning: how much of what is said is true, and whether it leads back to the pose."""

from __future__ import annotations

from torch import Tensor

from poseloom.facts.measured import MeasuredFacts
from poseloom.language.description.agreement import fact_agreement
from poseloom.nn.text.decoding import Greedy
from poseloom.nn.text.words import WordList
from poseloom.pose.types import Pose
from poseloom.tasks.common.embedding import in_parts
from poseloom.tasks.common.judge import Judge, r_precision_by
from poseloom.tasks.common.saying import LIMITS, Speaker, texts_of
from poseloom.tasks.common.speaker_learner import StatedFacts
from poseloom.tasks.retrieval.model import RetrievalModel, RetrievalModelConfig


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
    read = int(agreement.read.sum())
    unread = sum(len(one) for one in agreement.unread)
    figures = StatedFacts(int(agreement.true.sum()), read, read, unread, len(texts)).figures()

    def embed(known: RetrievalModel) -> Tensor:
        return in_parts(known.embed_poses, poses.rotations)

    return figures | r_precision_by(judge, "retrieval", RetrievalModel, RetrievalModelConfig, texts, embed)
