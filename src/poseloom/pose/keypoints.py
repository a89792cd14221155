"""Keypoint conventions of public data sets and body models, and the mappings between them.

A convention is an ordered list of names (`keypoints.json`): those of ``human_data``, which has 190, and a few special
ones. Two conventions are joined by equal names. An approximate mapping also takes near-synonyms, such as the
``neck_openpose`` that a detector reports for the ``neck`` of a body model, where the very name is missing.
"""

from __future__ import annotations

import json
from functools import lru_cache
from importlib import resources
from typing import Any, NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from poseloom.base.errors import PoseloomError, closest

_OTHER_SIDE = {"left": "right", "right": "left", "L": "R", "R": "L"}


class Mapping(NamedTuple):
    """Where the keypoints of one convention lie in another: ``out[target[k]] = in[source[k]]``."""

    target: tuple[int, ...]
    source: tuple[int, ...]


@lru_cache(maxsize=1)
def _tables() -> dict[str, Any]:
    text = (resources.files("poseloom.pose") / "keypoints.json").read_text(encoding="utf-8")
    tables = json.loads(text)
    blocks = tables["blocks"]
    for name, entries in tables["conventions"].items():
        spelled = [blocks[entry[1:]] if entry.startswith("@") else [entry] for entry in entries]
        tables["conventions"][name] = tuple(point for points in spelled for point in points)
    return tables


def conventions() -> tuple[str, ...]:
    """Names of all conventions: ``human_data``, ``smpl``, ``smplh``, ``coco``, ``openpose_25``, ..."""
    return tuple(_tables()["conventions"])


def names(convention: str) -> tuple[str, ...]:
    """Names of a convention's keypoints, in their order.

    Raises:
        PoseloomError: there is no such convention.
    """
    known = _tables()["conventions"]
    if convention not in known:
        raise PoseloomError(
            f"unknown keypoint convention {convention!r}{closest(convention, tuple(known))}; known: {', '.join(known)}"
        )
    return known[convention]


def parts(part: str) -> tuple[str, ...]:
    """Names of the keypoints that belong to a part of the person: ``shoulder``, ``hip`` or ``body``."""
    known = _tables()["parts"]
    if part not in known:
        raise PoseloomError(f"unknown body part {part!r}{closest(part, tuple(known))}; known: {', '.join(known)}")
    return tuple(known[part])


@lru_cache(maxsize=1)
def _synonyms() -> dict[str, tuple[str, ...]]:
    return {name: tuple(group) for group in _tables()["approximate"] for name in group}


@lru_cache(maxsize=256)
def mapping(source: str, target: str, approximate: bool = False) -> Mapping:
    """Indices that carry keypoints of `source` over to `target`, in the order of the target.

    Args:
        source: convention of the given keypoints.
        target: convention that is wanted.
        approximate: where the target's own name is missing, take the first near-synonym that the source has.
    """
    place = {name: index for index, name in enumerate(names(source))}
    pairs = []
    for index, name in enumerate(names(target)):
        candidates = (name, *_synonyms().get(name, ())) if approximate else (name,)
        found = next((place[candidate] for candidate in candidates if candidate in place), None)
        if found is not None:
            pairs.append((index, found))
    return Mapping(tuple(index for index, _ in pairs), tuple(found for _, found in pairs))


def convert(
    keypoints: Float[Tensor, "*batch keypoints d"], source: str, target: str, approximate: bool = False
) -> tuple[Float[Tensor, "*batch converted d"], Bool[Tensor, " converted"]]:
    """Reorder keypoints of one convention into another.

    Args:
        keypoints: coordinates, with or without further columns such as a confidence.
        source: convention of `keypoints`.
        target: convention that is wanted.
        approximate: see `mapping`.

    Returns:
        The keypoints of the target, zero where the source has none, and the mask of those that it has.

    Raises:
        PoseloomError: an unknown convention, or a number of keypoints that is not the source's.
    """
    _check(keypoints, source)
    pairs = mapping(source, target, approximate)
    count = len(names(target))
    converted = keypoints.new_zeros(*keypoints.shape[:-2], count, keypoints.shape[-1])
    converted[..., list(pairs.target), :] = keypoints[..., list(pairs.source), :]
    mask = torch.zeros(count, dtype=torch.bool, device=keypoints.device)
    mask[list(pairs.target)] = True
    return converted, mask


@lru_cache(maxsize=64)
def flip_pairs(convention: str) -> tuple[tuple[int, int], ...]:
    """Index pairs (left, right) of the keypoints that change places in a mirror, by name."""
    place = {name: index for index, name in enumerate(names(convention))}
    pairs = []
    for name, index in place.items():
        words = name.split("_")
        if "left" in words or "L" in words:
            other = place.get("_".join(_OTHER_SIDE.get(word, word) for word in words))
            if other is not None:
                pairs.append((index, other))
    return tuple(pairs)


def flip(
    keypoints: Float[Tensor, "*batch keypoints d"], convention: str, width: float | None = None
) -> Float[Tensor, "*batch keypoints d"]:
    """Keypoints seen in a mirror: the first column reflected, left and right exchanged.

    Args:
        keypoints: first column x; all other columns are carried along.
        convention: their convention.
        width: pixels of the picture, for 2D keypoints: x becomes width - 1 - x; without it x becomes -x.
    """
    _check(keypoints, convention)
    order = list(range(keypoints.shape[-2]))
    for left, right in flip_pairs(convention):
        order[left], order[right] = right, left
    flipped = keypoints[..., order, :].clone()
    flipped[..., 0] = -flipped[..., 0] if width is None else width - 1 - flipped[..., 0]
    return flipped


def _check(keypoints: Float[Tensor, "*batch keypoints d"], convention: str) -> None:
    expected = len(names(convention))
    if keypoints.ndim < 2 or keypoints.shape[-2] != expected:
        raise PoseloomError(
            f"keypoints: expected a tensor (..., {expected}, columns) in the convention {convention!r}, "
            f"got {tuple(keypoints.shape)}"
        )
