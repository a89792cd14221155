"""What of a sign the body could not do as it is written, in words: measured on the joints of the finished clip.

Directions are those of the hands' own rotations, distances those of places from bones as thick as a thin hand is. A
direction counts in the best of the frames in which it is asked for, and so does a place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.language.hamnosys.orientation import name_of
from poseloom.pose import Pose
from poseloom.pose.joints import FINGERS, JOINT_INDEX, PARENTS
from poseloom.pose.kinematics import forward_kinematics
from poseloom.pose.skeleton import rest_offsets
from poseloom.signer.asked import Meet, Moment, Placed, Turned
from poseloom.signer.frames import SIDES, hand_axes, to_notation
from poseloom.signer.hand_points import TIP_LENGTHS

ASTRAY = 20.0
"""Degrees beside what is written from which on a direction is told of."""
APART = 0.02
"""Metres between what shall touch from which on it is told of."""
FAR = 0.2
"""Metres from its place from which on a hand that touches nothing is told of; it is held where an arm can turn it."""
_FINGER, _THUMB, _PALM, _FOREARM, _UPPER_ARM = 0.008, 0.010, 0.014, 0.026, 0.045
"""Metres: radii of what is about the bones."""
_NOTHING = 1e-9


@dataclass(frozen=True)
class Unmet:
    """Something that is asked for and not done.

    Args:
        sign: which sign it is, counted from 1.
        hand: which one it is; "" where it is the two.
        says: what that hand does, in words.
        excess: how far it is off, 1 where that begins to be told of.
        alike: whether the other hand does the mirror image.
    """

    sign: int
    hand: str
    says: str
    excess: float
    alike: bool = False

    @property
    def sentence(self) -> str:
        """The whole of it."""
        if not self.hand:
            return self.says
        also = f", the {_MIRRORED[self.hand]} one alike" if self.alike else ""
        return f"the {self.hand} hand {self.says}{also}"


def unmet(pose: Pose, moments: Sequence[tuple[int, Moment]]) -> list[Unmet]:
    """What of all that is asked for has not been done.

    Args:
        pose: every frame of a clip.
        moments: each with the number of its sign, in the clip's own frames.
    """
    if not moments:
        return []
    spans = [range(moment.first, min(moment.last, len(pose) - 1) + 1) for _, moment in moments]
    frames = sorted({frame for span in spans for frame in span})
    row, seen = {frame: number for number, frame in enumerate(frames)}, _Seen.of(pose[frames])
    found: dict[tuple[int, str, str], Unmet] = {}
    for (sign, moment), span in zip(moments, spans, strict=True):
        told = _told(moment, seen, [row[frame] for frame in span])
        if told is None:
            continue
        kind, hand, says, excess = told
        key = (sign, kind, hand)
        if key not in found or found[key].excess < excess:
            found[key] = Unmet(sign, hand, says, excess)
    return _both_alike(list(found.values()))


@dataclass(frozen=True, eq=False)
class _Seen:
    """Joints of some frames, metres from the pelvis, with the chest where it is at rest; hands as they are turned."""

    joints: Float[Tensor, "frames 52 3"]
    tips: Float[Tensor, "frames 2 5 3"]
    hands: Float[Tensor, "frames 2 3 3"]
    """Columns: where the fingers point, where the palm looks, the thumb's side, in the world."""

    @classmethod
    def of(cls, pose: Pose) -> _Seen:
        offsets, chest = rest_offsets(), JOINT_INDEX["spine3"]
        rotations, joints = forward_kinematics(pose.matrices(), offsets, PARENTS)
        rest = sum((offsets[JOINT_INDEX[name]] for name in ("spine1", "spine2", "spine3")), torch.zeros(3))
        last = torch.tensor([[JOINT_INDEX[f"{side}_{finger}3"] for finger in FINGERS] for side in SIDES])
        along = rotations[:, last, :, 0] * torch.tensor([1.0, -1.0])[:, None, None]
        tips = joints[:, last] + along * torch.tensor([TIP_LENGTHS[finger] for finger in FINGERS])[:, None]
        seen = [
            (points - joints[:, chest, None]) @ rotations[:, chest] + rest for points in (joints, tips.flatten(1, 2))
        ]
        hands = torch.stack([hand_axes(rotations[:, JOINT_INDEX[f"{side}_wrist"]], side) for side in SIDES], dim=1)
        return cls(seen[0], seen[1].unflatten(1, (2, 5)), hands)

    def bones(self, side: str, *parts: str) -> tuple[Tensor, Tensor, Tensor]:
        """Starts and ends (frames, bones, 3) and radii of parts of an arm: ``hand``, ``forearm``, ``upper arm``."""
        chains, radii = _chains(side, parts)
        points = torch.cat([self.joints, self.tips.flatten(1, 2)], dim=1)
        return points[:, chains[0]], points[:, chains[1]], radii


@lru_cache(maxsize=16)
def _chains(side: str, parts: tuple[str, ...]) -> tuple[Tensor, Tensor]:
    """Both ends of bones, rows of joints and then of tips, and the bones' radii."""
    rows, radii = [], []
    named = {"forearm": ("elbow", "wrist", _FOREARM), "upper arm": ("shoulder", "elbow", _UPPER_ARM)}
    for part in parts:
        if part != "hand":
            start, end, radius = named[part]
            rows.append((JOINT_INDEX[f"{side}_{start}"], JOINT_INDEX[f"{side}_{end}"]))
            radii.append(radius)
            continue
        for place, finger in enumerate(FINGERS):
            joints = [JOINT_INDEX[f"{side}_{finger}{number}"] for number in (1, 2, 3)]
            chain = [JOINT_INDEX[f"{side}_wrist"], *joints, len(PARENTS) + SIDES.index(side) * len(FINGERS) + place]
            rows += list(pairwise(chain))
            radii += [_PALM, *([_THUMB if finger == "thumb" else _FINGER] * 3)]
    return torch.tensor(rows).T, torch.tensor(radii)


# -- measuring ---------------------------------------------------------------------------------------------------------

_Told = tuple[str, str, str, float]


def _told(moment: Moment, seen: _Seen, rows: list[int]) -> _Told | None:
    """Kind, whose hand, words and share of something that is off; None where it is as it is asked for."""
    ask = moment.ask
    if isinstance(ask, Turned):
        return _turned(ask, seen, rows)
    if isinstance(ask, Placed):
        away = _to_point(ask.point, *seen.bones(ask.side, "hand"))[rows]
        limit, off = (APART, "which it should touch") if ask.touches else (FAR, "where it should be")
        length = float(away.min())
        says = f"stays {100 * length:.1f} cm from {ask.words}, {off}"
        return ("place", ask.side, says, length / limit) if length > limit else None
    apart = float(_apart(seen, ask)[rows].min())
    return ("meet", "", f"what shall touch stays {100 * apart:.1f} cm apart", apart / APART) if apart > APART else None


def _turned(ask: Turned, seen: _Seen, rows: list[int]) -> _Told | None:
    axes = seen.hands[rows, SIDES.index(ask.side)]
    asked = [(column, wanted) for column, wanted in enumerate((ask.fingers, ask.palm)) if wanted is not None]
    degrees = torch.stack([_degrees(axes[:, :, column], wanted) for column, wanted in asked])
    best = int(degrees.amax(0).argmin())
    off = degrees[:, best].tolist()
    if max(off) <= ASTRAY:
        return None
    says = [
        f"{_DOES[column]} {_beside(axes[best, :, column], wanted, angle)}"
        for (column, wanted), angle in zip(asked, off, strict=True)
        if angle > ASTRAY
    ]
    return "direction", ask.side, " and ".join(says), max(off) / ASTRAY


_DOES = ("points", "holds its palm")


def _beside(is_so: Float[Tensor, "3"], wanted: Float[Tensor, "3"], angle: float) -> str:
    name, asked = _name(is_so), _name(wanted)
    return f"{name + ', ' if name != asked else ''}{angle:.0f} degrees beside {asked}"


def _name(vector: Float[Tensor, "3"]) -> str:
    return name_of(to_notation(vector))


def _degrees(one: Float[Tensor, "frames 3"], other: Float[Tensor, "3"]) -> Float[Tensor, " frames"]:
    across = torch.linalg.cross(one, other.expand_as(one)).norm(dim=-1)
    return torch.atan2(across, one @ other).rad2deg()


def _to_point(point: Tensor, starts: Tensor, ends: Tensor, radii: Tensor) -> Float[Tensor, " frames"]:
    """Metres from a point to the nearest skin about bones."""
    line = ends - starts
    share = ((point - starts) * line).sum(-1) / (line * line).sum(-1).clamp_min(_NOTHING)
    return ((starts + share.clamp(0, 1)[..., None] * line - point).norm(dim=-1) - radii).amin(-1)


_SHARES = torch.linspace(0, 1, 7)


def _apart(seen: _Seen, ask: Meet) -> Float[Tensor, " frames"]:
    """Metres between the two arms: points along the bones of one, and the bones of the other."""
    parts = ("hand", "forearm")
    first = seen.bones("right", *parts)
    starts, ends, radii = seen.bones("left", *parts, *(("upper arm",) if ask.upper_arm else ()))
    points = (first[0][:, :, None] + (first[1] - first[0])[:, :, None] * _SHARES[:, None]).flatten(1, 2)
    line = (ends - starts)[:, None]
    away = points[:, :, None] - starts[:, None]
    share = ((away * line).sum(-1) / (line * line).sum(-1).clamp_min(_NOTHING)).clamp(0, 1)
    gaps = (away - share[..., None] * line).norm(dim=-1) - radii - first[2].repeat_interleave(len(_SHARES))[:, None]
    return gaps.flatten(1).amin(-1)


# -- in words ----------------------------------------------------------------------------------------------------------

_MIRRORED = {"left": "right", "right": "left"}
_MOST, _WORST = 5, 4
"""Signs that are told of one by one; how many where there are more."""


def _both_alike(found: list[Unmet]) -> list[Unmet]:
    """One for both hands where the other one's is its mirror image."""
    kept: list[Unmet] = []
    for one in found:
        twin = next((each for each in kept if each.sign == one.sign and each.says == mirrored_words(one.says)), None)
        if twin is None or not one.hand or twin.hand == one.hand:
            kept.append(one)
        else:
            kept[kept.index(twin)] = replace(twin, alike=True)
    return kept


def mirrored_unmet(found: Iterable[Unmet]) -> list[Unmet]:
    """Of a clip that is mirrored."""
    return [replace(one, hand=_MIRRORED.get(one.hand, ""), says=mirrored_words(one.says)) for one in found]


def mirrored_words(words: str) -> str:
    """The same with left and right exchanged."""
    return _SIDE.sub(lambda found: _MIRRORED[found.group()], words)


_SIDE = re.compile(r"\b(left|right)\b")


def noted(found: Sequence[Unmet]) -> list[dict[str, Any]]:
    """A row for each sign that is not as written: ``sign``, ``says``, ``excess`` (1 where it begins to be told)."""
    rows: list[dict[str, Any]] = []
    for sign in sorted({one.sign for one in found}):
        own = [one for one in found if one.sign == sign]
        worst = max(one.excess for one in own)
        rows.append({"sign": sign, "says": "; ".join(one.sentence for one in own), "excess": round(worst, 2)})
    return rows


def remarks_on(rows: Sequence[dict[str, Any]], names: Sequence[str]) -> list[str]:
    """Lines for what is unmet, a few at most.

    Args:
        rows: as `noted` makes them.
        names: what each sign of the clip is called; "" where it has no name.
    """
    told, lines = rows, []
    if len(rows) > _MOST:
        told = sorted(sorted(rows, key=lambda row: -row["excess"])[:_WORST], key=lambda row: row["sign"])
        lines = [f"{len(rows)} of {len(names)} signs are not quite as written; the {_WORST} that are farthest off:"]
    return lines + [_where(row["sign"], names) + row["says"] for row in told]


def _where(sign: int, names: Sequence[str]) -> str:
    name = names[sign - 1]
    if len(names) == 1:
        return f"{name}: " if name else ""
    return f"sign {sign} ({name}): " if name else f"sign {sign}: "
