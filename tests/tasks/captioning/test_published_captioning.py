"""DescriptionGenerator: golden case of PoseScript."""

from __future__ import annotations

import torch

from poseloom.nn.losses import caption_loss, mismatched_caption_loss
from poseloom.nn.text.decoding import Greedy, Limits


def test_posescript_golden(imported):
    model, arrays, check = imported("text-pose/generative_caption")
    pose, tokens = arrays["pose"], arrays["tokens"]
    logits = model(pose, tokens, arrays["lengths"])
    check(model.pose_encoder(pose), "pose_embedding")
    check(model.memory(pose), "memory")
    check(logits, "logits")
    check(caption_loss(logits, tokens), "loss")
    check(mismatched_caption_loss(logits, tokens), "fake_loss")
    said = model.say(pose, Greedy(Limits(longest=40)))
    longest = said.tokens.shape[1]
    assert torch.equal(said.tokens, arrays["greedy_ids"][:, :longest])
    assert not arrays["greedy_ids"][:, longest:].any()
    assert torch.equal(said.lengths, arrays["greedy_lengths"])
    check(said.scores, "greedy_scores")
