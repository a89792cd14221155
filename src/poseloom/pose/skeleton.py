"""The bones of the average free body, for work that needs joint positions but no surface."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib import resources

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.pose.joints import JOINT_NAMES


@lru_cache(maxsize=1)
def _offsets() -> Float[Tensor, "52 3"]:
    text = (resources.files("poseloom.pose") / "skeleton.json").read_text(encoding="utf-8")
    table = json.loads(text)["offsets"]
    return torch.tensor([table[name] for name in JOINT_NAMES])


def rest_offsets() -> Float[Tensor, "52 3"]:
    """Offset of each joint from its parent at the T-pose, metres; zero for the pelvis."""
    return _offsets().clone()
