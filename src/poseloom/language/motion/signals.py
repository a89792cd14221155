"""A clip as numbers that a coach would watch: bends of joints, heights, leans, steps, and where the person is.

Everything is read off the skeleton of the average free body, so people of any size are measured alike. Sides stand in
front: (2, frames) holds left, then right, and both are measured by the same sums.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray

from poseloom.base.errors import PoseloomError
from poseloom.pose.clips import grounded
from poseloom.pose.contact import ContactFigure, floor_points
from poseloom.pose.joints import JOINT_INDEX
from poseloom.pose.movement import MOVEMENTS, from_matrices
from poseloom.pose.types import Clip

RATE = 30.0
"""Frames a second that are looked at, at most."""
SMOOTHING = 0.15
"""Seconds, full width at half maximum: jitter of capture goes, the quickest repetitions stay."""
SIDES = ("left", "right")
FALLEN = 50.0
"""Degrees from the vertical from which a trunk does not lean any more but lies."""
OFF_THE_FLOOR = 0.04
"""Metres between the floor and the lowest spot of somebody who is in the air."""
_WIDTHS = 2.3548
_SIDED = ("knee", "hip", "elbow", "arm")
_FLOOR = 1e-9
_TOES = 0.07
"""Metres from the ball of the foot to the tip of the toes."""

SCALES = {
    **{"knee": 25.0, "hip": 25.0, "elbow": 30.0, "arm": 30.0, "foot": 0.12, "heel": 0.035, "reach": 0.2},
    **{"height": 0.12, "lean": 20.0, "side_lean": 15.0, "twist": 22.0, "back": 22.0, "arm_out": 0.3},
    **{"head_turn": 30.0, "head_nod": 25.0, "feet_apart": 0.22, "stride": 0.25, "rise": 0.12},
}
"""How large a change of each signal must be to be worth telling: degrees, or metres."""


@dataclass(frozen=True, eq=False)
class Signals:
    """A clip, measured."""

    frames: Int[ndarray, " times"]
    """Frames of the clip that were looked at."""
    seconds: Float[ndarray, " times"]
    sided: dict[str, Float[ndarray, "2 times"]]
    """knee, hip, elbow (flexion, degrees), arm (degrees from hanging), foot (metres above the floor), heel (above
    the ball of the foot), arm_out
    and arm_front (share of the upper arm that points outward, and to the front), reach (height of the hand over the
    shoulder), thigh (degrees from hanging down), knee_ahead (of the toes), over_knee (height of the hip, metres)."""
    middle: dict[str, Float[ndarray, " times"]]
    """height (pelvis above the floor, metres), rise (the lowest spot of the body above the floor), lean (forward),
    side_lean (to the left), twist, back (flexion of the spine), head_turn, head_nod (degrees), feet_apart, stride
    (left foot ahead, metres), tilt (degrees of the trunk from the vertical), knees_apart, knees_in (by how much the
    knees are closer together than the ankles, metres)."""
    place: Float[ndarray, "times 3"]
    """Where the pelvis is, metres."""
    heading: Float[ndarray, " times"]
    """Degrees by which the person has turned to the left since the beginning."""
    travels: bool
    """Whether the clip tells where the person is."""

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def rate(self) -> float:
        """Looks a second."""
        return 1.0 / float(self.seconds[1] - self.seconds[0]) if len(self) > 1 else RATE

    @property
    def airborne(self) -> Bool[ndarray, " times"]:
        """Whether the whole body is off the floor."""
        return self.middle["rise"] > OFF_THE_FLOOR

    def column(self, name: str, side: int | None = None) -> Float[ndarray, " times"]:
        """One signal; of both sides, without a side, the mean."""
        if name in self.middle:
            return self.middle[name]
        return np.asarray(self.sided[name].mean(0) if side is None else self.sided[name][side])

    def matrix(self) -> Float[ndarray, "times columns"]:
        """All signals in units of what is worth telling; left and right of each stand side by side."""
        rows = [self.sided[name][side] / SCALES[name] for name in BODY if name in self.sided for side in (0, 1)]
        rows += [self.middle[name] / SCALES[name] for name in BODY if name in self.middle]
        return np.stack(rows, axis=1)

    def part(self, times: slice) -> Signals:
        """Some of the times."""
        return replace(
            self,
            frames=self.frames[times],
            seconds=self.seconds[times],
            sided={name: rows[:, times] for name, rows in self.sided.items()},
            middle={name: rows[times] for name, rows in self.middle.items()},
            place=self.place[times],
            heading=self.heading[times],
        )


BODY = ("knee", "hip", "elbow", "arm", "arm_out", "height", "lean", "side_lean", "twist", "feet_apart", "stride")
"""Signals that say how the body is held; the others follow from them or matter little."""


def mirror_columns() -> tuple[list[int], Float[ndarray, " columns"]]:
    """Where each column of `Signals.matrix` comes from in the mirror, and its sign."""
    order: list[int] = []
    signs: list[float] = []
    for name in BODY:
        if name in (*_SIDED, "arm_out"):
            order += [len(order) + 1, len(order)]
            signs += [1.0, 1.0]
        else:
            order.append(len(order))
            signs.append(-1.0 if name in ("side_lean", "twist", "stride") else 1.0)
    return order, np.array(signs)


def signals_of(clip: Clip) -> Signals:
    """Measure a clip.

    Raises:
        PoseloomError: a clip without frames.
    """
    if not len(clip):
        raise PoseloomError("the clip has no frames; a motion needs some")
    step = max(1, round(clip.fps / RATE))
    frames = np.arange(0, len(clip), step)
    travels = clip.pose.translation is not None
    placed = grounded(clip[::step] if step > 1 else clip) if travels else (clip[::step] if step > 1 else clip)
    figure = ContactFigure.of(placed.pose.body().matrices().float())
    place = np.zeros((len(frames), 3))
    lowest = figure.lower_edges().amin(-1).double().numpy()
    if placed.pose.translation is not None:
        place = placed.pose.translation.double().numpy()
    else:
        place[:, 1] = -lowest
    rate = clip.fps / step
    measured = _Measured(figure, place, rate)
    angles = from_matrices(placed.pose.body().matrices().float()).rad2deg().double().numpy()
    for name, column in (("back", "trunk_flexion"), ("head_turn", "head_turn"), ("head_nod", "head_flexion")):
        measured.put(name, angles[:, MOVEMENTS.index(column)])
    measured.middle["rise"] = lowest + place[:, 1]
    return Signals(
        *(frames, frames / clip.fps, measured.sided, measured.middle, place, measured.heading),
        travels=travels,
    )


class _Measured:
    """Signals of a posed skeleton, smoothed."""

    def __init__(self, figure: ContactFigure, place: ndarray, rate: float) -> None:
        self._points = figure.positions.double().numpy().transpose(1, 0, 2)
        self._rate = rate
        self.sided: dict[str, ndarray] = {}
        self.middle: dict[str, ndarray] = {}
        pelvis, neck = self._at("pelvis"), self._at("neck")
        self._trunk = _unit(neck - pelvis)
        self._frames(place)
        self._limbs()
        edges = figure.lower_edges().double().numpy() + place[:, 1:2]
        table = floor_points()
        soles = [[table.row(f"{side}_{part}") for part in ("heel", "ball")] for side in SIDES]
        self.put("foot", np.stack([edges[:, rows].min(1) for rows in soles]))
        self.put("heel", np.stack([edges[:, heel] - edges[:, ball] for heel, ball in soles]))
        self.put("height", place[:, 1])

    def put(self, name: str, values: ndarray) -> None:
        (self.sided if values.ndim == 2 else self.middle)[name] = smooth(values, self._rate)

    def _at(self, name: str) -> ndarray:
        return self._points[JOINT_INDEX[name]]

    def _both(self, part: str) -> ndarray:
        return np.stack([self._at(f"{side}_{part}") for side in SIDES])

    def _frames(self, place: ndarray) -> None:
        """Where the person faces, and how the trunk is held."""
        hips, shoulders = self._both("hip"), self._both("shoulder")
        left = hips[0] - hips[1]
        aside = _unit(left * np.array([1.0, 0.0, 1.0]))
        ahead = np.stack([-aside[:, 2], np.zeros(len(aside)), aside[:, 0]], axis=1)
        # positive turns to the left; +Z is ahead and +X is left
        turns = np.degrees(np.unwrap(np.arctan2(ahead[:, 0], ahead[:, 2])))
        self.heading = smooth(turns, self._rate)
        tilt = np.degrees(np.arccos(np.clip(self._trunk[:, 1], -1, 1)))
        self.put("tilt", tilt)
        self.put("lean", np.degrees(np.arctan2(_dot(self._trunk, ahead), np.maximum(self._trunk[:, 1], _FLOOR))))
        self.put("side_lean", np.degrees(np.arcsin(np.clip(_dot(self._trunk, aside), -1, 1))))
        chest = _unit(shoulders[0] - shoulders[1])
        front = np.cross(_unit(left), self._trunk)
        self.put("twist", np.degrees(np.arctan2(-_dot(chest, front), _dot(chest, _unit(left)))))
        ankles = self._both("ankle")
        self.put("feet_apart", _dot(ankles[0] - ankles[1], aside))
        self.put("stride", _dot(ankles[0] - ankles[1], ahead))
        self._chest, self._ahead, self._aside = chest, ahead, aside

    def _limbs(self) -> None:
        hip, knee, ankle = (self._both(part) for part in ("hip", "knee", "ankle"))
        shoulder, elbow, wrist = (self._both(part) for part in ("shoulder", "elbow", "wrist"))
        self.put("knee", 180 - _angle(hip - knee, ankle - knee))
        self.put("hip", 180 - _angle(knee - hip, np.broadcast_to(self._trunk, knee.shape)))
        self.put("thigh", _angle(knee - hip, np.broadcast_to(np.array([0.0, -1.0, 0.0]), knee.shape)))
        toes = self._both("foot") + _TOES * _unit(self._both("foot") - ankle)
        self.put("knee_ahead", _dot(knee - toes, np.broadcast_to(self._ahead, knee.shape)))
        self.put("over_knee", hip[..., 1] - knee[..., 1])
        self.put("knees_apart", _dot(knee[0] - knee[1], self._aside))
        self.put("knees_in", _dot(ankle[0] - ankle[1], self._aside) - _dot(knee[0] - knee[1], self._aside))
        self.put("elbow", 180 - _angle(shoulder - elbow, wrist - elbow))
        upper = _unit(elbow - shoulder)
        self.put("arm", _angle(upper, np.broadcast_to(-self._trunk, upper.shape)))
        outward = np.array([1.0, -1.0])[:, None]
        self.put("arm_out", outward * _dot(upper, np.broadcast_to(self._chest, upper.shape)))
        self.put("arm_front", _dot(upper, np.broadcast_to(np.cross(self._chest, self._trunk), upper.shape)))
        self.put("reach", wrist[..., 1] - shoulder[..., 1])


def smooth(values: Float[ndarray, "*sides times"], rate: float, seconds: float = SMOOTHING) -> ndarray:
    """A Gaussian low-pass over time; at both ends over what is there."""
    deviation = seconds / _WIDTHS * rate
    reach = min(ceil(3 * deviation), (values.shape[-1] - 1) // 2)
    if reach < 1:
        return values
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / deviation) ** 2)
    weights = np.convolve(np.ones(values.shape[-1]), kernel, "same")
    rows = [np.convolve(row, kernel, "same") / weights for row in values.reshape(-1, values.shape[-1])]
    return np.stack(rows).reshape(values.shape)


def _unit(vectors: ndarray) -> ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), _FLOOR)


def _dot(a: ndarray, b: ndarray) -> ndarray:
    return np.asarray((a * b).sum(-1))


def _angle(a: ndarray, b: ndarray) -> ndarray:
    return np.degrees(np.arccos(np.clip(_dot(_unit(a), _unit(b)), -1, 1)))
