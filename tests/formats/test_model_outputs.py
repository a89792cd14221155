"""What estimators and generators write: re-made in the layout of each project, one motion in all of them."""

import json
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import poseloom
from poseloom.base.errors import FileError, PoseloomError
from poseloom.body import default_body
from poseloom.formats import registry
from poseloom.formats.axes import TO_Y_UP, nearest_axis, up_axis
from poseloom.formats.model_outputs.layouts import layouts
from poseloom.formats.model_outputs.points import convention_names, misfit, points_to_tracks
from poseloom.formats.model_outputs.vectors import recovered_joints
from poseloom.formats.reading_options import ReadingOptions
from poseloom.pose import Clip, Pose, keypoints
from poseloom.pose import rotations as rot
from poseloom.pose.joints import JOINT_INDEX
from poseloom.pose.sampler import sample

CASES = Path(__file__).parent / "model_files"
LIMBS = (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))
FRAMES = 6
CAMERA = np.array(TO_Y_UP["-y"])


def motion(seed=3):
    """Poses, and where the pelvis is."""
    poses = sample(FRAMES, seed=seed).body().rotations.double()
    place = np.stack([np.linspace(0, 0.3, FRAMES), np.full(FRAMES, 0.5), np.linspace(2, 2.5, FRAMES)], 1)
    return poses, place


def smpl_72(poses):
    return np.concatenate([poses.numpy().reshape(FRAMES, -1), np.zeros((FRAMES, 6))], 1)


def in_camera(poses):
    """The same poses in a camera's axes: y down, z away."""
    turned = poses.clone()
    turned[:, 0] = rot.rotmat_to_rotvec(torch.from_numpy(CAMERA) @ rot.rotvec_to_rotmat(poses[:, 0]))
    return turned


def matrices(poses, joints=24):
    both = torch.cat([poses, poses.new_zeros(FRAMES, joints - 22, 3)], 1)
    return rot.rotvec_to_rotmat(both).numpy()


def rows_6d(poses):
    return matrices(poses)[..., :2, :].reshape(FRAMES, 24, 6)


def same(clip, poses):
    return (
        float((rot.rotvec_to_rotmat(clip.pose.body().rotations) - rot.rotvec_to_rotmat(poses).float()).abs().max())
        < 1e-4
    )


def wham(poses, place):
    person = {"pose_world": smpl_72(poses), "trans_world": place, "pose": smpl_72(in_camera(poses)), "trans": place}
    short = {name: array[:2] for name, array in person.items()}
    return {0: short, 4: {**person, "betas": np.zeros((FRAMES, 10)), "verts": np.zeros((FRAMES, 5, 3))}}


def vibe(poses, _):
    return {7: {"pred_cam": np.ones((FRAMES, 3)), "pose": smpl_72(in_camera(poses)), "betas": np.zeros((FRAMES, 10))}}


def phalp(poses, place):
    turned = matrices(in_camera(poses))
    frames = {}
    for index in range(FRAMES):
        one = {
            "global_orient": turned[index, :1].astype(np.float32),
            "body_pose": turned[index, 1:].astype(np.float32),
            "betas": np.zeros(10, np.float32),
        }
        other = {name: np.broadcast_to(np.eye(3, dtype=np.float32), x.shape) for name, x in one.items() if x.ndim > 1}
        nobody = index == 2
        frames[f"demo/{index:06d}.jpg"] = {
            "time": index,
            "tid": [2] if nobody else [9, 2],
            "smpl": [one] if nobody else [other, one],
            "camera": [place[index] @ CAMERA] * (1 if nobody else 2),
        }
    return frames


def romp(poses, place):
    thetas = smpl_72(in_camera(poses))
    frames = {
        f"{index:03d}.png": {"smpl_thetas": thetas[index : index + 1], "cam_trans": place[index : index + 1] @ CAMERA}
        for index in range(FRAMES)
    }
    return {"results": np.array(frames, dtype=object)}


def trace(poses, place):
    turned = smpl_72(in_camera(poses))
    body = np.concatenate([np.zeros((FRAMES, 3)), turned[:, 3:]], 1)
    interleaved = {
        "smpl_thetas": np.repeat(body, 2, 0),
        "world_global_rots": np.repeat(turned[:, :3], 2, 0),
        "world_trans": np.repeat(place @ CAMERA, 2, 0),
        "track_ids": np.tile([3, 5], FRAMES),
    }
    return {"outputs": np.array(interleaved, dtype=object)}


def tram(poses, place):
    return {
        "pred_rotmat": torch.from_numpy(matrices(in_camera(poses))),
        "pred_trans": torch.from_numpy(place @ CAMERA)[:, None],
        "pred_shape": torch.zeros(FRAMES, 10),
        "frame": torch.arange(FRAMES),
    }


def slahmr(poses, place):
    turned = in_camera(poses).numpy()
    one = {"root_orient": turned[:, 0], "pose_body": turned[:, 1:].reshape(FRAMES, 63), "trans": place @ CAMERA}
    return {name: np.stack([array, array]) for name, array in one.items()} | {"cam_R": np.zeros((2, FRAMES, 3, 3))}


def mdm_parameters(poses, place):
    thetas = rows_6d(poses).transpose(1, 2, 0)
    return {"motion": np.zeros((25, 6, FRAMES)), "thetas": thetas, "root_translation": place.T, "text": "walks"}


def edge(poses, place):
    z_up = np.array(TO_Y_UP["z"])
    turned = poses.clone()
    turned[:, 0] = rot.rotmat_to_rotvec(torch.from_numpy(z_up.T) @ rot.rotvec_to_rotmat(poses[:, 0]))
    return {"smpl_poses": smpl_72(turned), "smpl_trans": place @ z_up, "full_pose": np.zeros((FRAMES, 24, 3))}


def emdb(poses, place):
    whole = smpl_72(poses)
    smpl = {"poses_root": whole[:, :3], "poses_body": whole[:, 3:], "trans": place, "betas": np.zeros(10)}
    return {"name": "a", "smpl": smpl, "camera": {"width": 640}}


def threedpw(poses, place):
    whole = smpl_72(poses)
    return {"poses": [whole[:2], whole], "trans": [place[:2], place], "cam_poses": np.zeros((FRAMES, 4, 4))}


def hybrik(poses, place):
    rows = matrices(in_camera(poses)).reshape(FRAMES, 1, -1)
    return {
        "pred_thetas_mat": list(rows),
        "transl": list((place @ CAMERA)[:, None]),
        "pred_uvd": np.zeros((FRAMES, 29)),
    }


def cliff(poses, place):
    return {"pose": smpl_72(in_camera(poses)), "shape": np.zeros((FRAMES, 10)), "global_t": place @ CAMERA}


def smplify_x(poses, _):
    whole = smpl_72(in_camera(poses))
    body = {"global_orient": whole[:, :3], "body_pose": whole[:, 3:66], "left_hand_pose": np.zeros((FRAMES, 12))}
    return {"camera_translation": np.zeros((FRAMES, 3)), "betas": np.zeros((1, 10)), **body}


LAYOUTS = {
    "WHAM": wham,
    "VIBE": vibe,
    "4D-Humans": phalp,
    "ROMP": romp,
    "TRACE": trace,
    "TRAM": tram,
    "SLAHMR": slahmr,
    "MDM": mdm_parameters,
    "EDGE": edge,
    "EMDB": emdb,
    "3DPW": threedpw,
    "HybrIK": hybrik,
    "CLIFF": cliff,
    "SMPLify-X": smplify_x,
}


def saved_as(container, content, folder):
    path = folder / f"x.{container}"
    if container == "pkl":
        path.write_bytes(pickle.dumps(content))
    elif container == "pt":
        torch.save(_tensors(content), path)
    elif container == "npy":
        np.save(path, np.array(content, dtype=object), allow_pickle=True)
    elif container == "npz":
        np.savez(path, **content)
    else:
        pytest.importorskip("joblib").dump(content, path, compress=3)
    return path


def _tensors(value):
    if isinstance(value, dict):
        return {key: _tensors(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_tensors(item) for item in value]
    if isinstance(value, np.ndarray) and value.dtype != object:
        return torch.from_numpy(np.ascontiguousarray(value))
    return _tensors(value.item()) if isinstance(value, np.ndarray) else value


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


class _Attack:
    def __reduce__(self):
        return (os.system, ("echo executed",))


@pytest.mark.parametrize("container", ["pkl", "pt", "npy", "joblib"])
def test_nothing_in_a_file_runs(tmp_path, container, capfd):
    with pytest.raises(FileError):
        poseloom.load(saved_as(container, {"poses": _Attack(), "trans": np.zeros((2, 3))}, tmp_path))
    assert "executed" not in capfd.readouterr().out


def test_a_compressed_pickle_is_measured_while_it_is_unpacked(tmp_path):
    import zlib

    path = tmp_path / "x.pkl"
    path.write_bytes(zlib.compress(bytes(200 << 20), 9))
    with pytest.raises(FileError, match="to more than"):
        poseloom.load(path)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    project=st.sampled_from(["WHAM", "4D-Humans", "TRACE", "TRAM"]),
    container=st.sampled_from(["pkl", "joblib", "npy", "pt"]),
    place=st.floats(0, 0.999),
    byte=st.integers(0, 255),
    cut=st.booleans(),
)
def test_damaged_files_are_read_or_refused(tmp_path, project, container, place, byte, cut):
    path = saved_as(container, LAYOUTS[project](*motion()), tmp_path)
    data = bytearray(path.read_bytes())
    index = int(place * len(data))
    data[index] = byte
    path.write_bytes(bytes(data[:index] if cut else data))
    try:
        clip = registry.read_motion(path)
    except PoseloomError as error:
        assert len(str(error)) < 700
        assert "\n" not in str(error)
    else:
        assert isinstance(clip, Clip)


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
    for convention in ("mediapipe_33", "kinect_25", "kit_21", "mhr_70"):
        names = [name for name in poseloom_points(convention) if name]
        assert len(set(names)) == len(names)
        assert set(names) <= known
