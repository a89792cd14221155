"""What pictures need to know of a body's surface once, whatever the pose: neighbours, body parts, clothes' cut."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Any, cast

import torch
from jaxtyping import Float, Int
from torch import Tensor

from poseloom.body import Body
from poseloom.pose import JOINT_INDEX, Pose
from poseloom.render.clothing import Cut, Head


class Part(IntEnum):
    """Parts of the body in a part picture; 0 is the background."""

    BACKGROUND = 0
    HEAD = 1
    NECK = 2
    TORSO = 3
    HIPS = 4
    LEFT_UPPER_ARM = 5
    RIGHT_UPPER_ARM = 6
    LEFT_FOREARM = 7
    RIGHT_FOREARM = 8
    LEFT_HAND = 9
    RIGHT_HAND = 10
    LEFT_THIGH = 11
    RIGHT_THIGH = 12
    LEFT_SHIN = 13
    RIGHT_SHIN = 14
    LEFT_FOOT = 15
    RIGHT_FOOT = 16
    BODY = 17
    """Somewhere on a body that does not say which bone carries which vertex."""


_PART_OF_BONE = (
    ("Head", Part.HEAD),
    ("Jaw", Part.HEAD),
    ("LeftEye", Part.HEAD),
    ("RightEye", Part.HEAD),
    ("Neck", Part.NECK),
    ("Chest", Part.TORSO),
    ("Spine", Part.TORSO),
    ("Hips", Part.HIPS),
    ("Root", Part.HIPS),
    ("LeftShoulder", Part.TORSO),
    ("RightShoulder", Part.TORSO),
    ("LeftArm", Part.LEFT_UPPER_ARM),
    ("RightArm", Part.RIGHT_UPPER_ARM),
    ("LeftForeArm", Part.LEFT_FOREARM),
    ("RightForeArm", Part.RIGHT_FOREARM),
    ("LeftHand", Part.LEFT_HAND),
    ("RightHand", Part.RIGHT_HAND),
    ("LeftLeg", Part.LEFT_THIGH),
    ("RightLeg", Part.RIGHT_THIGH),
    ("LeftShin", Part.LEFT_SHIN),
    ("RightShin", Part.RIGHT_SHIN),
    ("LeftFoot", Part.LEFT_FOOT),
    ("RightFoot", Part.RIGHT_FOOT),
    ("LeftToe", Part.LEFT_FOOT),
    ("RightToe", Part.RIGHT_FOOT),
)
"""How the names of the rig's bones begin, and the part that they carry."""


@dataclass(frozen=True, eq=False)
class Surface:
    """A body's mesh, apart from where its vertices are."""

    faces: Int[Tensor, "faces 3"]
    fan: Int[Tensor, "vertices valence"]
    """The faces around each vertex, filled up with the number of faces."""
    rest: Float[Tensor, "vertices 3"]
    """Vertices of the average shape at the T-pose."""
    parts: Int[Tensor, " faces"]
    """The `Part` of every face."""
    cut: Cut
    thickness: Float[Tensor, " joints"]
    """Metres: a joint lies at most so deep under its own skin."""

    def normals(self, vertices: Float[Tensor, "batch vertices 3"]) -> Float[Tensor, "batch vertices 3"]:
        """Unit normals of the vertices: the mean of those of the faces around them, weighted by area."""
        batch, count, _ = vertices.shape
        rows = vertices.transpose(0, 1).reshape(count, -1)
        a, b, c = (rows.index_select(0, corner).unflatten(1, (batch, 3)) for corner in self.faces.unbind(-1))
        of_faces = torch.linalg.cross(b - a, c - a).flatten(1)
        of_faces = torch.cat([of_faces, torch.zeros_like(of_faces[:1])])
        total = of_faces.index_select(0, self.fan[:, 0])
        for place in range(1, self.fan.shape[1]):
            total += of_faces.index_select(0, self.fan[:, place])
        return torch.nn.functional.normalize(total.unflatten(1, (batch, 3)), dim=-1, eps=1e-12).transpose(0, 1)


def surface_of(body: Body, device: torch.device) -> Surface:
    """The surface of a body, worked out once for each of the last few bodies."""
    return _surface_of(cast(Hashable, body), device)


@lru_cache(maxsize=8)
def _surface_of(body: Any, device: torch.device) -> Surface:
    with torch.no_grad():
        rest = body.mesh(Pose.identity().to(device)).vertices
        joints = body.skeleton().positions
    faces = body.faces.to(device)
    parts = vertex_parts(body, len(rest)).to(device)
    return Surface(
        faces=faces,
        fan=_fans(faces, len(rest)),
        rest=rest,
        parts=parts[faces].median(-1).values,
        cut=_cut(body, rest, joints),
        thickness=_thickness(rest, joints),
    )


def _thickness(rest: Float[Tensor, "vertices 3"], joints: Float[Tensor, "joints 3"]) -> Float[Tensor, " joints"]:
    """By how far the skin before and behind each joint is away from it at the T-pose."""
    away = (rest - joints.to(rest)[:, None]).abs()
    before = away[..., :2].norm(dim=-1).topk(_BESIDE, largest=False).indices
    return away[..., 2].gather(-1, before).amax(-1).clamp_max(_DEEPEST) * _ROUNDNESS + _PLAY


_BESIDE = 12
"""So many vertices that are the least aside of a joint are before or behind it."""
_DEEPEST = 0.15
"""Metres: a toe is far before its joint, yet not above it."""
_ROUNDNESS, _PLAY = 1.3, 0.02
"""How much deeper than from the front a joint may lie from elsewhere, as a factor and in metres."""


def _fans(faces: Int[Tensor, "faces 3"], vertices: int) -> Int[Tensor, "vertices valence"]:
    corners = faces.flatten()
    order = torch.argsort(corners, stable=True)
    counts = torch.bincount(corners, minlength=vertices)
    starts = counts.cumsum(0) - counts
    owner = torch.repeat_interleave(counts)
    place = torch.arange(len(corners), device=faces.device) - starts[owner]
    fan = torch.full((vertices, max(int(counts.max()), 1)), len(faces), device=faces.device)
    fan[owner, place] = torch.div(order, 3, rounding_mode="floor")
    return fan


def vertex_parts(body: Body, vertices: int) -> Int[Tensor, " vertices"]:
    """The `Part` of every vertex."""
    bones, names = getattr(body, "dominant_bones", None), getattr(body, "bone_names", None)
    if bones is None or names is None:
        return torch.full((vertices,), int(Part.BODY))
    return torch.tensor([_part_of(name) for name in names], device=bones.device)[bones]


def _part_of(bone: str) -> int:
    return next((int(part) for start, part in _PART_OF_BONE if bone.startswith(start)), int(Part.BODY))


def _cut(body: Any, rest: Float[Tensor, "vertices 3"], joints: Float[Tensor, "joints 3"]) -> Cut:
    """The pattern, from the joints at the T-pose and the outline of the head."""

    def joint(name: str) -> list[float]:
        return joints[JOINT_INDEX[name]].tolist()

    shoulder, elbow = joint("left_shoulder"), joint("left_elbow")
    pelvis, spine, neck, head = joint("pelvis"), joint("spine1"), joint("neck"), joint("head")
    return Cut(
        sleeve=shoulder[0] + _SLEEVE * (elbow[0] - shoulder[0]),
        shoulder=shoulder[0],
        waist=pelvis[1] + _WAIST * (spine[1] - pelvis[1]),
        ankle=joint("left_ankle")[1] + _HEM,
        collar=(neck[1] + _COLLAR_HEIGHT * (head[1] - neck[1]), neck[2] + _COLLAR_FORWARD),
        collar_radius=_COLLAR_RADIUS,
        head=_head(body, rest, head[1]),
    )


def _head(body: Any, rest: Float[Tensor, "vertices 3"], level: float) -> Head:
    above = rest[rest[:, 1] > level]
    height = (rest[:, 1].max() - level).item()
    skull = above[above[:, 1] > level + _SKULL * height, 2]
    eyes = getattr(body, "eyes", None)
    return Head(
        level=level,
        height=height,
        back=skull.min().item(),
        depth=(skull.max() - skull.min()).item(),
        ear=_EAR * above[:, 0].abs().max().item(),
        eyes=None if eyes is None else eyes.to(rest),
    )


# The pattern's proportions, chosen by eye on the free body.
_SLEEVE = 0.62
"""Length of the sleeves, as a share of the upper arm."""
_WAIST = 0.45
"""Height of the waistband, as a share of the way from the pelvis to the lowest spine joint."""
_HEM = 0.02
"""Metres from the ankle up to the trousers' hem."""
_COLLAR_RADIUS, _COLLAR_FORWARD = 0.092, 0.03
"""Metres: radius of the neckline, and how far before the neck joint its middle lies."""
_COLLAR_HEIGHT = 0.35
"""Height of its middle, as a share of the way from the neck joint to the head joint."""
_SKULL = 0.45
"""Above this share of the head's height there is no nose."""
_EAR = 0.90
"""Where the ears begin to stand off, as a share of half the head's width."""
