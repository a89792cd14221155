"""Inception-v3 (Szegedy et al., CVPR 2016) for FID and the inception score, from weights that the user has.

Two variants, told by the file: TensorFlow's graph of 2015 as pytorch-fid converted it (1008 classes), of which
published FID and inception scores are, and torchvision's (1000 classes), whose values are others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn
from torch.nn import functional

from poseloom.base.errors import FileError
from poseloom.formats.torch_files import load_torch_file

SIDE = 299
"""Height and width of the pictures that the network sees."""
FEATURES = 2048
TENSORFLOW_CLASSES, TORCHVISION_CLASSES = 1008, 1000
_EPSILON = 1e-3
_EXTRAS = ("AuxLogits.",)
_REMEDY = "name pt_inception-2015-12-05 of pytorch-fid, or torchvision's inception_v3"


@dataclass(frozen=True, eq=False)
class Seen:
    """What the network makes of pictures.

    Args:
        features: means over the last maps ("pool_3").
        probabilities: of the classes; TensorFlow's variant leaves the bias out, as the inception score does.
    """

    features: Float[Tensor, "batch features"]
    probabilities: Float[Tensor, "batch classes"]


class _Conv(nn.Module):
    def __init__(self, channels: int, out: int, kernel: int | tuple[int, int], stride: int = 1, padded: bool = True):
        super().__init__()
        sides = (kernel, kernel) if isinstance(kernel, int) else kernel
        padding = (sides[0] // 2, sides[1] // 2) if padded else 0
        self.conv = nn.Conv2d(channels, out, sides, stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(out, eps=_EPSILON)

    def forward(self, x: Tensor) -> Tensor:
        return self.bn(self.conv(x)).relu()


class _Mixed(nn.Module):
    """A block whose branches are joined; `whole_window` pools count the zeros beyond the border."""

    def __init__(self, whole_window: bool):
        super().__init__()
        self.whole_window = whole_window

    def pooled(self, x: Tensor) -> Tensor:
        return functional.avg_pool2d(x, 3, 1, 1, count_include_pad=self.whole_window)


class _A(_Mixed):
    def __init__(self, channels: int, pool: int, whole_window: bool):
        super().__init__(whole_window)
        self.branch1x1 = _Conv(channels, 64, 1)
        self.branch5x5_1, self.branch5x5_2 = _Conv(channels, 48, 1), _Conv(48, 64, 5)
        self.branch3x3dbl_1, self.branch3x3dbl_2 = _Conv(channels, 64, 1), _Conv(64, 96, 3)
        self.branch3x3dbl_3, self.branch_pool = _Conv(96, 96, 3), _Conv(channels, pool, 1)

    def forward(self, x: Tensor) -> Tensor:
        double = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        wide = self.branch5x5_2(self.branch5x5_1(x))
        return torch.cat([self.branch1x1(x), wide, double, self.branch_pool(self.pooled(x))], 1)


class _B(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.branch3x3 = _Conv(channels, 384, 3, 2, padded=False)
        self.branch3x3dbl_1, self.branch3x3dbl_2 = _Conv(channels, 64, 1), _Conv(64, 96, 3)
        self.branch3x3dbl_3 = _Conv(96, 96, 3, 2, padded=False)

    def forward(self, x: Tensor) -> Tensor:
        double = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        return torch.cat([self.branch3x3(x), double, functional.max_pool2d(x, 3, 2)], 1)


class _C(_Mixed):
    def __init__(self, channels: int, width: int, whole_window: bool):
        super().__init__(whole_window)
        self.branch1x1, self.branch_pool = _Conv(channels, 192, 1), _Conv(channels, 192, 1)
        self.branch7x7_1, self.branch7x7_2 = _Conv(channels, width, 1), _Conv(width, width, (1, 7))
        self.branch7x7_3, self.branch7x7dbl_1 = _Conv(width, 192, (7, 1)), _Conv(channels, width, 1)
        self.branch7x7dbl_2, self.branch7x7dbl_3 = _Conv(width, width, (7, 1)), _Conv(width, width, (1, 7))
        self.branch7x7dbl_4, self.branch7x7dbl_5 = _Conv(width, width, (7, 1)), _Conv(width, 192, (1, 7))

    def forward(self, x: Tensor) -> Tensor:
        once = self.branch7x7_3(self.branch7x7_2(self.branch7x7_1(x)))
        double = self.branch7x7dbl_3(self.branch7x7dbl_2(self.branch7x7dbl_1(x)))
        double = self.branch7x7dbl_5(self.branch7x7dbl_4(double))
        return torch.cat([self.branch1x1(x), once, double, self.branch_pool(self.pooled(x))], 1)


class _D(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.branch3x3_1, self.branch3x3_2 = _Conv(channels, 192, 1), _Conv(192, 320, 3, 2, padded=False)
        self.branch7x7x3_1, self.branch7x7x3_2 = _Conv(channels, 192, 1), _Conv(192, 192, (1, 7))
        self.branch7x7x3_3, self.branch7x7x3_4 = _Conv(192, 192, (7, 1)), _Conv(192, 192, 3, 2, padded=False)

    def forward(self, x: Tensor) -> Tensor:
        once = self.branch3x3_2(self.branch3x3_1(x))
        long = self.branch7x7x3_4(self.branch7x7x3_3(self.branch7x7x3_2(self.branch7x7x3_1(x))))
        return torch.cat([once, long, functional.max_pool2d(x, 3, 2)], 1)


class _E(_Mixed):
    def __init__(self, channels: int, whole_window: bool, largest: bool = False):
        super().__init__(whole_window)
        self.largest = largest
        self.branch1x1, self.branch_pool = _Conv(channels, 320, 1), _Conv(channels, 192, 1)
        self.branch3x3_1 = _Conv(channels, 384, 1)
        self.branch3x3_2a, self.branch3x3_2b = _Conv(384, 384, (1, 3)), _Conv(384, 384, (3, 1))
        self.branch3x3dbl_1, self.branch3x3dbl_2 = _Conv(channels, 448, 1), _Conv(448, 384, 3)
        self.branch3x3dbl_3a, self.branch3x3dbl_3b = _Conv(384, 384, (1, 3)), _Conv(384, 384, (3, 1))

    def forward(self, x: Tensor) -> Tensor:
        once, double = self.branch3x3_1(x), self.branch3x3dbl_2(self.branch3x3dbl_1(x))
        pooled = functional.max_pool2d(x, 3, 1, 1) if self.largest else self.pooled(x)
        parts = [self.branch1x1(x), self.branch3x3_2a(once), self.branch3x3_2b(once)]
        return torch.cat(
            [*parts, self.branch3x3dbl_3a(double), self.branch3x3dbl_3b(double), self.branch_pool(pooled)], 1
        )


class Inception(nn.Module):
    """Features and class probabilities of pictures.

    Args:
        classes: 1008 for TensorFlow's variant, 1000 for torchvision's.
    """

    def __init__(self, classes: int = TENSORFLOW_CLASSES):
        super().__init__()
        self.tensorflow = classes == TENSORFLOW_CLASSES
        whole = not self.tensorflow
        self.Conv2d_1a_3x3, self.Conv2d_2a_3x3 = _Conv(3, 32, 3, 2, padded=False), _Conv(32, 32, 3, padded=False)
        self.Conv2d_2b_3x3, self.Conv2d_3b_1x1 = _Conv(32, 64, 3), _Conv(64, 80, 1)
        self.Conv2d_4a_3x3 = _Conv(80, 192, 3, padded=False)
        self.Mixed_5b, self.Mixed_5c, self.Mixed_5d = _A(192, 32, whole), _A(256, 64, whole), _A(288, 64, whole)
        self.Mixed_6a, self.Mixed_6b, self.Mixed_6c = _B(288), _C(768, 128, whole), _C(768, 160, whole)
        self.Mixed_6d, self.Mixed_6e, self.Mixed_7a = _C(768, 160, whole), _C(768, 192, whole), _D(768)
        self.Mixed_7b, self.Mixed_7c = _E(1280, whole), _E(FEATURES, whole, largest=self.tensorflow)
        self.fc = nn.Linear(FEATURES, classes)

    def forward(self, pictures: UInt8[Tensor, "batch 3 height width"]) -> Seen:
        """What it makes of pictures of 0 to 255, of any size."""
        x = functional.interpolate(pictures.float() / 255, (SIDE, SIDE), mode="bilinear", align_corners=False) * 2 - 1
        x = self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(x)))
        x = self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(functional.max_pool2d(x, 3, 2)))
        x = functional.max_pool2d(x, 3, 2)
        for name in ("5b", "5c", "5d", "6a", "6b", "6c", "6d", "6e", "7a", "7b", "7c"):
            x = self.get_submodule(f"Mixed_{name}")(x)
        features = x.mean((-2, -1))
        logits = features @ self.fc.weight.T if self.tensorflow else self.fc(features)
        return Seen(features, logits.double().softmax(-1))


def open_inception(path: str | Path) -> Inception:
    """The network of a file of weights, in evaluation mode.

    Raises:
        FileError: missing, damaged, or of another network.
    """
    state = load_torch_file(path)
    if not isinstance(state, Mapping) or not isinstance(state.get("fc.weight"), Tensor):
        raise FileError(path, "holds no Inception-v3", remedy=_REMEDY)
    classes = state["fc.weight"].shape[0]
    if classes not in (TENSORFLOW_CLASSES, TORCHVISION_CLASSES):
        raise FileError(path, f"knows {classes} classes, expected 1008 or 1000", remedy=_REMEDY)
    model = Inception(classes)
    kept = {name: value for name, value in state.items() if not str(name).startswith(_EXTRAS)}
    counts = {name: value for name, value in model.state_dict().items() if name.endswith("num_batches_tracked")}
    try:
        model.load_state_dict({**counts, **kept})
    except RuntimeError as error:
        problem = f"does not fit Inception-v3: {str(error).splitlines()[-1].strip()[:120]}"
        raise FileError(path, problem, remedy=_REMEDY) from None
    return model.eval().requires_grad_(False)
