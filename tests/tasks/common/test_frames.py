import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.pose import Pose
from poseloom.pose.rotations import axis_to_rotmat, rotvec_to_rotmat
from poseloom.pose.sampler import sample
from poseloom.tasks.common.frames import flat, from_published, one_pose, pairs, put_back, to_published_rotations


def turned(pose, angle):
    return pose.turned(axis_to_rotmat(torch.tensor(angle), "Y"))


def test_published_poses_are_those_of_the_original(golden):
    _, arrays = golden("text-pose/pose_normalisation")
    raw = torch.from_numpy(arrays["raw_a"]).reshape(-1, 52, 3)
    ours = from_published(raw)  # Z up -> Y up
    found = to_published_rotations(ours.without_heading(), 52)
    expected = torch.from_numpy(arrays["pose_a"])
    torch.testing.assert_close(rotvec_to_rotmat(found), rotvec_to_rotmat(expected), atol=1e-5, rtol=0)
    _, second = pairs(ours, from_published(torch.from_numpy(arrays["raw_b"]).reshape(-1, 52, 3)))
    expected = torch.from_numpy(arrays["pose_b_in_sequence"])
    torch.testing.assert_close(
        rotvec_to_rotmat(to_published_rotations(second, 52)), rotvec_to_rotmat(expected), atol=1e-5, rtol=0
    )


def test_there_and_back():
    pose = sample(5, seed=1).body()
    back = from_published(to_published_rotations(pose, 22))
    torch.testing.assert_close(back.matrices(), Pose(pose.rotations).matrices(), atol=1e-5, rtol=0)
    assert to_published_rotations(pose, 52).shape == (5, 52, 3)


def test_an_edit_is_put_back_where_the_pose_was():
    original = turned(Pose(sample(1, seed=2).rotations[0], torch.tensor([1.0, 2.0, 3.0])).with_hands(), 0.8)
    plain = Pose(original.rotations).without_heading()
    placed = put_back(plain.body().reshape(1), original)
    assert placed.batch_shape == (1,) and placed.joints == 52
    torch.testing.assert_close(placed.matrices()[0], original.matrices(), atol=1e-5, rtol=0)
    assert torch.equal(placed.translation[0], original.translation)


def test_a_changed_body_keeps_the_hands_of_the_original():
    original = Pose(torch.randn(52, 3) * 0.2)
    placed = put_back(Pose(torch.randn(3, 22, 3) * 0.2), original)
    assert torch.equal(placed.rotations[:, 22:], original.rotations[None, 22:].expand(3, -1, -1))
    own = put_back(Pose(torch.randn(3, 52, 3) * 0.2), original)
    assert not torch.equal(own.rotations[0, 22:], original.rotations[22:])
    assert put_back(Pose(torch.randn(2, 52, 3) * 0.2), original.body()).joints == 22


@pytest.mark.wrong_types
def test_mistakes():
    with pytest.raises(PoseloomError, match="expected one pose"):
        one_pose(Pose(torch.zeros(2, 22, 3)))
    with pytest.raises(PoseloomError, match="expected a Pose"):
        flat(torch.zeros(2, 22, 3))
    with pytest.raises(PoseloomError, match="as many second poses"):
        pairs(Pose(torch.zeros(2, 22, 3)), Pose(torch.zeros(3, 22, 3)))
    assert pairs(Pose(torch.zeros(22, 3)), Pose(torch.zeros(1, 52, 3)))[0].rotations.shape == (1, 52, 3)
