import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import sqrtm

from poseloom.base.errors import PoseloomError
from poseloom.metrics import FeatureStatistics, frechet_distance


def by_scipy(a, b):
    s1, s2 = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    root = np.real(sqrtm(s1 @ s2))
    return ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(s1 + s2 - 2 * root)


def test_published_distance(golden):
    _, arrays = golden("text-pose/metrics")
    found = frechet_distance(torch.from_numpy(arrays["feat_a"]), torch.from_numpy(arrays["feat_b"]))
    assert found == pytest.approx(float(arrays["fid"]), rel=1e-4, abs=1e-4)


@given(st.integers(0, 1000), st.integers(2, 6))
def test_equals_the_matrix_square_root_of_scipy(seed, d):
    generator = np.random.default_rng(seed)
    a = generator.normal(size=(30, d)) @ generator.normal(size=(d, d))
    b = generator.normal(size=(40, d)) @ generator.normal(size=(d, d)) + 1
    assert frechet_distance(torch.from_numpy(a), torch.from_numpy(b)) == pytest.approx(by_scipy(a, b), rel=1e-6)


@given(st.integers(0, 100))
def test_is_zero_for_equal_sets_and_symmetric(seed):
    generator = torch.Generator().manual_seed(seed)
    a, b = torch.randn(20, 5, generator=generator), torch.randn(30, 5, generator=generator)
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-6)
    assert frechet_distance(a, b) == pytest.approx(frechet_distance(b, a), rel=1e-9)
    assert frechet_distance(a, a + 2) == pytest.approx(20, rel=1e-4)  # a shift of 2 in 5 dimensions


def test_fewer_items_than_dimensions_need_no_rescue():
    a, b = torch.randn(8, 64), torch.randn(8, 64) * 2
    assert np.isfinite(frechet_distance(a, b)) and frechet_distance(a, b) > 0


@given(st.lists(st.integers(0, 9), min_size=1, max_size=6))
def test_batches_and_joins_give_what_one_tensor_gives(sizes):
    features = torch.randn(sum(sizes) + 2, 4, dtype=torch.float64) * 3 + 100
    parts = features.split([*sizes, 2])
    whole, streamed, joined = FeatureStatistics.of(features), FeatureStatistics(4), FeatureStatistics(4)
    for part in parts:
        streamed.add(part)
        joined += FeatureStatistics.of(part)
    for other in (streamed, joined):
        assert torch.allclose(other.mean, features.mean(0)) and other.count == len(features)
        assert torch.allclose(other.covariance(), whole.covariance(), atol=1e-9)
    assert torch.allclose(whole.covariance(), torch.cov(features.T))


@pytest.mark.wrong_types
def test_mistakes_are_told():
    with pytest.raises(PoseloomError, match="at least two items, got 1"):
        frechet_distance(torch.zeros(1, 3), torch.zeros(5, 3))
    with pytest.raises(PoseloomError, match="of 3 and of 4 dimensions"):
        frechet_distance(torch.zeros(5, 3), torch.zeros(5, 4))
    with pytest.raises(PoseloomError, match="NaN or infinity"):
        frechet_distance(torch.full((5, 3), torch.nan), torch.zeros(5, 3))
    with pytest.raises(PoseloomError, match=r"expected \(items, 3\), got \(2, 4\)"):
        FeatureStatistics(3).add(torch.zeros(2, 4))
