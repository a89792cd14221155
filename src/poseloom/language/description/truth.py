"""Which statements hold of poses, whether or not a description would tell them; any number of poses at once.

Everything that can be stated is a class of some channel: the bend of an elbow, the level of an arm, the place of a
hand. A claim names a channel and the classes that make it true, so that facts of descriptions and plain human words
("arms raised") are judged alike.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Shaped
from numpy.typing import NDArray

from poseloom.language.description.fact import Fact
from poseloom.language.description.facts import (
    AIRBORNE_POSTURE,
    ANKLES_CROSSED,
    ANKLES_NEAR,
    FEET_CROSSED,
    FEET_TOGETHER,
    HEAD_BACK,
    HEAD_NOD,
    HEAD_TILT,
    HEAD_TURN,
    KNEE_OVER,
    KNEES_APART,
    KNEES_CROSSED,
    KNEES_TOGETHER,
    LEAN_BACK,
    LEAN_FORWARD,
    LEAN_SIDE,
    LEG_RAISED,
    SHOULDER_WIDTH,
    TWIST,
    UPRIGHT_POSTURES,
    WIDE,
)
from poseloom.language.description.figure import SIDES, Array, Figure, dot
from poseloom.language.description.fingers import SHAPES
from poseloom.language.description.footing import LONG_STEP, STEP, footing_of
from poseloom.language.description.limbs import CONTACTS, LEVELS, SECTORS, ZONES, Arms, Direction, arms_of, legs_of
from poseloom.language.description.people import STEPS
from poseloom.language.description.posture import FOOT_LIFTED, Ground, ground_of, postures_of
from poseloom.language.description.stating import BENDS

ANY, BOTH = "any", "both"
OTHER = {"left": "right", "right": "left"}
_SPACINGS = ("together", "hip_width", "shoulder_width", "wide")
_ABOVE_HEAD = 0.10
"""Metres from the head joint up to which a hand still is at the head."""

Holds = Bool[np.ndarray, "poses"]
Names = Shaped[np.ndarray, "*sides poses"]
"""Words: jaxtyping knows no strings."""


class Claim(NamedTuple):
    """A statement: on a side, a channel has one of some classes."""

    channel: str
    classes: frozenset[str]
    side: str = ""
    """``left``, ``right``, ``both``, ``any``; empty for channels without sides."""
    denied: bool = False


class Together(NamedTuple):
    """Claims on one side that must hold of the same side: the left hand, or some hand, is up and is at the head."""

    claims: tuple[Claim, ...]
    side: str
    denied: bool = False


@dataclass(frozen=True, eq=False)
class Truth:
    """Classes of every channel: (2, poses) with the left in front, or (poses,)."""

    channels: dict[str, Names]
    poses: int

    def part(self, poses: slice) -> Truth:
        """Some of the poses."""
        channels = {name: found[..., poses] for name, found in self.channels.items()}
        return Truth(channels, len(range(*poses.indices(self.poses))))

    def holds(self, claim: Claim | Together) -> Holds:
        """Whether it is true of each pose; a claim on a channel that is not known never is."""
        made = self._sided(claim)
        if made.ndim == 2:
            side = claim.side
            made = np.asarray(made[SIDES.index(side)] if side in SIDES else made.any(0) if side == ANY else made.all(0))
        return np.asarray(~made if claim.denied else made)

    def _sided(self, claim: Claim | Together) -> NDArray[np.bool_]:
        if isinstance(claim, Together):
            return np.logical_and.reduce([np.broadcast_to(self._sided(one), (2, self.poses)) for one in claim.claims])
        found = self.channels.get(claim.channel)
        if found is None:
            return np.zeros(self.poses, bool)
        made = np.zeros(found.shape, bool)
        for name in claim.classes:
            made |= found == name
        return made

    def fact(self, fact: Fact) -> Holds:
        """Whether a fact holds of each pose."""
        return self.holds(claim_of(fact))


@lru_cache(maxsize=1 << 14)
def claim_of(fact: Fact) -> Claim | Together:
    """What must hold of a pose for a fact to be true."""
    name, sector = fact.name, fact.sector
    first, _, rest = name.partition(".")
    if first == "posture" and rest in STEPS:
        standing = Claim("posture", frozenset(["stand"]))
        return Together((standing, Claim(f"feet.{rest}", frozenset([fact.direction]))), "")
    if first == "posture":
        return Claim("posture_sided" if fact.direction else "posture", frozenset([_sided(rest, fact.direction)]))
    if first in ("lean", "head") or first.startswith("twist"):
        return Claim(f"{first}_{rest}".rstrip("_"), frozenset([fact.direction or "yes"]))
    if name in ("arms.crossed", "feet.toes", "legs.ankles_crossed") or first == "knees":
        return Claim(name, frozenset(["yes"]))
    if name == "hands.together":
        near = Claim(name, frozenset(["yes"]))
        return Together((near, Claim("zone", frozenset([sector]))), BOTH) if sector else near
    if first == "feet":
        return Claim("feet.spacing" if rest in _SPACINGS else name, frozenset([rest, fact.side]))
    if name == "legs.crossed":
        return Claim(name, frozenset([fact.side]))
    if first == "bend":
        return Claim(fact.subject, frozenset([rest]), fact.side)
    if name.startswith("hand.at."):
        return _at(fact)
    if name.startswith("hand.zone."):
        return Claim("zone", frozenset([name.rpartition(".")[2]]), fact.side)
    if name.startswith("hand.shape."):
        return Claim("hand.shape", frozenset([name.rpartition(".")[2]]), fact.side)
    if name in ("foot.lifted", "foot.hovering"):
        return Claim(name, frozenset(["yes"]), fact.side)
    return _pointing(fact)


def _sided(name: str, side: str) -> str:
    return f"{name} {side}" if side else name


def _at(fact: Fact) -> Claim:
    """A hand at a place; places of a side are the own or the other one."""
    relation = fact.target_side
    if relation in OTHER and fact.side in OTHER:
        relation = "own" if relation == fact.side else "other"
    return Claim("contact", frozenset([_sided(fact.target, relation)]), fact.side)


def _pointing(fact: Fact) -> Together:
    limb, context, level = fact.name.split(".")
    limb = "upper_arm" if limb == "elbow" else "thigh" if limb == "leg" else limb
    claims = [Claim(f"{limb}.level", frozenset([level]))]
    if fact.sector:
        claims.append(Claim(f"{limb}.sector", frozenset([fact.sector])))
    where = "body" if context == "body" else "upright"
    claims.append(Claim("arms.frame" if limb in ("arm", "upper_arm", "forearm") else "legs.frame", frozenset([where])))
    return Together(tuple(claims), fact.side)


# -- measuring ---------------------------------------------------------------------------------------------------


def truth_of(figure: Figure) -> Truth:
    """The classes of every channel of poses."""
    ground = ground_of(figure)
    postures = postures_of(figure, ground)
    names = np.array(postures.names, dtype=str)
    upright = np.isin(names, UPRIGHT_POSTURES)
    names = np.where(figure.airborne & upright, AIRBORNE_POSTURE, names)
    sides = np.array(["", "left", "right"])[postures.sides + 1]
    arms, legs = arms_of(figure, ground), legs_of(figure, upright)
    sided = np.char.add(names, np.where(sides == "", "", np.char.add(" ", sides)))
    channels: dict[str, Names] = {
        "posture": names,
        "posture_sided": sided,
        "arms.frame": _pick(arms.upright, "upright", "body"),
        "legs.frame": _pick(upright, "upright", "body"),
        **_trunk_and_head(figure, upright),
        **_arm_channels(figure, arms),
        **_leg_channels(figure, ground),
    }
    for limb, direction in (
        *(("arm", arms.whole), ("upper_arm", arms.upper), ("forearm", arms.fore)),
        *(("thigh", legs.thigh), ("shin", legs.shin)),
    ):
        channels |= _directions(limb, direction)
    crossed = names == "sit_cross"
    channels["legs.any_crossed"] = np.where(crossed, "yes", channels["legs.any_crossed"])
    return Truth(channels, len(figure))


def joined_truths(truths: list[Truth]) -> Truth:
    """The classes of all poses, one part after another."""
    names = truths[0].channels if truths else {}
    channels = {name: np.concatenate([one.channels[name] for one in truths], axis=-1) for name in names}
    return Truth(channels, sum(one.poses for one in truths))


def _pick(holds: NDArray[np.bool_], yes: str = "yes", no: str = "no") -> Names:
    return np.where(holds, yes, no)


def _directions(limb: str, direction: Direction) -> dict[str, Names]:
    return {
        f"{limb}.level": np.array(LEVELS)[direction.level],
        f"{limb}.sector": np.array(SECTORS)[direction.sector],
    }


def _graded(values: Array, limits: tuple[float, ...], name: str, made: Callable[[Array], Names]) -> dict[str, Names]:
    """One channel a grade, ``lean_side1`` and so on; empty where the value has another grade."""
    grades = np.digitize(np.abs(values), limits)
    return {f"{name}{grade}": np.where(grades == grade, made(values), "") for grade in range(1, len(limits) + 1)}


def _way(values: Array) -> Names:
    return np.where(values > 0, *SIDES)


def _yes(values: Array) -> Names:
    return np.full(values.shape, "yes")


def _trunk_and_head(figure: Figure, upright: NDArray[np.bool_]) -> dict[str, Names]:
    forward = np.where(upright, np.degrees(np.arctan2(dot(figure.trunk, figure.ahead), figure.trunk[:, 1])), 0)
    aside = np.degrees(np.arcsin(np.clip(dot(figure.trunk, figure.aside), -1, 1))) * upright
    turn, nod, tilt = figure.head
    turn = np.nan_to_num(turn)
    return {
        # The same without grades, for texts that do not tell how far.
        "lean.forward": _pick(forward > LEAN_FORWARD[0]),
        "lean.back": _pick(-forward > LEAN_BACK[0]),
        "lean.side": np.where(np.abs(aside) > LEAN_SIDE[0], _way(aside), ""),
        "leans": _pick(upright & (figure.tilt > LEAN_SIDE[0])),
        "upright": _pick(upright & (figure.tilt < LEAN_FORWARD[1])),
        "twists": np.where(np.abs(figure.twist) > TWIST[0], _way(figure.twist), ""),
        "head.turn": np.where(np.abs(turn) > HEAD_TURN[0], _way(turn), "no"),
        "head.tilt": np.where(np.abs(tilt) > HEAD_TILT[0], _way(tilt), ""),
        "head.nod": _pick(nod > HEAD_BACK[0]),
        "head.back": _pick(-nod > HEAD_BACK[0]),
        **_graded(np.maximum(forward, 0), LEAN_FORWARD, "lean_forward", _yes),
        **_graded(np.maximum(-forward, 0), LEAN_BACK, "lean_back", _yes),
        **_graded(aside, LEAN_SIDE, "lean_side", _way),
        **_graded(figure.twist, TWIST, "twist", _way),
        **_graded(turn, HEAD_TURN, "head_turn", _way),
        **_graded(np.maximum(nod, 0), HEAD_NOD, "head_nod", _yes),
        **_graded(np.maximum(-nod, 0), HEAD_BACK, "head_back", _yes),
        **_graded(tilt, HEAD_TILT, "head_tilt", _way),
    }


def _arm_channels(figure: Figure, arms: Arms) -> dict[str, Names]:
    places = np.array(
        [
            _sided(place.name, {None: "", False: "own", True: "other"}[place.other]) if place.name else ""
            for place in CONTACTS
        ]
    )
    hands = figure.both("hand")
    above = hands[..., 1] - figure.both("shoulder")[..., 1]
    over = hands[..., 1] - figure.at("head")[None, :, 1]
    low = hands[..., 1] - figure.both("hip")[..., 1]
    return {
        "hand.shape": np.array(SHAPES)[figure.shapes],
        "elbow": np.array(BENDS)[figure.bends[2:]],
        "contact": places[arms.contact],
        "zone": np.array(ZONES)[arms.zone],
        "hands.together": _pick(arms.together),
        "arms.crossed": _pick(arms.crossed),
        "hand.height": np.select(
            [over > _ABOVE_HEAD, above > 0, low > 0], ["over_head", "over_shoulder", "over_hip"], "low"
        ),
    }


def _leg_channels(figure: Figure, ground: Ground) -> dict[str, Names]:
    knees = figure.both("knee")
    footing = footing_of(figure, ground)
    width, step, heels = footing.width, footing.step, footing.heels
    apart = np.linalg.norm(knees[0] - knees[1], axis=-1)
    over = ground.knees[0] - ground.knees[1]
    spread = dot(knees[0] - knees[1], figure.aside)
    crossed = (np.abs(over) > KNEE_OVER) & (spread < KNEES_CROSSED) & (width < ANKLES_NEAR)
    limits = (FEET_TOGETHER, SHOULDER_WIDTH, WIDE)
    strides = np.digitize(np.abs(step), (STEP, LONG_STEP))
    lifted = ground.feet - ground.feet[::-1]
    return {
        "knee": np.array(BENDS)[figure.bends[:2]],
        "knees.together": _pick(apart < KNEES_TOGETHER),
        "knees.apart": _pick(apart > KNEES_APART),
        "feet.spacing": np.array(_SPACINGS)[np.digitize(np.abs(width), limits)],
        "feet.step": np.where(strides == 1, _way(step), ""),
        "feet.stride": np.where(strides == 2, _way(step), ""),
        "feet.ahead": np.where(strides > 0, _way(step), ""),
        "feet.crossed": np.where(width < FEET_CROSSED, _way(step), ""),
        "feet.toes": _pick(np.asarray(heels.all(0))),
        "feet.heel": np.select([heels[0] & ~heels[1], heels[1] & ~heels[0]], SIDES, ""),
        "foot.hovering": _pick(footing.hovering),
        "legs.crossed": np.where(crossed, _way(over), ""),
        "legs.any_crossed": _pick(crossed | (width < ANKLES_CROSSED)),
        "legs.ankles_crossed": _pick((width < ANKLES_CROSSED) & ~crossed),
        "foot.lifted": _pick(lifted > min(FOOT_LIFTED, LEG_RAISED)),
    }
