"""Whether a clip shows the figure of `dialects`: the directions of limbs, the place of the pelvis, the frame rate."""

from __future__ import annotations

import numpy as np
from dialect_figure import FPS, PELVIS, TURNS, figure, true_places

from poseloom.pose.joints import JOINT_INDEX, PARENTS
from poseloom.pose.kinematics import forward_kinematics
from poseloom.pose.skeleton import rest_offsets

DEGREES, METRES = 8.0, 0.01
LIMBS = [(f"{side}_{a}", f"{side}_{b}") for side in ("left", "right") for a, b in
         (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"), ("ankle", "toe"))]  # fmt: skip
OURS = {"left_toe": "left_foot", "right_toe": "right_foot", "hips": "pelvis"}


def places(clip) -> np.ndarray:
    """Joint positions of a clip on the free body, (frames, joints, 3)."""
    pose = clip.pose
    offsets, parents = rest_offsets()[: pose.joints], PARENTS[: pose.joints]
    return forward_kinematics(pose.matrices(), offsets, parents, pose.translation)[1].numpy()


def angle(first: np.ndarray, second: np.ndarray) -> float:
    cosine = first @ second / (np.linalg.norm(first) * np.linalg.norm(second))
    return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))


def errors(clip, dialect) -> dict[str, float]:
    """Degrees between each limb, and the trunk, and what they should be: the worst frame."""
    found, bones = places(clip), figure(dialect)
    worst: dict[str, float] = {}
    for frame in range(len(TURNS)):
        truth = true_places(bones, frame)
        limbs = [limb for limb in LIMBS if limb[1] in truth]
        for upper, lower in limbs:
            seen = found[frame, JOINT_INDEX[OURS.get(lower, lower)]] - found[frame, JOINT_INDEX[upper]]
            worst[upper] = max(worst.get(upper, 0.0), angle(seen, truth[lower] - truth[upper]))
        for joint in ("shoulder", "hip"):
            across = [JOINT_INDEX[f"{side}_{joint}"] for side in ("left", "right")]
            wanted = truth[f"left_{joint}"] - truth[f"right_{joint}"]
            worst[joint + "s"] = max(
                worst.get(joint + "s", 0.0), angle(found[frame, across[0]] - found[frame, across[1]], wanted)
            )
    return worst


def check(clip, dialect, **of) -> None:
    worst = errors(clip, dialect)
    assert max(worst.values()) < DEGREES, {name: round(value, 1) for name, value in worst.items() if value > DEGREES}
    np.testing.assert_allclose(clip.pose.translation, PELVIS, atol=METRES)
    assert clip.fps == FPS
