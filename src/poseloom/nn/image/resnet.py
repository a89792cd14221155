"""ResNet (He et al., CVPR 2016) and ResNeXt (Xie et al., CVPR 2017) as feature maps.

State names are those of torchvision's files: ``conv1``, ``layer1.0.conv1``, ``layer1.0.downsample.0``. The stride is in
the 3 x 3 convolution of a bottleneck.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor, nn

_STEM = 64
_WIDTHS = (64, 128, 256, 512)
_STRIDES = (1, 2, 2, 2)


class BasicBlock(nn.Module):
    """Two 3 x 3 convolutions, added to the input."""

    expansion = 1

    def __init__(self, channels: int, width: int, stride: int = 1, groups: int = 1, base_width: int = _STEM):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = shortcut(channels, width * self.expansion, stride)

    def forward(self, x: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch out rows columns"]:
        kept = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.bn1(self.conv1(x)))
        return self.relu(self.bn2(self.conv2(x)) + kept)


class Bottleneck(nn.Module):
    """Convolutions of 1 x 1, 3 x 3 and 1 x 1, added to the input; the 3 x 3 one in `groups` for ResNeXt."""

    expansion = 4

    def __init__(self, channels: int, width: int, stride: int = 1, groups: int = 1, base_width: int = _STEM):
        super().__init__()
        inner = width * base_width // _STEM * groups
        self.conv1 = nn.Conv2d(channels, inner, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(inner)
        self.conv2 = nn.Conv2d(inner, inner, 3, stride, 1, groups=groups, bias=False)
        self.bn2 = nn.BatchNorm2d(inner)
        self.conv3 = nn.Conv2d(inner, width * self.expansion, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(width * self.expansion)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = shortcut(channels, width * self.expansion, stride)

    def forward(self, x: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch out rows columns"]:
        kept = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.relu(self.bn2(self.conv2(x)))
        return self.relu(self.bn3(self.conv3(x)) + kept)


def shortcut(channels: int, out: int, stride: int) -> nn.Sequential | None:
    """What is added to a block whose output differs in size from its input; None where it does not."""
    if stride == 1 and channels == out:
        return None
    return nn.Sequential(nn.Conv2d(channels, out, 1, stride, bias=False), nn.BatchNorm2d(out))


@dataclass(frozen=True)
class ResnetSizes:
    """What tells one ResNet from another.

    Args:
        block: kind of all its blocks.
        blocks: how many of each of the four stages.
        groups, base_width: of the 3 x 3 convolutions of a bottleneck; ResNeXt-101 32x8d has 32 and 8.
    """

    block: Callable[..., BasicBlock | Bottleneck]
    blocks: tuple[int, int, int, int]
    groups: int = 1
    base_width: int = _STEM


RESNETS: dict[str, ResnetSizes] = {
    "resnet18": ResnetSizes(BasicBlock, (2, 2, 2, 2)),
    "resnet50": ResnetSizes(Bottleneck, (3, 4, 6, 3)),
    "resnet101": ResnetSizes(Bottleneck, (3, 4, 23, 3)),
    "resnet152": ResnetSizes(Bottleneck, (3, 8, 36, 3)),
    "resnext101": ResnetSizes(Bottleneck, (3, 4, 23, 3), 32, 8),
}


class Resnet(nn.Module):
    """A normalised picture to the feature map of the last stage, an eighth of a quarter of its size (224 to 7).

    Args:
        sizes: which ResNet.
        classes: of a classifier ``fc`` that is in some checkpoints and is never used here; 0 leaves it away.
    """

    def __init__(self, sizes: ResnetSizes, classes: int = 0):
        super().__init__()
        self.conv1 = nn.Conv2d(3, _STEM, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(_STEM)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        channels = _STEM
        for number, (width, stride, blocks) in enumerate(zip(_WIDTHS, _STRIDES, sizes.blocks, strict=True), 1):
            stage = []
            for place in range(blocks):
                stage.append(sizes.block(channels, width, stride if place == 0 else 1, sizes.groups, sizes.base_width))
                channels = width * stage[-1].expansion
            setattr(self, f"layer{number}", nn.Sequential(*stage))
        self.channels = channels
        self.fc = nn.Linear(channels, classes) if classes else None
        _first_weights(self)

    def forward(self, pictures: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch channels rows columns"]:
        x = self.maxpool(self.relu(self.bn1(self.conv1(pictures))))
        for stage in self.stages[1:]:
            x = stage(x)
        return x

    @property
    def stages(self) -> list[nn.Module]:
        """Stem and stages, in order: what is frozen from the front."""
        stem = nn.ModuleList([self.conv1, self.bn1])
        return [stem, *(getattr(self, f"layer{number}") for number in range(1, len(_WIDTHS) + 1))]


def _first_weights(module: nn.Module) -> None:
    for part in module.modules():
        if isinstance(part, nn.Conv2d):
            nn.init.kaiming_normal_(part.weight, mode="fan_out", nonlinearity="relu")
