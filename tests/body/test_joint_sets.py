"""SMPL forward pass and joint sets on a stand-in model file of the right sizes (golden case smpl-standin)."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch

from poseloom.body.joint_sets import smpl_24, smpl_49, smpl_54
from poseloom.body.smpl import SmplBody
from poseloom.pose.rotations import rotvec_to_rotmat

CASE = "mesh-recovery/smpl-standin"
VERTICES = 6890
TOLERANCE = {"atol": 1e-4, "rtol": 1e-3}


def _fill():
    path = Path(__file__).parents[1] / "golden" / "fill.py"
    spec = importlib.util.spec_from_file_location("fill", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.fill


def mean_regressor(rows: int) -> np.ndarray:
    regressor = np.zeros((rows, VERTICES), np.float32)
    regressor[np.arange(VERTICES) % rows, np.arange(VERTICES)] = 1
    return regressor / regressor.sum(1, keepdims=True)


@pytest.fixture(scope="module")
def standin_file(golden, tmp_path_factory):
    parents = np.array(golden(CASE)[0]["config"]["body"]["parents"])
    fill = _fill()
    weights = np.zeros((VERTICES, 24), np.float32)
    joint = np.arange(VERTICES) % 24
    weights[np.arange(VERTICES), joint] += np.where(joint == 0, 1.0, 0.75)
    weights[np.arange(VERTICES), parents[joint]] += np.where(joint == 0, 0.0, 0.25)
    posedirs = fill("standin.posedirs", (207, 3 * VERTICES))
    path = tmp_path_factory.mktemp("smpl") / "SMPL_NEUTRAL.npz"
    np.savez(
        path,
        v_template=0.5 * fill("standin.v_template", (VERTICES, 3)),
        shapedirs=0.1 * fill("standin.shapedirs", (VERTICES, 3, 10)),
        posedirs=posedirs.T.reshape(VERTICES, 3, 207),
        J_regressor=mean_regressor(24),
        weights=weights,
        kintree_table=np.stack([parents.astype(np.uint32), np.arange(24, dtype=np.uint32)]),
        f=np.array([[0, 1, 2]], np.uint32),
    )
    return path


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
