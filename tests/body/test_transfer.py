"""Poses of one body on another, checked on two stand-ins with the same skin in different proportions and vertices."""

import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.body.smpl import SmplBody
from poseloom.body.transfer import BodyTransfer
from poseloom.pose import Pose, sample
from smpl_standins import write_smplh, write_smplx


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bodies")
    return write_smplh(folder / "smplh.npz"), write_smplx(
        folder / "smplx.npz", stretch=(1.02, 0.99, 1.01), elsewhere=True
    )


@pytest.fixture(scope="module")
def transfer(files):
    return BodyTransfer.load(*files)


@pytest.fixture(scope="module")
def bodies(files):
    return tuple(map(SmplBody.load, files))


def apart(bodies, pose, other):
    """Millimetres between the joints of both."""
    return (bodies[0].joints(pose) - bodies[1].joints(other)).norm(dim=-1) * 1000


def test_joints_come_to_lie_within_millimetres(transfer, bodies):
    pose = sample(64, 0)
    found = transfer(pose, transfer.shape().expand(64, -1))
    distance = apart(bodies, pose, found.pose)
    assert distance.mean() < 1.5 and distance[:, :22].max() < 5 and distance.max() < 15
    assert found.error.mean() < 0.003 and found.error.max() < 0.006
    assert found.pose.shape_model == "smplx" and found.pose.shape.shape == (64, 10)


def test_shape_and_fit_are_better_than_rotations_taken_over(transfer, bodies):
    pose = sample(32, 1)
    found = transfer(pose, transfer.shape().expand(32, -1))
    plain = apart(bodies, pose, Pose(pose.rotations, pose.translation)).mean()
    assert apart(bodies, pose, found.pose).mean() < plain / 5


def test_the_same_body_gives_the_same_pose_back(files, bodies):
    same = BodyTransfer.load(files[0], files[0])
    pose = sample(16, 2)
    found = same(pose, same.shape().expand(16, -1))
    assert same.shape().abs().max() < 0.01
    assert apart((bodies[0], bodies[0]), pose, found.pose).max() < 0.1
    turns = (pose.matrices().mT @ found.pose.matrices()).diagonal(dim1=-2, dim2=-1).sum(-1)
    assert torch.rad2deg(torch.acos(((turns - 1) / 2).clamp(-1, 1))).max() < 0.5


def test_shapes_of_people_are_found(transfer, bodies):
    shape = torch.zeros(3, 16)
    shape[:, :3] = torch.tensor([[2.0, 2.0, 2.0], [-2.0, 1.0, 0.0], [0.0, -2.0, 1.0]])
    pose = sample(3, 3)
    pose = Pose(pose.rotations, pose.translation, shape, "smplh")
    found = transfer(pose, transfer.shape(shape))
    assert apart(bodies, pose, found.pose).mean() < 2.5
    average = transfer(pose, transfer.shape().expand(3, -1))
    assert (found.error < average.error).all()


def test_poses_do_not_depend_on_those_beside_them(transfer):
    pose = sample(70, 5)
    shape = transfer.shape().expand(70, -1)
    whole, alone = transfer(pose, shape).pose, transfer(pose[66:67], shape[:1]).pose
    assert torch.allclose(whole.matrices()[66], alone.matrices()[0], atol=1e-4)


def test_bodies_that_share_nothing_are_refused(files, tmp_path):
    import numpy as np

    arrays = dict(np.load(files[1]))
    arrays["v_template"] = arrays["v_template"][::-1] * 3
    np.savez(tmp_path / "strange.npz", **arrays)
    with pytest.raises(PoseloomError, match=r"share .* points of their surfaces"):
        BodyTransfer.load(files[0], tmp_path / "strange.npz")
