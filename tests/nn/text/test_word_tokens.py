"""Word tokens: NLTK's, on texts such as people write about poses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poseloom.nn.text.word_tokens import COMMON_ABBREVIATIONS, tokenize

_TEXT = """
the left arm is raised . , 90 45. 90.5 e.g. i.e. mr. ok. it's don't cannot right-hand o'clock (bent) knee. foot, he's
'bent' legs: head... end! really? 3/4 3,5 5% l-shape -- and/or they'll x-axis. ) ' ft. hip. gonna a. é ; "straight"
"""
PIECES = _TEXT.split()


@pytest.fixture(scope="module")
def nltk_tokens():
    """What NLTK says; its trained sentence splitter is replaced by one that knows the same abbreviations."""
    pytest.importorskip("nltk")
    from nltk.tokenize import NLTKWordTokenizer
    from nltk.tokenize.punkt import PunktParameters, PunktSentenceTokenizer

    parameters = PunktParameters()
    parameters.abbrev_types = set(COMMON_ABBREVIATIONS)
    splitter, words = PunktSentenceTokenizer(), NLTKWordTokenizer()
    splitter._params = parameters
    return lambda text: [word for part in splitter.tokenize(text.lower()) for word in words.tokenize(part)]


@given(words=st.lists(st.sampled_from(PIECES), max_size=25))
def test_tokens_are_those_of_nltk(words, nltk_tokens):
    text = " ".join(words)
    assert tokenize(text) == nltk_tokens(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("His arm isn't bent.", "his arm is n't bent ."),
        ("Left arm up. Right arm down.", "left arm up . right arm down ."),
        ("at 90. the knee", "at 90. the knee"),
        ("e.g. the left", "e.g . the left"),
        ("5 reps. then rest.", "5 reps. then rest ."),
        ("(both knees bent.) he sits", "( both knees bent . ) he sits"),
        ('"straight" legs, at 3 o\'clock', "`` straight '' legs , at 3 o'clock"),
        ("cannot... don't", "can not ... do n't"),
        ("", ""),
        ("   ", ""),
    ],
)
def test_examples(text, expected):
    assert " ".join(tokenize(text)) == expected


def test_a_longer_list_of_abbreviations_can_be_given():
    assert tokenize("approx. half", frozenset({"approx"})) == ["approx.", "half"]


@given(st.text(max_size=200))
def test_any_text_is_split_into_words_without_space(text):
    assert all(word and not any(sign.isspace() for sign in word) for word in tokenize(text))


def test_a_long_text_without_spaces_is_borne():
    assert tokenize("a" * 20_000 + ".")[0] == "a" * 20_000
    assert tokenize("." * 20_000 + "!?" * 2_000)
