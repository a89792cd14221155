"""Batch normalisations folded into the convolutions before them: the same network in evaluation, with less to do."""

from __future__ import annotations

import copy
import re
from itertools import pairwise

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

_NUMBERED = re.compile(r"^(?P<stem>conv|_conv)(?P<number>\d*)$")
_NAMED = (
    ("_expand_conv", "_bn0"),
    ("_depthwise_conv", "_bn1"),
    ("_project_conv", "_bn2"),
    ("_conv_stem", "_bn0"),
    ("_conv_head", "_bn1"),
)
"""EfficientNet's pairs."""


def folded(network: nn.Module) -> nn.Module:
    """A copy in evaluation mode whose convolutions do what their normalisations did.

    Pairs are told by names (``conv1`` and ``bn1``; EfficientNet's) and by place (a convolution and the normalisation
    behind it in a sequence). The copy is for looking at pictures, not for training: its state has other names.
    """
    copied = copy.deepcopy(network).eval()
    for module in list(copied.modules()):
        if isinstance(module, nn.Sequential):
            _fold_sequence(module)
        else:
            _fold_named(module)
    return copied


def _fold_sequence(sequence: nn.Sequential) -> None:
    places = [name for name, _ in sequence.named_children()]
    for first, second in pairwise(places):
        _fold_pair(sequence, first, second)


def _fold_named(module: nn.Module) -> None:
    children = dict(module.named_children())
    for name in children:
        numbered = _NUMBERED.match(name)
        if numbered:
            _fold_pair(module, name, f"bn{numbered['number']}")
    for first, second in _NAMED:
        _fold_pair(module, first, second)


def _fold_pair(module: nn.Module, first: str, second: str) -> None:
    conv, norm = getattr(module, first, None), getattr(module, second, None)
    if not isinstance(conv, nn.Conv2d) or not isinstance(norm, nn.BatchNorm2d):
        return
    if norm.num_features != conv.out_channels:
        return
    setattr(module, first, fuse_conv_bn_eval(conv, norm))
    setattr(module, second, nn.Identity())
