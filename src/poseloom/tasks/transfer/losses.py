"""Losses of the generators and discriminators: functions of tensors alone."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from poseloom.base.errors import FileError, PoseloomError
from poseloom.formats.torch_files import load_torch_file
from poseloom.images.normalise import IMAGENET

Picture = Float[Tensor, "batch 3 height width"]
Mask = Float[Tensor, "batch _channels height width"]
Scalar = Float[Tensor, ""]


def masked_l1(made: Picture, target: Picture, mask: Mask, ratio: float = 1.0) -> Scalar:
    """PG2's pose mask loss: L1 + ratio x L1 within the mask, both means over all numbers of the pictures.

    Args:
        made, target: -1 to 1.
        mask: 1 where the person is; one channel or three.
    """
    return functional.l1_loss(made, target) + ratio * functional.l1_loss(made * mask, target * mask)


def edge_l1(made: Picture, target: Picture) -> Scalar:
    """L1 between the differences of neighbouring pixels: blurred edges cost, whatever their colour."""
    across = functional.l1_loss(made.diff(dim=-1), target.diff(dim=-1))
    return across + functional.l1_loss(made.diff(dim=-2), target.diff(dim=-2))


def logits_are(logits: Float[Tensor, "*shape"], real: float) -> Scalar:
    """Binary cross-entropy of logits against one label (Goodfellow et al. 2014)."""
    return functional.binary_cross_entropy_with_logits(logits, torch.full_like(logits, real))


def scores_are(scores: Float[Tensor, "*shape"], real: float) -> Scalar:
    """Mean squared error of scores against one label: least squares GAN (Mao et al., ICCV 2017)."""
    return functional.mse_loss(scores, torch.full_like(scores, real))


def probabilities_are(probabilities: Float[Tensor, "*shape"], real: float) -> Scalar:
    """Binary cross-entropy of probabilities against one label."""
    return functional.binary_cross_entropy(probabilities, torch.full_like(probabilities, real))


def pg2_judge(
    made: Float[Tensor, "batch 1"], target: Float[Tensor, "batch 1"], source: Float[Tensor, "batch 1"]
) -> Scalar:
    """Loss of PG2's discriminator: the target is real, the made picture and the source are not.

    The mean of two halves, so that the target counts half, each of the others a quarter.
    """
    real = logits_are(target, 1.0)
    return ((logits_are(made, 0.0) + real) / 2 + (logits_are(source, 0.0) + real) / 2) / 2


class Perceptual(nn.Module):
    """Mean L1 between features of two pictures after the second convolution of VGG19 (Johnson et al., ECCV 2016).

    Args:
        state: ``0.weight``, ``0.bias``, ``2.weight`` and ``2.bias`` of torchvision's ``vgg19.features``.
    """

    def __init__(self, state: dict[str, Tensor] | None = None):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 64, 3, padding=1), nn.ReLU(), nn.Conv2d(64, 64, 3, padding=1), nn.ReLU()
        )
        if state is not None:
            self.features.load_state_dict(state)
        self.requires_grad_(False)

    def forward(self, made: Picture, target: Picture) -> Scalar:
        """Of pictures -1 to 1; no gradient goes to the target."""
        with torch.no_grad():
            wanted = self.features(_seen(target))
        return functional.l1_loss(self.features(_seen(made)), wanted)


def open_perceptual(path: str, weight: float) -> Perceptual | None:
    """The loss on features of a file of VGG19's weights; None where its weight is 0.

    Raises:
        PoseloomError: no file is named.
        FileError: it is damaged, or of another network.
    """
    if not weight:
        return None
    if not path:
        remedy = "name torchvision's vgg19 weights there, or set loss.perceptual 0"
        raise PoseloomError(f"recipe: loss.vgg is empty, but loss.perceptual is {weight}; {remedy}")
    content = load_torch_file(path)
    state = content if isinstance(content, Mapping) else {}
    kept = {
        name: state.get(f"features.{name}", state.get(name)) for name in ("0.weight", "0.bias", "2.weight", "2.bias")
    }
    try:
        return Perceptual({name: value for name, value in kept.items() if isinstance(value, Tensor)})
    except RuntimeError:
        raise FileError(path, "holds no VGG19", remedy="name torchvision's vgg19 weights") from None


def _seen(picture: Picture) -> Picture:
    return IMAGENET.apply((picture + 1) / 2)
