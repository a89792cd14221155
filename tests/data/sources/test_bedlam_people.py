import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.data.sources import bedlam_people as seen
from poseloom.data.sources.bedlam_people import People, PeopleRules

FRAME = (1280, 720)


def people(*boxes, depth=None, image=None, joints=None):
    count = len(boxes)
    if joints is None:
        joints = torch.full((count, 22, 2), 300.0)
    box = torch.tensor(boxes, dtype=torch.float32).reshape(count, 4)
    depths = torch.tensor(depth or range(1, count + 1)).float()
    return People(torch.tensor(image or [0] * count), joints, box, depths, FRAME)


def test_a_box_looks_at_the_right_and_lower_borders_alone():
    points = torch.tensor([[[-50.0, 10.0], [400.0, 700.0], [1300.0, 20.0], [600.0, 800.0]], [[2000.0, 0.0]] * 4])
    boxes = seen.tight_boxes(points, FRAME)
    assert boxes[0].tolist() == [-50, 10, 400, 700]
    assert boxes[1].isnan().all()


def test_a_person_is_in_the_picture_with_three_joints():
    joints = torch.full((2, 22, 2), -5.0)
    joints[0, :3], joints[1, :2] = 100.0, 100.0
    assert seen.in_picture(people((0, 0, 9, 9), (0, 0, 9, 9), joints=joints)).tolist() == [True, False]


def test_a_box_is_covered_by_nearer_ones_of_the_same_picture_alone():
    found = people(
        (0, 0, 100, 100), (0, 60, 100, 200), (50, 0, 150, 100), (0, 0, 9, 9), depth=[2, 1, 3, 1], image=[0, 0, 0, 1]
    )
    assert seen.covered_shares(found).tolist() == pytest.approx([0.4, 0, 0.5, 0])


def test_the_farther_person_goes_at_more_than_30_percent():
    def kept(top):
        found = people((0, 0, 300, 300), (0, top, 300, 600), depth=[2, 1])
        return seen.visible_people(found, PeopleRules()).tolist()

    assert kept(211) == [True, True] and kept(209) == [False, True]


def test_16_joints_must_lie_inside():
    joints = torch.full((2, 22, 2), 300.0)
    joints[0, 16:], joints[1, 15:] = 0.0, 0.0  # on the border is outside
    found = people((100, 100, 400, 400), (500, 100, 800, 400), joints=joints)
    assert seen.visible_people(found, PeopleRules()).tolist() == [True, False]


def test_the_scaled_box_must_have_more_than_224_pixels():
    side = 224 / (1 + 0.1 * 2**0.5)
    found = people(
        (100.2, 100.2, 100.2 + side + 2, 100.2 + side + 2), (500.2, 100.2, 500.2 + side - 2, 100.2 + side - 2)
    )
    assert seen.visible_people(found, PeopleRules()).tolist() == [True, False]


def test_a_scaled_box_is_cut_to_pixels_and_to_the_picture():
    boxes = seen.scaled_boxes(people((10, 100, 310, 500), (1000, 600, 1270, 719)), 1.1)
    assert boxes[0].tolist() == [0, 75, 335, 525]  # the diagonal is 500
    assert boxes[1, 2:].tolist() == [1280, 720]


@pytest.mark.parametrize("box", [(100, 50, 200, 350), (10, 300, 610, 420), (0, 0, 192, 256), (3, 4, 100, 131)])
def test_a_crop_holds_the_box_in_its_middle_and_no_more_than_it_must(box):
    matrix = seen.crop_matrices(torch.tensor([box]))[0]
    corners = torch.tensor([[box[0], box[1], 1], [box[2], box[3], 1]]).float() @ matrix.T
    centre = corners.mean(0)
    assert torch.allclose(centre, torch.tensor([96.0, 128.0]), atol=0.01)
    assert (corners[0] > -0.01).all() and (corners[1] < torch.tensor([192.01, 256.01])).all()
    filled = (corners[1] - corners[0]) / torch.tensor([192.0, 256.0])
    assert filled.max() == pytest.approx(1, abs=0.001)
    assert matrix[0, 0] == pytest.approx(float(matrix[1, 1]), rel=0.02)  # whole pixels of padding


@pytest.mark.parametrize("wrong", [{"overlap": 2}, {"joints": 23}, {"pixels": -1}, {"scale": 0.9}])
def test_rules_out_of_range_are_refused(wrong):
    with pytest.raises(PoseloomError, match="expected"):
        PeopleRules(**wrong)
