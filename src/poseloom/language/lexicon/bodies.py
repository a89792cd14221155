"""Named poses as a body takes them: movement angles, what carries the body, which places meet."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from hashlib import blake2b
from pathlib import Path

import torch
from jaxtyping import Bool, Float
from safetensors import safe_open
from torch import Tensor

from poseloom.language.lexicon.entries import LIMBS, NamedPose, limb_of, named_poses
from poseloom.pose import rotations as rot
from poseloom.pose.contact import floor_points
from poseloom.pose.hands import hand_shape, with_hand_shapes
from poseloom.pose.joints import other_side
from poseloom.pose.movement import MOVEMENT_INDEX, MOVEMENTS, to_matrices
from poseloom.pose.ranges import clip_angles
from poseloom.pose.settle import Support, settle
from poseloom.pose.stances import _contacts, mirror_angles, stances
from poseloom.pose.touch import Touch, meet
from poseloom.pose.types import Pose

_ROUNDS, _STEPS = 2, 40
SETTLED = Path(__file__).parent / "settled.safetensors"
"""Angles of all entries as they come out, with the digest of what they were made of."""
_SLACK = 0.05
_SAME = 1e-4
_JOINT_LIMBS = {
    **dict.fromkeys(("collar", "shoulder", "elbow", "wrist"), "arm"),
    **dict.fromkeys(("hip", "knee", "ankle", "toe"), "leg"),
}
"""The first word of a movement, without its side -> the limb."""


@dataclass(frozen=True, eq=False)
class BodyPose:
    """A pose of the body as the lexicon has it.

    Args:
        angles: movement angles, radians.
        limbs: which of `entries.LIMBS` it decides about.
        support: what carries it, one row.
        touches: places that meet.
        hands: shapes of the left and the right hand; None: relaxed.
        loose: factor on how far samples vary.
        carried: feet, floor, seat or air.
        told: limbs of which the entry or its stance gives an angle.
        given: movements of which they give one.
    """

    angles: Float[Tensor, " 57"]
    limbs: frozenset[str]
    support: Support
    touches: tuple[Touch, ...]
    hands: tuple[str, str] | None
    loose: float
    carried: str
    told: frozenset[str]
    given: Bool[Tensor, " 57"]

    def mirrored(self) -> BodyPose:
        """The same of the other side."""
        names = floor_points().names
        order = [names.index(other_side(name)) for name in names]
        support = Support(self.support.contacts[:, order], *_rest(self.support))
        return replace(
            self,
            angles=mirror_angles(self.angles),
            limbs=frozenset(map(_other_limb, self.limbs)),
            told=frozenset(map(_other_limb, self.told)),
            given=mirror_angles(self.given.float()).abs() > 0,
            support=support,
            touches=tuple(touch.mirrored() for touch in self.touches),
            hands=None if self.hands is None else (self.hands[1], self.hands[0]),
        )


def _rest(support: Support) -> tuple[Tensor, Tensor, Tensor]:
    return support.on_feet, support.on_floor, support.slack


@lru_cache(maxsize=1024)
def body_pose(name: str, mirrored: bool = False) -> BodyPose:
    """The pose of an entry, on its support and with its places together."""
    if mirrored:
        return body_pose(name).mirrored()
    pose = named_poses()[name]
    stance = stances()[pose.start]
    support = support_of(pose.support, _contacts(pose.contacts)[None])
    touches = tuple(Touch(*pair) for pair in pose.touch)
    stored, angles = _stored().get(name, (None, None))
    if angles is None or stored != digest(pose):
        angles = settled_angles(pose)
    hands = pose.hands or (stance.hands if pose.start != "stand" else None)
    parts = (*(part for part, _ in pose.angles), *_stance_parts(pose))
    given = torch.zeros(len(MOVEMENTS), dtype=torch.bool)
    given[[MOVEMENT_INDEX[movement] for part in parts for movement in parts_of_angles()[part]]] = True
    told = frozenset(map(limb_of, parts))
    return BodyPose(angles, pose.decides, support, touches, hands, pose.loose, pose.support, told, given)


def settled_angles(pose: NamedPose) -> Float[Tensor, " 57"]:
    """The angles of an entry, worked out: on its support, within the ranges of motion, its places together."""
    written = _angles(pose, stances()[pose.start].angles)
    support = support_of(pose.support, _contacts(pose.contacts)[None]) if pose.whole else None
    touches = tuple(Touch(*pair) for pair in pose.touch)
    return settled(written[None], support, touches, pose.whole, _beyond_usual(written) & pose.supple)[0]


def digest(pose: NamedPose) -> str:
    """Of all that decides how an entry is settled, its stance included."""
    stance = stances()[pose.start].angles.rad2deg().round(decimals=2).tolist()
    said = (stance, pose.angles, pose.support, pose.contacts, pose.touch, pose.whole, pose.supple)
    return blake2b(repr(said).encode(), digest_size=8).hexdigest()


@cache
def _stored() -> dict[str, tuple[str, Float[Tensor, " 57"]]]:
    """Entries that were settled beforehand by tools/named_poses.py, which takes seconds: digest and angles."""
    if not SETTLED.exists():
        return {}
    with safe_open(str(SETTLED), framework="pt") as file:
        digests = json.loads(file.metadata()["digests"])
        return dict(zip(digests, zip(digests.values(), file.get_tensor("angles"), strict=True), strict=True))


def posed(name: str, mirrored: bool = False) -> Pose:
    """The pose (52 joints) of an entry with its hands, the pelvis at the origin."""
    body = body_pose(name, mirrored)
    left, right = (hand_shape(shape) for shape in body.hands or ("relaxed", "relaxed"))
    return Pose(with_hand_shapes(rot.rotmat_to_rotvec(to_matrices(body.angles)), left, right))


def _beyond_usual(angles: Float[Tensor, " 57"]) -> Bool[Tensor, " 57"]:
    """Movements of the hips that are written wider than most people can: splits."""
    hips = torch.tensor(["_hip_" in name for name in MOVEMENTS])
    return hips & ((clip_angles(angles) - angles).abs() > _SAME)


def _other_limb(name: str) -> str:
    return other_side(name) if name.startswith(("left_", "right_")) else name


def _stance_parts(pose: NamedPose) -> tuple[str, ...]:
    """The parts of which its stance gives angles."""
    if pose.start == "stand":
        return ()
    given = stances()[pose.start].given
    return tuple(part for part, movements in parts_of_angles().items() if given.intersection(movements))


def support_of(carried: str, contacts: Tensor) -> Support:
    """What carries a body that stands, sits on a seat, is in the air, or touches the floor with some points."""
    feet, floor = torch.tensor([carried == "feet"]), torch.tensor([carried == "floor"])
    return Support(contacts, feet, floor, torch.tensor([_SLACK]))


def settled(
    angles: Float[Tensor, "n 57"],
    support: Support | None,
    touches: tuple[Touch, ...],
    trunk: bool = False,
    kept: Bool[Tensor, " 57"] | None = None,
) -> Float[Tensor, "n 57"]:
    """Poses on their support with the places that must meet together; movements that are `kept` stay."""
    written = angles
    for _ in range(_ROUNDS):
        angles = angles if support is None else settle(angles, support)
        angles = angles if kept is None else torch.where(kept, written, angles)
        angles = meet(angles, touches, _STEPS, trunk=trunk) if touches else angles
        if not touches:
            break
    return angles


def _angles(pose: NamedPose, start: Float[Tensor, " 57"]) -> Float[Tensor, " 57"]:
    angles = start.clone()
    parts = parts_of_angles()
    for part, degrees in pose.angles:
        for movement, degree in zip(parts[part], degrees, strict=True):
            angles[MOVEMENT_INDEX[movement]] = torch.tensor(degree).deg2rad()
    return angles


@cache
def parts_of_angles() -> dict[str, list[str]]:
    """The movements of each part of the tables."""
    from poseloom.language.lexicon.entries import _table

    parts: dict[str, list[str]] = _table()["parts"]
    return parts


@cache
def columns_of(limb: str) -> tuple[int, ...]:
    """The movements of a limb."""
    return tuple(place for place, name in enumerate(MOVEMENTS) if limb_of_movement(name) == limb)


def limb_of_movement(name: str) -> str:
    """The limb that a movement belongs to."""
    side, _, rest = name.partition("_")
    if side in ("left", "right"):
        return f"{side}_{_JOINT_LIMBS[rest.split('_')[0]]}"
    return side


__all__ = [
    "LIMBS",
    "BodyPose",
    "body_pose",
    "columns_of",
    "digest",
    "limb_of",
    "limb_of_movement",
    "parts_of_angles",
    "posed",
    "settled",
    "settled_angles",
    "support_of",
]
