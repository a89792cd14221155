"""SMPLify's energies, gradients and steps are the original's (golden case smplify-terms, on a stand-in body)."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch

from poseloom.body.joint_sets import smpl_49, smpl_54
from poseloom.body.smpl import SmplBody
from poseloom.fitting.smplify import PoseMixture, Smplify, SmplifyState, fit_smplify, unnatural_bends, without_ignored
from poseloom.pose.rotations import to_matrix

CASE = "mesh-recovery/smplify-terms"
VERTICES = 6890


def _fill():
    path = Path(__file__).parents[1] / "golden" / "fill.py"
    spec = importlib.util.spec_from_file_location("fill", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.fill


def mean_regressor(rows):
    regressor = np.zeros((rows, VERTICES), np.float32)
    regressor[np.arange(VERTICES) % rows, np.arange(VERTICES)] = 1
    return regressor / regressor.sum(1, keepdims=True)


@pytest.fixture(scope="module")
def body(golden, tmp_path_factory):
    parents = np.array(golden("mesh-recovery/smpl-standin")[0]["config"]["body"]["parents"])
    fill, joint = _fill(), np.arange(VERTICES) % 24
    weights = np.zeros((VERTICES, 24), np.float32)
    weights[np.arange(VERTICES), joint] += np.where(joint == 0, 1.0, 0.75)
    weights[np.arange(VERTICES), parents[joint]] += np.where(joint == 0, 0.0, 0.25)
    path = tmp_path_factory.mktemp("smpl") / "SMPL_NEUTRAL.npz"
    np.savez(
        path,
        v_template=0.5 * fill("standin.v_template", (VERTICES, 3)),
        shapedirs=0.1 * fill("standin.shapedirs", (VERTICES, 3, 10)),
        posedirs=fill("standin.posedirs", (207, 3 * VERTICES)).T.reshape(VERTICES, 3, 207),
        J_regressor=mean_regressor(24),
        weights=weights,
        kintree_table=np.stack([parents.astype(np.uint32), np.arange(24, dtype=np.uint32)]),
        f=np.array([[0, 1, 2]], np.uint32),
    )
    return SmplBody.load(path)


@pytest.fixture(scope="module")
def joints_of(body):
    extra = torch.from_numpy(mean_regressor(9))

    def joints(pose, betas):
        posed = body.posed(to_matrix(pose.reshape(-1, 24, 3)), shape=betas)
        return smpl_49(smpl_54(posed.joints, posed.mesh().vertices, extra))

    return joints


@pytest.fixture(scope="module")
def smplify():
    fill = _fill()
    factor = torch.from_numpy(fill("standin.gmm_factor", (8, 69, 69))).double()
    covariances = 20 * factor @ factor.mT + 0.05 * torch.eye(69, dtype=torch.float64)
    means = torch.from_numpy(69**0.5 * 0.2 * fill("standin.gmm_means", (8, 69)))
    return Smplify(PoseMixture.of(means, covariances, torch.arange(1, 9) / 36))


@pytest.fixture(scope="module")
def case(golden):
    return {name.split("/")[-1].split(".")[-1]: torch.as_tensor(value) for name, value in golden(CASE)[1].items()}


def close(ours, theirs):
    return torch.allclose(ours, theirs, atol=0.01, rtol=0.002)


def test_energies_are_the_originals(case, joints_of, smplify):
    pose, betas = case["pose_aa"], case["betas"]
    projected = smplify.project(joints_of(pose, betas), case["transl"])
    assert close(projected, case["projected"])
    places = (case["transl"], case["transl_init"])
    camera = smplify.camera_energy(projected, case["keypoints2d"], case["conf"], *places)
    assert close(camera.sum(), case["camera_loss"])
    confidence = without_ignored(case["conf"])
    assert close(smplify.reprojection(projected, case["keypoints2d"], confidence), case["reprojection"])
    assert close(unnatural_bends(pose[:, 3:]), case["angle_prior"])
    assert close(smplify.prior.energy(pose[:, 3:]), case["pose_prior"])
    total = smplify.body_energy(projected, case["keypoints2d"], case["conf"], pose[:, 3:], betas)
    assert close(total.sum(), case["total"])


def test_gradients_are_the_originals(case, joints_of, smplify):
    root, body_pose, betas = (
        x.clone().requires_grad_() for x in (case["pose_aa"][:, :3], case["pose_aa"][:, 3:], case["betas"])
    )
    projected = smplify.project(joints_of(torch.cat([root, body_pose], -1), betas), case["transl"])
    smplify.body_energy(projected, case["keypoints2d"], case["conf"], body_pose, betas).sum().backward()
    for found, name in ((root, "global_orient"), (body_pose, "body_pose"), (betas, "betas")):
        scale = case[f"grad_{name}"].abs().max()
        assert torch.allclose(found.grad, case[f"grad_{name}"], atol=1e-3 * scale, rtol=0.002), name


def test_ten_steps_of_each_stage_end_where_the_originals_do(case, joints_of, smplify):
    start = SmplifyState(case["pose_aa"][:, :3], case["pose_aa"][:, 3:], case["betas"], case["transl_init"])
    found = fit_smplify(smplify, joints_of, start, case["keypoints2d"], case["conf"], steps=10)
    assert close(found.root, case["fit10_global_orient"])
    assert close(found.place, case["fit10_transl"])
    assert close(found.body_pose, case["fit10_body_pose"])
    assert close(found.betas, case["fit10_betas"])
