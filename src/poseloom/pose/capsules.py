"""Self-penetration: limbs as capsules, and how deep the ones that should stay apart are inside each other."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.pose.contact import ContactFigure
from poseloom.pose.joints import JOINT_INDEX

HAND_LENGTH = 0.10
"""Metres from the wrist to the knuckles."""
CROWN_HEIGHT = 0.10
"""Metres from the head joint to the middle of the skull."""


class Capsule(NamedTuple):
    """A limb: from `start` a `share` of the way on, then to `end`; radius in metres, a little thinner than flesh."""

    start: str
    end: str
    radius: float
    share: float = 0.0


_LIMBS = {
    "thigh": Capsule("{side}_hip", "{side}_knee", 0.055, 0.25),
    "shank": Capsule("{side}_knee", "{side}_ankle", 0.040),
    "upper_arm": Capsule("{side}_shoulder", "{side}_elbow", 0.040, 0.5),
    "forearm": Capsule("{side}_elbow", "{side}_wrist", 0.032),
    "hand": Capsule("{side}_wrist", "{side}_hand", 0.020),
}
_MIDDLE = {
    "belly": Capsule("pelvis", "spine3", 0.100),
    "chest": Capsule("spine3", "neck", 0.095),
    "skull": Capsule("head", "crown", 0.085),
}
_PAIRS = (
    *((f"{{side}}_{limb}", part) for limb in ("upper_arm", "forearm", "hand") for part in _MIDDLE),
    *((f"{{side}}_{limb}", "skull") for limb in ("thigh", "shank")),
    *((f"{{side}}_{arm}", f"{{any}}_{leg}") for arm in ("forearm", "hand") for leg in ("thigh", "shank")),
    *((f"left_{a}", f"right_{b}") for a in ("thigh", "shank") for b in ("thigh", "shank")),
    *((f"left_{a}", f"right_{b}") for a in ("forearm", "hand", "upper_arm") for b in ("forearm", "hand", "upper_arm")),
)
"""What must not run into each other; `{side}` both sides, `{any}` both sides whatever the first one is."""


class CapsuleTable(NamedTuple):
    """Capsules by the rows of their ends among 25 nodes (22 joints, hands, crown), and the pairs that stay apart."""

    starts: list[int]
    ends: list[int]
    radii: Float[Tensor, " capsules"]
    shares: Float[Tensor, " capsules"]
    first: list[int]
    second: list[int]


@lru_cache(maxsize=1)
def capsule_table() -> CapsuleTable:
    """Every limb as a capsule and what must not run into what."""
    nodes = {**JOINT_INDEX, "left_hand": 22, "right_hand": 23, "crown": 24}
    capsules: dict[str, Capsule] = dict(_MIDDLE)
    for side in ("left", "right"):
        for name, limb in _LIMBS.items():
            ends = limb.start.format(side=side), limb.end.format(side=side)
            capsules[f"{side}_{name}"] = Capsule(*ends, limb.radius, limb.share)
    place = {name: index for index, name in enumerate(capsules)}
    pairs = {
        (a.format(side=side), b.format(any=other))
        for a, b in _PAIRS
        for side in ("left", "right")
        for other in ("left", "right")
    }
    rows = sorted((place[a], place[b]) for a, b in pairs)
    return CapsuleTable(
        [nodes[capsule.start] for capsule in capsules.values()],
        [nodes[capsule.end] for capsule in capsules.values()],
        torch.tensor([capsule.radius for capsule in capsules.values()]),
        torch.tensor([capsule.share for capsule in capsules.values()]),
        [a for a, _ in rows],
        [b for _, b in rows],
    )


def penetration(figure: ContactFigure) -> Float[Tensor, "*batch"]:
    """Depth in metres of the worst overlap of two limbs, or of one and the trunk or head; zero without any."""
    table = capsule_table()
    nodes = _nodes(figure)
    start, end = nodes[..., table.starts, :], nodes[..., table.ends, :]
    start = torch.lerp(start, end, table.shares.to(start)[:, None])
    apart = segment_distance(
        start[..., table.first, :], end[..., table.first, :], start[..., table.second, :], end[..., table.second, :]
    )
    radii = table.radii.to(apart)
    return (radii[table.first] + radii[table.second] - apart).amax(-1).clamp_min(0)


def _nodes(figure: ContactFigure) -> Float[Tensor, "*batch 25 3"]:
    """The 22 joints, the ends of both hands and the middle of the skull."""
    ends = []
    lengths = (("left_wrist", 0, HAND_LENGTH), ("right_wrist", 0, -HAND_LENGTH), ("head", 1, CROWN_HEIGHT))
    for joint, axis, length in lengths:
        index = JOINT_INDEX[joint]
        ends.append(figure.positions[..., index, :] + length * figure.rotations[..., index, :, axis])
    return torch.cat([figure.positions, torch.stack(ends, dim=-2)], dim=-2)


def segment_distance(
    p0: Float[Tensor, "*batch 3"],
    p1: Float[Tensor, "*batch 3"],
    q0: Float[Tensor, "*batch 3"],
    q1: Float[Tensor, "*batch 3"],
) -> Float[Tensor, "*batch"]:
    """Shortest distance of two line segments (Ericson, Real-Time Collision Detection, 5.1.9)."""
    u, v, w = p1 - p0, q1 - q0, p0 - q0
    a, b, c = (u * u).sum(-1).clamp_min(1e-9), (u * v).sum(-1), (v * v).sum(-1).clamp_min(1e-9)
    d, e = (u * w).sum(-1), (v * w).sum(-1)
    s = ((b * e - c * d) / (a * c - b * b).clamp_min(1e-9)).clamp(0, 1)
    t = ((b * s + e) / c).clamp(0, 1)
    s = ((b * t - d) / a).clamp(0, 1)
    return torch.linalg.vector_norm(w + s[..., None] * u - t[..., None] * v, dim=-1)
