"""PairText: golden cases of PoseFix and PoseEmbroider."""

from __future__ import annotations

from poseloom.nn.losses import bbc, symmetric_bbc


def test_posefix_golden(imported):
    model, arrays, check = imported("text-pose/retrieval_modifier")
    pairs = model.encode_pairs(arrays["pose_a"], arrays["pose_b"])
    texts = model.encode_texts(arrays["tokens"], arrays["lengths"])
    scores = model.scores(texts, pairs)
    check(model.pose_encoder(arrays["pose_a"]), "pose_a_embedding")
    check(pairs, "pair_embedding")
    check(texts, "text_embedding")
    check(scores, "scores")
    check(bbc(scores), "loss_bbc")
    check(symmetric_bbc(scores), "loss_symbbc")


def test_poseembroider_golden(imported):
    model, arrays, check = imported("embroider/pairtext")
    pairs = model.encode_pairs(arrays["poses_A"], arrays["poses_B"])
    texts = model.encode_texts(arrays["tokens"], arrays["lengths"])
    check(pairs, "pair_embs")
    check(texts, "text_embs")
    check(model.scores(texts, pairs), "scores")
    check(symmetric_bbc(model.scores(texts, pairs)), "loss")
