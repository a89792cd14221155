"""Where arms and legs point and what the hands are near, as classes; any number of poses, left before right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int
from numpy.typing import NDArray

from poseloom.language.description.figure import OUTWARD, Array, Figure, dot, unit
from poseloom.language.description.posture import HAND_DOWN, Ground

Classes = NDArray[np.int64]

LEVELS = ("down", "low", "level", "high", "up", "plumb", "vertical_up", "vertical_down")
"""Elevation of a limb in its frame. plumb: an arm hangs straight down from a trunk that leans, so not along it; the
vertical ones are used where the trunk is not upright and the limb points straight up or down in the room."""
LEVEL_BOUNDS = np.array([-65.0, -25.0, 25.0, 65.0])
"""Degrees above the horizontal of the frame."""
SECTORS = ("forward", "forward_out", "out", "back_out", "back", "across")
SECTOR_BOUNDS = np.array([-150.0, -30.0, 30.0, 60.0, 120.0, 150.0])
"""Degrees from forward, positive outward; below the first and above the last is back."""
_SECTOR_OF_BIN = np.array([4, 5, 0, 1, 2, 3, 4])
PLUMB = 0.87
"""Share of a unit vector that is vertical when a limb of a lying body points straight up or down (30 degrees)."""
UPRIGHT = 0.70
"""Height of the upward axis of an upright trunk: within 45 degrees of the vertical."""

ZONES = (
    "",
    "front_face",
    "front_chest",
    "front_belly",
    "front_hips",
    "behind_back",
    "behind_head",
    "beside_head",
    "above_head",
)
_FORWARD_HEAD = 0.07
"""Metres from the head joint (base of the skull) to the middle of the head, along the neck's line."""


@dataclass(frozen=True)
class Direction:
    """Class of a limb's direction, (2, poses)."""

    level: Int[np.ndarray, "2 poses"]
    sector: Int[np.ndarray, "2 poses"]


@dataclass(frozen=True)
class Arms:
    """Classes of both arms; `upright` is (poses,), the rest (2, poses)."""

    upright: Bool[np.ndarray, poses]
    whole: Direction
    upper: Direction
    fore: Direction
    contact: Classes
    """Index into `CONTACTS`; 0 is none."""
    touching: Bool[np.ndarray, "2 poses"]
    """Whether the hand's skin is at that of the place."""
    zone: Classes
    """Index into `ZONES`."""
    together: Bool[np.ndarray, poses]
    crossed: Bool[np.ndarray, poses]


@dataclass(frozen=True)
class Legs:
    """Classes of both legs."""

    upright: Bool[np.ndarray, poses]
    thigh: Direction
    shin: Direction


@dataclass(frozen=True)
class Contact:
    """A place that a hand may be at: its name, whether on the other side (None: the middle), its reach in metres."""

    name: str
    other: bool | None
    reach: float


CONTACTS = (
    Contact("", None, 0),
    Contact("ground", None, HAND_DOWN),
    Contact("face", None, 0.20),
    Contact("chin", None, 0.20),
    Contact("back_of_head", None, 0.20),
    Contact("top_of_head", None, 0.20),
    Contact("ear", False, 0.20),
    Contact("shoulder", False, 0.14),
    Contact("shoulder", True, 0.15),
    Contact("upper_arm", True, 0.12),
    Contact("elbow", True, 0.13),
    Contact("forearm", True, 0.11),
    Contact("hip", False, 0.15),
    Contact("hip", True, 0.13),
    Contact("thigh", False, 0.14),
    Contact("thigh", True, 0.13),
    Contact("knee", False, 0.16),
    Contact("knee", True, 0.15),
    Contact("shin", False, 0.13),
    Contact("shin", True, 0.13),
    Contact("foot", False, 0.15),
    Contact("foot", True, 0.15),
)
SKIN = {
    **dict.fromkeys(("face", "chin", "back_of_head", "top_of_head", "ear"), 0.135),
    **{"shoulder": 0.10, "upper_arm": 0.085, "elbow": 0.085, "forearm": 0.075},
    **{"knee": 0.105, "shin": 0.085, "foot": 0.10},
}
"""Metres between a hand's middle and the joint or bone of a place within which their skins touch: the flesh of both."""
_NUMBER = {(one.name, one.other): index for index, one in enumerate(CONTACTS)}
HANDS_TOGETHER = 0.16
PAST_MIDDLE = -0.03
"""Metres outward from the middle of the trunk at which a hand counts as past it."""


def direction_of(vectors: Array) -> Direction:
    """Classes of directions given as (outward, up, forward)."""
    out, up, forward = np.moveaxis(unit(vectors), -1, 0)
    level = np.digitize(np.degrees(np.arcsin(np.clip(up, -1, 1))), LEVEL_BOUNDS)
    sector = _SECTOR_OF_BIN[np.digitize(np.degrees(np.arctan2(out, forward)), SECTOR_BOUNDS)]
    return Direction(level, sector)


def arms_of(figure: Figure, ground: Ground) -> Arms:
    """Classes of the arms of every pose."""
    upright = figure.chest_frame[:, 1, 1] > UPRIGHT
    frame = own_frame(figure.chest_frame, upright)
    shoulder, elbow, wrist = (figure.both(part) for part in ("shoulder", "elbow", "wrist"))
    contact, touching = _contacts(figure, ground, upright)
    hands = figure.both("hand")
    apart = np.linalg.norm(hands[0] - hands[1], axis=-1)
    together = apart < HANDS_TOGETHER
    zone = _zones(figure)
    crossed = _crossed(figure, contact, zone) & ~together
    return Arms(
        upright,
        _class(figure, wrist - shoulder, frame, upright),
        _class(figure, elbow - shoulder, frame, upright),
        _class(figure, wrist - elbow, frame, upright),
        contact,
        touching,
        zone,
        together,
        crossed,
    )


def _crossed(figure: Figure, contact: Classes, zone: Classes) -> NDArray[np.bool_]:
    """Arms folded: both bent, each hand past the middle of the trunk, at the other arm or in front of the trunk."""
    away = figure.own(figure.both("hand") - figure.at("spine3")[None], figure.chest_frame)
    past = (away[..., 0] < PAST_MIDDLE) & (away[..., 2] > 0)
    other_arm = [_NUMBER[name, True] for name in ("upper_arm", "elbow", "forearm", "shoulder")]
    at_trunk = np.isin(zone, [ZONES.index("front_chest"), ZONES.index("front_belly")])
    bent = figure.bends[2:] < 4
    return np.asarray((past & bent & (np.isin(contact, other_arm) | at_trunk)).all(0))


def legs_of(figure: Figure, upright: NDArray[np.bool_]) -> Legs:
    """Classes of the legs of every pose; `upright` says which ones stand, sit or kneel."""
    frame = own_frame(figure.pelvis_frame, upright)
    hip, knee, ankle = (figure.both(part) for part in ("hip", "knee", "ankle"))
    return Legs(upright, _class(figure, knee - hip, frame, upright), _class(figure, ankle - knee, frame, upright))


def own_frame(own: Array, upright: NDArray[np.bool_]) -> Array:
    """The body's own frame, made plumb where it is upright."""
    left = unit(own[:, 0] * np.array([1, 0, 1], np.float32))
    up = np.broadcast_to(np.array([0, 1, 0], np.float32), left.shape)
    plumb = np.stack([left, up, np.cross(left, up)], axis=-2)
    return np.where(upright[:, None, None], plumb, own)


def _class(figure: Figure, vectors: Array, frame: Array, upright: NDArray[np.bool_]) -> Direction:
    vectors = unit(vectors)
    made = direction_of(figure.own(vectors, frame))
    own = direction_of(figure.own(vectors, figure.chest_frame))
    level = np.where(upright & (made.level == 0) & (own.level != 0), LEVELS.index("plumb"), made.level)
    level = np.where(~upright & (vectors[..., 1] > PLUMB), LEVELS.index("vertical_up"), level)
    level = np.where(~upright & (vectors[..., 1] < -PLUMB), LEVELS.index("vertical_down"), level)
    return Direction(level, made.sector)


def _to_segment(points: Array, start: Array, end: Array) -> Array:
    along = end - start
    share = dot(points - start, along) / np.maximum(dot(along, along), 1e-9)
    return np.linalg.norm(points - start - np.clip(share, 0, 1)[..., None] * along, axis=-1)


def _part_way(start: Array, end: Array, share: float) -> Array:
    return start + share * (end - start)


def _contacts(figure: Figure, ground: Ground, upright: NDArray[np.bool_]) -> tuple[Classes, NDArray[np.bool_]]:
    """The place that each hand is nearest to, measured in its reach, and whether it is touched there."""
    hands = figure.both("hand")
    joint = {name: figure.both(name) for name in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle", "foot")}
    distances = np.full((len(CONTACTS), *hands.shape[:2]), np.inf, np.float32)

    def put(name: str, other: bool | None, metres: Array) -> None:
        index = _NUMBER[name, other]
        distances[index] = metres / CONTACTS[index].reach

    put("ground", None, ground.hands)
    for name, index, metres in _head_places(figure, hands):
        put(name, index, metres)
    pelvis = figure.pelvis_frame
    # Hands on the hips lie above and outside of the hip joints.
    waist = joint["hip"] + 0.13 * pelvis[None, :, 1] + 0.06 * OUTWARD[..., None] * pelvis[None, :, 0]
    for other in (False, True):
        side = slice(None, None, -1 if other else 1)
        put("shoulder", other, np.linalg.norm(hands - joint["shoulder"][side], axis=-1))
        put("hip", other, np.linalg.norm(hands - waist[side], axis=-1))
        put(
            "thigh",
            other,
            _to_segment(hands, _part_way(joint["hip"][side], joint["knee"][side], 0.3), joint["knee"][side]),
        )
        put("knee", other, np.linalg.norm(hands - joint["knee"][side], axis=-1))
        put("shin", other, _to_segment(hands, joint["knee"][side], joint["ankle"][side]))
        ankle, foot = (np.linalg.norm(hands - joint[part][side], axis=-1) for part in ("ankle", "foot"))
        put("foot", other, np.minimum(ankle, foot))
    across = slice(None, None, -1)
    put("upper_arm", True, _to_segment(hands, joint["shoulder"][across], joint["elbow"][across]))
    put("elbow", True, np.linalg.norm(hands - joint["elbow"][across], axis=-1))
    middle = _part_way(joint["elbow"][across], joint["wrist"][across], 0.6)
    put("forearm", True, _to_segment(hands, joint["elbow"][across], middle))
    _rule_out(figure, distances, upright)
    nearest = distances.argmin(0)
    contact = np.where(distances.min(0) < 1, nearest, 0)
    metres = distances.min(0) * np.array([place.reach for place in CONTACTS])[nearest]
    return contact, metres < np.array([SKIN.get(place.name, 0.0) for place in CONTACTS])[contact]


def _head_places(figure: Figure, hands: Array) -> list[tuple[str, bool | None, Array]]:
    """Distance of the hands from the head, for that part of the head which they are at; infinite for the others."""
    up = unit(figure.at("head") - figure.at("neck"))
    middle = figure.at("head") + _FORWARD_HEAD * up
    away = hands - middle
    turn = np.radians(np.nan_to_num(figure.head[0]))[:, None]
    left, front = figure.chest_frame[:, 0], figure.chest_frame[:, 2]
    front = np.cos(turn) * front + np.sin(turn) * left
    metres = np.linalg.norm(away, axis=-1)
    direction = unit(away)
    height, ahead = dot(direction, up[None]), dot(direction, front[None])
    top = height > 0.75
    chin = ~top & (height < -0.35) & (ahead > 0.2)
    face = ~top & ~chin & (ahead > 0.6)
    back = ~top & (ahead < -0.35)
    ear = ~top & ~chin & ~face & ~back & (height > -0.6)
    places = (("top_of_head", None, top), ("chin", None, chin), ("face", None, face), ("back_of_head", None, back))
    return [(name, other, np.where(here, metres, np.inf)) for name, other, here in (*places, ("ear", False, ear))]


def _rule_out(figure: Figure, distances: Array, upright: NDArray[np.bool_]) -> None:
    """Drop places that a hand passes anyway: the own thigh and hip beside a hanging or stretched arm."""
    straight = figure.bends[2:] >= 4
    thighs = unit(figure.both("knee") - figure.both("hip"))
    hanging = straight & (dot(thighs, -figure.trunk[None]) > 0.7)
    for name in ("hip", "thigh"):
        distances[_NUMBER[name, False]][hanging] = np.inf
    # A hand at the ground is worth telling only where the body does not lie on the ground itself.
    lying = (figure.at("pelvis")[:, 1] < 0.3) & (figure.at("neck")[:, 1] < 0.45)
    distances[_NUMBER["ground", None]][:, lying] = np.inf


def _zones(figure: Figure) -> Classes:
    """Where a free hand is beside the trunk or the head; 0 where no word fits."""
    frame = figure.chest_frame
    away = figure.both("hand") - figure.at("pelvis")[None]
    left, up, front = (dot(away, frame[None, :, axis]) for axis in range(3))
    neck = dot(figure.at("neck") - figure.at("pelvis"), frame[:, 1])
    head = dot(figure.at("head") - figure.at("pelvis"), frame[:, 1])
    share = up / np.maximum(neck, 0.2)
    central, near = np.abs(left) < 0.19, np.abs(left) < 0.38
    before, behind = (front > 0.08) & (front < 0.5), (front < -0.06) & (front > -0.4)
    rules = (
        ("above_head", near & (up > head + 0.22)),
        ("front_face", central & before & (up > neck + 0.06)),
        ("beside_head", near & ~central & (up > neck + 0.05) & (np.abs(front) < 0.25)),
        ("front_chest", central & before & (share > 0.5) & (up <= neck + 0.06)),
        ("front_belly", central & before & (share > 0.0) & (share <= 0.5)),
        ("front_hips", central & before & (share > -0.6) & (share <= 0.0)),
        ("behind_head", central & (up > neck - 0.02) & (front <= 0.08) & (front > -0.3)),
        ("behind_back", central & behind & (share > -0.35) & (share < 0.9)),
    )
    zones = np.zeros(left.shape, np.int64)
    for name, holds in reversed(rules):
        zones[holds] = ZONES.index(name)
    return zones
