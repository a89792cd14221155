"""Which of a pose and its mirror image a description is made of, so that both have the same words.

Every stage is free to look at sides, because only one of the two images is ever put through the stages:
the description of the other one is the same text with left and right exchanged.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from poseloom.language.description.phrases import swap_sides
from poseloom.language.posecodes.evaluation import Code
from poseloom.language.posescript.rules import OTHER_SIDE, Rules, opposite_sides
from poseloom.language.posescript.stages import Statement, of_both
from poseloom.language.sides import ACROSS
from poseloom.pose.joints import ALL_JOINTS, BODY_JOINTS, MIRROR

EVEN = 1e-4
"""Metres and radians: what differs less from its mirror image is taken to be exactly even."""
_ABOUT = (1.0, -1.0, -1.0)
"""Signs of an axis-angle vector in the mirror."""
TOUCH = "touch"
_STEP = 0.7548776662466927
"""Multiples of this number, taken modulo one, are spread evenly (Roberts 2018): weights that cancel by no accident."""


class Canonical(NamedTuple):
    """Poses as their descriptions see them."""

    joints: Float[Tensor, "poses joints 3"]
    rotations: Float[Tensor, "poses rotated 3"] | None
    turned: Bool[Tensor, "poses"]
    """Whether the mirror image stands for the pose."""
    even: Bool[Tensor, "poses"]
    """Whether the pose is its own mirror image."""


class CanonicalRotations(NamedTuple):
    """The same for poses that are known by their rotations alone."""

    rotations: Float[Tensor, "poses rotated 3"]
    turned: Bool[Tensor, "poses"]
    even: Bool[Tensor, "poses"]


def canonical(joints: Float[Tensor, "poses joints 3"], rotations: Float[Tensor, "poses rotated 3"] | None) -> Canonical:
    """Of each pose and its mirror image the same one, whichever of the two is given."""
    joints = joints[:, :ALL_JOINTS].float()
    image = _mirror_image(joints, ACROSS)
    pelvis = joints[:, :1] * joints.new_tensor([1.0, 0.0, 0.0])
    uneven = ((joints - pelvis) - (image + pelvis)).flatten(1)
    if rotations is None:
        turned, even = _choice(uneven)
        return Canonical(_chosen(joints, image, turned, even), None, turned, even)
    rotations = rotations.reshape(len(joints), -1, 3)[:, :ALL_JOINTS].float()
    other = _mirror_image(rotations, _ABOUT)
    turned, even = _choice(torch.cat([uneven, (rotations - other)[:, :BODY_JOINTS].flatten(1)], 1))
    joints, rotations = _chosen(joints, image, turned, even), _chosen(rotations, other, turned, even)
    return Canonical(joints, rotations, turned, even)


def canonical_rotations(rotations: Float[Tensor, "poses rotated 3"]) -> CanonicalRotations:
    """The same of rotations alone."""
    rotations = rotations.float()
    other = _mirror_image(rotations, _ABOUT)
    turned, even = _choice((rotations - other).flatten(1))
    return CanonicalRotations(_chosen(rotations, other, turned, even), turned, even)


def _choice(uneven: Float[Tensor, "poses numbers"]) -> tuple[Bool[Tensor, "poses"], Bool[Tensor, "poses"]]:
    """Whether the image stands for the pose, and whether the two are the same, from how a pose differs from it."""
    if not len(uneven):
        none = torch.zeros(0, dtype=torch.bool)
        return none, none
    even = uneven.abs().amax(1) < EVEN
    weights = torch.arange(1, uneven.shape[1] + 1, dtype=torch.float64, device=uneven.device) * _STEP % 1
    return ((uneven.double() * weights).sum(1) < 0) & ~even, even


def _chosen(one: Tensor, image: Tensor, turned: Tensor, even: Tensor) -> Tensor:
    """The one, its image, or, of the same two, their mean, which is even to the last bit."""
    chosen = torch.where(turned[:, None, None], image, one)
    return torch.where(even[:, None, None], (one + image) / 2, chosen)


def _mirror_image(points: Tensor, signs: tuple[float, ...]) -> Tensor:
    return points[:, list(MIRROR[: points.shape[1]])] * points.new_tensor(signs)


def mirrored_touch(code: Code) -> Code:
    """A touch on the mirrored body, written as contacts are: left before right before the middle."""
    side, side2 = (OTHER_SIDE.get(name or "", name) for name in (code.side, code.side2))
    if side == "right" and side2 == "left":
        return Code(side2, code.part2 or "", code.interpretation, side, code.part)
    return code._replace(side=side, side2=side2)


def mirrored_statement(statement: Statement, opposites: dict[str, str]) -> Statement:
    """What the statement says of the mirrored pose, with its parts in the same places."""
    subjects, told = statement
    said = [(_swapped(name, opposites), OTHER_SIDE.get(side or "", side), part) for name, side, part in told]
    return Statement(tuple((OTHER_SIDE.get(side or "", side), part) for side, part in subjects), tuple(said))


def _swapped(interpretation: str, opposites: dict[str, str]) -> str:
    """``at_left`` -> ``at_right``, ``turn left slightly`` -> ``turn right slightly``; right angles stay."""
    if interpretation.startswith("at_"):
        return opposites[interpretation]
    return swap_sides(interpretation.replace("_", " _ ")).replace(" _ ", "_")


def _image(code: Code, rules: Rules) -> Code:
    """The code on the mirrored body, with its parts in the same slots."""
    (image,) = mirrored_statement(Statement((code[:2],), (code[2:],)), rules.opposites).codes
    return image


def _written(code: Code, rules: Rules) -> Code:
    """The same relation with the left part first, as codes of left and right are written."""
    turned = code.side == "right" and code.side2 == "left" and (code.part == code.part2 or code.interpretation == TOUCH)
    return opposite_sides(code, rules.opposites) if turned else code


def evenly(codes: list[Code], kept: list[Code], rules: Rules) -> list[Code]:
    """Of `kept` those whose mirror image is kept too."""
    left = set(kept)
    return [code for code in kept if _written(_image(code, rules), rules) in left]


def paired(codes: list[Code], rules: Rules) -> list[Code]:
    """Codes of a pose that is its own mirror image, both sides always told at once.

    What cannot be told of both sides at once is left out: any order of the two sides would differ in the mirror.
    """
    every = set(codes)
    done: set[Code] = set()
    made = []
    for code in codes:
        image = _image(code, rules)
        written = _written(image, rules)
        if code in done or written not in every:
            continue
        same = image.interpretation == code.interpretation
        both = code if written == code else of_both(code, image, rules) if same else None
        done |= {code, written}
        if both is not None:
            made.append(both)
    return made
