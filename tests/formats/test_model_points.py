"""Points without rotations, as programs write them: their order, unit, axes, and the body fitted to them."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from model_output_files import CAMERA, CASES, FRAMES, LIMBS, motion, saved_as

import poseloom
from poseloom.base.errors import FileError, PoseloomError
from poseloom.body import default_body
from poseloom.formats import registry
from poseloom.formats.axes import TO_Y_UP
from poseloom.formats.model_outputs.layouts import layouts
from poseloom.formats.model_outputs.points import convention_names, misfit, points_to_tracks
from poseloom.formats.model_outputs.vectors import recovered_joints
from poseloom.formats.reading_options import ReadingOptions
from poseloom.pose import Pose
from poseloom.pose import rotations as rot
from poseloom.pose.joints import JOINT_INDEX


def test_points_of_several_samples_as_mdm_keeps_them(tmp_path):
    poses, _ = motion()
    joints = default_body().joints(Pose(poses.float()))[:, :22].numpy()
    content = {"motion": np.stack([joints] * 3).transpose(0, 2, 3, 1), "lengths": np.array([6, 4, 5]), "text": ["a"]}
    clip = poseloom.load(saved_as("npy", content, tmp_path), person=1)
    assert len(clip) == 4
    assert clip.fps == 20
    assert "fitted to 22 points: 0 mm" in clip.notes["fit"]


def test_sam_3d_body_is_fitted_to_its_points(tmp_path):
    poses, _ = motion()
    names = poseloom_points("mhr_70")
    joints = default_body().joints(Pose(poses.float())).numpy()[0] @ CAMERA
    points = np.zeros((70, 3), np.float32)
    for index, name in enumerate(names):
        joint = "".join(name.rsplit("_", 1)) if name[-1:].isdigit() else name
        points[index] = joints[JOINT_INDEX[joint]] if joint in JOINT_INDEX else np.nan
    person = {"pred_keypoints_3d": points, "pred_cam_t": np.array([0.1, 0.2, 3.0]), "focal_length": 900.0}
    clip = poseloom.load(saved_as("npy", [person], tmp_path))
    found = default_body().joints(clip.pose).numpy()[0]
    found, true = (x[16:22] - x[16:17] for x in (found, default_body().joints(Pose(poses.float())).numpy()[0]))
    assert np.linalg.norm(found - true, axis=-1).max() < 0.02


def poseloom_points(name):
    from poseloom.formats.model_outputs.points import _names_of

    return _names_of(name)


@pytest.mark.parametrize("axis", TO_Y_UP)
@pytest.mark.parametrize("scale", [1.0, 100.0, 1000.0])
def test_points_in_any_unit_with_any_axis_up(tmp_path, axis, scale):
    standing = default_body().joints(Pose.identity(3, joints=22))[:, :22].numpy()
    np.save(tmp_path / "x.npy", scale * standing @ np.array(TO_Y_UP[axis]))
    tracks = registry.read_motion(tmp_path / "x.npy")
    assert np.allclose(tracks.positions, standing, atol=1e-4)


@pytest.mark.parametrize(
    "convention", ["h36m", "coco", "kit_21", "kinect_25", "openpose_25", "mediapipe_33", "smpl_24"]
)
def test_conventions_of_as_many_points_are_told_apart_by_the_bones(convention):
    poses, _ = motion()
    body = default_body().joints(Pose(poses.float())).numpy()
    names = poseloom_points(convention)
    rng = np.random.default_rng(0)
    points = rng.normal(size=(FRAMES, len(names), 3))
    for index, name in enumerate(names):
        joint = name.replace("_openpose", "").replace("_extra", "")
        if joint in JOINT_INDEX:
            points[:, index] = body[:, JOINT_INDEX[joint]]
    layout = layouts().layouts[-1]
    tracks = points_to_tracks(Path("x.npy"), points, layout, 30.0, {}, ReadingOptions(up="y"))
    assert tracks.notes["points"] in (convention, "h36m_mmpose")
    others = [
        misfit(points, poseloom_points(n))[0] for n in convention_names() if len(poseloom_points(n)) == len(names)
    ]
    assert min(others) == misfit(points, names)[0]


def test_points_of_one_frame_of_several_people_flat_or_with_frames_last(tmp_path):
    joints = default_body().joints(Pose(motion()[0].float()))[:, :22].numpy()
    shapes = {
        "one frame": joints[0],
        "people": np.stack([joints, joints]),
        "flat": joints.reshape(FRAMES, 66),
        "frames last": np.stack([joints, joints]).transpose(0, 2, 3, 1),
        "with a confidence": np.concatenate([joints, np.ones((FRAMES, 22, 1))], -1),
    }
    for name, array in shapes.items():
        np.save(tmp_path / "x.npy", array)
        tracks = registry.read_motion(tmp_path / "x.npy", options=ReadingOptions(up="y"))
        assert np.allclose(tracks.positions, joints[: len(tracks)], atol=1e-5), name
        assert len(tracks) == (1 if name == "one frame" else FRAMES)
        assert tracks.notes.get("people") == (2 if name in ("people", "frames last") else None)


def test_points_that_make_no_person_are_refused_in_one_line(tmp_path):
    np.save(tmp_path / "x.npy", np.random.default_rng(0).normal(size=(30, 17, 3)))
    with pytest.raises(FileError, match=r"make no person.*joint_map"):
        registry.read_motion(tmp_path / "x.npy")
    np.save(tmp_path / "x.npy", np.zeros((30, 19, 3)))
    with pytest.raises(FileError, match="no known convention has 19 points"):
        registry.read_motion(tmp_path / "x.npy")


def test_points_are_named_by_a_table_or_a_convention(tmp_path):
    joints = default_body().joints(Pose.identity(3, joints=22))[:, :22].numpy()
    order = np.random.default_rng(0).permutation(22)
    np.save(tmp_path / "x.npy", joints[:, order])
    place = {name: int(np.flatnonzero(order == index)[0]) for name, index in JOINT_INDEX.items() if index < 22}
    (tmp_path / "map.json").write_text(json.dumps(place))
    for table in (place, tmp_path / "map.json", str(tmp_path / "map.json")):
        clip = poseloom.load(tmp_path / "x.npy", joint_map=table)
        assert float(clip.pose.rotations.abs().max()) < 0.05
    with pytest.raises(PoseloomError, match=r"no convention 'smpl_42'.*did you mean"):
        poseloom.load(tmp_path / "x.npy", joint_map="smpl_42")
    with pytest.raises(PoseloomError, match="expected the number of a point, 0 to 21"):
        poseloom.load(tmp_path / "x.npy", joint_map={"neck": 22})


def humanml_vectors(joints):
    """Guo et al.'s numbers of joints (frames, 22, 3): root turn and step, height, places seen from the root."""
    across = joints[:, 1] - joints[:, 2]
    heading = np.arctan2(-across[:, 2], across[:, 0])
    into = rot.axis_to_rotmat(torch.from_numpy(-heading), "Y").numpy()
    vectors = np.zeros((len(joints), 263))
    vectors[:-1, 0] = np.diff(-heading) / 2
    steps = np.diff(joints[:, 0], axis=0)
    vectors[:-1, 1:3] = np.einsum("fij,fj->fi", into[1:], steps)[:, [0, 2]]
    vectors[:, 3] = joints[:, 0, 1]
    seen = joints[:, 1:] - joints[:, :1] * np.array([1, 0, 1])
    vectors[:, 4:67] = np.einsum("fij,fkj->fki", into, seen).reshape(len(joints), 63)
    return vectors


def test_humanml_vectors_give_the_joints_back(tmp_path):
    poses, place = motion()
    joints = default_body().joints(Pose(poses.float(), torch.from_numpy(place).float()))[:, :22].double().numpy()
    first = np.arctan2(-(joints[0, 1] - joints[0, 2])[2], (joints[0, 1] - joints[0, 2])[0])
    joints = (joints - joints[:1, :1] * np.array([1, 0, 1])) @ rot.axis_to_rotmat(torch.tensor(-first), "Y").numpy().T
    assert np.allclose(recovered_joints(humanml_vectors(joints), 22), joints, atol=1e-9)
    np.save(tmp_path / "x.npy", humanml_vectors(joints))
    tracks = registry.read_motion(tmp_path / "x.npy")
    assert tracks.fps == 20
    assert np.allclose(tracks.positions, joints, atol=1e-5)


def test_normalised_vectors_are_refused(tmp_path):
    np.save(tmp_path / "x.npy", np.random.default_rng(0).normal(size=(40, 263)))
    with pytest.raises(FileError, match=r"normalised: multiply by Std"):
        registry.read_motion(tmp_path / "x.npy")


def test_multi_hmr_2_is_fitted_to_the_points_of_its_skeleton(tmp_path):
    with np.load(CASES / "anny-points.npz") as stored:  # Anny 0.6.2, rig "default", two random poses before a camera
        points, bones = stored["points"], stored["bones"].tolist()
    people = [
        {"j3d": one, "rotvec": np.zeros((163, 3)), "transl": one[bones.index("head")], "shape": np.zeros(11)}
        for one in points
    ]
    limbs = {"shoulder": ("upperarm01", "lowerarm01"), "elbow": ("lowerarm01", "wrist")}
    limbs |= {"hip": ("upperleg01", "lowerleg01"), "knee": ("lowerleg01", "foot")}
    for person, true in enumerate(points @ CAMERA.T):
        clip = poseloom.load(saved_as("pt", people, tmp_path), person=person)
        assert clip.notes["format"] == "Multi-HMR 2, points in the camera's axes"
        found = default_body().joints(clip.pose).numpy()[0]
        for upper, lower in LIMBS:
            for side in ("left", "right"):
                a, b = (bones.index(f"{bone}.{side[0].upper()}") for bone in limbs[upper])
                seen, wanted = _direction(found, f"{side}_{upper}", f"{side}_{lower}"), true[b] - true[a]
                assert seen @ wanted / np.linalg.norm(wanted) > np.cos(np.radians(5))


def _direction(joints, start, end):
    bone = joints[JOINT_INDEX[end]] - joints[JOINT_INDEX[start]]
    return bone / np.linalg.norm(bone)


def test_rotations_of_another_skeleton_are_refused(tmp_path):
    person = {"rotvec": np.zeros((163, 3)), "transl": np.zeros(3), "transl_pelvis": np.zeros(3)}
    with pytest.raises(FileError, match="163"):
        poseloom.load(saved_as("pkl", [person], tmp_path))
