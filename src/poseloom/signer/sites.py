"""Parts of a hand that touch or are touched: points and outward normals in the hand's frame."""

from __future__ import annotations

from functools import lru_cache

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.language.hamnosys.tree import Place
from poseloom.pose.joints import FINGERS
from poseloom.signer.hand_points import FINGER_RADIUS, hand_points
from poseloom.signer.hand_spheres import hand_spheres, sphere_radii
from poseloom.signer.tables import places_table

Site = tuple[Float[Tensor, "3"], Float[Tensor, "3"]]
"""Point (metres) and unit normal, axes (fingers, palm, thumb) from the wrist."""

_ROW = {1: "thumb", 2: "index", 3: "middle", 4: "ring", 5: "pinky"}
_LONG_DIGITS = (2, 3, 4, 5)
_STRAIGHT = 1.2
"""Radians of knuckle and middle joint together up to which a finger counts as extended."""
_POINTING = 0.35
"""How much finger tips are preferred to other parts when a hand with one or two extended fingers points at a place."""
_PALM = 0.15
"""How much palm and finger pads are preferred to the edges of the hand."""
_FINGERS_BEGIN, _FINGERS_PADS = 0.112, 0.165
"""Metres from the wrist: flat fingers touch the sides of the head where they begin, the front of a face with their
pads; the palm itself touches the trunk."""


@lru_cache(maxsize=256)
def _fingers(key: tuple[float, ...]) -> tuple[Tensor, Tensor]:
    points, frames = hand_points(torch.tensor(key).reshape(5, 4))
    return points, frames


def _fingers_of(angles: Float[Tensor, "5 4"]) -> tuple[Tensor, Tensor]:
    return _fingers(tuple(angles.flatten().tolist()))


def finger_site(angles: Float[Tensor, "5 4"], digit: int, part: str | None) -> Site:
    """A part of a finger; its middle, seen from the thumb's side, where no part is named."""
    points, frames = _fingers_of(angles)
    row = FINGERS.index(_ROW[digit])
    along, pad, thumbwards = frames[row].unbind(-1)
    joints = points[row]
    if part == "fingertip":
        return joints[3], along
    if part == "fingerpad":
        return joints[3] - 0.008 * along + FINGER_RADIUS * pad, pad
    if part == "fingernail":
        return joints[3] - 0.008 * along - FINGER_RADIUS * pad, -pad
    if part == "fingerbase":
        return joints[0] + torch.tensor([0.0, -0.012, 0.0]), torch.tensor([0.0, -1.0, 0.0])
    middle = joints[1] if part == "fingermidjoint" else (joints[1] + joints[2]) / 2
    if part == "fingermidjoint":
        bisector = torch.nn.functional.normalize((joints[1] - joints[0]) - (joints[2] - joints[1]), dim=0)
        bent = float((joints[1] - joints[0] - joints[2] + joints[1]).norm()) > _BENT
        outward = bisector if bent else -pad
        return middle + FINGER_RADIUS * outward, outward
    return middle + FINGER_RADIUS * thumbwards, thumbwards


_BENT = 0.02
"""Metres: how far two bones of a finger are from one line, above which its middle joint sticks out."""


def named_site(place: Place, angles: Float[Tensor, "5 4"]) -> Site | None:
    """The part of a hand that a place names; None where it is no part of a hand."""
    if place.digits or place.part is not None:
        digits = place.digits or (_longest(angles),)
        sites = [finger_site(angles, digit, place.part) for digit in digits]
        points, normals = (torch.stack(column).mean(0) for column in zip(*sites, strict=True))
        return points, torch.nn.functional.normalize(normals, dim=0)
    return _side(place.name, angles) if place.name in places_table()["sites"] else None


def _side(name: str, angles: Float[Tensor, "5 4"]) -> Site:
    """A side of the hand; the palm of a fist is where its fingers are."""
    point, normal = places_table()["sites"][name]
    site = torch.tensor(point), torch.tensor(normal, dtype=torch.float32)
    return _laid_bare(site, angles) if name == "palm" else site


def _laid_bare(site: Site, angles: Float[Tensor, "5 4"]) -> Site:
    """The same on the outside of fingers that are laid on it."""
    point, normal = site
    away = hand_spheres(angles) - point
    along = away @ normal
    wide = sphere_radii() + _BESIDE
    half = (wide**2 - ((away**2).sum(-1) - along**2)).clamp_min(0).sqrt()
    begins, ends = (along - half)[half > 0], (along + half - _BESIDE)[half > 0]
    height = 0.0
    for begin, end in sorted(zip(begins.tolist(), ends.tolist(), strict=True)):
        height = max(height, end) if begin < height + _COVERED else height
    return point + max(height, 0.0) * normal, normal


_COVERED, _BESIDE = 0.012, 0.006
"""Metres between a side of the hand and fingers from which on these do not cover it; between two fingers that do."""


def facing_site(
    angles: Float[Tensor, "5 4"], axes: Float[Tensor, "3 3"], normal: Float[Tensor, "3"], on_head: bool
) -> Site:
    """The part of a hand that looks at a surface, for contacts whose part is not named.

    Args:
        angles: how the fingers are bent.
        axes: those of the hand in the world, columns (fingers, palm, thumb).
        normal: points out of the surface.
        on_head: faces are touched with the fingers, the trunk with the palm.
    """
    return facing_sites(angles, axes, normal, on_head)[0]


def facing_sites(
    angles: Float[Tensor, "5 4"], axes: Float[Tensor, "3 3"], normal: Float[Tensor, "3"], on_head: bool
) -> list[Site]:
    """All parts of the hand that may touch a surface, the one that looks at it most first; see `facing_site`."""
    found = _candidates(angles, float(normal[2]) if on_head else None)
    scores = [float((axes @ outward) @ -normal) + bonus for _, outward, bonus in found]
    order = sorted(range(len(found)), key=lambda number: -scores[number])
    return [found[number][:2] for number in order]


def _candidates(angles: Float[Tensor, "5 4"], face: float | None) -> list[tuple[Tensor, Tensor, float]]:
    named = [_side(name, angles) for name in _AUTOMATIC]
    extended = _extended(angles)
    found = [(point, normal, 0.0) for point, normal in named]
    palm, outward = named[0]
    if face is not None and len(extended) > 2:
        along = _FINGERS_BEGIN + (_FINGERS_PADS - _FINGERS_BEGIN) * max(face, 0.0)
        palm = torch.tensor([along, FINGER_RADIUS, 0.0])
    found[0] = (palm, outward, _PALM)
    if extended:
        tips = [finger_site(angles, digit, "fingertip") for digit in extended]
        points, normals = (torch.stack(column).mean(0) for column in zip(*tips, strict=True))
        bonus = _POINTING if len(extended) < 3 else _PALM
        found.append((points, torch.nn.functional.normalize(normals, dim=0), bonus))
        if len(extended) < 3:
            pads = finger_site(angles, extended[0], "fingerpad")
            found[0] = (*pads, _PALM)
    else:
        knuckles = [finger_site(angles, digit, "fingermidjoint")[0] for digit in _LONG_DIGITS]
        found.append((torch.stack(knuckles).mean(0), torch.tensor([1.0, 0.0, 0.0]), 0.0))
    return found


_AUTOMATIC = ("palm", "handback", "thumbside", "pinkyside")


def _extended(angles: Float[Tensor, "5 4"]) -> list[int]:
    rows = {digit: FINGERS.index(_ROW[digit]) for digit in _LONG_DIGITS}
    return [digit for digit, row in rows.items() if float(angles[row, 1:3].sum()) < _STRAIGHT]


def _longest(angles: Float[Tensor, "5 4"]) -> int:
    extended = _extended(angles)
    return 3 if 3 in extended else extended[0] if extended else 2
