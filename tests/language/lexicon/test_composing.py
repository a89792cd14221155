"""One body pose of what was understood: who carries it, who lends, what is kept."""

import pytest
import torch

from poseloom.language.lexicon.bodies import body_pose, columns_of
from poseloom.language.lexicon.canonical import canonical
from poseloom.language.lexicon.composing import compose
from poseloom.language.lexicon.understanding import understand
from poseloom.pose.contact import ContactFigure, floor_points
from poseloom.pose.joints import JOINT_INDEX
from poseloom.pose.movement import MOVEMENT_INDEX, MOVEMENTS, to_matrices
from poseloom.pose.stances import mirror_angles
from poseloom.pose.touch import apart, meet


def of(text, **more):
    return compose(understand(text), **more)


def degrees(composed, movement):
    return float(torch.rad2deg(composed.angles[MOVEMENT_INDEX[movement]]))


@pytest.mark.parametrize(
    ("text", "base"),
    [
        ("sitting on the floor cross-legged", "sitting cross-legged"),
        ("t-pose but sitting", "sitting"),
        ("t-pose", "t-pose"),
        ("arms crossed", ""),
        ("standing, arms crossed", "standing"),
        ("scared, backing away", "backing away"),
        ("sad, walking", "walking"),
        ("exhausted after a run, sitting on the floor", "sitting on the floor"),
    ],
)
def test_the_most_exact_name_carries_the_body(text, base):
    assert of(text).base == base


def test_other_names_lend_their_limbs():
    sitting, crossed, both = (
        of(text) for text in ("sitting on a chair", "arms crossed", "sitting on a chair, arms crossed")
    )
    arm, leg = list(columns_of("left_arm")), list(columns_of("left_leg"))
    assert torch.equal(both.angles[arm], crossed.angles[arm])
    assert torch.equal(both.angles[leg], sitting.angles[leg])


def test_an_entry_of_the_other_side_is_its_mirror():
    left, right = body_pose("warrior two"), body_pose("warrior two", mirrored=True)
    torch.testing.assert_close(mirror_angles(left.angles), right.angles)
    assert left.support.contacts.sum() == right.support.contacts.sum()
    assert body_pose("waving", mirrored=True).limbs == {"left_arm"}


def test_degrees_are_taken_as_they_are_said():
    assert degrees(of("left knee bent 45 degrees"), "left_knee_flexion") == pytest.approx(45)
    assert degrees(of("right elbow at 120 degrees"), "right_elbow_flexion") == pytest.approx(120)


def test_a_change_leaves_the_rest_as_it_was():
    before = torch.linspace(-0.3, 0.3, len(MOVEMENTS))
    after = of("left arm up", angles=before).angles
    changed = {
        name.split("_")[0] + "_" + name.split("_")[1]
        for name, one in MOVEMENT_INDEX.items()
        if after[one] != before[one]
    }
    assert changed <= {"left_shoulder", "left_elbow", "left_collar"}


def test_a_bit_goes_a_part_of_the_way():
    before = torch.zeros(len(MOVEMENTS))
    little, all_of_it = (
        degrees(of(text, angles=before), "left_knee_flexion") for text in ("left leg bent a bit", "left leg bent")
    )
    assert 0 < little < all_of_it


def test_the_foot_of_a_raised_leg_leaves_the_floor():
    standing, lifted = of("standing"), of("standing, left leg raised")
    assert lifted.support.contacts.sum() < standing.support.contacts.sum()


def test_one_and_the_other_are_two_sides():
    made = of("one arm up, the other arm down")
    assert degrees(made, "right_shoulder_elevation") > 60 > 0 > degrees(made, "left_shoulder_elevation")
    assert "one arm: the right one" in made.assumed


def test_hands_are_asked_to_places():
    (touch,) = of("left hand on the right knee").touches
    assert (touch.first, touch.second) == ("left_hand", "right_knee")


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("left knee bent", "A person is standing. The left knee is bent."),
        ("left hand on right knee", "A person is standing. The left hand is on the right knee."),
        ("handstand", "The person is in a handstand."),
    ],
)
def test_canonical_sentences_are_understood_as_the_text(text, sentences):
    assert canonical(understand(text)) == sentences
    assert not understand(sentences).unread


def test_a_bit_higher_is_seen_of_what_is_high_already():
    high = of("both arms up").angles
    after = of("raise the left arm a bit higher", angles=high)
    moved = torch.rad2deg(after.angles - high)
    assert 10 < float(moved[MOVEMENT_INDEX["left_shoulder_elevation"]]) < 20
    assert float(moved[MOVEMENT_INDEX["right_shoulder_elevation"]]) == 0


def test_knees_together_over_feet_apart_turn_the_hips_in():
    marked, named = of("knees together, feet apart"), of("knees together feet apart")
    legs = [*columns_of("left_leg"), *columns_of("right_leg")]
    assert torch.equal(marked.angles[legs], named.angles[legs])
    assert degrees(marked, "left_hip_rotation") < -20


def test_praying_palms_face_each_other_and_fingers_point_up():
    figure = ContactFigure.of(to_matrices(of("praying").angles[None]))
    left, right = (figure.rotations[0, JOINT_INDEX[f"{side}_wrist"]] for side in ("left", "right"))
    assert float(left[:, 1] @ right[:, 1]) < -0.8
    assert float(left[1, 0]) > 0.7 and float(-right[1, 0]) > 0.7


def carried(composed, point):
    return bool(composed.support.contacts[0, floor_points().row(point)])


@pytest.mark.parametrize("text", ["on all fours", "plank"])
def test_an_arm_that_is_lifted_carries_no_longer_and_the_other_does(text):
    made = of(f"{text}, right arm stretched forward")
    assert carried(of(text), "right_palm") and not carried(made, "right_palm") and carried(made, "left_palm")
    figure = ContactFigure.of(to_matrices(made.angles[None]))
    shoulder, wrist = (figure.positions[0, JOINT_INDEX[f"right_{name}"]] for name in ("shoulder", "wrist"))
    assert float(wrist[2] - shoulder[2]) > 0.3 and abs(float(wrist[1] - shoulder[1])) < 0.3


@pytest.mark.parametrize("text", ["side plank with the top arm raised up", "lying on the back, right arm raised up"])
def test_up_is_up_whichever_way_the_trunk_is(text):
    figure = ContactFigure.of(to_matrices(of(text).angles[None]))
    shoulder, wrist = (figure.positions[0, JOINT_INDEX[f"right_{name}"]] for name in ("shoulder", "wrist"))
    way = (wrist - shoulder) / (wrist - shoulder).norm()
    assert float(way[1]) > 0.9


def test_arms_hang_from_somebody_who_bends_far():
    figure = ContactFigure.of(to_matrices(of("torso bent down").angles[None]))
    for side in ("left", "right"):
        shoulder, wrist = (figure.positions[0, JOINT_INDEX[f"{side}_{name}"]] for name in ("shoulder", "wrist"))
        assert float((shoulder - wrist)[1] / (shoulder - wrist).norm()) > 0.9


@pytest.mark.parametrize(
    ("text", "high"),
    [
        ("one hand on the hip, waving with the other", "left"),
        ("right hand on the hip, pointing up", "left"),
        ("left hand on the hip, pointing up", "right"),
        ("left arm raised, waving", "left"),
    ],
)
def test_a_gesture_is_made_with_the_arm_that_is_free(text, high):
    figure = ContactFigure.of(to_matrices(of(text).angles[None]))
    heights = {side: float(figure.positions[0, JOINT_INDEX[f"{side}_wrist"], 1]) for side in ("left", "right")}
    assert max(heights, key=heights.get) == high


@pytest.mark.parametrize(
    ("text", "base"),
    [
        ("archer kneeling", "kneeling"),
        ("boxing guard, sitting", "sitting"),
        ("warrior two, sitting", "warrior two"),
        ("playing basketball, shooting a jump shot", "basketball jump shot"),
    ],
)
def test_a_posture_that_is_said_carries_who_stands_as_a_rule(text, base):
    assert of(text).base == base


def test_who_sits_and_leans_still_sits():
    upright, leaning = of("sitting on the floor"), of("sitting on the floor, leaning back")
    thighs = [
        degrees(made, "left_hip_flexion") - degrees(made, "root_flexion") for made in (upright, leaning)
    ]  # from the vertical
    assert thighs[0] == pytest.approx(thighs[1], abs=1)
    assert degrees(leaning, "trunk_flexion") < -20


def test_where_the_head_goes_is_not_undone_by_a_gesture():
    assert degrees(of("looking up, thinking"), "head_flexion") < -20
    both = of("look up to the left")
    assert degrees(both, "head_flexion") < -20 and degrees(both, "head_turn") > 30


def test_who_sits_bends_to_reach_a_foot():
    made = of("sitting on the floor, reaching for the left foot")
    figure = ContactFigure.of(to_matrices(meet(made.angles[None].clone(), made.touches, 30)))
    assert float(apart(figure, made.touches[-1])) < 0.12


def test_one_and_the_other_arm_do_what_is_said_of_each():
    made = of("one arm reaching forward, the other reaching back")
    assert degrees(made, "right_shoulder_swing") > 60 > 0 > degrees(made, "left_shoulder_swing")


@pytest.mark.parametrize("text", ["squat with arms in front", "leaning forward, both arms stretched forward"])
def test_arms_forward_are_level_where_the_trunk_leans(text):
    figure = ContactFigure.of(to_matrices(of(text).angles[None]))
    for side in ("left", "right"):
        shoulder, wrist = (figure.positions[0, JOINT_INDEX[f"{side}_{name}"]] for name in ("shoulder", "wrist"))
        arm = wrist - shoulder
        assert abs(float(arm[1])) < 0.12 and float(arm[2]) > 0.4


@pytest.mark.parametrize(
    ("text", "hand", "foot"),
    [("hands touching toes", "left", "left"), ("right hand on the left foot", "right", "left")],
)
def test_hands_reach_the_feet_of_somebody_who_stands(text, hand, foot):
    composed = of(text)
    figure = ContactFigure.of(to_matrices(meet(composed.angles[None], composed.touches, 30, trunk=True)))
    wrist, ankle = (figure.positions[0, JOINT_INDEX[name]] for name in (f"{hand}_wrist", f"{foot}_ankle"))
    assert float(wrist[1] - ankle[1]) < 0.2


def test_a_foot_that_is_lifted_is_not_bent_down_to():
    assert degrees(of("left leg raised, right hand on the left foot"), "trunk_flexion") < 60


def test_the_named_poses_that_settling_bent_are_as_they_are_written():
    knees = [torch.rad2deg(body_pose(name).angles[MOVEMENT_INDEX["right_knee_flexion"]]) for name in _STRIDES]
    assert float(knees[0]) < 35 and float(knees[1]) < 5
    cobra = ContactFigure.of(to_matrices(body_pose("cobra").angles[None]))
    assert float(cobra.positions[0, JOINT_INDEX["pelvis"], 1] - cobra.lower_edges().min()) < 0.2


_STRIDES = ("walking", "warrior two")
