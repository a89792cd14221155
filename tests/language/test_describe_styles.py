"""Styles of descriptions, and descriptions read back: what a text says is what was measured."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.body import default_body
from poseloom.language import describe, facts, swap_sides
from poseloom.language.description.fact import Fact
from poseloom.language.description.reading import read_description
from poseloom.language.description.styles import STYLES
from poseloom.pose import Pose
from poseloom.pose.joints import JOINT_INDEX


def findings(poses: Pose, style: str, seed: int = 0) -> list[str]:
    texts = describe(poses, seed, style=style)
    return [
        problem
        for text, known in zip(texts, facts(poses), strict=True)
        for problem in read_description(text).disagreements(known)
    ]


@pytest.mark.parametrize("style", ["paragraph", "list", "coach"])
def test_texts_say_the_facts_and_nothing_else(real_poses, style):
    for seed in range(3):
        assert findings(real_poses[:100], style, seed) == []


@pytest.mark.slow
def test_five_thousand_descriptions_say_their_facts(shared_data):
    arrays = np.load(shared_data("mocap") / "train.npz")
    poses = Pose(torch.from_numpy(arrays["pose"][arrays["fps_order"][:5000]].astype(np.float32)))
    assert findings(poses, "paragraph") == []
    assert against_geometry(poses) == []


def test_facts_hold_in_the_room(real_poses):
    assert against_geometry(real_poses) == []


def against_geometry(poses: Pose) -> list[str]:
    """Facts that plain comparisons of heights and angles, made apart from the describer, contradict."""
    joints = default_body("preview").joints(poses)[:, :22].double()

    def height(name: str) -> torch.Tensor:
        return joints[:, JOINT_INDEX[name], 1]

    def bend(side: str, names: tuple[str, str, str]) -> torch.Tensor:
        a, b, c = (joints[:, JOINT_INDEX[f"{side}_{name}"]] for name in names)
        return torch.rad2deg(torch.arccos(torch.nn.functional.cosine_similarity(a - b, c - b, dim=-1).clamp(-1, 1)))

    chains = {"elbow": ("shoulder", "elbow", "wrist"), "knee": ("hip", "knee", "ankle")}
    bounds = {"folded": (0, 45), "sharp": (45, 75), "square": (75, 105), "moderate": (105, 135), "slight": (135, 160)}
    bounds["straight"] = (160, 180)

    def wrong(fact: Fact, side: str, pose: int) -> bool:
        if fact.name.startswith("bend."):
            low, high = bounds[fact.name.split(".")[1]]
            return not low - 1 <= bend(side, chains[fact.subject])[pose] <= high + 1
        rise = {"arm": ("wrist", "shoulder"), "upper_arm": ("elbow", "shoulder"), "forearm": ("wrist", "elbow")}
        rise |= {"leg": ("knee", "hip"), "thigh": ("knee", "hip"), "shin": ("ankle", "knee")}
        context, _, level = fact.name.rpartition(".")
        if context in [f"{limb}.upright" for limb in rise] and level in ("down", "plumb", "low", "high", "up"):
            end, start = rise[fact.subject]
            up = bool(height(f"{side}_{end}")[pose] > height(f"{side}_{start}")[pose])
            return up != (level in ("high", "up"))
        if fact.name == "foot.lifted":
            other = "right" if side == "left" else "left"
            ends = [min(height(f"{one}_foot")[pose], height(f"{one}_ankle")[pose]) for one in (side, other)]
            return bool(ends[0] < ends[1])
        return False

    return [
        f"{pose}: {fact}"
        for pose, said in enumerate(facts(poses))
        for fact in said
        for side in (("left", "right") if fact.side == "both" else (fact.side,))
        if wrong(fact, side, pose)
    ]


def test_the_checker_finds_what_is_wrong(real_poses):
    poses = real_poses[:100]
    known, texts = facts(poses), describe(poses)
    swapped = [read_description(swap_sides(text)).disagreements(one) for text, one in zip(texts, known, strict=True)]
    assert sum(map(bool, swapped)) > 90
    glued = [text.replace(" is ", " is", 1) for text in texts]
    unread = [read_description(text).unread for text in glued if " is" in text]
    assert sum(map(bool, unread)) > 90


@pytest.mark.parametrize("style", list(STYLES))
def test_mirrored_poses_have_mirrored_texts_in_every_style(real_poses, style):
    poses = real_poses[:100]
    for seed in (0, 3):
        mirrored = describe(poses.mirror(), seed, style=style)
        assert [swap_sides(text) for text in describe(poses, seed, style=style)] == mirrored


def test_short_texts_are_short_and_begin_with_the_posture(real_poses, build):
    for count in (1, 2, 3):
        for text, whole in zip(
            describe(real_poses[:60], style="short", sentences=count), describe(real_poses[:60]), strict=True
        ):
            assert len(text.split(". ")) <= count
            assert len(text) <= len(whole) + 20
    raised = {"right_shoulder": ("Z", (-80,)), "neck": ("Y", (-25,)), "left_elbow": ("Y", (-30,))}
    assert "right arm" in describe(build(**raised), style="short", sentences=2)[0]


def test_a_list_has_one_fact_a_line(real_poses):
    for text, known in zip(describe(real_poses[:40], style="list"), facts(real_poses[:40]), strict=True):
        lines = text.split("\n")
        assert len(lines) == len(known)
        assert all(re.fullmatch(r"- [A-Z].*\.", line) for line in lines)


def test_a_coach_tells_what_to_do(real_poses, build):
    text = describe(build(left_shoulder=("Z", (80,))), style="coach")[0]
    assert re.search(r"(?i)\b(raise|let) your left arm\b", text)
    for text in describe(real_poses[:200], style="coach"):
        assert not re.search(r"\b(is|are|person|their|his|her|someone)\b|[\[\]{}]|  ", text)
        assert text.count("your") + text.count("Your") > 0


def test_an_unknown_style_gets_a_suggestion(build):
    with pytest.raises(PoseloomError, match="did you mean 'paragraph'"):
        describe(build(), style="paragrap")
    with pytest.raises(PoseloomError, match="at least 1"):
        describe(build(), style="short", sentences=0)
