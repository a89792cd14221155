import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from poseloom.base.errors import PoseloomError
from poseloom.formats.pose_file import PoseSequence, focus, hide_legs, hide_low_confidence, normalise
from poseloom.formats.pose_file.joints import joints_to_sequence
from poseloom.formats.pose_file.sequence import Component
from poseloom.metrics import (
    OPENPOSE_137_MEASURED,
    Trajectories,
    distance_ranks,
    dtw_distance,
    dtw_distance_padded,
    dtw_mje,
    dtw_p,
    exact_dtw_mje,
    fast_dtw_distance,
    half_label_if_unpredicted,
    length_error,
    ndtw_mje,
    ndtw_per_keypoint,
    sign_ape,
    sign_masked_mse,
    sign_mse,
    zero_if_missing,
)
from poseloom.metrics.dtw import dtw_with_path


def openpose_137(xy, confidence) -> PoseSequence:
    body, *hands = joints_to_sequence({"nose": np.zeros((1, 3))}, "openpose", 25).components
    face = Component("face_keypoints_2d", tuple(f"F{index}" for index in range(70)), format="XYC")
    return PoseSequence((body, face, *hands), xy, confidence)


def prepared(arrays, name) -> PoseSequence:
    sequence = openpose_137(arrays[f"{name}_xy"], arrays[f"{name}_conf"])
    return hide_low_confidence(hide_legs(focus(normalise(sequence))))


def trajectories(sequence, keypoints=None) -> Trajectories:
    return Trajectories.of(sequence.values[:, 0], sequence.missing[:, 0], keypoints)


def walk(frames, keypoints=4, d=2, seed=0, missing=0.0) -> Trajectories:
    generator = np.random.default_rng(seed)
    values = generator.normal(size=(keypoints, frames, d)).cumsum(1)
    return Trajectories(values, generator.random((keypoints, frames)) < missing)


def slow_dtw(cost):
    sums = np.full((cost.shape[0] + 1, cost.shape[1] + 1), np.inf)
    sums[0, 0] = 0
    for i, j in np.ndindex(cost.shape):
        sums[i + 1, j + 1] = cost[i, j] + min(sums[i, j + 1], sums[i + 1, j], sums[i, j])
    return sums[-1, -1]


# -- the released systems' figures ----------------------------------------------------------------------------


def test_published_preparation(golden):
    _, arrays = golden("sign/metrics")
    for name in ("pred", "label"):
        found = prepared(arrays, name)
        mask = arrays[f"{name}_mask"]
        assert np.array_equal(np.broadcast_to(found.missing[..., None], mask.shape), mask)
        assert np.allclose(np.where(mask, 0, found.values), arrays[f"{name}_processed"], atol=1e-4)
        assert np.allclose(found.confidence, arrays[f"{name}_processed_conf"])


def test_published_values(golden):
    case, arrays = golden("sign/metrics")
    expected = dict(zip(case["config"]["value_names"], arrays["values"], strict=True))
    sequences = [prepared(arrays, name) for name in ("pred", "label")]
    prediction, label = (trajectories(one, OPENPOSE_137_MEASURED) for one in sequences)
    confidence = sequences[0].confidence[:, 0][:, list(OPENPOSE_137_MEASURED)].T
    everything = [trajectories(one) for one in sequences]
    u, v = (Trajectories.of(arrays[name][:, None]) for name in "uv")
    found = {
        "h2p_ndtw": ndtw_mje(prediction, label),
        "h2p_mse": sign_mse(prediction, label, published=True),
        "h2p_ape": sign_ape(prediction, label, published=True),
        "h2p_masked_mse": sign_masked_mse(prediction, label, confidence, published=True),
        "t2p_dtw_mje": dtw_mje(*everything, published=True),
        "t2p_mse": sign_mse(u, v),
        "t2p_masked_mse": sign_masked_mse(u, v, arrays["w"][None]),
    }
    for name, value in found.items():
        assert value == pytest.approx(expected[name], rel=1e-5), name
    per_keypoint, path = fast_dtw_distance(
        prediction, label, lambda p, true: half_label_if_unpredicted(true, p).swapaxes(1, 2)
    )
    assert np.allclose(per_keypoint, arrays["h2p_ndtw_per_keypoint"], rtol=1e-5)
    assert np.array_equal(np.argwhere(path[4]), arrays["path_keypoint4"])


# -- dynamic time warping -------------------------------------------------------------------------------------


@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 999))
def test_warping_equals_the_textbook_recurrence(n, m, seed):
    cost = np.random.default_rng(seed).random((3, n, m))
    expected = [slow_dtw(one) for one in cost]
    assert np.allclose(dtw_distance(cost), expected)
    total, path = dtw_with_path(cost)
    assert np.allclose(total, expected) and np.allclose(np.where(path, cost, 0).sum((1, 2)), expected)
    assert path[:, 0, 0].all() and path[:, -1, -1].all() and path.any(1).all() and path.any(2).all()


@given(st.lists(st.tuples(st.integers(1, 7), st.integers(1, 7)), min_size=1, max_size=5), st.integers(0, 99))
def test_pairs_of_different_lengths_are_warped_together(sizes, seed):
    cost = np.random.default_rng(seed).random((len(sizes), 7, 7))
    n, m = np.array(sizes).T
    expected = [slow_dtw(one[:a, :b]) for one, a, b in zip(cost, n, m, strict=True)]
    assert np.allclose(dtw_distance_padded(cost, n, m), expected)


def test_large_batches_are_cut_into_parts(monkeypatch):
    cost = np.random.default_rng(0).random((5, 6, 7))
    whole = dtw_distance(cost)
    monkeypatch.setattr("poseloom.metrics.dtw._CELLS_AT_ONCE", 50)
    assert np.array_equal(dtw_distance(cost), whole)
    assert np.array_equal(dtw_distance_padded(cost, np.full(5, 6), np.full(5, 7)), whole)


@given(st.integers(1, 30), st.integers(1, 30), st.integers(0, 99), st.floats(0, 0.5))
def test_the_fast_approximation_is_never_below_the_exact_distance(n, m, seed, missing):
    a, b = walk(n, seed=seed, missing=missing), walk(m, seed=seed + 1, missing=missing)
    exact = dtw_distance(half_label_if_unpredicted(b, a))
    assert (ndtw_per_keypoint(a, b) >= exact - 1e-9).all()
    assert exact_dtw_mje(a, b) == pytest.approx(exact.mean())


def test_a_wide_radius_makes_the_approximation_exact():
    a, b = walk(20), walk(17, seed=1)

    def cost(p, label):
        return zero_if_missing(label, p).swapaxes(1, 2)

    exact = dtw_distance(cost(a, b))
    wide, narrow = (fast_dtw_distance(a, b, cost, radius)[0] for radius in (20, 1))
    assert np.allclose(wide, exact) and (narrow >= wide - 1e-9).all()


# -- the measures ---------------------------------------------------------------------------------------------


@given(st.integers(1, 20), st.integers(0, 99))
def test_every_measure_is_zero_for_the_sequence_itself(frames, seed):
    a = walk(frames, seed=seed)
    for measure in (sign_mse, sign_ape, ndtw_mje, dtw_mje, exact_dtw_mje, dtw_p):
        assert measure(a, a) == 0
    assert sign_masked_mse(a, a, np.ones((4, frames))) == 0


def test_a_slower_copy_costs_nothing_after_warping():
    a = walk(10)
    slow = Trajectories(np.repeat(a.values, 2, axis=1), np.repeat(a.missing, 2, axis=1))
    assert exact_dtw_mje(slow, a) == dtw_p(slow, a) == 0 < sign_ape(slow, a)


def test_missing_points_cost_what_each_rule_says():
    label = Trajectories(np.array([[[3.0, 4.0]]]), np.array([[False]]))
    absent = Trajectories(np.array([[[6.0, 8.0]]]), np.array([[True]]))
    assert ndtw_mje(absent, label) == 2.5  # half the label's distance from the origin
    assert ndtw_mje(label, absent) == 0  # no label, no error
    assert dtw_mje(absent, label) == 2.5 and dtw_mje(absent, label, published=True) == 5
    assert ndtw_mje(absent, label, zero_if_missing) == 0
    assert dtw_p(absent, label) == pytest.approx(np.hypot(7, 6))
    assert sign_mse(absent, label) == 0 and sign_mse(absent, label, published=True) == 25
    assert np.isnan(sign_masked_mse(absent, label, np.ones((1, 1))))


def along_a_line(values, missing) -> Trajectories:
    return Trajectories(np.array(values, float)[None, :, None], np.array(missing, bool)[None])


def zeros_through_views(first, second):
    """Distances as the released code finds them: missing points are filled in masked arrays, whose masks are views."""
    length = max(first.frames, second.frames)
    a, b = (np.ma.array(one.values[0], mask=one.missing[0][:, None], copy=True) for one in (first, second))
    a, b = (x if len(x) == length else np.concatenate((x, np.zeros((length - len(x), 1)))) for x in (a, b))
    masks = np.ma.getmask(a), np.ma.getmask(b)
    for mask in masks:
        a[mask] = 0
        b[mask] = 0
    return np.sqrt(np.square(a.data - b.data).sum(-1))


SHORT = along_a_line([1, 2, 4], [False, True, False])
LONG = along_a_line([8, 16, 32, 64], [True, False, False, True])


@pytest.mark.parametrize(
    ("prediction", "label", "errors"),
    [
        # the prediction is the shorter: its missing 2 is compared, where the label is missing nothing is
        (SHORT, LONG, [0, 16 - 2, 32 - 4, 0]),
        # the label is the shorter: its missing 2 is compared, where the prediction is missing it stands at the origin
        (LONG, SHORT, [1, 16 - 2, 32 - 4, 0]),
        # as long as each other: both masks are there, the prediction's does not reach the label
        (SHORT, along_a_line([8, 16, 32], [True, False, False]), [0, 16, 32 - 4]),
        (along_a_line([8, 16, 32], [True, False, False]), SHORT, [1, 0, 32 - 4]),
        (along_a_line([3], [True]), along_a_line([5], [True]), [0]),
    ],
)
def test_released_errors_of_missing_points_depend_on_who_is_shorter(prediction, label, errors):
    assert np.array_equal(zeros_through_views(prediction, label), errors)
    assert sign_ape(prediction, label, published=True) == np.mean(errors)
    assert sign_mse(prediction, label, published=True) == np.mean(np.square(errors))


@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 999))
def test_released_errors_are_those_of_zeros_through_views(n, m, seed):
    a, b = (walk(size, 1, 1, seed + number, missing=0.4) for number, size in enumerate((n, m)))
    assert sign_ape(a, b, published=True) == pytest.approx(zeros_through_views(a, b).mean())


def test_unpublished_errors_leave_out_what_either_lacks():
    expected = [0, 0, 32 - 4, 0]
    assert sign_ape(SHORT, LONG) == sign_ape(LONG, SHORT) == np.mean(expected)


def test_the_shorter_sequence_is_continued_with_zeros():
    a = Trajectories(np.ones((1, 2, 1)), np.zeros((1, 2), bool))
    b = Trajectories(np.ones((1, 1, 1)), np.zeros((1, 1), bool))
    assert sign_ape(a, b) == sign_ape(b, a) == 0.5


def test_masked_error_is_weighted_and_leaves_out_missing_frames():
    a = Trajectories(np.full((1, 3, 1), 2.0), np.array([[False, False, True]]))
    b = Trajectories(np.zeros((1, 3, 1)), np.zeros((1, 3), bool))
    assert sign_masked_mse(a, b, np.array([[1.0, 0.5]])) == pytest.approx((4 + 2) / 2)


# -- ranks and lengths ----------------------------------------------------------------------------------------


def test_good_predictions_find_their_labels_and_swapped_ones_do_not():
    labels = [walk(8 + item, seed=item) for item in range(6)]
    assert distance_ranks(labels, labels).to_prediction == (100, 100, 100)
    found = distance_ranks([*labels[1:], labels[0]], labels, exact_dtw_mje, seed=1)
    assert found.to_prediction[0] == found.to_label[0] == 0
    assert found == distance_ranks([*labels[1:], labels[0]], labels, exact_dtw_mje, seed=1)


def test_length_error_in_frames_and_relative():
    found = length_error([10, 30, 50], [20, 30, 40])
    assert (found.mean, found.median) == (pytest.approx(20 / 3), 10)
    assert (found.relative_mean, found.relative_median) == (pytest.approx(0.25), 0.25)


# -- mistakes -------------------------------------------------------------------------------------------------


def test_mistakes_are_told():
    with pytest.raises(PoseloomError, match="4 keypoints of 2 dimensions cannot be compared with 5 of 2"):
        ndtw_mje(walk(3), walk(3, keypoints=5))
    with pytest.raises(PoseloomError, match="mark it as missing"):
        Trajectories(np.full((1, 1, 2), np.nan), np.zeros((1, 1), bool))
    with pytest.raises(PoseloomError, match="at least one frame"):
        Trajectories(np.zeros((3, 0, 2)), np.zeros((3, 0), bool))
    with pytest.raises(PoseloomError, match="two or more"):
        distance_ranks([walk(3)], [walk(3)])
    with pytest.raises(PoseloomError, match="the true ones above zero"):
        length_error([1], [0])
    with pytest.raises(PoseloomError, match=r"masked MSE: expected a confidence \(4, at most 3\)"):
        sign_masked_mse(walk(3), walk(3), np.ones((4, 5)))
