"""Backbones by name, and their first weights from files of others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn

from poseloom.base.errors import FileError, PoseloomError, closest
from poseloom.formats.torch_files import load_torch_file
from poseloom.images.normalise import EFFICIENTNET_LITE, IMAGENET, UNIT, Normalisation
from poseloom.nn.image.efficientnet import EFFICIENTNETS, Efficientnet
from poseloom.nn.image.hrnet import WIDTHS, HrnetClassification, HrnetConcatenated
from poseloom.nn.image.resnet import RESNETS, Resnet
from poseloom.nn.image.swin import Swin
from poseloom.nn.image.twins import TWINS, Twins
from poseloom.nn.image.vit import VIT_H, PoseVit, Vit

SQUARE = (224, 224)
_PREFIXES = ("", "backbone.", "module.", "module.encoder.", "module.backbone.", "encoder.", "model.", "model.backbone.")
_TABLES = ("state_dict", "model", "network", "params", "model_state_dict")
"""Keys under which files keep their weights."""
_NEEDED = 0.5
"""Share of a backbone's numbers that a file must have to be of this backbone."""


@dataclass(frozen=True)
class BackboneKind:
    """A network from a picture to a feature map.

    Args:
        build: makes it with first weights of its own; it has the attribute `channels`, those of its map.
        pooled: length of the vector that HMR's regressor takes of the map.
        pooling: how the map becomes that vector, see `ParameterRegressor`.
        size: height and width of the pictures, pixels.
        normalisation: of the pictures.
        gentle: its learning rate in the benchmark is lower than the head's (5e-5).
        keeps_statistics: its normalisations are not trained on batches (``norm_eval`` of the benchmark).
    """

    build: Callable[[], nn.Module]
    pooled: int
    pooling: Literal["mean", "reshaped"] = "mean"
    size: tuple[int, int] = SQUARE
    normalisation: Normalisation = IMAGENET
    gentle: bool = True
    keeps_statistics: bool = False


BACKBONES: dict[str, BackboneKind] = {
    **{
        name: BackboneKind(partial(Resnet, RESNETS[name]), 512 if name == "resnet18" else 2048, gentle=False)
        for name in ("resnet18", "resnet50", "resnet101", "resnet152")
    },
    "resnext101": BackboneKind(partial(Resnet, RESNETS["resnext101"]), 2048, keeps_statistics=True),
    "efficientnet_b0": BackboneKind(partial(Efficientnet, EFFICIENTNETS["efficientnet_b0"]), 1280),
    "efficientnet_b5": BackboneKind(partial(Efficientnet, EFFICIENTNETS["efficientnet_b5"]), 2048),
    "efficientnet_lite0": BackboneKind(
        partial(Efficientnet, EFFICIENTNETS["efficientnet_lite0"]), 1280, normalisation=EFFICIENTNET_LITE
    ),
    "hrnet_w32": BackboneKind(partial(HrnetConcatenated, WIDTHS["hrnet_w32"]), 2048, "reshaped", keeps_statistics=True),
    "hrnet_w48": BackboneKind(partial(HrnetConcatenated, WIDTHS["hrnet_w48"]), 720, keeps_statistics=True),
    "hrnet_w64": BackboneKind(partial(HrnetConcatenated, WIDTHS["hrnet_w64"]), 960, keeps_statistics=True),
    "vit_b": BackboneKind(Vit, 2048, "reshaped"),
    "smplerx_b": BackboneKind(PoseVit, 768, size=(256, 192), normalisation=UNIT),
    "vit_h": BackboneKind(partial(PoseVit, VIT_H, task_tokens=0), 1280, size=(256, 192)),
    "swin_t": BackboneKind(Swin, 2048, "reshaped"),
    "twins_svt": BackboneKind(partial(Twins, TWINS["twins_svt"]), 768),
    "twins_pcpvt": BackboneKind(partial(Twins, TWINS["twins_pcpvt"]), 512),
}
"""Name -> backbone that gives one map. The benchmark's HMR has been trained with most of them."""

CLASSIFIERS: dict[str, Callable[[], nn.Module]] = {
    name: partial(HrnetClassification, width) for name, width in WIDTHS.items()
}
"""Name -> HRNet as Graphormer uses it: features of the whole picture and of a grid."""


def backbone_kind(name: str) -> BackboneKind:
    """The backbone of a name.

    Raises:
        PoseloomError: there is none.
    """
    if name not in BACKBONES:
        known = ", ".join(BACKBONES)
        raise PoseloomError(f"backbone {name!r} is unknown{closest(name, list(BACKBONES))}; known are {known}")
    return BACKBONES[name]


def load_backbone(backbone: nn.Module, path: str | Path) -> tuple[str, ...]:
    """Take weights over from a file: torchvision's, timm's, OpenMMLab's or a whole model that has such a backbone.

    What the file lacks keeps its first weights; a classifier or heat maps in it are passed over.

    Args:
        backbone: module that takes them.
        path: ``.pth``, ``.pt``, ``.bin``, ``.ckpt`` or ``.safetensors``.

    Returns:
        Names that the file lacks, or has in another shape.

    Raises:
        FileError: damaged, or of another backbone; with the first names that differ.
    """
    own = backbone.state_dict()
    given = best_prefix(own, weights_in(path))
    fitting = {name: value for name, value in given.items() if name in own and own[name].shape == value.shape}
    had = sum(own[name].numel() for name in fitting)
    lacking = [name for name in own if name not in fitting and not name.endswith("num_batches_tracked")]
    if had < _NEEDED * sum(value.numel() for value in own.values()):
        wanted, found = lacking[0], next((name for name in given if name not in fitting), "nothing else")
        shapes = f" as {list(given[wanted].shape)}" if wanted in given else ""
        raise FileError(
            path,
            f"is of another backbone: {wanted} {list(own[wanted].shape)} is not in it{shapes}, but {found}",
            remedy="name a file of this backbone, or the backbone of this file",
        )
    backbone.load_state_dict(fitting, strict=False)
    return tuple(lacking)


def weights_in(path: str | Path) -> dict[str, Tensor]:
    """The weights of a checkpoint of others by name, wherever they stand in it; floating numbers in single precision.

    Raises:
        FileError: damaged, or without weights.
    """
    if Path(path).suffix == ".safetensors":
        from safetensors.torch import load_file

        try:
            content: Any = load_file(path)
        except Exception as error:  # its own kinds
            raise FileError(path, f"is not safetensors: {error}", remedy="get the file again") from None
    else:
        content = load_torch_file(path, strangers=True)
    for key in _TABLES:
        if isinstance(content, Mapping) and isinstance(content.get(key), Mapping):
            content = content[key]
            break
    found = {str(name): value for name, value in content.items() if isinstance(value, Tensor)} if content else {}
    if not found:
        raise FileError(path, "holds no table of weights", remedy=f"expected them as such or under {_TABLES[0]!r}")
    for name, value in found.items():
        if value.is_floating_point() and not bool(torch.isfinite(value).all()):
            raise FileError(path, "holds numbers that are not finite", field=name, remedy="get the file again")
    return {name: value.detach().float() if value.is_floating_point() else value for name, value in found.items()}


def best_prefix(own: Mapping[str, Any], given: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The given weights without the prefix that makes most of their names those of the module."""

    def without(prefix: str) -> dict[str, Tensor]:
        return {name[len(prefix) :]: value for name, value in given.items() if name.startswith(prefix)}

    return max((without(prefix) for prefix in _PREFIXES), key=lambda table: len(table.keys() & own.keys()))
