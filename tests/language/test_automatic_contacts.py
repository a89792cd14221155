"""Contact codes: what touches is told, what always lies together is not, on meshes of any fineness."""

from __future__ import annotations

import pytest
import torch

from poseloom.body import default_body
from poseloom.language import swap_sides
from poseloom.language.posecodes import Code
from poseloom.language.posescript import automatic_descriptions, read_posescript
from poseloom.language.posescript.contact_parts import UNNAMED, contact_table, skin_of
from poseloom.language.posescript.contacts import _codes, contacts_of
from poseloom.language.posescript.sides import mirrored_touch
from poseloom.pose import Pose
from poseloom.pose.joints import JOINT_INDEX


def named(codes: list[Code]) -> set[frozenset[tuple[str | None, str | None]]]:
    return {frozenset([(code.side, code.part), (code.side2, code.part2)]) for code in codes}


def test_the_t_pose_touches_nothing():
    assert contacts_of(Pose.identity(2)) == [[], []]


def test_every_part_is_somewhere_on_the_skin():
    skin = skin_of(default_body("preview"))
    named = skin.parts[skin.parts != UNNAMED].unique()
    assert len(named) == len(contact_table().names) == 39


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_folded_leg_touches_itself(build, side):
    pose = build(**{f"{side}_hip": ("X", (-110,)), f"{side}_knee": ("X", (150,))})
    other = "right" if side == "left" else "left"
    found = contacts_of(pose)[0]
    assert any({one.part, one.part2} == {"lowerleg", "thigh"} and one.side == one.side2 == side for one in found)
    assert not any(other in (one.side, one.side2) and "lowerleg" in (one.part, one.part2) for one in found)


def test_a_hand_at_the_head_touches_it(build):
    pose = build(right_shoulder=("YZX", (67, 21, -68)), right_elbow=("Y", (150,)))
    found = contacts_of(pose)[0]
    head = {"head", "face", "crown", "neck", "throat"}
    assert any(one.side == "right" and one.part in ("hand", "index", "forearm") and one.part2 in head for one in found)


def test_touches_of_parts_that_belong_together_are_one():
    names = contact_table().names

    def pair(a: tuple[str | None, str], b: tuple[str | None, str]) -> tuple[int, int]:
        return names.index(a), names.index(b)

    wrist, hand = pair(("left", "wrist"), (None, "belly")), pair(("left", "hand"), (None, "belly"))
    assert _codes(frozenset([wrist, hand])) == [Code("left", "hand", "touch", None, "belly")]
    elbow = pair(("left", "elbow"), (None, "belly"))
    assert len(_codes(frozenset([elbow, pair(("left", "toes"), (None, "belly"))]))) == 2


@pytest.mark.slow
def test_coarse_and_fine_meshes_mostly_agree(real_poses):
    poses = real_poses[:80]
    coarse, fine = contacts_of(poses), contacts_of(poses, default_body("full"))
    agree = sum(bool(a) == bool(b) for a, b in zip(coarse, fine, strict=True))
    assert agree > 0.75 * len(coarse)
    common = sum(len(named(a) & named(b)) for a, b in zip(coarse, fine, strict=True))
    every = sum(len(named(a) | named(b)) for a, b in zip(coarse, fine, strict=True))
    assert common > 0.5 * every


def test_hands_that_touch_are_near(real_poses):
    poses = real_poses[:200]
    joints = default_body("preview").joints(poses)
    for pose, codes in enumerate(contacts_of(poses)):
        for code in codes:
            if code.part == code.part2 == "hand":
                wrists = [joints[pose, JOINT_INDEX[f"{side}_wrist"]] for side in ("left", "right")]
                assert (wrists[0] - wrists[1]).norm() < 0.4


def test_a_batch_touches_as_its_poses_do(real_poses):
    poses = real_poses[:70]
    together = contacts_of(poses)
    assert [contacts_of(pose)[0] for pose in poses[:10]] == together[:10]
    assert contacts_of(Pose(torch.zeros(0, 22, 3))) == []


def test_the_mirrored_pose_has_the_mirrored_touches(real_poses):
    poses = real_poses[:200]
    images = zip(contacts_of(poses), contacts_of(poses.mirror()), strict=True)
    assert all({mirrored_touch(code) for code in codes} == set(other) for codes, other in images)
    for name in ("embroider-plain", "embroider-simplified", "embroider-ripple"):
        mirrored = automatic_descriptions(poses[:60].mirror(), name, 2)
        assert [swap_sides(text) for text in automatic_descriptions(poses[:60], name, 2)] == mirrored


def test_descriptions_find_and_tell_contacts(real_poses):
    poses = real_poses[:60].without_heading()
    found = contacts_of(poses)
    texts = automatic_descriptions(poses, "embroider-simplified", seed=1)
    for codes, text in zip(found, texts, strict=True):
        told = [one for one in read_posescript(text).codes if one.interpretation == "touch"]
        assert len(told) == len(codes)
