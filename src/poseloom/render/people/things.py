"""Things that stand around: furniture, crates, posts; some of them before people."""

from __future__ import annotations

import math

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from poseloom.pose.camera import Camera
from poseloom.render.people.appearance import Colour
from poseloom.render.people.materials import Plain
from poseloom.render.people.pieces import Piece

_CORNERS = torch.tensor([[x, y, z] for x in (-1.0, 1.0) for y in (-1.0, 1.0) for z in (-1.0, 1.0)])
_SIDES = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))
"""Corners of each side of a box, counter-clockwise seen from outside."""
_ROUND = 14


def box(low: tuple[float, float, float], high: tuple[float, float, float]) -> tuple[Tensor, Tensor]:
    """Corners and triangles of a box with sharp edges."""
    lower, upper = torch.tensor(low), torch.tensor(high)
    corners = lower + (upper - lower) * (_CORNERS + 1) / 2
    vertices = torch.cat([corners[list(side)] for side in _SIDES])
    faces = torch.cat([torch.tensor([[0, 1, 2], [0, 2, 3]]) + 4 * number for number in range(6)])
    return vertices, faces


def rounded(radius: Float[Tensor, " rows"], height: Float[Tensor, " rows"]) -> tuple[Tensor, Tensor]:
    """A turned body about the vertical: radii at heights from the top down."""
    from poseloom.render.people.tubes import grid_faces

    angle = torch.arange(_ROUND) / _ROUND * 2 * math.pi
    ring = torch.stack([angle.sin(), torch.zeros(_ROUND), angle.cos()], -1)
    points = ring * radius[:, None, None] + torch.tensor([0.0, 1.0, 0.0]) * height[:, None, None]
    return points.reshape(-1, 3), grid_faces(len(radius), _ROUND, ring=True)


def _piece(parts: list[tuple[Tensor, Tensor]], material: Plain, turn: float, place: Tensor) -> Piece:
    """Parts turned about the vertical and put somewhere; normals are those of the faces."""
    vertices, faces, start = [], [], 0
    for own, triangles in parts:
        vertices.append(own[triangles].flatten(0, 1))
        faces.append(torch.arange(3 * len(triangles)).reshape(-1, 3) + start)
        start += 3 * len(triangles)
    rest = torch.cat(vertices).float()
    c, s = math.cos(turn), math.sin(turn)
    spin = torch.tensor([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])
    points = rest @ spin.T + place
    index: Int[Tensor, "faces 3"] = torch.cat(faces)
    a, b, d = (points[index[:, k]] for k in range(3))
    flat = torch.nn.functional.normalize(torch.linalg.cross(b - a, d - a), dim=-1)
    nothing = torch.zeros(len(index), dtype=torch.long)
    return Piece(points, flat.repeat_interleave(3, 0), rest, index, nothing, nothing, material)


def _shape(kind: str, rng: np.random.Generator) -> list[tuple[Tensor, Tensor]]:
    w, d, h = (float(value) for value in rng.uniform((0.35, 0.3, 0.35), (0.9, 0.6, 1.0)))
    if kind == "table":
        top = box((-w, h - 0.05, -d), (w, h, d))
        legs = [
            box((x - 0.03, 0.0, z - 0.03), (x + 0.03, h - 0.05, z + 0.03))
            for x in (-w + 0.06, w - 0.06)
            for z in (-d + 0.06, d - 0.06)
        ]
        return [top, *legs]
    if kind == "chair":
        seat = [box((-0.22, 0.41, -0.22), (0.22, 0.46, 0.22)), box((-0.22, 0.46, -0.24), (0.22, 0.95, -0.19))]
        return seat + [
            box((x - 0.02, 0, z - 0.02), (x + 0.02, 0.41, z + 0.02)) for x in (-0.2, 0.2) for z in (-0.2, 0.2)
        ]
    if kind == "sofa":
        return [
            box((-w - 0.3, 0.08, -0.4), (w + 0.3, 0.42, 0.4)),
            box((-w - 0.3, 0.42, -0.45), (w + 0.3, 0.85, -0.25)),
            box((-w - 0.45, 0.05, -0.42), (-w - 0.28, 0.62, 0.4)),
            box((w + 0.28, 0.05, -0.42), (w + 0.45, 0.62, 0.4)),
        ]
    if kind == "cabinet":
        return [box((-w, 0, -0.25), (w, 0.6 + h, 0.25)), box((-w - 0.02, 0.6 + h, -0.27), (w + 0.02, 0.64 + h, 0.27))]
    if kind == "post":
        return [rounded(torch.tensor([0.0, 0.05, 0.05, 0.05]), torch.tensor([2.6, 2.6, 1.0, 0.0]))]
    if kind == "bin":
        return [rounded(torch.tensor([0.0, 0.25, 0.27, 0.22]), torch.tensor([0.9, 0.9, 0.8, 0.0]))]
    if kind == "plant":
        pot = rounded(torch.tensor([0.0, 0.17, 0.12]), torch.tensor([0.3, 0.3, 0.0]))
        return [pot, _leaves(rng)]
    if kind == "car":
        return [
            box((-2.0, 0.25, -0.8), (2.0, 0.85, 0.8)),
            box((-1.1, 0.85, -0.72), (1.2, 1.4, 0.72)),
            box((-1.5, 0.0, -0.82), (-0.9, 0.55, 0.82)),
            box((0.9, 0.0, -0.82), (1.5, 0.55, 0.82)),
        ]
    return [box((-w / 2, 0.0, -d / 2), (w / 2, h, d / 2))]


def _leaves(rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """A bush of single leaves."""
    middle = rng.normal(0, 1, (_LEAVES, 1, 3)) * (0.16, 0.22, 0.16) + (0, 0.72, 0)
    corners = torch.from_numpy(middle + rng.normal(0, 0.075, (_LEAVES, 3, 3))).float().reshape(-1, 3)
    corners[:, 1].clamp_(min=0.25)
    front = torch.arange(3 * _LEAVES).reshape(-1, 3)
    return corners, torch.cat([front, front.flip(-1)])


_LEAVES = 110
INDOORS = ("table", "chair", "sofa", "cabinet", "plant", "crate")
OUTDOORS = ("post", "bin", "crate", "car", "plant", "post")
_BEFORE = ("table", "chair", "crate", "plant", "bin", "post")


def random_thing(rng: np.random.Generator, kind: str, place: Float[Tensor, " 3"], turn: float) -> Piece:
    """A thing of a kind, standing on the ground."""
    wood: Colour = tuple(float(v) for v in np.array([0.48, 0.33, 0.21]) * rng.uniform(0.5, 1.5))  # type: ignore[assignment]
    grey, tint = rng.uniform(0.12, 0.75), rng.normal(0, 0.035, 3)
    painted: Colour = tuple(float(np.clip(grey + v, 0.05, 0.9)) for v in tint)  # type: ignore[assignment]
    colour = wood if kind in ("table", "chair", "cabinet") and rng.random() < 0.7 else painted
    if kind == "plant":
        colour = (0.17, float(rng.uniform(0.28, 0.42)), 0.13)
    gloss = 0.3 if kind == "car" else 0.04
    return _piece(_shape(kind, rng), Plain(colour, 0.35 if kind == "plant" else 0.07, gloss), turn, place)


def behind_people(rng: np.random.Generator, camera: Camera, kinds: tuple[str, ...], most: int) -> list[Piece]:
    """Things beside and behind the people, as the camera sees it."""
    forward, right = _level(camera)
    made = []
    for _ in range(int(rng.integers(0, most + 1))):
        away, aside = rng.uniform(0.9, 3.2), rng.uniform(-2.6, 2.6)
        place = forward * float(away) + right * float(aside)
        made.append(random_thing(rng, str(rng.choice(kinds)), place, float(rng.uniform(-math.pi, math.pi))))
    return made


def before_people(rng: np.random.Generator, camera: Camera, joints: Float[Tensor, "joints 3"]) -> Piece | None:
    """Something that hides a part of a person; None where the camera is too near or it would hide most."""
    forward, right = _level(camera)
    middle = joints.mean(0)
    distance = float(((middle - camera.position) * forward).sum())
    nearest = max(0.9, 0.45 * distance)
    if distance - 0.45 < nearest:
        return None
    away = rng.uniform(nearest, distance - 0.4)
    side = float(rng.choice((-1, 1)) * rng.uniform(0.05, 0.5)) * away / distance
    start = camera.position * torch.tensor([1.0, 0.0, 1.0])
    aim = torch.nn.functional.normalize((middle - camera.position) * torch.tensor([1.0, 0.0, 1.0]), dim=0)
    place = start + aim * float(away) + right * side
    thing = random_thing(rng, str(rng.choice(_BEFORE)), place, float(rng.uniform(-math.pi, math.pi)))
    return thing if _hides(thing, camera, joints) < _MOST_HIDDEN else None


_MOST_HIDDEN = 0.4
"""Share of the joints that a thing may hide."""


def _hides(thing: Piece, camera: Camera, joints: Float[Tensor, "joints 3"]) -> float:
    """Share of the joints that lie in the thing's box in the picture."""
    corners, points = camera.project(thing.vertices), camera.project(joints)
    if float(corners[:, 2].min()) < 0.2:
        return 1.0
    low, high = corners[:, :2].amin(0), corners[:, :2].amax(0)
    return float(((points[:, :2] > low) & (points[:, :2] < high)).all(-1).float().mean())


def _level(camera: Camera) -> tuple[Float[Tensor, " 3"], Float[Tensor, " 3"]]:
    """Forward and right of a camera along the ground."""
    flat = torch.tensor([1.0, 0.0, 1.0])
    forward = torch.nn.functional.normalize(camera.rotation[2] * flat, dim=0)
    return forward, torch.stack([-forward[2], forward[1] * 0, forward[0]])
