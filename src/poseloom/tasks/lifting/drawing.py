"""Pictures of people with known poses: any direction, lens, shape, clothes, light and background; cut off, hidden."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from poseloom.body import AnnyBody
from poseloom.body.anny import ShapedAnny
from poseloom.body.phenotype import AVERAGE
from poseloom.pose import BODY_JOINTS, MIRROR, Pose
from poseloom.pose import rotations as rot
from poseloom.pose.mirroring import mirrored_joints
from poseloom.render.band import Band
from poseloom.render.scene import Scene
from poseloom.render.stage import stage_of
from poseloom.render.style import Clothes, Colour, Light, Style
from poseloom.render.view import View

SIDE = 320
"""Pixels of a drawn picture."""
CAMERA_AXES = (1.0, -1.0, -1.0)
"""From x right, y down, z away to +Y up and +Z towards the camera."""
_STUDIO, _PLAIN, _CUT, _HIDDEN, _GREY, _SOFT = 0.4, 0.3, 0.22, 0.18, 0.05, 0.15
"""Shares of pictures before a wall with a floor, of persons of the average shape, of pictures that are cut, with
something before the person, without colour, and blurred."""
_ALIKE, _APART = 5, 1 << 40
"""Pictures of one shape that follow each other, and what keeps the seeds of shapes and of pictures apart."""
_SMOOTH = 0.15
"""Share of pictures with soft outlines."""
LEVEL, LEVEL_MEAN, LEVEL_SPREAD = 0.5, 4.0, 8.0
"""Share of cameras at about the height of the person, and how far they look down, in degrees; of the others:"""
LOWEST, HIGHEST = -10.0, 45.0
LOOKS_APART = 1 << 45
"""What keeps the seeds of several pictures of one figure apart."""
_SKINS: tuple[Colour, ...] = (
    (0.96, 0.82, 0.74),
    (0.87, 0.70, 0.60),
    (0.76, 0.57, 0.45),
    (0.55, 0.39, 0.30),
    (0.36, 0.25, 0.20),
)
_HAIRS: tuple[Colour, ...] = (
    (0.12, 0.10, 0.09),
    (0.30, 0.22, 0.19),
    (0.55, 0.40, 0.25),
    (0.80, 0.70, 0.50),
    (0.7, 0.7, 0.7),
)


@dataclass(frozen=True, eq=False)
class DrawnPerson:
    """A picture and the truth about the one person in it, in the camera's axes (+Y up, +Z towards the camera).

    Args:
        picture: RGB in [0, 1].
        rotations: local axis-angle rotations, the root's in the camera's axes.
        joints: joints of the person's own shape, metres from the camera.
        pixels: pixels of the joints, the middle of the first pixel at 0.
        visible: joints in the picture that nothing but their own limb hides.
        shape: phenotypes of the person.
        focal: pixels, about the middle of the picture before it was cut.
        centre: principal point, pixels.
        azimuth: degrees from where the person faces.
    """

    picture: Float[Tensor, "3 height width"]
    rotations: Float[Tensor, "52 3"]
    joints: Float[Tensor, "22 3"]
    pixels: Float[Tensor, "22 2"]
    visible: Bool[Tensor, " 22"]
    shape: Float[Tensor, " 6"]
    focal: float
    centre: Float[Tensor, " 2"]
    azimuth: float

    def mirrored(self) -> DrawnPerson:
        """The person in a mirror."""
        order, across = list(MIRROR[:BODY_JOINTS]), self.picture.shape[-1] - 1.0
        return DrawnPerson(
            self.picture.flip(-1),
            Pose(self.rotations).mirror().rotations,
            mirrored_joints(self.joints),
            _across(self.pixels[order], across),
            self.visible[order],
            self.shape,
            self.focal,
            _across(self.centre, across),
            -self.azimuth,
        )


def _across(places: Float[Tensor, "*points 2"], last: float) -> Float[Tensor, "*points 2"]:
    return torch.stack([last - places[..., 0], places[..., 1]], dim=-1)


class _Draw:
    """Random numbers of one picture."""

    def __init__(self, seed: int):
        self.generator = torch.Generator().manual_seed(seed)

    def uniform(self, low: float = 0.0, high: float = 1.0) -> float:
        return low + (high - low) * float(torch.rand((), generator=self.generator))

    def normal(self, mean: float = 0.0, spread: float = 1.0) -> float:
        return mean + spread * float(torch.randn((), generator=self.generator))

    def chance(self, share: float) -> bool:
        return self.uniform() < share

    def colour(self) -> Colour:
        """Any, most of them faint."""
        middle, depth = self.uniform(0.08, 0.92), self.uniform() ** 2
        r, g, b = (middle + depth * (self.uniform() - middle) for _ in range(3))
        return (r, g, b)

    def near(self, colour: Colour, spread: float) -> Colour:
        lighter = self.normal(0, spread)
        r, g, b = (min(max(value + lighter + self.normal(0, spread / 3), 0.02), 0.98) for value in colour)
        return (r, g, b)

    def one_of(self, colours: tuple[Colour, ...]) -> Colour:
        return colours[int(self.uniform(0, len(colours) - 1e-6))]

    def noise(self, *size: int) -> Tensor:
        return torch.rand(*size, generator=self.generator)


@dataclass(frozen=True, eq=False)
class _Figure:
    """A person before anything hides them: RGB where a studio is about them, RGB and cover where nothing is yet."""

    layers: Float[Tensor, "channels side side"]
    person: DrawnPerson

    def mirrored(self) -> _Figure:
        return _Figure(self.layers.flip(-1), self.person.mirrored())


def draw_person(
    rotations: Float[Tensor, "joints 3"], seed: int, side: int = SIDE, *, whole: bool = False
) -> DrawnPerson:
    """A picture of a person in a pose, everything else drawn at random from the seed.

    Args:
        rotations: 22 or 52 joints, axis-angle.
        seed: the same seed gives the same picture.
        side: pixels.
        whole: the whole person is in the picture, with nothing before.
    """
    draw = _Draw(seed)
    return _pictured(_figure(rotations, draw, seed, side), draw, whole)


def draw_looks(rotations: Float[Tensor, "joints 3"], seed: int, looks: int, side: int = SIDE) -> list[DrawnPerson]:
    """Several pictures of a person, which cost little more than one: every second is mirrored.

    The first is that of `draw_person`. What lies behind a person, hides or cuts them, and how the picture is developed,
    is drawn for each; lens, direction, clothes and light are the same.
    """
    draw = _Draw(seed)
    figure = _figure(rotations, draw, seed, side)
    seen = [_pictured(figure, draw, whole=False)]
    for look in range(1, looks):
        other = figure.mirrored() if look % 2 else figure
        seen.append(_pictured(other, _Draw(seed + look * LOOKS_APART), whole=False))
    return seen


def _figure(rotations: Float[Tensor, "joints 3"], draw: _Draw, seed: int, side: int) -> _Figure:
    shape = _shape(_Draw(seed // _ALIKE + _APART))
    body = _body()
    rotations = Pose(rotations.float()).with_hands().rotations
    pose = Pose(rotations[None], shape=shape[None], shape_model=AnnyBody.shape_model)
    azimuth = draw.uniform(-180, 180)
    level = draw.chance(LEVEL)
    elevation = draw.normal(LEVEL_MEAN, LEVEL_SPREAD) if level else draw.uniform(LOWEST, HIGHEST)
    view = View(azimuth, elevation, margin=draw.uniform(0.03, 0.22), field_of_view=draw.uniform(12, 60))
    studio = draw.chance(_STUDIO)
    style = _style(draw, studio)
    supersample = 2 if draw.chance(_SMOOTH) else 1
    stage = stage_of(Scene(pose, side, body=body, view=view, style=style, supersample=supersample))
    block = next(stage.blocks())
    band, camera = Band(stage, block), block.camera
    layers = band.colour()[0] if studio else band.figure()[0]
    seen, visible = band.joints()[0, :BODY_JOINTS], band.visible()[0, :BODY_JOINTS]
    focal = float(camera.focal[0, 0])
    centre = camera.centre[0] - 0.5
    pixels, depth = seen[:, :2] - 0.5, seen[:, 2:]
    joints = torch.cat([(pixels - centre) / focal * depth, depth], dim=-1) * seen.new_tensor(CAMERA_AXES)
    root = torch.diag(seen.new_tensor(CAMERA_AXES)) @ camera.rotation[0] @ rot.rotvec_to_rotmat(rotations[0])
    turned = torch.cat([rot.rotmat_to_rotvec(root)[None], rotations[1:]])
    return _Figure(layers, DrawnPerson(layers[:3], turned, joints, pixels, visible, shape, focal, centre, azimuth))


def _pictured(figure: _Figure, draw: _Draw, whole: bool) -> DrawnPerson:
    person, layers = figure.person, figure.layers
    picture = layers if len(layers) == 3 else _before(layers, _backdrop(draw, layers.shape[-1]))
    pixels, visible, centre = person.pixels, person.visible, person.centre
    if not whole:
        picture, visible = _hidden(draw, picture, pixels, visible)
        picture, offset = _cut(draw, picture, pixels)
        pixels, centre = pixels - offset, centre - offset
    extent = torch.tensor([picture.shape[-1], picture.shape[-2]])
    visible = visible & ((pixels >= 0) & (pixels <= extent - 1)).all(-1)
    return replace(person, picture=_developed(draw, picture), pixels=pixels, visible=visible, centre=centre)


class _FewShapes(AnnyBody):
    """The free body that keeps its last shape ready: to make one ready takes as long as to draw it."""

    _last: tuple[tuple[float, ...], ShapedAnny] | None = None

    def shaped(self, shape: Float[Tensor, "*batch 6"] | None = None) -> ShapedAnny:
        if shape is None or shape.dim() > 1:
            return super().shaped(shape)
        key = tuple(shape.tolist())
        if self._last is None or self._last[0] != key:
            self._last = key, super().shaped(shape)
        return self._last[1]


@lru_cache(maxsize=1)
def _body() -> AnnyBody:
    return _FewShapes("full")


def _shape(draw: _Draw) -> Float[Tensor, " 6"]:
    average = torch.tensor(AVERAGE)
    if draw.chance(_PLAIN):
        return average
    shape = draw.noise(6) * 0.9 + 0.05
    shape[1] = draw.uniform(0.45, 1.0)
    return shape


def _style(draw: _Draw, studio: bool) -> Style:
    skin = draw.near(draw.one_of(_SKINS), 0.06)
    shirt = draw.near(skin, 0.05) if draw.chance(0.06) else draw.colour()
    trousers = (
        draw.near(skin, 0.05) if draw.chance(0.12) else draw.near(shirt, 0.1) if draw.chance(0.15) else draw.colour()
    )
    bare = draw.chance(0.25)
    sleeve = draw.near(skin, 0.03) if draw.chance(0.1) else None
    clothes = Clothes(
        skin,
        draw.near(draw.one_of(_HAIRS), 0.05),
        shirt,
        trousers,
        skin if bare else draw.colour(),
        left_sleeve=sleeve,
        eyes=draw.near((0.36, 0.26, 0.19), 0.1),
    )
    strength, warmth = draw.uniform(0.3, 1.0), draw.normal(0, 0.06)
    key = (strength * (1 + warmth), strength, strength * (1 - warmth))
    dim = draw.uniform(0.5, 1.2)
    return Style(
        clothes,
        Light(draw.uniform(-130, 130), draw.uniform(10, 80), key),
        Light(draw.uniform(-90, 90), draw.uniform(5, 45), (0.13 * dim, 0.145 * dim, 0.17 * dim)),
        sky=(0.40 * dim, 0.42 * dim, 0.45 * dim),
        bounce=(0.24 * dim, 0.23 * dim, 0.22 * dim),
        rim=draw.uniform(0, 0.12),
        wall=draw.near((0.6, 0.6, 0.6), 0.2) if draw.chance(0.5) else draw.near((0.855, 0.872, 0.89), 0.05),
        floor=draw.near((0.6, 0.6, 0.6), 0.2) if draw.chance(0.5) else draw.near((0.962, 0.96, 0.952), 0.03),
        ground=studio,
        shadows=studio and draw.chance(0.6),
    )


def _backdrop(draw: _Draw, side: int) -> Float[Tensor, "3 side side"]:
    """Clouds of several sizes, a slope of light, and some bars and boxes: clutter of no meaning."""
    scene = torch.tensor(draw.colour())[:, None, None].expand(3, side, side).clone()
    for cells in (2, 5, 14, 40, 120):
        strength = draw.uniform(0, 0.5) / math.sqrt(cells / 2)
        coarse = draw.noise(1, 1 if draw.chance(0.7) else 3, cells, cells) - 0.5
        scene = scene + strength * 2 * functional.interpolate(coarse, size=(side, side), mode="bilinear")[0]
    for _ in range(int(draw.uniform(0, 9))):
        width, height = (max(3, int(side * draw.uniform(0.02, 0.5))) for _ in range(2))
        x, y = int(draw.uniform(-0.1, 1) * side), int(draw.uniform(-0.1, 1) * side)
        rows, columns = slice(max(y, 0), max(y + height, 0)), slice(max(x, 0), max(x + width, 0))
        mix = draw.uniform(0.3, 1)
        part = scene[:, rows, columns]
        scene[:, rows, columns] = part * (1 - mix) + mix * torch.tensor(draw.colour())[:, None, None]
    return scene.clamp(0, 1)


def _before(figure: Float[Tensor, "4 side side"], scene: Float[Tensor, "3 side side"]) -> Float[Tensor, "3 side side"]:
    alpha = figure[3:]
    return figure[:3] * alpha + scene * (1 - alpha)


def _hidden(
    draw: _Draw, picture: Tensor, pixels: Float[Tensor, "22 2"], visible: Bool[Tensor, " 22"]
) -> tuple[Tensor, Bool[Tensor, " 22"]]:
    """A table, a post, a bag or whatever before the person."""
    if not draw.chance(_HIDDEN):
        return picture, visible
    size = float((pixels.amax(0) - pixels.amin(0)).amax())
    target = pixels[int(draw.uniform(0, 21.99))]
    half = torch.tensor([draw.uniform(0.05, 0.28), draw.uniform(0.05, 0.28)]) * size
    middle = target + torch.tensor([draw.normal(0, 0.1), draw.normal(0, 0.1)]) * size
    side = picture.shape[-1]
    rows, columns = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    across, down = (columns - middle[0]) / half[0], (rows - middle[1]) / half[1]
    power = 2.0 if draw.chance(0.5) else 20.0
    inside = across.abs() ** power + down.abs() ** power < 1
    grain = functional.interpolate(draw.noise(1, 3, 24, 24) - 0.5, size=(side, side), mode="bilinear")[0]
    paint = (torch.tensor(draw.colour())[:, None, None] + draw.uniform(0, 0.5) * grain).clamp(0, 1)
    at = ((pixels - middle) / half).abs().pow(power).sum(-1)
    return torch.where(inside[None], paint, picture), visible & (at >= 1)


def _cut(draw: _Draw, picture: Tensor, pixels: Float[Tensor, "22 2"]) -> tuple[Tensor, Float[Tensor, " 2"]]:
    """The picture without its lower part, as of people at tables, or without a part at another side."""
    none, side = torch.zeros(2), picture.shape[-1]
    if not draw.chance(_CUT):
        return picture, none
    low, high = pixels.amin(0), pixels.amax(0)
    if draw.chance(0.65):
        last = float(low[1] + (high[1] - low[1]) * draw.uniform(0.35, 0.92))
        return picture[:, : max(64, min(side, int(last)))], none
    first = float(low[0] + (high[0] - low[0]) * draw.uniform(0.05, 0.35))
    if draw.chance(0.5):
        left = min(max(int(first), 0), side - 64)
        return picture[:, :, left:], torch.tensor([float(left), 0.0])
    mirrored = float(high[0] + low[0]) - first
    return picture[:, :, : max(64, min(side, int(mirrored)))], none


def _developed(draw: _Draw, picture: Tensor) -> Float[Tensor, "3 height width"]:
    """Exposure, contrast, grain, blur."""
    contrast, light = draw.uniform(0.7, 1.2), draw.normal(0, 0.06)
    made = (picture - 0.5) * contrast + 0.5 + light
    if draw.chance(_GREY):
        made = made.mean(0, keepdim=True).expand(3, -1, -1)
    if draw.chance(_SOFT):
        small = functional.avg_pool2d(made[None], 2, ceil_mode=True)
        made = functional.interpolate(small, size=made.shape[-2:], mode="bilinear")[0]
    grain = draw.uniform(0, 0.04)
    made = made + grain * torch.randn(made.shape, generator=draw.generator)
    return made.clamp(0, 1)
