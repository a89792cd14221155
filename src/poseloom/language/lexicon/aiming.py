"""Angles of parts that are aimed at something, where the rest of the body is held already.

The best of a grid of the movements that aim: head for the eyes, forearm and wrist for palms, shoulder for forearms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import product

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.language.lexicon.aims import Aim
from poseloom.language.lexicon.draft import OTHER_SIDE, Draft
from poseloom.language.lexicon.names import SIDES
from poseloom.pose.contact import ContactFigure
from poseloom.pose.joints import JOINT_INDEX
from poseloom.pose.movement import MOVEMENT_INDEX, to_matrices
from poseloom.pose.ranges import clip_angles
from poseloom.pose.touch import place

_DIRECTIONS = {
    "up": (0.0, 1.0, 0.0), "down": (0.0, -1.0, 0.0), "forward": (0.0, 0.0, 1.0), "back": (0.0, 0.0, -1.0),
    "left": (1.0, 0.0, 0.0), "right": (-1.0, 0.0, 0.0),
}  # fmt: skip
_PLACES = {"hand": "hand_palm", "foot": "foot", "knee": "knee", "elbow": "elbow"}
_EYES = (0.0, 0.06, 0.09)
"""Metres from the head joint to between the eyes, in the axes of the head."""
_ACROSS = 0.45
"""How far an arm that points across the body goes forward, for 1 to the side."""
_STRAIGHT, _SQUARE = 30.0, 90.0
"""Degrees: an elbow below this is straight, so that the arm turns as a whole; a forearm that is held up."""
_BEFORE_CHEST = {"shoulder_swing": 58.0, "shoulder_elevation": -48.0, "shoulder_twist": -12.0, "elbow_flexion": 100.0}
_HELD_OUT = {"shoulder_swing": 30.0, "shoulder_elevation": -66.0, "shoulder_twist": 0.0, "elbow_flexion": 85.0}
"""Degrees of an arm whose hand is looked at, and of one whose palm is shown, where nothing else is said of it."""
_EFFORT = 0.0006
"""What a degree of movement costs: of two ways the smaller one."""
_STEP = 2
_Scores = Callable[[ContactFigure], Float[Tensor, " rows"]]


def aim(draft: Draft, aims: Iterable[Aim]) -> None:
    """Aim parts of a pose: arms first, then what hangs on them."""
    order = ("arm", "forearm", "palm", "gaze")
    for one in sorted(aims, key=lambda one: order.index(one.what)):
        if one.what == "gaze":
            _look(draft, one)
        else:
            for side in _sides(draft, one.side, one.what):
                {"arm": _point, "forearm": _turn_forearm, "palm": _turn_palm}[one.what](draft, side, one.to)


def _sides(draft: Draft, side: str, part: str) -> Sequence[str]:
    if side == "both":
        return SIDES
    if side in SIDES:
        return (side,)
    chosen = "left" if "left_arm" in draft.decided and "right_arm" not in draft.decided else "right"
    draft.assumed.append(f"one {part}: the {chosen} one")
    return (chosen,)


def _look(draft: Draft, one: Aim) -> None:
    sides = _sides(draft, one.to_side, one.to)
    if one.to == "hand":
        for side in sides:
            if not _is_told(draft, side) and not draft.changes:
                _set(draft, side, _BEFORE_CHEST)
                _turn_palm(draft, side, "back")
    eyes = torch.tensor(_EYES)

    def score(figure: ContactFigure) -> Float[Tensor, " rows"]:
        turned = figure.rotations[:, JOINT_INDEX["head"]]
        seen = torch.stack([place(figure, f"{side}_{_PLACES[one.to]}") for side in sides]).mean(0)
        way = torch.nn.functional.normalize(seen - figure.positions[:, JOINT_INDEX["head"]] - turned @ eyes, dim=-1)
        return (way * turned[..., 2]).sum(-1)

    _search(draft, {"head_flexion": range(-50, 49, 7), "head_turn": range(-72, 73, 9)}, score)
    draft.decided.add("head")


def _point(draft: Draft, side: str, to: str) -> None:
    """A straight arm across the body."""
    goal = torch.nn.functional.normalize(torch.tensor(_DIRECTIONS[to]) + torch.tensor([0.0, 0.0, _ACROSS]), dim=0)
    _set(draft, side, {"shoulder_twist": 0.0, "elbow_flexion": 5.0, "elbow_pronation": 0.0})
    grid = {f"{side}_shoulder_swing": range(60, 131, 7), f"{side}_shoulder_elevation": range(-20, 31, 10)}
    _search(draft, grid, lambda figure: _along(figure, f"{side}_shoulder", f"{side}_wrist") @ goal)


def _turn_forearm(draft: Draft, side: str, to: str) -> None:
    goal = torch.tensor(_DIRECTIONS[to])
    grid = {f"{side}_shoulder_twist": range(-84, 85, 7)}
    flexion = MOVEMENT_INDEX[f"{side}_elbow_flexion"]
    if float(draft.angles[flexion].rad2deg()) < _STRAIGHT:
        _set(draft, side, {"elbow_flexion": _SQUARE})
    if not _is_told(draft, side):
        grid[f"{side}_elbow_flexion"] = range(70, 141, 10)
    if not _upper_arm_is_told(draft, side):
        grid = {
            f"{side}_shoulder_twist": range(-84, 85, 28),
            f"{side}_shoulder_swing": range(20, 81, 30),
            f"{side}_shoulder_elevation": range(-75, 1, 25),
            f"{side}_elbow_flexion": range(70, 141, 35),
        }
    _search(draft, grid, lambda figure: _along(figure, f"{side}_elbow", f"{side}_wrist") @ goal)
    draft.decided.add(f"{side}_arm")


def _turn_palm(draft: Draft, side: str, to: str) -> None:
    if any(touch.first == f"{side}_hand" for touch in draft.touches):
        return
    if not _is_told(draft, side) and not draft.changes:
        _set(draft, side, _HELD_OUT)
    names = {"in": OTHER_SIDE[side], "out": side}
    goal = torch.tensor(_DIRECTIONS[names.get(to, to)])
    grid = {
        f"{side}_elbow_pronation": range(-60, 21, 10),
        f"{side}_wrist_pronation": range(-30, 31, 15),
        f"{side}_wrist_flexion": range(-60, 61, 20),
    }
    if float(draft.angles[MOVEMENT_INDEX[f"{side}_elbow_flexion"]].rad2deg()) < _STRAIGHT:
        grid[f"{side}_shoulder_twist"] = range(-80, 81, 40)
    wrist = JOINT_INDEX[f"{side}_wrist"]
    _search(draft, grid, lambda figure: -(figure.rotations[:, wrist, :, 1] @ goal))
    draft.hands[SIDES.index(side)] = draft.hands[SIDES.index(side)] or "flat"


def _is_told(draft: Draft, side: str) -> bool:
    return f"{side}_arm" in draft.decided


def _upper_arm_is_told(draft: Draft, side: str) -> bool:
    """Whether words or a name decide where the elbow is; "elbows bent" leaves it where it may help."""
    return draft.changes or bool(draft.held[MOVEMENT_INDEX[f"{side}_shoulder_elevation"]])


def _set(draft: Draft, side: str, degrees: dict[str, float]) -> None:
    for name, degree in degrees.items():
        column = MOVEMENT_INDEX[f"{side}_{name}"]
        draft.angles[column], draft.held[column] = torch.tensor(degree).deg2rad(), True
    draft.decided.add(f"{side}_arm")


def _along(figure: ContactFigure, start: str, end: str) -> Float[Tensor, "rows 3"]:
    points = figure.positions
    return torch.nn.functional.normalize(points[:, JOINT_INDEX[end]] - points[:, JOINT_INDEX[start]], dim=-1)


def _search(draft: Draft, grid: dict[str, range], score: _Scores) -> None:
    """Set movements to the best of a grid of degrees, then of a finer one about it."""
    columns = [MOVEMENT_INDEX[name] for name in grid]
    before = draft.angles[columns].rad2deg()
    steps = [values.step for values in grid.values()]
    choices = torch.tensor(list(product(*grid.values())), dtype=before.dtype)
    best = _best(draft, columns, choices, before, score)
    fine = torch.tensor(list(product(*(range(-step, step + 1, max(_STEP, step // 2)) for step in steps))))
    draft.angles[columns] = _best(draft, columns, best + fine, before, score).deg2rad()
    draft.angles[:] = clip_angles(draft.angles[None])[0].where(_chosen(columns, draft.angles), draft.angles)
    draft.held[columns] = True


def _chosen(columns: Sequence[int], angles: Tensor) -> Tensor:
    mask = torch.zeros(len(angles), dtype=torch.bool)
    mask[list(columns)] = True
    return mask


def _best(draft: Draft, columns: list[int], choices: Tensor, before: Tensor, score: _Scores) -> Float[Tensor, " n"]:
    rows = draft.angles.expand(len(choices), -1).clone()
    rows[:, columns] = choices.deg2rad()
    figure = ContactFigure.of(to_matrices(clip_angles(rows)))
    return choices[(score(figure) - _EFFORT * (choices - before).abs().sum(-1)).argmax()]
