"""PATN (Zhu et al., CVPR 2019): the pose leads attention over the picture's features, block after block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from poseloom.base.ranges import within
from poseloom.tasks.transfer.models.inputs import FINAL, TransferInputs

Picture = Float[Tensor, "batch 3 height width"]
Norm = Literal["batch", "instance"]
_DROPOUT = 0.5


@dataclass(frozen=True)
class PatnConfig:
    """Sizes and choices of the generator; the defaults are those for Market-1501.

    Args:
        base: channels of the first convolution.
        blocks: attention blocks; the published class has 6 by default, the released weights have 9.
        instance: instance norm (DeepFashion) in place of batch norm (Market-1501).
        dropout: dropout in the blocks; it moves names of the state dict.
        maps: how keypoints are drawn: gaussian (Market-1501), or point, for the weights of DeepFashion.
    """

    base: int = within(64, 1, 1024)
    blocks: int = within(9, 1, 64)
    instance: bool = False
    dropout: bool = True
    maps: str = "gaussian"


@dataclass(frozen=True)
class PatnDiscriminatorConfig:
    """Sizes and choices of a discriminator; the defaults are those of the shape discriminator for Market-1501.

    Args:
        channels: 21 where picture and target map are judged, 6 for picture and source picture.
        base: channels of the first convolution.
        blocks: residual blocks.
        instance: instance norm in place of batch norm.
        sigmoid: scores of 0 to 1 (Market-1501); without, they are free (DeepFashion, least squares).
        dropout: dropout in the blocks.
    """

    channels: int = within(21, 1, 1024)
    base: int = within(64, 1, 1024)
    blocks: int = within(3, 0, 64)
    instance: bool = False
    sigmoid: bool = True
    dropout: bool = True


class _AttentionBlock(nn.Module):
    """One block: the pose's features say how much of what the picture's features offer is added."""

    def __init__(self, width: int, pose: int, config: PatnConfig):
        super().__init__()
        norm = [_norm(width, config.instance)]
        self.conv_block_stream1 = _two_convs(width, width, config.instance, config.dropout, last=norm)
        self.conv_block_stream2 = _two_convs(pose, width, config.instance, config.dropout)

    def forward(self, picture: Tensor, pose: Tensor) -> tuple[Tensor, Tensor]:
        offered, wanted = self.conv_block_stream1(picture), self.conv_block_stream2(pose)
        picture = picture + offered * wanted.sigmoid()
        return picture, torch.cat([wanted, picture], dim=1)


class _Network(nn.Module):
    """What the original keeps under the name ``model``."""

    def __init__(self, config: PatnConfig):
        super().__init__()
        base = config.base
        self.stream1_down = _down(3, base, config.instance)
        self.stream2_down = _down(36, base, config.instance)
        self.att = nn.ModuleList(
            _AttentionBlock(4 * base, 8 * base if number else 4 * base, config) for number in range(config.blocks)
        )
        self.stream1_up = _up(base, config.instance)

    def code(self, source: Tensor, poses: Tensor) -> Tensor:
        picture, pose = self.stream1_down(source), self.stream2_down(poses)
        for block in self.att:
            picture, pose = block(picture, pose)
        return picture


class PatnGenerator(nn.Module):
    """A person's picture, its pose and the target's to the person in that pose, -1 to 1.

    Args:
        config: its sizes and choices.
    """

    def __init__(self, config: PatnConfig | None = None):
        super().__init__()
        self.config = config or PatnConfig()
        self.model = _Network(self.config)

    def code(
        self, source: Picture, poses: Float[Tensor, "batch 36 height width"]
    ) -> Float[Tensor, "batch wide rows columns"]:
        """The picture's features after the last block."""
        return self.model.code(source, poses)

    def generate(self, inputs: TransferInputs) -> dict[str, Picture]:
        """The picture."""
        return {FINAL: self(inputs.source, inputs.both_maps(self.config.maps))}

    def forward(self, source: Picture, poses: Float[Tensor, "batch 36 height width"]) -> Picture:
        """The picture; `poses` are the maps of the source and of the target."""
        made = self.model.stream1_up(self.code(source, poses))
        return made[..., : source.shape[-2], : source.shape[-1]]


class _Residual(nn.Module):
    """x plus two convolutions of it, without an activation at the end."""

    def __init__(self, width: int, instance: bool, dropout: bool):
        super().__init__()
        self.conv_block = _two_convs(width, width, instance, dropout, last=[_norm(width, instance)])

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv_block(x)


class PatnDiscriminator(nn.Module):
    """Scores of a picture with the map or the picture that it must fit: of all 256 channels, at a quarter of its size.

    Args:
        config: its sizes and choices.
    """

    def __init__(self, config: PatnDiscriminatorConfig | None = None):
        super().__init__()
        self.config = config = config or PatnDiscriminatorConfig()
        blocks = [_Residual(4 * config.base, config.instance, config.dropout) for _ in range(config.blocks)]
        ends = [nn.Sigmoid()] if config.sigmoid else []
        self.model = nn.Sequential(*_down(config.channels, config.base, config.instance), *blocks, *ends)

    def forward(self, x: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch wide rows columns"]:
        return self.model(x)


def _norm(width: int, instance: bool) -> nn.Module:
    return nn.InstanceNorm2d(width) if instance else nn.BatchNorm2d(width)


def _down(channels: int, base: int, instance: bool) -> nn.Sequential:
    """Three convolutions, to a quarter of the size; only instance norm leaves them a bias."""
    parts: list[nn.Module] = [nn.ReflectionPad2d(3), nn.Conv2d(channels, base, 7, bias=instance)]
    parts += [_norm(base, instance), nn.ReLU()]
    for width in (base, 2 * base):
        parts += [nn.Conv2d(width, 2 * width, 3, 2, 1, bias=instance), _norm(2 * width, instance), nn.ReLU()]
    return nn.Sequential(*parts)


def _up(base: int, instance: bool) -> nn.Sequential:
    parts: list[nn.Module] = []
    for width in (4 * base, 2 * base):
        parts += [
            nn.ConvTranspose2d(width, width // 2, 3, 2, 1, output_padding=1, bias=instance),
            _norm(width // 2, instance),
            nn.ReLU(),
        ]
    return nn.Sequential(*parts, nn.ReflectionPad2d(3), nn.Conv2d(base, 3, 7), nn.Tanh())


def _two_convs(
    width: int, out: int, instance: bool, dropout: bool, *, last: list[nn.Module] | None = None
) -> nn.Sequential:
    first = [nn.ReflectionPad2d(1), nn.Conv2d(width, width, 3, bias=instance), _norm(width, instance), nn.ReLU()]
    between: list[nn.Module] = [nn.Dropout(_DROPOUT)] if dropout else []
    second = [nn.ReflectionPad2d(1), nn.Conv2d(width, out, 3, bias=instance)]
    return nn.Sequential(*first, *between, *second, *(last or []))
