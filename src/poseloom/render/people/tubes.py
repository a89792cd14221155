"""Tubes: skirts, the lower half of coats, shoes, long hair and ponytails, made as rings from top to bottom."""

from __future__ import annotations

import math

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from poseloom.pose import JOINT_INDEX
from poseloom.render.people.mannequin import Figure
from poseloom.render.people.materials import Material
from poseloom.render.people.pieces import Piece, normals_of

AROUND = 40
"""Points of a ring."""


def grid_faces(rows: int, columns: int, *, ring: bool) -> Int[Tensor, "faces 3"]:
    """Triangles between points (rows, columns) laid flat; columns run counter-clockwise seen from above, rows down."""
    last = columns if ring else columns - 1
    row, column = torch.meshgrid(torch.arange(rows - 1), torch.arange(last), indexing="ij")
    a = (row * columns + column).flatten()
    b = (row * columns + (column + 1) % columns).flatten()
    c, d = a + columns, b + columns
    return torch.cat([torch.stack([a, c, d], -1), torch.stack([a, d, b], -1)])


def tube_piece(
    vertices: Float[Tensor, "rows columns 3"],
    rest: Float[Tensor, "rows columns 3"],
    material: Material,
    part: int,
    limb: int = 0,
    *,
    ring: bool = True,
    both_sides: bool = True,
) -> Piece:
    """A piece from a grid of points."""
    rows, columns, _ = vertices.shape
    faces = grid_faces(rows, columns, ring=ring)
    flat, flat_rest = vertices.flatten(0, 1), rest.flatten(0, 1)
    normals = normals_of(flat, faces)
    if both_sides:
        faces = torch.cat([faces, faces.flip(-1) + len(flat)])
        flat, normals, flat_rest = torch.cat([flat, flat]), torch.cat([normals, -normals]), torch.cat([flat_rest] * 2)
    ones = torch.ones(len(faces), dtype=torch.long)
    return Piece(flat, normals, flat_rest, faces, ones * limb, ones * part, material)


# -- skirts ----------------------------------------------------------------------------------------------------------


def outline(
    points: Float[Tensor, "points 3"],
    levels: Float[Tensor, " rows"],
    centre: Float[Tensor, " 2"],
    around: int = AROUND,
) -> Float[Tensor, "rows around"]:
    """How far points reach from a vertical axis, by height and angle; what no point says is taken from beside."""
    x, z = points[:, 0] - centre[0], points[:, 2] - centre[1]
    angle = torch.atan2(x, z)
    column = ((angle / (2 * math.pi) + 0.5) * around).long().clamp(0, around - 1)
    step = (levels[0] - levels[-1]) / (len(levels) - 1)
    row = ((levels[0] - points[:, 1]) / step + 0.5).long()
    there = (row >= 0) & (row < len(levels))
    reach = torch.zeros(len(levels) * around)
    reach.scatter_reduce_(0, (row * around + column)[there], torch.hypot(x, z)[there], "amax")
    grid = reach.reshape(1, 1, len(levels), around)
    pad = torch.nn.functional.pad(grid, (3, 3, 0, 0), mode="circular")
    wide = torch.nn.functional.max_pool2d(pad, (1, 5), 1)
    return torch.nn.functional.avg_pool2d(wide, (1, 3), 1)[0, 0]


def skirt_points(
    figure: Figure, top: float, bottom: float, gap: float, flare: float, folds: int, rows: int, phase: float
) -> tuple[Float[Tensor, "rows around 3"], Float[Tensor, "rows around 3"]]:
    """A skirt in the pose, and its places in the pattern.

    Args:
        top, bottom: heights in the pattern, metres.
        gap: metres between cloth and skin.
        flare: metres by which it grows wider on each metre downwards.
        folds: number of folds around its hem.
        phase: where they are, radians.
    """
    scale, shift = _height_map(figure)
    levels = torch.linspace(top, bottom, rows)
    still_levels = levels * scale + shift
    trunk = ~_is_arm(figure)
    centre = figure.still_joints[0, [0, 2]]
    reach = outline(figure.still[trunk], still_levels, centre)
    reach = reach.cummax(0).values + gap
    angle = (torch.arange(AROUND) + 0.5) / AROUND * 2 * math.pi - math.pi
    down = (still_levels[0] - still_levels)[:, None]
    wave = torch.sin(angle * folds + phase) + 0.5 * torch.sin(angle * (folds // 2 + 1) + 2 * phase)
    depth = (down / (still_levels[0] - still_levels[-1])).square()
    reach = reach * (1 + flare * down) + _FOLD * wave * depth * (0.4 + flare)
    still = torch.stack(
        [centre[0] + reach * angle.sin(), still_levels[:, None].expand_as(reach), centre[1] + reach * angle.cos()], -1
    )
    own = 0.15 + 0 * reach
    rest = torch.stack([own * angle.sin(), levels[:, None].expand_as(reach), own * angle.cos()], -1)
    posed = figure.carried(still.flatten(0, 1), _skirt_weights(still.flatten(0, 1), figure)).unflatten(
        0, (rows, AROUND)
    )
    return _off_legs(posed, figure, gap), rest


_FOLD = 0.028
"""Metres: depth of a wide skirt's folds at the hem."""


def _height_map(figure: Figure) -> tuple[float, float]:
    """From heights in the pattern to heights of the person at the T-pose: pelvis and ankles agree."""
    average = figure.mannequin
    low, own_low = float(average.joint("left_ankle")[1]), float(figure.still_joint("left_ankle")[1])
    high, own_high = float(average.joint("pelvis")[1]), float(figure.still_joint("pelvis")[1])
    scale = (own_high - own_low) / (high - low)
    return scale, own_high - scale * high


def _is_arm(figure: Figure) -> Bool[Tensor, " vertices"]:
    from poseloom.render.people.mannequin import ARMS, HANDS

    return torch.isin(figure.mannequin.part, torch.tensor([int(part) for part in (*ARMS, *HANDS)]))


def _skirt_weights(points: Float[Tensor, "points 3"], figure: Figure) -> Float[Tensor, "points 52"]:
    """Hips above, thighs below, half a shin below the knees; left and right run into each other in the middle."""
    hip, knee = figure.still_joint("left_hip"), figure.still_joint("left_knee")
    thigh = hip[1] - knee[1]
    y = points[:, 1]
    leg = ((hip[1] + 0.12 * thigh - y) / (0.65 * thigh)).clamp(0, 1)
    leg = 0.92 * leg * leg * (3 - 2 * leg)
    shin = 0.5 * ((knee[1] - y) / thigh).clamp(0, 1)
    left = (0.5 + points[:, 0] / (2.2 * hip[0].abs())).clamp(0, 1)
    left = left * left * (3 - 2 * left)
    weights = points.new_zeros(len(points), 52)
    weights[:, JOINT_INDEX["pelvis"]] = 1 - leg
    for side, share in (("left", left), ("right", 1 - left)):
        weights[:, JOINT_INDEX[f"{side}_hip"]] = leg * share * (1 - shin)
        weights[:, JOINT_INDEX[f"{side}_knee"]] = leg * share * shin
    return weights


def _off_legs(points: Float[Tensor, "rows around 3"], figure: Figure, gap: float) -> Float[Tensor, "rows around 3"]:
    """Points that legs would stick through, moved out of them; smoothed around the ring."""
    flat = points.flatten(0, 1)
    for side in ("left", "right"):
        hip, knee, ankle = (figure.joint(f"{side}_{name}") for name in ("hip", "knee", "ankle"))
        flat = push_out(flat, hip, knee, *(radius + gap for radius in _thigh_radii(figure)))
        flat = push_out(flat, knee, ankle, *(radius + gap for radius in _shin_radii(figure)))
    grid = flat.reshape(points.shape)
    around = (grid.roll(1, 1) + grid.roll(-1, 1)) / 2
    eased = torch.lerp(grid, around, 0.35)
    eased[0] = points[0]
    return eased


def _thigh_radii(figure: Figure) -> tuple[float, float]:
    return _radius(figure, "left_hip", "left_knee", 0.35), _radius(figure, "left_hip", "left_knee", 0.9)


def _shin_radii(figure: Figure) -> tuple[float, float]:
    return _radius(figure, "left_hip", "left_knee", 0.95), _radius(figure, "left_knee", "left_ankle", 0.9)


def _radius(figure: Figure, upper: str, lower: str, share: float) -> float:
    """Mean radius of the left leg at a share of the way from one joint to the next."""
    a, b = figure.still_joint(upper), figure.still_joint(lower)
    level = torch.lerp(a, b, share)
    near = ((figure.still[:, 1] - level[1]).abs() < 0.05) & (figure.still[:, 0] > 0) & ~_is_arm(figure)
    off = (figure.still[near] - level)[:, [0, 2]].norm(dim=-1)
    return float(off.mean()) if len(off) else 0.06


def push_out(
    points: Float[Tensor, "points 3"], start: Tensor, end: Tensor, start_radius: float, end_radius: float
) -> Float[Tensor, "points 3"]:
    """Points out of a capsule whose radius runs from one number to another."""
    axis = end - start
    along = ((points - start) @ axis / axis.dot(axis).clamp_min(1e-8)).clamp(0, 1)
    off = points - start - along[:, None] * axis
    distance = off.norm(dim=-1, keepdim=True).clamp_min(1e-6)
    radius = torch.lerp(torch.tensor(start_radius), torch.tensor(end_radius), along)[:, None]
    return points + off / distance * (radius - distance).clamp_min(0)
