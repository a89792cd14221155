"""Pictures of poses: colour, body parts, depth."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import torch
from jaxtyping import Float, Int
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.body import Body
from poseloom.pose import Clip, Pose
from poseloom.pose.camera import Camera
from poseloom.render.backdrop import FloorShadows, backdrop
from poseloom.render.lighting import Rig, clothing, encode, rig_for, vertex_light
from poseloom.render.rasterise import Fragments, rasterise
from poseloom.render.scene import Block, Ground, Scene, Size, scene_of
from poseloom.render.shadows import ShadowMap, shadow_map
from poseloom.render.style import STUDIO, Style
from poseloom.render.view import View

_LARGEST_SUPERSAMPLE = 4


def render(
    pose: Pose | Clip,
    size: Size = 256,
    *,
    body: Body | None = None,
    camera: Camera | None = None,
    view: View | None = None,
    style: Style = STUDIO,
    supersample: int = 2,
    ground: Ground = "lowest",
) -> Float[Tensor, "*batch 3 height width"]:
    """Colour pictures of poses: RGB in [0, 1], on the body's device.

    Every pose gets its own camera, which stands in front of the person (three quarters, whatever the heading) and
    shows the whole body; with `View(shared=True)` one camera serves the whole batch, as for the frames of a clip, and
    `View(relative=False)` counts its azimuth from the world instead of the person.

    Args:
        pose: any batch axes.
        size: pixels, one number for a square or (height, width).
        body: what the poses are put on; the free body's fine mesh by default.
        camera: takes the place of `view`; its batch axes broadcast to those of the pose. It sees the bodies where
            `ground` has put them: the floor is y = 0.
        view: direction and lens of the cameras that are made.
        style: colours, lights, background.
        supersample: pixels drawn for every pixel of the picture, along each side; 1 leaves the outlines jagged.
        ground: where the floor is, see `Ground`. Across the floor, bodies stay where their translation puts them.

    Raises:
        PoseloomError: no poses, a size outside 1 to 8192, a camera that does not fit the batch.
    """
    scene = scene_of(pose, size, body=body, camera=camera, view=view, ground=ground)
    _check_supersample(supersample)
    return _gather(scene, supersample, partial(_colour_block, style=style, supersample=supersample))


def render_each(
    pose: Pose,
    size: Size = 256,
    *,
    body: Body | None = None,
    camera: Camera | None = None,
    view: View | None = None,
    style: Style = STUDIO,
    supersample: int = 2,
    ground: Ground = "lowest",
) -> Iterator[Float[Tensor, "3 height width"]]:
    """The pictures of `render` one after the other, so that those of a long clip need not be held at once."""
    scene = scene_of(pose, size, body=body, camera=camera, view=view, ground=ground)
    _check_supersample(supersample)
    bands: list[Tensor] = []
    for block in scene.blocks(supersample):
        bands.append(_colour_block(scene, block, style=style, supersample=supersample))
        if block.rows.stop == scene.height:
            yield from torch.cat(bands, dim=-2)
            bands.clear()


def cutout(
    pose: Pose,
    size: Size = 256,
    *,
    body: Body | None = None,
    camera: Camera | None = None,
    view: View | None = None,
    style: Style = STUDIO,
    supersample: int = 2,
    ground: Ground = "lowest",
) -> Float[Tensor, "*batch 4 height width"]:
    """The body alone, to be put on another picture: RGB and straight alpha. Arguments as for `render`."""
    scene = scene_of(pose, size, body=body, camera=camera, view=view, ground=ground)
    _check_supersample(supersample)
    return _gather(scene, supersample, partial(_cutout_block, style=style, supersample=supersample))


def parts(
    pose: Pose,
    size: Size = 256,
    *,
    body: Body | None = None,
    camera: Camera | None = None,
    view: View | None = None,
    ground: Ground = "lowest",
) -> Int[Tensor, "*batch height width"]:
    """The body part (`Part`) that is seen at every pixel's centre, 0 for the background. Arguments as for `render`."""
    scene = scene_of(pose, size, body=body, camera=camera, view=view, ground=ground)
    return _gather(scene, 1, _parts_block)


def depth(
    pose: Pose,
    size: Size = 256,
    *,
    body: Body | None = None,
    camera: Camera | None = None,
    view: View | None = None,
    ground: Ground = "lowest",
) -> Float[Tensor, "*batch height width"]:
    """Distance of the body from the camera's plane in metres, 0 for the background. Arguments as for `render`."""
    scene = scene_of(pose, size, body=body, camera=camera, view=view, ground=ground)
    return _gather(scene, 1, lambda scene, block: _seen(scene, block, 1).depth)


def _check_supersample(supersample: int) -> None:
    if supersample not in range(1, _LARGEST_SUPERSAMPLE + 1):
        raise PoseloomError(f"render: supersample: expected 1 to {_LARGEST_SUPERSAMPLE}, got {supersample!r}")


def _gather(scene: Scene, supersample: int, draw: Callable[[Scene, Block], Tensor]) -> Tensor:
    """Draw block by block into one tensor."""
    images: Tensor | None = None
    for block in scene.blocks(supersample):
        drawn = draw(scene, block)
        if images is None:
            own = drawn.shape[1:-2]
            images = drawn.new_empty(len(scene.pose), *own, scene.height, scene.width)
        images[block.first : block.first + len(drawn), ..., block.rows, :] = drawn
    assert images is not None  # a scene has at least one pose
    return images.reshape(*scene.batch_shape, *images.shape[1:])


def _seen(scene: Scene, block: Block, supersample: int) -> Fragments:
    """The visible surface in the block's rows."""
    height, width = scene.height * supersample, scene.width * supersample
    screen = block.camera.project(block.vertices, height, width)
    top = block.rows.start * supersample
    if top:
        screen = screen - screen.new_tensor([0.0, top, 0.0])
    rows = (block.rows.stop - block.rows.start) * supersample
    return rasterise(screen, scene.surface.faces, rows, width, perspective=block.camera.perspective)


def _parts_block(scene: Scene, block: Block) -> Int[Tensor, "batch rows columns"]:
    seen = _seen(scene, block, 1)
    return seen.to_image(scene.surface.parts[seen.covering], 0)


def _colour_block(
    scene: Scene, block: Block, *, style: Style, supersample: int
) -> Float[Tensor, "batch 3 rows columns"]:
    surface, vertices = scene.surface, block.vertices
    rig = rig_for(block.camera, style)
    key_map = shadow_map(vertices, surface.faces, rig.key) if style.shadows and style.ground else None
    body, cover = _body_block(scene, block, rig, key_map, style, supersample)
    shadows = None
    if key_map is not None:
        shadows = FloorShadows.of(key_map, shadow_map(vertices, surface.faces, rig.up, from_below=True))
    middle = vertices[..., [0, 2]].mean(1)
    behind = backdrop(block.camera, (scene.height, scene.width), style, middle, shadows, block.rows)
    return torch.addcmul(body, behind.permute(0, 3, 1, 2), 1 - cover).clamp_(0, 1)


def _cutout_block(
    scene: Scene, block: Block, *, style: Style, supersample: int
) -> Float[Tensor, "batch 4 rows columns"]:
    rig = rig_for(block.camera, style)
    key_map = shadow_map(block.vertices, scene.surface.faces, rig.key) if style.shadows and style.ground else None
    body, cover = _body_block(scene, block, rig, key_map, style, supersample)
    return torch.cat([(body / cover.clamp_min(_LEAST_COVER)).clamp_(0, 1), cover], dim=1)


_LEAST_COVER = 1 / _LARGEST_SUPERSAMPLE**2 / 2
"""Less than the smallest cover that is not zero."""


def _body_block(
    scene: Scene, block: Block, rig: Rig, key_map: ShadowMap | None, style: Style, supersample: int
) -> tuple[Float[Tensor, "batch 3 rows columns"], Float[Tensor, "batch 1 rows columns"]]:
    """The lit body on black, and how much of each pixel it covers."""
    surface, vertices = scene.surface, block.vertices
    light = vertex_light(vertices, surface.normals(vertices), block.camera, rig, style, key_map)
    seen = _seen(scene, block, supersample)
    corners = surface.faces.index_select(0, seen.covering)
    lit = _interpolate(light, corners + (seen.image_of * vertices.shape[1])[:, None], seen.weights)
    rest = _interpolate(surface.rest, corners, seen.weights)
    colour = encode(clothing(rest, surface.cut, style.clothes) * lit)
    return _averaged(seen, colour, supersample)


def _averaged(
    seen: Fragments, colour: Float[Tensor, "hits 3"], supersample: int
) -> tuple[Float[Tensor, "batch 3 rows columns"], Float[Tensor, "batch 1 rows columns"]]:
    """Colour times cover, and cover, of the picture's pixels: the mean over the drawn ones in each."""
    batch, rows, columns = seen.shape
    fine = torch.cat([colour, torch.ones_like(colour[:, :1])], dim=-1)
    pixel = seen.pixel
    if supersample > 1:
        row = torch.div(pixel, columns, rounding_mode="floor")
        column = pixel - row * columns
        coarse_row = torch.div(row, supersample, rounding_mode="floor")
        pixel = coarse_row * (columns // supersample) + torch.div(column, supersample, rounding_mode="floor")
    count = batch * rows * columns // supersample**2
    total = fine.new_zeros(count, 4).index_add_(0, pixel, fine) / supersample**2
    total = total.reshape(batch, rows // supersample, columns // supersample, 4).permute(0, 3, 1, 2)
    return total[:, :3], total[:, 3:]


def _interpolate(
    values: Float[Tensor, "*rows channels"], corners: Int[Tensor, "hits 3"], weights: Float[Tensor, "hits 3"]
) -> Float[Tensor, "hits channels"]:
    flat = values.reshape(-1, values.shape[-1])
    a, b, c = (flat.index_select(0, corner) for corner in corners.unbind(-1))
    u, v, w = weights.unsqueeze(-1).unbind(1)
    return torch.addcmul(torch.addcmul(a * u, b, v), c, w)
