"""The protocol of retrieval: recall in both directions over a whole set."""

from __future__ import annotations

from poseloom.language import describe
from poseloom.metrics.recall import Recall, two_way_recall
from poseloom.nn.text.words import WordList
from poseloom.pose.types import Pose
from poseloom.tasks.common.embedding import in_parts
from poseloom.tasks.retrieval.model import RetrievalModel

DESCRIPTION_SEED = 0
"""Of the texts that held-out poses are described with."""


def held_out_figures(model: RetrievalModel, words: WordList, poses: Pose) -> dict[str, float]:
    """Recall (percent) between poses and their descriptions by rule, all of them in one pool.

    Args:
        model: in evaluation mode.
        words: its vocabulary.
        poses: without heading; each is described once, in a paragraph.
    """
    device = next(model.parameters()).device
    texts = words.encode(describe(poses, seed=DESCRIPTION_SEED)).to(device)
    items = in_parts(model.embed_poses, poses.rotations.to(device))
    return recall_figures(two_way_recall(in_parts(model.embed_texts, texts), items), "text_to_pose", "pose_to_text")


def recall_figures(recall: Recall, a_to_b: str, b_to_a: str) -> dict[str, float]:
    """mRecall and the recalls of both directions by name."""
    figures = {"mrecall": recall.mean}
    for direction, values in ((a_to_b, recall.a_to_b), (b_to_a, recall.b_to_a)):
        figures |= {f"{direction}_r{k}": value for k, value in zip(recall.k, values, strict=True)}
    return figures
