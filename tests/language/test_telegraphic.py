import numpy as np
import pytest

from poseloom.language import describe
from poseloom.language.description.agreement import fact_agreement
from poseloom.language.telegraphic import telegraphic
from poseloom.pose.sampler import sample

TEXT = "The person stands, leaning forward. Their left arm is raised straight up. The knees are bent."


def test_small_words_go_and_the_others_stay():
    said = {telegraphic(TEXT, np.random.default_rng(seed)) for seed in range(60)}
    assert len(said) > 30
    for text in said:
        assert "standing, leaning forward" in text.lower() and "left arm" in text.lower() and "The person" not in text
    assert any("left arm raised straight up" in text for text in said)


def test_the_seed_chooses():
    a, b = (telegraphic(TEXT, np.random.default_rng(3)) for _ in range(2))
    assert a == b


@pytest.mark.parametrize("style", ["paragraph", "short"])
def test_what_is_left_is_still_true_of_the_pose(style):
    poses = sample(60, seed=8).body().without_heading()
    generator = np.random.default_rng(1)
    texts = [telegraphic(text, generator) for text in describe(poses, seed=2, style=style)]
    found = fact_agreement(texts, poses)
    assert found.true.sum() > 0.88 * found.read.sum() > 60
