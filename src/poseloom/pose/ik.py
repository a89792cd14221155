"""Inverse kinematics: turn the joints of a pose so that dragged points get where they should, as a body could.

Damped least squares on the rotations (Buss, Introduction to Inverse Kinematics, 2004), joint by joint weighted, with
the ranges of motion as a projection after every round. Knees and elbows turn about their hinges alone. Pinned points
stay, feet keep their direction in the world, and what would go through the floor or through another limb is pushed out.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import PoseloomError, closest
from poseloom.pose import ik_chains as chains
from poseloom.pose import rotations as rot
from poseloom.pose.ik_figure import Array, Columns, Figure
from poseloom.pose.joints import BODY_JOINTS, JOINT_INDEX
from poseloom.pose.skeleton import rest_offsets
from poseloom.pose.types import Pose

HANDLES: tuple[str, ...] = tuple(chains.HANDLES)
"""Joints that can be dragged or pinned."""
FEET = ("left_ankle", "right_ankle")
"""What stays where it is unless it is said otherwise."""

_DAMPINGS = (0.06, 0.18, 0.5, 1.5)
"""Metres; the later ones are tried where a round with the earlier ones made nothing better."""
_LONGEST_STEP, _WIDEST_TURN = 0.25, 0.35
"""Metres that a target is approached by, and radians that a joint turns by, in one round."""
_FIRST_BEND = 0.15
"""Radians by which a straight knee or elbow is bent before anything else: a straight limb cannot be shortened."""
_ROUNDS, _STAY_ROUNDS, _PIN_ROUNDS = 20, 4, 12
_NEAR, _STALLED, _STAY_LOSS = 2e-4, 5e-5, 0.02
"""Metres: where a target counts as reached, what counts as progress, and what a target may lose to what should stay."""
_STALLED_SHARE = 0.01
"""Of what is missing: less than that in a round is no progress."""
_GOOD_ROUND = 0.8
"""A round that leaves less than this share of what was missing is taken without trying more damping."""
_SMOOTH_TURN, _SMOOTH_RATE = 0.12, 8.0
"""Radians that a joint may always turn by, and radians for every metre that the dragged point has moved."""
_PIN_WEIGHT, _APART_WEIGHT, _STAY_WEIGHT, _FACING_WEIGHT = 4.0, 2.0, 0.5, 0.4
_PUSH = 0.03
"""Metres by which a limb is pushed out of another one or of the floor in one round, at most."""
_TOUCH = 5e-4


@dataclass(frozen=True)
class Reached:
    """What inverse kinematics came to.

    Args:
        pose: the new pose; hands, shape and face as they were.
        misses: how far every target and pin is from where it should be, metres.
    """

    pose: Pose
    misses: dict[str, float]

    @property
    def worst(self) -> float:
        """The largest miss, metres."""
        return max(self.misses.values(), default=0.0)


def reach(
    pose: Pose,
    targets: Mapping[str, Sequence[float] | Float[np.ndarray, "3"] | Float[Tensor, "3"]],
    *,
    pins: Collection[str] | None = None,
    floor: bool = True,
    apart: bool = True,
    offsets: Float[Tensor, "joints 3"] | None = None,
) -> Reached:
    """Bring dragged joints to their targets, or as near as the body allows.

    The ranges of motion of the joints that turn are kept exactly. Two small steps of a target give two small turns.

    Args:
        pose: a single pose of 22 or 52 joints.
        targets: where joints (`HANDLES`) should be in the world, metres. Hands move the trunk and the arm, feet the
            leg, the head the trunk and the neck; pelvis and chest (``spine3``) move the whole body.
        pins: joints (`HANDLES`) that stay where they are; those that are targets as well are not pinned. By default
            both feet (`FEET`), less that of a knee that is dragged, which only tries to stay.
        floor: keep what is above the floor y = 0 above it; without a translation there is no floor.
        apart: keep limbs out of the trunk and of each other.
        offsets: bones of the body at the T-pose, metres (22 or more); by default those of the average free body.

    Raises:
        PoseloomError: a batch of poses, an unknown joint, a target that is not three finite numbers.
    """
    if pose.batch_shape:
        raise PoseloomError(f"reach: expected a single pose, got a batch of {pose.batch_shape}; take one of them")
    goals = {name: _point(name, where) for name, where in targets.items()}
    pins = [foot for foot in FEET if foot.replace("ankle", "knee") not in goals] if pins is None else pins
    for name in [*goals, *pins]:
        if name not in chains.HANDLES:
            raise PoseloomError(f"reach: unknown handle {name!r}{closest(name, HANDLES)}; known: {', '.join(HANDLES)}")
    bones = rest_offsets() if offsets is None else offsets
    root = np.zeros(3) if pose.translation is None else pose.translation.detach().double().numpy().copy()
    local = pose.body().matrices().detach().double().numpy().copy()
    figure = Figure(local, root, bones[:BODY_JOINTS].detach().double().numpy())
    held = [name for name in dict.fromkeys(pins) if name not in goals]
    solver = _Solver(figure, goals, held, floor and pose.translation is not None, apart)
    solver.run()
    return Reached(_posed(pose, figure, solver.active), solver.misses())


def _point(name: str, where: Sequence[float] | Array | Tensor) -> Array:
    point = np.asarray(where.detach().numpy() if isinstance(where, Tensor) else where, dtype=np.float64)
    if point.shape != (3,) or not np.isfinite(point).all():
        raise PoseloomError(f"reach: expected three finite numbers as the target of {name}, got {where!r:.80}")
    return point


def _posed(pose: Pose, figure: Figure, active: Array) -> Pose:
    """The pose with the joints that turned, and the translation where the whole body moved."""
    rotations = pose.rotations.detach().clone()
    turned = rot.rotmat_to_rotvec(torch.from_numpy(figure.local[active]))
    rotations[torch.from_numpy(active)] = turned.to(rotations)
    start = torch.zeros_like(rotations[0]) if pose.translation is None else pose.translation
    moved = torch.from_numpy(figure.root).to(rotations)
    stayed = bool((moved - start).abs().max() < 1e-7)
    return replace(pose, rotations=rotations, translation=pose.translation if stayed else moved)


@dataclass
class _Solver:
    """One call of `reach`: what is wanted, what may turn, and how deep things were at the start."""

    figure: Figure
    goals: dict[str, Array]
    pins: list[str]
    floor: bool
    apart: bool
    active: Array = field(init=False)

    def __post_init__(self) -> None:
        figure = self.figure
        self.start = figure.copy()
        self.pinned = {name: figure.positions[JOINT_INDEX[name]].copy() for name in self.pins}
        handles = [chains.HANDLES[name] for name in self.goals]
        self.moves_body = any(handle.moves_body for handle in handles)
        turning = {joint for handle in handles for joint in handle.joints}
        affected = [name for name in self.pins if self._moves(name, turning)]
        turning |= {joint for name in affected for joint in chains.HANDLES[name].joints}
        self.pins = affected
        self.stays = [h.stays for h in handles if h.stays and h.stays not in (*self.goals, *affected)]
        arms_alone = all(name.endswith(("wrist", "elbow")) for name in self.goals)
        names = tuple(sorted(turning, key=JOINT_INDEX.__getitem__))
        self.columns = _columns(names, self.moves_body, arms_alone)
        feet = [ankle for knee, ankle in chains.FEET.values() if self.moves_body or self._turns(knee, turning)]
        self.feet = feet
        self.active = np.unique(np.array([*(JOINT_INDEX[name] for name in turning), *feet], dtype=int))
        hinges = [*chains.HINGES, *feet]
        self.smooth = np.array([joint for joint in self.active if joint not in hinges], dtype=int)
        points, _ = figure.floor_points()
        self.lowest = np.minimum(points[:, 1], 0.0)
        self.deepest = np.maximum(figure.overlaps().depths, 0.0)

    def _moves(self, pin: str, turning: set[str]) -> bool:
        joint = JOINT_INDEX[pin]
        return self.moves_body or any(
            chains.ANCESTORS[joint, JOINT_INDEX[name]] and JOINT_INDEX[name] != joint for name in turning
        )

    @staticmethod
    def _turns(joint: int, turning: set[str]) -> bool:
        return any(chains.ANCESTORS[joint, JOINT_INDEX[name]] for name in turning)

    # -- rounds ----------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Round by round nearer to the targets, then the pins alone until they are met."""
        if not len(self.columns.joints):
            return
        self._bend_first()
        for count in range(_ROUNDS):
            with_stays = bool(self.stays) and count < _STAY_ROUNDS
            improved = self._improve(with_goals=True, with_stays=with_stays)
            if not improved and not with_stays:
                break
        for _ in range(_PIN_ROUNDS):
            if self._worst_breach() < _NEAR or not self._improve(with_goals=False, with_stays=False):
                break

    def _improve(self, with_goals: bool, with_stays: bool) -> bool:
        """One round that makes things better, damped more until it does; whether there was one."""
        before, cost = self.figure.copy(), self._cost(with_goals)
        if cost < _NEAR:
            return False
        rows = self._rows(with_goals, with_stays)
        allowed = cost + _STAY_LOSS if with_stays else cost - max(_STALLED, _STALLED_SHARE * cost)
        best: Figure | None = None
        for damping in _DAMPINGS:
            self._round(rows, damping)
            reached = self._cost(with_goals)
            if reached < allowed and self._is_smooth():
                best, allowed = self.figure.copy(), reached
            self.figure.become(before)
            if best is not None and (allowed < _GOOD_ROUND * cost or with_stays):
                break
        if best is not None:
            self.figure.become(best)
        return best is not None

    def _cost(self, with_goals: bool) -> float:
        """Metres that are missing, with what must hold counted more."""
        goals = sum(self._distance(name, at) for name, at in self.goals.items()) if with_goals else 0.0
        return goals + 4 * self._worst_breach()

    def _worst_breach(self) -> float:
        """How far pins are away and how deep something is in the floor or in a limb that was not before, metres."""
        worst = max((self._distance(name, self.pinned[name]) for name in self.pins), default=0.0)
        if self.floor:
            points, _ = self.figure.floor_points()
            worst = max(worst, float((self.lowest - points[:, 1]).max()) - _TOUCH)
        if self.apart:
            worst = max(worst, float((self.figure.overlaps().depths - self.deepest).max()) - _TOUCH)
        return max(worst, 0.0)

    def _distance(self, name: str, at: Array) -> float:
        return float(np.linalg.norm(self.figure.positions[JOINT_INDEX[name]] - at))

    def _is_smooth(self) -> bool:
        """Joints did not turn out of proportion to the way of what is dragged; hinges and feet may."""
        turned = np.einsum("jab,jab->j", self.start.local[self.smooth], self.figure.local[self.smooth])
        widest = float(np.arccos(np.clip((turned - 1) / 2, -1, 1)).max(initial=0.0))
        travel = max(self._distance(name, self.start.positions[JOINT_INDEX[name]]) for name in self.goals)
        return widest <= _SMOOTH_TURN + _SMOOTH_RATE * travel

    def misses(self) -> dict[str, float]:
        """How far targets and pins are from where they should be."""
        return {name: self._distance(name, at) for name, at in {**self.pinned, **self.goals}.items()}

    def _round(self, rows: _Rows, damping: float) -> None:
        matrix, error = rows.stacked()
        if not len(error):
            return
        scaled = matrix * self.columns.mobility
        step = scaled.T @ np.linalg.solve(scaled @ scaled.T + damping**2 * np.eye(len(error)), error)
        step *= self.columns.mobility
        self._turn(np.clip(step, -_WIDEST_TURN, _WIDEST_TURN))
        self._keep_feet()
        self.figure.clip(self.active)

    def _turn(self, step: Array) -> None:
        figure, columns = self.figure, self.columns
        figure.root = figure.root + (step * columns.is_shift) @ columns.axes
        vectors = np.zeros((BODY_JOINTS, 3))
        np.add.at(vectors, columns.joints, (step * ~columns.is_shift)[:, None] * columns.axes)
        joints = np.unique(columns.joints[~columns.is_shift])
        turns = rot.rotvec_to_rotmat(torch.from_numpy(vectors[joints])).numpy()
        figure.local[joints] = turns @ figure.local[joints]
        figure.refresh()

    def _keep_feet(self) -> None:
        """Ankles turn back so that the feet point where they pointed."""
        for knee, ankle in chains.FEET.values():
            if ankle in self.feet:
                self.figure.local[ankle] = self.figure.rotations[knee].T @ self.start.rotations[ankle]

    def _bend_first(self) -> None:
        """Bend straight knees and elbows a little where their limb has to become shorter; their ends stay in line."""
        wanted = {JOINT_INDEX[name]: where for name, where in {**self.pinned, **self.goals}.items()}
        shift = self._body_shift()
        for hinge, (top, end) in chains.LIMB_OF_HINGE.items():
            if end not in wanted or hinge not in self.columns.joints:
                continue
            upper, lower = (float(np.linalg.norm(self.figure.offsets[joint])) for joint in (hinge, end))
            distance = float(np.linalg.norm(wanted[end] - self.figure.positions[top] - shift))
            cosine = (distance**2 - upper**2 - lower**2) / (2 * upper * lower)
            needed = min(_FIRST_BEND, float(np.arccos(np.clip(cosine, -1, 1)))) - self._bend(hinge)
            if needed > 0:
                self._bend_in_line(hinge, top, end, needed)
        self._keep_feet()
        self.figure.clip(self.active)

    def _bend(self, hinge: int) -> float:
        """Radians by which a knee or elbow is bent."""
        local = self.figure.local[hinge]
        if chains.HINGES[hinge] == 0:
            return chains.BEND_SIGN[hinge] * float(np.arctan2(local[2, 1], local[1, 1]))
        return chains.BEND_SIGN[hinge] * float(np.arctan2(-local[2, 0], local[0, 0]))

    def _bend_in_line(self, hinge: int, top: int, end: int, angle: float) -> None:
        figure = self.figure
        before = figure.positions[end] - figure.positions[top]
        turn = np.zeros(3)
        turn[chains.HINGES[hinge]] = chains.BEND_SIGN[hinge] * angle
        figure.local[hinge] = _rotation(turn) @ figure.local[hinge]
        figure.refresh()
        after = figure.positions[end] - figure.positions[top]
        axis = np.cross(after, before)
        sine, cosine = np.linalg.norm(axis), after @ before
        if sine > 1e-9:
            back = _rotation(axis / sine * np.arctan2(sine, cosine))
            above = figure.rotations[top] @ figure.local[top].T
            figure.local[top] = above.T @ back @ figure.rotations[top]
            figure.refresh()

    def _body_shift(self) -> Array:
        """How far the whole body is about to move."""
        goal = self.goals.get("pelvis")
        return np.zeros(3) if goal is None else goal - self.figure.positions[0]

    # -- rows of the linear problem --------------------------------------------------------------------------------

    def _rows(self, with_goals: bool, with_stays: bool) -> _Rows:
        rows = _Rows()
        pins = {name: self.pinned[name] for name in self.pins}
        self._add_points(rows, pins, _PIN_WEIGHT)
        if with_goals:
            self._add_points(rows, self.goals, 1.0)
            if "head" in self.goals:
                self._add_facing(rows)
        if with_stays and self.stays:
            self._add_points(rows, {n: self.start.positions[JOINT_INDEX[n]] for n in self.stays}, _STAY_WEIGHT)
        if self.floor:
            self._add_floor(rows)
        if self.apart:
            self._add_overlaps(rows)
        return rows

    def _add_points(self, rows: _Rows, wanted: Mapping[str, Array], weight: float) -> None:
        """Rows that bring joints to points."""
        if not wanted:
            return
        joints = np.array([JOINT_INDEX[name] for name in wanted])
        here = self.figure.positions[joints]
        error = np.stack(list(wanted.values())) - here
        length = np.linalg.norm(error, axis=-1, keepdims=True)
        error *= np.minimum(1.0, _LONGEST_STEP / np.maximum(length, 1e-9))
        jacobian = self.figure.jacobian(here, joints, self.columns)
        rows.add(jacobian.reshape(-1, jacobian.shape[-1]), error.reshape(-1), weight)

    def _add_facing(self, rows: _Rows) -> None:
        """The head does not turn about its own axis while it is dragged."""
        head = JOINT_INDEX["head"]
        frames = self.figure.rotations
        up = frames[head][:, 1]
        turn = self.start.rotations[head] @ frames[head].T
        error = 0.5 * np.array([turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0], turn[1, 0] - turn[0, 1]]) @ up
        axes = np.einsum("cij,cj->ci", self.figure._frames(self.columns.joints), self.columns.axes)
        row = (axes @ up) * chains.ANCESTORS[head][self.columns.joints] * ~self.columns.is_shift
        rows.add(row[None], np.array([error]), _FACING_WEIGHT)

    def _add_floor(self, rows: _Rows) -> None:
        points, carriers = self.figure.floor_points()
        depths = self.lowest - points[:, 1]
        low = np.flatnonzero((depths > _TOUCH) & self._is_carried(carriers))
        if not len(low):
            return
        jacobian = self.figure.jacobian(points[low], carriers[low], self.columns)[:, 1]
        rows.add(jacobian, np.minimum(depths[low], _PUSH), _APART_WEIGHT)

    def _add_overlaps(self, rows: _Rows) -> None:
        found = self.figure.overlaps()
        deeper = found.depths - self.deepest
        moved = self._is_carried(found.first_carriers) | self._is_carried(found.second_carriers)
        deep = np.flatnonzero((deeper > _TOUCH) & moved)
        if not len(deep):
            return
        first = self.figure.jacobian(found.first[deep], found.first_carriers[deep], self.columns)
        second = self.figure.jacobian(found.second[deep], found.second_carriers[deep], self.columns)
        rows.add(
            np.einsum("pic,pi->pc", first - second, found.normals[deep]),
            np.minimum(deeper[deep], _PUSH),
            _APART_WEIGHT,
        )

    def _is_carried(self, carriers: Array) -> Array:
        """Which joints any of the unknowns moves."""
        if self.moves_body:
            return np.ones(len(carriers), dtype=bool)
        return chains.ANCESTORS[carriers][:, self.columns.joints].any(-1)


@dataclass
class _Rows:
    """Weighted rows of a linear problem."""

    matrices: list[Array] = field(default_factory=list)
    errors: list[Array] = field(default_factory=list)

    def add(self, matrix: Array, error: Array, weight: float) -> None:
        self.matrices.append(weight * matrix)
        self.errors.append(weight * error)

    def stacked(self) -> tuple[Array, Array]:
        if not self.matrices:
            return np.zeros((0, 0)), np.zeros(0)
        return np.concatenate(self.matrices), np.concatenate(self.errors)


def _rotation(vector: Array) -> Array:
    return rot.rotvec_to_rotmat(torch.from_numpy(vector)).numpy()


@lru_cache(maxsize=64)
def _columns(names: tuple[str, ...], moves_body: bool, arms_alone: bool) -> Columns:
    """Three small turns for every joint, one for a hinge, and three shifts where the whole body moves."""
    joints, axes, mobility, shifts = [], [], [], []
    for name in names:
        joint = JOINT_INDEX[name]
        for axis in [chains.HINGES[joint]] if joint in chains.HINGES else range(3):
            joints.append(joint)
            axes.append(np.eye(3)[axis])
            mobility.append(chains.mobility(name, arms_alone))
            shifts.append(False)
    for axis in range(3) if moves_body else ():
        joints.append(0)
        axes.append(np.eye(3)[axis])
        mobility.append(chains.BODY_MOBILITY)
        shifts.append(True)
    flags = np.array(shifts, dtype=bool)
    return Columns(np.array(joints, dtype=int), np.array(axes).reshape(-1, 3), np.array(mobility), flags)
