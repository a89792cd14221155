"""Small perceptrons between frozen features and the shared space, as PoseEmbroider (arXiv 2409.06535) has them."""

from __future__ import annotations

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from poseloom.base.errors import PoseloomError, closest
from poseloom.tasks.embedding.networks.mean_of_tokens import MeanOfTokens

EncoderProjection = Literal["layerplus", "minimlp"]
ExternalProjection = Literal["none", "minimlp", "mediummlpxs"]
_DROPOUT = 0.1
_DEVIATION = 0.02
"""Of the first weights of the perceptrons, cut off at two deviations."""


class Perceptron(nn.Module):
    """Linear layers with ReLU in between, named ``layers`` as in the released weights."""

    def __init__(self, *layers: nn.Module):
        super().__init__()
        self.layers = nn.Sequential(*layers)
        for layer in layers:
            if isinstance(layer, nn.Linear):
                nn.init.trunc_normal_(layer.weight, std=_DEVIATION, a=-2 * _DEVIATION, b=2 * _DEVIATION)
                nn.init.zeros_(layer.bias)

    def forward(self, vectors: Float[Tensor, "*batch inside"]) -> Float[Tensor, "*batch outside"]:
        return self.layers(vectors)


class LayerPlus(nn.Sequential):
    """One layer with ReLU and dropout (``layerplus``), named as in the released weights."""

    def __init__(self, inside: int, outside: int):
        super().__init__(nn.Linear(inside, outside), nn.ReLU(), nn.Dropout(_DROPOUT))

    def mean_of_tokens(self, tokens: Float[Tensor, "batch tokens inside"]) -> Float[Tensor, "batch outside"]:
        """The mean of all tokens' projections; in training on a CPU without an array of all of them."""
        layer, _, dropout = self
        fused = self.training and tokens.device.type == "cpu" and tokens.dtype == layer.weight.dtype == torch.float32
        if not fused or torch.is_autocast_enabled("cpu"):
            return self(tokens).mean(1)
        return MeanOfTokens.apply(tokens, layer.weight, layer.bias, dropout.p)


def mini_mlp(inside: int, hidden: int, outside: int) -> Perceptron:
    """Two layers (``minimlp``)."""
    return Perceptron(nn.Linear(inside, hidden), nn.ReLU(), nn.Linear(hidden, outside))


def medium_mlp(width: int) -> Perceptron:
    """Three layers with dropout before the last (``mediummlpxs``)."""
    return Perceptron(
        nn.Linear(width, width),
        nn.ReLU(),
        nn.Linear(width, width),
        nn.ReLU(),
        nn.Dropout(_DROPOUT),
        nn.Linear(width, width),
    )


def encoder_projection(kind: str, inside: int, latent: int) -> nn.Module:
    """Between a frozen encoder's features and the space.

    Raises:
        PoseloomError: an unknown kind.
    """
    if kind == "layerplus":
        return LayerPlus(inside, latent)
    if kind == "minimlp":
        return mini_mlp(inside, inside, latent)
    raise _unknown("encoder projection", kind, ["layerplus", "minimlp"])


def external_projection(kind: str, latent: int) -> nn.Module:
    """After the encoder's projection; none has no weights.

    Raises:
        PoseloomError: an unknown kind.
    """
    if kind == "none":
        return nn.Identity()
    if kind == "minimlp":
        return mini_mlp(latent, latent, latent)
    if kind == "mediummlpxs":
        return medium_mlp(latent)
    raise _unknown("external projection", kind, ["none", "minimlp", "mediummlpxs"])


def _unknown(what: str, kind: str, known: list[str]) -> PoseloomError:
    return PoseloomError(f"{what} {kind!r} is unknown, expected one of {', '.join(known)}{closest(kind, known)}")
