import numpy as np
import pytest
import torch
from sample_clips import amass_arrays, same_rotations, sample_clip

from poseloom.base.errors import FileError
from poseloom.formats.amass import read_amass, write_amass, write_amass_smplx
from poseloom.pose import rotations as rot


def saved(tmp_path, arrays, **changes):
    kept = {name: value for name, value in {**arrays, **changes}.items() if value is not None}
    np.savez(tmp_path / "walk_poses.npz", **kept)
    return tmp_path / "walk_poses.npz"


def test_smplh_is_turned_from_z_up_to_y_up(tmp_path):
    arrays = amass_arrays()
    clip = read_amass(saved(tmp_path, arrays))
    assert (clip.name, clip.fps, clip.pose.joints, clip.notes["gender"]) == ("walk_poses", 120, 52, "male")
    x, y, z = arrays["trans"].T
    assert np.allclose(clip.pose.translation, np.stack([x, z, -y], 1), atol=1e-6)
    world = rot.about_axis(torch.tensor(-torch.pi / 2), "X")
    root = rot.to_matrix(torch.tensor(arrays["poses"][:, :3], dtype=torch.float32))
    assert torch.allclose(rot.to_matrix(clip.pose.rotations[:, 0]), world @ root, atol=1e-5)
    assert np.allclose(clip.pose.rotations[:, 1:].reshape(4, -1), arrays["poses"][:, 3:], atol=1e-6)
    assert clip.pose.shape_model == "smplh"
    assert np.allclose(clip.pose.shape, np.tile(arrays["betas"], (4, 1)), atol=1e-6)


def test_a_person_standing_upright_in_amass_stands_upright_here(tmp_path):
    """In the zero pose an SMPL body lies along +Y; AMASS raises it to +Z by a quarter turn about x."""
    poses = np.zeros((1, 156))
    poses[0, 0] = np.pi / 2
    clip = read_amass(saved(tmp_path, amass_arrays(), poses=poses, trans=np.array([[0, 0, 1.0]])))
    assert clip.pose.rotations.abs().max() < 1e-6
    assert np.allclose(clip.pose.translation, [[0, 1, 0]])


def test_smplx_joints_are_sorted_and_the_face_is_kept_apart(tmp_path):
    arrays = amass_arrays(width=165)
    joints = arrays["poses"].reshape(4, 55, 3)
    clip = read_amass(saved(tmp_path, arrays, mocap_framerate=None, mocap_frame_rate=60.0))
    assert clip.fps == 60
    assert clip.pose.shape_model == "smplx"
    assert np.allclose(clip.pose.face, joints[:, 22:25], atol=1e-6)
    assert np.allclose(clip.pose.rotations[:, 1:22], joints[:, 1:22], atol=1e-6)
    assert np.allclose(clip.pose.rotations[:, 22:], joints[:, 25:], atol=1e-6)


def test_smplx_in_parts_equals_smplx_whole(tmp_path):
    arrays = amass_arrays(width=165)
    whole = read_amass(saved(tmp_path, arrays))
    poses = arrays.pop("poses")
    parts = {
        "root_orient": poses[:, :3],
        "pose_body": poses[:, 3:66],
        "pose_jaw": poses[:, 66:69],
        "pose_eye": poses[:, 69:75],
        "pose_hand": poses[:, 75:],
    }
    apart = read_amass(saved(tmp_path, {**arrays, **parts}, surface_model_type=np.array("smplx")))
    assert torch.equal(whole.pose.rotations, apart.pose.rotations)
    assert torch.equal(whole.pose.face, apart.pose.face)
    body = {name: parts[name] for name in ("root_orient", "pose_body")}
    only_body = read_amass(saved(tmp_path, {**arrays, **body}))
    assert torch.equal(only_body.pose.rotations, whole.pose.rotations[:, :22])
    assert only_body.pose.face is None


@pytest.mark.parametrize(("width", "joints", "model"), [(66, 22, "smplh"), (72, 22, "smpl")])
def test_body_only_variants_are_read(tmp_path, width, joints, model):
    clip = read_amass(saved(tmp_path, amass_arrays(width=width)))
    assert (clip.pose.joints, clip.pose.shape_model) == (joints, model)


@pytest.mark.parametrize("gender", [np.array(b"male"), np.array("male", dtype=object), np.array(["male"])])
def test_gender_is_read_however_it_is_stored(tmp_path, gender):
    assert read_amass(saved(tmp_path, amass_arrays(), gender=gender)).notes["gender"] == "male"


def test_gender_with_a_payload_is_refused(tmp_path):
    class Payload:
        def __reduce__(self):
            return print, ("executed",)

    path = saved(tmp_path, amass_arrays(), gender=np.array(Payload(), dtype=object))
    with pytest.raises(FileError, match=r"gender: refused.*builtins\.print"):
        read_amass(path)


def test_a_missing_frame_rate_is_assumed_and_noted(tmp_path):
    clip = read_amass(saved(tmp_path, amass_arrays(), mocap_framerate=None))
    assert clip.fps == 30
    assert "assumed" in clip.notes["fps"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"poses": np.zeros((0, 156))}, "poses: holds no frames"),
        ({"poses": np.zeros((4, 150))}, r"poses: has 150 numbers a frame \(50 joints\), expected 66, 72, 156 or 165"),
        ({"poses": np.zeros(156)}, r"poses: has shape \(156,\)"),
        ({"poses": np.full((4, 156), "x")}, "poses: holds <U1 values"),
        ({"poses": None}, "root_orient: is missing"),
        ({"poses": np.full((4, 156), 1e30)}, r"poses: 1e\+30 in frame 0 is absurd"),
        ({"trans": np.zeros((3, 3))}, "trans: holds 3 frames where poses holds 4"),
        ({"trans": np.array([[0, 0, 0], [0, 0, 0], [0, np.nan, 0], [0, 0, 0]])}, "trans: NaN or infinity in frame 2"),
        ({"betas": np.full(16, np.inf)}, "betas: NaN or infinity"),
        ({"betas": np.zeros((3, 16))}, "betas: has 3 rows for 4 frames"),
        ({"mocap_framerate": np.array(0.0)}, "mocap_framerate: 0 frames a second"),
        ({"mocap_framerate": np.array(np.nan)}, "mocap_framerate: nan frames a second"),
        ({"mocap_framerate": np.zeros(3)}, "mocap_framerate: .*expected one number"),
    ],
)
def test_a_bad_array_is_named(tmp_path, changes, message):
    with pytest.raises(FileError, match=message):
        read_amass(saved(tmp_path, amass_arrays(), **changes))


def test_pca_hands_are_refused_with_a_remedy(tmp_path):
    parts = {"root_orient": np.zeros((4, 3)), "pose_body": np.zeros((4, 63)), "pose_hand": np.zeros((4, 24))}
    with pytest.raises(FileError, match=r"pose_hand: .*PCA"):
        read_amass(saved(tmp_path, amass_arrays(), poses=None, **parts))


@pytest.mark.parametrize("write", [write_amass, write_amass_smplx])
@pytest.mark.parametrize("joints", [22, 52])
def test_what_is_written_is_read_back(tmp_path, write, joints):
    clip = sample_clip(joints=joints)
    write(clip, tmp_path / "x.npz")
    back = read_amass(tmp_path / "x.npz")
    assert same_rotations(clip.pose.with_hands(), back.pose)
    assert torch.allclose(clip.pose.translation, back.pose.translation, atol=1e-6)
    assert torch.allclose(clip.pose.shape, back.pose.shape, atol=1e-6)
    assert (back.fps, back.notes["gender"]) == (25.0, "female")
    if write is write_amass_smplx:
        assert torch.allclose(clip.pose.face, back.pose.face)


def test_writing_does_not_change_the_clip(tmp_path):
    clip = sample_clip()
    before = clip.pose.rotations.clone()
    write_amass(clip, tmp_path / "x.npz")
    assert torch.equal(before, clip.pose.rotations)


def test_the_written_file_has_the_published_keys_and_shapes(tmp_path):
    write_amass(sample_clip(full=False, joints=22), tmp_path / "x.npz")
    arrays = np.load(tmp_path / "x.npz")
    shapes = {name: arrays[name].shape for name in arrays}
    assert shapes == {
        "poses": (5, 156),
        "trans": (5, 3),
        "rest_pelvis": (3,),
        "betas": (16,),
        "dmpls": (5, 8),
        "gender": (),
        "mocap_framerate": (),
    }
