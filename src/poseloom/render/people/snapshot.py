"""One picture of synthetic people: who, where, seen how, and what comes out of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.body.anny import MeshName
from poseloom.pose import Pose
from poseloom.pose.camera import Camera
from poseloom.render.people import things
from poseloom.render.people.appearance import Appearance
from poseloom.render.people.cameras import random_camera
from poseloom.render.people.drawing import Drawn, Soup, draw
from poseloom.render.people.dressing import Dressed, dressed
from poseloom.render.people.fabrics import Cloth
from poseloom.render.people.lens import Lens, blurred, photographed, random_lens
from poseloom.render.people.lights import Lighting, random_indoors, random_sky
from poseloom.render.people.pictures import Billboard, Panorama, Pictures, choose, cloth, panoramas, photo
from poseloom.render.people.pieces import Piece
from poseloom.render.people.places import Studio, random_field, random_room, random_street
from poseloom.render.people.worlds import World, behind

PLACES = ("room", "street", "field", "studio", "panorama", "photo")
_ODDS = (0.34, 0.24, 0.12, 0.06, 0.12, 0.12)
_WITH_PICTURES = 0.15
"""Share of pictures with a background of the user's, where there are any."""
_OCCLUDED = 0.14
_SHINES = 0.95
"""How bright a white surface on the ground comes out."""


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A picture and everything about it.

    Args:
        picture: sRGB in [0, 1].
        drawn: the layers.
        people: dressed people, the first the one that the picture is of.
        camera, lens, place: how and where it was taken.
    """

    picture: Float[Tensor, "3 height width"]
    drawn: Drawn
    people: tuple[Dressed, ...]
    camera: Camera
    lens: Lens
    place: str


@dataclass(frozen=True)
class Taste:
    """What pictures may show.

    Args:
        size: height and width, pixels.
        mesh: of the bodies.
        pictures: backgrounds of the user's.
        others: probability of a second person, and of a third.
        occluded: probability of something before the person.
        plain: no faults of the camera, a studio.
    """

    size: tuple[int, int] = (256, 256)
    mesh: MeshName = "full"
    pictures: Pictures | None = None
    others: tuple[float, float] = (0.2, 0.25)
    occluded: float = _OCCLUDED
    plain: bool = False


def take(
    seed: int | Sequence[int],
    people: Sequence[tuple[Appearance, Pose]],
    taste: Taste,
    azimuth: float | None = None,
    room: Float[Tensor, "points 3"] | None = None,
) -> Snapshot:
    """A picture of people; the first stands in the middle, the others around. The same for the same seed.

    Args:
        people: appearances and poses (without batch axes).
        taste: what it may show.
        azimuth: where the camera stands, radians about +Y from +Z; anywhere by default.
        room: what the camera frames instead of the first person, so that one place and one camera hold a person in many
            poses: the points of all of them (`standing_points`).
    """
    rng = np.random.default_rng(seed)
    with torch.no_grad():
        group = [_standing(dressed(look, pose, taste.mesh), taste.pictures) for look, pose in people]
        main = group[0]
        points = _points(main) if room is None else room
        camera = random_camera(rng, points, main.figure.joints, taste.size, azimuth, whole=room is not None)
        group = [main, *(_placed(rng, other, camera, number) for number, other in enumerate(group[1:]))]
        lens = Lens(blur=0.25, noise=0.0, depth_of_field=0.0) if taste.plain else random_lens(rng)
        place, world = _world(rng, camera, taste)
        stuff = _things(rng, camera, place, taste, main)
        soup = Soup.of([*((number + 1, one.pieces) for number, one in enumerate(group)), (0, stuff)])
        drawn = draw(soup, camera, world.lighting)
        back = _unsharp(world, camera, drawn, lens.depth_of_field * taste.size[0] / 256)
        light = drawn.colour + back * (1 - drawn.cover)
        picture = photographed(light * _SHINES, lens)
    return Snapshot(picture, drawn, tuple(group), camera, lens, place)


def standing_points(look: Appearance, pose: Pose, mesh: MeshName = "full") -> Float[Tensor, "points 3"]:
    """The surface of a dressed person who stands where `take` puts the first one."""
    with torch.no_grad():
        return _points(_standing(dressed(look, pose, mesh), None))


def _points(person: Dressed) -> Float[Tensor, "points 3"]:
    return torch.cat([piece.vertices for piece in person.pieces])


def _unsharp(world: World, camera: Camera, drawn: Drawn, sigma: float) -> Float[Tensor, "3 height width"]:
    """The world behind what was drawn; where it is blurred anyway, it is worked out for every fourth pixel."""
    height, width = camera.size
    if sigma < _COARSE or height % 2 or width % 2:
        return blurred(behind(world, camera, drawn), sigma)
    half = blurred(behind(world, camera.resized((height // 2, width // 2)), drawn), sigma / 2)
    return torch.nn.functional.interpolate(half[None], size=(height, width), mode="bilinear", align_corners=False)[0]


_COARSE = 0.6
"""Pixels: a blur of this deviation hides that the world was worked out at half the size."""


def _standing(person: Dressed, pictures: Pictures | None) -> Dressed:
    """On the ground, over the origin."""
    pelvis = person.figure.joints[0]
    moved = person.moved(torch.tensor([-float(pelvis[0]), -person.lowest, -float(pelvis[2])]))
    if pictures is None or not pictures.cloths:
        return moved
    return replace(moved, pieces=tuple(_printed(piece, pictures) for piece in moved.pieces))


def _printed(piece: Piece, pictures: Pictures) -> Piece:
    """A piece whose cloth is printed with one of the user's pictures where its pattern is a photo."""
    material = piece.material
    if isinstance(material, Cloth) and material.fabric.pattern == "photo":
        path = pictures.cloths[material.fabric.seed % len(pictures.cloths)]
        return replace(piece, material=replace(material, photo=cloth(path)))
    return piece


def _placed(rng: np.random.Generator, person: Dressed, camera: Camera, number: int) -> Dressed:
    """Somewhere beside or behind the first person, as the camera sees it."""
    forward = torch.nn.functional.normalize(camera.rotation[2] * torch.tensor([1.0, 0.0, 1.0]), dim=0)
    right = torch.stack([-forward[2], forward[1] * 0, forward[0]])
    side = 1.0 if (number + int(rng.integers(2))) % 2 else -1.0
    away = forward * float(rng.uniform(0.1, 2.8)) + right * side * float(rng.uniform(0.7, 1.7))
    return person.moved(away)


def _world(rng: np.random.Generator, camera: Camera, taste: Taste) -> tuple[str, World]:
    own = taste.pictures
    place = str(rng.choice(PLACES, p=_ODDS))
    if taste.plain:
        place = "studio"
    elif own is not None and own.photos and rng.random() < _WITH_PICTURES:
        place = "photo"
    if place == "photo" and (own is None or not own.photos):
        place = "room"
    if place == "panorama" and (own is None or own.panoramas is None):
        place = "street"
    if place == "panorama":
        assert own is not None and own.panoramas is not None
        known = panoramas(own.panoramas)
        return place, Panorama.of(known[int(rng.integers(len(known)))], float(rng.uniform(0, 2 * math.pi)))
    if place == "photo":
        assert own is not None
        picture = photo(choose(own.photos, rng))
        light = random_sky(rng) if rng.random() < 0.5 else random_indoors(rng)
        return place, Billboard.cut(picture, taste.size[1] / taste.size[0], light, rng)
    indoors = place in ("room", "studio")
    lighting = _levelled(random_indoors(rng) if indoors else random_sky(rng))
    if place == "room":
        return place, random_room(rng, lighting, camera.position)
    if place == "street":
        return place, random_street(rng, lighting, camera.rotation[2])
    if place == "field":
        return place, random_field(rng, lighting)
    red, green, blue = (rng.uniform(0.35, 0.95) + rng.normal(0, 0.06, 3)).clip(0.05, 0.97).tolist()
    return place, Studio(lighting, (red, green, blue))


def _levelled(lighting: Lighting) -> Lighting:
    return lighting.scaled(1.0 / max(lighting.level, 1e-3))


def _things(rng: np.random.Generator, camera: Camera, place: str, taste: Taste, main: Dressed) -> list[Piece]:
    if taste.plain:
        return []
    made = []
    if place == "room":
        made = things.behind_people(rng, camera, things.INDOORS, 3)
    elif place == "street":
        made = things.behind_people(rng, camera, things.OUTDOORS, 2)
    if rng.random() < taste.occluded and place != "photo":
        before = things.before_people(rng, camera, main.figure.joints[:22])
        if before is not None:
            made.append(before)
    return made
