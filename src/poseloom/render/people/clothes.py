"""The cut of clothes: where each garment is on the body, and how far from the skin it hangs."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.render.people.appearance import Appearance, Garment
from poseloom.render.people.fabrics import Cloth
from poseloom.render.people.mannequin import Figure, Mannequin
from poseloom.render.people.shells import Shell
from poseloom.render.surface import Part

WAIST, CROTCH = 0.035, -0.13
"""Heights in the pattern, metres."""
_FAR = 0.5
"""Metres: nowhere near an edge."""

SLEEVES = {"tank": (0.0, 0.0), "tee": (0.24, 0.40), "blouse": (0.22, 0.66)}
"""Places of the cuffs between the shoulder (0) and the elbow (0.5) and the wrist (1), short to long; else the wrist."""
HEMS = {
    "shorts": (-0.30, -0.56),
    "leggings": (-0.92, -0.985),
    "trousers": (-0.965, -1.015),
    "jeans": (-0.96, -1.01),
    "joggers": (-0.93, -0.97),
    "skirt": (-0.30, -0.62),
    "long_skirt": (-0.66, -0.96),
    "dress": (-0.32, -0.90),
    "coat": (-0.30, -0.70),
}
"""Heights of the lower edge, short to long, metres of the pattern."""
_THICK = {
    "tank": 0.003,
    "tee": 0.005,
    "long": 0.005,
    "shirt": 0.007,
    "blouse": 0.007,
    "sweater": 0.013,
    "hoodie": 0.016,
    "leggings": 0.002,
    "jeans": 0.007,
    "trousers": 0.008,
    "joggers": 0.010,
    "shorts": 0.008,
}
"""Metres of the closest fit."""


def _arms(mannequin: Mannequin) -> Tensor:
    part = mannequin.part
    return (part >= Part.LEFT_UPPER_ARM) & (part <= Part.RIGHT_HAND)


def hem_of(garment: Garment) -> float:
    """Height of a garment's lower edge in the pattern."""
    short, long = HEMS[garment.kind]
    return short + garment.hem * (long - short)


def neckline(mannequin: Mannequin, garment: Garment) -> Float[Tensor, " vertices"]:
    """Positive where the garment may be, negative within its neckline."""
    x, y, z = mannequin.rest.unbind(-1)
    neck = mannequin.joint("neck")
    if garment.kind in ("sweater", "hoodie") and garment.neck < 0.2:
        return neck[1] + 0.075 - y
    middle_y, middle_z = neck[1] + 0.046, neck[2] + 0.03
    radius = 0.083 + 0.035 * garment.neck
    wide = 1.0 if garment.kind != "tank" else 0.72
    ball = torch.sqrt((wide * x) ** 2 + (y - middle_y) ** 2 + (z - middle_z) ** 2) - radius
    below_head = middle_y - y + 0.02
    field = torch.where(y > middle_y, torch.minimum(ball, below_head), ball)
    if garment.kind == "shirt" or (garment.neck > 0.72 and garment.kind != "tank"):  # a V to the front
        depth = 0.03 + 0.11 * garment.neck
        vee = x.abs() - 0.068 * ((y - (middle_y - 0.05 - depth)) / depth).clamp(-1, 1.2)
        field = torch.where(z > 0, torch.minimum(field, vee), field)
    return field


def top_field(mannequin: Mannequin, garment: Garment, bottom: float) -> Float[Tensor, " vertices"]:
    """Where a top is."""
    x, y, _ = mannequin.rest.unbind(-1)
    shoulder, elbow, wrist = (float(mannequin.joint(f"left_{name}")[0]) for name in ("shoulder", "elbow", "wrist"))
    short, long = SLEEVES.get(garment.kind, (0.97, 0.97))
    place = short + garment.sleeve * (long - short)
    cuff = shoulder + 2 * place * (elbow - shoulder) if place < 0.5 else elbow + (2 * place - 1) * (wrist - elbow)
    sleeve = cuff - x.abs()
    if garment.kind == "tank":
        hole = (shoulder - 0.03 - 0.02 * garment.sleeve) + 0.14 * (0.36 - y).clamp(0, 0.3) - x.abs()
        sleeve = hole
    arms = _arms(mannequin)
    low = torch.where(arms | (x.abs() > shoulder + 0.03), torch.tensor(_FAR), y - bottom)
    return torch.minimum(torch.minimum(sleeve, low), neckline(mannequin, garment))


def bottom_field(mannequin: Mannequin, top: float, hem: float) -> Float[Tensor, " vertices"]:
    """Where trousers are."""
    y = mannequin.rest[:, 1]
    field = torch.minimum(top - y, y - hem)
    return torch.where(_arms(mannequin), torch.tensor(-_FAR), field)


def lifted(figure: Figure, gap: Float[Tensor, " vertices"] | float) -> Float[Tensor, "vertices 3"]:
    """The smoothed skin, lifted off by `gap` metres."""
    gap = torch.as_tensor(gap)
    return figure.soft + figure.soft_normals * gap.reshape(-1, 1)


def trunk_hang(figure: Figure, points: Float[Tensor, "vertices 3"], loose: float, size: float) -> Tensor:
    """A loose top falls from chest and shoulder blades straight down instead of following the waist."""
    mannequin = figure.mannequin
    y = mannequin.rest[:, 1]
    shoulder = float(mannequin.joint("left_shoulder")[0])
    chest = (y > 0.24) & (y < 0.34) & (mannequin.rest[:, 0].abs() < shoulder)
    centre = figure.still_joint("spine2")[[0, 2]]
    wide = (figure.still[chest, 0] - centre[0]).abs().amax() * 0.93 + size
    front = (figure.still[chest, 2] - centre[1]).amax() + size
    back = (centre[1] - figure.still[chest, 2]).amax() + size
    trunk = 1 - mannequin.weights[:, _arm_joints()].sum(-1)
    share = (loose * trunk * ((0.30 - y) / 0.12).clamp(0, 1)).clamp(0, 1)
    off = points[:, [0, 2]] - centre
    depth = torch.where(off[:, 1] > 0, front, back)
    reach = torch.hypot(off[:, 0] / wide, off[:, 1] / depth).clamp_min(1e-3)
    factor = torch.where(reach < 1, 1 / reach, torch.ones_like(reach))
    factor = 1 + (factor.clamp_max(1.6) - 1) * share
    hung = points.clone()
    hung[:, [0, 2]] = centre + off * factor[:, None]
    return hung


def _arm_joints() -> list[int]:
    from poseloom.pose import JOINT_INDEX

    return [JOINT_INDEX[f"{side}_{name}"] for side in ("left", "right") for name in ("shoulder", "elbow", "wrist")]


def leg_hang(figure: Figure, points: Float[Tensor, "vertices 3"], least: float, flare: float) -> Tensor:
    """Trouser legs of at least this radius (metres) from the knee down, wider by `flare` on each metre."""
    rest = figure.mannequin.rest
    hung = points
    for side, sign in (("left", 1.0), ("right", -1.0)):
        hip, knee, ankle = (figure.still_joint(f"{side}_{name}") for name in ("hip", "knee", "ankle"))
        below = (points[:, 1] < hip[1]) & (rest[:, 0] * sign > 0) & ~_arms(figure.mannequin)
        share_shin = ((knee[1] - points[:, 1]) / (knee[1] - ankle[1])).clamp(0, 1.2)[:, None]
        share_thigh = ((hip[1] - points[:, 1]) / (hip[1] - knee[1])).clamp(0, 1)[:, None]
        axis = torch.where(share_shin > 0, torch.lerp(knee, ankle, share_shin), torch.lerp(hip, knee, share_thigh))
        off = (points - axis)[:, [0, 2]]
        length = off.norm(dim=-1).clamp_min(1e-4)
        wanted = least + flare * (hip[1] - points[:, 1])
        share = (share_thigh[:, 0] * 1.6 - 0.6).clamp(0, 1)
        grown = length + (wanted - length).clamp_min(0) * share
        moved = points.clone()
        moved[:, [0, 2]] = axis[:, [0, 2]] + off * (grown / length)[:, None]
        hung = torch.where(below[:, None], moved, hung)
    return hung


def sleeve_hang(figure: Figure, points: Float[Tensor, "vertices 3"], least: float) -> Tensor:
    """Sleeves of at least this radius, metres."""
    rest = figure.mannequin.rest
    hung = points
    arms = _arms(figure.mannequin)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        shoulder, wrist = figure.still_joint(f"{side}_shoulder"), figure.still_joint(f"{side}_wrist")
        share = ((points[:, 0] - shoulder[0]) / (wrist[0] - shoulder[0])).clamp(0, 1)[:, None]
        axis = torch.lerp(shoulder, wrist, share)
        off = (points - axis)[:, 1:]
        length = off.norm(dim=-1).clamp_min(1e-4)
        grown = length + (least * (1 - 0.2 * share[:, 0]) - length).clamp_min(0) * (share[:, 0] * 4).clamp(0, 1)
        moved = points.clone()
        moved[:, 1:] = axis[:, 1:] + off * (grown / length)[:, None]
        hung = torch.where((arms & (rest[:, 0] * sign > 0))[:, None], moved, hung)
    return hung


def top_shell(figure: Figure, look: Appearance) -> Shell:
    """What is worn on the skin of the trunk."""
    garment = look.top
    low = WAIST - 0.03 if look.tucked else 0.02 - garment.hem * 0.15
    if look.bottom.kind == "dress":
        low = WAIST - 0.05
    field = top_field(figure.mannequin, garment, low)
    thick = _THICK[garment.kind]
    points = lifted(figure, thick + 0.006 * garment.loose)
    if garment.loose > 0.15 and garment.kind != "tank":
        hang = garment.loose * (0.3 if look.tucked or look.bottom.kind == "dress" else 1.0)
        points = trunk_hang(figure, points, hang, thick + 0.004)
        points = sleeve_hang(figure, points, 0.042 + 0.028 * garment.loose)
    cloth = Cloth(garment.fabric, 0.35 + 0.6 * garment.loose, buttons=garment.kind in ("shirt", "blouse"))
    return Shell(field, points, cloth)


def outer_shell(figure: Figure, look: Appearance) -> Shell:
    """Jackets, coats, vests and cardigans, open or closed in front."""
    garment = look.outer
    assert garment is not None
    mannequin = figure.mannequin
    x, y, z = mannequin.rest.unbind(-1)
    low = CROTCH + 0.02 - 0.06 * garment.hem
    field = top_field(mannequin, garment, low)
    if garment.kind == "vest":
        field = torch.minimum(field, float(mannequin.joint("left_shoulder")[0]) + 0.015 - x.abs())
    opening = 0.012 + 0.085 * garment.neck * (0.5 + ((y + 0.1) / 0.5).clamp(0, 1))
    if garment.neck > 0.25:
        field = torch.minimum(field, torch.maximum(x.abs() - opening, 0.02 - z))
    points = lifted(figure, 0.020 + 0.012 * garment.loose)
    points = trunk_hang(figure, points, 0.5 + 0.4 * garment.loose, 0.024)
    points = sleeve_hang(figure, points, 0.060 + 0.018 * garment.loose)
    closed = garment.neck <= 0.25
    cloth = Cloth(garment.fabric, 0.5 + 0.4 * garment.loose, buttons=closed and garment.kind == "coat", zipped=closed)
    return Shell(field, points, cloth)


def bottom_shell(figure: Figure, look: Appearance) -> Shell:
    """Trousers of any length; of a skirt or dress the part above the hips."""
    garment = look.bottom
    skirt = garment.kind in ("skirt", "long_skirt", "dress")
    hem = -0.11 if skirt else hem_of(garment)
    field = bottom_field(figure.mannequin, WAIST, hem)
    thick = _THICK.get(garment.kind, 0.006)
    above = 0.0 if not look.tucked else _THICK[look.top.kind] + 0.004
    points = lifted(figure, thick + above * 0.6 + 0.004 * garment.loose)
    if not skirt and garment.kind != "leggings":
        least = {"shorts": 0.085, "joggers": 0.055}.get(garment.kind, 0.052)
        points = leg_hang(figure, points, least + 0.032 * garment.loose, 0.0)
    belt = WAIST - 0.018 if look.tucked and garment.kind in ("trousers", "jeans") else None
    creases = 0.15 if garment.kind == "leggings" else 0.4 + 0.5 * garment.loose
    pockets = garment.kind in ("trousers", "jeans", "shorts")
    return Shell(field, points, Cloth(garment.fabric, creases, belt=belt, pockets=pockets))
