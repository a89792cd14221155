"""A scene: bodies that stand on the floor, the cameras that see them, cut into blocks that fit in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.body import Body, default_body
from poseloom.pose import Clip, Pose
from poseloom.pose.camera import Camera
from poseloom.render.surface import Surface, surface_of
from poseloom.render.view import View

Ground = Literal["lowest", "shared", "translation"]
"""Where the floor is: under each pose's lowest vertex; under the lowest of the whole batch, so that jumps leave it;
or at height 0 of the world in which the poses' translations are given. The latter two need a translation and are
``"lowest"`` without one."""

Size = int | tuple[int, int]
"""Side of a square picture, or (height, width), in pixels."""

LARGEST_SIZE = 8192
"""Pixels a side."""

_PIXELS_AT_ONCE = 1 << 21
"""Pixels drawn in one block, before they are averaged: eight pictures of 512 x 512 (about 200 MB of intermediates)."""

_VERTICES_AT_ONCE = 1 << 18
"""Vertices posed in one block."""

_FRAMING_STRIDE = 5
"""Of a whole clip one vertex in so many is framed; on the fine mesh those lie 1 to 3 cm apart, less than the margin."""


@dataclass(frozen=True, eq=False)
class Block:
    """Some pictures, or a band of rows of one picture."""

    vertices: Float[Tensor, "batch vertices 3"]
    camera: Camera
    first: int
    """Number of the first picture."""
    rows: slice


@dataclass(frozen=True, eq=False)
class Scene:
    """Posed bodies and cameras; the batch axes laid flat into one."""

    pose: Pose
    body: Body
    surface: Surface
    batch_shape: tuple[int, ...]
    height: int
    width: int
    camera: Camera | None
    view: View
    ground: Ground
    floor: Float[Tensor, " batch"] | None
    """Height of each pose's floor in the world of the poses; None: under the lowest vertex of each."""

    def blocks(self, supersample: int) -> Iterator[Block]:
        """The pictures in pieces of bounded size; pieces come in order, bands of one picture from top to bottom."""
        pixels = self.height * self.width * supersample**2
        count = len(self.surface.rest)
        at_once = max(1, min(_PIXELS_AT_ONCE // pixels, _VERTICES_AT_ONCE // count))
        band = max(1, min(self.height, _PIXELS_AT_ONCE // (self.width * supersample**2)))
        for first in range(0, len(self.pose), at_once):
            chunk = slice(first, first + at_once)
            vertices, joints = self.placed(chunk)
            if self.camera is None:
                camera = self.view.camera(self.pose[chunk], joints, vertices, self.width / self.height)
            else:
                camera = self.camera[chunk]
            for top in range(0, self.height, band):
                yield Block(vertices, camera, first, slice(top, min(top + band, self.height)))

    def posed(self, chunk: slice) -> tuple[Float[Tensor, "batch vertices 3"], Float[Tensor, "batch joints 3"]]:
        """Vertices and joints of some of the poses in their own world."""
        with torch.no_grad():
            pose = self.pose[chunk]
            return self.body.mesh(pose).vertices, self.body.joints(pose)

    def placed(self, chunk: slice) -> tuple[Float[Tensor, "batch vertices 3"], Float[Tensor, "batch joints 3"]]:
        """Vertices and joints of some of the poses where they stand in the scene: the floor is y = 0."""
        vertices, joints = self.posed(chunk)
        drop = _drop(vertices[..., 1].amin(-1) if self.floor is None else self.floor[chunk])
        return vertices - drop, joints - drop


_MOST_RADIANS, _MOST_METRES = 1e4, 1e6
"""Of what can be drawn: beyond, single precision knows no directions and no places any more."""


def scene_of(
    pose: Pose | Clip,
    size: Size,
    *,
    body: Body | None = None,
    camera: Camera | None = None,
    view: View | None = None,
    ground: Ground = "lowest",
) -> Scene:
    """Check the arguments, put the bodies on the floor and, where one camera serves all poses, place it."""
    height, width = _checked_size(size)
    if isinstance(pose, Clip):
        pose = pose.pose
    if not isinstance(pose, Pose):
        raise PoseloomError(f"render: expected a Pose or a Clip, got {type(pose).__name__}")
    batch_shape = pose.batch_shape
    count = int(torch.Size(batch_shape).numel())
    if count == 0:
        raise PoseloomError(f"render: no poses to draw: the batch has shape {batch_shape}")
    for name, limit in (("rotations", _MOST_RADIANS), ("translation", _MOST_METRES)):
        values = getattr(pose, name)
        if values is not None and float(values.detach().abs().amax()) > limit:
            raise PoseloomError(f"render: pose.{name}: expected numbers up to {limit:,.0f}, got larger ones")
    if ground not in ("lowest", "shared", "translation"):
        raise PoseloomError(f'render: ground: expected "lowest", "shared" or "translation", got {ground!r}')
    body = body or default_body("full")
    pose = pose.detach().to(body.faces.device, torch.float32)
    if pose.translation is None:
        ground = "lowest"
    scene = Scene(
        pose=pose.reshape(count),
        body=body,
        surface=surface_of(body, pose.device),
        batch_shape=batch_shape,
        height=height,
        width=width,
        camera=_flat_camera(camera, batch_shape, pose.device),
        view=view or View(),
        ground=ground,
        floor=None,
    )
    return _with_shared(scene)


def _with_shared(scene: Scene) -> Scene:
    """The scene with its one floor and its one camera (or one path of a camera), where those are asked for."""
    count = len(scene.pose)
    if scene.ground == "translation":
        scene = replace(scene, floor=scene.pose.rotations.new_zeros(count))
    needs_camera = scene.camera is None and scene.view.shared
    if scene.ground != "shared" and not needs_camera:
        return scene
    at_once = max(1, _VERTICES_AT_ONCE // len(scene.surface.rest))
    posed = [scene.posed(slice(i, i + at_once)) for i in range(0, count, at_once)]
    lowest = torch.cat([vertices[..., 1].amin(-1) for vertices, _ in posed])
    thinned = torch.cat([vertices[:, ::_FRAMING_STRIDE] for vertices, _ in posed])
    joints = torch.cat([joints for _, joints in posed])
    floor = scene.floor
    if floor is None:
        floor = lowest.amin().expand(count) if scene.ground == "shared" else lowest
    camera = scene.camera
    if needs_camera:
        drop = _drop(floor)
        camera = scene.view.camera(scene.pose, joints - drop, thinned - drop, scene.width / scene.height)
        camera = camera.flat((count,))
    return replace(scene, floor=floor, camera=camera)


def _drop(floor: Float[Tensor, " batch"]) -> Float[Tensor, "batch 1 3"]:
    return torch.stack([torch.zeros_like(floor), floor, torch.zeros_like(floor)], dim=-1)[:, None]


def _flat_camera(camera: Camera | None, batch_shape: tuple[int, ...], device: torch.device) -> Camera | None:
    if camera is None:
        return None
    try:
        fits = torch.broadcast_shapes(camera.batch_shape, batch_shape) == torch.Size(batch_shape)
    except RuntimeError:
        fits = False
    if not fits:
        raise PoseloomError(f"render: camera: batch {camera.batch_shape} does not fit that of the poses, {batch_shape}")
    return camera.to(device, torch.float32).flat(batch_shape or (1,))


def _checked_size(size: Size) -> tuple[int, int]:
    sides = tuple(size) if isinstance(size, (tuple, list)) else (size, size)
    if len(sides) != 2 or not all(type(side) is int and 0 < side <= LARGEST_SIZE for side in sides):
        raise PoseloomError(
            f"render: size: expected 1 to {LARGEST_SIZE} pixels, one number or (height, width), got {size!r}"
        )
    return sides
