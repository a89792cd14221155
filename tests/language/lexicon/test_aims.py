"""What is aimed: eyes at a hand, palms, forearms, an arm across the body; read from words, and seen in the body."""

import pytest
import torch

from poseloom.language.lexicon.aims import Aim, read_aims
from poseloom.language.lexicon.composing import compose
from poseloom.language.lexicon.understanding import understand
from poseloom.pose.contact import ContactFigure
from poseloom.pose.joints import JOINT_INDEX
from poseloom.pose.movement import MOVEMENTS, to_matrices
from poseloom.pose.ranges import clip_angles


def figure_of(text, **more):
    return ContactFigure.of(to_matrices(compose(understand(text), **more).angles[None]))


def joint(figure, name):
    return figure.positions[0, JOINT_INDEX[name]]


def off_gaze(figure, *targets):
    """Degrees between where the face points and some joints' middle."""
    seen = torch.stack([joint(figure, name) for name in targets]).mean(0) - joint(figure, "head")
    face = figure.rotations[0, JOINT_INDEX["head"], :, 2]
    return float(torch.rad2deg(torch.acos((seen / seen.norm()) @ face)))


@pytest.mark.parametrize(
    ("sentence", "aims", "rest"),
    [
        ("look at your left hand", [Aim("gaze", "", "hand", "left")], ","),
        ("eyes on both hands", [Aim("gaze", "", "hand", "both")], ","),
        ("left arm raised, looking at it", [Aim("gaze", "", "hand", "left")], "left arm raised,  ,"),
        ("look at the raised right hand", [Aim("gaze", "", "hand", "right")], ", right arm raised ,"),
        ("gazing at the palms of both hands", [Aim("gaze", "", "hand", "both")], ","),
        ("both palms facing up", [Aim("palm", "both", "up")], ","),
        ("right elbow bent, palm down", [Aim("palm", "right", "down")], "right elbow bent,  ,"),
        ("forearms vertical", [Aim("forearm", "both", "up")], ","),
        ("arms out, elbows bent, fingers pointing up", [Aim("forearm", "both", "up")], "arms out, elbows bent,  ,"),
        ("left arm pointing to the right", [Aim("arm", "left", "right")], ","),
    ],
)
def test_aims_are_read(sentence, aims, rest):
    left, found = read_aims(sentence)
    assert found == aims and left.strip() == rest


@pytest.mark.parametrize(
    "sentence",
    [
        "look at it",
        "looking at the feet",
        "looking over the left shoulder",
        "head on the left hand",
        "right arm to the right",
        "palms together",
        "hands pointing up",
    ],
)
def test_other_sentences_aim_at_nothing(sentence):
    assert read_aims(sentence) == (sentence, [])


@pytest.mark.parametrize(
    ("text", "wrists"),
    [
        ("look at your left hand", ["left_wrist"]),
        ("look at both hands", ["left_wrist", "right_wrist"]),
        ("right arm raised, look at it", ["right_wrist"]),
        ("left arm stretched out to the side, looking at the left hand", ["left_wrist"]),
        ("sitting cross-legged, looking at the right hand", ["right_wrist"]),
    ],
)
def test_the_face_points_at_a_hand_that_is_looked_at(text, wrists):
    assert off_gaze(figure_of(text), *wrists) < 22


def test_a_hand_that_hangs_is_lifted_where_somebody_is_drawn_and_stays_where_a_pose_is_changed():
    drawn = figure_of("look at your left hand")
    changed = figure_of("look at your left hand", angles=compose(understand("standing")).angles)
    assert float(joint(drawn, "left_wrist")[1] - joint(drawn, "left_hip")[1]) > 0.25
    assert float(joint(changed, "left_wrist")[1] - joint(changed, "left_hip")[1]) < 0.1


@pytest.mark.parametrize(
    ("text", "side", "way"),
    [
        ("right elbow bent 90 degrees, palm up", "right", (0, 1, 0)),
        ("right elbow bent 90 degrees, palm down", "right", (0, -1, 0)),
        ("arms out to the sides, palms facing forward", "left", (0, 0, 1)),
        ("both arms forward, palms facing down", "right", (0, -1, 0)),
        ("left palm facing in", "left", (-1, 0, 0)),
    ],
)
def test_palms_face_where_they_are_told(text, side, way):
    """The palm of the T-pose faces down, along -y of the wrist."""
    palm = -figure_of(text).rotations[0, JOINT_INDEX[f"{side}_wrist"], :, 1]
    assert float(palm @ torch.tensor(way, dtype=palm.dtype)) > 0.75


def test_forearms_point_up_over_arms_that_stay_level():
    figure = figure_of("arms out to the sides, elbows bent, hands pointing up")
    for side in ("left", "right"):
        shoulder, elbow, wrist = (joint(figure, f"{side}_{name}") for name in ("shoulder", "elbow", "wrist"))
        assert float(wrist[1] - elbow[1]) > 0.2
        assert abs(float(elbow[1] - shoulder[1])) < 0.1


def test_an_arm_points_across_the_body():
    figure = figure_of("left arm pointing to the right")
    assert float(joint(figure, "left_wrist")[0]) < float(joint(figure, "right_shoulder")[0])


def test_what_is_aimed_is_told_and_is_no_reason_to_refuse():
    found = understand("look at your left hand")
    assert not found.nothing and found.aims[0].in_words() == "looking at the left hand"
    assert Aim("palm", "both", "up").in_words() == "both palms face up"


def test_heads_that_are_aimed_stay_within_what_necks_do():
    angles = compose(understand("left arm stretched backward, looking at the left hand")).angles
    head = torch.tensor([name.startswith("head") for name in MOVEMENTS])
    torch.testing.assert_close(clip_angles(angles)[head], angles[head])


@pytest.mark.parametrize("text", ["both elbows bent with forearms pointing up", "forearms vertical"])
def test_forearms_point_up_where_nothing_is_said_of_the_upper_arms(text):
    figure = figure_of(text)
    for side in ("left", "right"):
        forearm = joint(figure, f"{side}_wrist") - joint(figure, f"{side}_elbow")
        assert float(forearm[1] / forearm.norm()) > 0.9
