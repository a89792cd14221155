"""The body of a pose as its describer sees it: points, frames of chest and pelvis, head angles; any number of poses.

Nothing here depends on the heading of the body: directions are told in the body's own frames or against gravity.
Sides stand in front: arrays of shape (2, poses, ...) hold left, then right. Every formula treats both sides by the
same sums, so that a mirrored body gives mirrored numbers to the last bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray
from torch import Tensor

from poseloom.language.description.fingers import shapes_of
from poseloom.language.posecodes.evaluation import Posecodes, evaluate
from poseloom.language.posecodes.points import POINT_INDEX, points_first
from poseloom.language.posecodes.values import chain

Array = NDArray[np.float32]

SIDES = ("left", "right")
OUTWARD = np.array([1, -1], np.float32)[:, None]
"""Sign of the left axis that points away from the body's middle, for the left and the right side."""
ADULT_LEG = 0.90
"""Hip to ankle, metres, of the average adult; all lengths here are given on that scale."""
REST_NOD = 17.0
"""Degrees by which the line from neck to head leans forward when the head is level (free body, T-pose)."""
AIRBORNE = 0.15
"""Metres between the ground and the lowest joint of somebody who does not touch it; a sole is 5 cm thick."""
_HEAD_CHAIN = chain("head", "pelvis")
_FLOOR = 1e-9


def unit(vector: Array) -> Array:
    """Vectors of length one; zero stays zero."""
    return vector / np.maximum(np.sqrt((vector * vector).sum(-1, keepdims=True)), _FLOOR)


def dot(a: Array, b: Array) -> Array:
    return (a * b).sum(-1)


def degrees_between(a: Array, b: Array) -> Array:
    """Angle between unit vectors."""
    return np.degrees(np.arccos(np.clip(dot(a, b), -1, 1)))


@dataclass(frozen=True, eq=False)
class Figure:
    """Poses ready to be described."""

    points: Float[np.ndarray, "points poses 3"]
    """Metres, scaled to the legs of an average adult, the lowest point at height zero."""
    codes: Posecodes
    head: Float[np.ndarray, "3 poses"]
    """Turn to the left, nod forward, tilt to the left, degrees, against the chest; the turn is NaN where unknown."""
    shapes: Int[np.ndarray, "2 poses"]
    """Shapes of the hands, indices into `fingers.SHAPES`."""
    airborne: Bool[np.ndarray, "poses"]
    """Whether the whole body is off the ground; False where the height of the ground is not known."""

    def __len__(self) -> int:
        return self.points.shape[1]

    def at(self, name: str) -> Array:
        """(poses, 3): one point."""
        return self.points[POINT_INDEX[name]]

    def both(self, part: str) -> Array:
        """(2, poses, 3): a point of the left and of the right side."""
        return np.stack([self.at(f"{side}_{part}") for side in SIDES])

    @cached_property
    def trunk(self) -> Array:
        """(poses, 3): direction from the pelvis to the neck."""
        return unit(self.at("neck") - self.at("pelvis"))

    @cached_property
    def pelvis_frame(self) -> Array:
        """(poses, 3 axes, 3): left, up, front of the pelvis."""
        left, right = self.both("hip")
        return _frame(left - right, self.at("spine2") - (left + right) / 2)

    @cached_property
    def chest_frame(self) -> Array:
        """(poses, 3 axes, 3): left, up, front of the chest."""
        left, right = self.both("shoulder")
        return _frame(left - right, self.at("neck") - self.at("spine1"))

    @cached_property
    def ahead(self) -> Array:
        """(poses, 3): where the person faces, along the ground; read off the hips."""
        left = self.pelvis_frame[:, 0] * np.array([1, 0, 1], np.float32)
        return unit(np.stack([-left[:, 2], np.zeros_like(left[:, 0]), left[:, 0]], -1))

    @cached_property
    def aside(self) -> Array:
        """(poses, 3): the person's left, along the ground."""
        return unit(self.pelvis_frame[:, 0] * np.array([1, 0, 1], np.float32))

    @cached_property
    def twist(self) -> Array:
        """Degrees by which the chest is turned to the left of the pelvis."""
        left = self.chest_frame[:, 0]
        return np.degrees(np.arctan2(-dot(left, self.pelvis_frame[:, 2]), dot(left, self.pelvis_frame[:, 0])))

    @cached_property
    def tilt(self) -> Array:
        """Degrees between the trunk and the vertical: 0 upright, 90 lying, 180 head down."""
        return np.degrees(np.arccos(np.clip(self.trunk[:, 1], -1, 1)))

    @cached_property
    def balance(self) -> Array:
        """(poses, 3): approximate centre of mass, from the masses of the segments (Winter, Biomechanics, 2009)."""
        arms, forearms = self.both("upperarm").sum(0), self.both("forearm").sum(0)
        thighs, shins = self.both("thigh").sum(0), self.both("shin").sum(0)
        trunk = (self.at("pelvis") + self.at("neck")) / 2
        return 0.50 * trunk + 0.08 * self.at("head") + 0.03 * arms + 0.02 * forearms + 0.10 * thighs + 0.06 * shins

    @cached_property
    def bends(self) -> NDArray[np.int8]:
        """(4, poses): category of the posecode "angle" of left knee, right knee, left elbow, right elbow."""
        return self.codes.all_categories[self.codes.plan.kinds[0].rows].numpy()

    def own(self, vectors: Array, frame: Array) -> Array:
        """(2, poses, 3): vectors of left and right limbs as (outward, up, forward) in a frame."""
        turned = np.einsum("spc,pac->spa", vectors, frame)
        turned[..., 0] *= OUTWARD
        return turned


def figure_of(
    joints: Float[Tensor, "poses joints 3"],
    rotations: Float[Tensor, "poses rotated 3"] | None,
    ground: float | None = None,
) -> Figure:
    """Poses ready to be described, from joints and, for the turn of the head, local rotations.

    Args:
        ground: height of the ground, metres; None: it is at the lowest joint of each pose.
    """
    joints = joints.detach().float().cpu()
    codes = evaluate(joints)
    points = points_first(joints).permute(1, 2, 0).numpy()
    left, right = (
        np.linalg.norm(points[POINT_INDEX[f"{side}_hip"]] - points[POINT_INDEX[f"{side}_knee"]], axis=-1)
        + np.linalg.norm(points[POINT_INDEX[f"{side}_knee"]] - points[POINT_INDEX[f"{side}_ankle"]], axis=-1)
        for side in SIDES
    )
    scale = ADULT_LEG / np.maximum((left + right) / 2, _FLOOR)
    points = points * scale[None, :, None]
    points = points - np.array([0, 1, 0], np.float32) * points[..., 1].min(0)[:, None]
    lowest = joints[..., 1].amin(-1).numpy()
    airborne = lowest > ground + AIRBORNE if ground is not None else np.zeros(len(joints), bool)
    shapes = shapes_of(joints)
    figure = Figure(points, codes, np.zeros((3, points.shape[1]), np.float32), shapes, airborne)
    head = _head_from_rotations(figure, rotations) if rotations is not None else _head_from_joints(figure)
    return Figure(points, codes, head, shapes, airborne)


def _frame(left: Array, up: Array) -> Array:
    left = unit(left)
    up = unit(up - left * dot(up, left)[:, None])
    return np.stack([left, up, np.cross(left, up)], axis=-2)


def _head_from_joints(figure: Figure) -> Array:
    line = np.einsum("pc,pac->pa", unit(figure.at("head") - figure.at("neck")), figure.chest_frame)
    nod = np.degrees(np.arctan2(line[:, 2], np.maximum(line[:, 1], _FLOOR))) - REST_NOD
    tilt = np.degrees(np.arcsin(np.clip(line[:, 0], -1, 1)))
    return np.stack([np.full_like(nod, np.nan), nod, tilt])


def _head_from_rotations(figure: Figure, rotations: Tensor) -> Array:
    """Where the head looks in the frame of the chest that is seen, so that a bend within the chest does not count."""
    from poseloom.pose.rotations import rotvec_to_rotmat

    local = rotvec_to_rotmat(rotations.detach().float().cpu()[:, _HEAD_CHAIN])
    head = local[:, 0]
    for joint in range(1, len(_HEAD_CHAIN)):
        head = head @ local[:, joint]
    seen = np.einsum("pcj,pac->paj", head.numpy(), figure.chest_frame)
    left, front = seen[..., 0], seen[..., 2]
    turn = np.arctan2(front[:, 0], front[:, 2])
    nod, tilt = (-np.arcsin(np.clip(axis[:, 1], -1, 1)) for axis in (front, left))
    return np.degrees(np.stack([turn, nod, tilt]))
