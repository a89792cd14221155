"""Heights that a person can follow: the hips against the ground, and the legs against the ground.

PoseFix measures every height against the pelvis, so that somebody who squats is told to raise both feet.
"""

from __future__ import annotations

import torch
from jaxtyping import Float, Int, Int8
from torch import Tensor

from poseloom.language.paircodes.evaluation import Paircodes
from poseloom.language.paircodes.tables import paircode_tables
from poseloom.language.posecodes.evaluation import Code
from poseloom.language.posecodes.points import POINT_INDEX

_HEIGHT = "pair_relativePosY"
_GROUNDED = ("knee", "foot")
_HIPS = {"higher": "hips higher", "slightly higher": "hips slightly higher"}
_HIPS |= {"lower": "hips lower", "slightly lower": "hips slightly lower"}


def height_codes(
    paircodes: Paircodes, points: Float[Tensor, "poses 35 3"]
) -> tuple[list[Code | None], list[dict[str, Code | None]]]:
    """For each pair what to tell of the hips, and, by part, what to tell of the height of knees and feet."""
    prefix = paircode_tables().prefix
    rows = [one for one in paircode_tables().sets[_HEIGHT] if one.joints[0].split("_")[1] in _GROUNDED]
    names = [one.joints[0] for one in rows]
    lowest = points[..., 1].amin(1, keepdim=True)
    heights = points[:, [POINT_INDEX[name] for name in ("pelvis", *names)], 1] - lowest
    categories = _categories(heights, paircodes.pairs)
    known = paircode_tables().kinds[_HEIGHT]
    hips: list[Code | None] = []
    legs: list[dict[str, Code | None]] = []
    for row in categories.tolist():
        said = [None if place == known.switch else known.categories[place] for place in row]
        hips.append(Code(None, "body", prefix + _HIPS[said[0]], None, None) if said[0] else None)
        told: dict[str, Code | None] = {}
        for name, one in zip(names, said[1:], strict=True):
            side, part = name.split("_")
            told[name] = Code(side, part, prefix + one, None, None) if one else None
        legs.append(told)
    return hips, legs


def _categories(heights: Float[Tensor, "poses rows"], pairs: Int[Tensor, "pairs 2"]) -> Int8[Tensor, "pairs rows"]:
    kind = paircode_tables().kinds[_HEIGHT]
    change = heights[pairs[:, 0]] - heights[pairs[:, 1]]
    return torch.bucketize(change.contiguous(), change.new_tensor(kind.thresholds)).to(torch.int8)


def grounded(codes: list[Code], hips: Code | None, legs: dict[str, Code | None]) -> list[Code]:
    """The codes of a pair with the heights of hips, knees and feet against the ground."""
    kind = paircode_tables().kinds[_HEIGHT]
    heights = {paircode_tables().prefix + name for name in kind.categories}
    kept = [code for code in codes if code.interpretation not in heights or code.part not in _GROUNDED]
    return [*([hips] if hips else []), *kept, *(code for code in legs.values() if code is not None)]
