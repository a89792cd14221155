import torch

from poseloom.facts.named_limbs import NAMED_LIMBS, named_limbs, settled
from poseloom.language import changes
from poseloom.language.instruction.change import Change
from poseloom.pose.joints import JOINT_INDEX
from poseloom.tasks.common.pair_examples import PairData, PairPool


def test_limbs_that_changes_name():
    assert named_limbs([]) == set()
    assert named_limbs([Change(1.0, "go.up", side="left", noun="arm")]) == {"left arm"}
    assert named_limbs([Change(1.0, "bend", side="both", noun="knee")]) == {"left leg", "right leg"}
    assert named_limbs([Change(1.0, "hands.together", side="both")]) == {"left arm", "right arm"}
    assert named_limbs([Change(1.0, "head.nod"), Change(1.0, "lean.forward")]) == {"head"}
    assert named_limbs([Change(1.0, "posture.squat")]) == set(NAMED_LIMBS)


def test_limbs_cover_the_body_but_the_trunk():
    joints = sorted(joint for limb in NAMED_LIMBS.values() for joint in limb)
    trunk = [JOINT_INDEX[name] for name in ("pelvis", "spine1", "spine2", "spine3")]
    assert sorted([*joints, *trunk]) == list(range(22))


def test_what_is_not_named_stays():
    first, second = PairPool(PairData(procedural=150, strangers=0.5)).drawn(2, 40)
    after = settled(first, second)
    for row, told in enumerate(changes(first, second)):
        named = named_limbs(told)
        for limb, joints in NAMED_LIMBS.items():
            source = second if limb in named else first
            assert torch.equal(after.rotations[row, list(joints)], source.rotations[row, list(joints)])
