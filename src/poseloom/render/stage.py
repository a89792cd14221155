"""The stage: bodies that stand on the floor, the cameras that see them, cut into blocks that fit in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.body import Body, default_body
from poseloom.pose import Pose
from poseloom.pose.camera import Camera
from poseloom.render.rasterise import Fragments, rasterise
from poseloom.render.scene import Ground, Scene
from poseloom.render.style import Style
from poseloom.render.surface import Surface, surface_of
from poseloom.render.view import View

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
    joints: Float[Tensor, "batch joints 3"]
    camera: Camera
    first: int
    """Number of the first picture."""
    rows: slice


@dataclass(frozen=True, eq=False)
class Stage:
    """A scene on its way into pictures: bodies on the floor and cameras, the batch axes laid flat into one."""

    pose: Pose
    body: Body
    surface: Surface
    batch_shape: tuple[int, ...]
    size: tuple[int, int]
    supersample: int
    style: Style
    camera: Camera | None
    view: View
    ground: Ground
    floor: Float[Tensor, " batch"] | None
    """Height of each pose's floor in the world of the poses; None: under the lowest vertex of each."""

    def blocks(self) -> Iterator[Block]:
        """The pictures in pieces of bounded size; pieces come in order, bands of one picture from top to bottom."""
        height, width = self.size
        pixels = height * width * self.supersample**2
        count = len(self.surface.rest)
        at_once = max(1, min(_PIXELS_AT_ONCE // pixels, _VERTICES_AT_ONCE // count))
        band = max(1, min(height, _PIXELS_AT_ONCE // (width * self.supersample**2)))
        for first in range(0, len(self.pose), at_once):
            chunk = slice(first, first + at_once)
            vertices, joints = self.placed(chunk)
            if self.camera is None:
                camera = self.view.camera(self.pose[chunk], joints, vertices, self.size)
            else:
                camera = self.camera[chunk]
            for top in range(0, height, band):
                yield Block(vertices, joints, camera, first, slice(top, min(top + band, height)))

    def posed(self, chunk: slice) -> tuple[Float[Tensor, "batch vertices 3"], Float[Tensor, "batch joints 3"]]:
        """Vertices and joints of some of the poses in their own world."""
        with torch.no_grad():
            posed = self.body.posed(self.pose[chunk])
            return posed.vertices, posed.joints

    def placed(self, chunk: slice) -> tuple[Float[Tensor, "batch vertices 3"], Float[Tensor, "batch joints 3"]]:
        """Vertices and joints of some of the poses where they stand in the scene: the floor is y = 0."""
        vertices, joints = self.posed(chunk)
        drop = _drop(_resting_height(vertices) if self.floor is None else self.floor[chunk])
        return vertices - drop, joints - drop

    def seen(self, block: Block) -> Fragments:
        """The visible surface in the block's rows, at `supersample` pixels for each along both sides."""
        height, width = (side * self.supersample for side in self.size)
        screen = block.camera.fitted((height, width)).project(block.vertices)
        top = block.rows.start * self.supersample
        if top:
            screen = screen - screen.new_tensor([0.0, top, 0.0])
        rows = (block.rows.stop - block.rows.start) * self.supersample
        return rasterise(screen, self.surface.faces, rows, width, perspective=block.camera.perspective)


def stage_of(scene: Scene) -> Stage:
    """Put the bodies on the floor and, where one camera serves all poses, place it."""
    body = scene.body or default_body("full")
    pose = scene.poses.detach().to(body.faces.device, torch.float32)
    stage = Stage(
        pose=pose.reshape(-1),
        body=body,
        surface=surface_of(body, pose.device),
        batch_shape=pose.batch_shape,
        size=scene.sides,
        supersample=scene.supersample,
        style=scene.style,
        camera=_flat_camera(scene, pose.device),
        view=scene.view or View(),
        ground="lowest" if pose.translation is None else scene.ground,
        floor=None,
    )
    return _with_shared(stage)


def _with_shared(stage: Stage) -> Stage:
    """The stage with its one floor and its one camera (or one path of a camera), where those are asked for."""
    count = len(stage.pose)
    if stage.ground == "translation":
        stage = replace(stage, floor=stage.pose.rotations.new_zeros(count))
    needs_camera = stage.camera is None and stage.view.shared
    if stage.ground != "shared" and not needs_camera:
        return stage
    at_once = max(1, _VERTICES_AT_ONCE // len(stage.surface.rest))
    posed = [stage.posed(slice(i, i + at_once)) for i in range(0, count, at_once)]
    lowest = torch.cat([_resting_height(vertices) for vertices, _ in posed])
    thinned = torch.cat([vertices[:, ::_FRAMING_STRIDE] for vertices, _ in posed])
    joints = torch.cat([joints for _, joints in posed])
    floor = stage.floor
    if floor is None:
        floor = lowest.amin().expand(count) if stage.ground == "shared" else lowest
    camera = stage.camera
    if needs_camera:
        drop = _drop(floor)
        camera = stage.view.camera(stage.pose, joints - drop, thinned - drop, stage.size)
        camera = camera.flat((count,))
    return replace(stage, floor=floor, camera=camera)


def _resting_height(vertices: Float[Tensor, "batch vertices 3"]) -> Float[Tensor, " batch"]:
    """Where the floor is under a body: flesh gives way, so that nobody lies on the very tips of heels and elbows."""
    height = vertices[..., 1]
    bearing = height.kthvalue(max(1, round(_BEARING * height.shape[-1])), dim=-1).values
    return torch.minimum(bearing, height.amin(-1) + _GIVES_WAY)


_BEARING, _GIVES_WAY = 0.005, 0.02
"""Share of the vertices that bear the body, and metres by which they are pressed in at most."""


def _drop(floor: Float[Tensor, " batch"]) -> Float[Tensor, "batch 1 3"]:
    return torch.stack([torch.zeros_like(floor), floor, torch.zeros_like(floor)], dim=-1)[:, None]


def _flat_camera(scene: Scene, device: torch.device) -> Camera | None:
    camera, batch_shape = scene.camera, scene.poses.batch_shape
    if camera is None:
        return None
    try:
        fits = torch.broadcast_shapes(camera.batch_shape, batch_shape) == torch.Size(batch_shape)
    except RuntimeError:
        fits = False
    if not fits:
        raise PoseloomError(f"render: camera: batch {camera.batch_shape} does not fit that of the poses, {batch_shape}")
    return camera.to(device, torch.float32).fitted(scene.sides).flat(batch_shape or (1,))
