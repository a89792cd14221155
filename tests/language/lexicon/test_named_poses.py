"""Named poses: what people type leads to them, plain geometry agrees with them, and they are recognised in bodies."""

import pytest
import torch

from poseloom.language import describe
from poseloom.language.description.plain_table import PhraseKind, plain_words
from poseloom.language.lexicon.bodies import SETTLED, _stored, body_pose, digest, posed, settled_angles
from poseloom.language.lexicon.entries import named_poses
from poseloom.language.lexicon.names import names_by_words
from poseloom.language.lexicon.recognising import named
from poseloom.language.lexicon.understanding import understand
from poseloom.language.lexicon.words import word_tables
from poseloom.pose.contact import ContactFigure
from poseloom.pose.joints import JOINT_INDEX
from poseloom.pose.movement import to_matrices
from poseloom.pose.stances import stance
from poseloom.pose.types import stack


def test_there_are_names_of_every_kind():
    fields = {pose.field for pose in named_poses().values()}
    assert len(named_poses()) >= 250
    assert {"yoga", "fitness", "physiotherapy", "dance", "martial arts", "sport", "gestures", "mood"} <= fields
    assert all(pose.aliases for pose in named_poses().values())


def test_no_name_is_a_word_that_says_something_else():
    tables, readers = word_tables(), plain_words()
    meaning = {PhraseKind.PART, PhraseKind.SIDE, PhraseKind.RELATION, PhraseKind.AMOUNT, PhraseKind.NOT}
    small = tables.fillers | tables.skipped | tables.people | tables.after
    alone = [words[0] for words in names_by_words() if len(words) == 1]
    used = {word for word in alone if (item := readers.phrases.get((word,))) is not None and item.kind in meaning}
    assert used | set(alone) & small == set()


@pytest.mark.parametrize(
    ("text", "name", "side"),
    [
        ("vṛkṣāsana", "tree pose", ""),
        ("Vrksasana", "tree pose", ""),
        ("half-moon pose", "half moon pose", ""),
        ("doing the splits", "front splits", ""),
        ("ardha chandrasana on the left leg", "half moon pose", "left"),
        ("deep plié", "grand plie", ""),
        ("someone draws a bow and arrow", "archery", ""),
        ("quad stretch with the right leg", "quad stretch", "right"),
        ("taking a selfie", "taking a selfie", ""),
        ("she plays the cello", "playing the cello", ""),
    ],
)
def test_what_people_type_leads_to_a_pose(text, name, side):
    mentions = understand(text).mentions
    assert [(one.pose.name, one.side) for one in mentions] == [(name, side)]


# -- plain geometry ------------------------------------------------------------------------------------------------


def joints_of(name):
    positions = ContactFigure.of(to_matrices(body_pose(name).angles)).positions
    return {joint: positions[JOINT_INDEX[joint]] for joint in JOINT_INDEX if JOINT_INDEX[joint] < len(positions)}


def height(at, *names):
    return float(sum(at[name][1] for name in names) / len(names))


@pytest.mark.parametrize("name", ["handstand", "headstand", "shoulder stand"])
def test_feet_are_above_the_head_of_those_who_are_upside_down(name):
    at = joints_of(name)
    assert height(at, "left_ankle", "right_ankle") > height(at, "pelvis") + 0.5
    assert height(at, "pelvis") > height(at, "neck") + 0.3


@pytest.mark.parametrize("name", ["plank", "forearm plank", "reverse plank", "superman", "warrior three", "bird dog"])
def test_trunks_are_level(name):
    at = joints_of(name)
    trunk = at["neck"] - at["pelvis"]
    assert abs(float(trunk[1])) < 0.6 * float(trunk.norm())


@pytest.mark.parametrize("name", ["front splits", "middle splits", "grand jete"])
def test_splits_are_wide_and_straight(name):
    at = joints_of(name)
    left, right = at["left_ankle"] - at["left_hip"], at["right_ankle"] - at["right_hip"]
    cosine = float(left @ right / left.norm() / right.norm())
    assert cosine < -0.85  # 150 degrees between the legs
    assert float(left.norm()) > 0.75
    assert float(right.norm()) > 0.75


@pytest.mark.parametrize("name", ["dancer pose", "quad stretch", "half moon pose", "pistol squat", "grand battement"])
def test_who_stands_on_the_left_leg_has_the_right_foot_in_the_air(name):
    at = joints_of(name)
    assert height(at, "right_ankle") > height(at, "left_ankle") + 0.12


@pytest.mark.parametrize("name", ["long sitting", "butterfly pose", "pigeon pose", "front splits", "seated straddle"])
def test_who_sits_on_the_floor_has_the_pelvis_low(name):
    figure = ContactFigure.of(to_matrices(body_pose(name).angles))
    lowest = float(figure.lower_edges().min())
    assert float(figure.positions[JOINT_INDEX["pelvis"], 1]) - lowest < 0.32


# -- recognised ----------------------------------------------------------------------------------------------------


def test_every_pose_that_is_told_is_recognised_from_both_sides():
    chosen = [pose for pose in named_poses().values() if pose.told]
    assert len(chosen) >= 80
    for mirrored in (False, True):
        found = named(stack([posed(pose.name, mirrored) for pose in chosen]))
        assert [rows[0].name for rows in found] == [pose.name for pose in chosen]
        swapped = {"left": "right", "right": "left", "": ""}
        sides = [swapped[pose.side] if mirrored else pose.side for pose in chosen]
        assert [rows[0].side for rows in found] == sides


def test_the_heading_is_nothing_to_a_name():
    turn = torch.tensor([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]])
    assert [one.name for one in named(posed("warrior two").turned(turn).reshape(1))[0]] == ["warrior two"]


def test_everyday_poses_have_no_name():
    everyday = stack([stance(name) for name in ("stand", "walking stride (left forward)", "sit on a chair")])
    assert named(everyday) == [(), (), ()]


def test_a_description_names_the_pose_where_it_is_asked_to():
    poses = stack([posed("warrior two", mirrored=True), posed("standing")])
    plain, told = describe(poses), describe(poses, names=True)
    assert told == [f"The pose is warrior two to the right. {plain[0]}", plain[1]]
    assert [(one.pose.name, one.side) for one in understand(told[0]).mentions] == [("warrior two", "right")]
    assert not understand(told[0]).unread


# -- settled beforehand --------------------------------------------------------------------------------------------


def test_all_entries_are_settled_beforehand():
    stale = [name for name, pose in named_poses().items() if _stored().get(name, ("", None))[0] != digest(pose)]
    assert stale == [], f"run python tools/named_poses.py --settle, which writes {SETTLED.name}"


@pytest.mark.parametrize("name", ["t-pose", "tree pose", "crow pose", "hands on the hips", "front splits"])
def test_what_was_settled_beforehand_is_what_comes_out(name):
    assert (settled_angles(named_poses()[name]) - _stored()[name][1]).abs().max() < 0.02
