"""The judge of what texts claim: plain geometry finds true texts true and false ones false."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import poseloom
from poseloom.language import swap_sides
from poseloom.pose import Pose
from poseloom.pose.stances import stance

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "prompts"))
from claimed import claims_of
from claimed_changes import changes_claimed
from seen import Seen, poses_seen


def seen(name: str, mirrored: bool = False) -> Seen:
    return poses_seen(stance(name, mirrored=mirrored).reshape(1))[0]


def verdicts(text: str, name: str) -> list[bool | None]:
    return [claim.holds for claim in claims_of(text, seen(name))]


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("The right leg is stretched straight forward at hip height.", "front kick (right)", [True, True]),
        ("The left leg is stretched straight forward at hip height.", "front kick (right)", [False]),
        ("The person stands on the left leg.", "front kick (right)", [True]),
        ("The person stands on the right leg.", "front kick (right)", [False]),
        ("The person is in a deep squat.", "T-pose", [False]),
        ("Both arms are stretched straight out to the sides at shoulder height, with the elbows straight.", "T-pose",
         [True, True, True]),
        ("The left hand touches the left knee.", "T-pose", [False]),
        ("The arms hang down at the sides, and the elbows are bent at a right angle.", "T-pose", [False, False]),
        ("The person plays the violin.", "T-pose", [None]),
    ],
)  # fmt: skip
def test_statements_are_judged(text, name, expected):
    found = verdicts(text, name)
    assert found[: len(expected)] == expected if None not in expected else found == expected


def shared_poses(shared_data, count: int) -> Pose:
    arrays = np.load(shared_data("mocap") / "val.npz")
    return Pose(torch.from_numpy(arrays["pose"][arrays["fps_order"][:count]].astype(np.float32)))


def share(texts: list[str], poses: Pose) -> float:
    found = [one.holds for text, pose in zip(texts, poses_seen(poses), strict=True) for one in claims_of(text, pose)]
    known = [one for one in found if one is not None]
    assert len(known) > 0.85 * len(found)
    return sum(known) / len(known)


def test_descriptions_are_true_and_those_of_others_are_not(shared_data):
    poses = shared_poses(shared_data, 80)
    texts = list(poseloom.describe(poses))
    assert share(texts, poses) >= 0.98
    assert share([swap_sides(text) for text in texts], poses) < 0.85
    assert share(texts[1:] + texts[:1], poses) < 0.75


def test_instructions_are_true_and_those_of_the_way_back_are_not(shared_data):
    poses = shared_poses(shared_data, 80)
    first, second = poses_seen(poses[:40]), poses_seen(poses[40:])
    texts = list(poseloom.instruct(poses[:40], poses[40:]))

    def judged(a: list[Seen], b: list[Seen]) -> float:
        rows = zip(texts, a, b, strict=True)
        found = [one.holds for text, *pair in rows for one in changes_claimed(text, *pair) if one.holds is not None]
        return sum(found) / len(found)

    assert judged(first, second) >= 0.96
    assert judged(second, first) < 0.5
