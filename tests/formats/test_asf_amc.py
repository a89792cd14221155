from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from motion_texts import SMALL_AMC, SMALL_ASF
from test_bvh import mutations

from poseloom.base.errors import FileError, PoseloomError
from poseloom.formats.asf_amc import read_asf_amc, read_asf_amc_motion
from poseloom.formats.skeleton_motion import forward_kinematics
from poseloom.pose import rotations as rot

TRIALS = ("01_13", "35_01", "49_20")


@pytest.fixture
def small(tmp_path):
    (tmp_path / "small.asf").write_text(SMALL_ASF)
    path = tmp_path / "small_01.amc"
    path.write_text(SMALL_AMC)
    return path


def bone_ends(motion) -> dict[str, np.ndarray]:
    world = forward_kinematics(motion)
    ends = {motion.skeleton.names[joint]: world.tail(joint, tip) for joint, tip in motion.skeleton.tails}
    return {name: places * motion.metres_per_unit for name, places in (ends | {"root": world.positions[0]}).items()}


def test_bones_turn_in_the_frame_of_their_axis_line(small):
    motion = read_asf_amc_motion(small)
    ends = {name: places / motion.metres_per_unit for name, places in bone_ends(motion).items()}
    # Frame 1: rx about the axis C x = Rz(90) x = +Y leaves the bone (0, -1, 0) where it is, and turns +Z to +X.
    np.testing.assert_allclose(ends["upper"][0], [1, 0, 3], atol=1e-9)
    np.testing.assert_allclose(ends["lower"][0], [4, 0, 3], atol=1e-9)
    # Frame 2: ry about C y = -X by 90 takes -Y to +Z and +Z to +Y; the root's Ry(90) then +Z to +X.
    np.testing.assert_allclose(ends["upper"][1], [3, 2, 3], atol=1e-9)
    np.testing.assert_allclose(ends["lower"][1], [3, 5, 3], atol=1e-9)
    assert motion.metres_per_unit == pytest.approx(0.056444, abs=1e-6)


def test_radians_are_read_as_such(small):
    expected = bone_ends(read_asf_amc_motion(small))
    half_pi = f"{np.pi / 2:.12f}"
    small.write_text(SMALL_AMC.replace(":DEGREES", ":RADIANS").replace("90", half_pi))
    (small.parent / "small.asf").write_text(
        SMALL_ASF.replace("angle deg", "angle rad").replace("0 0 90", f"0 0 {half_pi}")
    )
    found = bone_ends(read_asf_amc_motion(small))
    for name, places in expected.items():
        np.testing.assert_allclose(found[name], places, atol=1e-9)


def test_skeleton_is_found_by_subject_or_when_it_is_the_only_one(small, tmp_path):
    read_asf_amc_motion(small)
    (tmp_path / "other.asf").write_text(SMALL_ASF)
    read_asf_amc_motion(small)
    odd = tmp_path / "walk.amc"
    odd.write_text(SMALL_AMC)
    with pytest.raises(FileError, match=r"none of the 2 .asf files beside it has its name.*skeleton="):
        read_asf_amc_motion(odd)
    read_asf_amc_motion(odd, skeleton=tmp_path / "other.asf")
    for skeleton in tmp_path.glob("*.asf"):
        skeleton.unlink()
    with pytest.raises(FileError, match=r"no .asf file beside it"):
        read_asf_amc_motion(odd)


def test_forward_kinematics_meets_the_expected_bone_ends(shared_data):
    folder = shared_data("bvh")
    cases = json.loads((folder / "expected_asf.json").read_text())
    assert set(cases) == set(TRIALS)
    for trial, case in cases.items():
        motion = read_asf_amc_motion(folder / f"{trial}.amc")
        assert (motion.frames, motion.fps) == (case["frames"], case["fps"])
        ends = bone_ends(motion)
        for frame, expected in case["bone_end_positions_m"].items():
            found = np.array([ends[name][int(frame)] for name in expected])
            np.testing.assert_allclose(found, np.array(list(expected.values())), atol=1e-5, err_msg=trial)


def test_conversion_meets_the_expected_local_rotations(shared_data):
    folder = shared_data("bvh")
    for trial, case in json.loads((folder / "expected_asf.json").read_text()).items():
        clip = read_asf_amc(folder / f"{trial}.amc")
        frames = [int(frame) for frame in case["smpl22_axis_angle_rad"]]
        expected = rot.rotvec_to_rotmat(torch.tensor(list(case["smpl22_axis_angle_rad"].values()), dtype=torch.float64))
        found = rot.rotvec_to_rotmat(clip.pose.rotations[frames].double())
        error = torch.rad2deg(rot.rotmat_to_rotvec(found.mT @ expected).norm(dim=-1))
        assert error.max() < 0.02, trial
        assert clip.pose.joints == 22 and clip.notes["skeleton"] == "CMU (ASF/AMC)"


# -- bad input ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda text: "", "is empty"),
        (lambda text: "\x00\x01\x02", "frame 1: expected a frame number"),
        (lambda text: ":DEGREES\n", "no frames"),
        (lambda text: text.rstrip()[:-3], "frame 2"),
        (lambda text: text.replace("upper 0 90", "upper nan 90"), "frame 2, bone upper: 'nan' is not a finite number"),
        (lambda text: text.replace("upper 0 90", "upper 0 9o"), "not a number"),
        (
            lambda text: text.replace("upper 0 90", "wing 0 90"),
            "frame 2: expected the line of bone 'upper', found 'wing'",
        ),
        (lambda text: text.replace("upper", "wing"), "frame 1: the bone 'wing' is not in the skeleton"),
        (lambda text: text.replace("upper 90 0", "upper 90 0\nupper 90 0"), "given twice"),
        (lambda text: text.replace("root", "# root"), "frame 1"),
    ],
)
def test_damaged_motions_get_one_line_that_names_file_field_and_remedy(small, change, says):
    small.write_text(change(SMALL_AMC))
    with pytest.raises(FileError) as caught:
        read_asf_amc(small)
    message = str(caught.value)
    assert message.startswith(str(small)) and says in message and "; " in message and "\n" not in message


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda text: "", "is empty"),
        (lambda text: text.split(":hierarchy")[0], ":hierarchy: is missing"),
        (
            lambda text: text.replace("direction 0 -1 0", "direction 0 -1"),
            "upper: direction: expected 3 finite number(s)",
        ),
        (lambda text: text.replace("length 2", "length nan"), "upper: length"),
        (lambda text: text.replace("length 0.45", "length 0"), ":units: length"),
        (lambda text: text.replace("dof rx ry", "dof rx l"), "upper: dof"),
        (lambda text: text.replace("0 0 90 XYZ", "0 0 90 XXZ"), "upper: axis"),
        (lambda text: text.replace("name lower", "name upper"), "'upper' is used twice"),
        (lambda text: text.replace("root upper", "lower upper"), "does not hang on the root"),
        (lambda text: text.replace("upper lower\n", "upper lost\n"), "unknown bone 'lost'"),
    ],
)
def test_damaged_skeletons_get_one_line_that_names_file_field_and_remedy(small, change, says):
    skeleton = small.parent / "small.asf"
    skeleton.write_text(change(SMALL_ASF))
    with pytest.raises(FileError) as caught:
        read_asf_amc(small)
    message = str(caught.value)
    assert message.startswith(str(skeleton)) and says in message and "; " in message and "\n" not in message


def test_a_skeleton_alone_has_no_motion(small):
    with pytest.raises(FileError, match=r"small.asf: is a skeleton without motion; name the .amc"):
        read_asf_amc(small.parent / "small.asf")


def test_an_unknown_skeleton_names_the_remedy(small):
    with pytest.raises(FileError, match=r"unknown skeleton of 3 joints: root, upper, lower; pass joint_map="):
        read_asf_amc(small)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    skeleton=st.one_of(st.just(SMALL_ASF.encode()), mutations(SMALL_ASF.encode())), motion=mutations(SMALL_AMC.encode())
)
def test_mutated_bytes_read_or_raise_our_own_error(tmp_path, skeleton, motion):
    (tmp_path / "m.asf").write_bytes(skeleton)
    (tmp_path / "m_1.amc").write_bytes(motion)
    try:
        read_asf_amc_motion(tmp_path / "m_1.amc")
    except PoseloomError as error:
        assert "\n" not in str(error)
