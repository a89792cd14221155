"""What all generators promise: any number of steps, known points kept, lengths in bounds, and that they can learn."""

from __future__ import annotations

import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.tasks.sign.clips import SignBatch, collate
from poseloom.tasks.sign.drafts import damage_points
from poseloom.tasks.sign.losses import span_paths
from poseloom.tasks.sign.models.choice import KINDS, SignModelChoice, build_sign_model
from poseloom.tasks.sign.models.generation_a import GenerationAConfig
from poseloom.tasks.sign.models.generation_c import GenerationCConfig
from poseloom.tasks.sign.models.ham2pose import Ham2Pose, Ham2PoseConfig
from poseloom.tasks.sign.models.refiner import RefinerConfig, spline_weights
from poseloom.tasks.sign.objectives.choice import sign_losses
from poseloom.tasks.sign.objectives.refiner import _path_loss, _shape_loss, _tremble_loss, _with_other_starts
from poseloom.tasks.sign.strokes import strokes

_TEXT = "\ue000\ue071"


def _small(kind: str, keypoints: int = 75, dims: int = 3, **more):
    sizes = {"keypoints": keypoints, "dims": dims, "width": 16, "text_layers": 1, "layers": 1, "heads": 2}
    sizes |= {"feed_forward": 32, **more}
    torch.manual_seed(42)
    choice = SignModelChoice(
        kind,
        RefinerConfig(**{**sizes, "dropout": 0.0}) if kind == "refiner" else RefinerConfig(),
        GenerationAConfig(**sizes) if kind == "generation_a" else GenerationAConfig(),
        GenerationCConfig(**sizes) if kind == "generation_c" else GenerationCConfig(),
        Ham2PoseConfig(**sizes) if kind == "ham2pose" else Ham2PoseConfig(),
    )
    return build_sign_model(choice)


def _jittered_weights(model):
    """The weights of a model that has learned something: none of them zero."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return model.eval().requires_grad_(False)


@pytest.fixture(scope="module")
def batch() -> SignBatch:
    return collate(strokes(3, 5))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("steps", [1, 2, 10, 25])
def test_any_number_of_steps_and_known_points_stay(kind, steps, batch):
    model = _jittered_weights(_small(kind))
    torch.manual_seed(0)
    known = damage_points(batch.seen, ())
    draft = model.draft(batch.values, known, batch.padding)
    text = model.encode_text(model.tokens(list(batch.texts)))
    stream = list(model.refinements(text, draft, steps))
    assert len(stream) == steps + 1
    assert all(torch.isfinite(values).all() for values in stream)
    torch.testing.assert_close(stream[-1][known], batch.values[known], atol=1e-6, rtol=0)
    assert (stream[-1] - draft.values).abs().max() > 1e-3


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_gives_what_each_gives_alone(kind, batch):
    model = _jittered_weights(_small(kind))
    lengths = torch.tensor([5, 9, 4, 9, 7])
    text = model.encode_text(model.tokens(list(batch.texts)))
    draft = model.start(batch.values[:, 0], batch.seen[:, 0], lengths)
    *_, together = model.refinements(text, draft, 3)
    for row, frames in enumerate(lengths.tolist()):
        alone_text = model.encode_text(model.tokens([batch.texts[row]]))
        draft = model.start(batch.values[row : row + 1, 0], batch.seen[row : row + 1, 0], lengths[row : row + 1])
        *_, alone = model.refinements(alone_text, draft, 3)
        torch.testing.assert_close(together[row, :frames], alone[0], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_predicted_lengths_are_in_bounds(kind):
    model = _small(kind, max_frames=50).eval()
    with torch.no_grad():
        for value in (-1e6, 1e6):
            for name, parameter in model.named_parameters():
                if name in ("seq_length.bias", "seq_length.fc_mu.bias", "length.bias"):
                    parameter.fill_(value if kind != "refiner" else value / 1e5)
            frames = model.frames_of(model.encode_text(model.tokens([_TEXT])))
            assert 1 <= int(frames) <= 50


@pytest.mark.parametrize("kind", KINDS)
def test_texts_and_steps_that_are_refused(kind):
    model = _small(kind, **({"max_text": 20} if kind == "refiner" else {"max_frames": 20}))
    with pytest.raises(PoseloomError, match="10,000 symbols are too many for this model, at most 19"):
        model.tokens([_TEXT * 5000])
    with pytest.raises(PoseloomError, match="which is no HamNoSys symbol"):
        model.tokens(["hello"])
    draft = model.start(torch.zeros(1, 75, 3), torch.ones(1, 75, dtype=torch.bool), torch.tensor([3]))
    text = model.encode_text(model.tokens([""]))
    for steps in (0, -1, 1001):
        with pytest.raises(PoseloomError, match="expected 1 to 1,000 refinements"):
            list(model.refinements(text, draft, steps))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("published", [False, True])
def test_losses_are_finite_and_zero_where_nothing_was_seen(kind, published, batch):
    if kind == "refiner" and published:
        pytest.skip("poseloom's own model was not published")
    more = {} if kind == "refiner" else {"published": published}
    model = _small(kind, **more, length_weight=0.0).train()
    losses = sign_losses(model, batch)
    losses["total"].backward()
    assert all(torch.isfinite(value) for value in losses.values()) and losses["total"] > 0
    assert all(torch.isfinite(one.grad).all() for one in model.parameters() if one.grad is not None)
    unseen = SignBatch(batch.texts, batch.values, torch.zeros_like(batch.confidence), batch.padding)
    assert sign_losses(model, unseen)["total"].item() == 0


@pytest.mark.parametrize("kind", ["generation_a", "generation_c", "ham2pose"])
def test_a_tiny_clip_is_learned_by_heart(kind):
    """The overfitting test of text-to-pose: one keypoint at (1, 1), (2, 2), (3, 3)."""
    more = {"usual_frames": 0.0, "length_weight": 1.0}
    more |= {"training_steps": 3} if kind == "generation_a" else {"steps": 3}
    more |= {"min_frames": 1} if kind == "ham2pose" else {}
    model = _small(kind, 1, 2, **more)
    gold = torch.arange(1.0, 4.0)[None, :, None, None].expand(4, 3, 1, 2).clone()
    batch = SignBatch((_TEXT,) * 4, gold, torch.ones(4, 3, 1), torch.zeros(4, 3, dtype=torch.bool))
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    for _ in range(250):
        optimizer.zero_grad()
        sign_losses(model, batch)["total"].backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        text = model.encode_text(model.tokens([_TEXT]))
        lengths = model.frames_of(text)
        assert lengths.tolist() == [3]
        for steps in (1, 3, 10):
            draft = model.start(gold[:1, 0], torch.ones(1, 1, dtype=torch.bool), lengths)
            *_, last = model.refinements(text, draft, steps)
            assert torch.equal(last.round(), gold[:1])


def test_the_own_model_follows_its_start_without_a_jump(batch):
    model = _jittered_weights(_small("refiner"))
    text = model.encode_text(model.tokens(list(batch.texts)))
    draft = model.start(batch.values[:, 0], batch.seen[:, 0], torch.full((5,), 40))
    *_, last = model.refinements(text, draft, 10)
    used = batch.seen[0, 0]
    steps = (last - draft.values)[:, :, used].abs().mean((0, 2, 3))
    assert steps[0] == 0 and steps[1] < 0.2 * steps[10:].mean()


def test_untrained_repair_is_the_draft(batch):
    model = _small("refiner").eval()
    model.measure(batch)
    torch.manual_seed(0)
    draft = model.draft(batch.values, damage_points(batch.seen, ()), batch.padding)
    with torch.no_grad():
        *_, last = model.refinements(model.encode_text(model.tokens([""] * 5)), draft, 2)
    assert torch.equal(last, draft.values)
    assert torch.exp(batch.lengths.log().mean()) == pytest.approx(float(model.typical))
    assert model.used.sum() == int(batch.seen.any(1).any(0).sum())


def test_published_ham2pose_ends_where_its_step_table_ends(batch):
    model = Ham2Pose(Ham2PoseConfig(1, 2, 8, 1, 1, 2, 8, steps=4, published=True)).eval()
    text = model.encode_text(model.tokens([_TEXT]))
    draft = model.start(torch.ones(1, 1, 2), torch.ones(1, 1, dtype=torch.bool), torch.tensor([3]))
    assert len(list(model.refinements(text, draft, 4))) == 5
    with pytest.raises(PoseloomError, match="steps is 5, the published model has 4"):
        list(model.refinements(text, draft, 5))


@pytest.mark.parametrize("options", [{"separate_positions": False}, {"deep_projection": True}, {"add": True}])
def test_the_options_of_ham2pose(options, batch):
    model = _small("ham2pose", **options).train()
    sign_losses(model, batch)["total"].backward()
    assert all(one.grad is not None for one in model.parameters())


def test_choices_that_do_not_exist():
    with pytest.raises(PoseloomError, match=r"'refine' is unknown.*did you mean 'refiner'"):
        build_sign_model(SignModelChoice("refine"))
    with pytest.raises(PoseloomError, match="width 10 cannot be split into 4 heads"):
        build_sign_model(SignModelChoice(refiner=RefinerConfig(width=10)))


def test_a_curve_is_smooth_and_any_cubic_is_one():
    weights = spline_weights(20, torch.tensor([10, 6]), 2)
    torch.testing.assert_close(weights.sum(-1), torch.ones(2, 20))
    knots = torch.arange(10.0)
    inner = (weights[0] @ knots)[2:16]
    torch.testing.assert_close(inner, torch.arange(2.0, 16.0) / 2)  # knots on a line are a line
    assert (weights[1, :, 6:] == 0).all() and (weights[1, 14:] @ knots == 5).all()
    peak = weights[0, :, 4]
    torch.testing.assert_close(peak[[6, 7, 8, 9, 10]], torch.tensor([1 / 6, 23 / 48, 2 / 3, 23 / 48, 1 / 6]))


def test_knots_that_do_not_divide_a_token():
    with pytest.raises(PoseloomError, match="knot 3 does not divide patch 8"):
        RefinerConfig(knot=3)


def test_the_own_model_goes_a_share_of_the_way_at_each_step(batch):
    model = _jittered_weights(_small("refiner"))
    text = model.encode_text(model.tokens(list(batch.texts)))
    draft = model.start(batch.values[:, 0], batch.seen[:, 0], torch.full((5,), 24))
    given = model.given(text, draft)
    end = model.end_of(given, model.no_curve(given), torch.zeros(5))
    first, second, third = list(model.refinements(text, draft, 4))[:3]
    torch.testing.assert_close(first, draft.values)
    torch.testing.assert_close(second, given.drawn(end / 4))
    rest = model.end_of(given, end / 4, torch.full((5,), 0.25)) - end / 4
    torch.testing.assert_close(third, given.drawn(end / 4 + rest / 3))
    *_, last = model.refinements(text, draft, 1)
    torch.testing.assert_close(last, given.drawn(end))


def test_clips_begin_in_the_poses_of_others_and_end_in_their_own(batch):
    torch.manual_seed(1)
    moved = _with_other_starts(batch, 1.0)
    assert (moved.values[:, 0] - batch.values[:, 0]).abs().amax((1, 2)).min() > 0.05
    torch.testing.assert_close(moved.values[:, 14:], batch.values[:, 14:])
    for row in range(len(batch.texts)):
        other = batch.values[(row + 1) % 5, : int(batch.lengths[(row + 1) % 5])]
        assert (other - moved.values[row, 0]).abs().amax((1, 2)).min() < 1e-5
    torch.testing.assert_close(_with_other_starts(batch, 0.0).values, batch.values)


def test_a_hand_that_goes_too_short_a_way_costs(batch):
    model = _small("refiner")
    lame = batch.values.mean(1, keepdim=True) + 0.5 * (batch.values - batch.values.mean(1, keepdim=True))
    assert _path_loss(model, batch.values, batch.values, batch.confidence) == 0
    assert 0.1 < _path_loss(model, batch.values, lame, batch.confidence) < 0.5


def test_how_far_points_go_in_spans():
    points = torch.zeros(1, 7, 2, 3)
    points[0, :, 0, 0] = torch.tensor([0.0, 1, 2, 2, 5, 5, 6])
    seen = torch.ones(1, 7, 2, dtype=torch.bool)
    assert span_paths(points, seen, 4)[0].tolist() == [[2, 0], [4, 0]]
    seen[0, 4, 0] = False
    assert span_paths(points, seen, 4)[0].tolist() == [[2, 0], [1, 0]]


def test_a_path_of_the_right_length_in_the_wrong_span_costs_half(batch):
    model = _small("refiner")
    first, clip = model.config.hands[0][0], torch.zeros(1, 16, 75, 3)
    early, late = clip.clone(), clip.clone()
    for values, at in ((early, 4), (late, 12)):
        for point in (first, model.config.hands[1][0], *model.config.wrists):
            values[:, at:, point, 0] = 1.5
    confidence = torch.ones(1, 16, 75)
    wrong_time, none = _path_loss(model, early, late, confidence), _path_loss(model, early, clip, confidence)
    assert wrong_time == pytest.approx(1.5 * 2 / 2 / 2) and none == pytest.approx(1.5 / 2)


def test_a_tremble_costs_and_a_smooth_path_does_not(batch):
    model = _small("refiner")
    torch.manual_seed(0)
    trembling = batch.values + 0.02 * torch.randn_like(batch.values)
    smooth = batch.values[:, :1] + 0.9 * (batch.values - batch.values[:, :1])
    assert _tremble_loss(model, batch.values, trembling, batch.confidence) > 0.2
    for found in (batch.values, smooth):
        assert _tremble_loss(model, batch.values, found, batch.confidence) < 1e-6


def test_a_wrist_away_from_its_hand_costs(batch):
    model = _small("refiner")
    apart = batch.values.clone()
    apart[:, :, model.config.wrists[1]] += 0.1
    assert _shape_loss(model, batch.values, batch.values, batch.confidence) == 0
    assert _shape_loss(model, batch.values, apart, batch.confidence) > 0.001
