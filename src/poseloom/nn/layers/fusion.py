"""Fusion of two vectors: TIRG (Vo et al., CVPR 2019) and a plain MLP on both."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from poseloom.base.errors import PoseloomError, closest


class Concatenation(nn.Module):
    """Two tensors side by side on the last axis: the first layer of the fusions, so that state indices match."""

    def forward(self, pair: tuple[Tensor, Tensor]) -> Tensor:
        return torch.cat(pair, dim=-1)


class Tirg(nn.Module):
    """Gated residual fusion: a learned mix of the gated main vector and a residual made of both.

    Both learned weights ``a`` begin at 1 as in PoseFix; the TIRG paper begins the second at 10. No normalisation.

    Args:
        main: size of the main vector and of the output.
        modifying: size of the vector that changes it.
    """

    def __init__(self, main: int, modifying: int):
        super().__init__()
        both = main + modifying
        self.a = nn.Parameter(torch.ones(2))
        self.gated_feature_composer = nn.Sequential(
            Concatenation(), nn.BatchNorm1d(both), nn.ReLU(), nn.Linear(both, main)
        )
        self.res_info_composer = nn.Sequential(
            Concatenation(),
            nn.BatchNorm1d(both),
            nn.ReLU(),
            nn.Linear(both, both),
            nn.ReLU(),
            nn.Linear(both, main),
        )

    def forward(
        self, main: Float[Tensor, "batch main"], modifying: Float[Tensor, "batch modifying"]
    ) -> Float[Tensor, "batch main"]:
        gate = self.gated_feature_composer((main, modifying)).sigmoid()
        residual = self.res_info_composer((main, modifying))
        return self.a[0] * gate * main + self.a[1] * residual


class ConcatMlp(nn.Module):
    """The other published fusion: batch norm, then a two-layer MLP on both vectors.

    No checkpoint with it was released, so its state names are our own.
    """

    def __init__(self, main: int, modifying: int):
        super().__init__()
        both = main + modifying
        self.sequential = nn.Sequential(
            Concatenation(),
            nn.BatchNorm1d(both),
            nn.ReLU(),
            nn.Linear(both, 2 * main),
            nn.ReLU(),
            nn.Linear(2 * main, main),
        )

    def forward(
        self, main: Float[Tensor, "batch main"], modifying: Float[Tensor, "batch modifying"]
    ) -> Float[Tensor, "batch main"]:
        return self.sequential((main, modifying))


class TirgFusion(nn.Module):
    """`Tirg` under the name that the published models give it (``tirg``)."""

    def __init__(self, main: int, modifying: int):
        super().__init__()
        self.tirg = Tirg(main, modifying)

    def forward(
        self, main: Float[Tensor, "batch main"], modifying: Float[Tensor, "batch modifying"]
    ) -> Float[Tensor, "batch main"]:
        return self.tirg(main, modifying)


FUSIONS: dict[str, type[TirgFusion] | type[ConcatMlp]] = {"tirg": TirgFusion, "concat-mlp": ConcatMlp}
"""Fusion by the name that recipes and checkpoints give it."""


def build_fusion(name: str, main: int, modifying: int) -> nn.Module:
    """The fusion of a name.

    Raises:
        PoseloomError: no such fusion.
    """
    if name not in FUSIONS:
        known = ", ".join(FUSIONS)
        raise PoseloomError(f"fusion: {name!r} is unknown, expected one of {known}{closest(name, list(FUSIONS))}")
    return FUSIONS[name](main, modifying)
