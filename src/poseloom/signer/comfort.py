"""Where hands are held that nothing binds to a point: near to what is written, where an arm can turn them so."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.signer.arms import discomfort
from poseloom.signer.frames import hand_axes, hand_rotation, to_notation
from poseloom.signer.hand_spheres import hand_spheres
from poseloom.signer.hand_state import CENTRE, HandState
from poseloom.signer.shoulders import chest_origin
from poseloom.signer.tilt import out_of_place

_SLACK, _HEAD_SLACK = (0.06, 0.13, 0.1), (0.06, 0.08, 0.09)
"""Metres by which a hand without contact may be moved sideways, in height, to and fro, whatever its palm."""
_OWN_SLACK = (0.02, 0.03, 0.03)
"""The same for the sake of its palm alone."""
_PAIR_SLACK = (0.06, 0.16, 0.1)
"""The same for two hands that are bound to each other alone."""
_WORST, _OWN_WORST = 12.0, 40.0
"""Discomfort beyond which it does not matter how much worse a palm is; the same for a hand's own palm."""
_STAY = 1.0
"""Discomfort of the largest such move along one axis."""
_OWN_STAY = 2.5
"""How much more a move for the sake of the palm alone costs."""
_ACROSS = 3.0
"""How much more a move towards the other side costs."""
_CLEAR = 0.1
"""Metres in front of the shoulders that wrists keep, clear of the trunk."""
_BEHIND = 30.0
"""Discomfort of a metre less."""
_PARALLEL = 0.1
_LIFTED = 0.04
"""Metres by which a hand that points straight up is held above a place of the trunk, with its lower part there."""


def _grid(heights: int) -> Float[Tensor, "offsets 3"]:
    return torch.cartesian_prod(torch.linspace(-1, 1, 3), torch.linspace(-1, 1, heights), torch.linspace(-1, 1, 3))


_WIDE, _NARROW = _grid(5), _grid(3)


def comfortable_shift(
    goal: Float[Tensor, "3"], rotation: Float[Tensor, "3 3"], side: str, on_head: bool
) -> tuple[float, float, float]:
    """How far a hand that is not bound by a contact is moved from a place to where an arm can turn it as it is written.

    Nearly all of it is the same for all palms: a place hardly moves where a hand is only turned over.

    Args:
        goal: the place, metres.
        rotation: of the hand.
        side: which hand.
        on_head: whether the place is at the head, which leaves less room.
    """
    axes = hand_axes(rotation, side)
    lifted = torch.tensor([0.0, 0.0 if on_head else _LIFTED * float(axes[1, 0]), 0.0])
    shared = lifted + torch.tensor(_shared_shift(_key(goal + lifted), _key(axes[:, 0]), side, on_head))
    own = _own_shift(_key(goal + shared), _key(rotation), side)
    x, y, z = (shared + torch.tensor(own)).tolist()
    return (x, y, z)


def _key(tensor: Tensor) -> tuple[float, ...]:
    return tuple(round(part, 4) for part in tensor.flatten().tolist())


@lru_cache(maxsize=2048)
def _shared_shift(goal: tuple[float, ...], fingers: tuple[float, ...], side: str, on_head: bool) -> tuple[float, ...]:
    offsets = _WIDE * torch.tensor(_HEAD_SLACK if on_head else _SLACK)
    palms = _palms(torch.tensor(fingers), side)
    felt, points = _felt(torch.tensor(goal) + offsets, palms, side)
    behind = (_CLEAR - (points[..., 2].amin(-1) - chest_origin()[2])).clamp_min(0)
    best = (felt.clamp(max=_WORST).mean(-1) + _stay(_WIDE, side) + _BEHIND * behind).argmin()
    return tuple(offsets[best].tolist())


@lru_cache(maxsize=2048)
def _own_shift(goal: tuple[float, ...], rotation: tuple[float, ...], side: str) -> tuple[float, ...]:
    offsets = _NARROW * torch.tensor(_OWN_SLACK)
    felt, _ = _felt(torch.tensor(goal) + offsets, torch.tensor(rotation).reshape(1, 3, 3), side)
    best = (felt[:, 0].clamp(max=_OWN_WORST) + _OWN_STAY * _stay(_NARROW, side)).argmin()
    return tuple(offsets[best].tolist())


def _felt(middles: Float[Tensor, "offsets 3"], hands: Float[Tensor, "hands 3 3"], side: str) -> tuple[Tensor, Tensor]:
    """Discomfort (offsets, hands) of hands with their middles at points, and their wrists."""
    points = middles[:, None] - hand_axes(hands, side)[:, :, 0] * CENTRE[0]
    turned = hands.expand(len(middles), *hands.shape)
    cost = discomfort(points.flatten(0, 1), turned.flatten(0, 1), side)
    return cost.reshape(points.shape[:2]), points


def _stay(grid: Float[Tensor, "offsets 3"], side: str) -> Float[Tensor, " offsets"]:
    inwards = grid[:, 0] * (1.0 if side == "right" else -1.0) > 0
    return _STAY * grid**2 @ torch.ones(3) * torch.where(inwards, _ACROSS, 1.0)


def _palms(fingers: Float[Tensor, "3"], side: str) -> Float[Tensor, "4 3 3"]:
    """Rotations of a hand whose fingers point so, for four palms."""
    across = torch.linalg.cross(fingers, torch.tensor([0.0, 0.0, 1.0]))
    if float(across.norm()) < _PARALLEL:
        across = torch.linalg.cross(fingers, torch.tensor([0.0, 1.0, 0.0]))
    first = torch.nn.functional.normalize(across, dim=0)
    second = torch.linalg.cross(fingers, first)
    normals = (first, second, -first, -second)
    return torch.stack([hand_rotation(to_notation(fingers), to_notation(normal), side) for normal in normals])


# -- hands that are bound to each other --------------------------------------------------------------------------------


def pair_shift(hands: dict[str, HandState], sideways: bool, share: float = 1.0) -> Float[Tensor, "3"]:
    """How far hands that are bound to each other are moved together to where arms can turn them as they are written.

    Args:
        hands: by side; one of two that mirror each other is enough.
        sideways: whether they may be moved to the side.
        share: of the usual room.
    """
    grid = _WIDE if sideways else _WIDE[_WIDE[:, 0] == 0]
    offsets = grid * torch.tensor(_PAIR_SLACK) * share
    cost = _STAY * (grid**2).sum(-1)
    for side, state in hands.items():
        points = state.point + offsets
        felt = discomfort(points, state.rotation.expand(1, 3, 3), side).clamp(max=_OWN_WORST)
        behind = (_CLEAR - (points[:, 2] - chest_origin()[2])).clamp_min(0)
        lost = out_of_place(points, hand_spheres(state.angles), state.rotation, side)
        cost = cost + felt + _BEHIND * behind + lost
    return offsets[cost.argmin()]


def moved(state: HandState, offset: Float[Tensor, "3"]) -> HandState:
    """The same hand elsewhere."""
    return replace(state, point=state.point + offset)
