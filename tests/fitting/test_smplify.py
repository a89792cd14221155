"""SMPLify's energies, gradients and steps are the original's (golden case smplify-terms, on a stand-in body)."""

import pytest
import torch

from poseloom.body.joint_sets import smpl_49, smpl_54
from poseloom.body.smpl import SmplBody
from poseloom.fitting.smplify import PoseMixture, Smplify, SmplifyState, fit_smplify, unnatural_bends, without_ignored
from poseloom.pose.rotations import rotvec_to_rotmat
from smpl_standins import golden_fill, mean_regressor, write_golden_smpl

CASE = "mesh-recovery/smplify-terms"


@pytest.fixture(scope="module")
def body(golden, tmp_path_factory):
    return SmplBody.load(write_golden_smpl(tmp_path_factory.mktemp("smpl") / "SMPL_NEUTRAL.npz", golden))


@pytest.fixture(scope="module")
def joints_of(body):
    extra = torch.from_numpy(mean_regressor(9))

    def joints(pose, betas):
        posed = body.posed(rotvec_to_rotmat(pose.reshape(-1, 24, 3)), shape=betas)
        return smpl_49(smpl_54(posed.joints, posed.mesh().vertices, extra))

    return joints


@pytest.fixture(scope="module")
def smplify():
    fill = golden_fill()
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
