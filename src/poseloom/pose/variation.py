"""How samples differ from their stances: correlated noise, arms anywhere, the shoulder girdle, hands."""

from __future__ import annotations

from functools import lru_cache

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from poseloom.pose import rotations as rot
from poseloom.pose.hands import clip_hand, hand_names, hand_shape, interpolate
from poseloom.pose.joints import FINGERS
from poseloom.pose.kinematics import small_matmul
from poseloom.pose.movement import MOVEMENT_INDEX, MOVEMENTS, decompose, with_arm_twist
from poseloom.pose.ranges import clip_angles, couplings, limits

_SIDES = (("left", 1.0), ("right", -1.0))
_SPREAD_DEGREES = {
    "root_flexion": 5, "root_side": 4, "trunk_flexion": 8, "trunk_turn": 7, "trunk_side": 6,
    "head_flexion": 9, "head_turn": 12, "head_side": 6, "hip_flexion": 12, "hip_abduction": 8, "hip_rotation": 10,
    "knee_flexion": 15, "ankle_flexion": 8, "ankle_eversion": 5, "toe_flexion": 5, "collar_elevation": 3,
    "collar_protraction": 4, "elbow_flexion": 15, "elbow_pronation": 10, "wrist_pronation": 8, "wrist_flexion": 8,
    "wrist_radial": 6,
}  # fmt: skip
"""Standard deviation of the noise on each movement; the shoulders have rotation vectors instead."""
_SHOULDER_SPREAD = 12.0
"""Degrees, standard deviation of each component of the shoulders' rotation vectors."""
_LEFT_RIGHT = 0.3
"""Correlation of the noise of left and right."""
_HEAD_LEVEL = 0.7
"""Share of the noise in leaning forward that the head takes back: people keep their gaze level."""
_GIRDLE_SHARE, _GIRDLE_MOST = 1 / 3, 32.0
"""Scapulohumeral rhythm: the collar's share of raising the arm above the horizontal, where the T-pose, whose collars
are at rest, has it; at most so many degrees (Inman et al. 1944: one part in three)."""
_DIRECTION_TRIES = 12
_STRAIGHT_ELBOWS = 0.3
"""Share of arms held straight where arms point anywhere."""
_FINGER_LIKENESS = 0.8
"""Correlation of the flexion of neighbouring fingers."""
_CURL_SPREAD, _FAN_SPREAD = 8.0, 4.0
"""Degrees, standard deviation of flexion and of spreading."""
_END_JOINT = 2 / 3
"""The end joint of a finger follows its middle joint by this share."""
_WRIST_ROBS, _WRIST_FULL = 0.35, 75.0
"""Share of its flexion that a hand loses at a fully flexed wrist (degrees): a fist needs the wrist neutral."""
_RELAXED_SHARE = 0.4
_PLAIN_SHAPE = 0.6
"""Share of hands in one named shape; the others are between two."""


@lru_cache(maxsize=1)
def _spreads() -> Float[Tensor, " 57"]:
    one = [_SPREAD_DEGREES.get(name.removeprefix("left_").removeprefix("right_"), 0.0) for name in MOVEMENTS]
    return torch.tensor(one, dtype=torch.float32).deg2rad()


@lru_cache(maxsize=1)
def _left_right() -> tuple[list[int], list[int]]:
    left = [index for index, name in enumerate(MOVEMENTS) if name.startswith("left_")]
    return left, [MOVEMENT_INDEX["right_" + MOVEMENTS[index].removeprefix("left_")] for index in left]


def columns(*stems: str) -> list[int]:
    """Columns of all movements, left and right, whose name without its side begins with one of `stems`."""
    bare = [name.removeprefix("left_").removeprefix("right_") for name in MOVEMENTS]
    return [index for index, name in enumerate(bare) if name.startswith(stems)]


def add_noise(
    angles: Float[Tensor, "n 57"], scale: Float[Tensor, "n 57"], generator: torch.Generator
) -> Float[Tensor, "n 57"]:
    """Vary every movement, left and right alike to a degree.

    Args:
        angles: movement angles, radians.
        scale: factor on the standard deviation, by pose and movement.
        generator: source of the random numbers.
    """
    noise = torch.randn(angles.shape, generator=generator)
    left, right = _left_right()
    own, common = (1 - _LEFT_RIGHT) ** 0.5, _LEFT_RIGHT**0.5
    noise[:, right] = own * noise[:, right] + common * noise[:, left]
    noise = noise * _spreads() * scale
    forward = noise[:, MOVEMENT_INDEX["root_flexion"]] + noise[:, MOVEMENT_INDEX["trunk_flexion"]]
    noise[:, MOVEMENT_INDEX["head_flexion"]] -= _HEAD_LEVEL * forward
    varied = angles + noise
    vectors = torch.randn(angles.shape[0], 2, 3, generator=generator) * torch.tensor(_SHOULDER_SPREAD).deg2rad()
    for place, (side, g) in enumerate(_SIDES):
        triple = [MOVEMENT_INDEX[f"{side}_shoulder_{kind}"] for kind in ("swing", "elevation", "twist")]
        signs = angles.new_tensor([-g, g, 1.0])
        turn = rot.rotvec_to_rotmat(vectors[:, place] * scale[:, triple[:1]])
        matrix = small_matmul(turn, rot.euler_to_rotmat(angles[:, triple] * signs, "YZX"))
        varied[:, triple] = decompose(matrix, "YZX") * signs
    return varied


def arms_anywhere(angles: Float[Tensor, "n 57"], generator: torch.Generator) -> Float[Tensor, "n 57"]:
    """Arms in new positions: directions uniform over what the shoulders reach, elbows and forearms at random."""
    count = angles.shape[0]
    low, high = limits()
    changed = angles.clone()
    for side, _ in _SIDES:
        at = {kind: MOVEMENT_INDEX[f"{side}_{kind}"] for kind in ("shoulder_swing", "shoulder_elevation")}
        tries = torch.rand(count, _DIRECTION_TRIES, 2, generator=generator)
        candidates = angles.new_zeros(count, _DIRECTION_TRIES, len(MOVEMENTS))
        candidates[..., at["shoulder_elevation"]] = torch.asin(2 * tries[..., 0] - 1)
        candidates[..., at["shoulder_swing"]] = (2 * tries[..., 1] - 1) * torch.pi
        reached = _reachable(candidates, at["shoulder_swing"])
        first = reached.int().argmax(-1)
        picked = candidates.gather(1, first[:, None, None].expand(-1, 1, len(MOVEMENTS))).squeeze(1)
        for column in at.values():
            changed[:, column] = picked[:, column]
        changed[:, columns("collar")] = 0
        draws = torch.rand(count, 5, generator=generator)
        for place, kind in enumerate(("elbow_flexion", "elbow_pronation", "wrist_pronation")):
            column = MOVEMENT_INDEX[f"{side}_{kind}"]
            changed[:, column] = low[column] + draws[:, place] * (high[column] - low[column])
        straight = draws[:, 3] < _STRAIGHT_ELBOWS
        elbow = MOVEMENT_INDEX[f"{side}_elbow_flexion"]
        changed[:, elbow] = torch.where(straight, changed[:, elbow] * 0.1, changed[:, elbow])
        twist = MOVEMENT_INDEX[f"{side}_shoulder_twist"]
        changed = with_arm_twist(changed, side, low[twist] + draws[:, 4] * (high[twist] - low[twist]))
    return changed


def _reachable(candidates: Float[Tensor, "*batch 57"], swing: int) -> Bool[Tensor, "*batch"]:
    """Whether the swing is within its limits, which depend on the elevation."""
    reached = torch.ones(candidates.shape[:-1], dtype=torch.bool)
    for coupling in couplings():
        if coupling.movement == swing:
            beyond = candidates[..., swing] - coupling.limit(candidates)
            reached &= (beyond <= 0) if coupling.is_highest else (beyond >= 0)
    return reached


def move_girdle(angles: Float[Tensor, "n 57"]) -> Float[Tensor, "n 57"]:
    """Let the collar take its share of raising the arm; the arm's direction stays."""
    changed = angles.clone()
    most = torch.tensor(_GIRDLE_MOST).deg2rad()
    for side, _ in _SIDES:
        collar, shoulder = (MOVEMENT_INDEX[f"{side}_{name}_elevation"] for name in ("collar", "shoulder"))
        total = angles[:, collar] + angles[:, shoulder]
        share = torch.maximum(angles[:, collar], (total * _GIRDLE_SHARE).clamp_min(0).clamp_max(most))
        share = torch.where(total > 0, share, angles[:, collar])
        changed[:, collar], changed[:, shoulder] = share, total - share
    return clip_angles(changed)


@lru_cache(maxsize=1)
def _shapes() -> Float[Tensor, "shapes 5 4"]:
    return torch.stack([hand_shape(name) for name in hand_names()])


def random_shapes(count: int, generator: torch.Generator) -> Float[Tensor, "count 5 4"]:
    """Hands in a named shape or between two, the relaxed one most often."""
    relaxed = hand_names().index("relaxed")

    def pick() -> Int[Tensor, " count"]:
        index = torch.randint(len(hand_names()), (count,), generator=generator)
        return torch.where(torch.rand(count, generator=generator) < _RELAXED_SHARE, relaxed, index)

    first, second = pick(), pick()
    plain = torch.rand(count, generator=generator) < _PLAIN_SHAPE
    weight = torch.where(plain, 0.0, torch.rand(count, generator=generator))
    return interpolate(_shapes()[first], _shapes()[second], weight)


def vary_hand(
    hand: Float[Tensor, "n 5 4"], wrist_flexion: Float[Tensor, " n"], scale: float, generator: torch.Generator
) -> Float[Tensor, "n 5 4"]:
    """Noise on every finger, neighbours alike, and the slack that a flexed wrist leaves, within the limits."""
    count = hand.shape[0]
    likeness = torch.full((len(FINGERS),), _FINGER_LIKENESS)
    likeness[[FINGERS.index("index"), FINGERS.index("thumb")]] /= 2
    common = torch.randn(count, 1, generator=generator)
    curl = likeness.sqrt() * common + (1 - likeness).sqrt() * torch.randn(count, len(FINGERS), generator=generator)
    fan = torch.randn(count, len(FINGERS), generator=generator) * _FAN_SPREAD
    noise = torch.stack([fan, curl * _CURL_SPREAD, curl * _CURL_SPREAD, curl * _CURL_SPREAD * _END_JOINT], dim=-1)
    full = torch.tensor(_WRIST_FULL).deg2rad()
    slack = 1 - _WRIST_ROBS * (wrist_flexion / full).clamp(0, 1)
    closed = torch.cat([hand[..., :1], hand[..., 1:] * slack[:, None, None]], dim=-1)
    return clip_hand(closed + noise.deg2rad() * scale)
