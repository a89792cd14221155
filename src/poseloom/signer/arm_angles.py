"""Where the elbow is for a swivel, what the joints of the arm do there, and how comfortable that is.

Axes of every tensor here: (frames, sides, candidates). The sides are one or both; a sign tells them apart.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.pose import movement
from poseloom.pose import rotations as rot
from poseloom.signer.shoulders import SHORTEST_REACH, arm_bones
from poseloom.signer.trunk import trunk_distance

FLEXION, DEVIATION = (-70.0, 75.0), (-30.0, 20.0)
"""Degrees, wrist: the ranges of `poseloom.pose.ranges`."""
PRONATION = (-105.0, 80.0)
"""Degrees, forearm, shared by elbow and wrist; 0 is the thumb in the direction in which the elbow bends."""
_EASY_PRONATION = (-75.0, 40.0)
_ARM_TWIST = (-85.0, 100.0)
_USUAL_SWIVEL, _RAISED_SWIVEL = math.radians(24), math.radians(40)
"""Without a reason for another; how much more of it where the arm is raised."""
_ELBOW_CLEAR = 0.1
"""Metres from the midplane that elbows keep, so that forearms do not cross."""
_LIFTS = 0.1
"""Sine of the upper arm's angle below the horizontal from which on it is an effort to hold it."""
_KEPT_OUT = 500.0
"""Discomfort of a metre of elbow or forearm within the trunk."""
FOREARM = ((0.0, 0.034), (0.3, 0.036), (0.6, 0.032), (0.85, 0.027))
"""Spheres of the forearm: share of the way from elbow to wrist, radius in metres."""
_MARGIN = 0.002
"""Metres that they keep from the skin."""


@dataclass(frozen=True, eq=False)
class Geometry:
    """Elbow and unit vectors of both bones for every candidate; wrist, and unit vector from shoulder to wrist."""

    elbow: Float[Tensor, "frames sides candidates 3"]
    upper: Float[Tensor, "frames sides candidates 3"]
    forearm: Float[Tensor, "frames sides candidates 3"]
    wrist: Float[Tensor, "frames sides 3"]
    along: Float[Tensor, "frames sides 3"]


def geometry(
    points: Float[Tensor, "frames sides 3"],
    swivel: Float[Tensor, "*#frames #sides candidates"],
    sign: Float[Tensor, " sides"],
    shoulders: Float[Tensor, "*#frames sides 3"],
) -> Geometry:
    """Arms of given swivels whose wrists are at points, or as near as they come.

    A swivel counts from where the elbow is when the arm points ahead with the elbow below it, and is carried to where
    the arm points by the smallest rotation: the only jump is where no arm points, straight back.

    Args:
        sign: 1 for a left arm, -1 for a right one.
    """
    bones = arm_bones()
    line = points - shoulders
    distance = line.norm(dim=-1, keepdim=True).clamp_min(1e-6)
    along = line / distance
    reach = distance.clamp(SHORTEST_REACH, bones.longest)
    x, y, z = along.unbind(-1)
    bent = y / (1 + z).clamp_min(0.02)
    down = torch.nn.functional.normalize(torch.stack([bent * x, bent * y - 1, y], dim=-1), dim=-1)
    outwards = torch.linalg.cross(along, down) * sign[:, None]
    pole = down[..., None, :] * torch.cos(swivel)[..., None] + outwards[..., None, :] * torch.sin(swivel)[..., None]
    cosine = (bones.upper**2 + reach**2 - bones.lower**2) / (2 * bones.upper * reach)
    sine = (1 - cosine**2).clamp_min(0).sqrt()
    upper = along[..., None, :] * cosine[..., None] + pole * sine[..., None]
    wrist = along * reach
    forearm = (wrist[..., None, :] - upper * bones.upper) / bones.lower
    elbow = shoulders[..., None, :] + upper * bones.upper
    return Geometry(elbow, upper, forearm, shoulders + wrist, along)


@dataclass(frozen=True, eq=False)
class ArmAngles:
    """What the joints of an arm do; radians. The shoulder's rotation is that of the upper arm from the T-pose."""

    shoulder: Float[Tensor, "frames sides candidates 3 3"]
    bend: Float[Tensor, "frames sides candidates"]
    pronation: Float[Tensor, "frames sides candidates"]
    flexion: Float[Tensor, "frames sides candidates"]
    deviation: Float[Tensor, "frames sides candidates"]
    relative: Float[Tensor, "frames sides candidates 3 3"]
    """Rotation of the hand beside a forearm that is not turned."""

    @classmethod
    def of(cls, arm: Geometry, hands: Float[Tensor, "frames sides 3 3"], sign: Float[Tensor, " sides"]) -> ArmAngles:
        """Read off the joints' angles of arms that are placed, and of the hands at their ends."""
        side = sign[:, None]
        x = arm.upper * side[..., None]
        cosine = (arm.forearm * arm.upper).sum(-1, keepdim=True)
        z = torch.nn.functional.normalize(arm.forearm - cosine * arm.upper, dim=-1)
        shoulder = torch.stack([x, torch.linalg.cross(z, x), z], dim=-1)
        bend = torch.acos(cosine[..., 0].clamp(-1, 1))
        lower = shoulder @ rot.axis_to_rotmat(-side * bend, "Y")
        relative = lower.mT @ hands[..., None, :, :]
        pronation, flexion, deviation = movement.decompose(relative, "XZY").unbind(-1)
        return cls(shoulder, bend, wrapped(pronation), -side * flexion, -side * deviation, relative)


def wrapped(pronation: Tensor) -> Tensor:
    """Within half a turn of the middle of its range, so that what is cut off is cut off at the nearer end."""
    middle = math.radians(sum(PRONATION) / 2)
    return torch.remainder(pronation - middle + math.pi, 2 * math.pi) + middle - math.pi


def discomfort_of(
    arm: Geometry, angles: ArmAngles, swivel: Float[Tensor, " candidates"], sign: Float[Tensor, " sides"]
) -> Float[Tensor, "frames sides candidates"]:
    """How little a person would like to hold an arm so; what lies beyond a range or within the trunk counts most."""
    side = sign[:, None]
    swing, elevation, twist = movement.decompose(angles.shoulder, "YZX").unbind(-1)
    swing, elevation = -side * swing, side * elevation
    carried = 2 * torch.atan2((swing / 2).sin() * (elevation / 2).sin(), (swing / 2).cos() * (elevation / 2).cos())
    twist = torch.remainder(twist - carried + math.pi, 2 * math.pi) - math.pi
    usual = _USUAL_SWIVEL + _RAISED_SWIVEL * arm.along[..., 1].clamp(0, 1)
    return (
        0.4 * (angles.flexion / math.radians(70)) ** 2
        + 0.4 * (angles.deviation / math.radians(30)) ** 2
        + 20.0 * (_over(angles.flexion, FLEXION) + _over(angles.deviation, DEVIATION))
        + 1.5 * _over(angles.pronation, _EASY_PRONATION)
        + 20.0 * _over(angles.pronation, PRONATION)
        + 4.0 * _over(twist, _ARM_TWIST)
        + 7.0 * ((_ELBOW_CLEAR - side * arm.elbow[..., 0]) / _ELBOW_CLEAR).clamp_min(0)
        + 3.0 * (arm.upper[..., 1] + _LIFTS).clamp_min(0) ** 2
        + 0.5 * (swivel - usual[..., None]) ** 2
        + _KEPT_OUT * forearm_depth(arm).clamp_min(0).sum(-1)
    )


def forearm_points(arm: Geometry) -> Float[Tensor, "frames sides candidates spheres 3"]:
    """Middles of the spheres of `FOREARM`."""
    shares = torch.tensor([share for share, _ in FOREARM])[:, None]
    return arm.elbow[..., None, :] + (arm.wrist[..., None, None, :] - arm.elbow[..., None, :]) * shares


def forearm_depth(arm: Geometry) -> Float[Tensor, "frames sides candidates spheres"]:
    """Metres by which each sphere of the forearm is too near to the trunk; negative where it is clear of it."""
    radii = torch.tensor([radius for _, radius in FOREARM])
    return radii + _MARGIN - trunk_distance(forearm_points(arm))


def _over(angle: Tensor, limits: tuple[float, float]) -> Tensor:
    """Radians outside the limits (degrees)."""
    low, high = (math.radians(limit) for limit in limits)
    return (angle - high).clamp_min(0) + (low - angle).clamp_min(0)
