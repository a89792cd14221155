"""The surface of the fitted body in a picture: where each vertex is seen, what is visible, what lies where."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from poseloom.body import default_body
from poseloom.body.anny import AnnyBody
from poseloom.pose.camera import Camera
from poseloom.pose.joints import JOINT_INDEX, JOINT_NAMES, PARENTS
from poseloom.pose.types import Pose
from poseloom.render.rasterise import Fragments, Side, rasterise
from poseloom.tasks.mesh_recovery.body_landmarks import body_places

_BEHIND = 0.03
"""Metres: a vertex so much behind the nearest surface is hidden."""
_SLICE, _ALIKE = 512, 0.01
"""Vertices whose mirrored ones are looked for at once; metres by which their heights may differ."""
_GROUPS: dict[str, tuple[str, ...]] = {
    "head": ("head", "neck"),
    "trunk": ("pelvis", "spine1", "spine2", "spine3", "left_collar", "right_collar"),
    **{f"{side}_arm": (f"{side}_shoulder",) for side in ("left", "right")},
    **{f"{side}_forearm": (f"{side}_elbow",) for side in ("left", "right")},
    **{f"{side}_thigh": (f"{side}_hip",) for side in ("left", "right")},
    **{f"{side}_shin": (f"{side}_knee",) for side in ("left", "right")},
    **{f"{side}_foot": (f"{side}_ankle", f"{side}_foot") for side in ("left", "right")},
}
GROUPS = (*_GROUPS, "left_hand", "right_hand")
"""Pieces of the body that are taken as stiff."""


@dataclass(frozen=True, eq=False)
class Template:
    """What does not change with the pose.

    Args:
        body: the free body, all its vertices.
        weights: skinning weights on 52 joints.
        group: piece of each vertex, an index into `GROUPS`.
        mirrored: vertex at the mirrored place.
        edges: pairs of neighbouring vertices.
    """

    body: AnnyBody
    weights: Float[Tensor, "vertices 52"]
    group: Int[Tensor, " vertices"]
    mirrored: Int[Tensor, " vertices"]
    edges: Int[Tensor, "2 edges"]


@dataclass(frozen=True, eq=False)
class SeenSurface:
    """The body in one pose before a camera.

    Args:
        screen: x, y in pixels and depth in metres of each vertex.
        joints: of the 52 joints, likewise.
        shape: height and width of the picture.
        fragments: what is seen at each pixel.
    """

    screen: Float[Tensor, "vertices 3"]
    joints: Float[Tensor, "joints 3"]
    shape: tuple[int, int]
    fragments: Fragments

    @property
    def mask(self) -> Bool[Tensor, "height width"]:
        """Where the body is."""
        return self.fragments.mask[0]


@lru_cache(maxsize=1)
def template() -> Template:
    """The free body with all its vertices."""
    body = default_body("full")
    rig = body.rig()
    joint = rig.weights.argmax(-1)
    names = {name: number for number, group in enumerate(_GROUPS) for name in _GROUPS[group]}
    hands = {"left": GROUPS.index("left_hand"), "right": GROUPS.index("right_hand")}
    table = torch.tensor([names.get(name, hands[name.partition("_")[0]] if "_" in name else 0) for name in JOINT_NAMES])
    a, b, c = body.faces.unbind(-1)
    edges = torch.cat([torch.stack([a, b]), torch.stack([b, c]), torch.stack([c, a])], dim=1)
    return Template(body, rig.weights, table[joint], _mirrored(rig.vertices), torch.cat([edges, edges.flip(0)], dim=1))


def seen_surface(
    pose: Pose, camera: Camera, shift: Float[Tensor, "vertices 2"] | None = None, scale: int = 1
) -> SeenSurface:
    """The body in a pose before a camera.

    Args:
        pose: one pose, its translation in the camera's world.
        camera: of the picture.
        shift: pixels that vertices are moved by in the picture.
        scale: pixels are divided so many times both ways.
    """
    kept = template()
    posed = kept.body.posed(pose)
    screen, joints = camera.project(posed.vertices), camera.project(posed.joints)
    if shift is not None:
        screen = torch.cat([screen[:, :2] + shift, screen[:, 2:]], dim=-1)
    factor = screen.new_tensor([scale, scale, 1.0])
    screen, joints = screen * factor, joints * factor
    height, width = camera.size[0] * scale, camera.size[1] * scale
    fragments = rasterise(screen[None], kept.body.faces, height, width, side=Side.OUTSIDE)
    return SeenSurface(screen, joints, (height, width), fragments)


def towards_keypoints(
    pose: Pose, camera: Camera, points: Float[Tensor, "33 2"], seen: Bool[Tensor, " 33"]
) -> Float[Tensor, "vertices 2"]:
    """Pixels by which each vertex must move so that the body's landmarks lie on those that were found.

    Args:
        pose: one pose, its translation in the camera's world.
        camera: of the picture.
        points: landmarks of the networks, x and y in the camera's pixels.
        seen: which of them count.
    """
    kept, places = template(), body_places()
    posed = kept.body.posed(pose)
    offsets = (posed.rotations[places.joint] @ places.offset.float()[..., None]).squeeze(-1)
    own = camera.project(posed.joints[places.joint] + offsets)[:, :2]
    rows = torch.tensor(places.rows)
    away, there = points[rows] - own, seen[rows].float()
    count = len(JOINT_NAMES)
    total = torch.zeros(count, 2).index_add(0, places.joint, away * there[:, None])
    weight = torch.zeros(count).index_add(0, places.joint, there)
    shift = _spread(total, weight)
    return kept.weights @ shift


def visible_vertices(surface: SeenSurface, faces: Int[Tensor, "faces 3"]) -> Bool[Tensor, " vertices"]:
    """Vertices that nothing hides and whose surface faces the camera."""
    x, y, z = surface.screen.unbind(-1)
    height, width = surface.shape
    column, row = x.floor().long().clamp(0, width - 1), y.floor().long().clamp(0, height - 1)
    depth = surface.fragments.depth[0][row, column]
    inside = (x >= 0) & (y >= 0) & (x < width) & (y < height)
    near = (depth > 0) & (z <= depth + _BEHIND)
    corners = surface.screen[faces][..., :2]
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    area = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
    facing = torch.zeros(len(x)).index_add(0, faces.flatten(), -area.repeat_interleave(3))
    return inside & near & (facing > 0)


def _spread(total: Float[Tensor, "joints 2"], weight: Float[Tensor, " joints"]) -> Float[Tensor, "joints 2"]:
    """Shifts of all joints of those of some: unknown ones take their neighbours', which are smoothed a little."""
    links = [(child, parent) for child, parent in enumerate(PARENTS) if parent >= 0]
    child, parent = (torch.tensor([link[side] for link in links]) for side in (0, 1))
    shift = torch.where(weight[:, None] > 0, total / weight.clamp(min=1e-6)[:, None], torch.zeros_like(total))
    known = (weight > 0).float()
    for _ in range(len(PARENTS)):
        if bool((known > 0).all()):
            break
        near = torch.zeros_like(shift).index_add(0, child, (shift * known[:, None])[parent])
        near = near.index_add(0, parent, (shift * known[:, None])[child])
        count = torch.zeros_like(known).index_add(0, child, known[parent]).index_add(0, parent, known[child])
        new = (known == 0) & (count > 0)
        shift = torch.where(new[:, None], near / count.clamp(min=1e-6)[:, None], shift)
        known = torch.where(new, torch.ones_like(known), known)
    return shift


def _mirrored(rest: Float[Tensor, "vertices 3"]) -> Int[Tensor, " vertices"]:
    """The vertex nearest to each one's mirrored place at the T-pose."""
    image = rest * rest.new_tensor([-1.0, 1.0, 1.0])
    order = rest[:, 1].argsort()
    heights, found = rest[order, 1].contiguous(), torch.zeros(len(rest), dtype=torch.long)
    for part in order.split(_SLICE):  # only vertices of about the same height are compared
        ends = torch.stack([image[part[0], 1] - _ALIKE, image[part[-1], 1] + _ALIKE])
        first, last = torch.searchsorted(heights, ends).tolist()
        near = order[first:last]
        found[part] = near[torch.cdist(image[part], rest[near]).argmin(-1)]
    return found


HEAD = JOINT_INDEX["head"]
