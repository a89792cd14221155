"""Paraphrases say what the description says, in other words and another order."""

import numpy as np

from poseloom.language.paraphrase import Manner, paraphrase

TEXT = "The person is standing with the feet together. Their left elbow is slightly bent. Their right knee is straight."
STILL = Manner(telegraphic=0, other_words=0, shuffled=0, addressed=0, slips=0, left_out=0)


def said(manner, seed=0, text=TEXT):
    return paraphrase(text, np.random.default_rng(seed), manner)


def test_nothing_changes_where_nothing_may():
    assert said(STILL) == TEXT


def test_the_same_generator_gives_the_same_text_and_others_differ():
    assert said(Manner(), 3) == said(Manner(), 3)
    assert len({said(Manner(), seed) for seed in range(8)}) > 5


def test_sentences_after_the_first_change_places_and_none_is_lost():
    made = {said(Manner(0, 0, 1, 0, 0, 0), seed) for seed in range(8)}
    assert len(made) == 2
    assert all(sorted(text.split(". ")[1].rstrip(".")) for text in made)
    assert all(text.startswith("The person is standing") and len(text) == len(TEXT) for text in made)


def test_your_elbow_stands_for_their_elbow():
    assert "Your left elbow" in said(Manner(0, 0, 0, 1, 0, 0))


def test_what_is_left_out_is_never_the_first_sentence():
    assert said(Manner(0, 0, 0, 0, 0, 1.0)) == "The person is standing with the feet together."


def test_slips_exchange_two_letters_inside_a_word():
    words = said(Manner(0, 0, 0, 0, 1.0, 0)).split()
    changed = [(a, b) for a, b in zip(TEXT.split(), words, strict=True) if a != b]
    assert changed
    assert all(sorted(a) == sorted(b) and a[0] == b[0] for a, b in changed)
