"""What a model signs, with bones of a constant length; and how far its wrists go."""

import numpy as np
import pytest

from poseloom.tasks.sign.bones import bones_of, with_constant_bones
from poseloom.tasks.sign.clips import SignClip
from poseloom.tasks.sign.evaluate import movement_figures
from poseloom.tasks.sign.layouts import sign_layout
from poseloom.tasks.sign.strokes import strokes

HOLISTIC = sign_layout("holistic-75")
RIGHT = HOLISTIC.arms[1]


@pytest.fixture
def signed():
    """Frames that a model might make: bones of the toy signer that are stretched and shrunk at random."""
    values = strokes(11, 1)[0].values.astype(np.float64)
    return values + np.random.default_rng(3).normal(0, 0.02, values.shape)


def test_bones_keep_the_lengths_of_the_first_pose(signed):
    made = with_constant_bones(signed, signed[0], HOLISTIC)
    for parent, child in bones_of(HOLISTIC):
        lengths = np.linalg.norm(made[:, child] - made[:, parent], axis=-1)
        np.testing.assert_allclose(lengths, lengths[0], atol=1e-4)


def test_the_arm_goes_where_the_hand_is(signed):
    """The body's wrist is told half as far up as the hand's own; both are to be where the hand is."""
    first, hand = signed[0].copy(), RIGHT.hand[0]
    first[RIGHT.wrist] = first[hand]
    signed = np.repeat(first[None], 9, 0)
    up = np.linspace(0, 0.2, 9)[:, None] * [0.3, -1.0, 0.0]
    signed[:, slice(*RIGHT.hand)] += up[:, None]
    signed[:, RIGHT.wrist] += up / 2
    made = with_constant_bones(signed, first, HOLISTIC)
    np.testing.assert_allclose(made[:, RIGHT.wrist], signed[:, hand], atol=1e-5)
    np.testing.assert_allclose(made[:, hand], signed[:, hand], atol=1e-5)


def test_a_wrist_that_is_apart_from_the_hand_stays_so_far_apart(signed):
    first = signed[0].copy()
    first[RIGHT.wrist] = first[RIGHT.hand[0]] + [0.03, -0.04, 0.0]
    made = with_constant_bones(np.repeat(first[None], 3, 0), first, HOLISTIC)
    for point in (RIGHT.elbow, RIGHT.wrist, *range(*RIGHT.hand)):
        np.testing.assert_allclose(made[:, point], np.repeat(first[None, point], 3, 0), atol=1e-4)


def test_an_arm_does_not_follow_a_hand_that_was_not_seen(signed):
    first = signed[0].copy()
    first[slice(*RIGHT.hand)] += [0.8, -0.8, 0.0]
    signed = np.repeat(first[None], 5, 0)
    signed[:, slice(*RIGHT.hand)] += np.linspace(0, 0.5, 5)[:, None, None] * [1.0, 0.0, 0.0]
    made = with_constant_bones(signed, first, HOLISTIC)
    np.testing.assert_allclose(made[:, RIGHT.wrist], signed[:, RIGHT.wrist], atol=1e-4)


def test_how_far_wrists_go_and_how_they_tremble():
    """A clip of which one wrist circles, one rests; made half as large, three tenths larger and with a tremble."""
    angle = np.linspace(0, 2 * np.pi, 60)
    values = np.zeros((60, 2, 3))
    values[:, 0, 0], values[:, 0, 1] = np.cos(angle), np.sin(angle)
    clip = SignClip("", values, np.ones((60, 2)))
    same = movement_figures([values], [clip], [0, 1])
    assert same == pytest.approx({"path": 100, "path_near": 100, "jitter": 100})
    found = movement_figures([values / 2, values * 1.1, values * 1.3], [clip] * 3, [0, 1])
    assert found == pytest.approx({"path": 110, "path_near": 100 / 3, "jitter": 290 / 3})
    trembling = values.copy()
    trembling[::2, 0, 2] += 0.001
    found = movement_figures([trembling], [clip], [0])
    assert found["path"] == pytest.approx(100, abs=0.1) and found["jitter"] > 300
    assert movement_figures([values], [SignClip("", 0 * values, np.ones((60, 2)))], [0, 1]) == {}
