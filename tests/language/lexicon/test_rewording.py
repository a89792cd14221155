"""Texts in words that a model has learned."""

import numpy as np
import pytest

from poseloom.language.lexicon.rewording import reworded, stem
from poseloom.language.paraphrase import Manner, other_words, paraphrase

KNOWN = (
    *("the", "is", "a", "and", "with", "arm", "knee", "elbow", "belly", "bent", "straight", "raised", "forward"),
    *("slightly", "down", "person", "left", "right"),
)
TEXT = "The person is standing with the feet together. The left elbow is slightly bent. The right knee is straight."


def test_known_words_stay_as_they_are():
    text = "the left arm is raised, and the knee is bent slightly."
    assert reworded(text, KNOWN).text == text


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("the left arm is elevated", "the left arm is raised"),
        ("the elbow joint is flexed somewhat", "the elbow is bent slightly"),
        ("the kneecap is unbent", "the knee is straight"),
        ("the arm is frontward", "the arm is forward"),
        ("the arm is straihgt", "the arm is straight"),
    ],
)
def test_everyday_words_become_known_ones(said, read):
    assert reworded(said, KNOWN).text == read
    assert reworded(said, KNOWN).notes == ()


def test_a_relative_is_told_and_other_words_are_left_out():
    made = reworded("the gut feeling of a kazoo", KNOWN)
    assert "kazoo" in made.left_out
    assert "kazoo" not in made.text
    found = reworded("the tissue of the shoulder", (*KNOWN, "muscle"))
    assert found.notes == ("tissue read as muscle",) or "tissue" in found.left_out


def test_every_word_that_comes_out_is_known():
    generator = np.random.default_rng(5)
    for _ in range(20):
        text = paraphrase(TEXT, generator, Manner(other_words=0.8))
        assert set(reworded(text, KNOWN).text.replace(",", " ").replace(".", " ").split()) <= set(KNOWN)


def test_inflections_share_a_stem():
    assert len({stem(word) for word in ("incline", "inclines", "inclined", "inclining")}) == 1
    assert stem("leg") == "leg"


def test_other_words_are_read_as_the_word_they_stand_for():
    for word in ("elbow", "slightly", "raised"):
        assert all(reworded(other, KNOWN).text == word for other in other_words()[word]), word
