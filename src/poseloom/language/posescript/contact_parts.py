"""The surface of a body as points with parts, and which of them lie far from each other along the skin."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from poseloom.base.datafiles import entry, read_table
from poseloom.base.errors import PoseloomError
from poseloom.language.tables import TABLES
from poseloom.pose.joints import ALL_JOINTS, BODY_JOINTS, JOINT_INDEX
from poseloom.pose.types import Pose

if TYPE_CHECKING:
    from poseloom.body.types import Body

FAR = 0.3
"""Metres along the skin from which two points can touch (PoseScript)."""
SPACING = 0.03
"""Metres between points on the skin."""
PATCHES = 160
"""Groups of neighbouring points; whole groups that are far apart are never compared point by point."""
SIDES = ("left", "right")
UNNAMED = -1
"""Part of the flanks: an arm that hangs down touches them, which is not worth telling (PoseScript leaves them out)."""
_FLANK = 0.11
_MIDDLE_WIDTH = 0.05
_HIP_WIDTH, _HIP_HEIGHT = 0.11, 0.10
_CROWN_HEIGHT, _FACE_DEPTH = 0.11, 0.04
_NEIGHBOURS = 12
_MOST_STEPS = 100
"""Rounds of the search for short ways; a mesh of 3 mm needs that many to reach FAR."""
_SAME = 1e-4
"""Metres between points that are one."""
_TOUCHING_AT_REST = 0.05
"""Metres: places that are so close at the T-pose, as in a fold of the skin, say nothing when they touch."""

Name = tuple[str | None, str]


@dataclass(frozen=True)
class ContactTable:
    """The content of ``tables/contacts.json``."""

    names: tuple[Name, ...]
    """All parts, in the order in which a code names them."""
    bones: dict[str, tuple[str, str]]
    balls: dict[str, float]
    includes: dict[str, tuple[str, ...]]


@dataclass(frozen=True, eq=False)
class Skin:
    """Points on the skin, ordered by patch and padded so that all patches are of one size."""

    corners: Int[Tensor, "points 3"]
    shares: Float[Tensor, "points 3"]
    """Each point is a weighted mean of the three corners of a face; vertices of the mesh are meant."""
    parts: Int[Tensor, " points"]
    """Index into `ContactTable.names`, or UNNAMED."""
    size: int
    """Points in a patch."""
    far: Bool[Tensor, "patches patches size size"]
    """Whether two points can touch: far along the skin, or on different sides of a padded place."""

    def points(self, vertices: Float[Tensor, "poses vertices 3"]) -> Float[Tensor, "poses points 3"]:
        """Where the points are on posed meshes."""
        at = vertices[:, self.corners.T.reshape(-1)].unflatten(1, (3, -1))
        return (at * self.shares.T[None, ..., None]).sum(1)

    def normals(self, vertices: Tensor, poses: Tensor, points: Tensor) -> Float[Tensor, "rows 3"]:
        """Outward direction of the skin at chosen points of chosen poses."""
        a, b, c = (vertices[poses, self.corners[points, corner]] for corner in range(3))
        return torch.nn.functional.normalize(torch.linalg.cross(b - a, c - a), dim=-1)


@cache
def contact_table() -> ContactTable:
    """The parts that contact codes name.

    Raises:
        FileError: an entry of the table is missing.
    """
    path = TABLES / "contacts.json"
    table = read_table(path)
    sided, middle = (entry(path, table, name, list) for name in ("sided", "middle"))
    names: list[Name] = [(side, part) for side in SIDES for part in sided]
    names += [(None, part) for part in middle]
    bones: dict[str, Any] = entry(path, table, "bones", dict)
    includes: dict[str, Any] = entry(path, table, "includes", dict)
    return ContactTable(
        tuple(names),
        {part: (ends[0], ends[1]) for part, ends in bones.items()},
        entry(path, table, "balls", dict),
        {whole: tuple(parts) for whole, parts in includes.items()},
    )


@lru_cache(maxsize=2)
def skin_of(body: Body) -> Skin:
    """The skin of a body, measured once at its T-pose (about a second)."""
    still = Pose.identity(1)
    with torch.no_grad():
        vertices = body.mesh(still).vertices[0].float().cpu()
        joints = body.joints(still)[0].float().cpu()
    if joints.shape[0] not in (BODY_JOINTS, ALL_JOINTS):
        raise PoseloomError(f"contacts: the body gives {joints.shape[0]} joints, expected 22 or 52")
    grid = _grid(vertices, body.faces.cpu())
    chosen = _spread(grid.places)
    points, corners, shares = grid.places[chosen], grid.corners[chosen], grid.shares[chosen]
    patches = _patches(points, PATCHES)
    order, size = _padded(patches)
    apart = _ways(grid, chosen[_middles(points, patches)])[:, chosen[order]]
    across = apart[patches[order]]
    distance = torch.cdist(points[order], points[order])
    far = ((across + across.T) / 2 > FAR) & (distance > _TOUCHING_AT_REST)
    parts = _parts(points, joints)[order]
    far &= (parts != UNNAMED) & (parts != UNNAMED)[:, None]
    far = far.reshape(PATCHES, size, PATCHES, size).permute(0, 2, 1, 3).contiguous()
    return Skin(corners[order], shares[order], parts, size, far)


@dataclass(frozen=True, eq=False)
class _Grid:
    """Points on all faces of the T-pose, at most SPACING apart on each, and which of them share a face."""

    places: Float[Tensor, "points 3"]
    corners: Int[Tensor, "points 3"]
    shares: Float[Tensor, "points 3"]
    pairs: Int[Tensor, "2 pairs"]


def _grid(vertices: Tensor, faces: Tensor) -> _Grid:
    """Points that faces have in common, on edges and corners, are one."""
    sides = vertices[faces] - vertices[faces.roll(1, 1)]
    steps = (sides.norm(dim=-1).amax(-1) / SPACING).ceil().clamp_min(1).long()
    corners, shares, members = [], [], []
    total = 0
    for count in steps.unique().tolist():
        lattice = torch.cartesian_prod(torch.arange(count + 1), torch.arange(count + 1))
        lattice = lattice[lattice.sum(-1) <= count].float() / count
        weights = torch.stack([1 - lattice.sum(-1), lattice[:, 0], lattice[:, 1]], -1)
        chosen = faces[steps == count]
        corners.append(chosen.repeat_interleave(len(weights), 0))
        shares.append(weights.repeat(len(chosen), 1))
        own = total + torch.arange(len(chosen) * len(weights)).reshape(len(chosen), -1)
        members.append(torch.stack([own.repeat_interleave(len(weights), 1), own.repeat(1, len(weights))]).flatten(1))
        total += own.numel()
    every, weight = torch.cat(corners), torch.cat(shares)
    places = (vertices[every] * weight[..., None]).sum(1)
    first, group = _first_of_cells(places, _SAME)
    pairs = torch.unique(group[torch.cat(members, 1)], dim=1)
    return _Grid(places[first], every[first], weight[first], pairs)


def _first_of_cells(places: Tensor, size: float) -> tuple[Tensor, Tensor]:
    """The first place in every cell of a grid, and the cell of every place."""
    _, group = torch.unique((places / size).round().long(), dim=0, return_inverse=True)
    first = torch.full((int(group.max()) + 1,), len(group))
    return first.scatter_reduce(0, group, torch.arange(len(group)), "amin"), group


def _spread(places: Tensor) -> Tensor:
    """One point of every cell of a grid of SPACING."""
    return _first_of_cells(places, SPACING)[0]


def _parts(points: Tensor, joints: Tensor) -> Tensor:
    """The part of every point of the T-pose."""
    table = contact_table()
    index = {name: number for number, name in enumerate(table.names)}
    made = _middle_parts(points, joints, index)
    nearest = _to_line(points, joints[JOINT_INDEX["pelvis"]], joints[JOINT_INDEX["head"]]) * 0.75
    for side in SIDES:
        own = points[:, 0] > 0 if side == "left" else points[:, 0] < 0
        for part, (start, end) in table.bones.items():
            first, last = JOINT_INDEX[f"{side}_{start}"], JOINT_INDEX[f"{side}_{end}"]
            if max(first, last) >= len(joints):
                continue
            away = _to_line(points, joints[first], joints[last])
            here = own & (away < nearest)
            made[here], nearest[here] = index[side, part], away[here]
        foot = joints[JOINT_INDEX[f"{side}_foot"]]
        made[(made == index[side, "foot"]) & (points[:, 2] > foot[2])] = index[side, "toes"]
        for part, radius in table.balls.items():
            away = (points - joints[JOINT_INDEX[f"{side}_{part}"]]).norm(dim=-1)
            made[own & (away < radius)] = index[side, part]
        hip = joints[JOINT_INDEX[f"{side}_hip"]]
        beside = ((points[:, 0] - hip[0]).abs() < _HIP_WIDTH) & (points[:, 0].abs() > hip[0].abs())
        front = (points[:, 1] - hip[1] > 0) & (points[:, 1] - hip[1] < _HIP_HEIGHT)
        made[own & beside & front & (points[:, 1] > hip[1])] = index[side, "hip"]
    return made


def _middle_parts(points: Tensor, joints: Tensor, index: dict[Name, int]) -> Tensor:
    """Parts of trunk, neck and head by height and by front or back."""
    x, y, z = points.unbind(-1)

    def height(name: str) -> Tensor:
        return joints[JOINT_INDEX[name], 1]

    axis = joints[JOINT_INDEX["spine2"], 2]
    front = z > axis
    hips = height("left_hip")
    rules = (
        ("butt", ~front & (y <= height("spine1"))),
        ("crotch", front & (y <= hips) | (x.abs() < _MIDDLE_WIDTH) & (y <= hips)),
        ("belly", front & (y > hips) & (y <= height("spine2"))),
        ("chest", front & (y > height("spine2"))),
        ("lowerback", ~front & (y > height("spine1")) & (y <= height("spine3"))),
        ("upperback", ~front & (y > height("spine3"))),
        ("neck", (y > height("neck")) & ~front),
        ("throat", (y > height("neck")) & front),
        ("head", y > height("head")),
        ("face", (y > height("head")) & (z > joints[JOINT_INDEX["head"], 2] + _FACE_DEPTH)),
        ("crown", y > height("head") + _CROWN_HEIGHT),
    )
    made = torch.full((len(points),), UNNAMED)
    for part, here in rules:
        made[here] = index[None, part]
    flank = (y > hips) & (y < height("neck")) & (x.abs() > _FLANK)
    return made.masked_fill(flank, UNNAMED)


def _to_line(points: Tensor, start: Tensor, end: Tensor) -> Tensor:
    along = end - start
    share = ((points - start) @ along / (along @ along)).clamp(0, 1)
    return (points - start - share[:, None] * along).norm(dim=-1)


def _patches(points: Tensor, count: int) -> Tensor:
    """The nearest of `count` points far from each other, for every point."""
    chosen = [0]
    away = (points - points[0]).norm(dim=-1)
    for _ in range(count - 1):
        chosen.append(int(away.argmax()))
        away = torch.minimum(away, (points - points[chosen[-1]]).norm(dim=-1))
    return torch.cdist(points, points[chosen]).argmin(-1)


def _middles(points: Tensor, patches: Tensor) -> Tensor:
    """The point nearest to the middle of every patch."""
    made = []
    for patch in range(PATCHES):
        own = (patches == patch).nonzero()[:, 0]
        made.append(own[(points[own] - points[own].mean(0)).norm(dim=-1).argmin()])
    return torch.stack(made)


def _ways(grid: _Grid, starts: Tensor) -> Float[Tensor, "starts points"]:
    """Shortest way along the skin from each start to every point; beyond FAR it may be any greater number."""
    near, length = _nearest(grid)
    ways = torch.full((len(near), len(starts)), torch.inf)
    ways[starts, torch.arange(len(starts))] = 0
    for _ in range(_MOST_STEPS):
        nearer = ways
        for one in range(_NEIGHBOURS):
            nearer = torch.minimum(nearer, ways.index_select(0, near[:, one]).add_(length[:, one, None]))
        if not ((nearer < ways) & (nearer < FAR)).any():
            break
        ways = nearer
    return ways.T


def _nearest(grid: _Grid) -> tuple[Tensor, Tensor]:
    """For every point its nearest neighbours, itself included, and how far they are; filled up with itself."""
    start, end = grid.pairs
    length = (grid.places[start] - grid.places[end]).norm(dim=-1)
    order = length.argsort(stable=True)
    order = order[start[order].argsort(stable=True)]
    start, end, length = start[order], end[order], length[order]
    count = len(grid.places)
    rank = torch.arange(len(start)) - torch.searchsorted(start, torch.arange(count))[start]
    kept = rank < _NEIGHBOURS
    near = torch.arange(count)[:, None].repeat(1, _NEIGHBOURS)
    away = torch.zeros(count, _NEIGHBOURS)
    near[start[kept], rank[kept]], away[start[kept], rank[kept]] = end[kept], length[kept]
    return near, away


def _padded(patches: Tensor) -> tuple[Tensor, int]:
    """Points ordered by patch; each patch is filled up with its last point."""
    size = int(torch.bincount(patches, minlength=PATCHES).max())
    rows = []
    for patch in range(PATCHES):
        own = (patches == patch).nonzero()[:, 0]
        rows.append(torch.cat([own, own[-1:].expand(size - len(own))]))
    return torch.cat(rows), size
