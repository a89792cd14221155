"""The published configurations have the published sizes."""

from __future__ import annotations

import pytest
import torch

from poseloom.checkpoints.published_kinds import kind_named

SIZES = {
    "PoseText": (75_808_089, 9_445_209, 172),
    "PairText": (77_645_145, 11_282_265, 178),
    "CondTextPoser": (76_280_051, 9_917_171, 184),
    "PoseBGenerator": (68_884_725, 2_521_845, 203),
    "DescriptionGenerator": (15_471_078, 15_471_078, 99),
    "FeedbackGenerator": (15_701_056, 15_701_056, 116),
}
"""Parameters, trained parameters, entries of the state."""


@pytest.mark.parametrize("name", list(SIZES))
def test_sizes(name):
    kind = kind_named(name)
    with torch.device("meta"):
        module = kind.build(kind.config_class())
    parameters = list(module.parameters())
    trained = [value for value in parameters if value.requires_grad]
    counts = [sum(value.numel() for value in values) for values in (parameters, trained)]
    assert (*counts, len(module.state_dict())) == SIZES[name]
