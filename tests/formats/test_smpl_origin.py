"""SMPL bodies stand on the floor where ours does: with a body whose rest pelvis is 0.22 m below its origin."""

import numpy as np
import pytest
import torch

import poseloom
from poseloom.body import default_body
from poseloom.body.smpl import SmplBody
from poseloom.formats.axes import TO_Y_UP
from poseloom.formats.smpl_origin import REST_PELVIS, pelvis_translation
from poseloom.pose import Clip, Pose
from poseloom.pose import rotations as rot
from poseloom.pose.sampler import sample
from smpl_standins import write_smplh

LOW = np.array([0.0, -0.22, 0.0])


@pytest.fixture(scope="module")
def smpl(tmp_path_factory):
    return SmplBody.load(write_smplh(tmp_path_factory.mktemp("bodies") / "model.npz"))


def standing():
    """Poses of people whose lowest point is on the floor, walking along."""
    poses = sample(4, seed=0, kinds=["standing"]).body()
    body = default_body()
    lowest = body.mesh(Pose(poses.rotations)).vertices[..., 1].amin(-1)
    place = torch.stack([torch.linspace(0, 1, 4), -lowest, torch.linspace(1, 2, 4)], -1)
    return Clip(Pose(poses.rotations, place))


def on_smpl(smpl, path, up):
    """Lowest vertex in every frame, and the joints, of a written file on an SMPL body, turned to Y up."""
    with np.load(path) as arrays:
        if "poses" in arrays:
            rotations, trans = arrays["poses"][:, :66].reshape(-1, 22, 3), arrays["trans"]
        else:
            body = arrays["body_pose"].reshape(-1, 21, 3)
            rotations, trans = np.concatenate([arrays["global_orient"][:, None], body], 1), arrays["transl"]
    pose = Pose(torch.from_numpy(rotations), torch.from_numpy(trans))
    turn = torch.tensor(TO_Y_UP[up])
    return (smpl.mesh(pose).vertices @ turn.T)[..., 1].amin(-1), smpl.joints(pose)[:, :22] @ turn.T


@pytest.mark.parametrize(("format", "up"), [("amass", "z"), ("amass-smplx", "z"), ("smplx", "y")])
def test_a_file_written_for_a_body_stands_where_ours_stands(smpl, tmp_path, format, up):
    clip = standing()
    poseloom.save(clip, tmp_path / "x.npz", format, body=smpl)
    lowest, joints = on_smpl(smpl, tmp_path / "x.npz", up)
    assert torch.allclose(joints, default_body().joints(clip.pose)[:, :22], atol=2e-3)
    assert lowest.abs().max() < 0.01
    back = poseloom.load(tmp_path / "x.npz")
    assert torch.allclose(back.pose.translation, clip.pose.translation, atol=1e-5)


def test_without_a_body_the_average_ones_rest_pelvis_is_taken(smpl, tmp_path):
    clip = standing()
    poseloom.save(clip, tmp_path / "x.npz", "amass")
    lowest, _ = on_smpl(smpl, tmp_path / "x.npz", "z")
    assert lowest.abs().max() < 0.04
    with np.load(tmp_path / "x.npz") as arrays:
        assert np.allclose(arrays["rest_pelvis"], REST_PELVIS["smplh"])


@pytest.mark.parametrize("height", [1.0, 0.93])
def test_a_file_of_a_true_smpl_body_puts_our_pelvis_where_its_pelvis_is(tmp_path, height):
    clip = standing()
    pelvis = clip.pose.translation.numpy() * [1, 0, 1] + [0, height, 0]
    arrays = {"global_orient": clip.pose.rotations[:, 0].numpy(), "transl": pelvis - LOW}
    np.savez(
        tmp_path / "x.npz", body_pose=np.pad(clip.pose.rotations[:, 1:].reshape(4, 63), ((0, 0), (0, 6))), **arrays
    )
    read = poseloom.load(tmp_path / "x.npz")
    assert np.abs(read.pose.translation.numpy()[:, 1] - pelvis[:, 1]).max() < 0.01
    assert np.allclose(read.pose.translation.numpy(), pelvis, atol=0.03)


def test_a_translation_that_is_the_pelvis_own_is_told_by_the_floor():
    still = np.zeros((3, 22, 3), np.float32)
    origin = np.array(REST_PELVIS["smpl"])
    for height, meant in ((0.95, "the pelvis"), (1.17, "the body's origin")):
        place = np.tile([0.2, height, 1.0], (3, 1))
        pelvis, what = pelvis_translation(place, origin, still, np.eye(3), known=False)
        assert what == meant
        assert np.allclose(pelvis, place if meant == "the pelvis" else place + origin, atol=1e-6)


def test_without_a_floor_the_body_is_taken_at_its_word_and_what_the_file_says_goes_first():
    still = np.zeros((3, 22, 3), np.float32)
    origin, far = np.array(REST_PELVIS["smpl"]), np.tile([0.0, 7.0, 0.0], (3, 1))
    assert pelvis_translation(far, origin, still, np.eye(3), known=False)[1] == "the body's origin"
    low = np.tile([0.0, 0.95, 0.0], (3, 1))
    assert pelvis_translation(low, origin, still, np.eye(3), known=True)[1] == "the body's origin"
    assert pelvis_translation(far, np.zeros(3), still, np.eye(3), known=False)[1] == "the pelvis"


def test_a_turn_about_the_pelvis_leaves_it_where_it_is(smpl):
    turns = rot.to_axis_angle(rot.about_axis(torch.linspace(0, 3, 5), "Y"))
    rotations = torch.zeros(5, 22, 3)
    rotations[:, 0] = turns
    pelvis = smpl.joints(Pose(rotations, torch.zeros(5, 3)))[:, 0]
    assert torch.allclose(pelvis, torch.tensor(LOW).float().expand(5, 3), atol=1e-4)
