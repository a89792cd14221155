"""CondTextPoser and PoseVAE: golden cases of PoseScript and PoseEmbroider."""

from __future__ import annotations

import torch

from poseloom.nn.layers.gaussian import divergence
from poseloom.nn.losses import PerTerm, ReconstructionTerms, free_bits, gaussian_nll, laplacian_nll
from poseloom.nn.losses import per_coefficient_bound as bound
from poseloom.pose import rotations

_FREE_BITS = 10.0


def _entries(matrices):
    return matrices.flatten(-2)


def test_posescript_golden(imported):
    model, arrays, check = imported("text-pose/generative")
    pose = model.encode_poses(arrays["pose"])
    text = model.encode_texts(arrays["tokens"], arrays["lengths"])
    check(pose.mean, "pose_mean")
    check(pose.stddev, "pose_std")
    check(text.mean, "text_mean")
    check(text.stddev, "text_std")
    decoded = {
        "reconstruction": model.decode(pose.mean + pose.stddev * arrays["eps_pose"]),
        "generation": model.decode(text.mean + text.stddev * arrays["eps_text"]),
        "mean_generation": model.decode(text.mean),
    }
    for name, joints in decoded.items():
        check(_entries(joints.matrices), f"{name}_rotmat")
        back = rotations.rotvec_to_rotmat(joints.axis_angle)
        torch.testing.assert_close(back, rotations.rotvec_to_rotmat(arrays[f"{name}_axis_angle"]), atol=1e-4, rtol=0)
    check(divergence(pose, text), "kl_pose_text")
    check(divergence(pose), "kl_pose_prior")
    check(divergence(text), "kl_text_prior")
    target = _entries(rotations.rotvec_to_rotmat(arrays["pose"]))
    nll = gaussian_nll(target, _entries(decoded["reconstruction"].matrices), model.decsigma_rot)
    check(nll.mean(), "loss_rot")


def test_poseembroider_golden(imported):
    model, arrays, check = imported("embroider/posevae")
    poses = arrays["poses"]
    pose = model.encode_poses(poses)
    check(pose.mean, "mu")
    check(pose.stddev, "sigma")
    latent = pose.mean + pose.stddev * arrays["eps"]
    check(latent, "z")
    decoded = model.decode(latent)
    check(_entries(decoded.matrices), "rec_rotmat")
    check(decoded.axis_angle, "rec_rotvec")
    check(model.pose_encoder.trunk(poses), "trunk_features")
    check(model.decode(arrays["z_sample"]).axis_angle, "sample_rotvec")
    check(model.decode(model.prior(1).mean).axis_angle, "mean_rotvec")
    target, estimate = arrays["vertices_ref"], arrays["vertices_rec"]
    terms = ReconstructionTerms(
        laplacian_nll(target, estimate, model.decsigma_v2v),
        laplacian_nll(target[:, :10], estimate[:, :10], model.decsigma_jts),
        gaussian_nll(_entries(rotations.rotvec_to_rotmat(poses)), _entries(decoded.matrices), model.decsigma_rot),
    )
    sums, kl = terms.sums(), divergence(pose)
    check(sums["vertices"], "loss_v2v")
    check(sums["joints"], "loss_jts")
    check(sums["rotations"], "loss_rot")
    check(kl, "kld")
    check(free_bits(kl, _FREE_BITS), "kld_clamped")
    check(bound(terms, free_bits(kl, _FREE_BITS), PerTerm()), "loss_total_train")
    check(bound(terms, kl, PerTerm()), "loss_total_val")
