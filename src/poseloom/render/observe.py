"""Everything that a picture of a body can tell, from one rasterisation."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from jaxtyping import Bool, Float, Int
from torch import Tensor

from poseloom.pose import Clip, Pose
from poseloom.render.band import Band
from poseloom.render.scene import Scene, Size, as_scene
from poseloom.render.stage import stage_of

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from poseloom.render.scene import SceneOptions

_OF_JOINTS = ("joints", "visible")


@dataclass(frozen=True, eq=False)
class Observation:
    """What cameras see of posed bodies.

    `parts`, `depth` and `normals` show the nearest surface in each pixel; with a scene's `supersample` above 1 a pixel
    has one where the body covers at least half of it.
    """

    colour: Float[Tensor, "*batch 3 height width"]
    """RGB in [0, 1], as `render` gives it."""
    figure: Float[Tensor, "*batch 4 height width"]
    """The body alone, as `cutout` gives it: RGB and straight alpha."""
    mask: Float[Tensor, "*batch height width"]
    """Share of each pixel that the body covers."""
    parts: Int[Tensor, "*batch height width"]
    """The body part (`Part`) that is seen, 0 for the background."""
    depth: Float[Tensor, "*batch height width"]
    """Distance from the camera's plane in metres, 0 for the background."""
    normals: Float[Tensor, "*batch 3 height width"]
    """Unit normals in the camera's axes (x right, y down, z away: what faces the camera has z < 0), 0 elsewhere."""
    joints: Float[Tensor, "*batch joints 3"]
    """Pixel x, pixel y and depth in metres of the body's joints."""
    visible: Bool[Tensor, "*batch joints"]
    """Whether a joint lies in the picture and nothing but its own limb is before it."""


def observe(scene: Scene | Pose | Clip, size: Size | None = None, **options: Unpack[SceneOptions]) -> Observation:
    """Colour, mask, parts, depth, normals and joints of poses, all from one rasterisation.

    Args:
        scene: a `Scene`, or poses, which are drawn with `options`.
        size: pixels, one number for a square or (height, width); 256 by default.
        options: fields of `Scene`.

    Raises:
        PoseloomError: see `Scene`.
    """
    return Observation(**layers_of(as_scene(scene, size, options), *(one.name for one in fields(Observation))))


def layers_of(scene: Scene, *names: str) -> dict[str, Any]:
    """Some of the fields of an `Observation`, block by block into one tensor each."""
    stage = stage_of(scene)
    found: dict[str, Tensor] = {}
    for block in stage.blocks():
        band = Band(stage, block)
        for name in names:
            drawn = getattr(band, name)()
            if name not in found:
                own = drawn.shape[1:] if name in _OF_JOINTS else (*drawn.shape[1:-2], *stage.size)
                found[name] = drawn.new_zeros(len(stage.pose), *own)
            place = found[name][block.first : block.first + len(drawn)]
            if name == "visible":  # of a picture in several bands, each knows the joints in its own rows
                place |= drawn
            elif name == "joints":
                place.copy_(drawn)
            else:
                place[..., block.rows, :] = drawn
    return {name: tensor.reshape(*stage.batch_shape, *tensor.shape[1:]) for name, tensor in found.items()}
