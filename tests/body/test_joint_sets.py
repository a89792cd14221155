"""SMPL forward pass and joint sets on a stand-in model file of the right sizes (golden case smpl-standin)."""

import pytest
import torch

from poseloom.body.joint_sets import smpl_24, smpl_49, smpl_54
from poseloom.body.smpl import SmplBody
from poseloom.pose.rotations import rotvec_to_rotmat
from smpl_standins import mean_regressor, write_golden_smpl

CASE = "mesh-recovery/smpl-standin"
TOLERANCE = {"atol": 1e-4, "rtol": 1e-3}


@pytest.fixture(scope="module")
def standin_file(golden, tmp_path_factory):
    return write_golden_smpl(tmp_path_factory.mktemp("smpl") / "SMPL_NEUTRAL.npz", golden)


def test_forward_pass_and_joint_sets_are_those_of_the_original(golden, standin_file):
    arrays = {name.split(".")[-1].split("/")[-1]: torch.as_tensor(v) for name, v in golden(CASE)[1].items()}
    posed = SmplBody.load(standin_file).posed(
        rotvec_to_rotmat(arrays["pose_aa"].reshape(-1, 24, 3)), shape=arrays["betas"]
    )
    vertices = posed.mesh().vertices
    joints54 = smpl_54(posed.joints, vertices, torch.from_numpy(mean_regressor(9)))
    assert torch.allclose(vertices[:, ::53], arrays["vertices_every_53"], **TOLERANCE)
    assert torch.allclose(joints54, arrays["joints54"], **TOLERANCE)
    assert torch.allclose(smpl_49(joints54), arrays["joints49"], **TOLERANCE)
    assert torch.allclose(smpl_24(joints54), arrays["joints24"], **TOLERANCE)
    h36m = torch.from_numpy(mean_regressor(17)) @ vertices
    assert torch.allclose(h36m, arrays["joints_h36m"], **TOLERANCE)
