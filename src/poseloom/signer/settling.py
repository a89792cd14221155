"""Both arms over time, solved for so that nothing is amiss: Levenberg-Marquardt over all frames of a stretch at once.

Wrists, swivels and tilts of both hands are changed so that the squares of what is amiss and of what is changed have the
least sum. Corrections come and go smoothly.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.pose import rotations as rot
from poseloom.signer.banded import solve_banded
from poseloom.signer.pace import allowed_ways
from poseloom.signer.shoulders import PER_SIDE
from poseloom.signer.tangles import (
    FREEDOMS,
    GIVES,
    GIVES_EACH_OTHER,
    IN_TRUNK_RADII,
    Arms,
    Seen,
    amiss,
    bound_to_each_other,
    over_midplane,
    pair_depths,
)
from poseloom.signer.timing import FPS
from poseloom.signer.trunk import trunk_distance, trunk_slope

_MARGIN = 0.001
"""Metres from a surface that are asked for."""
_SLOWER = 0.0001
"""Metres a frame that elbows shall be slower than they may be."""
_PRESSURES = (1.0, 3.0, 9.0)
"""How much what must not be counts, beside what is changed, one after the other as long as something is amiss."""
_TRIES, _REFUSED = 4, 5
"""How often for each step it is looked at again what it runs into; steps taken back one after the other, after which it
is left as it is."""
_WORST_PAIRS, _WORST_IN_TRUNK = 12, 4
"""Spheres of a frame that are looked at: between the arms, of each arm in the trunk."""
_EPSILON = 2e-3
"""Metres and radians by which things are changed to see what follows."""

_IN_ANOTHER, _HELD, _BOUND, _SWIVELLED, _TILTED, _HASTY = 1000.0, 50.0, 400.0, 2.0, 1.0, 700.0
"""Weights: of a metre inside something, of a free and of a touching part from its place, of radians that
an elbow is swivelled, that a hand is tilted, of metres a frame that something is too fast."""
_BEYOND = 100.0
"""Weight of a metre that a wrist is asked for out of an arm's reach, where nothing follows any more."""
_FASTEST = 3.2
"""Metres a second, of wrists, where they are changed."""
_BENDS = torch.tensor([250.0] * 3 + [25.0] + [15.0] * 3).repeat(2)
"""Weights of how a correction bends over time."""
_DAMPING, _BOLDER, _SHYER = 3.0, 4.0, 8.0
"""Squares of a step of the size below at first; how it falls and grows."""
_STEPS = torch.tensor([0.03] * 3 + [0.3] + [0.3] * 3).repeat(2)
"""Metres and radians of such a step."""
_NOTHING = 1e-6


@dataclass(frozen=True)
class Effort:
    """How hands are solved for.

    Args:
        astray: weight of a radian that a hand is astray.
        rounds: steps that are taken at most.
        enough: share of the squares left by a step that ends it.
        handicap: metres of trouble by which it has to be better than others.
    """

    astray: float
    rounds: int
    enough: float
    handicap: float = 0.0


USUAL = Effort(astray=6.0, rounds=10, enough=0.98)
THOROUGH = Effort(astray=2.0, rounds=20, enough=0.995, handicap=0.0015)
"""Where the usual one does not do: contact goes before direction."""


@dataclass(frozen=True, eq=False)
class Found:
    """What came of a start."""

    arms: Arms
    seen: Seen
    change: Float[Tensor, "frames 14"]
    effort: Effort


def settled(arms: Arms, start: Float[Tensor, "frames 14"] | None = None, effort: Effort = USUAL) -> Found:
    """Levenberg-Marquardt, with what is still amiss counting more and more."""
    first, change = arms.seen().hands, torch.zeros(len(arms), 2 * FREEDOMS) if start is None else start
    for pressure in _PRESSURES:
        best = _least(arms, change, first, pressure, effort)
        change = best.change
        if not bool(amiss(best.seen, arms).any()):
            break
    return Found(arms.changed(best.change), best.seen, best.change, effort)


def _least(arms: Arms, change: Float[Tensor, "frames 14"], first: Tensor, pressure: float, effort: Effort) -> _System:
    """Steps that make it worse are taken back, and shorter ones tried."""
    damping, alike, refused = _DAMPING, _mirror_each_other(arms), 0
    weights = _Weights(pressure, effort.astray)
    best = _System.of(arms, change, first, weights)
    for _ in range(effort.rounds):
        step = best.step(damping)
        step = (step + _mirrored(step)) / 2 if alike else step
        tried = _System.of(arms, best.change + step, first, weights)
        if tried.cost < best.cost:
            settled, refused = tried.cost > effort.enough * best.cost, 0
            best, damping = tried, damping / _BOLDER
            if settled or not bool(amiss(tried.seen, arms).any()):
                break
        else:
            damping, refused = damping * _SHYER, refused + 1
            if refused == _REFUSED:
                break
    return best


def _mirror_each_other(arms: Arms) -> bool:
    """Whether both arms do the same all the while."""
    apart = (arms.points[:, 0] - arms.points[:, 1] * _FLIP).norm(dim=-1)
    turned = (arms.swivels[:, 0] - arms.swivels[:, 1]).abs()
    return float(apart.max()) < _ALIKE and float(turned.max()) < _ALIKE


def _mirrored(change: Float[Tensor, "frames 14"]) -> Float[Tensor, "frames 14"]:
    """Of the left arm what was of the right one, and the other way round."""
    left, right = (part * _MIRROR for part in change.split(FREEDOMS, dim=-1))
    return torch.cat([right, left], dim=-1)


_ALIKE = 0.004
"""Metres, and radians of a swivel, by which arms that do the same may differ."""
_FLIP = torch.tensor([-1.0, 1.0, 1.0])
_MIRROR = torch.cat([_FLIP, torch.ones(1), -_FLIP])


@dataclass(frozen=True)
class _Weights:
    """How much what is amiss counts beside what is changed, and a radian that a hand is astray."""

    amiss: float
    astray: float


@dataclass(frozen=True, eq=False)
class _Limits:
    """What shall not be above 0: amounts, and how they change with the freedoms of their frame; weights are in both."""

    rows: Float[Tensor, "frames rows 14"]
    amounts: Float[Tensor, "frames rows"]


@dataclass(eq=False)
class _System:
    """Normal equations about a change: blocks on the diagonal and the slope; and what shall stay below limits."""

    seen: Seen
    own: Float[Tensor, "frames 14 14"]
    slope: Float[Tensor, "frames 14"]
    change: Float[Tensor, "frames 14"]
    limits: _Limits
    pace: tuple[Tensor, Tensor, Tensor]
    """Of elbows and wrists (frames - 1, 4): rows for a frame (7) and the next one, amounts."""
    squares: float = 0.0
    """Sum of what shall be nothing."""

    @classmethod
    def of(cls, arms: Arms, change: Tensor, first: Tensor, weights: _Weights) -> _System:
        frames, size = change.shape
        seen, slopes = _seen_with_slopes(arms, change)
        limits = [_pairs(seen, slopes, arms.meeting), *_sides(seen, slopes, arms.meeting)]
        rows, amounts = (weights.amiss * torch.cat(part, dim=1) for part in zip(*limits, strict=True))
        here, there, ways = (weights.amiss * part for part in _pace(seen, slopes))
        own, slope = torch.zeros(frames, size, size), torch.zeros(frames, size)
        system = cls(seen, own, slope, change, _Limits(rows, amounts), (here, there, ways))
        _add_held(system, seen, slopes, arms)
        _add_bindings(system, seen, slopes, arms, weights.amiss)
        _add_turns(system, seen, slopes, first, weights.astray)
        return system

    def add(self, rows: Float[Tensor, "frames rows 14"], amount: Float[Tensor, "frames rows"]) -> None:
        """Rows of what shall be nothing, with weights in them."""
        self.own += rows.mT @ rows
        self.slope += (rows.mT @ amount[..., None])[..., 0]
        self.squares += float((amount**2).sum())

    @property
    def cost(self) -> float:
        """Sum of all squares."""
        over = sum(float((amounts.clamp_min(0) ** 2).sum()) for amounts in (self.limits.amounts, self.pace[2]))
        bends = torch.diff(torch.nn.functional.pad(self.change, (0, 0, 2, 2)), n=2, dim=0) * _BENDS
        return self.squares + over + float((bends**2).sum())

    def step(self, damping: float) -> Float[Tensor, "frames 14"]:
        """The best change of all; limits that would not be touched after it are not counted."""
        here, there, ways = self.pace
        counted, hasty = self.limits.amounts > 0, ways > 0
        for _ in range(_TRIES):
            step = self._solved(counted, hasty, damping)
            after = self.limits.amounts + (self.limits.rows @ step[..., None])[..., 0]
            each = step.unflatten(-1, (2, FREEDOMS)).repeat(1, 2, 1)
            quick = ways + (here * each[:-1]).sum(-1) + (there * each[1:]).sum(-1)
            if torch.equal(after > 0, counted) and torch.equal(quick > 0, hasty):
                break
            counted, hasty = after > 0, quick > 0
        return step

    def _solved(self, counted: Tensor, hasty: Tensor, damping: float) -> Tensor:
        rows = self.limits.rows * counted[..., None]
        own = self.own + rows.mT @ rows + torch.diag(damping / _STEPS**2)
        slope = self.slope + (rows.mT @ self.limits.amounts[..., None])[..., 0]
        after = torch.zeros_like(own)
        if bool(hasty.any()):
            here, there, ways = (part * (hasty if part.ndim == 2 else hasty[..., None]) for part in self.pace)
            for joint in range(here.shape[1]):
                part = slice(joint % 2 * FREEDOMS, (joint % 2 + 1) * FREEDOMS)
                a, b, amount = here[:, joint], there[:, joint], ways[:, joint, None]
                own[:-1, part, part] += a[:, :, None] * a[:, None]
                own[1:, part, part] += b[:, :, None] * b[:, None]
                after[:-1, part, part] += a[:, :, None] * b[:, None]
                slope[:-1, part] += a * amount
                slope[1:, part] += b * amount
        return solve_banded(own, after, slope, self.change, _BENDS)


@dataclass(frozen=True, eq=False)
class _Slopes:
    """How what is seen changes with the seven freedoms of its arm."""

    skin: Float[Tensor, "frames 2 7 spheres 3"]
    anchors: Float[Tensor, "frames 2 7 3"]
    elbows: Float[Tensor, "frames 2 7 3"]
    wrists: Float[Tensor, "frames 2 7 3"]
    hands: Float[Tensor, "frames 2 7 3 3"]


def _seen_with_slopes(arms: Arms, change: Tensor) -> tuple[Seen, _Slopes]:
    """Where everything is, and how that changes with each freedom."""
    frames = len(arms)
    nudges = torch.cat([torch.zeros(1, FREEDOMS), _EPSILON * torch.eye(FREEDOMS)]).repeat(1, 2)
    times = len(nudges)
    nudged = (change + nudges[:, None]).flatten(0, 1)
    many = replace(
        arms,
        **{
            name: getattr(arms, name).expand(times, *getattr(arms, name).shape).flatten(0, 1)
            for name in arms.__dataclass_fields__
        },
    )
    found = many.changed(nudged).seen()
    values = [getattr(found, name).unflatten(0, (times, frames)) for name in found.__dataclass_fields__]
    slopes = [((value[1:] - value[0]) / _EPSILON).movedim(0, 2) for value in values]
    return Seen(*(value[0] for value in values)), _Slopes(*slopes)


def _of_side(side: int, rows: Float[Tensor, "frames rows 7"]) -> Float[Tensor, "frames rows 14"]:
    """Rows of what depends on one arm."""
    nothing = torch.zeros_like(rows)
    return torch.cat([rows, nothing] if side == 0 else [nothing, rows], dim=-1)


def _pairs(seen: Seen, slopes: _Slopes, meeting: Tensor) -> tuple[Tensor, Tensor]:
    depths = pair_depths(seen, meeting)
    count = depths.shape[-1]
    depth, which = depths.flatten(1).topk(_WORST_PAIRS, dim=-1)
    left, right = which // count, which % count
    row = torch.arange(len(depths))[:, None]
    normal = torch.nn.functional.normalize(seen.skin[row, 0, left] - seen.skin[row, 1, right], dim=-1)
    own, other = (
        (slopes.skin[row, side, :, which] * normal[:, :, None]).sum(-1) for side, which in enumerate((left, right))
    )
    near = (depth > _FAR)[..., None]
    return near * torch.cat([-_IN_ANOTHER * own, _IN_ANOTHER * other], dim=-1), _IN_ANOTHER * (depth + _MARGIN)


_FAR = -0.5
"""Metres: hands that may come to each other count as so far apart."""


def _sides(seen: Seen, slopes: _Slopes, meeting: Tensor) -> list[tuple[Tensor, Tensor]]:
    """Out of the trunk, and on its own side of the midplane where hands mirror each other."""
    into = IN_TRUNK_RADII - trunk_distance(seen.skin)
    across = over_midplane(seen, meeting)
    row = torch.arange(len(into))[:, None]
    found = []
    for side in range(2):
        for depths, is_trunk in ((into[:, side], True), (across[:, side], False)):
            depth, which = depths.topk(_WORST_IN_TRUNK, dim=-1)
            at = seen.skin[row, side, which]
            normal = trunk_slope(at) if is_trunk else PER_SIDE[side] * torch.tensor([1.0, 0.0, 0.0]).expand_as(at)
            own = (slopes.skin[row, side, :, which] * normal[:, :, None]).sum(-1)
            rows = _of_side(side, -_IN_ANOTHER * (depth > _FAR)[..., None] * own)
            found.append((rows, _IN_ANOTHER * (depth + _MARGIN)))
    return found


def _pace(seen: Seen, slopes: _Slopes) -> tuple[Tensor, Tensor, Tensor]:
    """Elbows are no faster than they have reason to be, wrists no faster than people move them."""
    joints, moving = (torch.cat([each.elbows, each.wrists], dim=1) for each in (seen, slopes))
    way = torch.diff(joints, dim=0)
    length = way.norm(dim=-1)
    along = way / length.clamp_min(_NOTHING)[..., None]
    here, there = ((moving[part] * along[:, :, None]).sum(-1) for part in (slice(None, -1), slice(1, None)))
    allowed = torch.nn.functional.pad(allowed_ways(seen.wrists), (0, 2), value=_FASTEST / FPS)
    return -_HASTY * here, _HASTY * there, _HASTY * (length - allowed + _SLOWER)


def _add_held(system: _System, seen: Seen, slopes: _Slopes, arms: Arms) -> None:
    """Hands stay about where they are, whatever they touch, and wrists where an arm reaches."""
    off = seen.anchors - arms.meant
    beyond = seen.wrists - arms.points - system.change.unflatten(-1, (2, FREEDOMS))[..., :3]
    moving = torch.eye(FREEDOMS)[:3].T
    for side in range(2):
        system.add(_HELD * _of_side(side, slopes.anchors[:, side].mT), _HELD * off[:, side])
        rows = _of_side(side, (slopes.wrists[:, side] - moving).mT)
        system.add(_BEYOND * rows, _BEYOND * beyond[:, side])


def _add_bindings(system: _System, seen: Seen, slopes: _Slopes, arms: Arms, pressure: float) -> None:
    """Parts that touch are off by no more than skin gives way: each hand at the body, both at each other."""
    off = seen.anchors - arms.meant
    rows = [_of_side(side, slopes.anchors[:, side].mT) for side in range(2)]
    for weight, way, row, gives in (
        (arms.bound[:, 0, 0], off[:, 0], rows[0], GIVES),
        (arms.bound[:, 1, 0], off[:, 1], rows[1], GIVES),
        (bound_to_each_other(seen, arms), off[:, 0] - off[:, 1], rows[0] - rows[1], GIVES_EACH_OTHER),
    ):
        length = way.norm(dim=-1, keepdim=True)
        felt = pressure * _BOUND * weight[:, None] * (length > gives)
        system.add(felt[..., None] * row, felt * way * (1 - gives / length.clamp_min(_NOTHING)))


def _add_turns(system: _System, seen: Seen, slopes: _Slopes, first: Tensor, weight: float) -> None:
    """Hands keep their directions, elbows their swivels."""
    astray = rot.rotmat_to_rotvec(seen.hands @ first.mT)
    turning = (slopes.hands @ seen.hands[:, :, None].mT).flatten(-2)[..., [7, 2, 3]]  # of the skew matrix
    for side in range(2):
        system.add(_of_side(side, weight * turning[:, side].mT), weight * astray[:, side])
    weights = torch.tensor([0.0] * 3 + [_SWIVELLED] + [_TILTED] * 3).repeat(2)
    system.own += torch.diag(weights**2 + _NOTHING)
    system.slope += weights**2 * system.change
    system.squares += float(((weights * system.change) ** 2).sum())
