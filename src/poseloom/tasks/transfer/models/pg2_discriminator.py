"""The discriminator of PG2: a DCGAN of one picture (Radford et al. 2016)."""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor, nn

from poseloom.base.ranges import within
from poseloom.tasks.transfer.models.units import halved

SLOPE = 0.2
"""Of the leaky ReLUs, in all discriminators here."""
_WIDEST_FACTOR = 8


@dataclass(frozen=True)
class DcganConfig:
    """Sizes of the discriminator; the defaults are those for Market-1501.

    Args:
        base: channels of the first convolution; doubled three times.
        layers: convolutions of stride 2: 4, or 5 for pictures of 256 x 256.
        height, width: of the pictures, pixels.
    """

    base: int = within(64, 1, 4096)
    layers: int = within(4, 1, 10)
    height: int = within(128, 1, 4096)
    width: int = within(64, 1, 4096)


class DcganDiscriminator(nn.Module):
    """One logit for each picture.

    Args:
        config: its sizes.
    """

    def __init__(self, config: DcganConfig | None = None):
        super().__init__()
        self.config = config = config or DcganConfig()
        parts: list[nn.Module] = [nn.Conv2d(3, config.base, 5, 2, 2, bias=False), nn.LeakyReLU(SLOPE)]
        width = config.base
        for _ in range(config.layers - 1):
            out = min(2 * width, _WIDEST_FACTOR * config.base)
            parts += [nn.Conv2d(width, out, 5, 2, 2, bias=False), nn.BatchNorm2d(out), nn.LeakyReLU(SLOPE)]
            width = out
        self.main = nn.Sequential(*parts)
        pixels = halved(config.height, config.layers) * halved(config.width, config.layers)
        self.fc = nn.Linear(width * pixels, 1)

    def forward(self, picture: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch 1"]:
        return self.fc(self.main(picture).flatten(1))
