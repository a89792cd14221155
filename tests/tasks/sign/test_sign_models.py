"""Generations A and C and Ham2Pose: golden cases."""

from __future__ import annotations

import pytest
import torch

from poseloom.tasks.sign.clips import SignBatch
from poseloom.tasks.sign.drafts import held_still
from poseloom.tasks.sign.models.parts import TextEncoding
from poseloom.tasks.sign.models.steps import cumulative_size
from poseloom.tasks.sign.objectives.choice import sign_losses
from poseloom.tasks.sign.tokens import Tokens

GOLDEN = ("first_generation", "diffusion_default", "diffusion_10steps", "ham2pose_default")
_TOLERANCE = {"atol": 1e-4, "rtol": 0}


def _tokens(arrays) -> Tokens:
    padding = arrays["token_mask"]
    positions = torch.arange(padding.shape[1]).expand_as(padding).masked_fill(padding, 0)
    return Tokens(arrays["token_ids"], positions, padding)


def _close(found, expected):
    torch.testing.assert_close(found, expected, **_TOLERANCE)


def _rows(values, padding):
    return values.masked_fill(padding.reshape(*padding.shape, *[1] * (values.ndim - 2)), 0)


def _stream(module, arrays, texts, case, guidance=0.0, steps=10):
    frames = arrays["yields"].shape[1]
    first = arrays["first_pose"][None]
    draft = held_still(first, torch.ones(first.shape[:2], dtype=torch.bool), torch.tensor([frames]))
    text = module.encode_text(module.tokens([texts[case["config"]["forward_text_index"]]]))
    with torch.no_grad():
        return [values[0] for values in module.refinements(text, draft, steps, guidance)]


@pytest.mark.parametrize("name", GOLDEN)
def test_the_texts_ids_and_lengths(name, released):
    module, _, arrays, texts = released(name)
    tokens = module.tokens(texts)
    assert torch.equal(tokens.ids, arrays["token_ids"])
    assert torch.equal(tokens.padding, arrays["token_mask"])
    with torch.no_grad():
        alone = torch.cat([module.lengths(module.encode_text(module.tokens([text]))) for text in texts])
        batched = module.encode_text(tokens)
    _close(alone, arrays["pred_length"])
    if "text_encoding" in arrays:
        expected = arrays["text_encoding"]
        _close(_rows(batched.values, tokens.padding)[..., : expected.shape[-1]], expected)


@pytest.mark.parametrize("gradients", [False, True])
def test_a_masked_batch_through_the_first_generation(gradients, released):
    module, _, arrays, _ = released("first_generation")
    with torch.set_grad_enabled(gradients):
        found = module.change(module.encode_text(_tokens(arrays)), arrays["pose"], arrays["pose_mask"])
    _close(_rows(found, arrays["pose_mask"]), arrays["refined"])


@pytest.mark.parametrize("gradients", [False, True])
def test_a_masked_batch_through_ham2pose(gradients, released):
    module, _, arrays, _ = released("ham2pose_default")
    with torch.set_grad_enabled(gradients):
        found = module.output(module.encode_text(_tokens(arrays)), arrays["pose"], arrays["pose_mask"], 4)
    _close(_rows(found, arrays["pose_mask"]), arrays["refined"])


@pytest.mark.parametrize("name", ["diffusion_default", "diffusion_10steps"])
@pytest.mark.parametrize("gradients", [False, True])
def test_a_masked_batch_through_the_diffusion_generation(name, gradients, released):
    module, _, arrays, _ = released(name)
    steps = arrays["steps"]
    with torch.set_grad_enabled(gradients):
        text = module.encode_text(_tokens(arrays))
        found = module.clean(text, arrays["pose"], arrays["pose_mask"], module.step_embedding(steps))
    _close(_rows(found, arrays["pose_mask"]), arrays["refined"])
    _close(module.betas, arrays["betas"])
    start = arrays["pose"][:, :1].expand_as(arrays["pose"])
    _close(module.blended(start, arrays["pose"], module.betas[steps]), arrays["noised"])
    _close(module.corrected(arrays["first_pose"]), arrays["corrected_first_pose"])


def test_refinements_of_the_first_generation(released):
    module, case, arrays, texts = released("first_generation")
    stream = _stream(module, arrays, texts, case)
    _close(torch.stack([stream[step] for step in (0, 1, 2, 5, 10)]), arrays["yields"])


@pytest.mark.parametrize("name", ["diffusion_default", "diffusion_10steps"])
@pytest.mark.parametrize(("key", "guidance"), [("yields", 0.0), ("yields_guided", 2.5)])
def test_refinements_of_the_diffusion_generation(name, key, guidance, released):
    module, case, arrays, texts = released(name)
    stream = _stream(module, arrays, texts, case, guidance, module.config.steps)
    _close(torch.stack([stream[step] for step in arrays["kept_yields"].tolist()]), arrays[key])


def test_refinements_of_ham2pose(released):
    module, case, arrays, texts = released("ham2pose_default")
    _close(torch.stack(_stream(module, arrays, texts, case)), arrays["yields"])
    sizes = torch.tensor([cumulative_size(step, 10) for step in range(1, 11)])
    _close(sizes, arrays["cumulative_step_size"])


def test_the_validation_loss_of_ham2pose(released):
    module, case, arrays, texts = released("ham2pose_default")
    pose, padding = arrays["pose"][:1], arrays["pose_mask"][:1]
    batch = SignBatch((texts[case["config"]["forward_text_index"]],), pose, arrays["confidence"][:1], padding)
    losses = sign_losses(module, batch)
    found = torch.stack([losses["refinement"], losses["length"], losses["total"]])
    torch.testing.assert_close(found, arrays["loss_validation"], atol=1e-4, rtol=1e-5)


def test_names_of_the_published_weights(released):
    for name in GOLDEN:
        module, case, _, _ = released(name)
        unused = {"pose_encoder.encoder_layer", "text_encoder.dummy_param"}
        expected = [key for key in case["state_dict"] if not any(key.startswith(one) for one in unused)]
        assert sorted(module.state_dict()) == sorted(expected)


def test_padding_changes_nothing_where_defects_are_mended(released):
    for name in ("diffusion_10steps", "ham2pose_default"):
        module, _, _, texts = released(name, published=False)
        with torch.no_grad():
            together = module.lengths(module.encode_text(module.tokens(texts)))
            alone = torch.cat([module.lengths(module.encode_text(module.tokens([text]))) for text in texts])
        _close(together, alone)


def test_the_mean_of_an_encoding():
    text = TextEncoding(torch.tensor([[[1.0], [3.0], [8.0]]]), torch.tensor([[False, False, True]]))
    assert text.mean().item() == 2
    assert text.mean(with_padding=True).item() == 4
