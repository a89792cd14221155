"""Places of the body brought together."""

import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.pose.contact import ContactFigure
from poseloom.pose.movement import MOVEMENT_INDEX, MOVEMENTS, to_matrices
from poseloom.pose.stances import settled_angles, stance_names
from poseloom.pose.touch import Touch, apart, check_touch, meet, place, touch_points

LEG = ("hip", "knee", "ankle", "toe")
STANDING = settled_angles()[:1].repeat(3, 1)


@pytest.mark.parametrize(
    ("where", "stance"),
    [
        ("right_elbow_front", "arms crossed on the chest"),
        ("left_waist", "hands on the hips (akimbo)"),
        ("nape", "hands behind the head"),
        ("left_knee", "sit on a chair"),
    ],
)
def test_a_hand_reaches_a_place_and_the_rest_stays(where, stance):
    touch, row = Touch("left_hand", where), stance_names().index(stance)
    start = settled_angles()[row : row + 1]
    after = meet(start, [touch], steps=30)
    assert float(apart(ContactFigure.of(to_matrices(after)), touch)) < 0.06
    moved = {MOVEMENTS[column] for column in (after != start).nonzero()[:, 1].tolist()}
    hands = ("left_", "right_") if where == "right_elbow_front" else ("left_",)
    assert moved and all(name.startswith(hands) and not any(leg in name for leg in LEG) for name in moved)


def test_the_trunk_helps_where_an_arm_is_too_short():
    touch = [Touch("right_hand", "left_knee")]
    alone, helped = (meet(STANDING, touch, 40, trunk=trunk) for trunk in (False, True))
    gaps = [apart(ContactFigure.of(to_matrices(one)), touch[0]).max() for one in (alone, helped)]
    assert gaps[1] < 0.15 < gaps[0]


def test_the_other_side_is_a_mirror():
    assert Touch("left_hand", "right_knee").mirrored() == Touch("right_hand", "left_knee")
    assert Touch("left_hand", "chin").mirrored() == Touch("right_hand", "chin")
    figure = ContactFigure.of(torch.eye(3).expand(22, 3, 3))
    left, right = place(figure, "left_ear"), place(figure, "right_ear")
    torch.testing.assert_close(left * left.new_tensor([-1, 1, 1]), right, atol=5e-3, rtol=0)


def test_movements_that_are_fixed_stay():
    fixed = frozenset(name for name in MOVEMENTS if "elbow" in name)
    after = meet(STANDING, [Touch("left_hand", "chin")], fixed=fixed)
    columns = [MOVEMENT_INDEX[name] for name in fixed]
    assert torch.equal(after[:, columns], STANDING[:, columns]) and not torch.equal(after, STANDING)


def test_what_touches_already_is_left_alone():
    once = meet(STANDING, [Touch("left_hand", "left_waist")], 40)
    again = meet(once, [Touch("left_hand", "left_waist")], 40)
    assert float((again - once).abs().max()) < 0.1


def test_an_unknown_place_is_refused():
    assert check_touch("floor") == "floor" and len(touch_points()) > 40
    with pytest.raises(PoseloomError, match=r"no place 'left_kne'.*left_knee"):
        check_touch("left_kne")
