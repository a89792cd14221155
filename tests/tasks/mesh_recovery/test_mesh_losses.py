"""The benchmark's losses are the original's (golden case training-losses), and hold their laws."""

import numpy as np
import pytest
import torch

from poseloom.pose.rotations import rotvec_to_rotmat
from poseloom.tasks.mesh_recovery.learned_body import SmplLearnedBody
from poseloom.tasks.mesh_recovery.objectives.losses import (
    HIPS_54,
    VARIANTS,
    adversary_losses,
    camera_prior,
    deceit_loss,
    flagged_mean,
    keypoints2d_term,
    keypoints3d_term,
    perspective,
    weighted_mean,
)
from smpl_standins import mean_regressor, write_golden_smpl


@pytest.fixture(scope="module")
def smpl_folder(golden, tmp_path_factory):
    folder = tmp_path_factory.mktemp("smpl")
    write_golden_smpl(folder / "SMPL_NEUTRAL.npz", golden)
    np.save(folder / "J_regressor_extra.npy", mean_regressor(9))
    np.save(folder / "J_regressor_h36m.npy", mean_regressor(17))
    return folder


@pytest.fixture(scope="module")
def body(smpl_folder):
    return SmplLearnedBody(smpl_folder)


@pytest.fixture(scope="module")
def case(golden):
    told, arrays = golden("mesh-recovery/training-losses")
    return told, {name: torch.from_numpy(value) for name, value in arrays.items()}


@pytest.fixture(scope="module")
def posed(body, case):
    arrays = case[1]
    true = rotvec_to_rotmat(arrays["gt_pose"].unflatten(1, (24, 3)))
    return body.posed(arrays["pred_rotmat"], arrays["pred_betas"]), body.posed(true, arrays["gt_betas"]), true


def keypoint_terms(terms, own, arrays, flagged=None):
    three = keypoints3d_term(terms.keypoints3d, own.joints, arrays["keypoints3d"], HIPS_54, flagged)
    seen = perspective(own.joints, arrays["pred_cam"])
    two = keypoints2d_term(terms.keypoints2d, seen, arrays["keypoints2d"], flagged=flagged)
    return [terms.weights["keypoints3d"] * three, terms.weights["keypoints2d"] * two]


@pytest.mark.parametrize("variant", ["normal", "l1", "mse"])
def test_variants_are_the_originals(variant, case, posed):
    told, arrays = case
    own, true, rotations = posed
    terms, known = VARIANTS[variant], arrays["has_smpl"].bool()
    found = [
        *keypoint_terms(terms, own, arrays),
        terms.weights["vertices"] * flagged_mean(terms.vertices, own.vertices, true.vertices, known),
        terms.weights["pose"] * flagged_mean(terms.pose, arrays["pred_rotmat"], rotations, known),
        terms.weights["betas"] * flagged_mean(terms.betas, arrays["pred_betas"], arrays["gt_betas"], known),
    ]
    assert torch.allclose(torch.stack(found), arrays[f"losses_{variant}"], **told["tolerance"])


def test_flags_change_what_the_mean_runs_over(case, posed):
    told, arrays = case
    found = keypoint_terms(VARIANTS["normal"], posed[0], arrays, arrays["has_keypoints"].bool())
    assert torch.allclose(torch.stack(found), arrays["losses_normal_with_flags"], **told["tolerance"])


def test_the_adversarial_losses_are_the_originals(case):
    told, arrays = case
    real, fake = adversary_losses(arrays["scores"], arrays["scores"])
    found = torch.stack([real, fake, deceit_loss(arrays["scores"])])
    assert torch.allclose(found, arrays["gan"], **told["tolerance"])


def test_nothing_known_is_no_loss_and_has_a_gradient():
    points = torch.randn(2, 5, 3, requires_grad=True)
    nothing, nobody = torch.zeros(2, 5), torch.zeros(2, dtype=torch.bool)
    for loss in (
        weighted_mean("l1", points, torch.zeros(2, 5, 3), nothing),
        weighted_mean("l1", points, torch.zeros(2, 5, 3), nothing, nobody),
        flagged_mean("mse", points, torch.zeros(2, 5, 3), nobody),
    ):
        assert loss.item() == 0
        assert torch.autograd.grad(loss, points, retain_graph=True)[0].abs().sum() == 0


def test_a_mean_counts_points_of_confidence_alone():
    confidence = torch.tensor([[1.0, 0.0, 0.5]])
    found = weighted_mean("l1", torch.ones(1, 3, 2), torch.zeros(1, 3, 2), confidence)
    assert found.item() == pytest.approx((1 + 0.5) * 2 / (2 * 2))


def test_the_camera_prior_forbids_negative_scales():
    assert camera_prior(torch.tensor([[0.9, 0, 0]])) < 1e-7
    assert camera_prior(torch.tensor([[-0.5, 0, 0]])) > 1e4


def test_the_stand_in_body_has_the_published_joints(golden, body):
    told, arrays = golden("mesh-recovery/smpl-standin")
    near = {name: told["tolerance"][name] for name in ("atol", "rtol")}
    rotations = rotvec_to_rotmat(torch.from_numpy(arrays["pose_aa"]).unflatten(1, (24, 3)))
    points = body.posed(rotations, torch.from_numpy(arrays["betas"]))
    assert torch.allclose(points.joints, torch.from_numpy(arrays["joints54"]), **near)
    measured, pelvis = body.measured(points)
    h36m = torch.from_numpy(arrays["joints_h36m"])
    assert torch.allclose(measured, h36m[:, [6, 5, 4, 1, 2, 3, 16, 15, 14, 11, 12, 13, 8, 10]], **near)
    assert torch.allclose(pelvis, h36m[:, 0], **near)
