import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from poseloom.base.errors import PoseloomError
from poseloom.pose import JOINT_NAMES
from poseloom.pose import keypoints as kp


def test_names_and_parts_match_the_golden_case(golden):
    case, _ = golden("mesh-recovery/keypoint-conventions")
    assert set(case["conventions"]) <= set(kp.conventions())
    for convention, names in case["conventions"].items():
        assert list(kp.names(convention)) == names
    for part, names in case["parts"].items():
        assert list(kp.parts(part)) == names


def test_all_mappings_match_the_golden_case(golden):
    case, _ = golden("mesh-recovery/keypoint-conventions")
    assert len(case["mappings"]) == 106
    for key, expected in case["mappings"].items():
        source, target = key.rstrip("~").split("->")
        ours = kp.mapping(source, target, approximate=key.endswith("~"))
        assert (list(ours.target), list(ours.source)) == (expected["dst"], expected["src"]), key


def test_flip_pairs_match_the_golden_case(golden):
    case, _ = golden("mesh-recovery/keypoint-conventions")
    for convention, pairs in case["flip_pairs"].items():
        assert [list(pair) for pair in kp.flip_pairs(convention)] == pairs


def test_our_own_joints_are_a_convention():
    plain = [name.replace("_", "") for name in JOINT_NAMES]
    assert [name.replace("_", "") for name in kp.names("smplh")] == plain


def test_conversion_moves_points_and_tells_which_are_there():
    points = torch.randn(2, 3, 17, 4)
    converted, mask = kp.convert(points, "coco", "openpose_25", approximate=True)
    assert converted.shape == (2, 3, 25, 4) and mask.shape == (25,)
    nose = kp.names("openpose_25").index("nose_openpose")
    torch.testing.assert_close(converted[..., nose, :], points[..., 0, :])
    assert mask[nose] and not mask[kp.names("openpose_25").index("neck_openpose")]
    assert (converted[..., ~mask, :] == 0).all()
    assert not kp.convert(points, "coco", "openpose_25")[1].any()


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(kp.conventions()), st.booleans())
def test_there_and_back_keeps_every_point(convention, approximate):
    count = len(kp.names(convention))
    points = torch.randn(count, 3)
    known = [name in kp.names("human_data") for name in kp.names(convention)]
    union, _ = kp.convert(points, convention, "human_data", approximate)
    back, mask = kp.convert(union, "human_data", convention, approximate)
    assert mask[torch.tensor(known)].all()
    assert torch.equal(back[torch.tensor(known)], points[torch.tensor(known)])


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(kp.conventions()), st.one_of(st.none(), st.integers(1, 500)))
def test_flip_twice_is_the_same(convention, width):
    points = torch.randn(2, len(kp.names(convention)), 3)
    twice = kp.flip(kp.flip(points, convention, width), convention, width)
    torch.testing.assert_close(twice, points, atol=1e-4, rtol=0)


def test_flip_in_a_picture_reflects_pixels_and_exchanges_sides():
    points = torch.zeros(17, 3)
    points[kp.names("coco").index("left_wrist")] = torch.tensor([10.0, 20.0, 0.9])
    flipped = kp.flip(points, "coco", width=100)
    torch.testing.assert_close(flipped[kp.names("coco").index("right_wrist")], torch.tensor([89.0, 20.0, 0.9]))


def test_mistakes_are_told_in_one_line():
    with pytest.raises(PoseloomError, match="did you mean 'openpose_25'"):
        kp.names("openpose25")
    with pytest.raises(PoseloomError, match="expected a tensor"):
        kp.convert(torch.zeros(16, 3), "coco", "smpl")
    with pytest.raises(PoseloomError, match="unknown body part"):
        kp.parts("shoulders and hips")
