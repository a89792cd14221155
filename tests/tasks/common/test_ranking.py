"""Figures of retrieval on vectors whose ranks are known."""

import pytest
import torch

from poseloom.tasks.common.ranking import RankProtocol, ranking_figures

NAMES = ("a_to_b", "b_to_a")


def test_right_answers_find_everything():
    vectors = torch.eye(40)
    found = ranking_figures(vectors, vectors, RankProtocol(), 0, NAMES)
    assert found["mrecall"] == found["a_to_b_r1"] == found["b_to_a_r10"] == 100
    assert found["r_precision_1"] == found["r_precision_3_mended"] == 100 and found["multimodality"] == 1


def test_the_neighbours_answers_are_found_second():
    """Each text points to the next pose, and half as much to its own: rank 1 (from 0) in the whole set."""
    own = torch.eye(40)
    texts = own.roll(1, 1) + 0.5 * own
    found = ranking_figures(texts, own, RankProtocol(), 0, NAMES)
    assert found["a_to_b_r1"] == 0 and found["a_to_b_r5"] == 100 and found["b_to_a_r1"] == 0
    # the wrong neighbour is in a pool of 32 of 40 with probability 31/39
    assert found["r_precision_1_mended"] == pytest.approx(100 * 8 / 39, abs=6)
    assert found["r_precision_2"] == found["r_precision_2_mended"] == 100


def test_pools_and_repetitions_are_those_of_the_protocol():
    own = torch.eye(12)
    texts = own.roll(1, 1) + 0.5 * own
    found = ranking_figures(texts, own, RankProtocol(pool=12, repetitions=1), 3, NAMES)
    assert found["r_precision_1"] == found["r_precision_1_mended"] == 0 and found["r_precision_2"] == 100
