"""Fully connected networks with residual pairs: DPIG's pose coders and mapping functions, paper's and port's."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor, nn

LEAK = 0.2
"""Slope of the leaky ReLUs (DPIG, Ma et al., CVPR 2018)."""


class _Pair(nn.Module):
    """Two linear layers whose result is added to what came in.

    The paper has an activation after each, the port one between them.
    """

    def __init__(self, width: int, published: bool):
        super().__init__()
        self.linear1, self.linear2 = nn.Linear(width, width), nn.Linear(width, width)
        self.inner: nn.Module = nn.LeakyReLU(LEAK) if published else nn.ReLU()
        self.outer: nn.Module = nn.LeakyReLU(LEAK) if published else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return x + self.outer(self.linear2(self.inner(self.linear1(x))))


class ResidualMlp(nn.Module):
    """A linear layer, residual pairs, a linear layer.

    Args:
        into, hidden, out: widths.
        pairs: residual pairs.
        published: as the paper has it; else as its PyTorch port.
        activated: an activation after the first layer; the paper's pose decoder and the port have none.
    """

    def __init__(
        self, into: int, hidden: int, out: int, pairs: int = 4, *, published: bool = True, activated: bool = True
    ):
        super().__init__()
        self.input_linear = nn.Linear(into, hidden)
        self.first: nn.Module = nn.LeakyReLU(LEAK) if published and activated else nn.Identity()
        self.fc_res = nn.ModuleList(_Pair(hidden, published) for _ in range(pairs))
        self.output_linear = nn.Linear(hidden, out)

    def forward(self, x: Float[Tensor, "batch into"]) -> Float[Tensor, "batch out"]:
        x = self.first(self.input_linear(x))
        for pair in self.fc_res:
            x = pair(x)
        return self.output_linear(x)
