"""Poses as DPIG codes them (Ma et al., CVPR 2018): a row, a column and a visibility for each of 18 joints."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from poseloom.base.ranges import within
from poseloom.tasks.transfer.models.residual_mlp import ResidualMlp

JOINTS = 18
_NUMBERS = 3
_SHOWN = 0.5


@dataclass(frozen=True)
class PoseCoderConfig:
    """Sizes of the pose auto-encoder.

    Args:
        code: numbers of a pose's code.
        hidden: width of the hidden layers.
        pairs: residual pairs.
        published: the paper's, coordinates of -1 to 1 and visibilities of 0 or 1; else its PyTorch port's, coordinates
            divided by height and width, a missing joint at (-1/height, -1/width), nothing after the last layer.
    """

    code: int = within(32, 1, 65_536)
    hidden: int = within(512, 1, 65_536)
    pairs: int = within(4, 0, 64)
    published: bool = True


@dataclass(frozen=True)
class MappingConfig:
    """Sizes of a mapping function, noise to a code.

    Args:
        noise, hidden, out: widths.
        pairs: residual pairs.
        published: the paper's activations; else its PyTorch port's.
    """

    noise: int = within(32, 1, 65_536)
    hidden: int = within(512, 1, 65_536)
    out: int = within(32, 1, 65_536)
    pairs: int = within(4, 0, 64)
    published: bool = True


def joint_numbers(
    keypoints: Float[Tensor, "batch joints 2"], size: tuple[int, int], *, published: bool = True
) -> Float[Tensor, "batch joints 3"]:
    """Row, column and visibility of keypoints (row, column; -1 where missing) in pixels; see `PoseCoderConfig`."""
    seen = (keypoints >= 0).all(-1, keepdim=True)
    scaled = keypoints / keypoints.new_tensor(size)
    if published:
        scaled = torch.where(seen, 2 * scaled - 1, torch.zeros_like(scaled))
    return torch.cat([scaled, seen.to(scaled)], dim=-1)


def keypoints_of(
    numbers: Float[Tensor, "batch joints 3"], size: tuple[int, int], *, published: bool = True
) -> Float[Tensor, "batch joints 2"]:
    """The inverse of `joint_numbers`: rows and columns in pixels, -1 for joints whose visibility is below 0.5."""
    places = (numbers[..., :2] + 1) / 2 if published else numbers[..., :2]
    places = places * places.new_tensor(size)
    return torch.where(numbers[..., 2:] >= _SHOWN, places, torch.full_like(places, -1.0))


class _Rounded(torch.autograd.Function):
    """Rounding that hands gradients through (straight-through estimator, Bengio et al. 2013)."""

    @staticmethod
    def forward(context: object, values: Tensor) -> Tensor:
        return values.round()

    @staticmethod
    def backward(context: object, gradient: Tensor) -> Tensor:
        return gradient


class PoseAutoEncoder(nn.Module):
    """Poses to codes and back.

    Args:
        config: its sizes.
    """

    def __init__(self, config: PoseCoderConfig | None = None):
        super().__init__()
        self.config = config = config or PoseCoderConfig()
        pairs, published, numbers = config.pairs, config.published, JOINTS * _NUMBERS
        self.encoder = ResidualMlp(numbers, config.hidden, config.code, pairs, published=published)
        self.decoder = ResidualMlp(config.code, config.hidden, numbers, pairs, published=published, activated=False)

    def encode(self, poses: Float[Tensor, "batch joints 3"]) -> Float[Tensor, "batch code"]:
        """Codes of `joint_numbers`."""
        return self.encoder(poses.flatten(1))

    def decode(self, codes: Float[Tensor, "batch code"]) -> Float[Tensor, "batch joints 3"]:
        """`joint_numbers` of codes."""
        made = self.decoder(codes)
        if not self.config.published:
            return made.unflatten(1, (JOINTS, _NUMBERS))
        places, shown = made.split([2 * JOINTS, JOINTS], dim=1)
        seen = _Rounded.apply(shown.sigmoid())
        return torch.cat([places.unflatten(1, (JOINTS, 2)), seen[..., None]], dim=-1)

    def forward(self, poses: Float[Tensor, "batch joints 3"]) -> Float[Tensor, "batch joints 3"]:
        return self.decode(self.encode(poses))


class Mapping(nn.Module):
    """Noise to the code of a pose, a foreground or a background.

    Args:
        config: its sizes.
    """

    def __init__(self, config: MappingConfig | None = None):
        super().__init__()
        self.config = config = config or MappingConfig()
        self.mlp = ResidualMlp(config.noise, config.hidden, config.out, config.pairs, published=config.published)

    def forward(self, noise: Float[Tensor, "batch noise"]) -> Float[Tensor, "batch out"]:
        return self.mlp(noise)
