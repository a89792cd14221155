"""What legs and feet do: the free leg, the knees, steps and lifted feet."""

from __future__ import annotations

import numpy as np

from poseloom.language.description.facts import UPRIGHT_POSTURES
from poseloom.language.description.figure import SIDES, Array, Figure, dot
from poseloom.language.description.limbs import legs_of
from poseloom.language.description.posture import Ground, Postures
from poseloom.language.instruction.change import SHIFT, STRETCHED, Change, bent
from poseloom.language.instruction.limb_moves import (
    RISE,
    going,
    knee_and_elbow_angles,
    moves_of,
    pairs_of,
    shift_change,
)

STEP = 0.15
FOOT_LIFT = 0.10
SWING = 20.0
SHIN_SWING = 35.0
ONE_LEG = "stand_one"
LEGS_TOLD = ("sit_chair", "sit_cross", "sit_heels", "kneel", "kneel_one", "all_fours", "squat_deep", "bridge")
"""Postures whose name says where the legs go."""
BY_FOOT = ("stand", ONE_LEG)
"""Postures that the height of one foot tells apart."""
LUNGES = ("lunge", "side_lunge")
"""Postures whose name says how the feet are set."""
SQUATS = ("squat", "squat_deep")
"""Postures whose name says that the knees bend, as leaving them says that the knees open."""
ON_FEET = ("stand", "squat", "squat_deep", "stand_one", "lunge", "side_lunge")
_CHAIN = ("hip", "knee", "ankle")
_KNEES = slice(0, 2)


class LegChanges:
    """The legs of pairs of poses."""

    def __init__(
        self, first: Figure, second: Figure, grounds: tuple[Ground, Ground], postures: tuple[Postures, Postures]
    ) -> None:
        self._postures = postures
        self._upright = [np.array([name in UPRIGHT_POSTURES for name in one.names], bool) for one in postures]
        both = self._upright[0] & self._upright[1]
        self.moves = moves_of(first, second, _CHAIN, "pelvis", both)
        legs = [legs_of(figure, up) for figure, up in zip((first, second), self._upright, strict=True)]
        self.thighs = [pairs_of(one.thigh) for one in legs]
        self.shins = [pairs_of(one.shin) for one in legs]
        self.angles = [knee_and_elbow_angles(figure)[_KNEES].tolist() for figure in (first, second)]
        self.lifts = grounds[1].feet - grounds[0].feet
        gaps = [_gaps(figure) for figure in (first, second)]
        self.step = (gaps[1][0] - gaps[0][0]).tolist()
        self.width = (np.abs(gaps[1][1]) - np.abs(gaps[0][1])).tolist()
        spreads = [np.hypot(*gap) for gap in gaps]
        self._spread = (spreads[1] - spreads[0]).tolist()
        self._rise = (grounds[1].pelvis - grounds[0].pelvis).tolist()
        self._travel = (_places(second) - _places(first)).T.tolist()
        self._lift_rows = self.lifts.T.tolist()

    def of(self, pair: int) -> list[Change]:
        """The changes of both legs of one pair."""
        before, after = (one.names[pair] for one in self._postures)
        found = self._feet(pair, before, after)
        if after != before and after in LEGS_TOLD:
            return found
        for side in (0, 1):
            opening = self.angles[1][side][pair] - self.angles[0][side][pair]
            bend = []
            if not (before != after and after in ON_FEET and (after if opening < 0 else before) in SQUATS):
                bend = bent(opening, self.angles[1][side][pair], SIDES[side], "knee", "leg")
            found += bend if self._carries(pair, side, after) else self._free(pair, side, bend)
        return found

    def resettled(self, pair: int) -> bool:
        """Whether somebody on both feet who leaves a lunge really comes up or brings the feet together."""
        before, after = (one.names[pair] for one in self._postures)
        if after != "stand" or before not in LUNGES:
            return True
        return self._spread[pair] <= -STEP or self._rise[pair] >= RISE

    def context(self, pair: int) -> str:
        """Which words fit where the legs point in the second pose."""
        return context_of(self._postures[1].names[pair])

    def _carries(self, pair: int, side: int, after: str) -> bool:
        """Whether the person stands on that leg in the end: it is not moved but stepped with."""
        return after in ON_FEET and not (after == ONE_LEG and self._postures[1].sides[pair] != side)

    def _free(self, pair: int, side: int, bend: list[Change]) -> list[Change]:
        """A leg in the air, or of somebody who sits or lies."""
        moves, name = self.moves, SIDES[side]
        context = context_of(self._postures[1].names[pair])
        thighs, shins = ([one[side][pair] for one in rows] for rows in (self.thighs, self.shins))
        straight = [angles[side][pair] >= STRETCHED for angles in self.angles]
        changed = self._upright[0][pair] != self._upright[1][pair]
        end, middle = moves.ends[side, pair], moves.middles[side, pair]
        size = float(np.abs(end).max()) / SHIFT[0]
        found = []
        if moves.upper_turn[side, pair] >= SWING and (changed or thighs[0] != thighs[1]):
            noun = "leg" if straight[1] else "knee"
            rise = float((end if straight[1] else middle)[1])
            goal = f"{noun}.{context}.{thighs[1][0]}"
            found.append(Change(size, f"go.{going(rise)}", side=name, noun=noun, goal=goal, sector=thighs[1][1]))
        elif moves.upper_turn[side, pair] >= SWING:
            found += shift_change(end if straight[1] else middle, name, "leg" if straight[1] else "knee")
        turned = moves.lower_turn[side, pair] >= SHIN_SWING and (changed or shins[0] != shins[1])
        if not straight[1] and turned and context != "floor":
            goal = f"shin.{context}.{shins[1][0]}"
            found.append(Change(size, "point", side=name, noun="shin", goal=goal, sector=shins[1][1]))
        return [*(found or shift_change(end, name, "foot")), *bend]

    def _feet(self, pair: int, before: str, after: str) -> list[Change]:
        """Steps and lifted feet of somebody who stands in both poses."""
        if before not in ON_FEET or after not in ON_FEET or after == ONE_LEG:
            return []
        if after != before and after in LUNGES:
            return []
        found = _steps(self.step[pair], self.width[pair], self._travel[pair])
        return [*found, *(_lifts(self._lift_rows[pair]) if after == before else ())]


def context_of(posture: str) -> str:
    if posture == "sit_floor":
        return "floor"
    return "upright" if posture in UPRIGHT_POSTURES else "body"


def _gaps(figure: Figure) -> tuple[Array, Array]:
    """The left foot's lead over the right one, and the width between them."""
    ankles = figure.both("ankle")
    gap = ankles[0] - ankles[1]
    return dot(gap, figure.ahead), dot(gap, figure.aside)


def _places(figure: Figure) -> Array:
    """(2, poses): how far in front of the pelvis each foot is."""
    return dot(figure.both("ankle") - figure.at("pelvis")[None], figure.ahead[None])


def _lifts(heights: list[float]) -> list[Change]:
    return [
        Change(abs(height) / FOOT_LIFT, "foot.lift" if height > 0 else "foot.drop", side=SIDES[side], noun="foot")
        for side, height in enumerate(heights)
        if abs(height) >= FOOT_LIFT
    ]


def _steps(step: float, width: float, travel: list[float]) -> list[Change]:
    """Tell the step of the foot that travels further."""
    found = []
    if abs(step) >= STEP:
        side = 0 if abs(travel[0]) >= abs(travel[1]) else 1
        name = f"step.{'forward' if travel[side] > 0 else 'back'}"
        found.append(Change(abs(step) / STEP, name, side=SIDES[side], noun="foot"))
    if abs(width) >= STEP:
        found.append(Change(abs(width) / STEP, f"step.{'apart' if width > 0 else 'together'}"))
    return found
