"""PN-GAN (Qian et al., ECCV 2018): a person in canonical poses; the original's network, and that of its PyTorch port.

The original sees the pose as a picture of a skeleton; the port has a second encoder for the maps of both poses.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from poseloom.base.errors import PoseloomError
from poseloom.base.ranges import within
from poseloom.tasks.transfer.models.inputs import FINAL, TransferInputs
from poseloom.tasks.transfer.models.pg2_discriminator import SLOPE

SMALLEST = 56
"""Sides of the smallest pictures that the patch discriminator can judge, pixels."""
Picture = Float[Tensor, "batch 3 height width"]


@dataclass(frozen=True)
class PnganConfig:
    """Sizes of the generator.

    Args:
        base: channels of the first convolution.
        blocks: residual blocks.
        pose_channels: 3 for the picture of a skeleton, 36 for the maps of both poses.
        two_branches: picture and pose have an encoder each.
    """

    base: int = within(64, 1, 1024)
    blocks: int = within(9, 1, 64)
    pose_channels: int = within(3, 1, 1024)
    two_branches: bool = False

    @property
    def maps(self) -> str:
        """How keypoints are drawn."""
        return "gaussian" if self.two_branches else "skeleton"


@dataclass(frozen=True)
class PatchConfig:
    """Sizes of the patch discriminator.

    Args:
        base: channels of the first convolution.
        channels: 3 for one picture, 6 for two.
    """

    base: int = within(64, 1, 1024)
    channels: int = within(3, 1, 1024)


class _Conv(nn.Module):
    """A convolution, instance norm and an activation, as far as they are asked for."""

    def __init__(self, conv: nn.Module, norm: int = 0, act: nn.Module | None = None, reflect: int = 0):
        super().__init__()
        self.pad = nn.ReflectionPad2d(reflect) if reflect else nn.Identity()
        self.conv = conv
        self.norm = nn.InstanceNorm2d(norm) if norm else nn.Identity()
        self.act = act or nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.norm(self.conv(self.pad(x))))


class _Deconv(nn.Module):
    def __init__(self, channels: int, out: int):
        super().__init__()
        self.deconv = nn.ConvTranspose2d(channels, out, 3, 2, 1, output_padding=1)
        self.norm, self.act = nn.InstanceNorm2d(out), nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.norm(self.deconv(x)))


class _ResBlock(nn.Module):
    """ReLU(x + IN(conv(ReLU(IN(conv(x))))))."""

    def __init__(self, channels: int, mixed: int | None = None):
        super().__init__()
        self.conv1 = _Conv(nn.Conv2d(channels, channels, 3, padding=1), channels, nn.ReLU())
        self.conv2 = _Conv(nn.Conv2d(channels, channels, 3, padding=1), channels)
        self.mix_conv = None if mixed is None else _Conv(nn.Conv2d(channels, mixed, 3, padding=1), mixed, nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        x = (x + self.conv2(self.conv1(x))).relu()
        return x if self.mix_conv is None else self.mix_conv(x)


class PnganGenerator(nn.Module):
    """A person's picture and a pose to the person in that pose, -1 to 1.

    Args:
        config: its sizes.
    """

    def __init__(self, config: PnganConfig | None = None):
        super().__init__()
        self.config = config = config or PnganConfig()
        base, two = config.base, config.two_branches
        self.conv1, self.conv2, self.conv3 = _encoder(3 if two else 3 + config.pose_channels, base)
        if two:
            self.p_conv1, self.p_conv2, self.p_conv3 = _encoder(config.pose_channels, base)
        for number in range(1, config.blocks + 1):
            mixes = two and number == 1
            block = _ResBlock(8 * base, 4 * base) if mixes else _ResBlock(4 * base)
            self.add_module(f"res{number}", block)
        self.deconv3, self.deconv2 = _Deconv(4 * base, 2 * base), _Deconv(2 * base, base)
        self.deconv1 = _Conv(nn.Conv2d(base, 3, 7, bias=False), act=nn.Tanh(), reflect=3)

    def generate(self, inputs: TransferInputs) -> dict[str, Picture]:
        """The picture."""
        kind = self.config.maps
        pose = inputs.both_maps(kind) if self.config.two_branches else inputs.target_map(kind)
        return {FINAL: self(inputs.source, pose)}

    def forward(
        self, source: Picture, pose: Float[Tensor, "batch pose_channels height width"], *, blocks: int | None = None
    ) -> Picture:
        """The picture.

        Args:
            source: -1 to 1.
            pose: the target's skeleton picture, or the maps of both poses; see `PnganConfig`.
            blocks: only so many residual blocks, to see how the picture comes about.
        """
        if self.config.two_branches:
            seen = self.conv3(self.conv2(self.conv1(source)))
            x = torch.cat([seen, self.p_conv3(self.p_conv2(self.p_conv1(pose)))], dim=1)
        else:
            x = self.conv3(self.conv2(self.conv1(torch.cat([source, pose], dim=1))))
        for number in range(1, (self.config.blocks if blocks is None else blocks) + 1):
            x = self.get_submodule(f"res{number}")(x)
        return self.deconv1(self.deconv2(self.deconv3(x)))


class PatchDiscriminator(nn.Module):
    """Scores of patches, 26 x 10 at 256 x 128.

    The original squeezes them, so that a batch of one loses its batch axis; here it stays.

    Args:
        config: its sizes.
    """

    def __init__(self, config: PatchConfig | None = None):
        super().__init__()
        self.config = config = config or PatchConfig()
        base = config.base
        self.conv1 = _Conv(nn.Conv2d(config.channels, base, 4, 2, 1, bias=False), act=nn.LeakyReLU(SLOPE))
        self.conv2 = _Conv(nn.Conv2d(base, 2 * base, 4, 2, 1), 2 * base, nn.LeakyReLU(SLOPE))
        self.conv3 = _Conv(nn.Conv2d(2 * base, 4 * base, 4, 2, 1), 4 * base, nn.LeakyReLU(SLOPE))
        self.conv4 = _Conv(nn.Conv2d(4 * base, 8 * base, 4), 8 * base, nn.LeakyReLU(SLOPE))
        self.dis = _Conv(nn.Conv2d(8 * base, 1, 4, bias=False))

    def forward(self, x: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch rows columns"]:
        """Scores of pictures.

        Raises:
            PoseloomError: they are smaller than one patch.
        """
        if min(x.shape[-2:]) < SMALLEST:
            sides = " x ".join(map(str, x.shape[-2:]))
            raise PoseloomError(f"patch discriminator: {sides} pixels, at least {SMALLEST} both ways are needed")
        return self.dis(self.conv4(self.conv3(self.conv2(self.conv1(x))))).squeeze(1)


def _encoder(channels: int, base: int) -> tuple[_Conv, _Conv, _Conv]:
    return (
        _Conv(nn.Conv2d(channels, base, 7), base, nn.ReLU(), reflect=3),
        _Conv(nn.Conv2d(base, 2 * base, 3, 2, 1), 2 * base, nn.ReLU()),
        _Conv(nn.Conv2d(2 * base, 4 * base, 3, 2, 1), 4 * base, nn.ReLU()),
    )
