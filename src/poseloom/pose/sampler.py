"""The pose sampler: unlimited poses of everyday life and sport, within the ranges of motion, on the floor.

A pose starts from a stance, often takes arms or head from another one, is varied, brought back within its joints'
ranges and onto its support, and is drawn anew, closer to the stance, where limbs run into each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from poseloom.base.errors import PoseloomError, closest
from poseloom.base.ranges import seed_number
from poseloom.pose import rotations as rot
from poseloom.pose import variation
from poseloom.pose.capsules import penetration
from poseloom.pose.contact import ContactFigure, floor_points
from poseloom.pose.hands import hand_shape, with_hand_shapes
from poseloom.pose.joints import other_side
from poseloom.pose.kinematics import small_matmul
from poseloom.pose.movement import MOVEMENT_INDEX, MOVEMENTS, to_matrices
from poseloom.pose.ranges import clip_angles
from poseloom.pose.settle import Support, gaps, off_balance, settle
from poseloom.pose.stances import mirror_angles, settled_angles, stances, support
from poseloom.pose.types import Pose


class Kind(str, Enum):
    """Kinds of posture that can be asked for."""

    STANDING = "standing"
    WALKING = "walking"
    BENDING = "bending"
    SITTING = "sitting"
    KNEELING = "kneeling"
    LYING = "lying"
    CRAWLING = "crawling"
    BALANCING = "balancing"
    GESTURING = "gesturing"
    SPORT = "sport"
    ARMS_ANYWHERE = "arms anywhere"


EVERYDAY = {
    Kind.STANDING: 0.20, Kind.WALKING: 0.15, Kind.BENDING: 0.10, Kind.SITTING: 0.15, Kind.GESTURING: 0.12,
    Kind.ARMS_ANYWHERE: 0.08, Kind.SPORT: 0.08, Kind.BALANCING: 0.04, Kind.KNEELING: 0.03, Kind.LYING: 0.03,
    Kind.CRAWLING: 0.02,
}  # fmt: skip
"""Shares of the kinds where none is asked for."""

_CARRIERS = (Kind.STANDING, Kind.WALKING, Kind.SITTING, Kind.KNEELING)
"""Kinds whose legs and trunk carry gestures and arms anywhere."""
_NOISE_BY_ROUND = (1.0, 0.8, 0.6, 0.4, 0.3, 0.2, 0.1, 0.05)
"""Factor on the noise for each time that a pose is drawn anew."""
_ROUNDS_WITH_OTHER_ARMS = 4
_LOADED = 0.5
"""Factor on the noise of legs and arms that carry the body."""
_LEG_POINTS = ("heel", "ball", "toes", "outer_foot", "knee")
_LEGS = ("hip", "knee", "ankle", "toe")
_ARMS = ("collar", "shoulder", "elbow", "wrist")
_SAME_HANDS = 0.4
_OWN_HANDS = 0.5
"""Share of hands that keep the stance's own shape."""
_OVERLAP, _GAP, _IMBALANCE = 0.03, 0.05, 0.05
"""Metres that are forgiven: limbs inside each other, a contact above the floor, weight beyond its slack."""
_EXTRA = 0.015
"""Metres by which a sample may be worse than the stances that it is made of."""


@dataclass(frozen=True)
class SamplerOptions:
    """How the sampler varies its stances.

    Args:
        noise: factor on all noise; 0 gives the stances themselves.
        mirror: share of poses with left and right exchanged.
        other_arms: share of poses that take their arms from another stance, where the hands carry no weight.
        other_head: share of poses that take their head from another stance.
        hands: vary the hands; else all are relaxed.
        apart: draw poses anew whose limbs run into each other.
        turn: uniform heading; else all face +Z as far as their stance does.
    """

    noise: float = 1.0
    mirror: float = 0.5
    other_arms: float = 0.5
    other_head: float = 0.25
    hands: bool = True
    apart: bool = True
    turn: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.noise <= 3:
            raise PoseloomError(f"SamplerOptions.noise: expected a factor from 0 to 3, got {self.noise}")
        for name in ("mirror", "other_arms", "other_head"):
            if not 0 <= getattr(self, name) <= 1:
                raise PoseloomError(f"SamplerOptions.{name}: expected a share from 0 to 1, got {getattr(self, name)}")


class Samples(NamedTuple):
    """Sampled poses with the stance and the kind that each was made of."""

    pose: Pose
    stances: tuple[str, ...]
    kinds: tuple[Kind, ...]


Kinds = Kind | str | Iterable[Kind | str] | Mapping[Kind | str, float]


def sample(
    count: int,
    seed: int = 0,
    kinds: Kinds | None = None,
    device: torch.device | str | None = None,
    options: SamplerOptions | None = None,
) -> Pose:
    """Random poses (count, 52 joints) of the free body, each with its lowest point on the floor y = 0.

    Args:
        count: how many.
        seed: the same seed gives the same poses in any process.
        kinds: one kind, several in equal shares, or shares by kind; all in everyday shares where none is given.
        device: where the result is put; the drawing itself is done on the CPU.
        options: see `SamplerOptions`.

    Raises:
        PoseloomError: an unknown kind, shares that are not positive, or a negative count.
    """
    pose = sample_labelled(count, seed, kinds, options).pose
    return pose if device is None else pose.to(device)


def sample_labelled(
    count: int, seed: int = 0, kinds: Kinds | None = None, options: SamplerOptions | None = None
) -> Samples:
    """As `sample`, with the stance and the kind of every pose."""
    seed = seed_number(seed)
    if count < 0:
        raise PoseloomError(f"count: expected a number of poses, 0 or more, got {count}")
    options = options or SamplerOptions()
    generator = torch.Generator().manual_seed(seed)
    shares = _shares(kinds)
    kind = torch.multinomial(torch.tensor(list(shares.values())), max(count, 1), True, generator=generator)[:count]
    plan = _plan(kind, list(shares), options, generator)
    angles = _sample_until_good(plan, options, generator)
    names = tuple(stances())
    return Samples(
        _finish(angles, plan, options, generator),
        tuple(names[row] for row in plan.base.tolist()),
        tuple(list(shares)[index] for index in kind.tolist()),
    )


def find_kind(name: Kind | str) -> Kind:
    """The kind of that name.

    Raises:
        PoseloomError: there is no such kind.
    """
    known = [kind.value for kind in Kind]
    text = str(getattr(name, "value", name)).casefold().replace("-", " ").replace("_", " ").strip()
    if text not in known:
        raise PoseloomError(f"unknown kind of pose {name!r}{closest(text, known)}; known: {', '.join(known)}")
    return Kind(text)


def _shares(kinds: Kinds | None) -> dict[Kind, float]:
    if kinds is None:
        return dict(EVERYDAY)
    if isinstance(kinds, Mapping):
        shares = {find_kind(kind): float(share) for kind, share in kinds.items()}
    else:
        shares = {find_kind(kind): 1.0 for kind in ([kinds] if isinstance(kinds, str) else kinds)}
    if not shares or min(shares.values()) < 0 or not 0 < sum(shares.values()) < float("inf"):
        raise PoseloomError(f"kinds: expected at least one kind with a positive share, got {kinds!r}")
    return shares


class _Plan(NamedTuple):
    """What does not change when a pose is drawn anew."""

    base: Int[Tensor, " n"]
    mirrored: Bool[Tensor, " n"]
    gesturing: Bool[Tensor, " n"]
    anywhere: Bool[Tensor, " n"]
    free_hands: Bool[Tensor, " n"]
    support: Support

    def rows(self, rows: Tensor) -> _Plan:
        """Some of the poses."""
        return _Plan(*(field[rows] for field in self))


@lru_cache(maxsize=1)
def _pools() -> dict[Kind, Int[Tensor, " members"]]:
    """Rows of the stances that a kind starts from."""
    members: dict[Kind, list[int]] = {kind: [] for kind in Kind}
    for row, each in enumerate(stances().values()):
        for name in each.kinds:
            members[Kind(name)].append(row)
    carriers = [row for kind in _CARRIERS for row in members[kind]]
    pools = {**members, Kind.ARMS_ANYWHERE: carriers, Kind.GESTURING: members[Kind.GESTURING] + carriers}
    return {kind: torch.tensor(rows) for kind, rows in pools.items()}


@lru_cache(maxsize=1)
def _donors() -> tuple[Int[Tensor, " arms"], Int[Tensor, " gestures"], Int[Tensor, " heads"]]:
    """Rows of the stances that lend their arms, arms of a gesture, or head."""
    everyone = list(stances().values())
    free = _free_hands()
    arms = [row for row, each in enumerate(everyone) if free[row] and "left_shoulder_swing" in each.given]
    gestures = [row for row, each in enumerate(everyone) if Kind.GESTURING.value in each.kinds]
    heads = [row for row, each in enumerate(everyone) if "head_turn" in each.given and each.support != "floor"]
    return torch.tensor(arms), torch.tensor(gestures), torch.tensor(heads)


@lru_cache(maxsize=1)
def _free_hands() -> Bool[Tensor, " stances"]:
    """Stances whose hands carry no weight."""
    palms = [floor_points().row(f"{side}_palm") for side in ("left", "right")]
    return ~torch.stack([each.contacts for each in stances().values()])[:, palms].any(-1)


def _plan(kind: Int[Tensor, " n"], kinds: list[Kind], options: SamplerOptions, generator: torch.Generator) -> _Plan:
    count = kind.shape[0]
    base = torch.zeros(count, dtype=torch.long)
    for index, name in enumerate(kinds):
        pool = _pools()[name]
        drawn = pool[torch.randint(len(pool), (count,), generator=generator)]
        base = torch.where(kind == index, drawn, base)
    mirrored = torch.rand(count, generator=generator) < options.mirror
    chosen = support(list(stances().values()))[base]
    points = floor_points().names
    swapped = chosen.contacts[:, [points.index(other_side(name)) for name in points]]
    contacts = torch.where(mirrored[:, None], swapped, chosen.contacts)
    is_kind = {name: kind == kinds.index(name) if name in kinds else torch.zeros_like(mirrored) for name in Kind}
    return _Plan(
        base,
        mirrored,
        is_kind[Kind.GESTURING],
        is_kind[Kind.ARMS_ANYWHERE],
        _free_hands()[base],
        Support(contacts, chosen.on_feet, chosen.on_floor, chosen.slack),
    )


def _sample_until_good(plan: _Plan, options: SamplerOptions, generator: torch.Generator) -> Float[Tensor, "n 57"]:
    """Draw; draw those anew, with less noise, that overlap, hover or would fall over; at last take the stance."""
    angles = _based(settled_angles(), plan.base, plan.mirrored)
    todo = torch.arange(plan.base.shape[0])
    for attempt, factor in enumerate(_NOISE_BY_ROUND):
        if len(todo) == 0:
            break
        part = plan.rows(todo)
        other_arms = options.other_arms if attempt < _ROUNDS_WITH_OTHER_ARMS else 0.0
        drawn, allowed = _compose(part, other_arms, options, generator)
        drawn = _vary(drawn, part, options.noise * factor, generator)
        good = _good(drawn, part, allowed, options)
        angles[todo[good]] = drawn[good]
        todo = todo[~good]
    return angles


def _compose(
    plan: _Plan, other_arms: float, options: SamplerOptions, generator: torch.Generator
) -> tuple[Float[Tensor, "n 57"], Float[Tensor, " n"]]:
    """Stances with arms and head of others; and the overlap of limbs that the stances have themselves."""
    count = plan.base.shape[0]
    table, overlap = settled_angles(), _own_overlap()
    angles = _based(table, plan.base, plan.mirrored)
    arms, gestures, heads = _donors()

    def pick(rows: Int[Tensor, " donors"]) -> Int[Tensor, " n"]:
        return rows[torch.randint(len(rows), (count,), generator=generator)]

    donor = torch.where(plan.gesturing, pick(gestures), pick(arms))
    is_gesture = torch.isin(plan.base, gestures)
    asked = torch.rand(count, generator=generator) < other_arms
    swaps = torch.where(plan.gesturing, ~is_gesture, asked) & plan.free_hands
    flips = torch.rand(count, generator=generator) < options.mirror
    lent = _based(table, donor, flips)
    columns = variation.columns(*_ARMS)
    angles[:, columns] = torch.where(swaps[:, None], lent[:, columns], angles[:, columns])
    allowed = torch.maximum(overlap[plan.base], torch.where(swaps, overlap[donor], 0.0))
    anywhere = variation.arms_anywhere(angles, generator)
    angles = torch.where(plan.anywhere[:, None], anywhere, angles)
    nods = torch.rand(count, generator=generator) < options.other_head
    lent = _based(table, pick(heads), torch.rand(count, generator=generator) < options.mirror)
    columns = variation.columns("head")
    angles[:, columns] = torch.where(nods[:, None], lent[:, columns], angles[:, columns])
    return angles, allowed


def _vary(
    angles: Float[Tensor, "n 57"], plan: _Plan, noise: float, generator: torch.Generator
) -> Float[Tensor, "n 57"]:
    """Noise, ranges, girdle, support."""
    scale = torch.full_like(angles, noise)
    for side in ("left", "right"):
        touching = plan.support.contacts[:, [floor_points().row(f"{side}_{name}") for name in _LEG_POINTS]]
        leg = [MOVEMENT_INDEX[name] for name in MOVEMENTS if name.startswith(tuple(f"{side}_{part}" for part in _LEGS))]
        scale[:, leg] *= torch.where(touching.any(-1), _LOADED, 1.0)[:, None]
    arms = variation.columns(*_ARMS)
    scale[:, arms] *= torch.where(plan.free_hands, 1.0, _LOADED)[:, None]
    varied = variation.add_noise(angles, scale, generator)
    return settle(variation.move_girdle(clip_angles(varied)), plan.support)


def _good(
    angles: Float[Tensor, "n 57"], plan: _Plan, allowed: Float[Tensor, " n"], options: SamplerOptions
) -> Bool[Tensor, " n"]:
    """Whether limbs stay apart, contacts touch the floor and the weight is supported."""
    figure = ContactFigure.of(to_matrices(angles))
    good = gaps(figure, plan.support) <= (_own_gaps()[plan.base] + _EXTRA).clamp_min(_GAP)
    lean = torch.linalg.vector_norm(off_balance(figure, plan.support), dim=-1)
    good &= lean <= (_own_lean()[plan.base] + _EXTRA).maximum(plan.support.slack + _IMBALANCE)
    if options.apart:
        good &= penetration(figure) <= (allowed + _EXTRA).clamp_min(_OVERLAP)
    return good


@lru_cache(maxsize=1)
def _own_figure() -> ContactFigure:
    return ContactFigure.of(to_matrices(settled_angles()))


@lru_cache(maxsize=1)
def _own_overlap() -> Float[Tensor, " stances"]:
    return penetration(_own_figure())


@lru_cache(maxsize=1)
def _own_gaps() -> Float[Tensor, " stances"]:
    return gaps(_own_figure(), support(list(stances().values())))


@lru_cache(maxsize=1)
def _own_lean() -> Float[Tensor, " stances"]:
    return torch.linalg.vector_norm(off_balance(_own_figure(), support(list(stances().values()))), dim=-1)


def _based(
    table: Float[Tensor, "stances 57"], rows: Int[Tensor, " n"], mirrored: Bool[Tensor, " n"]
) -> Float[Tensor, "n 57"]:
    angles = table[rows]
    return torch.where(mirrored[:, None], mirror_angles(angles), angles)


def _finish(angles: Float[Tensor, "n 57"], plan: _Plan, options: SamplerOptions, generator: torch.Generator) -> Pose:
    """Hands, heading and the floor."""
    matrices = to_matrices(angles)
    lowest = ContactFigure.of(matrices).lower_edges().amin(-1)
    if options.turn:
        yaw = (torch.rand(angles.shape[0], generator=generator) * 2 - 1) * torch.pi
        matrices[:, 0] = small_matmul(rot.axis_to_rotmat(yaw, "Y"), matrices[:, 0])
    left, right = _hands(angles, plan, options, generator)
    rotations = with_hand_shapes(rot.rotmat_to_rotvec(matrices), left, right)
    zero = torch.zeros_like(lowest)
    return Pose(rotations, translation=torch.stack([zero, -lowest, zero], dim=-1))


def _hands(
    angles: Float[Tensor, "n 57"], plan: _Plan, options: SamplerOptions, generator: torch.Generator
) -> tuple[Float[Tensor, "n 5 4"], Float[Tensor, "n 5 4"]]:
    """The stance's own shapes or random ones, varied; flat where they carry the body."""
    count = angles.shape[0]
    if not options.hands:
        relaxed = hand_shape("relaxed").expand(count, -1, -1)
        return relaxed, relaxed
    own = torch.stack([torch.stack([hand_shape(name) for name in each.hands]) for each in stances().values()])
    mine = own[plan.base]
    mine = torch.where(plan.mirrored[:, None, None, None], mine.flip(1), mine)
    keeps = (torch.rand(count, generator=generator) < _OWN_HANDS) | ~plan.free_hands
    same = torch.rand(count, generator=generator) < _SAME_HANDS
    drawn = torch.stack([variation.random_shapes(count, generator) for _ in range(2)], dim=1)
    drawn[:, 1] = torch.where(same[:, None, None], drawn[:, 0], drawn[:, 1])
    hands = torch.where(keeps[:, None, None, None], mine, drawn)
    wrists = angles[:, [MOVEMENT_INDEX[f"{side}_wrist_flexion"] for side in ("left", "right")]]
    return (
        variation.vary_hand(hands[:, 0], wrists[:, 0], options.noise, generator),
        variation.vary_hand(hands[:, 1], wrists[:, 1], options.noise, generator),
    )
