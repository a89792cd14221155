"""Limbs hold each joint but the pelvis once, as chains; their mirror images are the limbs of the other side."""

from __future__ import annotations

import pytest

from poseloom.pose.joints import BODY_JOINTS, JOINT_INDEX, MIRROR, PARENTS, other_side
from poseloom.pose.limbs import BONES, LIMBS, indices


def test_every_body_joint_but_the_pelvis_belongs_to_one_limb():
    assert sorted(joint for limb in LIMBS.values() for joint in limb) == list(range(1, BODY_JOINTS))


@pytest.mark.parametrize("limb", LIMBS)
def test_each_joint_of_a_limb_hangs_on_the_one_before(limb):
    for above, below in zip(LIMBS[limb], LIMBS[limb][1:], strict=False):
        assert PARENTS[below] == above


def test_the_other_side_is_the_mirror_image():
    for name, joints in LIMBS.items():
        assert LIMBS[other_side(name)] == tuple(MIRROR[joint] for joint in joints)
    for name, bone in BONES.items():
        mirrored = tuple(MIRROR[joint] for joint in bone)
        assert BONES[other_side(name)] == (mirrored[::-1] if name in ("shoulders", "hips") else mirrored)


def test_names():
    assert LIMBS["left_arm"] == (13, 16, 18, 20) and indices("head", "pelvis") == (15, 0)
    assert BONES["right_forearm"].end == JOINT_INDEX["right_wrist"]
    with pytest.raises(KeyError):
        indices("left_tail")
