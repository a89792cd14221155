"""Energies of a fit, each a small data class: residuals a frame, and how they change with the unknowns.

The energy is half the sum of the squared residuals. All are in metres, or in radians times a weight that says how many
metres a radian is worth, so that weights can be compared. Every tensor of a term has the frames as its first axis,
unless it is the same for all; `at` takes some of the frames.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Protocol

import torch
from jaxtyping import Float, Int
from torch import Tensor

from poseloom.fitting.chain import Posed
from poseloom.pose import ranges
from poseloom.pose import rotations as rot
from poseloom.pose.joints import BODY_JOINTS, JOINT_INDEX
from poseloom.pose.kinematics import small_matmul
from poseloom.pose.movement import PRODUCTS
from poseloom.pose.types import Pose

Normal = Float[Tensor, "frames unknowns unknowns"]
Slope = Float[Tensor, "frames unknowns"]


class Term(Protocol):
    """One energy."""

    def residuals(self, posed: Posed) -> Float[Tensor, "frames residuals"]:
        """What is to become small."""
        ...

    def normal(self, posed: Posed) -> tuple[Normal, Slope]:
        """Its share of the normal equations: J^T J and J^T r."""
        ...

    def at(self, frames: slice) -> Term:
        """The term of some of the frames."""
        ...


class _Dense:
    """A term with a Jacobian of its own."""

    def residuals(self, posed: Posed) -> Float[Tensor, "frames residuals"]:
        raise NotImplementedError

    def jacobian(self, posed: Posed) -> Float[Tensor, "frames residuals unknowns"]:
        """How the residuals change with the unknowns."""
        raise NotImplementedError

    def normal(self, posed: Posed) -> tuple[Normal, Slope]:
        jacobian = self.jacobian(posed)
        slope = (jacobian.mT @ self.residuals(posed)[..., None]).squeeze(-1)
        return jacobian.mT @ jacobian, slope


class _Diagonal:
    """Weighted axis-angles: every one moves with its own unknown.

    Their Jacobian is taken for the identity, which is exact for the energy's gradient: J(v)^T v = v for every turn v.
    """

    weight: Float[Tensor, "*frames joints 3"]

    def residuals(self, posed: Posed) -> Float[Tensor, "frames residuals"]:
        raise NotImplementedError

    def normal(self, posed: Posed) -> tuple[Normal, Slope]:
        weight = self.weight.flatten(-2)
        size = weight.shape[-1]
        normal = weight.new_zeros(*weight.shape[:-1], posed.state.unknowns)
        normal[..., :size] = weight.square()
        slope = weight.new_zeros(len(posed.points), posed.state.unknowns)
        slope[:, :size] = weight * self.residuals(posed)
        return torch.diag_embed(normal).expand(len(posed.points), -1, -1), slope


@dataclass(frozen=True, eq=False)
class SpacePoints(_Dense):
    """Points lie where they were seen, in metres.

    Args:
        target: positions.
        weight: how much each coordinate counts; 0 for what was not seen.
        robust: distance in metres beyond which a point counts as an outlier (Geman and McClure 1987); None: never.
    """

    target: Float[Tensor, "frames points 3"]
    weight: Float[Tensor, "frames points 3"]
    robust: float | None = None

    def residuals(self, posed: Posed) -> Float[Tensor, "frames residuals"]:
        apart = self.weight * (posed.points - self.target)
        return (_shrink(apart, self.robust)[0] * apart).flatten(1)

    def jacobian(self, posed: Posed) -> Float[Tensor, "frames residuals unknowns"]:
        apart = self.weight * (posed.points - self.target)
        factor = _shrink(apart, self.robust)[1] * self.weight
        return (factor[..., None] * posed.points_jacobian).flatten(1, 2)

    def at(self, frames: slice) -> SpacePoints:
        return replace(self, target=self.target[frames], weight=self.weight[frames])


@dataclass(frozen=True, eq=False)
class PicturePoints(_Dense):
    """Points lie where a picture shows them; divided by the picture's scale, so in metres.

    Under perspective the camera's scale is one over the root's distance, its shift times that distance where the root
    is; a point that is z metres nearer than the root is seen larger by it, which adds target * z to what is apart.

    Args:
        target: picture coordinates, x to the right and y up; under perspective from the principal point, in focal
            lengths.
        weight: how much each point counts; 0 for what was not seen.
        robust: distance in metres beyond which a point counts as an outlier; None: never.
        perspective: near limbs are larger; else weak perspective, where all is as large as the root.
    """

    target: Float[Tensor, "frames points 2"]
    weight: Float[Tensor, "frames points"]
    robust: float | None = None
    perspective: bool = False

    def residuals(self, posed: Posed) -> Float[Tensor, "frames residuals"]:
        apart = self._apart(posed)
        return (_shrink(apart, self.robust)[0] * apart).flatten(1)

    def jacobian(self, posed: Posed) -> Float[Tensor, "frames residuals unknowns"]:
        camera = _camera(posed)
        factor = _shrink(self._apart(posed), self.robust)[1] * self.weight[..., None]
        moves = posed.points_jacobian[..., :2, :].clone()
        if self.perspective:
            moves = moves + self.target[..., None] * posed.points_jacobian[..., 2:, :]
        inverse = torch.exp(-camera[:, 0])[:, None]
        moves[..., -3] = (self.target - camera[:, None, 1:]) * inverse[..., None]
        moves[..., 0, -2] = inverse
        moves[..., 1, -1] = inverse
        return (factor[..., None] * moves).flatten(1, 2)

    def _apart(self, posed: Posed) -> Float[Tensor, "frames points 2"]:
        camera = _camera(posed)
        seen = (self.target - camera[:, None, 1:]) * torch.exp(-camera[:, 0])[:, None, None]
        if self.perspective:
            seen = seen - self.target * posed.points[..., 2:]
        return self.weight[..., None] * (posed.points[..., :2] - seen)

    def at(self, frames: slice) -> PicturePoints:
        return replace(self, target=self.target[frames], weight=self.weight[frames])


@dataclass(frozen=True, eq=False)
class RelativePoints(_Dense):
    """Points lie where they were seen from another point of the body: a hand's from its wrist, wherever that is.

    Args:
        points: which of the chain's points, one each.
        origins: from which of the chain's points each is seen.
        target: what lies between the two, metres.
        weight: how much each coordinate counts; 0 for what was not seen.
        robust: distance in metres beyond which a point counts as an outlier; None: never.
    """

    points: Int[Tensor, " seen"]
    origins: Int[Tensor, " seen"]
    target: Float[Tensor, "frames seen 3"]
    weight: Float[Tensor, "frames seen 3"]
    robust: float | None = None

    def residuals(self, posed: Posed) -> Float[Tensor, "frames residuals"]:
        apart = self._apart(posed)
        return (_shrink(apart, self.robust)[0] * apart).flatten(1)

    def jacobian(self, posed: Posed) -> Float[Tensor, "frames residuals unknowns"]:
        factor = _shrink(self._apart(posed), self.robust)[1] * self.weight
        moves = posed.points_jacobian[:, self.points] - posed.points_jacobian[:, self.origins]
        return (factor[..., None] * moves).flatten(1, 2)

    def _apart(self, posed: Posed) -> Float[Tensor, "frames seen 3"]:
        return self.weight * (posed.points[:, self.points] - posed.points[:, self.origins] - self.target)

    def at(self, frames: slice) -> RelativePoints:
        return replace(self, target=self.target[frames], weight=self.weight[frames])


@dataclass(frozen=True, eq=False)
class RotationPrior(_Diagonal):
    """Local rotations stay near the zero pose, each axis with its own weight: a hinge has one free axis."""

    weight: Float[Tensor, "joints 3"]

    def residuals(self, posed: Posed) -> Float[Tensor, "frames residuals"]:
        return (self.weight * posed.turns).flatten(1)

    def at(self, frames: slice) -> RotationPrior:
        return self


@dataclass(frozen=True, eq=False)
class NearRotations(_Diagonal):
    """Local rotations stay near given ones, as those of the frames before and after: smoothness in time.

    Args:
        toward: those rotations.
        weight: how much each axis counts, in each frame or the same in all.
    """

    toward: Float[Tensor, "frames joints 3 3"]
    weight: Float[Tensor, "*frames joints 3"]

    def residuals(self, posed: Posed) -> Float[Tensor, "frames residuals"]:
        between = small_matmul(self.toward.mT, posed.state.local)
        return (self.weight * rot.rotmat_to_rotvec(between)).flatten(1)

    def at(self, frames: slice) -> NearRotations:
        weight = self.weight if self.weight.ndim == 2 else self.weight[frames]
        return replace(self, toward=self.toward[frames], weight=weight)


@dataclass(frozen=True, eq=False)
class NearDistance(_Dense):
    """The camera's scale stays near a given one: beyond all outliers, no distance would be worse than another.

    Args:
        toward: its logarithm.
        weight: metres that a factor of e is worth.
    """

    toward: Float[Tensor, " frames"]
    weight: float

    def residuals(self, posed: Posed) -> Float[Tensor, "frames residuals"]:
        return (self.weight * (_camera(posed)[:, 0] - self.toward))[:, None]

    def jacobian(self, posed: Posed) -> Float[Tensor, "frames residuals unknowns"]:
        result = self.toward.new_zeros(len(self.toward), 1, posed.state.unknowns)
        result[..., -3] = self.weight
        return result

    def at(self, frames: slice) -> NearDistance:
        return replace(self, toward=self.toward[frames])


@dataclass(frozen=True, eq=False)
class JointRanges(_Dense):
    """Joints stay within their ranges of motion (`poseloom.pose.ranges`); limits are taken as they are in the state.

    Each limited angle belongs to one joint, so three small turns of all joints at once give all derivatives. The
    totals of trunk and neck are left to the limits of their single joints.
    """

    weight: float
    small: float = 1e-5

    def residuals(self, posed: Posed) -> Float[Tensor, "frames residuals"]:
        angles, low, high = _limited(posed.state.local)
        return self.weight * ((angles - high).clamp_min(0) - (low - angles).clamp_min(0))

    def jacobian(self, posed: Posed) -> Float[Tensor, "frames residuals unknowns"]:
        local = posed.state.local
        angles, low, high = _limited(local)
        out = ((angles > high) | (angles < low)).to(angles)
        rows = torch.arange(len(_owners()))
        columns = 3 * torch.tensor(_owners())
        result = local.new_zeros(len(local), len(rows), posed.state.unknowns)
        for axis in range(3):
            turn = rot.rotvec_to_rotmat(self.small * torch.eye(3, dtype=local.dtype)[axis])
            turned = _limited(small_matmul(local, turn.expand_as(local)))[0]
            change = torch.remainder(turned - angles + torch.pi, 2 * torch.pi) - torch.pi
            result[:, rows, columns + axis] = self.weight * out * change / self.small
        return result

    def at(self, frames: slice) -> JointRanges:
        return self


@lru_cache(maxsize=1)
def _owners() -> tuple[int, ...]:
    """The joint that each kept limit belongs to."""
    owner = {name: joint for joint, (_, slots) in PRODUCTS.items() for name, _ in slots}
    owner |= {name: name.split("_joint_")[0] for name in ranges.LIMITED if "_joint_" in name}
    return tuple(JOINT_INDEX[owner[ranges.LIMITED[row]]] for row in _rows())


@lru_cache(maxsize=1)
def _rows() -> tuple[int, ...]:
    totals = ("root_", "trunk_", "head_")
    return tuple(i for i, name in enumerate(ranges.LIMITED) if not name.startswith(totals) or "_joint_" in name)


def _limited(local: Float[Tensor, "frames joints 3 3"]) -> tuple[Tensor, Tensor, Tensor]:
    with torch.no_grad():
        rows = list(_rows())
        pose = Pose(rot.rotmat_to_rotvec(local[:, :BODY_JOINTS]))
        angles, low, high = ranges.angles_and_limits(pose)
        return angles[:, rows], low[:, rows], high[:, rows]


def _shrink(apart: Float[Tensor, "frames points d"], scale: float | None) -> tuple[Any, Any]:
    """Factors of residual and Jacobian that turn a squared distance into Geman and McClure's bounded one."""
    if scale is None:
        return 1.0, 1.0
    ratio = scale / torch.sqrt(scale**2 + apart.square().sum(-1, keepdim=True))
    return ratio, ratio**3


def _camera(posed: Posed) -> Float[Tensor, "frames 3"]:
    camera = posed.state.camera
    if camera is None:
        raise ValueError("points of a picture need a camera in the state")
    return camera
