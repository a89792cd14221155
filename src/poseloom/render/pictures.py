"""Pictures of poses: colour, the body alone, body parts, depth. Each is one layer of an `Observation`."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float, Int
from torch import Tensor

from poseloom.pose import Clip, Pose
from poseloom.render.band import Band
from poseloom.render.observe import layers_of
from poseloom.render.scene import Scene, Size, as_scene
from poseloom.render.stage import Block, Stage, stage_of

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from poseloom.render.scene import SceneOptions


def render(
    scene: Scene | Pose | Clip, size: Size | None = None, **options: Unpack[SceneOptions]
) -> Float[Tensor, "*batch 3 height width"]:
    """Colour pictures of poses: RGB in [0, 1], on the body's device.

    Every pose gets its own camera, which stands in front of the person (three quarters, whatever the heading) and
    shows the whole body; with `View(shared=True)` one camera serves the whole batch, as for the frames of a clip, and
    `View(relative=False)` counts its azimuth from the world instead of the person.

    Args:
        scene: a `Scene`; or poses of any batch axes, which are drawn with `options`.
        size: pixels, one number for a square or (height, width); 256 by default.
        options: fields of `Scene`: ``body``, ``camera``, ``view``, ``style``, ``ground``, ``supersample``.

    Raises:
        PoseloomError: no poses, a size outside 1 to 8192, a camera that does not fit the batch.
    """
    return layers_of(as_scene(scene, size, options), "colour")["colour"]


def render_each(
    scene: Scene | Pose | Clip, size: Size | None = None, **options: Unpack[SceneOptions]
) -> Iterator[Float[Tensor, "3 height width"]]:
    """The pictures of `render` one after the other, so that those of a long clip need not be held at once.

    The next ones are drawn while the caller is busy with the last.
    """
    stage = stage_of(as_scene(scene, size, options))
    bands: list[Tensor] = []
    for block, drawn in _drawn_ahead(stage):
        bands.append(drawn)
        if block.rows.stop == stage.size[0]:
            yield from torch.cat(bands, dim=-2)
            bands.clear()


_AHEAD = 2
"""Blocks that are drawn at the same time, each by a thread of its own."""


def _drawn_ahead(stage: Stage) -> Iterator[tuple[Block, Float[Tensor, "batch 3 rows columns"]]]:
    """Every block with its colours, in order."""
    with ThreadPoolExecutor(_AHEAD) as pool:
        waiting: deque[tuple[Block, Future[Tensor]]] = deque()
        for block in stage.blocks():
            waiting.append((block, pool.submit(Band(stage, block).colour)))
            if len(waiting) > _AHEAD:
                first, colours = waiting.popleft()
                yield first, colours.result()
        for last, colours in waiting:
            yield last, colours.result()


def cutout(
    scene: Scene | Pose | Clip, size: Size | None = None, **options: Unpack[SceneOptions]
) -> Float[Tensor, "*batch 4 height width"]:
    """The body alone, to be put on another picture: RGB and straight alpha. Arguments as for `render`."""
    return layers_of(as_scene(scene, size, options), "figure")["figure"]


def parts(
    scene: Scene | Pose | Clip, size: Size | None = None, **options: Unpack[SceneOptions]
) -> Int[Tensor, "*batch height width"]:
    """The body part (`Part`) that is seen at every pixel's centre, 0 for the background. Arguments as for `render`."""
    options.setdefault("supersample", 1)
    return layers_of(as_scene(scene, size, options), "parts")["parts"]


def depth(
    scene: Scene | Pose | Clip, size: Size | None = None, **options: Unpack[SceneOptions]
) -> Float[Tensor, "*batch height width"]:
    """Distance of the body from the camera's plane in metres, 0 for the background. Arguments as for `render`."""
    options.setdefault("supersample", 1)
    return layers_of(as_scene(scene, size, options), "depth")["depth"]
