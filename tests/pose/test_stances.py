import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.pose import PARENTS, Pose, stance, stance_names, within_ranges
from poseloom.pose.contact import ContactFigure
from poseloom.pose.hands import finger_rotations, hand_shape
from poseloom.pose.joints import JOINT_INDEX
from poseloom.pose.kinematics import forward_kinematics
from poseloom.pose.sampler import Kind
from poseloom.pose.skeleton import rest_offsets
from poseloom.pose.stances import find_stance, stances
from poseloom.pose.types import stack


@pytest.fixture(scope="module")
def everyone():
    return stack([stance(name) for name in stance_names()])


def joints(pose):
    return forward_kinematics(pose.matrices(), rest_offsets(), PARENTS, root=pose.translation)[1]


def at(pose, name):
    return joints(pose)[..., JOINT_INDEX[name], :]


def test_all_stances_are_complete_poses_within_their_ranges(everyone):
    assert len(stance_names()) >= 71 and everyone.joints == 52
    assert within_ranges(everyone).all()


def test_all_stances_stand_on_the_floor(everyone):
    lowest = ContactFigure.of(everyone.matrices()).lower_edges().amin(-1)
    torch.testing.assert_close(everyone.translation[:, 1], -lowest)
    assert (everyone.translation[:, [0, 2]] == 0).all()
    assert (joints(everyone)[..., :22, 1] > -0.005).all()


def test_what_carries_a_stance_touches_the_floor(everyone):
    edges = ContactFigure.of(everyone.matrices()).lower_edges() + everyone.translation[:, 1:2]
    for row, each in enumerate(stances().values()):
        if each.contacts.any():
            assert edges[row][each.contacts].max() < 0.1, each.name
        if each.support == "feet":
            assert edges[row][each.contacts].max() < 0.03, each.name


def test_every_stance_belongs_to_known_kinds_and_every_posture_has_some():
    kinds = [kind for each in stances().values() for kind in each.kinds]
    assert {Kind(kind) for kind in kinds} == set(Kind) - {Kind.ARMS_ANYWHERE}
    assert {each.support for each in stances().values()} == {"feet", "floor", "seat", "air"}


def test_stances_look_like_their_names():
    assert at(stance("stand"), "pelvis")[1] == pytest.approx(1.07, abs=0.02)
    assert at(stance("sit on a chair"), "left_knee")[2] > 0.3
    assert at(stance("lie on the back"), "head")[1] < 0.25 and at(stance("lie on the front"), "head")[1] < 0.25
    assert at(stance("kneel on both knees"), "left_knee")[1] < 0.08
    assert at(stance("handstand"), "pelvis")[1] > at(stance("handstand"), "head")[1]
    assert at(stance("front kick"), "right_ankle")[1] > 0.8
    crawl = joints(stance("hands and knees"))
    low = [JOINT_INDEX[name] for name in ("left_wrist", "right_wrist", "left_knee", "right_knee")]
    assert (crawl[low, 1] < 0.12).all() and crawl[0, 1] > 0.35
    t_pose = stance("t-pose", hands=("zero", "zero"))
    torch.testing.assert_close(t_pose.matrices(), Pose.identity().matrices(), atol=2e-2, rtol=0)


def test_mirrored_stances_exchange_the_sides():
    torch.testing.assert_close(stance("yoga tree", mirrored=True).rotations, stance("yoga tree").mirror().rotations)
    assert at(stance("front kick", mirrored=True), "left_ankle")[1] > 0.8
    torch.testing.assert_close(stance("stand", mirrored=True).matrices(), stance("stand").matrices(), atol=1e-3, rtol=0)


def test_hands_are_relaxed_unless_the_stance_or_the_caller_says_otherwise():
    relaxed, fist = (finger_rotations(hand_shape(name), "left") for name in ("relaxed", "fist"))
    torch.testing.assert_close(stance("stand").rotations[22:37], relaxed)
    torch.testing.assert_close(stance("boxing guard").rotations[22:37], fist)
    torch.testing.assert_close(stance("stand", hands=("fist", "flat")).rotations[22:37], fist)


def test_without_the_floor_there_is_no_translation():
    assert stance("stand", grounded=False).translation is None


def test_names_may_be_shortened_and_mistakes_are_answered():
    assert find_stance("Yoga tree").name.startswith("yoga tree")
    with pytest.raises(PoseloomError, match="did you mean 'cross-legged sit'"):
        stance("cross-leged sit")
    with pytest.raises(PoseloomError, match="more than one stance"):
        stance("throw")
    with pytest.raises(PoseloomError, match=r"stance_names\(\)"):
        stance("zzzzzz")
    with pytest.raises(PoseloomError, match="unknown hand shape"):
        stance("stand", hands=("fist", "paw"))
