"""Settling varied poses on the floor: soles flat, both feet down, the body's weight over its support.

Each function takes movement angles (`movement.MOVEMENTS`, radians) or a `Figure` and changes as little as it can.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from poseloom.pose import rotations as rot
from poseloom.pose.contact import ContactFigure, floor_points, small_turn
from poseloom.pose.joints import JOINT_INDEX
from poseloom.pose.kinematics import small_matmul
from poseloom.pose.movement import MOVEMENT_INDEX, decompose, to_matrices
from poseloom.pose.ranges import clip_angles
from poseloom.pose.skeleton import rest_offsets

_SIDES = (("left", 1.0), ("right", -1.0))
_ANKLE_HEIGHT, _TOE_BASE_HEIGHT = 0.083, 0.030
"""Metres of the free body's ankle joint over a flat sole, and of its toe base."""
_LEVEL_ENOUGH = 0.005
"""Metres by which feet may differ in height: a nearly straight knee would bend visibly for a millimetre."""
_SMALLEST_DROP = 0.05
"""Metres from hip down to foot below which a leg is not shortened any more."""
_LARGEST_TILT = 0.35
"""The most, in radians, by which balance or levelling turns the whole body."""
_LEVEL_RIDGE = 0.02
"""Metres squared: how strongly levelling prefers not to turn; keeps narrow supports from tipping the body over."""
_LOWEST_MASS = 0.2
"""Metres over the floor at which the weight is taken to be at least, when it is turned over the feet."""
_TINY = 1e-6
_SHORTEST_LEG = 0.6
"""Planting never draws a foot nearer to its hip than this share of the distance before."""
_LONGEST_LEG = 1.5
"""And never stretches one beyond this share."""


@dataclass(frozen=True, eq=False)
class Support:
    """What should carry each of n bodies.

    Args:
        contacts: which of `contact.floor_points` should touch the floor.
        on_feet: it stands on its feet alone: its weight must be above them.
        on_floor: other parts of it touch the floor too: it may be turned to bring them down.
        slack: metres by which the weight may be outside the line between the feet.
    """

    contacts: Bool[Tensor, "n points"]
    on_feet: Bool[Tensor, " n"]
    on_floor: Bool[Tensor, " n"]
    slack: Float[Tensor, " n"]

    def feet(self, point: str) -> Bool[Tensor, "n 2"]:
        """Whether that point of the left and of the right foot should touch the floor."""
        return self.contacts[:, [floor_points().row(f"{side}_{point}") for side, _ in _SIDES]]

    def __getitem__(self, rows: Any) -> Support:
        """Some of the bodies."""
        return Support(self.contacts[rows], self.on_feet[rows], self.on_floor[rows], self.slack[rows])


def settle(angles: Float[Tensor, "n 57"], support: Support, stretch: bool = False) -> Float[Tensor, "n 57"]:
    """Bring varied poses back to their support, within the ranges of motion.

    Feet are laid flat; bodies on the floor are levelled; standing ones are balanced and both feet planted.

    Args:
        angles: movement angles, radians.
        support: what carries each body.
        stretch: bent legs may be stretched to the floor too, see `plant_feet`.
    """
    heels, balls, toes = (support.feet(point) for point in ("heel", "ball", "toes"))
    soles, tips = heels & balls, toes & ~heels
    both = (heels | balls | toes).all(-1) & ~support.on_floor
    angles = clip_angles(flatten_feet(plant_feet(angles, both, heels, stretch), soles, tips))
    figure = ContactFigure.of(to_matrices(angles))
    no_contact = torch.zeros_like(support.contacts)
    turn = level(figure, torch.where(support.on_floor[:, None], support.contacts, no_contact))
    turn = small_matmul(balance(figure, support), turn)
    angles = plant_feet(turn_root(angles, turn), both, heels, stretch)
    return clip_angles(flatten_feet(angles, soles, tips))


def gaps(figure: ContactFigure, support: Support) -> Float[Tensor, " n"]:
    """Largest height in metres, over the floor, of a point that should touch it; zero where none should."""
    edges = figure.lower_edges()
    above = (edges - edges.amin(-1, keepdim=True)) * support.contacts
    return above.amax(-1)


def flatten_feet(
    angles: Float[Tensor, "n 57"], soles: Bool[Tensor, "n 2"], toes: Bool[Tensor, "n 2"]
) -> Float[Tensor, "n 57"]:
    """Turn ankles (`soles`) or toe joints (`toes`), left and right, so that they lie flat on the floor."""
    figure = ContactFigure.of(to_matrices(angles))
    changed = angles.clone()
    for place, (side, g) in enumerate(_SIDES):
        up = figure.rotations[:, JOINT_INDEX[f"{side}_knee"], 1, :]  # the vertical in the shank's axes
        flexion, eversion = torch.atan2(up[:, 2], up[:, 1]), -g * torch.asin(up[:, 0].clamp(-1, 1))
        _put(changed, f"{side}_ankle_flexion", flexion, soles[:, place] & (up[:, 1] > 0))
        _put(changed, f"{side}_ankle_eversion", eversion, soles[:, place] & (up[:, 1] > 0))
        up = figure.rotations[:, JOINT_INDEX[f"{side}_ankle"], 1, :]
        _put(changed, f"{side}_toe_flexion", torch.atan2(up[:, 2], up[:, 1]), toes[:, place] & (up[:, 1] > 0))
    return changed


def plant_feet(
    angles: Float[Tensor, "n 57"], both: Bool[Tensor, " n"], soles: Bool[Tensor, "n 2"], stretch: bool = False
) -> Float[Tensor, "n 57"]:
    """Bend the leg that reaches lower until both feet are at one height, where `both` should stand on the floor.

    The foot moves towards its hip in a straight line: knee from the law of cosines, hip turned to keep the direction.

    Args:
        angles: movement angles, radians.
        both: whose two feet should stand on the floor.
        soles: whether the left and the right foot stand on the sole; the others stand on the ball.
        stretch: the leg that reaches less low is stretched for its part, so that the knees together turn least: the
            more a knee is bent, the less it turns for a centimetre.
    """
    figure = ContactFigure.of(to_matrices(angles))
    stands = [_standing_point(figure, side, soles[:, place]) for place, (side, _) in enumerate(_SIDES)]
    edges = torch.stack([edge for _, edge in stands], dim=-1)
    lift = edges.amax(-1, keepdim=True) - edges
    lift = torch.where(lift > _LEVEL_ENOUGH, lift, 0.0) * both[:, None]
    lift = _shared(angles, lift) if stretch else lift
    changed = angles.clone()
    for place, (side, g) in enumerate(_SIDES):
        _shorten_leg(changed, figure, side, g, stands[place][0], lift[:, place])
    if stretch:  # a leg that is straight before it arrives leaves the rest to the other one
        return plant_feet(changed, both, soles)
    return changed


def _shared(angles: Float[Tensor, "n 57"], lift: Float[Tensor, "n 2"]) -> Float[Tensor, "n 2"]:
    """What each foot goes up, or down where negative, in least squares of the turns of both knees."""
    knees = angles[:, [MOVEMENT_INDEX[f"{side}_knee_flexion"] for side, _ in _SIDES]]
    eager = knees.clamp_min(0).sin().square() + _TINY
    share = eager / eager.sum(-1, keepdim=True)
    return lift * share - lift.flip(-1) * share


def _standing_point(
    figure: ContactFigure, side: str, on_sole: Bool[Tensor, " n"]
) -> tuple[Float[Tensor, "n 3"], Float[Tensor, " n"]]:
    """The joint over which a foot stands (ankle on the sole, toe base on the ball) and the height of the skin there."""
    ankle, base = (figure.positions[:, JOINT_INDEX[f"{side}_{name}"]] for name in ("ankle", "foot"))
    point = torch.where(on_sole[:, None], ankle, base)
    return point, point[:, 1] - torch.where(on_sole, _ANKLE_HEIGHT, _TOE_BASE_HEIGHT)


def _shorten_leg(
    angles: Float[Tensor, "n 57"],
    figure: ContactFigure,
    side: str,
    g: float,
    foot: Float[Tensor, "n 3"],
    lift: Float[Tensor, " n"],
) -> None:
    """Raise the point `foot` of one leg by `lift` metres, in place; negative: lower it, until the knee is straight."""
    offsets = rest_offsets().to(angles)
    hip, knee = JOINT_INDEX[f"{side}_hip"], JOINT_INDEX[f"{side}_knee"]
    thigh = offsets[knee]
    to_shank = figure.rotations[:, knee].transpose(-1, -2)
    shank = (to_shank * (foot - figure.positions[:, knee])[:, None, :]).sum(-1)
    drop = (figure.positions[:, hip, 1] - foot[:, 1]).clamp_min(_SMALLEST_DROP)
    ratio = ((drop - lift) / drop).clamp(_SHORTEST_LEG, _LONGEST_LEG)

    bend = angles[:, MOVEMENT_INDEX[f"{side}_knee_flexion"]]
    before = thigh + _about_x(bend, shank)
    # |thigh + Rx(bend) shank|^2 = fixed + 2 (c cos bend + s sin bend)
    c = thigh[1] * shank[:, 1] + thigh[2] * shank[:, 2]
    s = thigh[2] * shank[:, 1] - thigh[1] * shank[:, 2]
    fixed = thigh.square().sum() + shank.square().sum(-1) + 2 * thigh[0] * shank[:, 0]
    wanted = (before.square().sum(-1) * ratio.square() - fixed) / 2
    new_bend = torch.atan2(s, c) + torch.acos((wanted / torch.hypot(c, s)).clamp(-1, 1))
    after = thigh + _about_x(new_bend, shank)
    turn = torch.atan2(before[:, 2], before[:, 1]) - torch.atan2(after[:, 2], after[:, 1])

    columns = [MOVEMENT_INDEX[f"{side}_hip_{kind}"] for kind in ("flexion", "abduction", "rotation")]
    signs = angles.new_tensor([-1.0, g, g])
    hip_matrix = small_matmul(rot.euler_to_rotmat(angles[:, columns] * signs, "XZY"), rot.axis_to_rotmat(turn, "X"))
    needed = lift != 0
    new_hip = decompose(hip_matrix, "XZY") * signs
    angles[:, columns] = torch.where(needed[:, None], new_hip, angles[:, columns])
    _put(angles, f"{side}_knee_flexion", new_bend, needed)


def off_balance(figure: ContactFigure, support: Support) -> Float[Tensor, "n 2"]:
    """How far (x and z, metres) the centre of mass is from the line between the feet; zero where none stands."""
    down = torch.stack([support.feet("heel"), support.feet("ball") | support.feet("toes")], dim=-1)
    centres, carries = [], []
    for place, (side, _) in enumerate(_SIDES):
        rows = [floor_points().row(f"{side}_{name}") for name in ("heel", "ball")]
        weight = down[:, place].to(figure.points) + _TINY
        centres.append((figure.points[:, rows] * weight[..., None]).sum(-2) / weight.sum(-1, keepdim=True))
        carries.append(down[:, place].any(-1))
    left = torch.where(carries[0][:, None], centres[0], centres[1])[:, [0, 2]]
    right = torch.where(carries[1][:, None], centres[1], centres[0])[:, [0, 2]]
    line, to_mass = right - left, figure.centre_of_mass()[:, [0, 2]] - left
    along = ((line * to_mass).sum(-1) / line.square().sum(-1).clamp_min(_TINY)).clamp(0, 1)
    standing = support.on_feet & (carries[0] | carries[1])
    return (to_mass - along[:, None] * line) * standing[:, None]


def balance(figure: ContactFigure, support: Support) -> Float[Tensor, "n 3 3"]:
    """Turn of the whole body that brings its weight to within the slack of the line between its standing feet."""
    excess = off_balance(figure, support)
    distance = torch.linalg.vector_norm(excess, dim=-1).clamp_min(_TINY)
    excess = excess * ((distance - support.slack) / distance).clamp_min(0)[:, None]
    height = (figure.centre_of_mass()[:, 1] - figure.lower_edges().amin(-1)).clamp_min(_LOWEST_MASS)
    turn_x, turn_z = -excess[:, 1] / height, excess[:, 0] / height
    return small_turn(turn_x.clamp(-_LARGEST_TILT, _LARGEST_TILT), turn_z.clamp(-_LARGEST_TILT, _LARGEST_TILT))


def level(figure: ContactFigure, contacts: Bool[Tensor, "n points"]) -> Float[Tensor, "n 3 3"]:
    """Small turn of the whole body that brings its contact points to one height (ridge regression); none without any.

    Args:
        figure: posed bodies.
        contacts: which of the `floor_points` should be on the floor.
    """
    weight = contacts.to(figure.points)
    share = weight / weight.sum(-1, keepdim=True).clamp_min(1)
    edges = figure.lower_edges()
    centred = figure.points - (figure.points * share[..., None]).sum(-2, keepdim=True)
    height = edges - (edges * share).sum(-1, keepdim=True)
    x, z = centred[..., 0], centred[..., 2]
    # A small turn (a, 0, b) changes the height of a point at (x, z) by b x - a z.
    xx, zz, xz = ((share * p * q).sum(-1) for p, q in ((x, x), (z, z), (x, z)))
    xh, zh = (share * x * height).sum(-1), (share * z * height).sum(-1)
    xx, zz = xx + _LEVEL_RIDGE, zz + _LEVEL_RIDGE
    determinant = xx * zz - xz.square()
    turn_x = (xx * zh - xz * xh) / determinant
    turn_z = (xz * zh - zz * xh) / determinant
    return small_turn(turn_x.clamp(-_LARGEST_TILT, _LARGEST_TILT), turn_z.clamp(-_LARGEST_TILT, _LARGEST_TILT))


def turn_root(angles: Float[Tensor, "n 57"], turn: Float[Tensor, "n 3 3"]) -> Float[Tensor, "n 57"]:
    """The same poses turned as a whole in the world."""
    columns = [MOVEMENT_INDEX[f"root_{kind}"] for kind in ("turn", "flexion", "side")]
    changed = angles.clone()
    changed[:, columns] = decompose(small_matmul(turn, rot.euler_to_rotmat(angles[:, columns], "YXZ")), "YXZ")
    return changed


def _about_x(angle: Float[Tensor, " n"], vector: Float[Tensor, "n 3"]) -> Float[Tensor, "n 3"]:
    return (rot.axis_to_rotmat(angle, "X") * vector[:, None, :]).sum(-1)


def _put(angles: Float[Tensor, "n 57"], name: str, values: Float[Tensor, " n"], where: Bool[Tensor, " n"]) -> None:
    """Overwrite one movement where the mask says so, in place."""
    column = MOVEMENT_INDEX[name]
    angles[:, column] = torch.where(where, values, angles[:, column])
