"""Text-pose spaces as judges of other models."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jaxtyping import Float
from torch import Tensor

from poseloom.metrics.frechet import frechet_distance
from poseloom.metrics.recall import two_way_recall
from poseloom.tasks.common.frames import from_published
from poseloom.tasks.common.published_models import is_published, open_published
from poseloom.tasks.retrieval.evaluate import recall_figures
from poseloom.tasks.retrieval.predict import PublishedTextPoseSpace, TextPoseSpace, open_model
from poseloom.tasks.retrieval.published import PoseText, PoseTextConfig


class PoseJudge:
    """A retrieval model that judges poses and texts of others.

    Args:
        path: a trained or imported retrieval model; a default one will do, but its figures are its own.

    Raises:
        FileError: it is of another task or damaged.
    """

    def __init__(self, path: str | Path):
        self.space: TextPoseSpace = open_space(path)

    def poses(self, rotations: Float[Tensor, "poses joints 3"]) -> Float[Tensor, "poses latent"]:
        """Vectors of poses as published models see them: Z up."""
        return self.space.embed_poses(from_published(rotations.cpu())).vectors

    def texts(self, words: Sequence[str]) -> Float[Tensor, "texts latent"]:
        """Vectors of texts; words that it does not know are passed over in silence."""
        return self.space.embed_texts(words).vectors

    def frechet(self, real: Float[Tensor, "poses joints 3"], made: Float[Tensor, "poses joints 3"]) -> float:
        """Frechet distance (FID) of poses in its space."""
        return frechet_distance(self.poses(real), self.poses(made))

    def recall(self, words: Sequence[str], rotations: Float[Tensor, "poses joints 3"], suffix: str) -> dict[str, float]:
        """mRecall and recall both ways between texts and poses, with a suffix to their names."""
        found = recall_figures(two_way_recall(self.texts(words), self.poses(rotations)), "text_to_pose", "pose_to_text")
        return {f"{name}_{suffix}": value for name, value in found.items()}


def open_space(path: str | Path) -> TextPoseSpace:
    """A retrieval model of either architecture.

    Raises:
        FileError: it is of another task or damaged.
    """
    if not is_published(path):
        return open_model(path)
    opened = open_published(path, "retrieval", PoseTextConfig, PoseText)
    assert opened.reader is not None  # every PoseText reads
    return PublishedTextPoseSpace(opened.module, opened.card, opened.reader)
