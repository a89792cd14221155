import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from poseloom.base.errors import PoseloomError
from poseloom.metrics import (
    any_to_any_recall,
    mean_recall,
    own_ranks,
    pool_ranks,
    r_precision,
    recall_at,
    sample_pools,
    two_way_recall,
)
from poseloom.metrics import recall as recall_module


def features(items=40, d=16, seed=0):
    return torch.nn.functional.normalize(torch.randn(items, d, generator=torch.Generator().manual_seed(seed)), dim=-1)


def test_published_recall_and_r_precision(golden):
    case, arrays = golden("text-pose/metrics")
    pose, text = (torch.from_numpy(arrays[name]) for name in ("pose_features", "text_features"))
    found = two_way_recall(pose, text, case["config"]["recall_k"])
    assert np.allclose(found.a_to_b, arrays["recall_pose_to_text"], atol=1e-4)
    assert np.allclose(found.b_to_a, arrays["recall_text_to_pose"], atol=1e-4)
    assert found.mean == pytest.approx(float(arrays["mrecall"]), abs=1e-4)

    precision = r_precision(text, pose, torch.from_numpy(arrays["pools"]), k=case["config"]["topk"])
    assert np.allclose(precision.published, arrays["r_precision"], atol=1e-4)
    assert precision.multimodality == pytest.approx(float(arrays["multimodality"]), abs=1e-4)
    assert precision.chance == (100 / 32, 200 / 32, 300 / 32)


def test_recall_of_the_any_to_any_release(golden):
    case, arrays = golden("embroider/metrics")
    query, target = torch.from_numpy(arrays["query"]), torch.from_numpy(arrays["target"])
    assert np.allclose(recall_at(own_ranks(query, target), case["config"]["k"]), arrays["recall"], atol=1e-3)


def test_equal_features_find_themselves_and_constant_ones_score_by_chance():
    same = features()
    assert two_way_recall(same, same).mean == 100
    assert two_way_recall(torch.ones(40, 8), torch.ones(40, 8)).mean == 0
    constant = r_precision(torch.ones(40, 8), torch.ones(40, 8))
    assert constant.mended == constant.published == (0, 0, 0)


def test_random_features_score_as_chance_does():
    found = r_precision(features(800, seed=1), features(800, seed=2), seed=3)
    assert np.allclose(found.mended, found.chance, atol=1.5)


@given(st.integers(1, 30), st.integers(0, 99))
def test_ranks_do_not_depend_on_the_size_of_blocks(items, seed):
    a, b = features(items, 3, seed), features(items, 3, seed + 100)
    whole = own_ranks(a, b)
    size = recall_module._SCORES_AT_ONCE
    try:
        recall_module._SCORES_AT_ONCE = 1
        assert torch.equal(own_ranks(a, b), whole)
    finally:
        recall_module._SCORES_AT_ONCE = size


@given(st.integers(2, 40), st.integers(1, 4), st.integers(0, 9), st.data())
def test_pools_hold_the_own_item_once_and_others_without_repeats(items, repetitions, seed, data):
    size = data.draw(st.integers(1, items))
    pools = sample_pools(items, size, repetitions, seed)
    assert pools.shape == (items, repetitions, size)
    assert torch.equal(pools[..., 0], torch.arange(items)[:, None].expand(-1, repetitions))
    assert (pools.sort(-1).values.diff(dim=-1) > 0).all() and pools.min() >= 0 and pools.max() < items
    assert torch.equal(pools, sample_pools(items, size, repetitions, seed))


def test_every_other_item_is_drawn_equally_often():
    counts = torch.bincount(sample_pools(10, 4, 20_000)[0, :, 1:].flatten(), minlength=10).double()
    assert counts[0] == 0 and ((counts[1:] / 20_000 - 3 / 9).abs() < 0.02).all()


def test_a_full_pool_ranks_as_the_whole_collection_does():
    a, b = features(12, 4), features(12, 4, 1)
    assert torch.equal(pool_ranks(a, b, sample_pools(12, 12, 3)), own_ranks(a, b)[:, None].expand(-1, 3))


def test_ranks_of_pools_do_not_depend_on_how_scores_are_computed(monkeypatch):
    a, b, pools = features(60), features(60, seed=1), sample_pools(60, 8, 3)
    whole = pool_ranks(a, b, pools)
    monkeypatch.setattr("poseloom.metrics.precision._WHOLE_ROWS", 0)
    monkeypatch.setattr("poseloom.metrics.precision._NUMBERS_AT_ONCE", 1000)
    assert torch.equal(pool_ranks(a, b, pools), whole)


def test_one_lost_pool_in_ten_is_a_tenth_mended_and_nothing_published():
    # ten pools, in one of them the own pose is second: mean rank 0.1
    query, targets = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.5, 0.5], [0.0, 1.0], [1.0, 0.0]])
    pools = torch.tensor([[[0, 1]] * 9 + [[0, 2]]])
    ranks = pool_ranks(query, targets, pools)
    assert recall_at(ranks.flatten(), (1,)).item() == pytest.approx(90)
    assert recall_at(ranks.mean(1), (1,)).item() == 100


def test_means():
    assert mean_recall([10, 20, 60]) == 30
    assert any_to_any_recall([60, 70], [80]) == pytest.approx(72.5)


@pytest.mark.wrong_types
def test_mistakes_are_told():
    with pytest.raises(PoseloomError, match="a pool of 32 needs as many items, got 5"):
        r_precision(features(5), features(5))
    with pytest.raises(PoseloomError, match="one shape with at least one item"):
        two_way_recall(features(5), features(6))
    with pytest.raises(PoseloomError, match="at least one item"):
        two_way_recall(features(5)[:0], features(5)[:0])
