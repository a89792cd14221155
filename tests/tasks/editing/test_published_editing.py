"""PoseBGenerator: golden case of PoseFix."""

from __future__ import annotations

import torch

from poseloom.nn.layers.gaussian import divergence
from poseloom.pose import rotations


def test_posefix_golden(imported):
    model, arrays, check = imported("text-pose/generative_b")
    tokens, lengths = arrays["tokens"], arrays["lengths"]
    before, after = model.embed_poses(arrays["pose_a"]), model.embed_poses(arrays["pose_b"])
    text = model.encode_texts(tokens, lengths)
    posterior, predicted = model.posterior(after), model.predict(arrays["pose_a"], tokens, lengths)
    check(text, "text_embedding")
    check(before, "pose_a_embedding")
    check(after, "pose_b_embedding")
    check(model.fuse(before, text), "fused")
    check(posterior.mean, "pose_mean")
    check(posterior.stddev, "pose_std")
    check(predicted.mean, "fusion_mean")
    check(predicted.stddev, "fusion_std")
    decoded = {
        "reconstruction": model.decode(posterior.mean + posterior.stddev * arrays["eps_pose"]),
        "edit": model.decode(predicted.mean + predicted.stddev * arrays["eps_fusion"]),
    }
    for name, joints in decoded.items():
        check(joints.matrices.flatten(-2), f"{name}_rotmat")
        back = rotations.rotvec_to_rotmat(joints.axis_angle)
        torch.testing.assert_close(back, rotations.rotvec_to_rotmat(arrays[f"{name}_axis_angle"]), atol=1e-4, rtol=0)
    check(divergence(posterior, predicted), "kl_pose_fusion")
    check(divergence(posterior), "kl_pose_prior")
