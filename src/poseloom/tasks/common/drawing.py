"""Poses drawn around one that words make: varied where words leave it free, on their support, with places together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from poseloom.language.description.describe import figures
from poseloom.language.description.truth import joined_truths, truth_of
from poseloom.language.lexicon.bodies import columns_of
from poseloom.language.lexicon.composing import Composed
from poseloom.language.lexicon.understanding import Options
from poseloom.pose.capsules import penetration
from poseloom.pose.contact import ContactFigure, floor_points
from poseloom.pose.hands import hand_shape, with_hand_shapes
from poseloom.pose.joints import BODY_JOINTS, JOINT_INDEX
from poseloom.pose.movement import MOVEMENT_INDEX, PRODUCTS, from_matrices, to_matrices
from poseloom.pose.ranges import clip_angles
from poseloom.pose.settle import Support, gaps, off_balance, settle
from poseloom.pose.touch import apart, meet
from poseloom.pose.types import Pose
from poseloom.pose.variation import add_noise
from poseloom.tasks.common.variety import deeper, left_open

_HELD, _FREE = 0.8, 0.9
"""Factors on the sampler's noise where words decide, and where they do not."""
_LOOSER = 0.6
"""Power of the factor by which a named pose varies, 0 to 1: below 1 samples differ more from each other."""
_TRIES = 3
"""Poses that are varied for each one that is given; the best are kept."""
_QUIET = 0.4
"""Factor on the noise of a single pose, which is not chosen among several."""
_DEEP, _OFF, _GAP = 0.03, 0.10, 0.05
"""Metres of limbs inside each other, of weight beyond its support, of contacts above the floor, that are forgiven."""
_LOADED = 0.4
_APART = 0.08
"""Metres between places that must meet from which on a pose is begun anew."""
_STEPS, _STEPS_WITH_TRUNK = 8, 30
_TINY = 1e-6


@dataclass(frozen=True, eq=False)
class Asked:
    """Poses that words ask for.

    Args:
        composed: what the words make.
        holds: what must hold of each pose.
        generator: of the noise.
    """

    composed: Composed
    holds: Sequence[Options]
    generator: torch.Generator


def draw(
    composed: Composed,
    holds: Sequence[Options],
    count: int,
    generator: torch.Generator,
) -> Float[Tensor, "count 57"]:
    """Movement angles of poses around the composed one.

    Args:
        composed: what the words make.
        holds: what must hold of each pose.
        count: how many.
        generator: of the noise.
    """
    return draw_all([Asked(composed, holds, generator)], count)[0]


def draw_all(asked: Sequence[Asked], count: int) -> list[Float[Tensor, "count 57"]]:
    """The same for several words at once, `count` poses for each; what is done to all of them is done together."""
    rows = count * _tries(count)
    begun = [_begun(one, count) for one in asked]
    noisy = clip_angles(torch.cat([noise for _, noise in begun])).split(rows)
    free = _free_of_range(torch.stack([one.composed.angles for one in asked]))
    varied = [
        _with_plain(one, torch.where(beyond, start, tries), count)
        for one, beyond, (start, _), tries in zip(asked, free, begun, noisy, strict=True)
    ]
    supports = [rows_of(one.composed.support, rows) for one in asked]
    joined = joined_supports(supports)
    settled = settle(torch.cat(varied), joined, stretch=True)
    kept = torch.cat([(beyond & one.composed.held).expand(rows, -1) for one, beyond in zip(asked, free, strict=True)])
    settled = torch.where(kept, torch.cat([start for start, _ in begun]), settled)  # splits are wider than usual
    picked = settled.split(rows)
    if rows > count:
        chosen = _best(settled, joined, [one.holds for one in asked], count)
        picked = tuple(tries[best] for tries, best in zip(picked, chosen, strict=True))
    return [_touching(one, poses, count) for one, poses in zip(asked, picked, strict=True)]


def _tries(count: int) -> int:
    """A single pose is not chosen among several: that takes the most of its time."""
    return _TRIES if count > 1 else 1


def _begun(asked: Asked, count: int) -> tuple[Float[Tensor, "tries 57"], Float[Tensor, "tries 57"]]:
    """Where the tries of one text begin, and the same with noise."""
    composed = asked.composed
    tries = _tries(count)
    starts = composed.angles.expand(count * tries, -1).clone()
    held = _HELD * composed.loose**_LOOSER
    free = ~composed.held
    if count > 1:
        free &= ~_of_touches(composed)
        starts = deeper(composed, left_open(composed, starts, free, asked.generator), asked.generator)
    scale = torch.where(composed.held, held, _FREE)
    scale = scale * _by_load(composed)
    quiet = torch.linspace(1, 0.3, tries) if tries > 1 else torch.tensor([_QUIET])
    quiet = quiet.repeat_interleave(count)[:, None]
    return starts, add_noise(starts, scale * quiet, asked.generator)


def _with_plain(asked: Asked, varied: Float[Tensor, "tries 57"], count: int) -> Float[Tensor, "tries 57"]:
    """The tries, the composed pose itself among them."""
    if len(varied) > count:
        varied[-count] = asked.composed.angles
    return varied


def _touching(asked: Asked, picked: Float[Tensor, "count 57"], count: int) -> Float[Tensor, "count 57"]:
    """Poses with the places together that must meet."""
    composed = asked.composed
    if not composed.touches:
        return picked
    helps = not composed.held[list(columns_of("trunk"))].all() or "root" not in composed.decided
    steps = _STEPS_WITH_TRUNK if helps else _STEPS
    made = meet(picked, composed.touches, steps, trunk=helps)
    missed = (touches_met(made, composed) > _APART).any(0)
    if bool(missed.any()):  # from the pose as it is written places can be reached
        again = meet(composed.angles.expand(int(missed.sum()), -1).clone(), composed.touches, steps, trunk=helps)
        made[missed] = again
    return made


def _free_of_range(angles: Float[Tensor, "n 57"]) -> Bool[Tensor, "n 57"]:
    """Movements that a named pose takes beyond the usual range: they stay as they are."""
    return (clip_angles(angles) - angles).abs() > 0.02


def _by_load(composed: Composed) -> Float[Tensor, " 57"]:
    """Less noise on legs that carry the body: feet that differ in height bend a knee."""
    factor = torch.ones(len(composed.angles))
    for side in ("left", "right"):
        feet = [floor_points().row(f"{side}_{point}") for point in ("heel", "ball", "toes", "knee")]
        if bool(composed.support.contacts[0, feet].any()):
            factor[list(columns_of(f"{side}_leg"))] = _LOADED
    if bool(composed.support.on_feet.all()):
        factor[list(columns_of("root"))] = _LOADED
    return factor


def _of_touches(composed: Composed) -> Bool[Tensor, " 57"]:
    """The arms that must bring a hand somewhere."""
    chosen = torch.zeros(len(composed.angles), dtype=torch.bool)
    for side in ("left", "right"):
        if any(one.first.startswith(side) for one in composed.touches):
            chosen[list(columns_of(f"{side}_arm"))] = True
    return chosen


def rows_of(support: Support, count: int) -> Support:
    """The same support for several bodies."""
    return support[torch.zeros(count, dtype=torch.long)]


def joined_supports(supports: Sequence[Support]) -> Support:
    """Those of several groups of bodies, one after another."""
    parts = {one.name: torch.cat([getattr(support, one.name) for support in supports]) for one in fields(Support)}
    return Support(**parts)


def _best(
    angles: Float[Tensor, "tries 57"], support: Support, holds: Sequence[Sequence[Options]], count: int
) -> list[Int[Tensor, " count"]]:
    """For each text and pose the best of its tries: what must hold, then how well a body could hold it; the freest of
    equals."""
    matrices = to_matrices(angles)
    figure = ContactFigure.of(matrices)
    lean = torch.linalg.vector_norm(off_balance(figure, support), dim=-1)
    faults = (penetration(figure) - _DEEP).clamp_min(0) + (gaps(figure, support) - _GAP).clamp_min(0)
    faults = faults + (lean - support.slack - _OFF).clamp_min(0)
    rows = len(angles) // len(holds)
    true = torch.zeros(len(angles))
    if any(holds):
        truth = joined_truths([truth_of(figure) for figure in figures(Pose.from_matrices(matrices))])
        for place, wanted in enumerate(holds):
            part = slice(place * rows, (place + 1) * rows)
            here = truth.part(part)
            for options in wanted:
                true[part] += torch.from_numpy(sum(here.holds(one) for one in options) > 0)
    tries = torch.arange(rows) // count
    score = (true - 5 * faults).reshape(-1, rows) - 0.001 * tries
    return [one.reshape(-1, count).argmax(0) * count + torch.arange(count) for one in score]


def touched(poses: Pose, composed: Composed) -> Float[Tensor, "n 22 3 3"]:
    """Rotations of poses with the places together that must meet; the trunk helps where arms are too short."""
    before = poses.body().matrices()
    angles = from_matrices(before)
    met = meet(angles, composed.touches, _STEPS, trunk=True)
    return torch.where(moved_joints(met, angles)[..., None, None], to_matrices(met), before)


def moved_joints(after: Float[Tensor, "n 57"], before: Float[Tensor, "*#n 57"]) -> Bool[Tensor, "n 22"]:
    """The joints of which a movement has changed."""
    moved = (after - before).abs() > _TINY
    joints = torch.zeros(len(after), BODY_JOINTS, dtype=torch.bool)
    for name, (_, slots) in PRODUCTS.items():
        columns = [MOVEMENT_INDEX[movement] for movement, _ in slots]
        joints[:, JOINT_INDEX[name]] = moved[:, columns].any(-1)
    return joints


def with_hands(angles: Sequence[Float[Tensor, "_n 57"]], hands: Sequence[tuple[str, str]]) -> list[Pose]:
    """Poses of 52 joints without heading, of each group with its own hands; those that have no shape are relaxed."""
    counts = [len(one) for one in angles]
    body = Pose.from_matrices(to_matrices(torch.cat(list(angles)))).without_heading().rotations
    left, right = (
        torch.stack([hand_shape(pair[side] or "relaxed") for pair in hands]).repeat_interleave(
            torch.tensor(counts), dim=0
        )
        for side in (0, 1)
    )
    return [Pose(one) for one in with_hand_shapes(body, left, right).split(counts)]


def touches_met(angles: Float[Tensor, "n 57"], composed: Composed) -> Float[Tensor, "touches n"]:
    """Metres between the places that must meet."""
    figure = ContactFigure.of(to_matrices(angles))
    return torch.stack([apart(figure, one) for one in composed.touches])
