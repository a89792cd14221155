"""What of a sign the body could not do as it is written is told, by as much as it is off."""

import re
from dataclasses import replace

import pytest
import torch

import poseloom
from poseloom.body import AnnyBody
from poseloom.language.hamnosys import SignText, from_names, parse
from poseloom.language.hamnosys.gloss import place_in_words
from poseloom.language.hamnosys.tree import Contact, Location, Place, Side
from poseloom.pose import Pose
from poseloom.pose.joints import FINGERS, JOINT_INDEX, JOINT_NAMES
from poseloom.signer import SigningStyle, sign_clip
from poseloom.signer.asked import Meet, Moment, Placed, Turned
from poseloom.signer.targets import body_target
from poseloom.signer.unmet import mirrored_unmet, mirrored_words, noted, remarks_on, unmet

SKIN = AnnyBody("preview").shaped()
BACKWARDS = "flathand extfingeri palmd chest touch"
"""A flat hand at the chest that points back at the signer: no arm can do it."""
TOUCHING_AT_LAST = (
    "fist thumbacrossmod extfingerl palmd shoulders close parbegin movei largemod lrat shoulders touch parend "
    "repeatfromstart"
)


def said(names, **style):
    """What is told of one sign."""
    rows = sign_clip(from_names(names), style=SigningStyle(**style)).notes.get("unmet", [])
    return rows[0]["says"] if rows else ""


def numbers(words, unit):
    return [float(number) for number in re.findall(rf"([\d.]+) {unit}", words)]


def fingers_and_palms(clip, side):
    """Directions in every frame, from where wrist and knuckles are and nothing else."""
    names = [f"{side}_wrist", *(f"{side}_{finger}1" for finger in FINGERS if finger != "thumb")]
    rows = [JOINT_INDEX[name] for name in names]
    there, here = SKIN.posed(clip.pose).joints[:, rows], SKIN.joints[rows]
    u, _, v = torch.linalg.svd((there - there.mean(1, keepdim=True)).mT @ (here - here.mean(0)))
    proper = torch.ones(len(there), 3)
    proper[:, 2] = torch.linalg.det(u @ v)
    turned = (u * proper[:, None]) @ v
    outwards = torch.tensor([-1.0 if side == "right" else 1.0, 0.0, 0.0])
    return turned @ outwards, turned @ torch.tensor([0.0, -1.0, 0.0])


def degrees(directions, wanted):
    cosine = directions @ torch.nn.functional.normalize(torch.tensor(wanted), dim=0)
    return torch.acos(cosine.clamp(-1, 1)).rad2deg()


# -- whole signs -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "names",
    [
        "flathand extfingero palml",
        "finger2 extfingeru palml shoulders",
        "symmlr flathand extfingero palmd moved",
        "flathand extfingero palml replace extfingerol palml",
    ],
)
def test_nothing_is_told_of_what_can_be_done(names):
    assert "unmet" not in sign_clip(from_names(names)).notes
    assert not poseloom.sign(names).notes


def test_a_direction_that_no_arm_reaches_is_told_by_as_much_as_the_joints_say():
    clip = sign_clip(from_names(BACKWARDS))
    (row,), ((start, end),) = clip.notes["unmet"], clip.notes["signs"]
    fingers, palms = (part[start:end] for part in fingers_and_palms(clip, "right"))
    off = torch.stack([degrees(fingers, (0.0, 0.0, -1.0)), degrees(palms, (0.0, -1.0, 0.0))])
    best = off[:, off.amax(0).argmin()]
    assert numbers(row["says"], "degrees") == pytest.approx(best.tolist(), abs=2)
    assert row["excess"] == pytest.approx(float(best.max()) / 20, abs=0.1)
    assert row["says"].startswith("the right hand points towards the signer and left, ")
    assert "degrees beside towards the signer and holds its palm" in row["says"]


def test_a_posture_that_is_changed_to_is_asked_for_when_it_has_come():
    names = "flathand extfingero palml replace extfingeri palmd"
    clip = sign_clip(from_names(names))
    end = clip.notes["signs"][0][1]
    fingers, palms = (part[end - 4 : end + 3] for part in fingers_and_palms(clip, "right"))
    both = torch.maximum(degrees(fingers, (0.0, 0.0, -1.0)), degrees(palms, (0.0, -1.0, 0.0)))
    off = float(both.min())
    assert off > 22
    assert max(numbers(said(names), "degrees")) == pytest.approx(off, abs=2)


def test_a_contact_that_is_not_met_at_the_end_of_a_movement_is_told_in_centimetres():
    clip = sign_clip(from_names(TOUCHING_AT_LAST))
    hand = [n for n in JOINT_NAMES if n.startswith("right") and (n[-1] in "123" or n.endswith("wrist"))]
    mine = SKIN.binding.unflatten(-1, (-1, 4))[..., 3][:, [JOINT_INDEX[name] for name in hand]].sum(-1) > 0.5
    posed, chest = SKIN.posed(clip.pose), JOINT_INDEX["spine3"]
    skin = (posed.mesh().vertices[:, mine] - posed.joints[:, None, chest]) @ posed.rotations[:, chest]
    left = Location((Place("shoulders", (Side.AT_LEFT,)),), Contact.TOUCH)
    place = body_target(left, two_handed=False).point - (SKIN.joints[chest] - SKIN.joints[0])
    nearest = float((skin - place).norm(dim=-1).min())
    assert numbers(clip.notes["unmet"][0]["says"], "cm") == [pytest.approx(100 * nearest, abs=0.8)]
    assert clip.notes["unmet"][0]["says"].endswith("cm from the left side of the shoulders, which it should touch")


def test_places_behind_the_body_are_told():
    assert numbers(said("flathand extfingerd palmr behind shoulders"), "cm")[0] > 30
    assert "from behind the shoulders, where it should be" in said("flathand extfingerd palmr behind shoulders")


@pytest.mark.parametrize("names", [BACKWARDS, TOUCHING_AT_LAST, "flathand extfingeru palmr cheek touch movei"])
def test_mirrored_signs_have_mirrored_remarks(names):
    right = said(names)
    assert right
    assert said(names, left_handed=True) == mirrored_words(right)


def test_hands_that_mirror_each_other_are_told_of_once():
    words = said("symmlr fist extfingeru palmd ear close")
    assert words.count("hand") == 1
    assert words.endswith(", the left one alike")
    assert mirrored_words(mirrored_words(words)) == words != mirrored_words(words)


def test_remarks_name_the_sign():
    signs = [SignText("1", "flathand extfingero palml", gloss="ONE"), SignText("2", BACKWARDS, gloss="BACK")]
    signed = poseloom.sign(signs)
    (note,) = signed.notes
    assert note.startswith("sign 2 (BACK): the right hand points")
    assert signed.as_json()["notes"] == [note]
    assert poseloom.sign(signs[1]).notes[0].startswith("BACK: the right hand points")
    assert poseloom.sign(BACKWARDS).notes[0].startswith("the right hand points")


# -- what is measured --------------------------------------------------------------------------------------------------


def standing(frames=1):
    """A T-pose: hands point to the sides, palms down."""
    return Pose(torch.zeros(frames, len(JOINT_NAMES), 3))


def only(ask, pose=None):
    found = unmet(standing() if pose is None else pose, [(1, Moment(0, 0, ask))])
    return found[0] if found else None


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("off", [0.0, 15.0, 19.5, 20.5, 70.0, 180.0])
def test_directions_are_told_from_twenty_degrees_on(side, off):
    angle, sign = torch.tensor(off).deg2rad(), 1.0 if side == "left" else -1.0
    fingers = torch.stack([sign * angle.cos(), angle.sin(), torch.tensor(0.0)])
    found = only(Turned(side, fingers, None))
    assert (found is not None) == (off > 20)
    if found is not None:
        assert found.hand == side
        assert numbers(found.says, "degrees") == [round(off)]
        assert found.excess == pytest.approx(off / 20, abs=1e-3)
        assert "palm" not in found.says


def test_a_palm_alone_is_told_of():
    found = only(Turned("right", torch.tensor([-1.0, 0.0, 0.0]), torch.tensor([0.0, 0.0, 1.0])))
    assert found.says == "holds its palm down, 90 degrees beside forward"


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize(("touches", "limit"), [(True, 2.0), (False, 20.0)])
def test_places_are_told_from_their_limit_on(side, touches, limit):
    tip = float(SKIN.joints[JOINT_INDEX["left_middle3"], 0]) + 0.028 + 0.008
    sign = 1.0 if side == "left" else -1.0
    end = SKIN.joints[JOINT_INDEX[f"{side}_middle3"]] - SKIN.joints[0]
    for centimetres in (limit - 1, limit + 1):
        point = torch.tensor([sign * (tip + centimetres / 100), float(end[1]), float(end[2])])
        found = only(Placed(side, point, touches, "the chin"))
        assert (found is not None) == (centimetres > limit)
        if found is not None:
            assert numbers(found.says, "cm") == [pytest.approx(centimetres, abs=0.4)]
            assert "the chin" in found.says


def test_hands_that_are_apart_are_told_by_how_much():
    found = only(Meet())
    elbows = [SKIN.joints[JOINT_INDEX[f"{side}_elbow"]] for side in ("left", "right")]
    assert numbers(found.says, "cm") == [pytest.approx(100 * (float((elbows[0] - elbows[1]).norm()) - 0.052), abs=1)]
    near = only(Meet(upper_arm=True))
    assert numbers(near.says, "cm")[0] < numbers(found.says, "cm")[0] - 20


def test_places_go_along_with_the_chest():
    turned = standing()
    turned.rotations[0, JOINT_INDEX["spine3"], 1] = 1.0
    place = Placed("left", SKIN.joints[JOINT_INDEX["left_middle3"]] - SKIN.joints[0], True, "there")
    assert only(place) is None
    assert only(place, turned) is None


def test_the_best_of_the_frames_counts():
    pose = standing(3)
    pose.rotations[1:, JOINT_INDEX["left_wrist"], 1] = torch.tensor([0.6, 0.3])
    ask = Turned("left", torch.tensor([0.0, 0.0, -1.0]), None)
    (found,) = unmet(pose, [(1, Moment(0, 2, ask))])
    assert numbers(found.says, "degrees") == [round(90 - 0.6 * 57.29578)]
    assert unmet(pose, [(1, Moment(0, 50, replace(ask, fingers=torch.tensor([1.0, 0.0, 0.0]))))]) == []


def test_nothing_is_measured_where_nothing_is_asked():
    assert unmet(standing(), []) == []


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ("chin lrat touch", "the right side of the chin"),
        ("behind ear", "behind the ear"),
        ("stomach lrbeside", "to the right of the stomach"),
    ],
)
def test_places_are_named(names, words):
    (place,) = parse(from_names(f"flathand extfingeru palml {names}")).signs[0].parts[0].locations
    assert place_in_words(place) == words


# -- lines -------------------------------------------------------------------------------------------------------------


def test_many_signs_are_summed_up():
    rows = [{"sign": number, "says": f"is off {number}", "excess": float(number)} for number in range(1, 21)]
    lines = remarks_on(rows, [""] * 306)
    assert lines[0] == "20 of 306 signs are not quite as written; the 4 that are farthest off:"
    assert lines[1:] == [f"sign {number}: is off {number}" for number in (17, 18, 19, 20)]
    assert len(remarks_on(rows[:5], [""] * 306)) == 5


def test_a_sign_has_one_row():
    pose, asked = standing(), Turned("left", torch.tensor([0.0, 1.0, 0.0]), torch.tensor([1.0, 0.0, 0.0]))
    found = unmet(pose, [(1, Moment(0, 0, asked)), (1, Moment(0, 0, Meet())), (3, Moment(0, 0, asked))])
    rows = noted(found)
    assert [row["sign"] for row in rows] == [1, 3]
    assert rows[0]["says"].count(";") == 1
    assert [one.hand for one in mirrored_unmet(found)] == ["right", "", "right"]
