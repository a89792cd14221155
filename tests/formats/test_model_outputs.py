"""What estimators and generators write: re-made in the layout of each project, one motion in all of them."""

import json
import pickle

import numpy as np
import pytest
import torch
from model_output_files import (
    CASES,
    FRAMES,
    LAYOUTS,
    LIMBS,
    in_camera,
    matrices,
    mdm_parameters,
    motion,
    phalp,
    rows_6d,
    same,
    saved_as,
    smpl_72,
    smplify_x,
    trace,
    wham,
)

import poseloom
from poseloom.base.errors import FileError, PoseloomError
from poseloom.body import default_body
from poseloom.formats import registry
from poseloom.formats.axes import TO_Y_UP, nearest_axis, up_axis
from poseloom.formats.model_outputs.layouts import layouts
from poseloom.formats.model_outputs.points import _names_of, convention_names
from poseloom.formats.reading_options import ReadingOptions
from poseloom.pose import Clip, Pose, keypoints
from poseloom.pose.joints import JOINT_INDEX


@pytest.mark.parametrize("container", ["pkl", "pt", "npy", "joblib"])
@pytest.mark.parametrize("project", LAYOUTS)
def test_the_same_motion_out_of_every_layout_and_container(tmp_path, project, container):
    poses, place = motion()
    clip = poseloom.load(saved_as(container, LAYOUTS[project](poses, place), tmp_path))
    assert len(clip) == FRAMES
    assert same(clip, poses)
    assert project in clip.notes["format"]
    assert "upside_down" not in clip.notes


@pytest.mark.parametrize("project", ["ROMP", "TRACE", "TRAM", "SLAHMR", "EDGE"])
def test_npz_of_projects_that_write_it(tmp_path, project):
    poses, place = motion()
    content = LAYOUTS[project](poses, place)
    content = {name: np.asarray(value) for name, value in content.items()}
    clip = poseloom.load(saved_as("npz", content, tmp_path))
    assert same(clip, poses)
    assert project in clip.notes["format"]


def test_json_holds_what_the_other_containers_hold(tmp_path):
    poses, place = motion()
    whole = smpl_72(poses)
    (tmp_path / "a.json").write_text(json.dumps({"poses": whole.tolist(), "trans": place.tolist(), "fps": 25}))
    clip = poseloom.load(tmp_path / "a.json")
    assert same(clip, poses) and clip.fps == 25
    seen = {"id": 0, "Rh": [whole[0, :3].tolist()], "Th": [place[0].tolist()], "poses": [[0, 0, 0, *whole[0, 3:]]]}
    for content in ([seen], {"annots": [seen]}):
        (tmp_path / "b.json").write_text(json.dumps(content))
        assert same(poseloom.load(tmp_path / "b.json"), poses[:1])
    (tmp_path / "c.json").write_text('{"people": 3}')
    with pytest.raises(FileError, match=r"holds people: no known motion; expected poses"):
        poseloom.load(tmp_path / "c.json")


def test_records_of_one_pose_each_are_frames(tmp_path):
    poses, place = motion()
    rows = [{"pose": pose, "trans": where} for pose, where in zip(smpl_72(poses), place, strict=True)]
    for content in (rows, dict(enumerate(rows)), {f"{index:06d}.png": row for index, row in enumerate(rows)}):
        clip = poseloom.load(saved_as("pkl", content, tmp_path))
        assert same(clip, poses)
        assert np.allclose(np.diff(clip.pose.translation, axis=0), np.diff(place, axis=0), atol=1e-5)


@pytest.mark.parametrize("encode", [matrices, rows_6d, lambda poses: smpl_72(poses).reshape(FRAMES, 24, 3)])
def test_bare_arrays_of_rotations_by_joint(tmp_path, encode):
    poses, _ = motion()
    np.save(tmp_path / "x.npy", encode(poses))
    assert same(poseloom.load(tmp_path / "x.npy"), poses)


def test_a_single_pose_as_a_vector(tmp_path):
    poses, _ = motion()
    np.save(tmp_path / "x.npy", smpl_72(poses)[0])
    assert same(poseloom.load(tmp_path / "x.npy"), poses[:1])


def test_hands_by_coefficients_are_left_out_and_the_body_is_read(tmp_path):
    poses, place = motion()
    clip = poseloom.load(saved_as("pkl", smplify_x(poses, place), tmp_path))
    assert clip.pose.joints == 22
    assert "hands: told by PCA coefficients, which need the licensed model: left out" in clip.notes["remarks"]


def test_frames_are_the_axis_along_which_a_motion_goes_on(tmp_path):
    turning = Pose(
        torch.zeros(9, 22, 3).index_put((torch.arange(9), torch.tensor(16), torch.tensor(2)), torch.linspace(0, 1, 9))
    )
    people = default_body().joints(turning)[:, :22].numpy()
    others = people + np.array([1.0, 0, 0])
    for array in (np.stack([people, others]), np.stack([people, others], 1)):
        np.save(tmp_path / "x.npy", array)
        tracks = registry.read_motion(tmp_path / "x.npy", options=ReadingOptions(up="y"))
        assert len(tracks) == 9 and tracks.notes["people"] == 2


def test_a_place_before_the_camera_becomes_one_before_us(tmp_path):
    poses, place = motion()
    clip = poseloom.load(saved_as("pkl", mdm_parameters(poses, place), tmp_path))
    assert np.allclose(clip.pose.translation, place, atol=1e-6)
    assert clip.fps == 20
    track = poseloom.load(saved_as("pkl", trace(poses, place), tmp_path))
    steps = np.diff(track.pose.translation.numpy(), axis=0)
    assert np.allclose(steps, np.diff(place, axis=0), atol=1e-5)


def test_the_longest_of_several_people_is_read_and_others_by_name_or_number(tmp_path):
    poses, place = motion()
    path = saved_as("pkl", wham(poses, place), tmp_path)
    assert len(poseloom.load(path)) == FRAMES
    assert poseloom.load(path).notes["people"] == 2
    assert poseloom.load(path).notes["person"] == "4"
    assert len(poseloom.load(path, person=0)) == 2
    assert len(poseloom.load(path, person="4")) == FRAMES
    assert len(poseloom.load(path, person=1)) == FRAMES  # no name, so the second
    with pytest.raises(PoseloomError, match=r"no person 5; there are: 0, 4"):
        poseloom.load(path, person=5)


def test_a_person_who_is_lost_for_a_while_keeps_the_other_frames(tmp_path):
    poses, place = motion()
    path = saved_as("pkl", phalp(poses, place), tmp_path)
    assert len(poseloom.load(path, person="9")) == FRAMES - 1
    assert len(poseloom.load(path, person="2")) == FRAMES


def field_case(name, **options):
    clip = poseloom.load(CASES / name, **options)
    joints = default_body().joints(clip.pose).numpy()
    angle, pelvis = 0.0, 0.0
    for frame, truth in enumerate(json.loads((CASES / "truth.json").read_text())["frames"]):
        for side in ("left", "right"):
            for upper, lower in LIMBS:
                a = np.subtract(truth[side[0] + lower], truth[side[0] + upper])
                b = joints[frame, JOINT_INDEX[f"{side}_{lower}"]] - joints[frame, JOINT_INDEX[f"{side}_{upper}"]]
                cosine = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
                angle = max(angle, float(np.degrees(np.arccos(np.clip(cosine, -1, 1)))))
        if clip.pose.translation is not None:
            pelvis = max(pelvis, float(np.abs(joints[frame, 0] - truth["hips"]).max()))
    return clip, angle, pelvis


@pytest.mark.parametrize(
    ("name", "options", "title"),
    [
        ("27-camera-convention-y-down.npz", {"up": "-y"}, "SMPL-X parameters"),
        ("29-smpl_poses-smpl_trans.npz", {}, "AIST++"),
        ("30-poses-by-joint.npz", {}, "AMASS (SMPL-H)"),
        ("31-pose-not-poses.npz", {}, "poses of SMPL"),
        ("32-stageii-object-arrays.npz", {}, "AMASS (SMPL-X)"),
        ("33-joints-22.npy", {}, "joint positions"),
        ("35-smpl_poses-scaled.pkl", {}, "AIST++"),
        ("37-smpl_params_global.pt", {}, "GVHMR, in its world"),
        ("38-motion-322.npy", {}, "Motion-X, 322 numbers a frame"),
    ],
)
def test_files_of_users_show_the_pose_that_they_hold(name, options, title):
    clip, angle, pelvis = field_case(name, **options)
    assert clip.notes["format"] == title
    assert clip.fps == 30
    assert angle < 8
    assert pelvis < 0.01


def test_a_camera_file_is_noted_to_be_upside_down():
    assert "up=-y" in field_case("27-camera-convention-y-down.npz")[0].notes["upside_down"]


def test_an_unknown_layout_lists_what_is_there_and_what_is_expected(tmp_path):
    path = tmp_path / "x.pkl"
    path.write_bytes(pickle.dumps({"weights": np.zeros(3), "epoch": 7, **{f"layer{i}": 0 for i in range(40)}}))
    with pytest.raises(FileError, match=r"holds weights, epoch, .*expected poses") as error:
        poseloom.load(path)
    assert len(str(error.value)) < 500
    torch.save({"state_dict": {"a.weight": torch.zeros(2)}}, tmp_path / "x.pt")
    with pytest.raises(FileError, match=r"holds state_dict with a\.weight"):
        poseloom.load(tmp_path / "x.pt")


def test_numpy_arrays_and_parts_of_larger_tensors_in_torch_files(tmp_path):
    poses, place = motion()
    large = torch.from_numpy(smpl_72(poses)).repeat(3, 1)
    content = {"pose": large[FRAMES : 2 * FRAMES], "trans": place, "names": ["a"], "half": torch.ones(2).half()}
    torch.save(content, tmp_path / "x.pt")
    assert same(poseloom.load(tmp_path / "x.pt"), poses)
    torch.save({"pose": torch.from_numpy(smpl_72(poses))}, tmp_path / "old.pt", _use_new_zipfile_serialization=False)
    assert same(poseloom.load(tmp_path / "old.pt"), poses)


@pytest.mark.parametrize("encoding", ["axis-angle", "by joint", "6D", "matrices", "a batch of one"])
@pytest.mark.parametrize("container", ["npz", "pkl"])
@pytest.mark.parametrize("parts", [False, True])
def test_rotations_in_any_encoding(tmp_path, encoding, container, parts):
    poses, place = motion()
    whole = {
        "axis-angle": smpl_72(poses),
        "by joint": smpl_72(poses).reshape(FRAMES, 24, 3),
        "6D": rows_6d(poses),
        "matrices": matrices(poses),
        "a batch of one": smpl_72(poses)[None],
    }[encoding]
    content = {"poses": whole, "trans": place}
    if parts:
        flat = encoding in ("axis-angle", "a batch of one")
        root, body = (whole[..., :3], whole[..., 3:]) if flat else (whole[:, :1], whole[:, 1:])
        content = {"global_orient": root, "body_pose": body, "transl": place}
    up = "y" if container == "npz" and not parts else None
    clip = poseloom.load(saved_as(container, content, tmp_path), up=up)
    assert same(clip, poses)
    assert len(clip) == FRAMES


def test_hmr2_by_image(tmp_path):
    turned = matrices(in_camera(motion()[0]))
    parameters = {"global_orient": turned[:, :1], "body_pose": turned[:, 1:], "betas": np.zeros((FRAMES, 10))}
    clip = poseloom.load(saved_as("pt", {"pred_smpl_params": parameters, "pred_cam_t": np.ones((6, 3))}, tmp_path))
    assert same(clip, motion()[0])


def test_rates_and_units_that_the_user_tells(tmp_path):
    poses, place = motion()
    path = saved_as("npz", {"pose": smpl_72(poses), "trans": 100 * (place + np.array([0, 0.4, 0]))}, tmp_path)
    clip = poseloom.load(path, fps=60, unit="cm")
    assert clip.fps == 60
    assert "fps" not in clip.notes
    assert np.allclose(np.diff(clip.pose.translation.numpy(), axis=0), np.diff(place, axis=0), atol=1e-5)
    with pytest.raises(PoseloomError, match="unit: expected m, dm, cm"):
        poseloom.load(path, unit="furlong")
    with pytest.raises(PoseloomError, match="up: expected one of x, y, z"):
        poseloom.load(path, up="q")
    with pytest.raises(PoseloomError, match="holds one person"):
        poseloom.load(_json(tmp_path), person=1)


def _json(folder):
    registry.write(Clip(Pose.identity(2, joints=22)), folder / "x.json")
    return folder / "x.json"


def test_axes_are_rotations_that_bring_their_axis_up():
    for name, matrix in TO_Y_UP.items():
        axis = np.zeros(3)
        axis["xyz".index(name[-1])] = -1 if name.startswith("-") else 1
        assert np.allclose(np.array(matrix) @ axis, [0, 1, 0])
        assert np.isclose(np.linalg.det(np.array(matrix)), 1)
        assert nearest_axis(axis + 0.1) == name
    assert up_axis(" +Z ") == "z"
    assert nearest_axis(np.ones(3)) is None


def test_every_name_in_the_tables_is_known():
    assert {name for layout in layouts().layouts for name in [layout.points] if name} <= set(convention_names())
    known = {name for convention in keypoints.conventions() for name in keypoints.names(convention)}
    for convention in ("mediapipe_33", "kinect_25", "kit_21", "mhr_70", "anny_163"):
        names = [name for name in _names_of(convention) if name]
        assert len(set(names)) == len(names)
        assert set(names) <= known
