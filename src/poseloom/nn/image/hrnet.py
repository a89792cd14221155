"""HRNet (Sun et al., CVPR 2019; Wang et al., TPAMI 2020): branches of four resolutions side by side.

State names are those of the public files: ``conv1``, ``layer1``, ``transition1``, ``stage2.0.branches.0.0.conv1``,
``stage2.0.fuse_layers.1.0.0.0``; what follows the branches is in `HrnetConcatenated` and `HrnetClassification`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn

from poseloom.nn.image.resnet import BasicBlock, Bottleneck

_STEM = 64
_MODULES = (1, 4, 3)
"""Modules of stages 2, 3 and 4, which have 2, 3 and 4 branches."""
_BLOCKS = 4
"""Of each branch of a module, and of the first stage."""
_BRANCHES = 4

WIDTHS = {"hrnet_w32": 32, "hrnet_w48": 48, "hrnet_w64": 64}
"""Channels of the branch of the highest resolution; each further one has twice as many."""


def conv3x3(channels: int, out: int, stride: int = 1, *, relu: bool = True) -> nn.Sequential:
    """Convolution, normalisation, and a ReLU where it is wanted."""
    parts = [nn.Conv2d(channels, out, 3, stride, 1, bias=False), nn.BatchNorm2d(out)]
    return nn.Sequential(*parts, nn.ReLU(inplace=True)) if relu else nn.Sequential(*parts)


class HrnetModule(nn.Module):
    """Branches of basic blocks, then each branch becomes the sum of all, brought to its size."""

    def __init__(self, widths: tuple[int, ...]):
        super().__init__()
        self.branches = nn.ModuleList(
            nn.Sequential(*(BasicBlock(width, width) for _ in range(_BLOCKS))) for width in widths
        )
        self.fuse_layers = nn.ModuleList(
            nn.ModuleList(_carried(widths, source, target) for source in range(len(widths)))
            for target in range(len(widths))
        )
        self.relu = nn.ReLU(inplace=False)

    def forward(self, branches: list[Tensor]) -> list[Tensor]:
        """Feature maps, the largest first, to as many."""
        found = [branch(x) for branch, x in zip(self.branches, branches, strict=True)]
        fused = []
        for target in self.fuse_layers:
            assert isinstance(target, nn.ModuleList)
            total = target[0](found[0])
            for layer, x in zip(target[1:], found[1:], strict=True):
                total = total + layer(x)
            fused.append(self.relu(total))
        return fused


def _carried(widths: tuple[int, ...], source: int, target: int) -> nn.Module:
    """From one branch to another: strided convolutions down, nearest neighbours up."""
    if source == target:
        return nn.Identity()
    if source > target:
        carried = nn.Sequential(
            nn.Conv2d(widths[source], widths[target], 1, bias=False),
            nn.BatchNorm2d(widths[target]),
            nn.Upsample(scale_factor=2 ** (source - target), mode="nearest"),
        )
        return carried
    steps = target - source
    return nn.Sequential(
        *(
            conv3x3(widths[source], widths[target] if last else widths[source], 2, relu=not last)
            for last in (number == steps - 1 for number in range(steps))
        )
    )


class Hrnet(nn.Module):
    """A normalised picture to four feature maps, of a quarter of its size and less: stem, transitions, stages.

    Args:
        width: channels of the first branch.
    """

    def __init__(self, width: int):
        super().__init__()
        self.widths = tuple(width * 2**branch for branch in range(_BRANCHES))
        self.conv1 = nn.Conv2d(3, _STEM, 3, 2, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(_STEM)
        self.conv2 = nn.Conv2d(_STEM, _STEM, 3, 2, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(_STEM)
        self.relu = nn.ReLU(inplace=True)
        out = _STEM * Bottleneck.expansion
        self.layer1 = nn.Sequential(Bottleneck(_STEM, _STEM), *(Bottleneck(out, _STEM) for _ in range(_BLOCKS - 1)))
        before: tuple[int, ...] = (out,)
        for number, modules in enumerate(_MODULES, 1):
            widths = self.widths[: number + 1]
            setattr(self, f"transition{number}", _transition(before, widths))
            setattr(self, f"stage{number + 1}", nn.Sequential(*(HrnetModule(widths) for _ in range(modules))))
            before = widths

    def branches(self, pictures: Float[Tensor, "batch 3 height width"]) -> list[Tensor]:
        """Feature maps of all four branches, the largest (a quarter of the picture's size) first."""
        x = self.relu(self.bn1(self.conv1(pictures)))
        x = self.layer1(self.relu(self.bn2(self.conv2(x))))
        found = [x]
        for number in range(1, len(_MODULES) + 1):
            transition = getattr(self, f"transition{number}")
            sources = [*found, *[found[-1]] * (len(transition) - len(found))]
            found = [layer(x) for layer, x in zip(transition, sources, strict=True)]
            found = getattr(self, f"stage{number + 1}")(found)
        return found

    @property
    def stages(self) -> list[nn.Module]:
        """Stem and stages, in order: what is frozen from the front."""
        stem = nn.ModuleList([self.conv1, self.bn1, self.conv2, self.bn2])
        later = (
            nn.ModuleList([getattr(self, f"transition{number}"), getattr(self, f"stage{number + 1}")])
            for number in range(1, len(_MODULES) + 1)
        )
        return [stem, self.layer1, *later]


def _transition(before: tuple[int, ...], widths: tuple[int, ...]) -> nn.ModuleList:
    """What brings the branches of one stage to those of the next, which has one more."""
    layers: list[nn.Module] = []
    for number, width in enumerate(widths):
        if number >= len(before):
            layers.append(nn.Sequential(conv3x3(before[-1], width, 2)))
        else:
            layers.append(nn.Identity() if before[number] == width else conv3x3(before[number], width))
    return nn.ModuleList(layers)


class HrnetConcatenated(Hrnet):
    """All branches at the size of the first, one after another as channels: the backbone of PARE (Kocabas et al. 2021).

    Lower resolutions are doubled by learned steps, each of which interpolates with aligned corners and convolves.
    ``final_layer``, of 24 heat maps, is in the public files and is not used.

    Args:
        width: channels of the first branch.
        joints: maps of ``final_layer``.
    """

    def __init__(self, width: int, joints: int = 24):
        super().__init__(width)
        self.channels = sum(self.widths)
        self.final_layer = nn.Conv2d(width, joints, 1)
        for number in range(1, _BRANCHES):
            own = self.widths[number]
            steps = [part for _ in range(number) for part in doubled(own)]
            setattr(self, f"upsample_stage_{number + 1}", nn.Sequential(*steps))

    def forward(self, pictures: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch channels rows columns"]:
        first, *others = self.branches(pictures)
        steps = (getattr(self, f"upsample_stage_{number}") for number in range(2, _BRANCHES + 1))
        return torch.cat([first, *(step(x) for step, x in zip(steps, others, strict=True))], dim=1)


def doubled(width: int) -> list[nn.Module]:
    """One step to twice the size: interpolation with aligned corners, convolution, normalisation, ReLU."""
    return [
        nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True),
        nn.Conv2d(width, width, 3, 1, 1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
    ]


@dataclass(frozen=True, eq=False)
class GridFeatures:
    """What a classification network knows of a picture: as a whole, and place by place."""

    pooled: Float[Tensor, "batch features"]
    grid: Float[Tensor, "batch channels rows columns"]


class HrnetClassification(Hrnet):
    """HRNet as an ImageNet classifier, without its last layer's use: features of the whole picture and of a 7 x 7 grid.

    Args:
        width: channels of the first branch.
        classes: of ``classifier``, which is in the public files and is not used.
    """

    features = 2048
    channels = 1024

    def __init__(self, width: int, classes: int = 1000):
        super().__init__(width)
        heads = (32, 64, 128, 256)
        outs = [head * Bottleneck.expansion for head in heads]
        self.incre_modules = nn.ModuleList(
            nn.Sequential(Bottleneck(own, head)) for own, head in zip(self.widths, heads, strict=True)
        )
        self.downsamp_modules = nn.ModuleList(
            nn.Sequential(nn.Conv2d(out, above, 3, 2, 1), nn.BatchNorm2d(above), nn.ReLU(inplace=True))
            for out, above in pairwise(outs)
        )
        self.final_layer = nn.Sequential(
            nn.Conv2d(outs[-1], self.features, 1), nn.BatchNorm2d(self.features), nn.ReLU(inplace=True)
        )
        self.classifier = nn.Linear(self.features, classes)

    def forward(self, pictures: Float[Tensor, "batch 3 height width"]) -> GridFeatures:
        first, *others = self.branches(pictures)
        y = self.incre_modules[0](first)
        for number, x in enumerate(others):
            y = self.incre_modules[number + 1](x) + self.downsamp_modules[number](y)
        return GridFeatures(self.final_layer(y).mean((2, 3)), y)
