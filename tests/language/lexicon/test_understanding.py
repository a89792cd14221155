"""Texts in people's own words: names, sides, limbs, and what is not understood."""

import pytest

from poseloom.language.lexicon.operators import operators_of
from poseloom.language.lexicon.understanding import mirrored_words, nearest_names, understand


def names(text):
    return [(one.pose.name, one.shown_side) for one in understand(text).mentions]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("plank", [("plank", "")]),
        ("forearm plank", [("forearm plank", "")]),
        ("warrior two to the right", [("warrior two", "right")]),
        ("kneeling on her right knee", [("kneeling on one knee", "right")]),
        ("waving with the left hand", [("waving", "left")]),
        ("right lunge", [("lunge", "right")]),
        ("kicking with the left leg", [("kicking", "left")]),
        ("sitting on a chair with arms crossed", [("sitting on a chair", ""), ("arms crossed", "")]),
        ("someone jumps with both arms in the air", [("jumping", ""), ("arms overhead", "")]),
        ("the left arm points up", []),
        ("left hand on the right knee", []),
        ("not kneeling", []),
    ],
)
def test_names_are_found_with_their_sides(text, found):
    assert names(text) == found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("left knee bent 45 degrees", [("left", "knee", "bent", "45")]),
        ("right elbow slightly bent", [("right", "elbow", "slight", "")]),
        ("right arm higher than the left arm", [("right", "arm", "raised", ""), ("left", "arm", "down", "")]),
        ("the right hand to the left knee", [("right", "hand", "at", "")]),
        ("handstand with bent knees", [("both", "knee", "bent", "")]),
    ],
)
def test_what_is_said_of_limbs(text, said):
    assert [(one.side, one.part, one.what, one.amount) for one in understand(text).said] == said


def test_things_and_strange_words_are_told_apart():
    found = understand("a unicorn plays the violin on the zorgle, arms up")
    assert found.objects == ("unicorn",)
    assert found.unread == ("zorgle",)


@pytest.mark.parametrize("text", ["zebra", "", "🥝", "1234", "the weather is nice"])
def test_nothing_is_understood(text):
    assert understand(text).nothing


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("ein Mann steht auf dem linken Bein", "German"),
        ("un homme debout avec les bras croisés", "French"),
        ("左手を上げる", "another language"),
        ("standing with both arms raised", ""),
    ],
)
def test_other_languages_are_named(text, language):
    assert understand(text).language == language


def test_what_cannot_hold_at_once_is_told():
    assert understand("left arm up, left arm down").contradictions == ("left arm up / left arm down",)
    assert understand("left arm up, right arm down").contradictions == ()


def test_a_raised_arm_is_above_the_shoulder():
    (options,) = understand("both arms raised out of pride").statements[:1] or ((),)
    assert all("level" not in part.classes for claim in options for part in getattr(claim, "claims", (claim,)))


def test_either_side_does_where_none_is_told():
    told, open_side = (understand(text).statements[0] for text in ("standing on the left leg", "standing on one leg"))
    assert len(told) == 1 and len(open_side) == 2


def test_ten_thousand_words_are_read_in_their_length():
    assert understand("left arm up and " * 2500).said


def test_nearest_names():
    assert "handstand" in nearest_names("hand standing")


def test_mirrored_words():
    assert mirrored_words("The left knee is bent.") == "The right knee is bent."
    assert mirrored_words(mirrored_words("Left hand, right foot.")) == "Left hand, right foot."


@pytest.mark.parametrize(
    ("instruction", "turn", "mirror", "undone", "rest"),
    [
        ("turn to the right", -90, False, (), ""),
        ("turn 30 degrees to the left and sit down", 30, False, (), "sit down"),
        ("turn around", 180, False, (), ""),
        ("turn a bit to the left", 35, False, (), ""),
        ("mirror it", 0, True, (), ""),
        ("like before but mirrored", 0, True, (), ""),
        ("undo the left arm", 0, False, ("left_arm",), ""),
        ("turn your head to the left", 0, False, (), "turn your head to the left"),
        ("look in the mirror", 0, False, (), "look in the mirror"),
        ("raise the left arm", 0, False, (), "raise the left arm"),
    ],
)
def test_what_is_done_with_the_whole_pose(instruction, turn, mirror, undone, rest):
    found = operators_of(instruction)
    assert (found.turn, found.mirror, found.undone, found.rest) == (turn, mirror, undone, rest)
