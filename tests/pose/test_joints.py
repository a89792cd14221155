import torch

from poseloom.pose.joints import ALL_JOINTS, BODY_JOINTS, JOINT_INDEX, JOINT_NAMES, MIRROR, PARENTS, other_side
from poseloom.pose.kinematics import forward_kinematics
from poseloom.pose.rotations import rotvec_to_rotmat
from poseloom.pose.skeleton import rest_offsets


def test_the_tree_has_52_joints_and_parents_stand_first():
    assert len(JOINT_NAMES) == len(PARENTS) == ALL_JOINTS == len(set(JOINT_NAMES))
    assert PARENTS[0] == -1 and all(0 <= parent < joint for joint, parent in enumerate(PARENTS) if joint)
    assert JOINT_NAMES[BODY_JOINTS] == "left_index1" and JOINT_NAMES[-1] == "right_thumb3"
    assert JOINT_INDEX["left_pinky1"] < JOINT_INDEX["left_ring1"]


def test_mirror_is_an_involution_that_keeps_the_tree():
    assert [MIRROR[MIRROR[joint]] for joint in range(ALL_JOINTS)] == list(range(ALL_JOINTS))
    assert all(PARENTS[MIRROR[joint]] == MIRROR[PARENTS[joint]] for joint in range(1, ALL_JOINTS))
    assert other_side("left_knee") == "right_knee" and other_side("spine1") == "spine1"


def test_the_rest_skeleton_is_symmetric_to_two_millimetres():
    offsets = rest_offsets()
    mirrored = offsets[list(MIRROR)] * torch.tensor([-1.0, 1, 1])
    torch.testing.assert_close(offsets, mirrored, atol=2e-3, rtol=0)


def test_forward_kinematics_follows_the_chain():
    offsets = rest_offsets()
    local = rotvec_to_rotmat(torch.randn(2, 3, ALL_JOINTS, 3, generator=torch.Generator().manual_seed(0)))
    rotations, positions = forward_kinematics(local, offsets, PARENTS, root=torch.tensor([1.0, 2.0, 3.0]))
    joint = JOINT_INDEX["right_thumb3"]
    chain = [joint]
    while PARENTS[chain[0]] >= 0:
        chain.insert(0, PARENTS[chain[0]])
    turn, place = torch.eye(3).expand(2, 3, 3, 3), torch.tensor([1.0, 2.0, 3.0]).expand(2, 3, 3)
    for above, here in zip([None, *chain], chain, strict=False):
        if above is not None:
            place = place + (turn @ offsets[here][:, None]).squeeze(-1)
        turn = turn @ local[:, :, here]
    torch.testing.assert_close(positions[:, :, joint], place, atol=1e-5, rtol=0)
    torch.testing.assert_close(rotations[:, :, joint], turn, atol=1e-5, rtol=0)


def test_offsets_cannot_be_changed_from_outside():
    rest_offsets().zero_()
    assert rest_offsets().abs().sum() > 0
