import numpy as np
import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.checkpoints.registry import WEIGHTS, load_model
from poseloom.language.description.agreement import fact_agreement
from poseloom.pose import Pose
from poseloom.pose.contact import ContactFigure
from poseloom.pose.joints import JOINT_INDEX
from poseloom.pose.movement import from_matrices, to_matrices
from poseloom.pose.touch import Touch, apart
from poseloom.pose.types import heading
from poseloom.tasks import task
from poseloom.tasks.generation.predict import SAMPLES_FOR_EACH, PoseGenerator
from poseloom.training import fit
from tiny_models import tiny_recipe

TEXT = "the person stands with the left knee bent and both arms raised"
DESCRIPTION = "A person is standing. The left knee is bent. The right elbow is bent."
"""As the library writes them: the model alone draws those."""
LEFT = ("a person with the left arm raised straight up and the right arm hanging down", "left_wrist", "right_wrist")
RIGHT = ("a person with the right arm raised straight up and the left arm hanging down", "right_wrist", "left_wrist")


@pytest.fixture
def model(tiny_models):
    return load_model(tiny_models["generation"])


def test_it_trains_and_its_export_draws_the_same(tmp_path):
    recipe = tiny_recipe("generation", steps=4, batch_size=16)
    learner = task("generation").build(recipe)
    result = fit(learner, recipe, tmp_path / "run")
    assert set(result.figures) == {"best_mpjpe", "mean_mpjpe", "facts", "facts_verified"}
    learner.eval()
    drawn = learner.model.sample_poses(*learner.text_numbers.asked([DESCRIPTION]), 3, torch.Generator().manual_seed(5))[
        0
    ]
    poses = load_model(result.model).generate(DESCRIPTION, 3, seed=5).poses
    torch.testing.assert_close(poses.matrices()[:, 1:22], drawn[:, 1:], atol=1e-4, rtol=0)


@pytest.mark.parametrize("text", [TEXT, DESCRIPTION], ids=["from the lexicon", "by the model"])
def test_the_seed_chooses_the_poses(model, text):
    a, b, c = (model.generate(text, 3, seed=seed).poses for seed in (1, 1, 2))
    assert torch.equal(a.rotations, b.rotations) and not torch.allclose(a.rotations, c.rotations)
    assert not torch.allclose(a.rotations[0], a.rotations[1])


@pytest.mark.parametrize("verify", [False, True])
def test_poses_are_whole_and_have_no_heading(model, verify):
    made = model.generate(TEXT, 3, verify=verify)
    poses = made.poses
    assert made.verified == verify and made.text == TEXT
    assert poses.rotations.shape == (3, 52, 3) and poses.translation is None
    assert heading(poses.rotations[:, 0]).abs().max() < 1e-4
    assert poses.rotations[:, 22:].abs().max() > 0.1  # relaxed hands


def test_checked_poses_agree_better(model):
    plain, checked = (model.generate(DESCRIPTION, 6, verify=verify) for verify in (False, True))
    assert checked.facts.true.mean() > plain.facts.true.mean()
    assert checked.facts.true.mean() <= checked.facts.read[0]


@pytest.mark.parametrize("verify", [False, True])
def test_the_facts_are_those_of_the_poses_that_are_given(model, verify):
    made = model.generate(TEXT, 5, verify=verify)
    told = fact_agreement([TEXT], made.poses)
    assert made.facts.true.tolist() == told.true[0].tolist() and set(made.facts.read) == {told.read[0]}
    assert {fact.partition(":")[0] for fact in made.facts.stated} == {"posture", "left knee", "both arms"}


class Drawn(PoseGenerator):
    """Draws the same poses again and again: arms down, and in every 32nd place arms up."""

    def notes(self, text):
        return ()

    def _sample(self, text, count, generator):
        rotations = torch.zeros(count, 22, 3)
        rotations[:, 16, 2], rotations[:, 17, 2] = -1.3, 1.3
        rotations[20::SAMPLES_FOR_EACH, 16, 2], rotations[20::SAMPLES_FOR_EACH, 17, 2] = 1.3, -1.3
        rotations[:, 0, 0] = torch.arange(count) * 1e-4  # tells them apart
        return Pose(rotations)


def test_the_pose_of_each_group_that_agrees_best_is_given(model):
    plain, checked = (Drawn(model.card).generate("both arms raised", 3, verify=verify) for verify in (False, True))
    assert plain.facts.in_words() == ["0 of 1 facts hold"] * 3
    assert checked.facts.in_words() == ["1 of 1 facts hold"] * 3
    places = (checked.poses.rotations[:, 0, 0] / 1e-4).round().int().tolist()
    assert places == [20, 20 + SAMPLES_FOR_EACH, 20 + 2 * SAMPLES_FOR_EACH]


def test_an_empty_text_asks_for_any_pose_and_that_is_told(model):
    made = model.generate("  ", 2)
    assert made.poses.rotations.isfinite().all()
    assert made.notes == model.notes("") == ("the text is empty: any pose",)
    assert made.facts.in_words() == ["", ""]


def test_what_cannot_be_checked_is_told(model):
    made = model.generate("zebra", 1, verify=True, anyway=True)
    assert not made.verified and made.facts.unread == made.not_understood == ("zebra",)
    assert [note.split(":")[0] for note in made.notes] == ["nothing in the text can be checked by the geometry"]


def test_a_text_of_which_nothing_is_understood_is_refused_with_what_is_like_it(model):
    with pytest.raises(PoseloomError, match=r"nothing is understood of 'zebra'.*cobra.*--anyway"):
        model.generate("zebra")


def test_named_poses_are_drawn_and_what_was_understood_is_told(model):
    made = model.generate("handstand with bent knees playing the kazoo", 3)
    places = ContactFigure.of(made.poses.body().matrices()).positions
    head, foot, hand = (places[:, JOINT_INDEX[name], 1] for name in ("head", "left_knee", "left_wrist"))
    assert bool((foot > head).all() and (head > hand).all())
    assert made.understood == ("handstand", "both knees are bent")
    assert made.not_understood == ("kazoo",)
    assert made.facts.in_words() == ["2 of 3 facts hold, 1 part was not understood"] * 3


def test_places_that_are_named_are_touched(model):
    made = model.generate("left hand on the right knee", 4)
    angles = from_matrices(made.poses.body().matrices())
    figure = ContactFigure.of(to_matrices(angles))
    assert bool((apart(figure, Touch("left_hand", "right_knee")) < 0.1).all())
    assert made.assumed == ("standing",)


@pytest.mark.parametrize("n", [0, -3, 10_001])
def test_no_number_of_poses(model, n):
    with pytest.raises(PoseloomError, match="expected 1 to 10,000"):
        model.generate(TEXT, n)


@pytest.mark.skipif(not (WEIGHTS / "generation.safetensors").exists(), reason="the shipped model is not here")
@pytest.mark.parametrize(("text", "above", "below"), [LEFT, RIGHT])
def test_the_shipped_model_knows_left_from_right(text, above, below):
    from poseloom.body import default_body

    joints = default_body().joints(load_model("generation").generate(text, 24).poses)
    heights = joints[:, [JOINT_INDEX[above], JOINT_INDEX[below]], 1].numpy()
    assert np.mean(heights[:, 0] > heights[:, 1]) > 0.9


def test_facts_are_found_when_they_are_asked_for_and_of_the_poses_as_they_were_made(model):
    made, again = (model.generate(TEXT, 3, seed=7) for _ in range(2))
    assert not made.facts.are_found and model.generate("arms raised", 1, verify=True).facts.are_found
    made.poses.rotations.zero_()
    assert made.facts.rows() == again.facts.rows() and made.facts.are_found


def sides_of(poses):
    """The side of the higher wrist of each pose."""
    heights = ContactFigure.of(poses.body().matrices()).positions[..., 1]
    left = heights[:, JOINT_INDEX["left_wrist"]] > heights[:, JOINT_INDEX["right_wrist"]]
    return ["left" if one else "right" for one in left]


def test_where_no_side_is_told_every_second_picture_is_of_the_other(model):
    assert sides_of(model.generate("one arm raised", 4).poses) == ["right", "left", "right", "left"]


@pytest.mark.parametrize("text", ["left arm raised", "saluting", "waving with the left hand"])
def test_pictures_of_a_side_that_is_told_or_usual_are_not_mirrored(model, text):
    assert len(set(sides_of(model.generate(text, 4).poses))) == 1


def test_short_words_begin_with_quiet_standing(model):
    places = ContactFigure.of(model.generate("looking to the left", 8).poses.body().matrices()).positions
    wrists, hips = (
        places[:, [JOINT_INDEX[f"{side}_{part}"] for side in ("left", "right")], 1] for part in ("wrist", "hip")
    )
    assert bool((wrists < hips + 0.3).all())
    ankles = places[:, [JOINT_INDEX["left_ankle"], JOINT_INDEX["right_ankle"]]]
    apart_by = (ankles[:, 0] - ankles[:, 1])[:, [0, 2]].norm(dim=-1)
    assert bool((apart_by < 0.7).all()) and float(apart_by.std()) > 0.01
