"""PoseText: golden cases of PoseScript and PoseEmbroider."""

from __future__ import annotations

from poseloom.nn.losses import bbc, symmetric_bbc


def test_posescript_golden(imported):
    model, arrays, check = imported("text-pose/retrieval")
    poses = model.encode_poses(arrays["pose"])
    texts = model.encode_texts(arrays["tokens"], arrays["lengths"])
    scores = model.scores(texts, poses)
    check(poses, "pose_embedding")
    check(texts, "text_embedding")
    check(scores, "scores")
    check(bbc(scores), "loss_bbc")
    check(symmetric_bbc(scores), "loss_symbbc")


def test_poseembroider_golden(imported):
    model, arrays, check = imported("embroider/posetext")
    poses = model.encode_poses(arrays["poses"])
    texts = model.encode_texts(arrays["tokens"], arrays["lengths"])
    hidden, padding = model.text_encoder.features(arrays["tokens"], arrays["lengths"])
    check(poses, "pose_embs")
    check(texts, "text_embs")
    check(model.text_encoder.pooled(hidden, padding), "text_features_unnormalised")
    check(hidden[:, :5, :16], "distilbert_slice")
    check(model.scores(texts, poses), "scores")
    check(symmetric_bbc(model.scores(texts, poses)), "loss")
