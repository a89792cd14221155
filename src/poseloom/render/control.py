"""Control pictures for image makers: one pose as OpenPose sticks, depth, normals, mask and parts, from one camera."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from PIL import Image, ImageDraw
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.pose import Pose, keypoints
from poseloom.pose.camera import Camera
from poseloom.pose.picture_keypoints import PictureKeypoints
from poseloom.pose.viewpoint import angle_of_lens
from poseloom.render.observe import layers_of
from poseloom.render.people.layers import normal_colours
from poseloom.render.people.mannequin import mannequin
from poseloom.render.people.points import CONVENTION, points_of
from poseloom.render.scene import Scene, Size
from poseloom.render.stage import stage_of
from poseloom.render.style import STUDIO, Style
from poseloom.render.surface import Part
from poseloom.render.view import View, facing_angle

STYLES = ("openpose", "depth", "normal", "mask", "parts")
"""Names of the control pictures."""
OPENPOSE = "openpose_18"
_COLOURS = (
    (255, 0, 0), (255, 85, 0), (255, 170, 0), (255, 255, 0), (170, 255, 0), (85, 255, 0), (0, 255, 0), (0, 255, 85),
    (0, 255, 170), (0, 255, 255), (0, 170, 255), (0, 85, 255), (0, 0, 255), (85, 0, 255), (170, 0, 255), (255, 0, 255),
    (255, 0, 170), (255, 0, 85),
)  # fmt: skip
"""Of the 18 points, round the colour circle, as OpenPose draws them; limb n has that of point n."""
_LIMBS = (
    (1, 2), (1, 5), (2, 3), (3, 4), (5, 6), (6, 7), (1, 8), (8, 9), (9, 10), (1, 11), (11, 12), (12, 13), (1, 0),
    (0, 14), (14, 16), (0, 15), (15, 17),
)  # fmt: skip
_DIM = 0.6
"""Brightness of limbs against points."""
_STICK = 4 / 512
"""Half width of a limb, share of the picture's shorter side."""
_LEAST_STICK = 1.5
_FARTHEST = 0.15
"""How bright the farthest point of the body is in the picture of depth; the nearest is white."""
_ON_SKIN = 0.02
"""Metres by which a point of the skin may lie behind what is seen there."""
PART_COLOURS = (
    (0, 0, 0), (228, 190, 160), (200, 160, 130), (60, 120, 190), (40, 80, 140), (250, 150, 60), (110, 190, 90),
    (240, 190, 90), (150, 215, 120), (255, 225, 150), (195, 235, 165), (190, 80, 130), (90, 90, 200), (215, 120, 165),
    (130, 130, 225), (240, 170, 200), (175, 175, 245), (128, 128, 128),
)  # fmt: skip
"""Of each `Part`; the left side is warm, the right side cold."""


@dataclass(frozen=True, eq=False)
class Control:
    """What a camera sees of a pose, for image makers.

    Args:
        pose: in the scene: its translation is where the pelvis is over the floor y = 0.
        camera: that saw it.
        colour: the picture itself.
        depth: metres, 0 for the background.
        normals: camera axes (x right, y down, z away), 0 for the background.
        mask: share of each pixel that the body covers.
        parts: `Part` of each pixel.
        points: 18 points of OpenPose; the confidence of those that are not seen is 0.
        distance: metres from the camera of each.
    """

    pose: Pose
    camera: Camera
    colour: Float[Tensor, "3 height width"]
    depth: Float[Tensor, "height width"]
    normals: Float[Tensor, "3 height width"]
    mask: Float[Tensor, "height width"]
    parts: Int[Tensor, "height width"]
    points: PictureKeypoints
    distance: Float[Tensor, " 18"]

    def picture(self, style: str) -> Image.Image:
        """One of the control pictures (`STYLES`), or ``"colour"``.

        Raises:
            PoseloomError: an unknown style.
        """
        if style == "openpose":
            return sticks(self.points, self.distance, self.camera.size)
        if style == "depth":
            return Image.fromarray(near_is_white(self.depth))
        if style == "normal":
            return Image.fromarray(normal_colours(self.normals).permute(1, 2, 0).contiguous().numpy())
        if style == "mask":
            return Image.fromarray((self.mask * 255 + 0.5).byte().numpy())
        if style == "parts":
            image = Image.fromarray(self.parts.byte().numpy(), "P")
            image.putpalette([value for colour in PART_COLOURS for value in colour])
            return image
        if style == "colour":
            return Image.fromarray((self.colour * 255 + 0.5).byte().permute(1, 2, 0).contiguous().numpy())
        raise PoseloomError(f"style {style!r}: expected one of {', '.join(STYLES)}")

    @property
    def view(self) -> str:
        """From where the person is seen, in words."""
        return view_in_words(self.pose, self.camera)


def control(
    pose: Pose,
    size: Size = 512,
    *,
    camera: Camera | None = None,
    view: View | None = None,
    lens: float | None = None,
    style: Style = STUDIO,
) -> Control:
    """Everything that image makers are told of a pose, from one rasterisation of the free body.

    Args:
        pose: one, without batch axes.
        size: pixels, one number for a square or (height, width).
        camera: that sees it; else one is made.
        view: direction of the camera that is made.
        lens: focal length of the camera that is made, millimetres on a sensor 36 mm wide.
        style: of the picture itself.

    Raises:
        PoseloomError: several poses, or as `Scene`.
    """
    if pose.batch_shape:
        raise PoseloomError(f"control: expected one pose, got a batch of shape {pose.batch_shape}; choose one of them")
    own = mannequin("full")
    scene = Scene(pose, size, body=own.body, view=view, style=style)
    if lens is not None:
        scene = replace(scene, view=replace(view or View(), field_of_view=angle_of_lens(lens, scene.sides)))
    block = next(stage_of(replace(scene, camera=camera)).blocks())
    seen = block.camera[0]
    layers = layers_of(replace(scene, camera=seen), "colour", "mask", "parts", "depth", "normals")
    table = points_of(own)
    world = table.placed(block.vertices[0], block.joints[0])
    pixels = seen.project(world)
    visible = _seen(pixels, layers["depth"], table.on_skin, own.surface.thickness, table.joints, seen.size)
    rows = torch.cat([pixels, visible.float()[:, None]], -1)
    flat, known = keypoints.convert(rows, CONVENTION, OPENPOSE, approximate=True)
    points = PictureKeypoints(
        OPENPOSE,
        flat[None, :, :2],
        torch.where(known, flat[:, 3], 0.0)[None],
        torch.zeros(1, dtype=torch.long),
        torch.zeros(1, dtype=torch.long),
        size=(seen.size[1], seen.size[0]),
    )
    placed = replace(pose, translation=block.joints[0, 0])
    named = (layers[name] for name in ("colour", "depth", "normals", "mask", "parts"))
    colour, depth, normals, mask, parts = named
    return Control(placed, seen, colour, depth, normals, mask, parts, points, flat[:, 2])


def camera_of(pose: Pose, size: Size, *, camera: Camera | None = None, view: View | None = None) -> Camera:
    """The camera that `render` uses for one pose, without batch axes."""
    scene = Scene(pose, size, body=mannequin("full").body, view=view, camera=camera)
    return next(stage_of(scene).blocks()).camera[0]


def _seen(
    pixels: Float[Tensor, "points 3"],
    depth: Float[Tensor, "height width"],
    on_skin: Bool[Tensor, " points"],
    thickness: Float[Tensor, " joints"],
    joints: Float[Tensor, "points 52"],
    size: tuple[int, int],
) -> Bool[Tensor, " points"]:
    """Which points lie in the picture with nothing before them but their own limb."""
    x, y, z = pixels.unbind(-1)
    inside = (z > 0) & (x >= 0) & (x < size[1]) & (y >= 0) & (y < size[0])
    row, column = (y.long().clamp(0, size[0] - 1), x.long().clamp(0, size[1] - 1))
    surface = depth[row, column]
    thick = torch.where(on_skin, torch.tensor(_ON_SKIN), joints @ thickness[: joints.shape[1]])
    return inside & ((surface == 0) | (surface > z - thick))


def sticks(points: PictureKeypoints, distance: Float[Tensor, " 18"], size: tuple[int, int]) -> Image.Image:
    """One person's 18 points as OpenPose draws them, on black; what is nearer covers what is farther.

    Args:
        points: the first row is drawn; points of confidence 0 and their limbs are left out.
        distance: metres from the camera of each point.
        size: height and width, pixels.
    """
    picture = Image.new("RGB", (size[1], size[0]))
    draw = ImageDraw.Draw(picture)
    half = max(_LEAST_STICK, _STICK * min(size))
    places, there = points.points[0].tolist(), (points.confidence[0] > 0).tolist()
    away = distance.tolist()
    limbs = [(max(away[a], away[b]), number, a, b) for number, (a, b) in enumerate(_LIMBS) if there[a] and there[b]]
    for _, number, a, b in sorted(limbs, reverse=True):
        colour = tuple(round(value * _DIM) for value in _COLOURS[number])
        draw.polygon(_ellipse(places[a], places[b], half), fill=colour)
    for number in sorted((n for n in range(len(there)) if there[n]), key=lambda n: -away[n]):
        x, y = places[number]
        draw.ellipse([x - half, y - half, x + half, y + half], fill=_COLOURS[number])
    return picture


def _ellipse(start: list[float], end: list[float], half: float) -> list[tuple[float, float]]:
    middle_x, middle_y = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
    along_x, along_y = (end[0] - start[0]) / 2, (end[1] - start[1]) / 2
    length = math.hypot(along_x, along_y) or 1.0
    across_x, across_y = -along_y / length * half, along_x / length * half
    turns = [2 * math.pi * step / 48 for step in range(48)]
    return [
        (
            middle_x + along_x * math.cos(t) + across_x * math.sin(t),
            middle_y + along_y * math.cos(t) + across_y * math.sin(t),
        )
        for t in turns
    ]


def near_is_white(depth: Float[Tensor, "height width"]) -> np.ndarray:
    """Depth as 16 bits for image makers: inverse distance, the nearest point white, the background black."""
    there = depth > 0
    if not bool(there.any()):
        return np.zeros(depth.shape, np.uint16)
    inverse = torch.where(there, 1 / depth.clamp_min(1e-6), torch.zeros_like(depth))
    low, high = float(inverse[there].min()), float(inverse.max())
    share = (inverse - low) / max(high - low, 1e-9)
    value = torch.where(there, _FARTHEST + (1 - _FARTHEST) * share, torch.zeros_like(share))
    return (value * 65535 + 0.5).clamp(0, 65535).numpy().astype(np.uint16)


_AROUND = (
    "from the front", "from the front left", "from the left", "from behind on the left",
    "from behind", "from behind on the right", "from the right", "from the front right",
)  # fmt: skip
"""By eighths of a circle from the person's front to the person's left."""
_STEEP, _SLIGHT = 40.0, 12.0
"""Degrees of elevation."""


def view_in_words(pose: Pose, camera: Camera) -> str:
    """From where a camera sees a person: by the person's own left and right, and from above or below."""
    assert pose.translation is not None
    off = camera.position - pose.translation
    azimuth = math.atan2(float(off[0]), float(off[2])) - float(facing_angle(pose.rotations[0]))
    eighth = round(azimuth / (math.pi / 4)) % 8
    elevation = math.degrees(math.atan2(float(off[1]), math.hypot(float(off[0]), float(off[2]))))
    level = ""
    if abs(elevation) > _SLIGHT:
        steep = "steeply" if abs(elevation) > _STEEP else "slightly"
        level = f", {steep} from {'above' if elevation > 0 else 'below'}"
    return f"seen {_AROUND[eighth]}{level}"


assert len(PART_COLOURS) == len(Part)
