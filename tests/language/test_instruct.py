"""Instructions: directions are right by construction, and nothing is said where nothing changes."""

from __future__ import annotations

import json
import re

import pytest
import torch

from poseloom.base.errors import FileError, PoseloomError
from poseloom.language import changes, instruct, swap_sides
from poseloom.language.instruction.imperatives import instructions_of
from poseloom.language.tables import TABLES
from poseloom.pose import Pose
from poseloom.pose.rotations import axis_to_rotmat


def told(first: Pose, second: Pose) -> list[tuple[str, str]]:
    """(name, side or direction) of the changes, largest first."""
    return [(change.name, change.direction or change.side) for change in changes(first, second)[0]]


@pytest.mark.parametrize(
    ("before", "after", "expected", "back"),
    [
        ({}, {"left_shoulder": ("Z", (0,))}, ("go.up", "left"), ("go.down", "left")),
        ({}, {"right_shoulder": ("Z", (-40,))}, ("go.up", "right"), ("go.down", "right")),
        ({}, {"right_elbow": ("Y", (100,))}, ("bend", "right"), ("straighten", "right")),
        ({}, {"left_knee": ("X", (60,)), "left_hip": ("X", (-30,))}, ("bend", "left"), ("straighten", "left")),
        ({}, {"spine1": ("X", (40,))}, ("lean.forward", ""), ("lean.upright", "")),
        ({}, {"spine1": ("Z", (-40,))}, ("lean.aside", "left"), ("lean.upright", "")),
        ({}, {"spine3": ("Y", (40,))}, ("twist.more", "left"), ("twist.straight", "")),
        ({}, {"neck": ("Y", (-50,))}, ("head.turn", "right"), ("head.ahead", "")),
        ({}, {"neck": ("X", (40,))}, ("head.nod", ""), ("head.level", "")),
        ({}, {"neck": ("Z", (30,))}, ("head.tilt", "right"), ("head.middle", "")),
        ({}, {"left_hip": ("X", (-20,)), "right_hip": ("X", (2,))}, ("step.forward", "left"), ("step.back", "left")),
        ({}, {"left_hip": ("Z", (15,)), "right_hip": ("Z", (-15,))}, ("step.apart", ""), ("step.together", "")),
        ({}, {"pelvis": ("Y", (60,))}, ("turn", "left"), ("turn", "right")),
        ({}, {"pelvis": ("X", (-90,))}, ("posture.lie_back", ""), ("posture.stand", "")),
    ],
)
def test_directions_are_right_both_ways(build, before, after, expected, back):
    first, second = build(**before), build(**after)
    assert expected in told(first, second)
    assert back in told(second, first)


def test_arms_from_the_side_to_the_front(build):
    wide = build(left_shoulder=("Z", (0,)), right_shoulder=("Z", (0,)))
    front = build(left_shoulder=("Y", (-90,)), right_shoulder=("Y", (90,)))
    assert ("go.aside", "both") in told(wide, front)
    assert "point" in instruct(wide, front)[0] and re.search("forward|front", instruct(wide, front)[0])
    assert "both arms" in instruct(wide, front)[0].lower()


def test_equal_poses_need_no_change(build):
    for seed in range(4):
        text = instruct(build(), build(), seed)[0]
        assert "othing" in text
    assert changes(build(), build()) == [[]]


def test_largest_changes_come_first(build):
    first = build()
    second = build(left_elbow=("Y", (-30,)), right_elbow=("Y", (130,)))
    sizes = [change.size for change in changes(first, second)[0]]
    assert sizes == sorted(sizes, reverse=True)
    assert told(first, second)[0] == ("bend", "right")
    assert instruct(first, second, count=1)[0].count(".") == 1


def test_the_turn_of_the_body_is_told_in_degrees(build):
    text = instruct(build(), build(pelvis=("Y", (92,))))[0]
    assert "left" in text
    assert "90 degrees" in text


def test_a_common_heading_does_not_matter(build):
    first, second = build(), build(left_shoulder=("Z", (0,)), pelvis=("Y", (40,)))
    spin = axis_to_rotmat(torch.tensor(1.2), "Y")
    assert instruct(first, second) == instruct(first.turned(spin), second.turned(spin))


def test_mirrored_pairs_have_mirrored_instructions(real_poses):
    first, second = real_poses[:150], real_poses[150:300]
    for seed in (0, 4):
        seen = instruct(first.mirror(), second.mirror(), seed)
        assert [swap_sides(text) for text in instruct(first, second, seed)] == seen


def test_real_texts_are_tidy(real_poses):
    for text in instruct(real_poses[:200], real_poses[200:400], seed=2):
        assert text.endswith(".")
        assert all(sentence[0].isupper() for sentence in text.split(". "))
        assert not re.search(r"[\[\]{}]|  |\.\.| ,|None|\b(\w+) \1\b", text)
        assert len(set(text.split(". "))) == len(text.split(". "))


def test_a_forearm_that_swings_while_the_elbow_keeps_its_angle_is_told(build):
    bent = {"left_elbow": ("Y", (-90,))}
    ahead = build(left_shoulder=("ZX", (-75, 0)), **bent)
    across = build(left_shoulder=("YZ", (90, -75)), **bent)
    for first, second in ((ahead, across), (across, ahead)):
        nouns = {change.noun for change in changes(first, second)[0]}
        assert nouns & {"forearm", "hand"}
        assert not any(change.name in ("bend", "unbend") for change in changes(first, second)[0])


def test_words_that_say_how_far_do_not_lie_about_the_end(build):
    back, level = build(neck=("X", (-60,))), build(neck=("X", (5,)))
    assert told(back, level) == [("head.level", "")]
    assert "deep" not in instruct(back, level)[0]
    assert told(build(spine1=("X", (60,))), build(spine1=("X", (25,))))[0][0] == "lean.less_forward"


def test_verb_and_goal_are_of_the_same_limb(real_poses):
    for found in changes(real_poses[:200], real_poses[200:400]):
        for change in found:
            if change.goal and "." in change.goal:
                assert change.goal.split(".")[0] == change.noun


def test_styles(real_poses):
    first, second = real_poses[:40], real_poses[40:80]
    short, lines = (instruct(first, second, style=style) for style in ("short", "list"))
    for brief, listed in zip(short, lines, strict=True):
        assert len(brief) <= len(listed) + 40
        assert all(line.startswith("- ") and line.endswith(".") for line in listed.split("\n"))
    with pytest.raises(PoseloomError, match="did you mean 'list'"):
        instruct(first, second, style="lists")


def test_batches_of_any_shape(real_poses):
    first = Pose(real_poses.rotations[:12].reshape(3, 4, 22, 3))
    assert len(instruct(first, first)) == 12


def test_other_batches_are_refused(build, real_poses):
    with pytest.raises(PoseloomError, match="equal batch shapes"):
        instruct(build(), real_poses[:2])
    with pytest.raises(PoseloomError, match="count"):
        instruct(build(), build(), count=0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table["twist"]["more"].pop(), "twist.more: expected wordings for 3 grades"),
        (lambda table: table["go"].update(up=[]), "go.up"),
        (lambda table: table["go"].update(up=["Raise {arm}"]), "unknown slot {arm}"),
    ],
)
def test_a_broken_file_is_named(tmp_path, change, message):
    table = json.loads((TABLES / "instructions.json").read_text())
    change(table)
    broken = tmp_path / "instructions.json"
    broken.write_text(json.dumps(table))
    with pytest.raises(FileError, match=re.escape(message)):
        instructions_of(broken)


def test_a_new_posture_is_not_told_again_foot_by_foot(real_poses):
    for found in changes(real_poses[:200], real_poses[200:400]):
        names = [change.name for change in found]
        if any(name.startswith("posture.") for name in names):
            assert not any(name.startswith("foot.") for name in names)
        if "posture.lunge" in names or "posture.side_lunge" in names:
            assert not any(name.startswith("step.") for name in names)


def test_going_into_a_squat_says_that_the_knees_bend(build):
    hips, knees = ({f"{side}_{joint}": ("X", (angle,)) for side in ("left", "right")} for joint, angle in _FOLDED)
    squat = build(**hips, **knees, spine1=("X", (40,)))
    down, up = told(build(), squat), told(squat, build())
    assert down[0][0].startswith("posture.squat") and up[0][0] == "posture.stand"
    assert not {"bend", "unbend", "straighten"} & {name for name, _ in (*down, *up)}


_FOLDED = (("hip", -75), ("knee", 105))
