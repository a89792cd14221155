"""The released checkpoints of the papers and of their PyTorch ports: plain state dicts, told by their names.

What a name does not tell, the shapes do: channels, levels, blocks, norms. Pictures' heights and widths are those of the
bottleneck, for pictures twice as high as wide, or square.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from poseloom.base.errors import FileError, PoseloomError
from poseloom.nn.text.vocabulary import Vocabulary
from poseloom.tasks.common.released_kinds import ReleasedKind
from poseloom.tasks.transfer.models.dpig_poses import (
    JOINTS,
    MappingConfig,
    PoseAutoEncoder,
    PoseCoderConfig,
)
from poseloom.tasks.transfer.models.dpig_poses import (
    Mapping as CodeMapping,
)
from poseloom.tasks.transfer.models.patn import (
    PatnConfig,
    PatnDiscriminator,
    PatnDiscriminatorConfig,
    PatnGenerator,
)
from poseloom.tasks.transfer.models.pg2 import (
    CoarseConfig,
    CoarseGenerator,
    DetailConfig,
    DetailGenerator,
    Pg2,
    Pg2Config,
)
from poseloom.tasks.transfer.models.pg2_discriminator import DcganConfig, DcganDiscriminator
from poseloom.tasks.transfer.models.pngan import (
    PatchConfig,
    PatchDiscriminator,
    PnganConfig,
    PnganGenerator,
)
from poseloom.training.export import ModelCard
from poseloom.training.recipe import Card

State = Mapping[str, Tensor]
_CARD = Card(
    summary="Released weights for people in other poses, converted; the architecture is the published one.",
    data="Market-1501 or DeepFashion, by the authors of the weights.",
    measured="Not measured here; 'poseloom evaluate' measures on your copy of the data.",
    limits="Made for upright people in small, tightly cut pictures, as in the data; other pictures come out badly.",
    licence="That of the original weights, which their authors give out for research.",
    attribution="The authors of PG2, PN-GAN, PATN or DPIG, and of their PyTorch ports.",
)
_OLD_NAMES = (
    (r"^first_block\.", "start_conv."),
    (r"^last_conv\.", "end_conv."),
    (r"^en_block_(\d+)\.", r"encoder.\1."),
    (r"^de_block_(\d+)\.", r"decoder.\1."),
    (r"^fc1\.", "down_fc."),
    (r"^fc2\.", "up_fc."),
    (r"\.block_1conv\.", ".conv."),
)
_OLD_TWO_CONVS = ".block_2conv."
_SQUARE_LEVELS = 6
"""Levels of stage 1 for pictures of 256 x 256."""
_WIDE_LAYERS = 5


def tidied_pg2(state: State) -> dict[str, Tensor]:
    """Names of earlier versions of the port as they are today."""
    coarse = any(name.startswith(("fc1.", "down_fc.")) for name in state)
    found = {}
    for name, value in state.items():
        for old, new in _OLD_NAMES:
            name = re.sub(old, new, name)
        found[name.replace(_OLD_TWO_CONVS, ".res.main." if coarse else ".main.")] = value
    return found


def tidied_patn(state: State) -> dict[str, Tensor]:
    """Without the running statistics that old instance norms kept and never used; with the counts that old batch norms
    had not."""
    found = dict(state)
    for name in state:
        stem, _, last = name.rpartition(".")
        if last in ("running_mean", "running_var") and f"{stem}.weight" not in state:
            del found[name]
        elif last == "running_var":
            found.setdefault(f"{stem}.num_batches_tracked", torch.zeros((), dtype=torch.long))
    return {name: value for name, value in found.items() if not _orphaned_count(name, state)}


def _orphaned_count(name: str, state: State) -> bool:
    stem, _, last = name.rpartition(".")
    return last == "num_batches_tracked" and f"{stem}.weight" not in state


def _tidied_counts(state: State) -> dict[str, Tensor]:
    return tidied_patn(state)


def _coarse_config(state: State, prefix: str = "") -> CoarseConfig:
    separable = f"{prefix}start_conv.main.0.weight" in state
    first = state[f"{prefix}start_conv.main.2.weight" if separable else f"{prefix}start_conv.0.weight"]
    channels = state[f"{prefix}start_conv.main.0.weight"].shape[0] if separable else first.shape[1]
    levels = _count(state, prefix + r"encoder\.(\d+)\.")
    down = state[f"{prefix}down_fc.weight"]
    pixels = _whole(down.shape[1], first.shape[0] * levels, f"{prefix}down_fc.weight")
    height, width = _sides(pixels, 2 ** (levels - 1), square=levels >= _SQUARE_LEVELS)
    return CoarseConfig(channels, first.shape[0], levels, down.shape[0], height, width, separable)


def _detail_config(state: State, prefix: str = "") -> DetailConfig:
    separable = f"{prefix}start_conv.main.0.weight" in state
    first = state[f"{prefix}start_conv.main.2.weight" if separable else f"{prefix}start_conv.0.weight"]
    channels = state[f"{prefix}start_conv.main.0.weight"].shape[0] if separable else first.shape[1]
    levels, base = _count(state, prefix + r"encoder\.(\d+)\."), first.shape[0]
    joined = 0
    for number in range(levels):
        name = (
            f"{prefix}decoder.{number}.main.0.main.0.weight" if separable else f"{prefix}decoder.{number}.main.0.weight"
        )
        into = state[name].shape[0 if separable else 1]
        joined += into > (base * levels if number == 0 else base)
    return DetailConfig(channels, base, levels, levels - joined, separable)


def _pg2_config(state: State) -> Pg2Config:
    return Pg2Config(_coarse_config(state, "generator1."), _detail_config(state, "generator2."))


def _dcgan_config(state: State) -> DcganConfig:
    names = [name for name in state if re.fullmatch(r"main\.\d+\.weight", name) and state[name].dim() == 4]
    last = state[max(names, key=lambda name: int(name.split(".")[1]))]
    layers = len(names)
    pixels = _whole(state["fc.weight"].shape[1], last.shape[0], "fc.weight")
    height, width = _sides(pixels, 2**layers, square=layers >= _WIDE_LAYERS)
    return DcganConfig(state["main.0.weight"].shape[0], layers, height, width)


def _pngan_config(state: State) -> PnganConfig:
    two = "p_conv1.conv.weight" in state
    first = state["conv1.conv.weight"]
    channels = state["p_conv1.conv.weight"].shape[1] if two else first.shape[1] - 3
    return PnganConfig(first.shape[0], _count(state, r"res(\d+)\."), channels, two)


def _patch_config(state: State) -> PatchConfig:
    base, channels = state["conv1.conv.weight"].shape[:2]
    return PatchConfig(base, channels)


def _patn_config(state: State) -> PatnConfig:
    instance = "model.stream1_down.1.bias" in state
    dropout = "model.att.0.conv_block_stream2.6.weight" in state
    blocks = _count(state, r"model\.att\.(\d+)\.")
    maps = "point" if instance else "gaussian"
    return PatnConfig(state["model.stream1_down.1.weight"].shape[0], blocks, instance, dropout, maps)


def _patn_judge_config(state: State) -> PatnDiscriminatorConfig:
    base, channels = state["model.1.weight"].shape[:2]
    instance = "model.1.bias" in state
    blocks = len({name.split(".")[1] for name in state if ".conv_block." in name})
    dropout = not blocks or "model.10.conv_block.6.weight" in state
    return PatnDiscriminatorConfig(channels, base, blocks, instance, sigmoid=not instance, dropout=dropout)


def _pose_coder_config(state: State) -> PoseCoderConfig:
    hidden = state["encoder.input_linear.weight"].shape[0]
    pairs = _count(state, r"encoder\.fc_res\.(\d+)\.")
    return PoseCoderConfig(state["encoder.output_linear.weight"].shape[0], hidden, pairs, published=False)


def _mapping_config(state: State) -> MappingConfig:
    hidden, noise = state["mlp.input_linear.weight"].shape
    out = state["mlp.output_linear.weight"].shape[0]
    return MappingConfig(noise, hidden, out, _count(state, r"mlp\.fc_res\.(\d+)\."), published=False)


def _tidied_mapping(state: State) -> dict[str, Tensor]:
    renamed = {"in_linear": "mlp.input_linear", "middle_linears": "mlp.fc_res", "out_linear": "mlp.output_linear"}
    return {
        renamed.get(name.split(".")[0], name.split(".")[0]) + name[len(name.split(".")[0]) :]: value
        for name, value in state.items()
    }


def _count(state: State, pattern: str) -> int:
    """How many different numbers stand at a place of the names."""
    found = {match[1] for name in state if (match := re.match(pattern, name))}
    if not found:
        raise PoseloomError(f"model has no part {pattern}")
    return len(found)


def _whole(value: int, by: int, name: str) -> int:
    if value % by:
        raise PoseloomError(f"{name} takes {value} numbers, expected a multiple of {by}")
    return value // by


def _sides(pixels: int, factor: int, square: bool) -> tuple[int, int]:
    """Height and width of pictures whose bottleneck has so many pixels."""
    side = math.isqrt(pixels)
    if square and side * side == pixels:
        return side * factor, side * factor
    narrow = math.isqrt(pixels // 2)
    if 2 * narrow * narrow == pixels:
        return 2 * narrow * factor, narrow * factor
    if side * side == pixels:
        return side * factor, side * factor
    raise PoseloomError(f"a bottleneck of {pixels} pixels is neither square nor twice as high as wide")


def _calling(module: Any, card: ModelCard, vocabulary: Vocabulary | None, path: Path) -> Any:
    from poseloom.tasks.transfer.predict import PersonTransfer

    return PersonTransfer(module, card)


def _coarse_calling(module: Any, card: ModelCard, vocabulary: Vocabulary | None, path: Path) -> Any:
    whole = Pg2(Pg2Config(coarse=module.config, stages=1))
    whole.generator1 = module
    return _calling(whole.eval(), card, vocabulary, path)


def _part(what: str, remedy: str) -> Callable[..., Any]:
    def call(module: Any, card: ModelCard, vocabulary: Vocabulary | None, path: Path) -> Any:
        raise FileError(path, f"is {what}, which makes no picture by itself", remedy=remedy)

    return call


_WITH_COARSE = "import it together with stage 1: 'poseloom models import G1.pth --stage2 G2.pth'"
_START = "name it in a recipe's 'start' section to train on"


def _kind(
    name: str,
    has: tuple[str, ...],
    lacks: tuple[str, ...],
    config_class: type[Any],
    read: Callable[[State], Any],
    build: Callable[[Any], Any],
    calling: Callable[..., Any],
    tidy: Callable[[State], dict[str, Tensor]] | None = None,
) -> ReleasedKind:
    return ReleasedKind(
        name, "transfer", has, lacks, lambda options, words: None, config_class, build, calling, read, tidy, _CARD
    )


KINDS = (
    _kind("PG2", ("generator1.start_conv.", "generator2.end_conv."), (), Pg2Config, _pg2_config, Pg2, _calling),
    _kind(
        "PG2-G1",
        ("start_conv.", "down_fc."),
        (),
        CoarseConfig,
        _coarse_config,
        CoarseGenerator,
        _coarse_calling,
        tidied_pg2,
    ),
    _kind(
        "PG2-G2",
        ("start_conv.", "encoder.0.main.", "end_conv."),
        ("down_fc.",),
        DetailConfig,
        _detail_config,
        DetailGenerator,
        _part("stage 2 of PG2", _WITH_COARSE),
        tidied_pg2,
    ),
    _kind(
        "PG2-D",
        ("main.0.weight", "main.2.weight", "fc.weight"),
        (),
        DcganConfig,
        _dcgan_config,
        DcganDiscriminator,
        _part("a discriminator", _START),
        _tidied_counts,
    ),
    _kind(
        "PN-GAN-G",
        ("conv1.conv.", "res1.conv1.conv.", "deconv1.conv."),
        (),
        PnganConfig,
        _pngan_config,
        PnganGenerator,
        _calling,
    ),
    _kind(
        "PN-GAN-D",
        ("conv1.conv.", "conv4.conv.", "dis.conv."),
        (),
        PatchConfig,
        _patch_config,
        PatchDiscriminator,
        _part("a discriminator", _START),
    ),
    _kind(
        "PATN-G",
        ("model.stream1_down.", "model.att."),
        (),
        PatnConfig,
        _patn_config,
        PatnGenerator,
        _calling,
        tidied_patn,
    ),
    _kind(
        "PATN-D",
        ("model.1.weight", "model.4.weight", "model.7.weight"),
        ("model.att.",),
        PatnDiscriminatorConfig,
        _patn_judge_config,
        PatnDiscriminator,
        _part("a discriminator", _START),
        tidied_patn,
    ),
    _kind(
        "DPIG-Pose",
        ("encoder.input_linear.", "encoder.fc_res.", "decoder.output_linear."),
        (),
        PoseCoderConfig,
        _pose_coder_config,
        PoseAutoEncoder,
        _part("DPIG's pose auto-encoder", _START),
    ),
    _kind(
        "DPIG-Mapping",
        ("mlp.input_linear.", "mlp.output_linear."),
        (),
        MappingConfig,
        _mapping_config,
        CodeMapping,
        _part("a mapping function of DPIG", _START),
        _tidied_mapping,
    ),
)
assert JOINTS == 18
