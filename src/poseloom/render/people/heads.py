"""What is on a head: hair of several kinds, beards, hats, scarves, sunglasses."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.pose import JOINT_INDEX
from poseloom.render.clothing import Head, hair_height
from poseloom.render.people import noise
from poseloom.render.people.appearance import Appearance, Hair
from poseloom.render.people.fabrics import Cloth
from poseloom.render.people.mannequin import Figure
from poseloom.render.people.materials import Plain
from poseloom.render.people.pieces import Piece
from poseloom.render.people.shells import Shell
from poseloom.render.people.skin import Strands, beard_cover
from poseloom.render.people.tubes import push_out, tube_piece
from poseloom.render.surface import Part

_NOWHERE = -0.5
_LONG = ("bob", "long", "ponytail", "bun")


def on_head(figure: Figure, look: Appearance) -> list[Shell]:
    """Shells of the head, the innermost first."""
    shells: list[Shell] = []
    if look.beard in ("moustache", "goatee", "full"):
        shells.append(_beard(figure, look))
    covered = look.headwear in ("beanie", "headscarf", "helmet")
    if look.hair.style != "bald" and not (covered and look.headwear == "headscarf"):
        shells.append(_hair(figure, look))
    if look.headwear != "none":
        shells.append(_headwear(figure, look))
    if look.glasses:
        shells.append(_sunglasses(figure))
    return shells


def _head(figure: Figure) -> Head:
    return figure.mannequin.surface.cut.head


def _above(figure: Figure) -> Float[Tensor, "vertices 3"]:
    """Places in the pattern in units of the head: x / half width, height 0 at the head joint to 1, depth -1 to 1."""
    head, rest = _head(figure), figure.mannequin.rest
    x = rest[:, 0] / head.ear
    y = (rest[:, 1] - head.level) / head.height
    z = (rest[:, 2] - head.back) / head.depth * 2 - 1
    return torch.stack([x, y, z], -1)


def _hair(figure: Figure, look: Appearance) -> Shell:
    """The hair on the skull."""
    hair, head, rest = look.hair, _head(figure), figure.mannequin.rest
    field = hair_height(rest, head)
    x, y, z = _above(figure).unbind(-1)
    if hair.style == "receding":
        field = torch.minimum(field, (0.42 - y + 0.25 * (x.abs() - 0.45).clamp_min(0) - 0.1 * z) * 0.2)
        field = torch.maximum(field, torch.full_like(field, _NOWHERE))
    gap = _volume(hair, x, y, z)
    u, v = rest[:, 0] * 260 + 40, (rest[:, 1] + rest[:, 2]) * 260
    lumps = noise.sample(noise.tile(1.5, 3), u, v)
    curl = {"afro": 1.0, "curly": 0.8}.get(hair.style, 0.1)
    gap = gap * (1 + (0.10 + 0.14 * curl) * lumps) + 0.002
    edge = (field / 0.03).clamp(0, 1)
    gap = gap * (0.25 + 0.75 * edge)
    points = figure.still + figure.soft_normals * gap[:, None]
    if curl < 0.5 and hair.style not in ("buzz",):
        points = torch.lerp(points, figure.soft + figure.soft_normals * (gap + 0.004)[:, None], 0.7)
    return Shell(field, points, Strands(hair.colour, curl, 0.35 if curl > 0.5 else 0.25))


def _volume(hair: Hair, x: Tensor, y: Tensor, z: Tensor) -> Tensor:
    """Metres of hair over the skull."""
    upper = ((y - 0.45) / 0.3).clamp(0, 1)
    volume = hair.volume
    if hair.style == "buzz":
        return torch.full_like(x, 0.003)
    if hair.style == "quiff":
        return 0.008 + upper * (0.018 + 0.035 * volume) * (1 + 0.5 * z.clamp(-1, 1))
    if hair.style == "afro":
        return 0.03 + 0.05 * volume + 0.025 * upper
    if hair.style == "curly":
        return 0.016 + 0.022 * volume + 0.012 * upper
    if hair.style in _LONG:
        return 0.010 + 0.014 * volume + 0.006 * upper
    return 0.007 + (0.006 + 0.018 * volume) * upper


def _beard(figure: Figure, look: Appearance) -> Shell:
    head, rest = _head(figure), figure.mannequin.rest
    field = beard_cover(rest, head, look.beard)
    field = torch.where((rest[:, 1] > head.level - 0.10) & (rest[:, 0].abs() < 0.1), field, torch.tensor(_NOWHERE))
    edge = (field / 0.02).clamp(0, 1)
    gap = 0.001 + (0.006 + 0.012 * look.hair.volume) * edge
    return Shell(field, figure.still + figure.soft_normals * gap[:, None], Strands(look.hair.colour, 0.5, 0.35))


def _headwear(figure: Figure, look: Appearance) -> Shell:
    x, y, z = _above(figure).unbind(-1)
    head = _head(figure)
    fabric = look.head_fabric or look.top.fabric
    own = figure.mannequin.weights[:, JOINT_INDEX["head"]] > 0.3
    far = torch.tensor(_NOWHERE)
    cloth: Cloth | Plain = Cloth(fabric, 0.25)
    if look.headwear == "headscarf":
        face = torch.hypot(x / 0.92, (y - 0.30) / 0.62) - 1
        front = torch.where(z > -0.25, face * 0.08, torch.tensor(0.05))
        low = figure.mannequin.rest[:, 1] - (head.level - 0.16)
        near = figure.mannequin.rest[:, 0].abs() < 0.13
        field = torch.where(near & (figure.mannequin.rest[:, 1] > head.level - 0.2), torch.minimum(front, low), far)
        return Shell(field, figure.soft + figure.soft_normals * 0.022, Cloth(fabric, 0.8))
    line = {"cap": 0.60, "beanie": 0.52, "sunhat": 0.62, "helmet": 0.60}[look.headwear] + 0.10 * z
    field = torch.where(own, (y - line) * head.height, far)
    gap = {"cap": 0.018, "beanie": 0.016, "sunhat": 0.022, "helmet": 0.034}[look.headwear] + 0.006 * look.hair.volume
    if look.headwear == "helmet":
        cloth = Plain(fabric.colour, 0.02, 0.3, 40.0)
    return Shell(field, figure.soft + figure.soft_normals * gap, cloth)


def _sunglasses(figure: Figure) -> Shell:
    head, rest = _head(figure), figure.mannequin.rest
    assert head.eyes is not None
    unit = float((head.eyes[0] - head.eyes[1]).norm())
    middle = head.eyes.mean(0)
    x, y = (rest[:, 0].abs() / unit - 0.52), (rest[:, 1] - middle[1]) / unit
    lens = 1 - ((x / 0.40) ** 4 + ((y - 0.02) / 0.30) ** 4) ** 0.25
    bridge = 1 - torch.maximum((rest[:, 0].abs() / unit) / 0.25, ((y - 0.12) / 0.06).abs())
    temple = 1 - torch.maximum(((y - 0.08) / 0.06).abs(), ((rest[:, 0].abs() / unit - 1.0) / 0.25).abs())
    field = torch.maximum(lens, torch.maximum(bridge, temple)) * 0.03
    field = torch.where((rest[:, 2] > middle[2] - 0.10) & ~figure.mannequin.inner, field, torch.tensor(_NOWHERE))
    return Shell(field, figure.soft + figure.soft_normals * 0.012, Plain((0.05, 0.05, 0.06), 0.0, 0.10, 60.0))


# -- what hangs and stands off ----------------------------------------------------------------------------------------


def hanging(figure: Figure, look: Appearance) -> list[Piece]:
    """Long hair, ponytails, buns, brims and visors."""
    made: list[Piece] = []
    style = look.hair.style
    if look.headwear not in ("headscarf",):
        if style in ("long", "bob"):
            made.append(_curtain(figure, look.hair))
        elif style == "ponytail":
            made.append(_ponytail(figure, look.hair))
        elif style == "bun":
            made.append(_bun(figure, look.hair))
    if look.headwear == "cap":
        made.append(_brim(figure, look, (-0.95, 0.95), 0.075, 0.64))
    elif look.headwear == "sunhat":
        made.append(_brim(figure, look, (-math.pi, math.pi), 0.085, 0.64))
    return made


def _frame(figure: Figure) -> tuple[Tensor, float, float, Tensor]:
    """Of the person's own head at the T-pose: middle, half width, half depth, crown."""
    mannequin = figure.mannequin
    skull = (mannequin.rest[:, 1] > _head(figure).level + 0.05) & ~mannequin.inner
    points = figure.still[skull]
    low, high = points.amin(0), points.amax(0)
    return (low + high) / 2, float(high[0] - low[0]) / 2, float(high[2] - low[2]) / 2, high[1]


def _curtain(figure: Figure, hair: Hair) -> Piece:
    """Hair that hangs from the sides and the back of the head, out of neck, shoulders and back."""
    middle, wide, deep, crown = _frame(figure)
    columns, rows = 28, 10
    length = 0.03 + hair.length * (0.35 if hair.style == "bob" else 1.0)
    reach = math.radians(112)
    angle = math.pi + torch.linspace(-reach, reach, columns)
    height = float(crown - middle[1])
    top, low = float(middle[1]) + 0.35 * height, float(middle[1]) - 0.9 * height - length
    share = torch.linspace(0, 1, rows)
    level = top + (low - top) * share
    bulge = 1.0 + (0.10 + 0.12 * hair.volume) * torch.sin(math.pi * (share * 1.2).clamp(0, 1)) - 0.18 * share**2
    ring = (0.006 + 0.016 * hair.volume) * torch.ones(rows)
    x = (wide * 0.86 + ring)[:, None] * bulge[:, None] * angle.sin()
    z = middle[2] + (deep * 0.80 + ring)[:, None] * bulge[:, None] * angle.cos()
    ragged = noise.sample(
        noise.tile(1.2, 4), torch.arange(columns) * 19.0, torch.tensor(float(columns)).expand(columns)
    )
    y = level[:, None] + 0.03 * share[:, None] ** 2 * ragged
    still = torch.stack([x, y.expand_as(x), z], -1)
    weights = still.new_zeros(rows, columns, 52)
    below = ((share - 0.45) / 0.55).clamp(0, 1)[:, None] * min(1.0, length / 0.25)
    weights[..., JOINT_INDEX["head"]] = 1 - 0.75 * below
    weights[..., JOINT_INDEX["spine3"]] = 0.75 * below
    posed = figure.carried(still.flatten(0, 1), weights.flatten(0, 1))
    posed = _off_shoulders(figure, posed).reshape(still.shape)
    angles = torch.stack([still[..., 0], still[..., 1], still[..., 2]], -1)
    return tube_piece(posed, angles, Strands(hair.colour, 0.25, 0.3), int(Part.HEAD), ring=False)


def _off_shoulders(figure: Figure, points: Float[Tensor, "n 3"]) -> Float[Tensor, "n 3"]:
    neck, chest, spine = figure.joint("neck"), figure.joint("spine3"), figure.joint("spine2")
    width = float((figure.still_joint("left_shoulder") - figure.still_joint("right_shoulder")).norm())
    points = push_out(points, neck, figure.joint("head"), 0.33 * width * 0.55, 0.33 * width * 0.5)
    for side in ("left", "right"):
        points = push_out(points, neck, figure.joint(f"{side}_shoulder"), 0.065, 0.075)
    front = (chest - spine) / (chest - spine).norm().clamp_min(1e-6)
    return push_out(points, chest + 0.12 * front, spine - 0.1 * front, 0.34 * width, 0.32 * width)


def _ponytail(figure: Figure, hair: Hair) -> Piece:
    """A bundle that leaves the back of the head and hangs down."""
    middle, _, deep, crown = _frame(figure)
    rows, columns = 12, 10
    start = torch.stack([middle[0], middle[1] + 0.35 * (crown - middle[1]), middle[2] - deep])
    share = torch.linspace(0, 1, rows)[:, None]
    length = 0.10 + hair.length
    back = torch.tensor([0.0, 0.25, -1.0]) * 0.06
    path = start + back * torch.sin(share * 2.2) - torch.tensor([0.0, 1.0, 0.0]) * length * share**1.6
    weights = path.new_zeros(rows, 52)
    below = ((share[:, 0] - 0.4) / 0.6).clamp(0, 1) * 0.5
    weights[:, JOINT_INDEX["head"]], weights[:, JOINT_INDEX["spine3"]] = 1 - below, below
    line = _off_shoulders(figure, figure.carried(path, weights))
    radius = (0.012 + 0.022 * hair.volume) * (0.55 + torch.sin(math.pi * share**0.7) * 0.7) * (1 - 0.75 * share**3)
    return _sweep(line, radius[:, 0], columns, Strands(hair.colour, 0.15, 0.3), path)


def _sweep(
    line: Float[Tensor, "rows 3"], radius: Float[Tensor, " rows"], columns: int, material: Strands, rest: Tensor
) -> Piece:
    """A tube of a given radius along a line, closed at its end."""
    ahead = torch.nn.functional.normalize(torch.gradient(line, dim=0)[0], dim=-1)
    side = torch.linalg.cross(ahead, torch.tensor([0.31, 0.2, 0.93]).expand_as(ahead))
    side = torch.nn.functional.normalize(side, dim=-1)
    other = torch.linalg.cross(ahead, side)
    angle = torch.arange(columns) / columns * 2 * math.pi
    ring = side[:, None] * angle.cos()[:, None] + other[:, None] * angle.sin()[:, None]
    points = line[:, None] + ring * radius[:, None, None]
    points[-1] = line[-1]
    place = rest[:, None] + ring * 0.03
    return tube_piece(points, place, material, int(Part.HEAD))


def _bun(figure: Figure, hair: Hair) -> Piece:
    middle, _, deep, crown = _frame(figure)
    centre = torch.stack([middle[0], middle[1] + 0.62 * (crown - middle[1]), middle[2] - 1.02 * deep])
    size = 0.03 + 0.02 * hair.volume
    polar = torch.linspace(0.02, math.pi - 0.02, 9)[:, None]
    around = torch.arange(14)[None] / 14 * 2 * math.pi
    ball = torch.stack([polar.sin() * around.sin(), polar.cos().expand(9, 14), polar.sin() * around.cos()], -1)
    still = centre + ball * size * torch.tensor([1.1, 0.95, 0.9])
    weights = still.new_zeros(still.shape[0] * still.shape[1], 52)
    weights[:, JOINT_INDEX["head"]] = 1
    posed = figure.carried(still.flatten(0, 1), weights).reshape(still.shape)
    return tube_piece(posed, still, Strands(hair.colour, 0.4, 0.35), int(Part.HEAD), both_sides=False)


def _brim(figure: Figure, look: Appearance, reach: tuple[float, float], width: float, level: float) -> Piece:
    """A brim around the head or a visor before it."""
    middle, wide, deep, crown = _frame(figure)
    columns = 24
    full = reach[1] - reach[0] > 6
    angle = torch.linspace(reach[0], reach[1], columns + 1)[:-1] if full else torch.linspace(*reach, columns)
    base = float(figure.still_joint("head")[1])
    y = base + (level - 0.02) * float(crown - base)
    inner, outer = 0.004, width
    fall = torch.tensor([0.0, 0.35, 0.75, 1.0])[:, None]
    round_off = (angle.cos() if not full else torch.ones(columns)) ** 0.5
    away = inner + (outer - inner) * fall * round_off
    x = (wide * 0.92 + away) * angle.sin()
    z = middle[2] + (deep + away) * angle.cos()
    height = y + 0.012 * angle.cos() - 0.022 * fall**2
    still = torch.stack([x, height.expand_as(x), z], -1)
    weights = still.new_zeros(still.shape[0] * still.shape[1], 52)
    weights[:, JOINT_INDEX["head"]] = 1
    posed = figure.carried(still.flatten(0, 1), weights).reshape(still.shape)
    fabric = look.head_fabric or look.top.fabric
    return tube_piece(posed, still, Cloth(fabric, 0.1), int(Part.HEAD), ring=full)
