"""Whole signs: what the notation says is what the body does."""

import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.language.hamnosys import HamNoSysError, check_file, from_names, parse
from poseloom.pose.joints import ALL_JOINTS, FINGERS, JOINT_INDEX, PARENTS
from poseloom.pose.kinematics import forward_kinematics
from poseloom.pose.skeleton import rest_offsets
from poseloom.signer import sign_clip
from poseloom.signer.arms import chest_origin
from poseloom.signer.frames import hand_axes
from poseloom.signer.hand_points import hand_points
from poseloom.signer.shapes import hand_angles

RIGHT, LEFT = JOINT_INDEX["right_wrist"], JOINT_INDEX["left_wrist"]
HAND = "flathand extfingerl palmd"
FASTEST = 4.5
"""Metres a second of a wrist: quick, still human."""


def signed(names):
    clip = sign_clip(from_names(names))
    rotations, joints = forward_kinematics(clip.pose.matrices(), rest_offsets(), PARENTS)
    (start, end), *_ = clip.notes["signs"]
    return clip, rotations, joints, slice(start, end)


def path_of(names, wrist=RIGHT):
    """Wrist in (right, up, out), metres, from the first posture on."""
    _, _, joints, span = signed(names)
    path = joints[span, wrist] * torch.tensor([-1.0, 1.0, 1.0])
    return path - path[1]


def test_clips_start_and_end_with_hanging_arms():
    clip, _, joints, _ = signed("flathand extfingerl palml chest touch")
    assert (clip.fps, clip.pose.joints) == (25, ALL_JOINTS)
    for frame in (0, -1):
        assert float(joints[frame, RIGHT, 1]) < -0.03
        assert float(joints[frame, LEFT, 1]) < -0.03
    assert torch.allclose(clip.pose.rotations[0], clip.pose.rotations[-1], atol=0.05)


@pytest.mark.parametrize(
    ("letters", "direction"),
    [
        ("u", (0, 1, 0)), ("d", (0, -1, 0)), ("l", (-1, 0, 0)), ("r", (1, 0, 0)), ("o", (0, 0, 1)),
        ("ur", (0.7, 0.7, 0)), ("dl", (-0.7, -0.7, 0)), ("do", (0, -0.7, 0.7)), ("or", (0.7, 0, 0.7)),
    ],
)  # fmt: skip
def test_straight_movements_go_where_they_say(letters, direction):
    end = path_of(f"flathand extfingero palmd move{letters}")[-1]
    assert torch.nn.functional.cosine_similarity(end, torch.tensor(direction, dtype=torch.float32), dim=0) > 0.97
    assert float(end.norm()) == pytest.approx(0.2, abs=0.04)


def test_sizes_of_movements():
    small, usual, large = (
        float(path_of(f"flathand extfingerol palmd mover {size}")[-1].norm()) for size in ("smallmod", "", "largemod")
    )
    assert small < 0.6 * usual
    assert large > 1.4 * usual


def test_arcs_bow_out_where_they_say():
    path = path_of("flathand extfingerol palmd mover arcu")
    assert float(path[:, 1].max()) > 0.07
    assert float(path[-1, 1].abs()) < 0.02
    assert float(path_of("flathand extfingerol palmd mover arcd")[:, 1].min()) < -0.07


def test_circles_are_clockwise_along_their_axis():
    seen_by_signer = path_of("finger2 extfingeru palml circleo")
    quarter = len(seen_by_signer) // 3
    assert float(seen_by_signer[quarter, 0]) < -0.02  # from the bottom first to the left
    assert float(seen_by_signer[:, 1].max()) > 0.08
    assert float(seen_by_signer[-1].norm()) < 0.02
    other_way = path_of("finger2 extfingeru palml circlei")
    assert float(other_way[quarter, 0]) > 0.02
    assert float(path_of("finger2 extfingero palmd circleu")[:, 2].max()) > 0.08


def test_clocks_say_where_a_circle_starts_and_ends():
    half = path_of("finger2 extfingeru palml circleo clocku clockd")[-1]
    assert float(half[1]) < -0.1
    assert abs(float(half[0])) < 0.03
    one_and_a_half = path_of("finger2 extfingeru palml circleo clocku clockd clockfull")
    assert float(one_and_a_half[:, 0].max()) > 0.04
    assert float(one_and_a_half[:, 0].min()) < -0.04


@pytest.mark.parametrize(
    ("mark", "times"),
    [("", 1), ("repeatfromstart", 2), ("repeatfromstartseveral", 3)],
)
def test_repetitions_happen_as_often_as_they_say(mark, times):
    x = path_of(f"flathand extfingerol palmd mover {mark}")[:, 0]
    above = x > 0.8 * x.max()
    assert int((above[1:] & ~above[:-1]).sum()) == times


def test_continued_and_reversed_repetitions():
    once, twice = (path_of(f"flathand extfingerol palmd mover smallmod {mark}") for mark in ("", "repeatcontinue"))
    assert float(twice[-1, 0]) == pytest.approx(2 * float(once[-1, 0]), rel=0.15)
    back = path_of("flathand extfingerol palmd mover repeatreverse")
    assert float(back[-1].norm()) < 0.02
    assert float(back[:, 0].max()) > 0.15


def test_mirrored_hands_mirror_each_other():
    clip, *_ = signed("symmlr finger2345 thumboutmod extfingeruo palmd chest moveor largemod replace fist")
    difference = clip.pose.matrices() - clip.pose.mirror().matrices()
    assert float(difference.abs().max()) < 0.06


@pytest.mark.parametrize(
    ("flags", "factors"),
    [
        ("symmlr", (-1, 1, 1)),
        ("symmlr largemod", (-1, -1, 1)),
        ("symmlr fingerstraightmod", (-1, 1, -1)),
        ("symmpar", (1, 1, 1)),
        ("symmpar largemod fingerstraightmod", (1, -1, -1)),
    ],
)
def test_symmetry_marks_reverse_the_other_hand(flags, factors):
    names = f"{flags} flathand extfingero palmd parbegin moveu smallmod mover smallmod moveo smallmod parend"
    right, left = (path_of(names, wrist)[-1] for wrist in (RIGHT, LEFT))
    assert torch.allclose(left, right * torch.tensor(factors), atol=0.04)  # forearms give way to the trunk


def test_alternating_hands_move_one_after_the_other():
    names = "symmlr alternatingmotion flathand extfingero palmd moveu repeatfromstartseveral"
    right, left = (path_of(names, wrist)[:, 1] for wrist in (RIGHT, LEFT))
    half_way = [int((path > path.max() / 2).int().argmax()) for path in (left, right)]
    assert half_way[0] != half_way[1]
    assert float((right - left).abs().max()) > 0.1


def test_hands_with_actions_of_their_own():
    names = "parbegin fist extfingerol palml plus flathand extfingeror palmu parend parbegin moved plus nomotion parend"
    right, left = (path_of(names, wrist) for wrist in (RIGHT, LEFT))
    assert float(right[-1, 1]) < -0.12
    assert float(left[-1].norm()) < 0.02


def test_one_handed_signs_leave_the_other_arm_hanging():
    _, _, joints, _ = signed("flathand extfingeru palml cheek touch moved")
    assert float((joints[:, LEFT] - joints[0, LEFT]).norm(dim=-1).max()) < 0.02  # the body breathes


@pytest.mark.parametrize(
    ("names", "tip", "place"),
    [
        ("finger2 extfingerul palml nose touch", "index", (0.0, 0.183, 0.172)),
        (
            "finger2 extfingerul palmdl cheek seqbegin touch fingertip indexfinger seqend",
            "index",
            (0.054, 0.165, 0.125),
        ),
        ("finger2 extfingeril palmdl chest touch", "index", (0.0, -0.13, 0.125)),
        ("fist thumboutmod extfingerl palmd chest seqbegin touch fingertip thumb seqend", "thumb", (0.0, -0.13, 0.125)),
    ],
)
def test_named_parts_touch_their_place(names, tip, place):
    _, rotations, joints, span = signed(names)
    angles = hand_angles(parse(from_names(names)).signs[0].parts[0].dominant.shape)
    point = hand_points(angles)[0][FINGERS.index(tip), 3]
    frame = span.start + 1
    touching = joints[frame, RIGHT] + hand_axes(rotations[frame, RIGHT], "right") @ point
    wanted = chest_origin() + torch.tensor([-place[0], place[1], place[2]])
    assert float((touching - wanted).norm()) < 0.017  # a twentieth of the shoulders' width


def test_palms_meet_in_the_middle():
    _, rotations, joints, span = signed("symmlr flathand extfingeruo palml palm touch")
    frame = span.start + 1
    for wrist, side in ((RIGHT, "right"), (LEFT, "left")):
        palm = joints[frame, wrist] + hand_axes(rotations[frame, wrist], side) @ torch.tensor([0.06, 0.024, 0.0])
        assert abs(float(palm[0] - chest_origin()[0])) < 0.01


def test_a_fist_is_put_on_the_other_palm():
    names = "parbegin fist extfingerol palml plus flathand extfingeror palmu parend palm touch"
    _, rotations, joints, span = signed(names)
    frame = span.start + 1
    palm = joints[frame, LEFT] + hand_axes(rotations[frame, LEFT], "left") @ torch.tensor([0.06, 0.024, 0.0])
    edge = joints[frame, RIGHT] + hand_axes(rotations[frame, RIGHT], "right") @ torch.tensor([0.07, 0.008, -0.045])
    assert float((palm - edge).norm()) < 0.02


def test_sides_of_places():
    def x_of(names):
        _, _, joints, span = signed(names)
        return -float(joints[span.start + 1, RIGHT, 0])

    left, right = (x_of(f"{HAND} {names} touch") for names in ("lrat chest", "chest lrat"))
    assert right - left == pytest.approx(0.17, abs=0.03)
    assert x_of(f"{HAND} chest lrbeside") > x_of(f"{HAND} chest lrat")


def test_signs_follow_each_other_without_a_rest():
    one, two = "flathand extfingerl palml chest touch", "finger2 extfingeru palmd shoulders mover"
    clip = sign_clip(f"{from_names(one)} {from_names(two)}")
    (_, first_end), (second_start, second_end) = clip.notes["signs"]
    assert first_end < second_start < second_end < len(clip)
    assert second_start - first_end < 25
    assert len(clip) < len(sign_clip(from_names(one))) + len(sign_clip(from_names(two)))


def test_all_real_strings_are_signed_smoothly(shared_data):
    rows = check_file(shared_data("hamnosys") / "train.json")[::3]
    for row in rows:
        clip = sign_clip(row.text)
        _, joints = forward_kinematics(clip.pose.matrices(), rest_offsets(), PARENTS)
        speed = (joints[1:, [LEFT, RIGHT]] - joints[:-1, [LEFT, RIGHT]]).norm(dim=-1).max() * clip.fps
        assert float(speed) < FASTEST, row.name
        assert 25 < len(clip) < 250, row.name


# -- bad input ---------------------------------------------------------------------------------------------------------


def test_strings_that_cannot_be_signed():
    with pytest.raises(HamNoSysError, match="empty string"):
        sign_clip("")
    with pytest.raises(HamNoSysError, match=r"symbol 2 .*outside HamNoSys"):
        sign_clip("\ue001Z")
    nested = "parbegin " * 30 + "movel" + " parend repeatfromstartseveral" * 30
    with pytest.raises(PoseloomError, match="more than 60 minutes"):
        sign_clip(from_names(f"{HAND} {nested}"))


@pytest.mark.parametrize("names", ["touch", "repeatfromstart", "parbegin movel parend", "thumb"])
def test_ten_thousand_symbols_are_signed(names):
    text = from_names(HAND) + from_names(names) * (10_000 // len(names.split()))
    assert torch.isfinite(sign_clip(text).pose.rotations).all()


@pytest.mark.parametrize(
    "names",
    [
        "palmd",
        "movel",
        "chest touch",
        "nondominant flathand extfingeru palml cheek movedo",
        "nondominant etc flathand",
        "flathand mime",
        "flathand moveX movecross",
        "flathand extfingeru orirelative palmd",
        "finger2 palm touch repeatfromstart",
        "finger2 extfingerdl palmd upperarm touch",
        "finger2 extfingerdl palmd lowerarm touch brushing",
        "symmlr flathand extfingeru palml parbegin chest plus stomach parend touch",
        "flathand extfingeru palmd stircw stirccw nodding swinging fingerplay",
        "fist coreftag chest corefref",
        "flathand movel wavy ellipseh mover zigzag smallmod circleo ellipsev increasing repeatcontinueseveral",
        "flathand extfingeru palmd fusionbegin mover moved fusionend fast rest tense slow halt",
        "flathand behind head moveo behind ear touch",
    ],
)
def test_odd_but_valid_strings_are_signed(names):
    assert torch.isfinite(sign_clip(from_names(names)).pose.rotations).all()
