"""Instructions read back: every statement of our own texts is true, false ones are found, any text is read."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from poseloom.base.errors import PoseloomError
from poseloom.language import instruct, instructions, swap_sides
from poseloom.language.claims import Measure, Source, check_instructions, read_instruction
from poseloom.language.claims.lexicon import lexicon_of
from poseloom.language.instruction.imperatives import instructions_of
from poseloom.language.posefix import PoseFixOptions
from poseloom.language.posefix.wording import words_of
from poseloom.pose import Pose, concatenate
from poseloom.pose.joints import JOINT_INDEX

PAIRS = 300
VERSIONS = ("ours", "full", "pfA", "pfC")


@pytest.fixture(scope="module")
def pairs(shared_data):
    """Pairs of one recording and of two."""
    arrays = np.load(shared_data("mocap") / "train.npz")
    rows = np.concatenate([arrays["pairs_within"], arrays["pairs_across"]])
    rows = rows[:: len(rows) // PAIRS][:PAIRS]
    return tuple(Pose(torch.from_numpy(arrays["pose"][rows[:, side]].astype(np.float32))) for side in (0, 1))


def texts_of(version: str, first: Pose, second: Pose, seed: int = 0) -> list[str]:
    if version == "ours":
        return instruct(first, second, seed)
    return instructions(first, second, version, seed, in_sequence=True)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_statement_is_true_in_its_size(pairs, version):
    source = Source.OURS if version == "ours" else Source.PAIRCODES
    checked = check_instructions(texts_of(version, *pairs, seed=3), *pairs, source=source, degrees=True)
    assert [one.problems for one in checked if one.problems] == []
    assert sum(len(one.said) for one in checked) > 5 * PAIRS
    assert all(one.share == 1 for one in checked)


@pytest.mark.parametrize("version", VERSIONS)
def test_statements_hold_when_read_as_anybodys(pairs, version):
    checked = check_instructions(texts_of(version, *pairs), *pairs)
    assert [one.problems for one in checked if one.problems] == []


@pytest.mark.parametrize("version", ["ours", "full"])
def test_a_pair_that_does_something_else_is_found(pairs, version):
    first, second = pairs
    texts = texts_of(version, first, second)
    told = [one.share for one in check_instructions(texts, second, first) if len(one.said) > 3]
    still = [one.share for one in check_instructions(texts, first, first) if len(one.said) > 3]
    mirrored = [one.share for one in check_instructions(texts, first, second.mirror()) if len(one.said) > 3]
    assert np.mean(told) < 0.25
    assert np.mean(still) < 0.35
    assert np.mean(mirrored) < 0.75


def test_half_of_the_way_scores_between(pairs):
    first, second = (pose.without_heading() for pose in pairs)
    texts = instruct(first, second)
    half = Pose(0.5 * first.rotations + 0.5 * second.rotations)
    shares = [np.mean([one.share for one in check_instructions(texts, first, end)]) for end in (first, half, second)]
    assert shares[0] < shares[1] < shares[2] == 1


@pytest.mark.parametrize("version", VERSIONS)
def test_mirrored_texts_claim_the_mirrored_things(pairs, version):
    first, second = (pose[:60] for pose in pairs)
    for text in texts_of(version, first, second):
        seen, swapped = read_instruction(text), read_instruction(swap_sides(text))
        assert [[one.measure for one in row] for row in seen.said] == [
            [one.measure for one in row] for row in swapped.said
        ]
        assert read_instruction(swap_sides(swap_sides(text))).said == seen.said


@pytest.mark.parametrize(
    ("text", "measure", "part", "side"),
    [
        ("raise your left arm", Measure.SHIFT, "arm", "left"),
        ("Bend your right knee a little more please", Measure.BEND, "knee", "right"),
        ("put both hands on your hips", Measure.HAND_AT, "hand", "both"),
        ("move the left foot backwards", Measure.STEP, "foot", "left"),
        ("straighten both legs!", Measure.STRAIGHT, "leg", "both"),
        ("bring your right hand in front of your chest", Measure.HAND_IN, "hand", "right"),
        ("turn to the left", Measure.TURN, "", "left"),
        ("look to the right", Measure.HEAD, "", "right"),
        ("spread your legs", Measure.STEP, "", "both"),
        ("lean forward slightly", Measure.LEAN, "", ""),
        ("Squat down", Measure.POSTURE, "", ""),
    ],
)
def test_what_people_write_is_read(text, measure, part, side):
    reading = read_instruction(text)
    assert reading.unread == []
    assert len(reading.said) == 1
    assert (measure, part, side) in [(one.measure, one.part, one.side) for one in reading.said[0]]


def test_pronouns_and_lists_keep_their_part():
    reading = read_instruction("Move your left hand up, slightly forward and to the right, and bend the elbow more.")
    told = [(row[0].part, row[0].side, row[0].way) for row in reading.said]
    assert told == [
        ("hand", "left", "up"),
        ("hand", "left", "forward"),
        ("hand", "left", "right"),
        ("elbow", "left", "more"),
    ]


def test_a_forearm_whose_side_is_not_said_may_be_either():
    rest = Pose(torch.zeros(1, 22, 3))
    bent = torch.zeros(1, 22, 3)
    bent[0, JOINT_INDEX["left_elbow"], 2] = torch.pi / 2
    said = "Swing the forearm so that it points straight up."
    up, still = check_instructions([said, said], concatenate([rest, rest]), concatenate([Pose(bent), rest]))
    assert up.holds == [True] and still.holds == [False]


def test_a_side_that_is_not_said_may_be_either(build):
    first, second = build(), build(right_shoulder=("Z", (-10,)))
    assert check_instructions(["Raise your arm."], first, second)[0].share == 1
    assert check_instructions(["Raise your left arm."], first, second)[0].share == 0


def test_words_that_nobody_knows_are_reported(build):
    checked = check_instructions(["Wiggle the left sprocket and raise your left arm."], build(), build())[0]
    assert {"wiggle", "sprocket"} <= set(checked.unread)
    assert checked.holds == [False]
    assert check_instructions([""], build(), build())[0].share is None


@given(st.text(max_size=80) | st.lists(st.sampled_from(sorted(lexicon_of().patterns)), max_size=12).map(" ".join))
@settings(max_examples=150, deadline=None)
def test_no_text_is_an_error(text):
    reading = read_instruction(text)
    assert all(reading.said) and all(isinstance(word, str) for word in reading.unread)


def _wordings(words) -> list[str]:
    if isinstance(words, dict):
        return [one for rows in words.values() for one in _wordings(rows)]
    return [one for rows in words for one in _wordings(rows)] if isinstance(words, list) else [words]


def test_every_wording_of_both_files_can_be_read():
    ours = {name: rows for name, rows in instructions_of().items() if name not in ("goals", "sectors", "zones")}
    theirs = [*words_of().alone.values(), *words_of().acts.values(), *words_of().body.values()]
    texts = [*_wordings(ours), *(one for rows in theirs for one in rows)]
    for text in texts:
        text = re.sub(r"\[(\w+)\]", r"\1", re.sub(r" (until|so that) \{it\} \{goal\}", "", text))
        for slot, word in {"limb": "your left hand", "it": "your left hand", "side": "left", "other": "right"}.items():
            text = text.replace(f"{{{slot}}}", word)
        text = text.replace("{place}", "your right knee").replace("{degrees}", "90")
        place = re.search("right knee", text)
        reading = read_instruction(text)
        assert reading.unread == [] or place, text


def test_joints_alone_leave_the_head_open(pairs):
    from poseloom.body import default_body

    joints = [default_body("preview").joints(pose[:20]) for pose in pairs]
    checked = check_instructions(["Turn your head to the left."] * 20, *joints)
    assert all(one.holds == [None] and one.share is None for one in checked)


def test_touches_are_told_and_true(pairs):
    first, second = (pose[:60] for pose in pairs)
    texts = instructions(first, second, "full-contacts")
    checked = check_instructions(texts, first, second, source=Source.PAIRCODES, degrees=True)
    touching = [row for one in checked for row in one.said if row[0].measure is Measure.TOUCH]
    assert len(touching) > 3
    assert [one.problems for one in checked if one.problems] == []
    again = instructions(first.mirror(), second.mirror(), "full-contacts")
    assert [swap_sides(text) for text in texts] == again


def test_noise_depends_on_the_poses_and_the_seed_alone(pairs):
    first, second = (pose[:30] for pose in pairs)
    blurred = PoseFixOptions(noise=True)
    whole = instructions(first, second, blurred, 5, in_sequence=True)
    turned_round = [
        instructions(first[place], second[place], blurred, 5, in_sequence=True)[0] for place in reversed(range(30))
    ]
    assert whole == turned_round[::-1]
    assert whole != instructions(first, second, PoseFixOptions(), 5, in_sequence=True)


def test_the_number_of_texts_must_fit(build):
    with pytest.raises(PoseloomError, match="one for each of the 2 pairs, got 1"):
        two = concatenate([build().reshape(1), build().reshape(1)])
        check_instructions(["Stand."], two, two)
