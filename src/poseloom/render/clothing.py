"""What the figure is painted with: clothes by the T-pose, and a head with hair, brows, eyes and lips.

Every pattern is a function of where a point lies on the T-pose of the average shape, so it sticks to the skin whatever
the pose and shape, and its borders are sharp at any picture size.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float, Int
from torch import Tensor

from poseloom.render.style import Clothes


@dataclass(frozen=True, eq=False)
class Head:
    """Measures of the head at the T-pose, metres."""

    level: float
    """y of the head joint, below the ears."""
    height: float
    """From there to the crown."""
    back: float
    """z of the back of the head."""
    depth: float
    """From there to the forehead."""
    ear: float
    """|x| beyond which the head has no hair."""
    eyes: Float[Tensor, "2 3"] | None
    """Middles of the left and the right eye; None where the body does not know."""


@dataclass(frozen=True, eq=False)
class Cut:
    """Where the clothes begin and end, in metres of the T-pose."""

    sleeve: float
    """|x| where the sleeves end."""
    shoulder: float
    """|x| where the sleeves begin."""
    waist: float
    """y between shirt and trousers."""
    ankle: float
    """y between trousers and shoes."""
    collar: tuple[float, float]
    """y and z of the middle of the round neckline."""
    collar_radius: float
    head: Head


def clothing(rest: Float[Tensor, "hits 3"], cut: Cut, clothes: Clothes) -> Float[Tensor, "hits 3"]:
    """Linear colour of surface points, given where they are on the T-pose."""
    x, y, z = rest.unbind(-1)
    palette = (clothes.skin, clothes.shirt, clothes.trousers, clothes.shoes)
    left = (clothes.left_sleeve or clothes.shirt, clothes.left_leg or clothes.trousers)
    colours = rest.new_tensor([*palette, *left]) ** 2
    painted = colours.index_select(0, _garment(x, y, z, cut))
    (head,) = ((y > cut.collar[0]) & (x.abs() < cut.shoulder)).nonzero(as_tuple=True)
    painted[head] = _painted_head(rest.index_select(0, head), cut.head, clothes)
    return painted


def _garment(x: Tensor, y: Tensor, z: Tensor, cut: Cut) -> Int[Tensor, " hits"]:
    """Row of the palette: skin, shirt, trousers, shoes, left sleeve, left leg."""
    neck = x**2 + (y - cut.collar[0]) ** 2 + (z - cut.collar[1]) ** 2 < cut.collar_radius**2
    shirt = (y > cut.waist) & (x.abs() < cut.sleeve) & ~neck & (y < cut.collar[0])
    trousers = (y <= cut.waist) & (y > cut.ankle)
    shoes = y <= cut.ankle
    row = shirt + 2 * trousers + 3 * shoes
    row = torch.where(shirt & (x > cut.shoulder), 4, row)
    return torch.where(trousers & (x > 0), 5, row)


def _painted_head(rest: Float[Tensor, "hits 3"], head: Head, clothes: Clothes) -> Float[Tensor, "hits 3"]:
    skin, hair = (rest.new_tensor(colour) ** 2 for colour in (clothes.skin, clothes.hair))
    colour = skin.expand_as(rest)
    if head.eyes is not None and clothes.eyes is not None:
        colour = with_face(colour, rest, head.eyes.to(rest), clothes, hair)
    return torch.lerp(colour, hair * _strands(rest, head), _hair_cover(rest, head)[:, None])


# -- hair --------------------------------------------------------------------------------------------------------------

_HAIRLINE = (
    *((0.0, -0.20), (0.26, -0.10), (0.40, 0.20), (0.55, 0.18)),
    *((0.61, 0.48), (0.70, 0.60), (0.82, 0.68), (1.0, 0.78)),
)
"""Side view of the hairline from the nape past the ear and the temple to the forehead: place along the head's depth
and height, as shares of both."""

_TEMPLE = 0.10
"""By how much of the head's height the hairline of the forehead is lower in the middle than straight above an eye."""

_EAR_TOP = 0.55
"""Share of the head's height up to which the ears reach."""
_HAIR_EDGE = 0.003
"""Metres over which hair begins."""


def hair_height(rest: Float[Tensor, "points 3"], head: Head) -> Float[Tensor, " points"]:
    """Metres from the hairline into the hair; negative out of it."""
    x, y, z = rest.unbind(-1)
    along = (z - head.back) / head.depth
    line = torch.full_like(along, _HAIRLINE[0][1])
    for (start, low), (end, high) in pairwise(_HAIRLINE):
        line = line + (high - low) * ((along - start) / (end - start)).clamp(0, 1)
    # the forehead's corners recede
    line = line + _TEMPLE * ((along - 0.72) / 0.2).clamp(0, 1) * (x.abs() / (0.5 * head.ear)).clamp(0, 1) ** 2
    above = y - head.level - line * head.height
    beside = torch.where(y < head.level + _EAR_TOP * head.height, head.ear - x.abs(), above)
    return torch.minimum(above, beside)


def _hair_cover(rest: Float[Tensor, "hits 3"], head: Head) -> Float[Tensor, " hits"]:
    """1 in the hair, 0 out of it."""
    return (hair_height(rest, head) / _HAIR_EDGE + 0.5).clamp(0, 1)


_STRANDS, _STRAND_DEPTH = (61.0, 97.0), 0.09
"""Strands round the head, two sets, and how much darker and lighter they are."""


def _strands(rest: Float[Tensor, "hits 3"], head: Head) -> Float[Tensor, "hits 1"]:
    """Shading of the hair along lines that run down from the crown."""
    angle = torch.atan2(rest[:, :1], rest[:, 2:] - head.back - 0.35 * head.depth)
    waves = sum(torch.sin(count * angle + place) for place, count in enumerate(_STRANDS))
    return 1 + _STRAND_DEPTH * waves


# -- face: all measures in distances between the eyes ------------------------------------------------------------------

_EYE_HALF = (0.215, 0.080)
"""Half width and half height of an eye's opening."""
_IRIS, _PUPIL = 0.088, 0.036
"""Radii."""
_LASHES = 0.022
"""Thickness of the upper lid's line."""
_BROW_RISE, _BROW_HALF, _BROW_THICK, _BROW_ARCH = 0.30, 0.26, 0.034, 0.10
"""Height of a brow over the eye, its half length, half thickness and how much its ends hang."""
_MOUTH_DROP, _MOUTH_HALF = 1.18, (0.41, 0.185)
"""Height of the mouth below the eyes, half width and half height of the lips."""
_LIP = (1.0, 0.70, 0.66)
_WHITE = (0.90, 0.89, 0.87)
_LID = (0.16, 0.11, 0.10)
_BROW_COVER, _LIP_COVER = 0.75, 0.6
_EDGE = 0.012
_FACE_DEPTH = 0.55
"""So far behind the eyes the face ends."""


def with_face(colour: Tensor, rest: Tensor, eyes: Float[Tensor, "2 3"], clothes: Clothes, hair: Tensor) -> Tensor:
    """Lips, brows and eyes on the skin."""
    unit = (eyes[0] - eyes[1]).norm()
    middle = eyes.mean(0)
    front = ((rest[:, 2] - middle[2]) / unit > -_FACE_DEPTH).to(rest)
    x, y = ((rest[:, axis] - middle[axis]) / unit for axis in (0, 1))

    def laid(under: Tensor, over: Tensor, cover: Tensor) -> Tensor:
        return torch.lerp(under, over.expand_as(under), (cover * front)[:, None])

    def inside(distance: Tensor) -> Tensor:
        """1 where a signed distance is negative, with a soft edge."""
        return (0.5 - distance / _EDGE).clamp(0, 1)

    def tone(value: tuple[float, float, float]) -> Tensor:
        return rest.new_tensor(value) ** 2

    aside = x.abs() - 0.5  # towards the ear from the middle of the nearer eye
    lips = (x / _MOUTH_HALF[0]) ** 2 + ((y + _MOUTH_DROP) / _MOUTH_HALF[1]) ** 2 < 1
    colour = laid(colour, colour * rest.new_tensor(_LIP), lips * _LIP_COVER)
    reach = (aside / _BROW_HALF).clamp(-1, 1)
    brow = (y - _BROW_RISE + _BROW_ARCH * reach.clamp_min(0) ** 2).abs() - _BROW_THICK * (1 - 0.6 * reach.abs())
    colour = laid(colour, hair, _BROW_COVER * inside(torch.maximum(brow, aside.abs() - _BROW_HALF)))
    lid = _EYE_HALF[1] * (1 - (aside / _EYE_HALF[0]) ** 2)
    opening = inside(y.abs() - lid)
    colour = laid(colour, tone(_WHITE), opening)
    from_middle = torch.hypot(aside, y)
    assert clothes.eyes is not None
    colour = laid(colour, tone(clothes.eyes), opening * inside(from_middle - _IRIS))
    colour = laid(colour, tone((0.03, 0.03, 0.03)), opening * inside(from_middle - _PUPIL))
    lashes = inside((y - lid).abs() - _LASHES / 2) * inside(aside.abs() - _EYE_HALF[0])
    return laid(colour, tone(_LID), lashes)
