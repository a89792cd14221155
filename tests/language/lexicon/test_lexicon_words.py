"""Words as the readers know them: everyday ones replaced, inflections, slips of spelling."""

import pytest

from poseloom.language.description.plain_table import plain_words
from poseloom.language.lexicon.understanding import known_words
from poseloom.language.lexicon.words import inflections, read_words, word_tables


def read(text):
    found = read_words(text, known_words())
    return " ".join(token.word for token in found.tokens), found.mended


@pytest.mark.parametrize(
    ("verb", "forms"),
    [
        ("walk", {"walks", "walked", "walking"}),
        ("sit", {"sits", "sitted", "sitting"}),
        ("kneel", {"kneels", "kneeled", "kneeling"}),
        ("wave", {"waves", "waved", "waving"}),
        ("push", {"pushes", "pushed", "pushing"}),
        ("carry", {"carries", "carried", "carrying"}),
        ("play", {"plays", "played", "playing"}),
        ("box", {"boxes", "boxed", "boxing"}),
        ("squat", {"squats", "squatted", "squatting"}),
    ],
)
def test_inflections(verb, forms):
    assert set(inflections(verb)) == forms


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hand on her tummy", "hand on her belly"),
        ("Arms out to the sides!", "arms to the sides"),
        ("elbow at 45°", "elbow at 45 degrees"),
        ("toward the sky", "up"),
        ("someone's arm", "someone arm"),
    ],
)
def test_everyday_words_are_read_as_known_ones(text, words):
    assert read(text)[0] == words


def test_slips_of_spelling_are_mended_and_told():
    assert read("plnak") == ("plank", ["plnak read as plank"])
    assert read("foward") == ("forward", ["foward read as forward"])


@pytest.mark.parametrize(
    ("typed", "right"),
    [
        ("squating", "squatting"),
        ("kneling", "kneeling"),
        ("rised", "raised"),
        ("runing", "running"),
        ("bendng", "bending"),
        ("rigth", "right"),
        ("crosslegged", "cross-legged"),
    ],
)
def test_slips_that_are_no_words_are_mended(typed, right):
    assert read(typed)[0] == read(right)[0]


@pytest.mark.parametrize(
    "word", ["smile", "hoping", "sacred", "setting", "signing", "learning", "dining", "bullet", "winter", "gentle"]
)
def test_a_word_of_its_own_is_no_slip_of_another(word):
    """Each is one letter away from a word for a pose: sailing, hopping, scared, sitting, singing, leaning, diving."""
    assert read(word) == (word, [])


def test_another_form_of_a_known_word_is_read_as_that():
    assert read("athletes")[0] == "athlete"


@pytest.mark.parametrize("word", ["brown", "zebra", "tuba", "xyzzy"])
def test_other_words_stay_as_they_are(word):
    assert read(word) == (word, [])


def test_a_mark_parts_words():
    assert [token.after_mark for token in read_words("stop! arms up, now", known_words()).tokens] == [
        False,
        True,
        False,
        True,
    ]


def test_no_word_of_direction_or_side_is_guessed():
    """Each has a meaning that is written down, so that no slip of spelling leads to its opposite."""
    known = known_words()
    for word in ("upward", "downward", "inward", "outward", "leftward", "rightward", "forwards", "backwards"):
        assert word in known or word in word_tables().spelling


def test_emoji_stand_for_names():
    assert "handstand" not in read("🧘")[0] and "lotus" in read("🧘")[0]


def test_states_of_limbs_have_angles_or_a_name():
    """Whatever a reader can claim of a limb, a body can take."""
    from poseloom.language.lexicon.limbs import states_of_limbs

    together = {("arm", "crossed"), ("arm", "together"), ("hand", "together")}  # these have names of their own
    missing = {
        (part, state)
        for part, states in plain_words().table["claims"].items()
        for state in states
        if state not in states_of_limbs().get(part, {})
    }
    assert missing == together
