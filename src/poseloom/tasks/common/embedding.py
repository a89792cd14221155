"""What retrieval and pair retrieval share: texts, and poses or pairs of them, as unit vectors of one space."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from poseloom.nn.text.convolutions import ConvTextConfig, ConvTextEncoder


@dataclass(frozen=True, eq=False)
class Embeddings:
    """Unit vectors of a batch; row i of both belong together.

    Args:
        texts: vectors of the texts.
        items: vectors of what they tell of: poses, or pairs.
    """

    texts: Float[Tensor, "batch latent"]
    items: Float[Tensor, "batch latent"]


class EmbeddingModel(nn.Module):
    """The half of a model that reads texts; a subclass adds the encoder of what they tell of.

    Args:
        words: size of the vocabulary, special words included.
        text: sizes of the text encoder.
        latent: size of the space.
    """

    def __init__(self, words: int, text: ConvTextConfig, latent: int):
        super().__init__()
        self.text_encoder = ConvTextEncoder(words, text)
        self.text_head = nn.Linear(text.outputs, latent)

    def embed_texts(self, words: Int[Tensor, "batch length"]) -> Float[Tensor, "batch latent"]:
        """Word ids -> unit vectors."""
        return unit(self.text_head(self.text_encoder(words)))


def unit(vectors: Float[Tensor, "batch latent"]) -> Float[Tensor, "batch latent"]:
    """Vectors of length 1, in full precision."""
    return functional.normalize(vectors.float(), dim=-1)


@torch.no_grad()
def in_parts(function: Callable[..., Tensor], *inputs: Tensor, size: int = 512) -> Tensor:
    """A function of batches over inputs of any length."""
    parts = zip(*(one.split(size) for one in inputs), strict=True)
    return torch.cat([function(*part) for part in parts])
