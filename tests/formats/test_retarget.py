from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from motion_texts import HUMANOID, OUR_JOINT, POSITION, ROTATION, Joint, bvh_text, humanoid_bvh

from poseloom.base.errors import FileError, PoseloomError
from poseloom.formats.bvh import read_bvh
from poseloom.formats.joint_maps import known_skeletons
from poseloom.pose import rotations as rot
from poseloom.pose.joints import BODY_JOINTS, JOINT_INDEX, JOINT_NAMES

Y_UP = np.eye(3)
Z_UP_FRONT_MINUS_Y = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
Z_UP_FRONT_X = np.array([[0.0, 0, 1], [1, 0, 0], [0, 1, 0]])
Y_UP_FRONT_MINUS_X = np.array([[0.0, 0, -1], [0, 1, 0], [1, 0, 0]])


@pytest.fixture
def read(tmp_path):
    def from_text(text: str, **options):
        path = tmp_path / "motion.bvh"
        path.write_text(text)
        return read_bvh(path, **options)

    return from_text


def degrees_between(first, second) -> torch.Tensor:
    """Angle between two sets of axis-angle rotations."""
    first, second = (
        rot.rotvec_to_rotmat(torch.as_tensor(np.asarray(value), dtype=torch.float64)) for value in (first, second)
    )
    return torch.rad2deg(rot.rotmat_to_rotvec(first.mT @ second).norm(dim=-1))


def random_pose(seed: int) -> dict[str, np.ndarray]:
    """Local rotation vectors of our joints; hands do not twist against the forearm."""
    vectors = np.random.default_rng(seed).normal(0, 0.5, (BODY_JOINTS, 3))
    for side in ("left", "right"):
        vectors[JOINT_INDEX[f"{side}_wrist"], 0] = 0
    return dict(zip(JOINT_NAMES, vectors, strict=False))


def as_matrices(vectors: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: rot.rotvec_to_rotmat(torch.from_numpy(vector)).numpy() for name, vector in vectors.items()}


# -- laws --------------------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 10_000),
    axes=st.sampled_from([Y_UP, Z_UP_FRONT_MINUS_Y, Z_UP_FRONT_X, Y_UP_FRONT_MINUS_X]),
    scale=st.sampled_from([1.0, 0.01, 10.0, 0.1, 0.01 / 0.056444444]),
    lowered=st.floats(0, 70),
    prefix=st.sampled_from(["", "mixamorig:", "mixamorig1:", "Character1_", "a:b:"]),
)
def test_rest_pose_axes_unit_and_prefix_of_a_file_do_not_change_the_pose(read, seed, axes, scale, lowered, prefix):
    vectors = random_pose(seed)
    text = humanoid_bvh(
        as_matrices(vectors), prefix=prefix, lowered=lowered, axes=axes, scale=scale, position=(20, 95, 7)
    )
    clip = read(text)
    expected = [vectors[name] for name in JOINT_NAMES[:BODY_JOINTS]]
    assert degrees_between(clip.pose.rotations[0], expected).max() < 0.02
    np.testing.assert_allclose(clip.pose.translation, [[0.20, 0.95, 0.07]], atol=1e-3)
    assert clip.notes["skeleton"] == "Mixamo"


def test_half_of_the_forearm_twist_goes_to_the_elbow(read):
    clip = read(humanoid_bvh(as_matrices({"left_wrist": np.radians([60.0, 0, 0])})))
    for joint in ("left_elbow", "left_wrist"):
        np.testing.assert_allclose(
            np.degrees(clip.pose.rotations[0, JOINT_INDEX[joint]].numpy()), [30, 0, 0], atol=1e-3
        )


def test_elbow_axis_of_a_bent_rest_pose_is_made_our_own(read):
    """Forearms that point 30 degrees down at rest: the file's elbow turns about z, ours about y."""
    text = humanoid_bvh()
    text = text.replace("OFFSET 25 0 0", "OFFSET 21.65 -12.5 0").replace("OFFSET -25 0 0", "OFFSET -21.65 -12.5 0")
    pose = read(text).pose
    rotations = dict(zip(JOINT_NAMES, np.degrees(pose.rotations[0].numpy()), strict=False))
    np.testing.assert_allclose(rotations["left_elbow"], [0, -30, 0], atol=1e-3)
    np.testing.assert_allclose(rotations["right_elbow"], [0, 30, 0], atol=1e-3)


def test_toes_out_at_rest_are_kept_and_soles_stay_flat(read):
    turned = np.array([[np.cos(0.3), 0, np.sin(0.3)], [0, 1, 0], [-np.sin(0.3), 0, np.cos(0.3)]]) @ (0, -5.4, 12.4)
    text = humanoid_bvh().replace("OFFSET 0 -5.4 12.4", f"OFFSET {turned[0]} {turned[1]} {turned[2]}", 1)
    ankle = read(text).pose.rotations[0, JOINT_INDEX["left_ankle"]]
    np.testing.assert_allclose(ankle, [0, 0.3, 0], atol=1e-5)


# -- families of skeletons ---------------------------------------------------------------------------------------


def test_tables_of_known_skeletons_are_sound():
    families = {family.name: family for family in known_skeletons()}
    assert {"CMU (ASF/AMC)", "Mixamo", "MakeHuman", "Bandai-Namco", "Daz", "SMPL"} <= set(families)
    for family in families.values():
        for constant in family.constants.values():
            np.testing.assert_allclose(constant @ constant.T, np.eye(3), atol=1e-9)
            assert np.linalg.det(constant) == pytest.approx(1)


def test_original_cmu_skeleton_under_motionbuilder_names(read):
    """Legs spread by 20 degrees at rest and an elbow axis tilted by 30: standing upright is our zero pose."""
    rename = {"Spine": "LowerBack", "Spine1": "Spine", "Spine2": "Spine1"}
    text = humanoid_bvh(rename=rename)
    spread = np.array([np.sin(np.radians(20)), -np.cos(np.radians(20)), 0]) * 41
    for side, sign in (("Left", 1), ("Right", -1)):
        for joint in ("Leg", "Foot"):
            old = f"JOINT {side}{joint}\n{{\nOFFSET 0 -41 0"
            assert old in text
            text = text.replace(old, f"JOINT {side}{joint}\n{{\nOFFSET {sign * spread[0]} {spread[1]} 0")
    text = text.replace("JOINT Head", "JOINT Neck1\n{\nOFFSET 0 5 0\nJOINT Head").replace(
        "JOINT LeftShoulder", "}\nJOINT LeftShoulder"
    )
    text = text.replace("JOINT LeftUpLeg", "JOINT LHipJoint\n{\nOFFSET 0 0 0\nJOINT LeftUpLeg")
    text = text.replace("JOINT RightUpLeg", "}\nJOINT RightUpLeg")
    clip = read(text)
    assert clip.notes["skeleton"] == "CMU (cgspeed, MotionBuilder-friendly)"
    rotations = dict(zip(JOINT_NAMES, np.degrees(clip.pose.rotations[0].numpy()), strict=False))
    np.testing.assert_allclose(rotations["left_hip"], [0, 0, 20], atol=1e-3)
    np.testing.assert_allclose(rotations["right_hip"], [0, 0, -20], atol=1e-3)
    np.testing.assert_allclose(rotations["left_shoulder"], [-30, 0, 0], atol=1e-3)
    np.testing.assert_allclose(rotations["left_knee"], [0, 0, 0], atol=1e-3)


def test_bandai_namco_stands_upright(read):
    """Every offset along the bone's own x axis: joint angles of a quiet stand with the arms held out sideways."""

    joints = [Joint("joint_Root", -1, (0, 0, 0), f"{POSITION} {ROTATION}")]

    def chain(parent, names, offsets):
        for name, offset in zip(names, offsets, strict=True):
            joints.append(Joint(name, parent, offset, f"{POSITION} {ROTATION}"))
            parent = len(joints) - 1
        return parent

    hips = chain(0, ["Hips"], [(0, 94, 0)])
    chest = chain(hips, ["Spine", "Chest"], [(15.7, 0, 0), (9, 0, 0)])
    chain(chest, ["Neck", "Head"], [(16.4, 0, 0), (6.5, 0, 0)])
    for side, sign in (("L", 1), ("R", -1)):
        offsets = [(13, 0, 5 * sign), (5.3 * sign, 0, 0), (24.3 * sign, 0, 0), (22.3 * sign, 0, 0)]
        chain(chest, [f"{name}_{side}" for name in ("Shoulder", "UpperArm", "LowerArm", "Hand")], offsets)
    for side, sign in (("L", 1), ("R", -1)):
        offsets = [(-2.2, -6.5 * sign, 0), (39 * sign, 0, 0), (41 * sign, 0, 0), (11.8 * sign, 0, 0)]
        chain(hips, [f"{name}_{side}" for name in ("UpperLeg", "LowerLeg", "Foot", "Toes")], offsets)
    angles = {
        "Hips": (90, 0, 0), "Spine": (0, 90, 0), "Shoulder_L": (-90, 0, -90), "Shoulder_R": (90, 0, -90),
        "UpperLeg_L": (180, 0, 0), "UpperLeg_R": (180, 0, 180), "Foot_L": (0, 0, -50.5), "Foot_R": (0, 0, -50.5),
        "Toes_L": (0, 0, -16.6), "Toes_R": (0, 0, -16.6), "LowerArm_R": (0, 0, -40), "LowerLeg_R": (0, 0, 30),
    }  # fmt: skip
    row = [value for joint in joints for value in (*joint.offset, *angles.get(joint.name, (0, 0, 0)))]
    clip = read(bvh_text(joints, [row]))
    assert clip.notes["skeleton"] == "Bandai-Namco"
    expected = np.zeros((BODY_JOINTS, 3))
    expected[JOINT_INDEX["right_elbow"]] = (0, 40, 0)
    expected[JOINT_INDEX["right_knee"]] = (30, 0, 0)
    np.testing.assert_allclose(np.degrees(clip.pose.rotations[0].numpy()), expected, atol=1e-3)
    np.testing.assert_allclose(clip.pose.translation, [[0, 0.94, 0]], atol=1e-6)


def test_fingers_are_mapped_where_the_skeleton_has_them(read):
    text = humanoid_bvh()
    knuckles = {"Index": (10, 0, 3), "Middle": (10, 0, 0), "Ring": (9, 0, -2), "Pinky": (8, 0, -4)}
    for side, sign in (("Left", 1), ("Right", -1)):
        hand = text.index(f"JOINT {side}Hand")
        end = text.index("}", hand)
        fingers = "".join(
            f"JOINT {side}Hand{finger}1\n{{\nOFFSET {sign * x} {y} {z}\n"
            f"JOINT {side}Hand{finger}2\n{{\nOFFSET {sign * 3} 0 0\n}}\n}}\n"
            for finger, (x, y, z) in knuckles.items()
        )
        text = text[:end] + fingers + text[end:]
    pose = read(text).pose
    assert pose.joints == 52
    assert torch.rad2deg(pose.rotations).abs().max() < 8  # the free body's knuckles fan out a little differently


def test_makehuman_t_pose_is_close_to_zero(shared_data):
    pose = read_bvh(shared_data("bvh") / "makehuman_tpose.bvh").pose
    assert pose.joints == 52
    body = torch.rad2deg(pose.rotations[0, :BODY_JOINTS].norm(dim=-1))
    assert body.max() < 12 and body.mean() < 5


def test_every_real_file_converts(shared_data):
    for path in sorted(shared_data("bvh").glob("*.bvh")):
        clip = read_bvh(path)
        assert clip.pose.joints == (52 if path.name.startswith("makehuman") else 22), path.name
        family = "MakeHuman" if path.name.startswith("makehuman") else "CMU (cgspeed, Daz-friendly)"
        assert clip.notes["skeleton"].startswith(family)
        assert clip.pose.translation.abs().max() < 10


def test_cmu_clips_meet_the_converted_set(shared_data):
    """The set's frames lie halfway between two of the clips' (the clips hold the odd source frames)."""
    clips, mocap = shared_data("bvh"), shared_data("mocap")
    cases = json.loads((clips / "expected.json").read_text())
    errors = []
    for split in ("train", "val"):
        with np.load(mocap / f"{split}.npz") as arrays:
            poses, sequences, numbers, ok = (arrays[name] for name in ("pose", "seq", "frame", "ok"))
        for sequence in json.loads((mocap / f"{split}_sequences.json").read_text()):
            name = f"cmu_{sequence['trial']}.bvh"
            if name not in cases or not sequence["source"].startswith("BVH"):
                continue
            case = cases[name]
            rows = (sequences == sequence["id"]) & ok
            source = sequence["first_source_frame"] + numbers[rows].astype(int) * sequence["source_stride"]
            before, odd = np.divmod(source + 1 - case["first_source_frame"], case["stride"])
            inside = (odd == 1) & (before >= 0) & (before < case["frames"] - 1)
            matrices = read_bvh(clips / name).pose.matrices().double()
            middle = rot.nearest_rotmat(matrices[before[inside]] + matrices[before[inside] + 1])
            errors.append(degrees_between(rot.rotmat_to_rotvec(middle), poses[rows][inside].astype(np.float64)))
    found = torch.cat(errors)
    assert len(errors) >= 25 and len(found) > 1000
    assert found.mean() < 0.1
    assert found.quantile(0.99) < 1.0


# -- the user's own table, and what is refused -------------------------------------------------------------------


def test_unknown_skeleton_is_told_with_names_and_remedy(read):
    with pytest.raises(FileError, match=r"unknown skeleton of 22 joints: xHips, xSpine, .*; pass joint_map=.*Mixamo"):
        read(humanoid_bvh(prefix="x"))


def test_joint_map_as_dict_or_file(read, tmp_path):
    table = {ours: f"x{theirs}" for theirs, ours in OUR_JOINT.items()}
    vectors = random_pose(3)
    text = humanoid_bvh(as_matrices(vectors), prefix="x", axes=Z_UP_FRONT_X)
    expected = [vectors[name] for name in JOINT_NAMES[:BODY_JOINTS]]
    assert degrees_between(read(text, joint_map=table).pose.rotations[0], expected).max() < 0.02
    (tmp_path / "map.json").write_text(json.dumps(table))
    assert degrees_between(read(text, joint_map=tmp_path / "map.json").pose.rotations[0], expected).max() < 0.02


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"left_hipp": "LeftUpLeg"}, "did you mean 'left_hip'"),
        ({"left_hip": "LeftUppLeg"}, "did you mean 'LeftUpLeg'"),
        ({"left_hip": None}, "left_hip missing"),
    ],
)
def test_mistakes_in_a_joint_map_are_told(read, change, says):
    table = {ours: theirs for theirs, ours in OUR_JOINT.items()} | change
    with pytest.raises(PoseloomError, match=says):
        read(humanoid_bvh(), joint_map={ours: theirs for ours, theirs in table.items() if theirs})


@pytest.mark.parametrize("content", ["", "{", "[1, 2]", '{"left_hip": 5}', "[" * 10_000])
def test_a_damaged_joint_map_file_is_told(read, tmp_path, content):
    (tmp_path / "map.json").write_text(content)
    with pytest.raises(FileError, match=r"map.json"):
        read(humanoid_bvh(), joint_map=tmp_path / "map.json")


def test_a_rest_pose_that_is_no_figure_is_refused(read):
    text = humanoid_bvh().replace("OFFSET 0 -41 0", "OFFSET 0 41 0")
    with pytest.raises(FileError, match="not a standing figure; export with a T-pose"):
        read(text)


def test_exchanged_sides_are_noticed(read):
    sides = {name: name.replace("Left", "?").replace("Right", "Left").replace("?", "Right") for name in HUMANOID}
    with pytest.raises(FileError, match="left and right may be exchanged"):
        read(humanoid_bvh(rename=sides))
