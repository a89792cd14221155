"""LPIPS (Zhang et al., CVPR 2018), version 0.1 with AlexNet, from weights that the user has."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from poseloom.base.errors import FileError
from poseloom.formats.torch_files import load_torch_file

_SHIFT, _SCALE = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)
_WIDTHS = (64, 192, 384, 256, 256)
_TAPS = (1, 4, 7, 9, 11)
"""Layers of AlexNet, the ReLUs, whose outputs are compared."""
_TINY = 1e-10
_ALEXNET = "name torchvision's alexnet weights"
_LINEAR = "name weights/v0.1/alex.pth of the package lpips"


class Lpips(nn.Module):
    """Distance of pictures as people see it, 0 for the same picture."""

    def __init__(self) -> None:
        super().__init__()
        first, second, third, fourth, fifth = _WIDTHS
        self.features = nn.Sequential(
            nn.Conv2d(3, first, 11, 4, 2),
            nn.ReLU(),
            nn.MaxPool2d(3, 2),
            nn.Conv2d(first, second, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(3, 2),
            nn.Conv2d(second, third, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(third, fourth, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(fourth, fifth, 3, padding=1),
            nn.ReLU(),
        )
        self.lin = nn.ModuleList(nn.Conv2d(width, 1, 1, bias=False) for width in _WIDTHS)

    def forward(
        self, first: UInt8[Tensor, "batch 3 height width"], second: UInt8[Tensor, "batch 3 height width"]
    ) -> Float[Tensor, " batch"]:
        """Of pictures of 0 to 255, at least 64 pixels high and wide."""
        total = torch.zeros(len(first), device=first.device)
        for one, other, lin in zip(self._taps(first), self._taps(second), self.lin, strict=True):
            total = total + lin((_unit(one) - _unit(other)) ** 2).mean((-3, -2, -1))
        return total

    def _taps(self, pictures: Tensor) -> list[Tensor]:
        x = pictures.float() / 127.5 - 1
        x = (x - x.new_tensor(_SHIFT)[:, None, None]) / x.new_tensor(_SCALE)[:, None, None]
        found = []
        for number, layer in enumerate(self.features):
            x = layer(x)
            if number in _TAPS:
                found.append(x)
        return found


def open_lpips(alexnet: str | Path, linear: str | Path) -> Lpips:
    """The measure of two files of weights, in evaluation mode.

    Raises:
        FileError: one is missing, damaged, or of another network.
    """
    model = Lpips()
    own = {name.removeprefix("features."): value for name, value in _table(alexnet, _ALEXNET).items()}
    try:
        model.features.load_state_dict({name: own[name] for name in model.features.state_dict()})
    except (KeyError, RuntimeError):
        raise FileError(alexnet, "holds no AlexNet", remedy=_ALEXNET) from None
    table = _table(linear, _LINEAR)
    try:
        model.lin.load_state_dict({f"{n}.weight": table[f"lin{n}.model.1.weight"] for n in range(len(_WIDTHS))})
    except (KeyError, RuntimeError):
        raise FileError(linear, "holds no linear layers of LPIPS for AlexNet", remedy=_LINEAR) from None
    return model.eval().requires_grad_(False)


def _table(path: str | Path, remedy: str) -> Mapping[str, Tensor]:
    content = load_torch_file(path)
    if not isinstance(content, Mapping) or not all(isinstance(one, Tensor) for one in content.values()):
        raise FileError(path, "is no table of weights", remedy=remedy)
    return content


def _unit(features: Tensor) -> Tensor:
    return features / (features.square().sum(1, keepdim=True).sqrt() + _TINY)
