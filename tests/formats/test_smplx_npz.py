import numpy as np
import pytest
import torch
from sample_clips import same_rotations, sample_clip

from poseloom.base.errors import FileError, PoseloomError
from poseloom.formats.smpl_origin import REST_PELVIS
from poseloom.formats.smplx_npz import read_smplx_npz, write_smplx_npz
from poseloom.pose import rotations as rot


def parameters(frames: int = 3) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    widths = {"global_orient": 3, "body_pose": 63, "left_hand_pose": 45, "right_hand_pose": 45, "jaw_pose": 3}
    widths |= {"leye_pose": 3, "reye_pose": 3, "betas": 10, "transl": 3}
    return {name: rng.normal(size=(frames, width)) * 0.3 for name, width in widths.items()}


def read(tmp_path, arrays, **options):
    np.savez(tmp_path / "x.npz", **arrays)
    return read_smplx_npz(tmp_path / "x.npz", **options)


def test_all_parts_stand_in_our_order(tmp_path):
    arrays = parameters()
    pose = read(tmp_path, arrays).pose
    order = ("global_orient", "body_pose", "left_hand_pose", "right_hand_pose")
    assert np.allclose(pose.rotations.reshape(3, -1), np.concatenate([arrays[name] for name in order], 1), atol=1e-6)
    face = np.concatenate([arrays[name] for name in ("jaw_pose", "leye_pose", "reye_pose")], 1)
    assert np.allclose(pose.face.reshape(3, -1), face, atol=1e-6)
    assert np.allclose(pose.translation, arrays["transl"] + REST_PELVIS["smplx"], atol=1e-6)
    assert (pose.shape_model, tuple(pose.shape.shape)) == ("smplx", (3, 10))


def test_the_shape_of_the_arrays_does_not_matter(tmp_path):
    arrays = parameters()
    flat = read(tmp_path, arrays).pose
    by_joint = {name: arrays[name].reshape(3, -1, 3) for name in arrays if "pose" in name or "orient" in name}
    assert torch.equal(read(tmp_path, arrays | by_joint).pose.rotations, flat.rotations)
    matrices = {name: rot.to_matrix(torch.tensor(array)).numpy() for name, array in by_joint.items()}
    assert same_rotations(read(tmp_path, arrays | matrices).pose, flat)
    matrices["global_orient"] = matrices["global_orient"][:, 0]
    assert same_rotations(read(tmp_path, arrays | matrices).pose, flat)


def test_one_person_without_frames_becomes_a_clip_of_one_frame(tmp_path):
    arrays = parameters(1)
    pose = read(tmp_path, arrays).pose
    alone = {name: array[0] for name, array in arrays.items()}
    assert torch.equal(read(tmp_path, alone).pose.rotations, pose.rotations)
    alone["body_pose"] = alone["body_pose"].reshape(21, 3)
    assert torch.equal(read(tmp_path, alone).pose.rotations, pose.rotations)


def test_smpl_bodies_lose_their_two_hand_joints_with_a_note(tmp_path):
    clip = read(tmp_path, {"body_pose": np.ones((2, 69)), "betas": np.zeros(10)})
    assert (clip.pose.joints, clip.pose.shape_model) == (22, "smpl")
    assert "hand joints" in clip.notes["dropped"]


def test_z_up_is_turned_when_told(tmp_path):
    arrays = parameters()
    still, turned = read(tmp_path, arrays), read(tmp_path, arrays, up="Z")
    x, y, z = still.pose.translation.unbind(1)
    aside, _, ahead = REST_PELVIS["smplx"]  # with Z up the body's origin is moved to the pelvis in no other direction
    plain = torch.stack([x - aside, z - ahead, -(y - REST_PELVIS["smplx"][1])], 1)
    assert torch.allclose(turned.pose.translation, plain, atol=1e-6)
    with pytest.raises(PoseloomError, match="expected one of y, z, -y"):
        read(tmp_path, arrays, up="w")


@pytest.mark.parametrize("width", [6, 12])
def test_pca_hands_are_refused_with_a_remedy(tmp_path, width):
    arrays = parameters() | {"left_hand_pose": np.zeros((3, width))}
    with pytest.raises(FileError, match=rf"left_hand_pose: has {width} numbers a frame, expected 45; .*use_pca=False"):
        read(tmp_path, arrays)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"body_pose": np.zeros((3, 60))}, "body_pose: has 60 numbers a frame, expected 63 or 69"),
        ({"body_pose": np.zeros((0, 63))}, "body_pose: holds no frames"),
        ({"body_pose": np.full((3, 63), np.nan)}, "body_pose: NaN or infinity in frame 0"),
        ({"body_pose": np.zeros((3, 21, 3, 3))}, "body_pose: frame 0 is no rotation matrix"),
        ({"body_pose": np.zeros((3, 20, 3, 3))}, "body_pose: has 20 joints"),
        ({"body_pose": np.array(1.0)}, "body_pose: has shape"),
        ({"jaw_pose": np.zeros((2, 3))}, "jaw_pose: holds 2 frames where body_pose holds 3"),
        ({"transl": np.zeros((3, 2))}, "transl: has shape"),
        ({"betas": np.zeros((3, 500))}, "betas: has 500 coefficients"),
    ],
)
def test_a_bad_array_is_named(tmp_path, changes, message):
    with pytest.raises(FileError, match=message):
        read(tmp_path, parameters() | changes)


@pytest.mark.parametrize("joints", [22, 52])
def test_what_is_written_is_read_back(tmp_path, joints):
    clip = sample_clip(joints=joints)
    write_smplx_npz(clip, tmp_path / "x.npz")
    back = read_smplx_npz(tmp_path / "x.npz")
    for field in ("rotations", "translation", "shape", "face"):
        assert torch.allclose(getattr(clip.pose, field), getattr(back.pose, field), atol=1e-6)
    assert (back.fps, back.notes["gender"]) == (25.0, "female")
