"""Turns of phrase in plainer words, and limbs that are called by what they do in a pose."""

import json

import pytest

from poseloom.base.errors import FileError
from poseloom.language.lexicon.entries import named_poses
from poseloom.language.lexicon.roles import side_of, with_sides
from poseloom.language.lexicon.turns import in_plain_words, turns
from poseloom.language.lexicon.understanding import understand


@pytest.mark.parametrize(
    ("sentence", "plain"),
    [
        ("staring at the sky", "looking at the sky"),
        ("gazing out over the horizon", "looking straight ahead"),
        ("torso folded over the right leg", "torso bent down, torso twisted to the right"),
        ("arms stretched out behind the back", "arms stretched backward"),
        ("look up to the left", "look up, head turned to the left"),
        ("one hand on the hip, the other on the belly", "one hand on the hip, the other hand on the belly"),
        ("exhausted after a marathon", "exhausted "),
        ("hands flat on the floor", "hands on the floor"),
        ("elbows resting on the knees", "elbows on the knees"),
        ("right ankle crossed over his left knee", "right ankle on the left knee"),
        (
            "standing on the left leg, right leg stretched out behind him",
            "standing on the left leg, right leg raised backward",
        ),
        ("a lunge, right leg stretched out to the back", "a lunge, right leg stretched out to the back"),
        ("right knee bent at 90 degrees, foot off the ground behind", "right foot held up behind"),
        ("left arm raised", "left arm raised"),
    ],
)
def test_turns_of_phrase(sentence, plain):
    assert in_plain_words(sentence) == plain


@pytest.mark.parametrize(
    ("text", "names", "said"),
    [
        ("holding a cup in the left hand", [("holding something", "left")], []),
        ("holding an umbrella", [("holding an umbrella", "")], []),
        ("catching a frisbee high in the air", [("catching overhead", "")], []),
        ("bend forward and grab the ankles", [("bending forward", "")], ["hand at foot"]),
        ("look at it", [], ["head turned.forward "]),
        ("shoulders shrugged up to the ears", [("shoulders raised", "")], []),
        ("woman dancing ballet", [("releve", "")], []),
        ("stepping backwards", [("backing away", "")], []),
    ],
)
def test_plainer_words_are_tried_where_some_stay_unread(text, names, said):
    found = understand(text)
    assert [(one.pose.name, one.side) for one in found.mentions] == names
    assert [f"{one.part} {one.what} {one.target}" for one in found.said] == said
    assert not found.unread


@pytest.mark.parametrize("row", [["(", "x"], ["a", "\\g<1>"], ["a"], 3])
def test_a_turn_that_cannot_be_made_is_refused_when_it_is_loaded(row, tmp_path):
    path = tmp_path / "turns.json"
    path.write_text(json.dumps({"always": [row], "unread": []}))
    with pytest.raises(FileError):
        turns(path)


@pytest.mark.parametrize(
    ("name", "role", "limb", "side"),
    [
        ("side plank", "top", "arm", "right"),
        ("side plank", "bottom", "arm", "left"),
        ("lying on the side", "top", "leg", "right"),
        ("lunge", "front", "leg", "left"),
        ("lunge", "back", "knee", "right"),
        ("tree pose", "standing", "leg", "left"),
        ("t-pose", "front", "leg", ""),
    ],
)
def test_limbs_by_what_they_do(name, role, limb, side):
    assert side_of(name, False, role, limb) == side
    assert side_of(name, True, role, limb) == {"left": "right", "right": "left", "": ""}[side]


@pytest.mark.parametrize(
    ("text", "sides"),
    [
        ("lying on her left side with the top leg lifted", ["right"]),
        ("lying on the right side with the top leg lifted", ["left"]),
        ("tree pose, standing leg slightly bent", ["left"]),
    ],
)
def test_roles_are_read_of_the_pose_that_is_named(text, sides):
    assert [one.side for one in understand(text).said] == sides


def test_an_upper_arm_is_a_part_and_no_role():
    lunge = named_poses()["lunge"]
    assert with_sides("upper arm bent, back arm raised", lunge, False) == "upper arm bent, back arm raised"
    assert with_sides("the back leg straight", lunge, False) == "the right leg straight"
