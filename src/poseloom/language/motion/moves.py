"""Single movements in a stretch of time: what rises, bends, turns or comes down, from when to when, and how far."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from poseloom.language.motion.signals import FALLEN, SCALES, SIDES, Signals
from poseloom.language.motion.turning import turns_of

BOTH = "both"
_WATCHED = ("arm", "elbow", "knee", "hip", "foot", "lean", "side_lean", "twist", "head_turn", "head_nod", "height")
_TOLD = {"arm": 1.3, "elbow": 1.6, "knee": 1.6, "hip": 1.6, "foot": 1.4, "twist": 1.2, "head_turn": 1.0, "height": 1.7}
"""Changes that are told, in units of the smallest one."""
_NEAR = 0.5
"""Seconds by which movements of one sentence may begin apart; they may end twice as far apart."""
_INSIDE = 0.8
_HIGH_FOOT = 0.25
"""Metres from which a foot is told of somebody who turns round, whose feet are lifted anyway."""
_TELLING = {"foot": 1.8, "hip": 1.5, "elbow": 0.6, "head_turn": 0.7, "head_nod": 0.6, "twist": 0.8}
_TOGETHER = 0.5
"""Share of time that movements must have in common to be told as one."""
_EDGE = 0.15
"""Share of a movement at either end that is not looked at for when it begins and ends: rests end slowly."""
_TURN = 35.0
"""Degrees of heading from which turning round is told."""
_JUMP = 0.06
_JUMP_SECONDS = (0.1, 1.2)


@dataclass(frozen=True)
class Move:
    """One part of the body going from one value to another; places in the signals' times."""

    signal: str
    side: str
    start: int
    end: int
    before: float
    after: float
    way: str = ""
    """Of an arm in the end: ``front``, ``side``, ``back``."""

    @property
    def size(self) -> float:
        """In units of the smallest change worth telling."""
        return abs(self.after - self.before) / SCALES.get(self.signal, 20.0)

    @property
    def telling(self) -> float:
        """How much it tells of what somebody does: a leg that swings more than an elbow that bends with its arm."""
        return self.size * _TELLING.get(self.signal, 1.0)

    @property
    def change(self) -> float:
        return self.after - self.before


def moves_of(signals: Signals, span: slice) -> list[Move]:
    """The movements of a stretch of time, as they begin."""
    part = signals.part(span)
    if len(part) < 3:
        return []
    first = span.start or 0
    found = [*_limb_moves(part), *_turns(part), *_jumps(part)]
    found = _merged(_without_what_follows(found, part), part.rate)
    found = [replace(move, start=move.start + first, end=move.end + first) for move in found]
    return sorted(found, key=lambda move: (move.start, -round(move.size, 2), move.signal))


def groups_of(moves: Sequence[Move], rate: float) -> list[list[Move]]:
    """Movements that begin and end at about the same time, told in one sentence; none takes back another."""
    groups: list[list[Move]] = []
    for move in moves:
        if groups and _fits(groups[-1], move, rate):
            groups[-1].append(move)
        else:
            groups.append([move])
    return groups


def _fits(group: Sequence[Move], move: Move, rate: float) -> bool:
    start, end = min(one.start for one in group), max(one.end for one in group)
    near = move.start - start <= _NEAR * rate and abs(move.end - end) <= 2 * _NEAR * rate
    same = any(one.signal == move.signal and (one.side == move.side or BOTH in (one.side, move.side)) for one in group)
    return not same and (near or _common(group, move) >= _INSIDE)


def _common(group: Sequence[Move], move: Move) -> float:
    start, end = min(one.start for one in group), max(one.end for one in group)
    shared = min(end, move.end) - max(start, move.start)
    return shared / max(1, min(end - start, move.end - move.start))


def _limb_moves(signals: Signals) -> Iterator[Move]:
    for name in _WATCHED:
        rows = (
            [(side, signals.sided[name][number]) for number, side in enumerate(SIDES)] if name in signals.sided else []
        )
        rows = rows or [("", signals.middle[name])]
        for side, values in rows:
            least = _TOLD.get(name, 1.0) * SCALES[name]
            turns = turns_of(values, 0.8 * SCALES[name])
            places = [turn.place for turn in turns]
            for start, end in pairwise(places):
                change = float(values[end] - values[start])
                if abs(change) >= least:
                    yield _trimmed(
                        Move(name, side, start, end, float(values[start]), float(values[end])), values, signals
                    )


def _trimmed(move: Move, values: np.ndarray, signals: Signals) -> Move:
    """From when it has really begun to when it has nearly ended."""
    inside = (values[move.start : move.end + 1] - move.before) / move.change
    begun = move.start + int(np.flatnonzero(inside <= _EDGE)[-1])
    done = move.start + int(np.flatnonzero(inside >= 1 - _EDGE)[0])
    done = max(done, begun + 1)
    way = ""
    if move.signal == "arm":
        side = SIDES.index(move.side)
        out, front = (float(signals.sided[name][side][move.end]) for name in ("arm_out", "arm_front"))
        way = "front" if front > max(abs(out), 0.3) else "back" if front < -max(abs(out), 0.3) else "side"
    return replace(move, start=begun, end=min(done, len(values) - 1), way=way)


def _turns(signals: Signals) -> Iterator[Move]:
    if np.quantile(signals.middle["tilt"], 0.5) > FALLEN:
        return
    values = signals.heading
    places = [turn.place for turn in turns_of(values, _TURN)]
    for start, end in pairwise(places):
        yield _trimmed(Move("heading", "", start, end, float(values[start]), float(values[end])), values, signals)


def _jumps(signals: Signals) -> Iterator[Move]:
    """Times off the floor that begin and end on it."""
    if not signals.travels:
        return
    air = signals.airborne
    edges = np.flatnonzero(np.diff(np.concatenate([[False], air, [False]]).astype(int)))
    for start, end in edges.reshape(-1, 2).tolist():
        seconds = (end - start) / signals.rate
        height = float(signals.middle["rise"][start:end].max())
        if start > 0 and end < len(air) and _JUMP_SECONDS[0] <= seconds <= _JUMP_SECONDS[1] and height >= _JUMP:
            yield Move("rise", "", start - 1, end, 0.0, height)


def _without_what_follows(moves: Sequence[Move], signals: Signals) -> list[Move]:
    """Without what goes with something larger: hips and knees of who goes down, an elbow while the arm is raised."""
    kept = []
    for move in moves:
        others = [one for one in moves if one is not move and _common([one], move) >= _TOGETHER]
        if not any(_implies(one, move) for one in others):
            kept.append(move)
    return kept


def _implies(one: Move, move: Move) -> bool:
    """Whether telling `one` makes `move` go without saying."""
    same = one.side == move.side or not one.side
    pairs = {
        "height": ("hip", "knee", "foot", "lean"),
        "rise": ("height", "hip", "knee", "foot", "arm_out"),
        "foot": ("hip", "knee"),
        "hip": ("knee",),
        "heading": ("twist",),
    }
    if one.signal == "arm" and move.signal == "elbow":
        return same and move.size < one.size
    if one.signal == "heading" and move.signal == "foot":
        return move.after < _HIGH_FOOT
    if one.signal == "lean" and move.signal == "hip":
        return abs(one.change) > 25
    return same and move.signal in pairs.get(one.signal, ())


def _merged(moves: Sequence[Move], rate: float) -> list[Move]:
    """The same of both sides as one."""
    made: list[Move] = []
    used: set[int] = set()
    for number, move in enumerate(moves):
        if number in used:
            continue
        for other in range(number + 1, len(moves)):
            twin = moves[other]
            if other not in used and _are_twins(move, twin) and _at_once(move, twin, rate):
                used.add(other)
                start, end = min(move.start, twin.start), max(move.end, twin.end)
                before, after = (move.before + twin.before) / 2, (move.after + twin.after) / 2
                move = replace(move, side=BOTH, start=start, end=end, before=before, after=after)
                break
        made.append(move)
    return made


def _at_once(move: Move, twin: Move, rate: float) -> bool:
    """Whether two movements begin and end at about the same time."""
    return max(abs(move.start - twin.start), abs(move.end - twin.end)) <= _NEAR * rate


def _are_twins(move: Move, twin: Move) -> bool:
    if move.signal != twin.signal or not move.side or move.side == twin.side or BOTH in (move.side, twin.side):
        return False
    alike = abs(move.after - twin.after) <= 1.2 * SCALES[move.signal] and move.change * twin.change > 0
    return alike and move.way == twin.way and _common([move], twin) >= _TOGETHER
