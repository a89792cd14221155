"""Figures of said texts whose worth is known."""

import pytest
import torch
from torch.distributions import Normal

from poseloom.tasks.common.published_data import PoseBatch
from poseloom.tasks.common.published_saying import (
    SayingProtocol,
    Spoken,
    heard_divergence,
    text_figures,
    way_back,
    words_of,
)
from poseloom.tasks.common.published_text import TextBatch

REFERENCES = (
    ("The left arm is raised above the head.", "One arm goes up."),
    ("Both knees are deeply bent.",),
    ("She leans to the right and looks down.",),
)


def batches():
    texts = TextBatch(torch.zeros(3, 2, dtype=torch.long), torch.full((3,), 2))
    words = tuple(one[0] for one in REFERENCES)
    return [PoseBatch(torch.zeros(3, 52, 3), texts, words, REFERENCES)]


def spoken(*texts):
    return Spoken(list(texts), torch.tensor([-1.0, -2.0, -3.0]))


def test_texts_that_repeat_a_reference_are_worth_all():
    found = text_figures(spoken(*words_of(batches())), batches())
    assert found["bleu"] == pytest.approx(100) and found["rouge_l"] == pytest.approx(100)
    assert found["meteor_es"] > 99 and found["likelihood"] == -2


def test_texts_of_other_items_are_worth_less_and_further_references_count():
    shifted = text_figures(spoken(*words_of(batches())[1:], words_of(batches())[0]), batches())
    assert shifted["bleu"] < 1 and shifted["rouge_l"] < 40
    second = text_figures(spoken("One arm goes up.", *words_of(batches())[1:]), batches())
    assert second["rouge_l"] == pytest.approx(100)


def test_the_way_back_takes_the_best_of_the_samples():
    real = torch.zeros(40, 52, 3)  # more than are compared at once
    made = torch.zeros(40, 3, 52, 3)
    made[:, 1:, 18, 2] = 1.0
    found = way_back(real, made, SayingProtocol(samples=3, best=1))
    assert found["geodesic_top1"] == pytest.approx(0, abs=1e-3)
    assert found["geodesic"] == pytest.approx(57.2958 * 2 / 3 / 52, rel=1e-3)
    assert found["mpjpe_top1"] < 1e-3 < found["mpjpe"]


def test_what_the_generator_hears_is_measured_by_divergences():
    def at(mean):
        return Normal(torch.full((5, 4), mean), torch.ones(5, 4))

    found = heard_divergence(at(0.0), at(1.0), at(3.0))
    assert found["kld_a"] == pytest.approx(4 * 2.0**2 / 2) and found["kld_b"] == pytest.approx(4 * (9 - 1) / 2)
