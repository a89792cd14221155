"""The number ranges that families of networks were trained on."""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import PoseloomError, closest


@dataclass(frozen=True)
class Normalisation:
    """(picture - mean) / std for each channel of an RGB picture in [0, 1]."""

    mean: tuple[float, float, float]
    std: tuple[float, float, float]

    def apply(self, picture: Float[Tensor, "*batch 3 height width"]) -> Float[Tensor, "*batch 3 height width"]:
        """What the network takes."""
        return (picture - self._channel(picture, self.mean)) / self._channel(picture, self.std)

    def undo(self, picture: Float[Tensor, "*batch 3 height width"]) -> Float[Tensor, "*batch 3 height width"]:
        """Back to [0, 1]."""
        return picture * self._channel(picture, self.std) + self._channel(picture, self.mean)

    @staticmethod
    def _channel(like: Tensor, values: tuple[float, float, float]) -> Tensor:
        return like.new_tensor(values)[:, None, None]


UNIT = Normalisation((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
"""[0, 1] as it is: the landmark networks of MediaPipe."""

SIGNED = Normalisation((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
"""[-1, 1]: the detectors of MediaPipe, many generators of pictures."""

IMAGENET = Normalisation((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
"""Torchvision's backbones, HRNet, the networks of mesh recovery."""

CLIP = Normalisation((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))
"""CLIP (Radford et al. 2021) and its successors."""

EFFICIENTNET_LITE = Normalisation((127 / 255,) * 3, (128 / 255,) * 3)
"""(value - 127) / 128 of 8 bits: EfficientNet-Lite (TensorFlow)."""

FAMILIES = {
    **dict.fromkeys(("resnet", "resnext", "hrnet", "vit", "swin", "twins"), IMAGENET),
    **dict.fromkeys(("hmr", "spin", "graphcmr", "pare", "graphormer"), IMAGENET),
    **dict.fromkeys(("pg2", "pn-gan", "patn", "dpig"), SIGNED),
    "mediapipe-detector": SIGNED,
    "mediapipe-landmarks": UNIT,
    "clip": CLIP,
    "efficientnet-lite": EFFICIENTNET_LITE,
}
"""Family of networks -> what its pictures are brought to. Backbones are those of torchvision and of the benchmark of
mesh recovery, which all take ImageNet's; generators of people's pictures take [-1, 1]."""


def normalisation_of(family: str) -> Normalisation:
    """The normalisation of a family of networks.

    Raises:
        PoseloomError: an unknown one.
    """
    if family.lower() not in FAMILIES:
        known = tuple(FAMILIES)
        problem = f"unknown family of networks {family!r}{closest(family.lower(), known)}; known: {', '.join(known)}"
        raise PoseloomError(problem)
    return FAMILIES[family.lower()]
