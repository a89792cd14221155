"""Contact codes: which parts of a body touch each other, found on the skin of any body."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from poseloom.language.posecodes.evaluation import Code
from poseloom.language.posescript.contact_parts import Skin, contact_table, skin_of
from poseloom.language.posescript.rules import OTHER_SIDE
from poseloom.language.posescript.sides import canonical_rotations, mirrored_touch
from poseloom.pose.types import Pose

if TYPE_CHECKING:
    from poseloom.body.types import Body

TOUCH = "touch"
GAP = 0.02
"""Metres between two touching parts of the skin (PoseScript)."""
_REACH = 0.03
"""Metres between two points of touching skin: the gap, and what is lost because points are SPACING apart."""
_POSES = 64
"""Poses worked on at once."""
_ROWS = 2048
"""Pairs of patches compared at once."""

Pair = tuple[int, int]


def contacts_of(pose: Pose, body: Body | None = None) -> list[list[Code]]:
    """The parts that touch each other, for every pose of the flattened batch.

    Two parts touch where their skin is closer than 2 cm, at places that are more than 30 cm apart along the skin and
    that face each other. Touches of parts that belong together (wrist, forearm) are told of the larger one. The two
    sides of a body differ by millimetres, and so do the points that are compared: what touches in the pose or in its
    mirror image touches in both.

    Args:
        body: the free body if None.
    """
    if body is None:
        from poseloom.body import default_body

        body = default_body("preview")
    skin = skin_of(body)  # type: ignore[arg-type]  # bodies hash by identity
    count = pose.rotations[..., 0, 0].numel()
    rotations = pose.rotations.detach().reshape(count, pose.joints, 3)
    made: list[list[Code]] = []
    for first in range(0, count, _POSES):
        seen = canonical_rotations(rotations[first : first + _POSES])
        chosen = Pose(seen.rotations)
        with torch.no_grad():
            own, image = (_touching(skin, body.mesh(one).vertices.float().cpu()) for one in (chosen, chosen.mirror()))
        for pairs, others, turned, even in zip(own, image, seen.turned.tolist(), seen.even.tolist(), strict=True):
            codes = _codes(pairs | _mirrored(others))
            mirrored = list(map(mirrored_touch, codes)) if turned or even else []
            made.append(mirrored if turned else list(dict.fromkeys([*codes, *mirrored])))
    return made


def _touching(skin: Skin, vertices: Tensor) -> list[frozenset[Pair]]:
    """Pairs of parts that touch, pose by pose, as indices into the table, the smaller first."""
    points = skin.points(vertices)
    poses, first, second = _near_patches(skin, points)
    patches = points.unflatten(1, (-1, skin.size))
    found: list[set[Pair]] = [set() for _ in range(len(points))]
    for start in range(0, len(poses), _ROWS):
        part = slice(start, start + _ROWS)
        p, i, j = poses[part], first[part], second[part]
        apart = _square_distances(patches[p, i], patches[p, j])
        row, a, b = ((apart < _REACH**2) & skin.far[i, j]).nonzero().unbind(-1)
        pose, one, other = p[row], i[row] * skin.size + a, j[row] * skin.size + b
        line = points[pose, one] - points[pose, other]
        out_one, out_other = skin.normals(vertices, pose, one), skin.normals(vertices, pose, other)
        gap = torch.minimum((line * out_one).sum(-1).abs(), (line * out_other).sum(-1).abs())
        touch = (gap < GAP) & ((out_one * out_other).sum(-1) < 0)
        names = torch.stack([pose, skin.parts[one], skin.parts[other]], -1)[touch].unique(dim=0)
        for number, x, y in names.tolist():
            if x != y:
                found[number].add((min(x, y), max(x, y)))
    return [frozenset(pairs) for pairs in found]


def _mirrored(pairs: frozenset[Pair]) -> frozenset[Pair]:
    """The pairs with left and right exchanged."""
    other = _other_side()
    return frozenset((min(other[a], other[b]), max(other[a], other[b])) for a, b in pairs)


@cache
def _other_side() -> tuple[int, ...]:
    """The index of every part's mirror image."""
    names = contact_table().names
    return tuple(names.index((OTHER_SIDE.get(side or "", side), part)) for side, part in names)


def _near_patches(skin: Skin, points: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Poses and pairs of patches whose points may be in reach of each other."""
    patches = points.unflatten(1, (-1, skin.size))
    middle = patches.mean(2)
    radius = (patches - middle[:, :, None]).square().sum(-1).amax(-1).sqrt()
    near = torch.cdist(middle, middle) < radius[:, :, None] + radius[:, None] + _REACH
    able = skin.far.flatten(2).any(-1).triu()
    poses, first, second = (near & able).nonzero().unbind(-1)
    return poses, first, second


def _square_distances(a: Tensor, b: Tensor) -> Tensor:
    """(rows, size, size): by coordinates, because products lose the millimetres."""
    total = (a[:, :, None, 0] - b[:, None, :, 0]).square_()
    for axis in (1, 2):
        total += (a[:, :, None, axis] - b[:, None, :, axis]).square_()
    return total


@cache
def _codes(pairs: frozenset[Pair]) -> list[Code]:
    """Codes of the pairs in the order of the table, those of parts that belong together made one."""
    names = contact_table().names
    rows: list[list[str | None]] = [[*names[a], *names[b]] for a, b in sorted(pairs)]
    place = 0
    while place < len(rows):
        a = rows[place]
        later = place + 1
        while later < len(rows):
            if _merged(a, rows[later]):
                del rows[later]
            else:
                later += 1
        place += 1
    codes = [Code(side, part or "", TOUCH, side2, part2) for side, part, side2, part2 in rows]
    return list(dict.fromkeys(codes))


def _merged(a: list[str | None], b: list[str | None]) -> bool:
    """Whether b belongs to a; a then names the larger parts."""
    if (a[0], a[2]) != (b[0], b[2]):
        return False
    larger = _larger(a[1], b[1]), _larger(a[3], b[3])
    if larger[0] is None or larger[1] is None:
        return False
    a[1], a[3] = larger
    return True


@cache
def _larger(a: str | None, b: str | None) -> str | None:
    """The part that includes the other one; None if neither does."""
    if a is None or b is None:
        return None
    if a == b or b in _inside(a):
        return a
    return b if a in _inside(b) else None


@cache
def _inside(part: str) -> frozenset[str]:
    """Everything that belongs to a part."""
    direct = contact_table().includes.get(part, ())
    return frozenset(direct).union(*(_inside(one) for one in direct))
