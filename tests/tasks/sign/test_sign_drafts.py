"""Drafts, damage, losses and step sizes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from poseloom.tasks.sign.drafts import damage_points, fill_missing_points, gaps, held_still
from poseloom.tasks.sign.losses import masked_loss, seen_loss, unsmoothness
from poseloom.tasks.sign.models import steps as sizes

_seeds = st.integers(0, 10**6)


def _sequences(seed: int, frames: int = 12):
    generator = torch.Generator().manual_seed(seed)
    values = torch.randn(3, frames, 5, 2, generator=generator)
    known = torch.rand(3, frames, 5, generator=generator) < 0.5
    padding = torch.arange(frames) >= torch.randint(1, frames + 1, (3, 1), generator=generator)
    return values, known, padding


def test_released_losses_and_schedules(golden):
    case, arrays = golden("sign/metrics")
    expected = dict(zip(case["config"]["value_names"], arrays["values"], strict=True))
    a, b, confidence = (torch.from_numpy(arrays[f"loss_{name}"]) for name in ("a", "b", "conf"))
    for name, power, steps in (("l2_T100", 2, 100), ("l1_T100", 1, 100), ("l2_T1", 2, 1), ("l2_T10", 2, 10)):
        found = float(masked_loss(a, b, confidence, power, steps))
        assert found == pytest.approx(expected[f"loss_{name}"], rel=1e-5)
    for name in ("cosine", "linear", "quadratic", "sigmoid"):
        for steps in (10, 100):
            found = getattr(sizes, f"{name}_betas")(steps).numpy()
            np.testing.assert_allclose(found, arrays[f"{name}_{steps}"], rtol=1e-5, atol=1e-7)
    fractions = sizes.step_fractions(sizes.cosine_betas(10))
    np.testing.assert_allclose(fractions.numpy(), arrays["alphas_cosine_10"], rtol=1e-4, atol=1e-6)


def test_even_proportions_give_growing_fractions():
    found = sizes.step_fractions(torch.arange(1, 11) / 10)
    torch.testing.assert_close(found, 1 / torch.arange(10, 0, -1))


@given(st.integers(1, 200))
def test_whole_steps_leave_nothing_of_the_start(steps):
    assert np.prod([1 - size for size in sizes.whole_blend_sizes(steps)]) == 0
    assert sum(sizes.blend_sizes(steps)) == pytest.approx(1)


@given(_seeds, st.booleans())
def test_what_is_known_stays_and_lines_lie_between(seed, curved):
    values, known, padding = _sequences(seed)
    draft = fill_missing_points(values, known, padding, curved=curved)
    assert torch.equal(draft.keeping(draft.values), draft.values)
    real = known & ~padding[..., None]
    assert torch.equal(draft.values[real], values[real])
    assert torch.isfinite(draft.values).all()
    if not curved:
        shown = values.masked_fill(~real[..., None], 0)
        assert draft.values.abs().amax() <= shown.abs().amax() + 1e-6


@given(_seeds, st.booleans())
def test_what_lies_under_unknown_points_is_not_looked_at(seed, curved):
    values, known, padding = _sequences(seed)
    other = torch.where((known & ~padding[..., None])[..., None], values, torch.full_like(values, 99.0))
    a, b = (fill_missing_points(one, known, padding, curved=curved).values for one in (values, other))
    assert torch.equal(a, b)


@given(_seeds, st.floats(-1, 1), st.floats(-1, 1))
def test_straight_movement_is_filled_exactly(seed, slope, height):
    _, known, padding = _sequences(seed)
    known[:, [0, -1]], padding[:] = True, False
    values = (slope * torch.arange(12.0) + height)[None, :, None, None].expand(3, 12, 5, 2)
    for curved in (False, True):
        torch.testing.assert_close(
            fill_missing_points(values, known, padding, curved=curved).values, values, atol=1e-5, rtol=0
        )


def test_curves_cross_short_gaps_better_than_lines():
    values = torch.sin(torch.arange(40) / 4)[None, :, None, None].expand(1, 40, 1, 2)
    known = (torch.arange(40) % 3 == 0)[None, :, None]
    padding = torch.zeros(1, 40, dtype=torch.bool)
    line, curve = (
        (fill_missing_points(values, known, padding, curved=curved).values - values)[:, :37].abs().mean()
        for curved in (False, True)
    )
    assert curve < line / 3


def test_a_start_frame_is_held_still():
    first = torch.randn(2, 3, 2)
    draft = held_still(first, torch.ones(2, 3, dtype=torch.bool), torch.tensor([4, 2]))
    assert torch.equal(draft.values, first[:, None].expand(2, 4, 3, 2))
    assert draft.known[:, 0].all() and not draft.known[:, 1:].any()
    assert draft.padding.tolist() == [[False] * 4, [False, False, True, True]]
    again = fill_missing_points(draft.values, draft.known, draft.padding)
    assert torch.equal(again.values, draft.values)


def test_gaps_count_frames_to_the_nearest_known_one():
    known = torch.tensor([[[0, 0], [1, 0], [0, 0], [0, 0], [1, 0]]], dtype=torch.bool)
    assert gaps(known)[0].T.tolist() == [[1, 0, 1, 1, 0], [np.inf] * 5]


@given(_seeds)
def test_damage_takes_away_and_leaves_something(seed):
    torch.manual_seed(seed)
    _, known, _ = _sequences(seed)
    known[:, 0, 0] = True
    left = damage_points(known, ((0, 2), (2, 4)))
    assert not (left & ~known).any()
    assert left.any((1, 2)).all()


def test_losses_look_at_what_was_seen():
    label, found = torch.zeros(2, 4, 3, 2), torch.ones(2, 4, 3, 2)
    confidence = torch.zeros(2, 4, 3)
    assert masked_loss(label, found, confidence) == seen_loss(label, found, confidence) == 0
    confidence[0, 0] = 1
    assert seen_loss(label, found, confidence) == 2
    assert masked_loss(label, found, confidence) == pytest.approx(2 / 8)


def test_only_the_published_smoothness_is_closed_to_a_circle():
    ramp = torch.arange(4.0)[None, :, None, None].expand(1, 4, 1, 1)
    sure = torch.ones(1, 4, 1)
    assert unsmoothness(ramp, sure, 1, cyclic=False) == 1
    assert unsmoothness(ramp, sure, 1, cyclic=True) == pytest.approx((3 + 3) / 4)
