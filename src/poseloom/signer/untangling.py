"""Arms that are in each other, in the trunk, off what they touch or too fast are solved for once more, all together.

What the steps before have found is a start. In the stretches of time where something is amiss, both arms are solved for
from several starts (`settling`), as long as that is needed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from poseloom.signer.clearance import smooth_over_time
from poseloom.signer.frames import SIDES, hand_axes
from poseloom.signer.settling import THOROUGH, Found, settled
from poseloom.signer.shoulders import PER_SIDE
from poseloom.signer.tangles import (
    DEEP,
    FREEDOMS,
    GIVES,
    IN_TRUNK_RADII,
    OFF,
    Arms,
    Seen,
    amiss,
    depths_of,
    lost_contacts,
    pair_depths,
    still_tangled,
    trouble_of,
)
from poseloom.signer.trunk import trunk_distance

_TAKEN_APART = 0.06
"""Metres by which each of two arms is taken from the other to start anew."""
_BEFORE = 10
"""Frames before and after those that are amiss, in which a correction comes and goes."""
_LONGEST = 500
"""Frames that are solved for at once, so that memory does not grow with the length of a sign."""
_ROOMS = (10, 20)
"""The same for what is eased at last, one after the other."""
_NO_FURTHER = 1.2
"""How much further off a contact that is lost may be then."""
_INWARDS = 0.008
"""Metres nearer to the midplane at which it is looked whether a hand is in its own shoulder."""
_GOOD = 0.001
"""Trouble with which nothing else is tried, metres."""


def untangled(arms: Arms) -> Arms:
    """Arms in which nothing is amiss any more, as far as that can be had; the same where nothing was."""
    stretches = _stretches(amiss(arms.seen(), arms))
    for start, end in stretches:
        arms = _with(arms, _best(arms.during(start, end)), start)
    return _eased(arms) if stretches else arms


def _with(arms: Arms, part: Arms, start: int) -> Arms:
    """Arms that do from a frame on what a part of them does."""
    end = start + len(part)
    changed = ("points", "hands", "swivels")
    joined = {n: torch.cat([getattr(arms, n)[:start], getattr(part, n), getattr(arms, n)[end:]]) for n in changed}
    return replace(arms, **joined)


# -- what is still too fast or too deep --------------------------------------------------------------------------------


def _eased(arms: Arms) -> Arms:
    """Arms that are solved for once more, from where they are, in those frames alone in which they are still tangled.

    What is amiss elsewhere in a sign, or what cannot be touched, is in nobody's way then: hands go no further than they
    are. A change is taken where less is tangled after it and no contact is further off by more than a fifth.
    """
    for room in _ROOMS:
        seen = arms.seen()
        tangled = still_tangled(seen, arms)
        if not bool(tangled.any()):
            break
        for start, end in _stretches(tangled, room):
            part = arms.during(start, end)
            found = settled(replace(part, meant=_as_far(seen.anchors[start:end], part.meant)), effort=THOROUGH)
            if _is_eased(found.seen, part):
                arms = _with(arms, found.arms, start)
    return arms


def _as_far(anchors: Float[Tensor, "frames 2 3"], meant: Float[Tensor, "frames 2 3"]) -> Float[Tensor, "frames 2 3"]:
    """Where hands shall be so that, as far as they may stay off it, they are no further from where they were meant."""
    way = meant - anchors
    return anchors + way * (GIVES / way.norm(dim=-1, keepdim=True).clamp_min(GIVES))


def _is_eased(seen: Seen, before: Arms) -> bool:
    """Whether fewer frames are tangled than were, none is deeper and no contact is further off."""
    was = before.seen()
    fewer = int(still_tangled(seen, before).sum()) < int(still_tangled(was, before).sum())
    deepest = depths_of(was, before).max().clamp_min(DEEP)
    beside = _depths_inwards(was).clamp_min(DEEP + _INWARDS)
    lost = _NO_FURTHER * lost_contacts(was, before).clamp_min(OFF)
    return fewer and all(
        bool((now <= limit).all())
        for now, limit in (
            (depths_of(seen, before), deepest),
            (_depths_inwards(seen), beside),
            (lost_contacts(seen, before), lost),
        )
    )


def _depths_inwards(seen: Seen) -> Float[Tensor, " frames"]:
    """Metres that skin would be within the trunk a little nearer to the midplane.

    The trunk ends where the arms begin, so that a hand in its own shoulder counts as outside just beyond that end.
    """
    inwards = seen.skin - _INWARDS * PER_SIDE[:, None, None] * torch.tensor([1.0, 0.0, 0.0])
    return (IN_TRUNK_RADII - trunk_distance(inwards)).flatten(1).amax(-1)


# -- attempts ----------------------------------------------------------------------------------------------------------


def _best(arms: Arms) -> Arms:
    """Of all attempts the one of least trouble, the first one that is good."""
    best, least = arms, math.inf
    for found in _attempts(arms):
        trouble = trouble_of(found.seen, arms)
        if trouble + found.effort.handicap < least:
            best, least = found.arms, trouble + found.effort.handicap
        if trouble < _GOOD:
            break
    return best


def _attempts(arms: Arms) -> Iterator[Found]:
    """Solved as they are; from arms first taken apart to either side; more thoroughly; with hands that may let go."""
    found = settled(arms)
    yield found
    start = found.change
    yield from _with_arms_apart(arms, found)
    yield settled(arms, effort=THOROUGH)
    if bool(arms.bound.any()):
        yield settled(arms, _swung(arms), THOROUGH)
        found = settled(arms.let_go(), start)
        yield found
        yield from _with_arms_apart(arms.let_go(), found)


def _with_arms_apart(arms: Arms, found: Found) -> Iterator[Found]:
    """From arms taken apart to either side, if they were left in each other."""
    if bool(pair_depths(found.seen, arms.meeting).gt(DEEP).any()):
        for sign in (1.0, -1.0):
            yield settled(arms, _taken_apart(arms, sign))


def _swung(arms: Arms) -> Float[Tensor, "frames 14"]:
    """Hands where they touch as they are meant to be turned, with the elbows that let them."""
    axes = torch.stack([hand_axes(arms.hands[:, index], side) for index, side in enumerate(SIDES)], dim=1)
    way = arms.meant - (axes @ arms.anchors[..., None])[..., 0] - arms.points
    bound = arms.bound.amax(-1)
    offs = []
    for swing in _SWINGS:
        change = torch.cat([way, swing.expand(*way.shape[:2], 1), torch.zeros_like(way)], dim=-1)
        seen = arms.changed(change.flatten(1)).seen()
        offs.append(((seen.anchors - arms.meant).norm(dim=-1) * bound).sum(0) / bound.sum(0).clamp_min(1))
    best = _SWINGS[(torch.stack(offs) + _SWING_COST * _SWINGS.abs()[:, None]).argmin(0)]
    near = smooth_over_time((bound > 0).float()[..., None].expand(-1, -1, 3), _BEFORE / 4)
    change = torch.cat([way * near, (best * near[..., 0])[..., None], torch.zeros_like(way)], dim=-1)
    return change.flatten(1)


_SWINGS = torch.linspace(-120, 120, 17).deg2rad()
_SWING_COST = 0.01
"""Swivels that are tried beside an elbow's own; metres off that a radian of it is as bad as."""


def _taken_apart(arms: Arms, sign: float) -> Float[Tensor, "frames 14"]:
    """Both arms moved along the common normal of the forearms where these are nearest."""
    seen = arms.seen()
    depths = pair_depths(seen, arms.meeting).flatten(1).amax(-1)
    forearms = (seen.wrists - seen.elbows)[depths.argmax()]
    normal = torch.nn.functional.normalize(torch.linalg.cross(forearms[0], forearms[1]), dim=0)
    change = torch.zeros(len(arms), 2, FREEDOMS)
    near = (depths > 0).float()[:, None, None].expand(-1, 2, 3)
    change[..., :3] = smooth_over_time(near, _BEFORE / 3) * normal * PER_SIDE[:, None] * sign * _TAKEN_APART
    return change.flatten(1)


def _stretches(amiss: Bool[Tensor, " frames"], room: int = _BEFORE) -> list[tuple[int, int]]:
    """First frames and ends of stretches with room before and after."""
    near = torch.nn.functional.max_pool1d(amiss.float()[None], 2 * room + 1, 1, room)[0] > 0
    edges = torch.diff(torch.cat([torch.tensor([False]), near, torch.tensor([False])]).int())
    starts, ends = (edges == 1).nonzero()[:, 0], (edges == -1).nonzero()[:, 0]
    return [
        (begin, min(begin + _LONGEST, int(end)))
        for start, end in zip(starts, ends, strict=True)
        for begin in range(int(start), int(end), _LONGEST)
    ]
