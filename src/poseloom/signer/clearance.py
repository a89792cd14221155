"""Hands stop at surfaces: paths of both wrists are changed where a hand would go into the body or the other hand.

A hand follows its path as long as that is free. Where it is not, the hand goes on towards it in small steps and is set
back to the surface after each, so that it stops there or slides along, and never comes out on the other side.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from poseloom.signer.hand_spheres import radii_against_the_other, sphere_radii
from poseloom.signer.shoulders import PER_SIDE, chest_origin, shoulder_points
from poseloom.signer.trunk import TrunkSampler, trunk_distance, trunk_slope

TOLERANCE = 0.003
"""Metres that spheres may lie within something: skin gives way."""
FOREARM_SHARES, FOREARM_RADII = torch.tensor([0.3, 0.55, 0.8]), torch.tensor([0.032, 0.03, 0.026])
"""Spheres of the forearm: share of the way from elbow to wrist, metres."""
_STEP, _MOST_STEPS = 0.02, 5
"""Metres between two looks at what is in the way; how many a frame, so that hands are no faster than 2.5 m/s."""
_ROUNDS, _MORE = 2, 2
"""How often hands are set back at each step, and how often more where they keep out of each other."""
_FADES = 0.9
"""What is left a frame later of the direction in which hands were parted."""
NEAREST = 0.185
"""Metres: no wrist comes nearer to its shoulder, about which the elbow would swing too fast there."""
_HINDMOST = 0.01
"""Metres before the shoulders that wrists keep: elbows have no way round to there."""
_BACK = 1e-3
"""Metres from its own path at which a hand is back on it."""
_NOTHING = 1e-6
_FAR_OFF, _SLOWER = 0.27, 1.8
"""Metres of a wrist from its shoulder within which its path is made smoother; frames, standard deviation."""
_SMOOTHING = 1.8
"""Frames, standard deviation: of the way that a hand is off its path."""


class Meeting(IntEnum):
    """How two hands may come to each other."""

    FREE = 0
    """In any way: fingers interlock."""
    APART = 1
    """They keep out of each other."""
    MIRRORED = 2
    """Each keeps on its own side of the midplane."""


@dataclass(frozen=True, eq=False)
class TwoHands:
    """Both hands over time, left and right, as spheres around the wrists.

    Args:
        spheres: from the wrists, in the world's axes, metres: those of the hand, and of the forearm if it is known.
        meeting: values of `Meeting`.
        gives_way: share of a collision of the two that each hand makes up for.
        friction: how much of a way along a surface is lost for one into it; a movement stops, a way to a place slides.
    """

    spheres: Float[Tensor, "frames 2 spheres 3"]
    meeting: Int[Tensor, " frames"]
    gives_way: Float[Tensor, "frames 2"]
    friction: Float[Tensor, " frames"]

    @property
    def radii(self) -> Float[Tensor, " spheres"]:
        """Metres, of the spheres."""
        return torch.cat([sphere_radii(), self._forearm_radii])

    @property
    def aside(self) -> Float[Tensor, " spheres"]:
        """The same for a hand beside the midplane."""
        return torch.cat([radii_against_the_other(), self._forearm_radii])

    @property
    def _forearm_radii(self) -> Float[Tensor, " spheres"]:
        return FOREARM_RADII if self.spheres.shape[2] > len(sphere_radii()) else FOREARM_RADII[:0]

    def with_forearms(self, elbows: Float[Tensor, "frames 2 3"], wrists: Float[Tensor, "frames 2 3"]) -> TwoHands:
        """The same with the forearms between elbows and wrists."""
        forearms = (elbows - wrists)[:, :, None] * (1 - FOREARM_SHARES)[:, None]
        return replace(self, spheres=torch.cat([self.spheres, forearms], dim=2))


def kept_clear(points: Float[Tensor, "frames 2 3"], hands: TwoHands) -> Float[Tensor, "frames 2 3"]:
    """Wrists whose hands are outside the trunk and outside each other; the same tensor where they are already."""
    blocked = _blocked(points, hands)
    if not bool(blocked.any()):
        return points
    slid = torch.from_numpy(_slide(points.numpy(), hands, blocked.numpy()))
    return set_back(points + smooth_over_time(slid - points), hands)


def set_back(points: Float[Tensor, "frames 2 3"], hands: TwoHands) -> Float[Tensor, "frames 2 3"]:
    """Wrists of hands that are a little inside the trunk or over the midplane, set back from there; frame by frame."""
    for _ in range(_ROUNDS):
        points = _set_back(points, hands)
    return points


def _hindmost() -> float:
    return float(chest_origin()[2]) + _HINDMOST


def _blocked(points: Tensor, hands: TwoHands) -> Tensor:
    """Frames in which a hand is inside something."""
    at = points[:, :, None] + hands.spheres
    radii, own = hands.radii - TOLERANCE, len(sphere_radii())
    found = ((radii[:own] - trunk_distance(at[:, :, :own])) > 0).any(-1).any(-1)
    apart = hands.meeting == Meeting.APART
    if bool(apart.any()):
        inside = radii[:, None] + radii - torch.cdist(at[:, 0], at[:, 1]) > 0
        found = found | (apart & inside.any(-1).any(-1))
    found = found | ((points - shoulder_points()).norm(dim=-1) < NEAREST).any(-1)
    found = found | (points[..., 2] < _hindmost()).any(-1)
    aside = hands.aside - TOLERANCE
    over = (aside - at[..., 0] * PER_SIDE[:, None] > 0).any(-1).any(-1)
    return found | ((hands.meeting == Meeting.MIRRORED) & over)


def _set_back(points: Tensor, hands: TwoHands) -> Tensor:
    """All frames at once, once: out of the trunk and back over the midplane."""
    at = points[:, :, None] + hands.spheres[:, :, : len(sphere_radii())]
    radii = sphere_radii() - TOLERANCE
    depth, worst = (radii - trunk_distance(at)).max(-1)
    inside = depth > 0
    if bool(inside.any()):
        deepest = at.gather(2, worst[..., None, None].expand(-1, -1, 1, 3))[:, :, 0]
        points = points + (depth * inside)[..., None] * trunk_slope(deepest)
    line = points - shoulder_points()
    distance = line.norm(dim=-1, keepdim=True).clamp_min(_NOTHING)
    points = points + line / distance * (NEAREST - distance).clamp_min(0)
    points = torch.cat([points[..., :2], points[..., 2:].clamp_min(_hindmost())], dim=-1)
    aside = hands.aside - TOLERANCE
    over = (aside - (points[:, :, None] + hands.spheres)[..., 0] * PER_SIDE[:, None]).amax(-1).clamp_min(0)
    over = over * (hands.meeting == Meeting.MIRRORED)[:, None]
    return points + over[..., None] * PER_SIDE[:, None] * torch.tensor([1.0, 0.0, 0.0])


def _slide(points: np.ndarray, hands: TwoHands, blocked: np.ndarray) -> np.ndarray:
    found = points.copy()
    spheres, meeting, gives_way, friction = (
        each.numpy() for each in (hands.spheres, hands.meeting, hands.gives_way, hands.friction)
    )
    sampler, radii, own = TrunkSampler(), (hands.radii - TOLERANCE).numpy(), len(sphere_radii())
    aside = (hands.aside - TOLERANCE).numpy()
    shoulders = shoulder_points().numpy()
    at, on_path, away = points[0].copy(), True, np.zeros(3, points.dtype)
    for frame in range(len(points)):
        if on_path and not blocked[frame]:
            at = points[frame].copy()
            away = away * _FADES
            continue
        for _ in range(_MOST_STEPS):
            way = points[frame] - at
            length = np.sqrt((way**2).sum(-1, keepdims=True))
            begun, at = at, at + way * np.minimum(1.0, _STEP / np.maximum(length, _NOTHING))
            wanted = at
            for _ in range(_ROUNDS + _MORE * (meeting[frame] == Meeting.APART)):
                round_begun = at
                at = _out(at, spheres[frame, :, :own], radii[:own], sampler, shoulders)
                if meeting[frame] == Meeting.MIRRORED:
                    at = _on_own_side(at, spheres[frame], aside)
                elif meeting[frame] == Meeting.APART:
                    at, away = _apart(at, spheres[frame], radii, gives_way[frame], away)
                if np.array_equal(at, round_begun):
                    break
            at = _rubbed(begun, wanted, at, float(friction[frame]))
            if length.max() <= _STEP or np.abs(at - begun).max() < _BACK:
                break
        found[frame] = at
        on_path = bool(np.abs(at - points[frame]).max() < _BACK)
    return found


def _rubbed(begun: np.ndarray, wanted: np.ndarray, at: np.ndarray, friction: float) -> np.ndarray:
    """Where hands that were set back come to a stop: the harder they were pushed in, the less they slide."""
    if friction == 0:
        return at
    push = np.sqrt(((at - wanted) ** 2).sum(-1, keepdims=True))
    way = at - begun
    length = np.maximum(np.sqrt((way**2).sum(-1, keepdims=True)), _NOTHING)
    return begun + way * np.clip(1 - friction * push / length, 0, 1)


def _out(
    at: np.ndarray, spheres: np.ndarray, radii: np.ndarray, sampler: TrunkSampler, shoulders: np.ndarray
) -> np.ndarray:
    """Both wrists moved so that the deepest sphere of each hand comes out of the trunk, and off the shoulders."""
    middles = at[:, None] + spheres
    distance, normal = sampler.sample(middles.reshape(-1, 3))
    depth = radii - distance.reshape(2, -1)
    worst = depth.argmax(-1)
    sides = np.arange(2)
    depths = np.maximum(depth[sides, worst], 0)
    at = at + depths[:, None] * normal.reshape(2, -1, 3)[sides, worst]
    line = at - shoulders
    distance = np.maximum(np.sqrt((line**2).sum(-1, keepdims=True)), _NOTHING)
    at = at + line / distance * np.maximum(NEAREST - distance, 0)
    at[:, 2] = np.maximum(at[:, 2], _hindmost())
    return at


_SIGNS = PER_SIDE.numpy()


def _on_own_side(at: np.ndarray, spheres: np.ndarray, radii: np.ndarray) -> np.ndarray:
    over = (radii - (at[:, None, 0] + spheres[..., 0]) * _SIGNS[:, None]).max(-1)
    at = at.copy()
    at[:, 0] += np.maximum(over, 0) * _SIGNS
    return at


def _apart(
    at: np.ndarray, spheres: np.ndarray, radii: np.ndarray, gives_way: np.ndarray, before: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Both wrists moved away from each other, and the direction in which the left one went.

    The direction is that of all spheres that lie in each other, and keeps to the one before: a hand that came from
    one side goes back to it.
    """
    middles = at[:, None] + spheres
    between = middles[0][:, None] - middles[1][None]
    distance = np.sqrt((between**2).sum(-1))
    depth = np.maximum(radii[:, None] + radii[None] - distance, 0)
    deepest = depth.max()
    if deepest <= 0:
        return at, before
    weights = depth / np.maximum(distance, _NOTHING)
    way = (weights[..., None] * between).sum((0, 1)) / depth.sum() + _KEEPS * before
    way = way / max(float(np.sqrt((way**2).sum())), _NOTHING)
    amount = way * deepest
    return at + np.stack([amount * gives_way[0], -amount * gives_way[1]]), way


_KEEPS = 0.6
"""Of the direction before, beside the one in which hands would part now."""


def slower_at_shoulders(points: Float[Tensor, "frames 2 3"]) -> Float[Tensor, "frames 2 3"]:
    """Paths that are smoother where a wrist passes near its shoulder, about which the elbow has to swing."""
    distance = (points - shoulder_points()).norm(dim=-1)
    near = ((_FAR_OFF - distance) / (_FAR_OFF - NEAREST)).clamp(0, 1)
    if not bool(near.any()):
        return points
    share = smooth_over_time(near[..., None].expand(points.shape), _SLOWER)
    return points + share * (smooth_over_time(points, _SLOWER) - points)


def smooth_over_time(offsets: Float[Tensor, "frames 2 3"], spread: float = _SMOOTHING) -> Float[Tensor, "frames 2 3"]:
    """Gaussian over time, of a standard deviation in frames."""
    radius = math.ceil(3 * spread)
    steps = torch.arange(-radius, radius + 1, dtype=offsets.dtype)
    kernel = torch.exp(-0.5 * (steps / spread) ** 2)
    rows = offsets.flatten(1).T[:, None]
    padded = torch.nn.functional.pad(rows, (radius, radius), mode="replicate")
    smooth = torch.nn.functional.conv1d(padded, (kernel / kernel.sum())[None, None])[:, 0].T
    return smooth.reshape(offsets.shape)
