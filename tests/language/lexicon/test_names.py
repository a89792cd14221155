"""Names of poses in a sentence: which limb does them, in which number, and where the words only name a thing."""

import pytest
import torch

from poseloom.language.lexicon.bodies import body_pose, columns_of
from poseloom.language.lexicon.composing import base_of, compose, is_agent, without_agents
from poseloom.language.lexicon.understanding import understand
from poseloom.pose.touch import Touch


def names(text):
    return [one.pose.name for one in understand(text).mentions]


@pytest.mark.parametrize(
    ("text", "only"),
    [
        ("curl with the left arm", "left"),
        ("hands up with the right hand", "right"),
        ("biceps curl", ""),
        ("biceps curl with both arms", ""),
    ],
)
def test_one_arm_does_what_both_do_as_it_is_written(text, only):
    (mention,) = understand(text).mentions
    assert mention.only == only


def test_the_other_arm_stays_where_one_alone_is_told():
    quiet, one, both = (
        compose(understand(text)).angles
        for text in ("standing", "standing, curl with the left arm", "standing, biceps curl")
    )
    left, right = list(columns_of("left_arm")), list(columns_of("right_arm"))
    assert torch.equal(one[right], quiet[right]) and not torch.equal(both[right], quiet[right])
    assert torch.equal(one[left], both[left])


def test_what_must_hold_is_of_the_one_arm_alone():
    sides = {claim.side for options in understand("curl with the left arm").statements for claim in options}
    assert sides == {"left"}


def test_a_gesture_of_one_hand_is_made_by_both():
    both = understand("thumbs up with both hands").mentions
    assert sorted(one.shown_side for one in both) == ["left", "right"]
    assert len(understand("thumbs up").mentions) == 1


@pytest.mark.parametrize(
    ("text", "trade"),
    [("a boxer", True), ("a dancer", True), ("boxing", False), ("climbing", False), ("a mother", False)],
)
def test_people_by_what_they_do(text, trade):
    assert [is_agent(one) for one in understand(text).mentions] == [trade] * len(understand(text).mentions)
    assert understand(text).mentions or not trade


def test_what_somebody_does_comes_before_the_trade():
    mentions = understand("a boxer kicking").mentions
    assert [one.pose.name for one in without_agents(mentions)] == ["kicking"]
    assert base_of(without_agents(understand("a boxer").mentions)).pose.name == "boxing guard"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("handstands", ["handstand"]),
        ("biceps curls", ["biceps curl"]),
        ("squats", ["squatting"]),
        ("dumbbell curl", names("dumbbell curls")),
        ("knee on the knees", []),
    ],
)
def test_names_in_both_numbers(text, found):
    assert names(text) == found


@pytest.mark.parametrize(
    ("written", "right"), [("siting", "sitting"), ("squating", "squatting"), ("kneelling", "kneeling")]
)
def test_letters_that_are_doubled_or_should_be(written, right):
    assert names(written) == names(right) != []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("stretch your right arm", [("right", "arm", "stretched")]),
        ("the left knee pulled up", [("left", "knee", "raised")]),
    ],
)
def test_verbs_move_the_limb_behind_them(text, said):
    found = understand(text)
    assert not found.mentions and [(one.side, one.part, one.what) for one in found.said] == said


def test_verbs_of_gestures_are_names_with_a_limb_too():
    assert names("wave your hand") == ["waving"]
    assert names("stretch") != []


def test_palms_that_lie_somewhere_are_hands():
    assert Touch("left_hand", "left_knee") in compose(understand("left palm on the left knee")).touches


def test_the_body_of_a_name_is_that_of_the_entry():
    assert torch.equal(compose(understand("handstands")).angles, body_pose("handstand").angles)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("standing next to a box", ["standing"]),
        ("right foot on a box", ["foot on a box"]),
        ("boxing", ["boxing guard"]),
        ("lion pose", ["lion pose"]),
        ("a lion", ["monster attack"]),
        ("arms stretched out to the front", ["arms forward"]),
        ("raise your left hand a bit", []),
        ("raise your hand", ["asking a question"]),
    ],
)
def test_things_amounts_and_directions_make_no_other_name(text, found):
    assert names(text) == found


def test_who_throws_a_punch_throws_nothing():
    assert base_of(without_agents(understand("a boxer throws an uppercut").mentions)).pose.name == "uppercut"
    assert base_of(without_agents(understand("throwing a ball").mentions)).pose.name == "throwing"


def test_an_arm_that_does_something_else_is_no_maker_of_the_gesture():
    read = understand("doing the robot dance with her left arm up")
    assert [one.only for one in read.mentions] == [""]
    assert [(one.part, one.side) for one in read.said] == [("arm", "left")]


def test_a_smile_is_no_slip_of_sailing():
    read = understand("waving with the left hand, smiling")
    assert [one.pose.name for one in read.mentions] == ["waving"]
    assert read.unread == ("smiling",)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("both hands on the back of the head", []),
        ("right hand on the left hip", []),
        ("arms stretched upward", []),
        ("one arm behind the head, the other on the belly", ["hand behind the head"]),
        ("policeman directing traffic", ["traffic police"]),
        ("lotus with hands in prayer", ["lotus", "praying"]),
        ("firefly", ["firefly pose"]),
        ("astavakrasana", ["eight-angle pose"]),
    ],
)
def test_names_end_where_the_words_mean_something_else(text, found):
    assert names(text) == found


def test_a_prayer_is_no_trade():
    assert Touch("left_hand", "before_chest") in compose(understand("lotus with hands in prayer")).touches
