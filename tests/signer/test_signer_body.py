"""Signing bodies: nothing goes through anything, elbows do not flip, signs mirror, contacts are as they are written."""

import math

import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.body import AnnyBody
from poseloom.language.hamnosys import explain, from_names, parse
from poseloom.language.hamnosys.tree import Contact
from poseloom.pose import rotations as rot
from poseloom.pose.joints import JOINT_INDEX, JOINT_NAMES
from poseloom.signer import SigningStyle, sign_clip
from poseloom.signer.arms import solve_arms
from poseloom.signer.clearance import Meeting, TwoHands, kept_clear
from poseloom.signer.frames import hand_axes, oriented
from poseloom.signer.hand_spheres import hand_spheres, sphere_radii
from poseloom.signer.hand_state import interpolate_rotation, rest_state
from poseloom.signer.pace import hasty_frames
from poseloom.signer.shoulders import chest_origin, shoulder_points
from poseloom.signer.trunk import TrunkSampler, trunk_distance, trunk_slope

FLIP = torch.tensor([-1.0, 1.0, 1.0])
SIDES = ("left", "right")
SKIN = AnnyBody("preview").shaped()
WEIGHTS = SKIN.binding.unflatten(-1, (-1, 4))[..., 3]


def rows_of(side):
    """Vertices of a hand and of the forearm beside it."""
    names = [n for n in JOINT_NAMES if n.startswith(side) and (n[-1] in "123" or n.endswith(("wrist", "elbow")))]
    return (WEIGHTS[:, [JOINT_INDEX[name] for name in names]].sum(-1) > 0.5).nonzero()[:, 0]


ARM = {side: rows_of(side) for side in SIDES}


class Signed:
    """Skin and joints of a sign, seen from its chest."""

    def __init__(self, names, **style):
        self.clip = sign_clip(from_names(names), style=SigningStyle(**style))
        posed = SKIN.posed(self.clip.pose)
        chest = JOINT_INDEX["spine3"]
        turn, at = posed.rotations[:, chest], posed.joints[:, chest]
        rest = SKIN.joints[chest] - SKIN.joints[0]
        self.skin = (posed.mesh().vertices - at[:, None]) @ turn + rest
        self.joints = (posed.joints - at[:, None]) @ turn + rest
        self.start, self.end = self.clip.notes["signs"][0]

    def joint(self, name, frame=None):
        points = self.joints[:, JOINT_INDEX[name]]
        return points if frame is None else points[frame]

    def between_arms(self, frame):
        return float(torch.cdist(*(self.skin[frame, ARM[side]] for side in SIDES)).min())


INWARD = (
    "symmlr flathand extfingero palmu shoulders movei largemod",
    "symmlr flathand extfingero palmu stomach movei largemod",
    "flathand extfingerl palmu chest movei largemod",
    "flathand extfingeru palmr cheek touch movei",
    "fist extfingeru palml cheek movel largemod",
    "flathand extfingeri palmd chest touch",
)


@pytest.mark.parametrize("names", INWARD)
def test_hands_and_forearms_stay_outside_the_skin(names):
    signed = Signed(names)
    for side in SIDES:
        assert float(trunk_distance(signed.skin[:, ARM[side]]).min()) > -0.01


def test_a_movement_into_the_body_stops_in_front_of_it():
    signed = Signed("symmlr flathand extfingero palmu shoulders movei largemod")
    assert float(signed.joint("right_wrist", signed.end - 1)[2] - chest_origin()[2]) > 0.05


@pytest.mark.parametrize(
    "names", ["symmlr flathand extfingero palml movel largemod", "symmlr fist extfingeru palml movel"]
)
def test_mirrored_hands_stop_at_each_other(names):
    signed = Signed(names)
    assert float(signed.joint("right_wrist")[:, 0].max()) < 0.02
    assert float(signed.joint("left_wrist")[:, 0].min()) > -0.02


@pytest.mark.parametrize(
    "names",
    [
        "symmlr fist extfingeru palmd ear close",
        "symmlr flathand extfingeru palml",
        "symmlr pinch12open extfingeru palml cheek movedo",
        "symmlr finger2345 extfingeru palmu chest moveil largemod",
    ],
)
def test_mirrored_signs_mirror_at_every_frame(names):
    signed = Signed(names)
    for name in ("shoulder", "elbow", "wrist", "index3", "thumb2"):
        difference = signed.joint(f"left_{name}") - signed.joint(f"right_{name}") * FLIP
        assert float(difference.norm(dim=-1).max()) < 0.01, name


@pytest.mark.parametrize(
    "names",
    [
        "symmlr fist extfingeru palmd ear close",
        "flathand extfingeru palmr cheek touch movei",
        "symmlr flathand extfingeru palml",
        "finger2 extfingeru palmd headtop armextended",
    ],
)
def test_elbows_never_flip(names):
    signed = Signed(names)
    for side in SIDES:
        elbow, wrist = (
            (signed.joint(f"{side}_{name}")[1:] - signed.joint(f"{side}_{name}")[:-1]).norm(dim=-1).max() * 25
            for name in ("elbow", "wrist")
        )
        assert float(elbow) < 3.5
        assert float(elbow) < 1.5 * max(float(wrist), 0.2)


# -- contacts ----------------------------------------------------------------------------------------------------------


def test_a_contact_before_the_place_is_between_the_hands():
    together, apart = (Signed(f"symmlr flathand extfingerul palmd {place}") for place in ("touch head", "head touch"))
    assert together.between_arms(together.start + 2) < 0.02
    assert apart.between_arms(apart.start + 2) > 0.05
    hand = apart.skin[apart.start + 2, ARM["right"]]
    assert float(trunk_distance(hand).min()) < 0.02
    assert float(trunk_distance(together.skin[together.start + 2, ARM["right"]]).min()) > 0.03


def test_both_orders_of_contact_and_place_differ_in_words_and_tree():
    first, second = (from_names(f"symmlr flathand extfingerul palmd {place}") for place in ("touch head", "head touch"))
    assert "the hands touching each other; at the head" in explain(first)
    assert "touching the head" in explain(second)
    contact, place = parse(first).signs[0].parts[0].locations
    assert (contact.places, contact.contact, place.contact) == ((), Contact.TOUCH, None)
    (place,) = parse(second).signs[0].parts[0].locations
    assert place.contact is Contact.TOUCH
    one_hand = [
        parse(from_names(f"flathand {place}")).signs[0].parts[0].locations for place in ("touch head", "head touch")
    ]
    assert one_hand[0] == one_hand[1]


@pytest.mark.parametrize(
    "names", ["symmlr fist extfingerul palml cross chest touch", "symmlr flathand extfingerul palml cross"]
)
def test_crossed_hands_cross(names):
    signed = Signed(names)
    frame = signed.start + 2
    right, left = (signed.joint(f"{side}_wrist", frame) for side in ("right", "left"))
    assert float(right[0]) > float(left[0])  # the right one is on the left
    assert float(right[2]) > float(left[2])  # and in front
    assert signed.between_arms(frame) < 0.04


def test_close_hands_are_near_and_do_not_touch():
    signed = Signed("symmlr finger2345 extfingeru palml close")
    assert 0.005 < signed.between_arms(signed.start + 2) < 0.08


def test_two_brackets_give_two_hands_their_directions_and_then_their_palms():
    both = "parbegin extfingeru plus extfingerr parend parbegin palmd plus palmu parend"
    apart = parse(from_names(f"parbegin finger2 plus flathand parend {both} palm touch")).signs[0].parts[0]
    joined = (
        parse(from_names("parbegin finger2 extfingeru palmd plus flathand extfingerr palmu parend palm touch"))
        .signs[0]
        .parts[0]
    )
    assert apart == joined


# -- places ------------------------------------------------------------------------------------------------------------


def test_an_arm_is_stretched_ahead_at_the_height_of_the_shoulder():
    signed = Signed("flathand extfingeru palmd shouldertop lrat armextended swinging")
    line = signed.joint("right_wrist", signed.start + 2) - shoulder_points()[1]
    assert abs(float(line[1])) < 0.1
    assert float(line[2]) > 0.45


@pytest.mark.parametrize("names", ["flathand extfingeruo {} chest", "flathand extfingero {} shoulders"])
def test_a_place_does_not_move_with_the_palm(names):
    middles = []
    for palm in ("palmu", "palmd", "palml"):
        clip = sign_clip(from_names(names.format(palm)))
        posed = SKIN.posed(clip.pose[clip.notes["signs"][0][0] + 2])
        wrist, knuckle = (posed.joints[JOINT_INDEX[f"right_{name}"]] for name in ("wrist", "middle1"))
        middles.append(wrist + 0.7 * (knuckle - wrist))
    assert float(torch.cdist(torch.stack(middles), torch.stack(middles)).max()) < 0.03


# -- style -------------------------------------------------------------------------------------------------------------


def test_static_signs_are_held():
    _, joints = None, Signed("flathand extfingeru palml")
    wrist = joints.joint("right_wrist")
    still = (wrist[1:] - wrist[:-1]).norm(dim=-1) * 25 < 0.06
    raised = wrist[1:, 1] > wrist[0, 1] + 0.2
    assert int((still & raised).sum()) >= 5


def test_styles():
    names = "finger2 extfingeru palml mover"
    usual, fast, small, left = (
        Signed(names, **style) for style in ({}, {"speed": 2.0}, {"space": 0.5}, {"left_handed": True})
    )
    assert len(fast.clip) < 0.7 * len(usual.clip)
    far, near = (
        float((signed.joint("right_wrist", signed.end - 1) - signed.joint("right_wrist", signed.start + 1)).norm())
        for signed in (usual, small)
    )
    assert near == pytest.approx(far / 2, rel=0.15)
    difference = left.joint("left_wrist") - usual.joint("right_wrist") * FLIP
    assert float(difference.norm(dim=-1).max()) < 0.01
    with pytest.raises(PoseloomError, match=r"speed 9; expected 0\.25 to 4"):
        SigningStyle(speed=9)


# -- the trunk ---------------------------------------------------------------------------------------------------------


def test_distances_from_the_trunk_are_those_from_the_skin():
    points = chest_origin() + torch.tensor(
        [[0.0, -0.13, 0.125], [0.0, -0.13, 0.165], [0.0, -0.13, 0.06], [0.088, 0.21, 0.04]]
    )
    assert torch.allclose(trunk_distance(points), torch.tensor([0.0, 0.04, -0.06, 0.0]), atol=0.008)
    assert torch.allclose(trunk_distance(points), trunk_distance(points * FLIP), atol=1e-6)
    distance, slope = TrunkSampler().sample(points.numpy())
    assert torch.allclose(torch.from_numpy(distance).float(), trunk_distance(points), atol=1e-5)
    assert float(torch.from_numpy(slope)[1, 2]) > 0.95
    assert torch.allclose(trunk_slope(points[3:])[0], trunk_slope(points[3:] * FLIP)[0] * FLIP, atol=1e-5)


@pytest.mark.parametrize("side", SIDES)
def test_hips_and_thighs_are_as_wide_as_their_skin(side):
    """Hands hang beside them."""
    carried = WEIGHTS[:, [JOINT_INDEX[name] for name in (f"{side}_hip", "pelvis")]].sum(-1) > 0.6
    outwards = torch.tensor([1.0 if side == "left" else -1.0, 0.0, 0.0])
    skin = SKIN.at_rest() - SKIN.joints[0]
    skin = skin[carried & (skin @ outwards > 0.14) & (skin[:, 1] > -0.3)]
    assert len(skin) > 10
    assert float(trunk_distance(skin).abs().max()) < 0.004
    assert float(trunk_distance(skin - 0.01 * outwards).max()) < 0.0
    assert float(trunk_distance(skin + 0.01 * outwards).min()) > 0.0


def test_a_hand_that_would_go_through_the_trunk_stops_and_one_on_its_own_way_stays():
    state = rest_state("right")
    spheres = torch.stack([hand_spheres(state.angles)] * 2).expand(30, -1, -1, -1) * FLIP
    start = chest_origin() + torch.tensor([[0.15, -0.2, 0.35], [-0.15, -0.2, 0.35]])
    way = torch.linspace(0, 1, 30)[:, None, None] * torch.tensor([0.0, 0.0, -0.6])
    none = torch.zeros(30, dtype=torch.long)
    two = TwoHands(spheres, none, torch.full((30, 2), 0.5), torch.zeros(30))
    kept = kept_clear(start + way, two)
    depth = sphere_radii() - trunk_distance(kept[:, :, None] + spheres)
    assert float(depth.max()) < 0.01
    assert float(kept[-1, :, 2].min() - chest_origin()[2]) > -0.05
    free = start.expand(30, 2, 3)
    assert kept_clear(free, two) is free
    assert int(Meeting.FREE) == 0


def test_hands_that_turn_over_point_ahead_on_their_way():
    for side in SIDES:
        start = rest_state(side).rotation
        end = rot.axis_to_rotmat(torch.tensor(3.1), "X") @ start
        for last in (end, rot.axis_to_rotmat(torch.tensor(-3.1), "X") @ start):
            middle = interpolate_rotation(start, last, torch.tensor([0.5]), side)[0]
            fingers = middle @ torch.tensor([1.0 if side == "left" else -1.0, 0.0, 0.0])
            assert float(fingers[2]) > 0.9


def test_both_hands_turn_over_the_same_way():
    flip = torch.tensor([-1.0, 1.0, 1.0])
    generator = torch.Generator().manual_seed(2)
    for number in range(41):
        start = rot.rotvec_to_rotmat(torch.randn(3, generator=generator))
        fingers = hand_axes(start, "right")[:, 0]
        axis = fingers + (number - 20) / 10 * torch.tensor([0.0, 0.0, 1.0])  # fingers point ahead alike on both ways
        end = rot.rotvec_to_rotmat(math.pi * torch.nn.functional.normalize(axis, dim=0)) @ start
        right = interpolate_rotation(start, end, torch.tensor([0.3]), "right")[0]
        mirrored = [one * flip[:, None] * flip for one in (start, end)]
        mirrored[1] = mirrored[1] @ rot.rotvec_to_rotmat(1e-5 * torch.randn(3, generator=generator))
        left = interpolate_rotation(*mirrored, torch.tensor([0.3]), "left")[0]
        assert torch.allclose(left * flip[:, None] * flip, right, atol=1e-3)


# -- directions --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "most"),
    [
        ("fist extfingeru palml chest", 15.0),
        ("flathand extfingero palml", 10.0),
        ("flathand extfingero palmu", 10.0),
        ("fist extfingerul palml shoulders", 15.0),
        ("flathand extfingeru palmd head", 15.0),
        ("pinchall extfingeruo palmd stomach", 15.0),
    ],
)
def test_hands_are_held_where_an_arm_can_turn_them(names, most):
    clip = sign_clip(from_names(names))
    frame = clip.notes["signs"][0][0] + 2
    hand = SKIN.posed(clip.pose[frame]).rotations[JOINT_INDEX["right_wrist"]]
    wanted = oriented(parse(from_names(names)).signs[0].parts[0].dominant.orientation, "right", False)
    cosine = ((hand.T @ wanted).trace() - 1) / 2
    assert float(torch.acos(cosine.clamp(-1, 1)).rad2deg()) < most


def test_forearms_and_wrists_come_as_near_to_a_rotation_as_their_ranges_let_them():
    generator = torch.Generator().manual_seed(5)
    points = chest_origin() + torch.tensor([[0.17, -0.2, 0.3], [-0.17, -0.2, 0.3]]).expand(60, 2, 3)
    hands = rot.rotvec_to_rotmat(torch.randn(60, 2, 3, generator=generator))
    reached = solve_arms(points, hands, stride=1)
    cosine = ((reached.hands * hands).sum((-1, -2)) - 1) / 2
    assert float(torch.acos(cosine.clamp(-1, 1)).mean().rad2deg()) < 60


def test_elbows_that_swing_while_wrists_rest_are_hasty():
    wrists = torch.zeros(40, 2, 3)
    elbows = torch.zeros(40, 2, 3)
    elbows[20:, 0, 0] = 0.04
    assert hasty_frames(wrists, elbows)[20].tolist() == [True, False]
    assert not bool(hasty_frames(wrists, elbows)[:19].any())
