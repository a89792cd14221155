"""PoseEmbroider, Aligner and what hangs on them: golden cases of the release, through checkpoint files."""

from __future__ import annotations

import pytest
import torch

from poseloom.nn.losses import caption_loss, mismatched_caption_loss
from poseloom.nn.text.decoding import Greedy, Limits
from poseloom.pose.rotations import rotvec_to_rotmat
from poseloom.tasks.embedding.losses import contrastive_terms, mean_of_terms
from poseloom.tasks.embedding.modalities import DUALS, MODALITIES, SINGLES, TRIPLE
from poseloom.tasks.embedding.networks.estimator import angle_loss, shape_loss

SUBSETS = (*SINGLES, *DUALS, *TRIPLE)
EMBROIDERS = ("poseembroider_transformer", "poseembroider_mlp", "poseembroider_noheads")


def _vectors(model, arrays):
    return model.embed(
        {"image": arrays["image_tokens"], "pose": arrays["pose_features"], "text": arrays["text_features"]}
    )


def _released_name(term: str) -> str:
    """``loss__missing_text_input_clossw_pose`` of ``image+pose_to_pose``."""
    asked, target = term.split("_to_")
    given = asked.split("+")
    lacking = [one for one in MODALITIES if one not in given]
    what = {1: f"only_{given[0]}", 2: f"missing_{lacking[0] if lacking else ''}", 3: "full"}[len(given)]
    return f"loss__{what}_input_clossw_{target}"


@pytest.mark.parametrize("name", EMBROIDERS)
def test_embroider(imported, name):
    model, arrays, check = imported(f"embroider/{name}")
    vectors = _vectors(model, arrays)
    for one, value in vectors.items():
        check(value, f"{one}_emb")
    for asked, token in model.tokens(vectors, SUBSETS).items():
        check(token, f"token__{'_'.join(asked)}")
    for asked, made in model.questions(vectors, SUBSETS).items():
        for one, value in made.items():
            check(value, f"predicted_{one}__{'_'.join(asked)}")
    terms = contrastive_terms(model, vectors, ("single", "dual", "triplet"), encodings_in_targets=True)
    assert len(terms) == 21
    for term, value in terms.items():
        check(value, _released_name(term))
    released = contrastive_terms(model, vectors, ("single", "dual"), encodings_in_targets=True)
    check(mean_of_terms(released), "loss_total_single_dual")
    mended = contrastive_terms(model, vectors, ("single", "dual"))
    assert max(abs(mended[term] - released[term]) for term in mended) > 1e-4, "the encodings are not in the targets"


def test_aligner(imported):
    model, arrays, check = imported("embroider/aligner")
    vectors = _vectors(model, arrays)
    for one, value in vectors.items():
        check(value, f"{one}_emb")
    for asked, token in model.tokens(vectors, SUBSETS).items():
        check(token, f"query__{'_'.join(asked)}")
    for term, value in contrastive_terms(model, vectors, ("single", "dual", "triplet")).items():
        asked, target = term.split("_to_")
        given = "full-input" if asked.count("+") == 2 else asked.replace("+", "-")
        check(value, f"loss__{given}_{target}")
    terms = contrastive_terms(model, vectors, ("single", "dual"))
    assert len(terms) == 6
    check(mean_of_terms(terms), "loss_total_single_dual")


def test_estimator(imported):
    model, arrays, check = imported("embroider/hpsestimator")
    for number, state in enumerate(model.pose_prediction_head(arrays["features"]), 1):
        check(state, f"iter{number}")
    found = model(arrays["features"])
    check(found.rotations, "rotmat")
    check(found.betas, "betas")
    true = rotvec_to_rotmat(arrays["poses"])
    angles, shapes = angle_loss(found.rotations, true, clamped=True), shape_loss(found.betas, arrays["shapes"])
    check(angles, "loss_rots")
    check(shapes, "loss_betas")
    check((angles + shapes) / 2, "loss_total")


@pytest.mark.slow
def test_instructor(imported):
    model, arrays, check = imported("embroider/instructiongenerator")
    first, second, tokens = arrays["features_A"], arrays["features_B"], arrays["tokens"]
    check(model.compare(first, second), "comparison")
    check(model.memory(first, second), "z")
    logits = model(first, second, tokens, arrays["lengths"])
    padded = arrays["lengths"][:, None] <= torch.arange(tokens.shape[1])
    for key, value in (("logits_slice", logits[..., ::509]), ("logits_logsumexp", logits.logsumexp(-1))):
        own = value.masked_fill(padded.reshape(*padded.shape, *[1] * (value.dim() - 2)), 0)
        arrays[key] = arrays[key].masked_fill(padded.reshape(*padded.shape, *[1] * (value.dim() - 2)), 0)
        check(own, key)
    check(caption_loss(logits, tokens), "loss")
    check(mismatched_caption_loss(logits, tokens), "fake_loss")
    said = model.say(first, second, Greedy(Limits(longest=24)))
    assert torch.equal(said.tokens, arrays["greedy_tokens"][:, : said.tokens.shape[1]])
    check(said.scores, "greedy_scores")
