"""Inverse kinematics of both arms: from wrists to the rotations of shoulder, elbow and wrist.

Two bones between shoulder and wrist leave one freedom, the swivel of the elbow about the line between them. It is
chosen so that wrist, forearm and shoulder stay comfortable: the mean of a row of candidates, weighted by how
comfortable each is, which moves smoothly with the target. What the wrist cannot do within its range is cut off.
All frames and both arms at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.pose import movement
from poseloom.pose import rotations as rot
from poseloom.pose.joints import JOINT_INDEX, PARENTS
from poseloom.pose.kinematics import small_matmul
from poseloom.pose.skeleton import rest_offsets
from poseloom.signer.frames import SIDES

FULLEST_REACH = 0.985
"""Share of the arm's length up to which it stretches; the elbow never locks."""
_SHORTEST_REACH = 0.158
"""Metres: the wrist comes no nearer to the shoulder; the elbow is bent by 148 degrees there."""
_SWIVELS = torch.linspace(-25, 130, 22).deg2rad()
"""Candidates: 0 is the elbow below the line from shoulder to wrist, 90 out to the side."""
_USUAL_SWIVEL = math.radians(22)
_SHARPNESS = 10.0
_SMOOTHING = 2.0
"""Frames, standard deviation: of the swivel over time."""
_AT_ONCE = 2000
"""Frames solved in one block."""
_BACKWARDS = 0.35
"""How much elbows point backwards besides down; decides for arms that hang."""

_FLEXION, _DEVIATION = (-70.0, 75.0), (-30.0, 20.0)
"""Degrees, wrist: the ranges of `poseloom.pose.ranges`."""
_PRONATION = (-105.0, 80.0)
"""Degrees, forearm, shared by elbow and wrist; 0 is the thumb in the direction in which the elbow bends."""
_EASY_PRONATION = (-75.0, 40.0)
_ARM_TWIST = (-85.0, 100.0)
_ELBOW_CLEAR = 0.1
"""Metres from the midplane that elbows keep, so that forearms do not cross."""
_PER_SIDE = torch.tensor([1.0, -1.0])


@dataclass(frozen=True, eq=False)
class SignerArms:
    """Local rotations of both arms: left, right."""

    shoulder: Float[Tensor, "frames 2 3 3"]
    elbow: Float[Tensor, "frames 2 3 3"]
    wrist: Float[Tensor, "frames 2 3 3"]
    elbow_points: Float[Tensor, "frames 2 3"]
    """Metres, as the targets."""


@dataclass(frozen=True, eq=False)
class _Skeleton:
    shoulders: Float[Tensor, "2 3"]
    upper: float
    lower: float


@lru_cache(maxsize=1)
def _skeleton() -> _Skeleton:
    offsets = rest_offsets()
    upper, lower = (float(offsets[JOINT_INDEX[f"left_{name}"], 0]) for name in ("elbow", "wrist"))
    points = []
    for side in SIDES:
        joint = JOINT_INDEX[f"{side}_shoulder"]
        point = torch.zeros(3)
        while joint > 0:
            point = point + offsets[joint]
            joint = PARENTS[joint]
        points.append(point)
    return _Skeleton(torch.stack(points), upper, lower)


def shoulder_points() -> Float[Tensor, "2 3"]:
    """Left and right shoulder joint of the standing body, metres from the pelvis."""
    return _skeleton().shoulders


def chest_origin() -> Float[Tensor, "3"]:
    """The middle between the shoulders, from which places are counted, metres from the pelvis."""
    return _skeleton().shoulders.mean(0)


def within_reach(point: Float[Tensor, "3"], side: str) -> Float[Tensor, "3"]:
    """The nearest point that the wrist of a side can come to."""
    shoulder = _skeleton().shoulders[SIDES.index(side)]
    line = point - shoulder
    distance = float(line.norm())
    allowed = min(max(distance, _SHORTEST_REACH), FULLEST_REACH * (_skeleton().upper + _skeleton().lower))
    return point if allowed == distance else shoulder + line * (allowed / max(distance, 1e-9))


def solve_arms(points: Float[Tensor, "frames 2 3"], hands: Float[Tensor, "frames 2 3 3"]) -> SignerArms:
    """Arms that bring both wrists to points and turn both hands.

    Args:
        points: where left and right wrist are to be, metres from the pelvis; those out of reach are approached.
        hands: rotations of the hands in the world, from the T-pose.
    """
    blocks = zip(points.split(_AT_ONCE), hands.split(_AT_ONCE), strict=True)
    return _arms(points, hands, _smooth(torch.cat([_best_swivel(*block) for block in blocks])))


def _arms(points: Float[Tensor, "frames 2 3"], hands: Float[Tensor, "frames 2 3 3"], swivels: Tensor) -> SignerArms:
    """Arms of given swivels (frames, side), wrists within their ranges."""
    angles = _Angles.of(*_geometry(points, swivels[..., None]), hands)
    ranges = ((angles.flexion, _FLEXION), (angles.deviation, _DEVIATION), (angles.pronation, _PRONATION))
    flexion, deviation, pronation = (
        angle.clamp(*(math.radians(limit) for limit in limits))[..., 0] for angle, limits in ranges
    )
    side = _PER_SIDE.to(points)
    roll = rot.axis_to_rotmat(pronation / 2, "X")
    elbow = rot.axis_to_rotmat(-side * angles.bend[..., 0], "Y") @ roll
    wrist = roll @ rot.axis_to_rotmat(-side * flexion, "Z") @ rot.axis_to_rotmat(-side * deviation, "Y")
    return SignerArms(angles.shoulder[..., 0, :, :], elbow, wrist, angles.elbow[..., 0, :])


def discomfort(points: Float[Tensor, "points 3"], hand: Float[Tensor, "3 3"], side: str) -> Float[Tensor, " points"]:
    """How uncomfortable a hand of a given rotation is at points; what a wrist would be over its range counts most."""
    both, swivels = points[:, None].expand(-1, 2, -1), _SWIVELS.to(points)
    angles = _Angles.of(*_geometry(both, swivels.expand(len(points), 2, -1)), hand.expand(len(points), 2, 3, 3))
    return _discomfort(angles, swivels).amin(-1)[:, SIDES.index(side)]


def reached_rotations(
    points: Float[Tensor, "points 3"], hand: Float[Tensor, "3 3"], side: str
) -> Float[Tensor, "points 3 3"]:
    """What a hand's rotation becomes at points, where the wrist's range cuts it off."""
    both, hands = points[:, None].expand(-1, 2, -1), hand.expand(len(points), 2, 3, 3)
    arms = _arms(both, hands, _best_swivel(both, hands))
    index = SIDES.index(side)
    return arms.shoulder[:, index] @ arms.elbow[:, index] @ arms.wrist[:, index]


# -- geometry: axes (frames, side, candidates) ------------------------------------------------------------------------


def _geometry(
    points: Float[Tensor, "frames 2 3"], swivel: Float[Tensor, "*#frames #two candidates"]
) -> tuple[Tensor, Tensor, Tensor]:
    """Elbows, and unit vectors along upper arm and forearm, for each swivel."""
    skeleton = _skeleton()
    line = points - skeleton.shoulders
    distance = line.norm(dim=-1, keepdim=True).clamp_min(1e-6)
    along = line / distance
    reach = distance.clamp(_SHORTEST_REACH, FULLEST_REACH * (skeleton.upper + skeleton.lower))
    down = points.new_tensor([0.0, -1.0, -_BACKWARDS]).expand_as(along)
    down = torch.nn.functional.normalize(down - (down * along).sum(-1, keepdim=True) * along, dim=-1)
    outwards = torch.linalg.cross(along, down) * _PER_SIDE.to(points)[:, None]
    pole = down[..., None, :] * torch.cos(swivel)[..., None] + outwards[..., None, :] * torch.sin(swivel)[..., None]
    cosine = (skeleton.upper**2 + reach**2 - skeleton.lower**2) / (2 * skeleton.upper * reach)
    sine = (1 - cosine**2).clamp_min(0).sqrt()
    upper = along[..., None, :] * cosine[..., None] + pole * sine[..., None]
    wrist = (along * reach)[..., None, :]
    forearm = torch.nn.functional.normalize(wrist - upper * skeleton.upper, dim=-1)
    return skeleton.shoulders[:, None] + upper * skeleton.upper, upper, forearm


@dataclass(frozen=True, eq=False)
class _Angles:
    """What the joints of an arm do; radians."""

    elbow: Tensor
    shoulder: Tensor
    bend: Tensor
    pronation: Tensor
    flexion: Tensor
    deviation: Tensor

    @classmethod
    def of(cls, elbow: Tensor, upper: Tensor, forearm: Tensor, hands: Float[Tensor, "frames 2 3 3"]) -> _Angles:
        """Read off the joints' angles of arms that are placed, and of the hands at their ends."""
        side = _PER_SIDE.to(upper)[:, None]
        x = upper * side[..., None]
        z = forearm - (forearm * upper).sum(-1, keepdim=True) * upper
        z = torch.nn.functional.normalize(z, dim=-1)
        shoulder = torch.stack([x, torch.linalg.cross(z, x), z], dim=-1)
        bend = torch.acos((forearm * upper).sum(-1).clamp(-1, 1))
        lower = small_matmul(shoulder, rot.axis_to_rotmat(-side * bend, "Y"))
        relative = small_matmul(lower.transpose(-1, -2), hands[..., None, :, :].expand_as(lower))
        pronation, flexion, deviation = movement.decompose(relative, "XZY").unbind(-1)
        return cls(elbow, shoulder, bend, pronation, -side * flexion, -side * deviation)


def _best_swivel(
    points: Float[Tensor, "frames 2 3"], hands: Float[Tensor, "frames 2 3 3"]
) -> Float[Tensor, "frames 2"]:
    swivels = _SWIVELS.to(points)
    angles = _Angles.of(*_geometry(points, swivels.expand(len(points), 2, -1)), hands)
    cost = _discomfort(angles, swivels)
    return (torch.softmax(-_SHARPNESS * cost, dim=-1) * swivels).sum(-1)


def _discomfort(angles: _Angles, swivels: Float[Tensor, " candidates"]) -> Float[Tensor, "frames 2 candidates"]:
    side = _PER_SIDE.to(swivels)[:, None]
    swing, elevation, twist = movement.decompose(angles.shoulder, "YZX").unbind(-1)
    swing, elevation = -side * swing, side * elevation
    carried = 2 * torch.atan2((swing / 2).sin() * (elevation / 2).sin(), (swing / 2).cos() * (elevation / 2).cos())
    twist = torch.remainder(twist - carried + math.pi, 2 * math.pi) - math.pi
    return (
        0.4 * (angles.flexion / math.radians(70)) ** 2
        + 0.4 * (angles.deviation / math.radians(30)) ** 2
        + 20.0 * (_over(angles.flexion, _FLEXION) + _over(angles.deviation, _DEVIATION))
        + 1.5 * _over(angles.pronation, _EASY_PRONATION)
        + 20.0 * _over(angles.pronation, _PRONATION)
        + 4.0 * _over(twist, _ARM_TWIST)
        + 5.0 * ((_ELBOW_CLEAR - side * angles.elbow[..., 0]) / _ELBOW_CLEAR).clamp_min(0)
        + 0.5 * (swivels - _USUAL_SWIVEL) ** 2
    )


def _over(angle: Tensor, limits: tuple[float, float]) -> Tensor:
    """Radians outside the limits (degrees)."""
    low, high = (math.radians(limit) for limit in limits)
    return (angle - high).clamp_min(0) + (low - angle).clamp_min(0)


def _smooth(swivels: Float[Tensor, "frames 2"]) -> Float[Tensor, "frames 2"]:
    """Gaussian over time."""
    radius = math.ceil(3 * _SMOOTHING)
    steps = torch.arange(-radius, radius + 1, dtype=swivels.dtype)
    kernel = torch.exp(-0.5 * (steps / _SMOOTHING) ** 2)
    padded = torch.nn.functional.pad(swivels.T[:, None], (radius, radius), mode="replicate")
    return torch.nn.functional.conv1d(padded, (kernel / kernel.sum())[None, None])[:, 0].T
