"""What is amiss with two arms over time: in each other, in the trunk, off what they touch, elbows too fast.

Hands and forearms are spheres, measured as they come to be and not as they shall be.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from poseloom.pose import rotations as rot
from poseloom.signer.arm_angles import FOREARM
from poseloom.signer.arms import SignerArms, swivelled_arms
from poseloom.signer.clearance import Meeting
from poseloom.signer.frames import SIDES, hand_axes
from poseloom.signer.hand_spheres import PALM_SPHERES, radii_against_the_other, sphere_radii
from poseloom.signer.pace import hasty_frames
from poseloom.signer.shoulders import PER_SIDE
from poseloom.signer.timing import FPS
from poseloom.signer.trunk import trunk_distance

FREEDOMS = 7
"""Of each arm: the wrist's point (3), swivel, the hand's tilt (3)."""
GIVES, GIVES_EACH_OTHER = 0.006, 0.008
"""Metres from what it touches that a hand may stay off: the body, the other hand."""
_AT_MIDPLANE = 0.002
"""Metres from the midplane within which mirrored hands touch each other there."""
OFF = 0.013
"""Metres from what it touches from which on a hand is amiss."""
_EACH_OTHER = 0.85
"""How much of a metre that hands are off each other counts: the skins of both give way."""
DEEP = 0.004
"""Metres inside something from which on a frame is amiss."""
_SKIN = 0.002
"""Metres that a hand's skin is outside its spheres at the trunk."""
_TRUNK_MARGIN = 0.001
"""Metres less of it at the trunk."""
_SAMPLES = torch.linspace(0.0, 0.95, 9)
"""Spheres of a forearm: shares of the way from elbow to wrist."""
_THINNER = 0.003
"""Metres that forearms are thinner where two arms meet: those of thin arms."""
_WRIST, _THINNEST = 0.028, 0.029
"""Metres: a wrist, between half its width and half its thickness; forearms are nowhere thinner."""
_BETWEEN_SPHERES = 0.003
"""Metres that a palm is thicker for the other hand, whose fingers would else come between its spheres."""
_THUMB_GIVES = 0.15
"""Share of the usual way that a thumb goes aside for another hand."""


@dataclass(frozen=True, eq=False)
class Arms:
    """Both arms over time and what is asked of them.

    Args:
        points: wrists.
        hands: rotations that the hands shall have.
        swivels: of the elbows, radians.
        shoulders: where they are.
        anchors: parts of the hands in their own frames.
        meant: where these parts shall be.
        bound: how much they are bound to that place, and to each other; 0 to 1.
        spheres: of the hands in their own frames.
        meeting: values of `Meeting`.
    """

    points: Float[Tensor, "frames 2 3"]
    hands: Float[Tensor, "frames 2 3 3"]
    swivels: Float[Tensor, "frames 2"]
    shoulders: Float[Tensor, "frames 2 3"]
    anchors: Float[Tensor, "frames 2 3"]
    meant: Float[Tensor, "frames 2 3"]
    bound: Float[Tensor, "frames 2 2"]
    spheres: Float[Tensor, "frames 2 spheres 3"]
    meeting: Int[Tensor, " frames"]

    def __len__(self) -> int:
        return len(self.points)

    def during(self, start: int, end: int) -> Arms:
        """Some of the frames."""
        return replace(self, **{name: getattr(self, name)[start:end] for name in self.__dataclass_fields__})

    def changed(self, by: Float[Tensor, "frames 14"]) -> Arms:
        """With other wrists, swivels and hands."""
        each = by.unflatten(-1, (2, FREEDOMS))
        hands = rot.rotvec_to_rotmat(each[..., 4:]) @ self.hands
        return replace(self, points=self.points + each[..., :3], swivels=self.swivels + each[..., 3], hands=hands)

    def let_go(self) -> Arms:
        """The same with hands that may leave what they touch."""
        return replace(self, bound=torch.zeros_like(self.bound))

    def solved(self) -> SignerArms:
        """Arms with rotations of all joints."""
        return swivelled_arms(self.points, self.hands, self.swivels, self.shoulders)

    def seen(self) -> Seen:
        """Where everything is."""
        arms = self.solved()
        hands, wrists, elbows = arms.hands, arms.geometry.wrist, arms.elbow_points
        axes = torch.stack([hand_axes(hands[:, index], side) for index, side in enumerate(SIDES)], dim=1)
        own = torch.cat([self.spheres, self.anchors[:, :, None]], dim=2)
        placed = wrists[:, :, None] + own @ axes.mT
        forearms = elbows[:, :, None] + (wrists - elbows)[:, :, None] * _SAMPLES[:, None]
        skin = torch.cat([placed[:, :, :-1], forearms], dim=2)
        return Seen(skin, placed[:, :, -1], elbows, wrists, hands)


@dataclass(frozen=True, eq=False)
class Seen:
    """Middles of all spheres, anchors, elbows, wrists; rotations of the hands."""

    skin: Float[Tensor, "frames 2 spheres 3"]
    anchors: Float[Tensor, "frames 2 3"]
    elbows: Float[Tensor, "frames 2 3"]
    wrists: Float[Tensor, "frames 2 3"]
    hands: Float[Tensor, "frames 2 3 3"]


def _forearm_radii() -> Float[Tensor, " samples"]:
    shares, radii = torch.tensor(FOREARM).T.contiguous()
    after = torch.searchsorted(shares, _SAMPLES, right=True).clamp(1, len(shares) - 1)
    part = ((_SAMPLES - shares[after - 1]) / (shares[after] - shares[after - 1])).clamp(0, 1)
    return torch.lerp(radii[after - 1], radii[after], part)


IN_TRUNK_RADII = torch.cat([sphere_radii() + _SKIN, _forearm_radii()])
_BESIDE_RADII = torch.cat([radii_against_the_other(), _forearm_radii() - _THINNER])


def _pair_radii() -> Float[Tensor, "spheres spheres"]:
    """Sums of the radii of both arms' spheres; thumbs give way to a hand, not to a wrist or forearm."""
    hand = sphere_radii()
    radii = torch.cat([hand, (_forearm_radii() - _THINNER).clamp_min(_THINNEST)])
    radii[list(PALM_SPHERES)] += _BETWEEN_SPHERES
    radii[0] = _WRIST
    sums = radii[:, None] + radii
    gives = torch.lerp(hand, radii_against_the_other(), _THUMB_GIVES)
    gives[list(PALM_SPHERES)] += _BETWEEN_SPHERES
    sums[1 : len(hand), 1 : len(hand)] = (gives[:, None] + gives)[1:, 1:]
    return sums


_PAIR_RADII = _pair_radii()
_HAND = slice(1, len(sphere_radii()))
"""Spheres of a hand without its wrist, which is not as thick as it is wide."""


# -- what is amiss -----------------------------------------------------------------------------------------------------


def amiss(seen: Seen, arms: Arms) -> Bool[Tensor, " frames"]:
    """Frames in which something is in another, too fast, or off what it touches."""
    return (lost_contacts(seen, arms) > OFF) | tangled(seen, arms)


def lost_contacts(seen: Seen, arms: Arms) -> Float[Tensor, " frames"]:
    """Metres that hands are off what they touch: the body, each other."""
    off = seen.anchors - arms.meant
    lost = (off.norm(dim=-1) * arms.bound[..., 0]).amax(-1)
    apart = (off[:, 0] - off[:, 1]).norm(dim=-1) * bound_to_each_other(seen, arms)
    return torch.maximum(lost, _EACH_OTHER * apart)


def tangled(seen: Seen, arms: Arms) -> Bool[Tensor, " frames"]:
    """Frames in which something is in another, or too fast."""
    return (depths_of(seen, arms) > DEEP) | hasty_frames(seen.wrists, seen.elbows).any(-1)


def still_tangled(seen: Seen, arms: Arms) -> Bool[Tensor, " frames"]:
    """Those in which something is in another, or faster than what is only a little too fast."""
    return (depths_of(seen, arms) > DEEP) | hasty_frames(seen.wrists, seen.elbows, _A_LITTLE).any(-1)


_A_LITTLE = 1.04
"""Of what an elbow may be."""


def depths_of(seen: Seen, arms: Arms) -> Float[Tensor, " frames"]:
    """Metres that anything is in another."""
    depths = (
        pair_depths(seen, arms.meeting),
        over_midplane(seen, arms.meeting),
        IN_TRUNK_RADII - trunk_distance(seen.skin) + _TRUNK_MARGIN,
    )
    return torch.stack([depth.flatten(1).amax(-1) for depth in depths]).amax(0)


def trouble_of(seen: Seen, asked: Arms) -> float:
    """How bad what has come of arms is, about in metres: what is deep counts most, then contacts that are lost."""
    depth = float(depths_of(seen, asked).max())
    deep = max(0.0, depth - DEEP) + _TOO_DEEP * max(0.0, depth - 2 * DEEP)
    lost = max(0.0, float(lost_contacts(seen, asked).max()) - OFF)
    turned = float(rot.rotmat_to_rotvec(seen.hands @ asked.seen().hands.mT).norm(dim=-1).max())
    joints = torch.cat([seen.elbows, seen.wrists], dim=1)
    over = float(torch.diff(joints, dim=0).norm(dim=-1).amax()) * FPS - _TOO_FAST
    hasty = float(hasty_frames(seen.wrists, seen.elbows).any()) + max(0.0, _FASTER * over)
    return deep + _LOST * lost + _TURNED * max(0.0, turned - _TURNS) + _HASTY_DEPTH * hasty


_TOO_DEEP, _LOST = 5.0, 0.5
"""How much more what is twice as deep as it may be counts; share of a metre from what is touched that does."""
_TURNED, _TURNS = 0.004, 0.8
"""Metres that a radian is as bad as by which a hand is turned away, and radians from which on it is."""
_HASTY_DEPTH, _TOO_FAST, _FASTER = 0.004, 3.5, 4.0
"""Metres that an elbow too fast is as bad as; metres a second from which on it is worse; how much a metre a second."""


def bound_to_each_other(seen: Seen, arms: Arms) -> Float[Tensor, " frames"]:
    """Mirrored hands that are at the midplane with any part do touch."""
    bound = arms.bound[..., 1].amax(-1)
    touching = over_midplane(seen, arms.meeting)[..., _HAND].amax(-1).amin(-1) > -_AT_MIDPLANE
    return torch.where((arms.meeting == Meeting.MIRRORED) & touching, 0.0, bound)


def pair_depths(seen: Seen, meeting: Tensor) -> Float[Tensor, "frames spheres spheres"]:
    depth = _PAIR_RADII - torch.cdist(seen.skin[:, 0], seen.skin[:, 1])
    return torch.where((meeting == Meeting.APART)[:, None, None], depth, -1.0)


def over_midplane(seen: Seen, meeting: Tensor) -> Float[Tensor, "frames 2 spheres"]:
    """Metres over the midplane."""
    over = _BESIDE_RADII - seen.skin[..., 0] * PER_SIDE[:, None]
    return torch.where((meeting == Meeting.MIRRORED)[:, None, None], over, -1.0)
