"""Frozen encoders of texts: the shipped text-pose space, and PoseText's text encoder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jaxtyping import Float
from torch import Tensor

from poseloom.nn.layers.transformers import padding_mask
from poseloom.tasks.common.published_models import open_published
from poseloom.tasks.embedding.encoders.frozen import FrozenEncoder, TextItem, vectors_as_tokens
from poseloom.tasks.retrieval.published import PoseText, PoseTextConfig
from poseloom.tasks.retrieval.published_evaluate import open_space
from poseloom.training.feature_cache import weights_digest


class SpaceTexts(FrozenEncoder):
    """Vectors of a text-pose space.

    Args:
        path: of a retrieval model.

    Raises:
        FileError: it is none, or damaged.
    """

    name, modality = "retrieval", "text"

    def __init__(self, path: str | Path):
        self._space = open_space(path)
        self.width = self._space.dimensions
        self.digest = self._space.card.sha256

    def encode(self, items: Sequence[TextItem]) -> list[Float[Tensor, "_tokens width"]]:
        return vectors_as_tokens(self._space.embed_texts([item.text for item in items]).vectors)

    def notes(self, text: str) -> tuple[str, ...]:
        """What a user should know of how a text is read."""
        return self._space.notes(text)


class PoseTextTokens(FrozenEncoder):
    """PoseText's text encoder without its last normalisation, as PoseEmbroider was released with.

    Args:
        path: of a retrieval model of that kind.

    Raises:
        FileError: it is none, or damaged.
    """

    name, modality, at_once = "posetext", "text", 16

    def __init__(self, path: str | Path):
        opened = open_published(path, "retrieval", PoseTextConfig, PoseText)
        assert opened.reader is not None  # every PoseText reads
        self._read = opened.reader
        self.module = opened.module.text_encoder.requires_grad_(False)
        self.width = opened.module.config.latent
        self.digest = weights_digest(self.module, "posetext before its last norm")

    def encode(self, items: Sequence[TextItem]) -> list[Float[Tensor, "_tokens width"]]:
        return self._in_evaluation(items)

    def prepare(self, items: Sequence[TextItem]) -> tuple[Tensor, ...]:
        """Ids and lengths."""
        reading = self._read([item.text for item in items])
        return reading.ids[:, : int(reading.lengths.max())], reading.lengths

    def forward(self, *prepared: Tensor) -> Float[Tensor, "batch tokens width"]:
        tokens, lengths = prepared
        padding = padding_mask(lengths, tokens.shape[1])
        frozen = self.module.pretrained_text_encoder(tokens, padding)  # type: ignore[union-attr]
        return self.module.pooled(frozen, padding)[:, None]  # type: ignore[union-attr]

    def notes(self, text: str) -> tuple[str, ...]:
        """What a user should know of how a text is read."""
        return self._read([text]).notes
