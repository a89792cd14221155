"""FeedbackGenerator: golden case of PoseFix."""

from __future__ import annotations

import torch

from poseloom.nn.losses import caption_loss, mismatched_caption_loss
from poseloom.nn.text.decoding import Greedy, Limits


def test_posefix_golden(imported):
    model, arrays, check = imported("text-pose/generative_modifier")
    before, after, tokens = arrays["pose_a"], arrays["pose_b"], arrays["tokens"]
    logits = model(before, after, tokens, arrays["lengths"])
    check(model.compare(before, after), "comparison")
    check(model.memory(before, after), "memory")
    check(logits, "logits")
    check(caption_loss(logits, tokens), "loss")
    check(mismatched_caption_loss(logits, tokens), "fake_loss")
    said = model.say(before, after, Greedy(Limits(longest=40)))
    longest = said.tokens.shape[1]
    assert torch.equal(said.tokens, arrays["greedy_ids"][:, :longest])
    assert not arrays["greedy_ids"][:, longest:].any()
    assert torch.equal(said.lengths, arrays["greedy_lengths"])
    check(said.scores, "greedy_scores")
