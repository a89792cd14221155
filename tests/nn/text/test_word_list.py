import pytest
from hypothesis import given
from hypothesis import strategies as st

from poseloom.nn.text.words import END, LONGEST, PAD, SPECIAL, START, UNKNOWN, WordList, words_of

TEXTS = ["The left arm is raised, and the right knee is bent.", "The left knee is half-bent; it's low."]


@pytest.fixture
def words():
    return WordList.of_texts(TEXTS)


def test_words_are_lower_case_and_marks_stand_alone():
    said = words_of("Left arm: half-bent (it's LOW) — done.")
    assert said == ["left", "arm", ":", "half-bent", "it's", "low", "done", "."]


def test_the_most_frequent_words_come_first_and_ties_by_alphabet(words):
    counts = {word: sum(words_of(text).count(word) for text in TEXTS) for word in words.words}
    assert words.words == sorted(words.words, key=lambda word: (-counts[word], word)) and words.words[0] == "is"
    assert len(words) == len(words.words) + len(SPECIAL)


def test_rare_words_can_be_left_out():
    assert set(WordList.of_texts(TEXTS, at_least=2).words) == {"the", "left", "is", "knee", "."}


def test_unknown_words_are_told_once_in_their_order(words):
    assert words.unknown("A zebra, a Yak raised the left arm, zebra!") == ["a", "zebra", "yak", "!"]
    assert words.encode(["zebra"])[0, 0] == UNKNOWN


def test_padding_marks_and_cuts(words):
    ids = words.encode(["left", "", "the left arm"], ends=True)
    assert ids.shape == (3, 5)
    assert ids[1].tolist() == [START, END, PAD, PAD, PAD]
    assert words.encode([""]).tolist() == [[PAD]]
    assert words.encode(["left " * 10_000]).shape == (1, LONGEST)


@pytest.mark.parametrize("text", TEXTS)
def test_decoding_gives_the_text_back(words, text):
    assert words.decode(words.encode([text], ends=True)[0].tolist()) == text


@given(st.lists(st.text(max_size=60), max_size=4))
def test_any_text_can_be_read(texts):
    words = WordList.of_texts(TEXTS)
    ids = words.encode(texts)
    assert len(ids) == len(texts) and bool(((ids >= 0) & (ids < len(words))).all())
