"""Whoever does what an instruction says is nearer to the second pose.

Two ways of doing it, both of which fail where a direction, a side or a size is wrong:

- The paircodes of `instructions` are carried out blindly: each named joint goes a fixed way in the told direction. The
  second pose is not looked at.
- The changes of `instruct` name parts. Exactly those joints take their rotations from the second pose, wholly or half
  of the way, and all joints are compared.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch

from poseloom.language.instruction import changes
from poseloom.language.paircodes import evaluate_pairs
from poseloom.language.posecodes import POINT_INDEX, prepare
from poseloom.language.posecodes.evaluation import Code
from poseloom.language.posefix import pair_codes
from poseloom.pose import Pose
from poseloom.pose.joints import JOINT_INDEX, JOINT_NAMES, PARENTS
from poseloom.pose.kinematics import forward_kinematics
from poseloom.pose.skeleton import rest_offsets

PAIRS = 200
# What a person who is told "slightly" and one who is told nothing of a size would do; metres and degrees. Both are
# near the lower thresholds of the codes (0.15 and 0.40 m; 18, 45 and 80 degrees).
SLIGHTLY, CLEARLY = 0.2, 0.45
DEGREES = {"slightly": 25.0, "": 55.0, "much": 90.0}
STRAIGHT = 160.0
_BODY = 22


@pytest.fixture(scope="module")
def pairs(shared_data):
    arrays = np.load(shared_data("mocap") / "train.npz")
    rows = arrays["pairs_within"][:: len(arrays["pairs_within"]) // PAIRS][:PAIRS]
    return tuple(Pose(torch.from_numpy(arrays["pose"][rows[:, side]].astype(np.float32))) for side in (0, 1))


def joints_of(pose: Pose) -> torch.Tensor:
    """Body joints, facing +z, the pelvis at the origin."""
    matrices = pose.without_heading().matrices()[:, :_BODY]
    _, joints = forward_kinematics(matrices, rest_offsets()[:_BODY], tuple(PARENTS[:_BODY]))
    return joints - joints[:, :1]


# -- the codes of `instructions`, carried out blindly ------------------------------------------------------------

_DIRECTIONS = {
    "more to left": (1, 0, 0),
    "more to right": (-1, 0, 0),
    "higher": (0, 1, 0),
    "lower": (0, -1, 0),
    "more to front": (0, 0, 1),
    "more to back": (0, 0, -1),
}


def shift_of(code: Code) -> torch.Tensor | None:
    """The way that a code tells a part to go, metres."""
    name = code.interpretation.removeprefix("(i) ")
    direction = _DIRECTIONS.get(name.removeprefix("slightly "))
    return None if direction is None else torch.tensor(direction) * (SLIGHTLY if "slightly" in name else CLEARLY)


def test_parts_that_go_where_the_codes_say_end_nearer(pairs):
    first, second = (prepare(joints_of(pose)) for pose in pairs)
    before, after = [], []
    for place, told in enumerate(pair_codes(*pairs, faithful=True)):
        moved = first[place].clone()
        named = set()
        for code in told.changes:
            shift = shift_of(code)
            if shift is not None:
                moved[POINT_INDEX[f"{code.side}_{code.part}"]] += shift
                named.add(POINT_INDEX[f"{code.side}_{code.part}"])
        if named:
            points = sorted(named)
            before.append((first[place] - second[place])[points].norm(dim=-1).mean())
            after.append((moved - second[place])[points].norm(dim=-1).mean())
    gains = torch.stack(before) - torch.stack(after)
    assert len(gains) > PAIRS // 2
    assert (gains > 0).all()
    assert torch.stack(after).mean() < 0.65 * torch.stack(before).mean()


def test_heights_against_the_ground_lead_hips_and_legs_nearer(pairs):
    first, second = (prepare(joints_of(pose)) for pose in pairs)
    first, second = (
        points - points[..., 1].amin(1)[:, None, None] * torch.tensor([0, 1, 0]) for points in (first, second)
    )
    gains = []
    for place, told in enumerate(pair_codes(*pairs)):
        for code in told.changes:
            hips = "hips" in code.interpretation
            if not hips and (code.part not in ("knee", "foot") or "er" not in code.interpretation[-2:]):
                continue
            shift = shift_of(code._replace(interpretation=code.interpretation.replace("hips ", "")))
            if shift is None:
                continue
            point = POINT_INDEX["pelvis" if hips else f"{code.side}_{code.part}"]
            here, there = first[place, point, 1], second[place, point, 1]
            gains.append((here - there).abs() - (here + shift[1] - there).abs())
    assert len(gains) > PAIRS // 10
    assert (torch.stack(gains) > 0).all()


def test_joints_that_bend_as_the_codes_say_end_nearer(pairs):
    first, second = (joints_of(pose) for pose in pairs)
    both = evaluate_pairs(torch.cat([first, second]), torch.arange(2 * PAIRS).reshape(2, PAIRS).T)
    angles = both.posecodes.values("angle")
    joints = [one.joints[1] for one in both.tables.sets["pair_angle"]]
    gains = []
    for place, told in enumerate(pair_codes(*pairs)):
        for code in told.changes:
            name = code.interpretation.removeprefix("(i) ")
            if not name.startswith(("bent", "straighten")):
                continue
            row = joints.index(f"{code.side}_{ {'arm': 'elbow', 'leg': 'knee'}.get(code.part, code.part) }")
            here, there = angles[place, row], angles[PAIRS + place, row]
            size = next(degrees for word, degrees in DEGREES.items() if word in name.split() or not word)
            aim = STRAIGHT if name == "straighten" else here + (size if "less" in name else -size)
            gains.append((here - there).abs() - (aim - there).abs())
    assert len(gains) > PAIRS // 2
    assert (torch.stack(gains) > 0).float().mean() > 0.97


# -- the changes of `instruct`: only the named joints follow ------------------------------------------------------

_TRUNK = ("spine1", "spine2", "spine3")
_LIMBS = {
    "arm": ("collar", "shoulder"),
    "elbow": ("collar", "shoulder", "elbow"),
    "forearm": ("shoulder", "elbow"),
    "hand": ("collar", "shoulder", "elbow"),
    "leg": ("hip",),
    "shin": ("hip", "knee"),
    "knee": ("hip", "knee", "ankle"),  # the foot stays on the ground while the knee bends
    "foot": ("hip", "knee", "ankle"),
}


def joints_named(change) -> list[int]:
    """The joints that a person moves who is told this change."""
    name = change.name.split(".")[0]
    sides = ("left", "right") if change.side == "both" else (change.side,) if change.side else ("left", "right")
    if name == "head":
        names = ["neck", "head"]
    elif name == "twist":
        names = list(_TRUNK)
    elif name == "lean":
        names = ["pelvis", *_TRUNK]
    elif name == "posture":
        names = ["pelvis", *(f"{side}_{joint}" for side in ("left", "right") for joint in ("hip", "knee", "ankle"))]
    elif name == "turn":
        names = []  # headings are compared apart
    elif name == "step":
        names = [f"{side}_{joint}" for side in ("left", "right") for joint in ("hip", "knee", "ankle")]
    else:
        nouns = {"straighten": {"arm": "elbow", "leg": "knee"}.get(change.noun)}
        noun = nouns.get(name) or (change.noun or {"arms": "hand", "hands": "hand"}[name])
        names = [f"{side}_{joint}" for side in sides for joint in _LIMBS[noun]]
    return [JOINT_NAMES.index(one) for one in names]


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_a_pose_that_follows_the_named_changes_is_nearer(pairs, share):
    first, second = (pose.without_heading() for pose in pairs)
    told = changes(first, second)
    start, end = first.matrices(), second.matrices()
    moved = start.clone()
    for place, found in enumerate(told):
        for joint in {joint for change in found for joint in joints_named(change)}:
            moved[place, joint] = halfway(start[place, joint], end[place, joint], share)
    assert JOINT_INDEX["pelvis"] == 0
    target = joints_of(second)
    before = (joints_of(first) - target).norm(dim=-1).mean(-1)
    after = (joints_of(Pose.from_matrices(moved)) - target).norm(dim=-1).mean(-1)
    something = torch.tensor([bool(found) for found in told])
    nearer = (after < before)[something].float().mean()
    assert something.float().mean() > 0.9
    assert nearer > 0.97
    assert (after[something].mean() / before[something].mean()) < 1 - 0.6 * share


def halfway(start: torch.Tensor, end: torch.Tensor, share: float) -> torch.Tensor:
    """The rotation that is part of the way from one to the other."""
    from poseloom.pose.rotations import rotmat_to_rotvec, rotvec_to_rotmat

    return start @ rotvec_to_rotmat(share * rotmat_to_rotvec(start.mT @ end))
