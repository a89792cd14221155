"""`BodyTransfer`: poses of one body of the SMPL family on another one, fitted so that both surfaces coincide.

Damped Gauss-Newton steps (Levenberg 1944, Marquardt 1963) on the rotations of all joints and the translation, with
the Jacobian of linear blend skinning: a small turn at a joint moves a point by its cross product with the arm from the
joint to the parts of the point that hang on it. Poses of both bodies begin alike, so a handful of steps is enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.body.correspondence import Correspondence, correspondence, laid_over
from poseloom.body.smpl import PosedSmpl, SmplBody
from poseloom.body.smpl_files import read_smpl_arrays
from poseloom.pose import ALL_JOINTS, Pose
from poseloom.pose import rotations as rot
from poseloom.pose.kinematics import small_matmul

STEPS = 3
"""Gauss-Newton steps for a pose."""
SHAPE_ROUNDS = 8
_ROUNDS = 2
SHAPE_COEFFICIENTS = 10
_DAMPING = 1e-2
"""Of the square arms (square metres, summed over the points) that a joint turns; weak joints then hardly move."""
_FLOOR = 1e-3
"""Square metres: what damps joints that hardly anything hangs on, such as the ends of fingers."""
_BETA_METRES = 0.0005
"""Mean distance of the points that is worth a shape coefficient of one."""
_AT_ONCE = 64
"""Poses worked on together: the parts of all their points fit into the processor's cache."""


@dataclass(frozen=True, eq=False)
class Transferred:
    """Poses on the target body.

    Args:
        pose: with translation and the target's shape; jaw and eyes as they were given.
        error: mean distance of the points of both surfaces, metres.
    """

    pose: Pose
    error: Float[Tensor, " n"]


class BodyTransfer:
    """Puts poses of one body on another.

    Args:
        points: the same points on both.
    """

    def __init__(self, points: Correspondence):
        self._points = points
        target = points.target
        family = target.family
        self._places = [family.sources.index(joint) for joint in range(ALL_JOINTS) if joint in family.sources]
        self._below = _descendants(target.parents)[:, self._places]
        self._parents = [target.parents[place] for place in self._places]
        self._weights = target.rig().weights[points.places]

    @classmethod
    def load(cls, source: str | Path, target: str | Path) -> BodyTransfer:
        """From two model files.

        Raises:
            PoseloomError: a file cannot be used (`FileError`), or the bodies have too little in common.
        """
        one, other = read_smpl_arrays(Path(source)), read_smpl_arrays(Path(target))
        moved, body = laid_over(one, other), SmplBody(other)
        for _ in range(_ROUNDS):  # the better the surfaces agree, the better the points on them are known
            moved = cls(correspondence(one, other, moved))._at_rest(body)
        return cls(correspondence(one, other, moved))

    @property
    def source(self) -> SmplBody:
        """The body from which poses come, cut down."""
        return self._points.source

    @property
    def target(self) -> SmplBody:
        """The body on which they are put, cut down."""
        return self._points.target

    @property
    def coefficients(self) -> int:
        """How many shape coefficients transferred poses have."""
        return min(SHAPE_COEFFICIENTS, self.target.coefficients)

    @torch.no_grad()
    def shape(self, shape: Float[Tensor, "shapes coefficients"] | None = None) -> Float[Tensor, "shapes own"]:
        """The target's shape that comes closest to shapes of the source; to its average where None is given.

        Found at the zero pose; poses and shapes are improved in turns, since the two zero poses differ a little.
        """
        still = Pose.identity(1 if shape is None else len(shape))
        if shape is not None:
            still = Pose(still.rotations, None, shape, self.source.shape_model)
        return self._still(still)[2]

    @torch.no_grad()
    def _at_rest(self, body: SmplBody) -> Float[Tensor, "vertices 3"]:
        """All vertices of the target laid over the zero pose of the source."""
        local, shift, shape = self._still(Pose.identity(1))
        return body.skin(body.posed(local, shift, shape))[0]

    def _still(self, still: Pose) -> tuple[Tensor, Tensor, Tensor]:
        """Local rotations, translation and shape of the target at the source's zero pose."""
        on_source = self.source.posed(self.source.local_rotations(still), None, still.shape)  # where the file puts it
        goal = self._points.on_source(self.source.skin(on_source))
        own = goal.new_zeros(len(goal), self.coefficients)
        local, shift = self._start(still), goal.new_zeros(len(goal), 3)
        for _ in range(SHAPE_ROUNDS):
            own = own + self._shape_step(local, shift, own, goal)
            local, shift, _ = self._fit(local, shift, own, goal, steps=1)
        return local, shift, own

    @torch.no_grad()
    def __call__(self, pose: Pose, shape: Float[Tensor, "n own"]) -> Transferred:
        """Poses with one leading axis; a shape of the target for each, as `shape` finds it."""
        parts = [
            self._transfer(pose[first : first + _AT_ONCE], shape[first : first + _AT_ONCE])
            for first in range(0, len(pose), _AT_ONCE)
        ]
        rotations, shift, error = (torch.cat(columns) for columns in zip(*parts, strict=True))
        return Transferred(Pose(rotations, shift, shape, self.target.shape_model, pose.face), error)

    def _transfer(self, pose: Pose, shape: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        goal = self._points.on_source(self.source.mesh(pose).vertices)
        pelvis = self.target.shaped(shape).rest_pelvis
        shift = -pelvis if pose.translation is None else pose.translation - pelvis
        local, shift, error = self._fit(self._start(pose), shift, shape, goal, STEPS)
        return rot.rotmat_to_rotvec(local[:, self._places]), shift + pelvis, error

    def _start(self, pose: Pose) -> Float[Tensor, "n joints 3 3"]:
        return self.target.local_rotations(pose)

    # -- pose ------------------------------------------------------------------------------------------------------

    def _fit(
        self, local: Tensor, shift: Tensor, shape: Tensor, goal: Float[Tensor, "n points 3"], steps: int
    ) -> tuple[Tensor, Tensor, Float[Tensor, " n"]]:
        """Local rotations, translation and mean distance after some steps; the best that was met, pose by pose."""
        best: tuple[Tensor, Tensor, Tensor] | None = None
        for step in range(steps + 1):
            posed = self.target.posed(local, shift, shape)
            rest = goal - self._points.on_target(self.target.skin(posed))
            error = rest.norm(dim=-1).mean(-1)
            if best is None:
                best = (local, shift, error)
            else:
                better = error < best[2]
                best = (
                    torch.where(better[:, None, None, None], local, best[0]),
                    torch.where(better[:, None], shift, best[1]),
                    torch.minimum(error, best[2]),
                )
            if step < steps:
                turns, move = self._step(posed, rest)
                local, shift = self._turned(local, posed, turns), shift + move
        assert best is not None
        return best

    def _step(self, posed: PosedSmpl, rest: Float[Tensor, "n points 3"]) -> tuple[Tensor, Tensor]:
        """Small turns of the joints (axis-angle, world axes) and a translation that make the rest smaller."""
        arms = self._arms(posed)
        count, joints = len(rest), len(self._places)
        flat = arms.flatten(2)
        gram = (flat.mT @ flat).unflatten(1, (joints, 3)).unflatten(3, (joints, 3))  # (n, j, a, k, b)
        trace = gram.diagonal(dim1=2, dim2=4).sum(-1)
        eye = torch.eye(3)
        blocks = trace[:, :, None, :, None] * eye[:, None, :] - gram.transpose(2, 4)
        system = rest.new_zeros(count, 3 * joints + 3, 3 * joints + 3)
        system[:, :-3, :-3] = blocks.flatten(3, 4).flatten(1, 2)
        coupling = cross_matrix(arms.sum(1)).flatten(1, 2)
        system[:, :-3, -3:], system[:, -3:, :-3] = coupling, coupling.mT
        system[:, -3:, -3:] = rest.shape[1] * eye
        diagonal = system.diagonal(dim1=1, dim2=2)
        diagonal += _DAMPING * diagonal + _FLOOR
        turn = torch.linalg.cross(arms, rest[:, :, None]).sum(1).flatten(1)
        right = torch.cat([turn, rest.sum(1)], dim=-1)
        found = torch.linalg.solve(system, right)
        return found[:, :-3].unflatten(1, (joints, 3)), found[:, -3:]

    def _arms(self, posed: PosedSmpl) -> Float[Tensor, "n points turned 3"]:
        """From each joint to each point, as far as the point hangs on it."""
        points = posed.unskinned[:, self._points.places]
        shift = posed.joints - small_matmul(posed.rotations, posed.rest_joints[..., None]).squeeze(-1)
        # where each joint alone would carry each point, times its share: (n, 3, points, joints)
        carried = torch.einsum("njab,npb->napj", posed.rotations, points) + shift.mT[:, :, None]
        hanging = (carried * self._weights) @ self._below
        share = self._weights @ self._below
        return hanging.permute(0, 2, 3, 1) - share[..., None] * posed.joints[:, None, self._places]

    def _turned(self, local: Tensor, posed: PosedSmpl, turns: Float[Tensor, "n turned 3"]) -> Tensor:
        """Local rotations after turns that are told in the world's axes."""
        turn = rot.rotvec_to_rotmat(turns)
        above = posed.rotations[:, [max(parent, 0) for parent in self._parents]].clone()
        above[:, [parent < 0 for parent in self._parents]] = torch.eye(3)
        changed = local.clone()
        changed[:, self._places] = small_matmul(
            small_matmul(above.mT, small_matmul(turn, above)), local[:, self._places]
        )
        return changed

    # -- shape -----------------------------------------------------------------------------------------------------

    def _shape_step(self, local: Tensor, shift: Tensor, shape: Tensor, goal: Tensor) -> Float[Tensor, "n own"]:
        """Coefficients to add: a least-squares step, drawn towards the average shape. Skinning is linear in them."""

        def points(own: Tensor) -> Tensor:
            return self._points.on_target(self.target.skin(self.target.posed(local, shift, own))).flatten(1)

        now = points(shape)
        unit = torch.eye(shape.shape[1])
        slopes = torch.stack([points(shape + one) - now for one in unit], dim=-1)
        pull = _BETA_METRES**2 * goal.shape[1] * unit
        right = slopes.mT @ (goal.flatten(1) - now)[..., None] - (pull @ shape[..., None])
        return torch.linalg.solve(slopes.mT @ slopes + pull, right).squeeze(-1)


def cross_matrix(vector: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3 3"]:
    """The matrix that makes the cross product with a vector."""
    x, y, z = vector.unbind(-1)
    zero = torch.zeros_like(x)
    return torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], dim=-1).unflatten(-1, (3, 3))


def _descendants(parents: tuple[int, ...]) -> Float[Tensor, "joints joints"]:
    """1 where the joint of the row hangs on that of the column, or is it."""
    below = torch.eye(len(parents))
    for joint, parent in enumerate(parents):
        if parent >= 0:
            below[joint] += below[parent]
    return below
