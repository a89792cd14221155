"""The released checkpoints of HMR, SPIN, PARE, GraphCMR, Mesh Graphormer and HMR 2.0, and those of the benchmark.

Layouts: the benchmark's files have ``state_dict`` with ``backbone.*`` and ``head.*`` beside a discriminator and body
models; SPIN's have ``model`` with the names of one flat module; GraphCMR's ``graph_cnn`` and ``smpl_param_regressor``;
PARE's are of Lightning, ``state_dict`` with the prefix ``model.``; Graphormer's are a bare table of weights; HMR 2.0's
are of Lightning, with ``backbone.*`` and ``smpl_head.*``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from poseloom.base.errors import FileError, PoseloomError
from poseloom.formats.torch_files import load_torch_file
from poseloom.nn.image.vit import PATCH, VIT_H
from poseloom.tasks.mesh_recovery.networks.choice import (
    GRAPHCMR,
    GRAPHORMER,
    HMR,
    HMR2,
    PARE,
    SPIN,
    BodyAtRest,
    NetworkChoice,
    build_network,
    check_names,
)
from poseloom.tasks.mesh_recovery.networks.graphormer import UNUSED

_REMEDY = "expected a released checkpoint of HMR, SPIN, PARE, GraphCMR, Mesh Graphormer or HMR 2.0"
_BESIDE = (
    "disc.",
    "body_model",
    "smpl.",
    "discriminator.",
    "registration",
    "head.smpl.",
    "criterion.",
    "loss_fn.",
    "initialized",
)
"""Beginnings of names that stand beside a network in its file."""
_OWN = ("mesh.", "head.template")
"""Parts of a network that come from the body, not from the file."""
_PARE_HEAD = "head.keypoint_deconv_layers.0.weight"
_RESNETS = {6: "resnet50", 23: "resnet101", 36: "resnet152"}
"""By the blocks of the third stage."""


@dataclass(frozen=True, eq=False)
class ReleasedNetwork:
    """A released network, read, not yet a module.

    Args:
        path: path of the file.
        choice: which network.
        state: weights by our names; what comes from the body is missing.
    """

    path: Path
    choice: NetworkChoice
    state: Mapping[str, Tensor]


def read_released_network(path: str | Path) -> ReleasedNetwork | None:
    """Read a released checkpoint; None where the file holds something else.

    Raises:
        FileError: damaged, or of a backbone that is not known.
    """
    content = load_torch_file(path, strangers=True)
    if not isinstance(content, Mapping):
        return None
    algorithm, table = _algorithm(content)
    if algorithm is None:
        return None
    state = {name: _number(name, value, path) for name, value in table.items()}
    try:
        prefix = "graph_cnn.resnet." if algorithm == GRAPHCMR else "backbone."
        choice = NetworkChoice(algorithm, backbone_of(state, prefix))
    except PoseloomError as error:
        raise FileError(path, str(error), remedy=_REMEDY) from None
    return ReleasedNetwork(Path(path), choice, state)


def build_released(released: ReleasedNetwork, rest: BodyAtRest | None = None) -> nn.Module:
    """The network with its weights, in evaluation mode.

    Args:
        released: what was read.
        rest: the body, of SMPL; needed for GraphCMR and Graphormer.

    Raises:
        FileError: weights differ from the network's; with the first names.
        PoseloomError: the body is missing.
    """
    network = build_network(released.choice, rest)
    own = {name: value for name, value in network.state_dict().items() if not name.startswith(_OWN)}
    try:
        check_names(own, released.state)
    except PoseloomError as error:
        raise FileError(released.path, str(error), remedy=_REMEDY) from None
    network.load_state_dict(dict(released.state), strict=False)
    return network.eval()


def backbone_of(state: Mapping[str, Tensor], prefix: str = "backbone.") -> str:
    """The name of the backbone whose weights stand under a prefix.

    Raises:
        PoseloomError: none that is known; with the first names.
    """

    def shape(name: str) -> tuple[int, ...] | None:
        return tuple(state[prefix + name].shape) if prefix + name in state else None

    if (branch := shape("transition1.0.0.weight")) is not None:
        return f"hrnet_w{branch[0]}"
    if (embedding := shape("patch_embeds.0.projection.weight")) is not None:
        return "twins_svt" if embedding[0] == 96 else "twins_pcpvt"
    if (second := shape("layer1.0.conv2.weight")) is not None:
        blocks = len([name for name in state if name.startswith(f"{prefix}layer3.") and name.endswith(".conv1.weight")])
        if shape("layer1.0.conv3.weight") is None:
            return "resnet18"
        return (
            "resnext101" if second[1] != second[0] else _RESNETS.get(blocks, f"resnet with {blocks} blocks in layer3")
        )
    telling = {
        "layers.0.blocks.0.attn.relative_position_bias_table": "swin_t",
        "cls_token": "vit_b",
        "task_tokens": "smplerx_b",
    }
    for name, backbone in telling.items():
        if shape(name) is not None:
            return backbone
    if shape("patch_embed.proj.weight") == (VIT_H.width, 3, PATCH, PATCH):
        return "vit_h"
    if (stem := shape("_conv_stem.weight")) is not None:
        lite = shape("_blocks.0._se_reduce.weight") is None
        return "efficientnet_lite0" if lite else "efficientnet_b0" if stem[0] == 32 else "efficientnet_b5"
    first = [name for name in state if name.startswith(prefix)][:3] or list(state)[:3]
    raise PoseloomError(f"holds an unknown backbone: its first weights are {', '.join(first)}")


def _algorithm(content: Mapping[Any, Any]) -> tuple[str | None, dict[str, Any]]:
    """Which network a file holds, and its weights under our names."""
    if "graph_cnn" in content and "smpl_param_regressor" in content:
        parts = [
            {f"{part}.{name}": value for name, value in content[part].items()}
            for part in ("graph_cnn", "smpl_param_regressor")
        ]
        table = {name: value for part in parts for name, value in part.items() if ".resnet.fc." not in name}
        kept = _needed_skips(table)
        return GRAPHCMR, kept
    if isinstance(content.get("model"), Mapping) and "decpose.weight" in content["model"]:
        return SPIN, _spin_names(content["model"])
    table = dict(content["state_dict"]) if isinstance(content.get("state_dict"), Mapping) else dict(content)
    if any(str(name).startswith("model.head.") for name in table):
        table = {name[6:]: value for name, value in table.items() if str(name).startswith("model.")}
    if any(str(name).startswith("trans_encoder.") for name in table):
        kept = {name: value for name, value in table.items() if not any(part in name for part in UNUSED)}
        return GRAPHORMER, {name if name.startswith("backbone.") else f"head.{name}": kept[name] for name in kept}
    table = {name: value for name, value in table.items() if not str(name).startswith(_BESIDE)}
    if "smpl_head.decpose.weight" in table:
        return HMR2, table
    if _PARE_HEAD in table:
        return PARE, table
    return (HMR, table) if "head.decpose.weight" in table else (None, {})


def _spin_names(table: Mapping[str, Any]) -> dict[str, Any]:
    """One flat module's names as those of backbone and head."""
    heads = ("fc1.", "fc2.", "dec", "init_")
    named = {name: value for name, value in table.items() if not name.startswith(("smpl.", "fc."))}
    return {f"head.{name}" if name.startswith(heads) else f"backbone.{name}": value for name, value in named.items()}


def _needed_skips(table: dict[str, Any]) -> dict[str, Any]:
    """Without the skip layers of blocks whose input and output have the same width: they are never used."""

    def used(name: str) -> bool:
        weight = table.get(name[: name.index(".skip_conv.")] + ".skip_conv.W")
        return isinstance(weight, Tensor) and weight.shape[0] != weight.shape[1]

    return {name: value for name, value in table.items() if ".skip_conv." not in name or used(name)}


def _number(name: Any, value: Any, path: str | Path) -> Tensor:
    if not isinstance(name, str) or not isinstance(value, Tensor) or value.layout is not torch.strided:
        raise FileError(path, f"has the weight {name!r} that is no plain tensor", remedy=_REMEDY)
    if value.untyped_storage().nbytes() < value.numel() * value.element_size():
        raise FileError(path, f"claims more numbers than it has: {list(value.shape)}", field=name, remedy=_REMEDY)
    if value.is_floating_point() and not bool(value.isfinite().all()):
        raise FileError(path, "holds numbers that are not finite", field=name, remedy="get the file again")
    return value.detach().float() if value.is_floating_point() else value
