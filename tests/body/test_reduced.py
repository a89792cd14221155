import torch

from poseloom.body.reduced import with_vertices
from poseloom.body.smpl import SmplBody
from poseloom.body.smpl_files import read_smpl_arrays
from poseloom.pose import Pose, sample
from smpl_standins import write_smplx


def test_a_body_cut_down_has_the_same_joints_and_the_same_vertices(tmp_path):
    path = write_smplx(tmp_path / "smplx.npz")
    whole, kept = SmplBody.load(path), torch.tensor([700, 3, 5, 1100])
    small = with_vertices(read_smpl_arrays(path), kept)
    pose = sample(3, 1)
    pose = Pose(pose.rotations, pose.translation, torch.randn(3, 10), "smplx", torch.randn(3, 3, 3) * 0.1)
    assert torch.allclose(small.joints(pose), whole.joints(pose), atol=1e-5)
    vertices = small.mesh(pose).vertices
    assert torch.allclose(vertices[:, :4], whole.mesh(pose).vertices[:, kept], atol=1e-5)
    order = [whole.family.sources.index(joint) for joint in range(52)]
    assert torch.allclose(vertices[:, 4:][:, order], whole.joints(pose), atol=1e-5)
