import warnings

import numpy as np
import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.checkpoints.registry import WEIGHTS, load_model
from poseloom.language.description.agreement import fact_agreement
from poseloom.nn.text.reading import TextWarning
from poseloom.pose.joints import JOINT_INDEX
from poseloom.pose.types import heading
from poseloom.tasks import task
from poseloom.training import fit
from tiny_models import tiny_recipe

TEXT = "the person stands with the left knee bent and both arms raised"
LEFT = ("a person with the left arm raised straight up and the right arm hanging down", "left_wrist", "right_wrist")
RIGHT = ("a person with the right arm raised straight up and the left arm hanging down", "right_wrist", "left_wrist")


@pytest.fixture
def model(tiny_models):
    return load_model(tiny_models["generation"])


def test_it_trains_and_its_export_draws_the_same(tmp_path):
    recipe = tiny_recipe("generation", steps=4, batch_size=16)
    learner = task("generation").build(recipe)
    result = fit(learner, recipe, tmp_path / "run")
    assert set(result.figures) == {"best_mpje", "mean_mpje", "facts", "facts_verified"}
    learner.eval()
    drawn = learner.model.draw(*learner.text_numbers.asked([TEXT]), 3, torch.Generator().manual_seed(5))[0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TextWarning)
        poses = load_model(result.model).generate(TEXT, 3, seed=5)
    torch.testing.assert_close(poses.matrices()[:, 1:22], drawn[:, 1:], atol=1e-4, rtol=0)


@pytest.mark.filterwarnings("ignore::poseloom.nn.text.reading.TextWarning")
def test_the_seed_chooses_the_poses(model):
    a, b, c = (model.generate(TEXT, 3, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(a.rotations, b.rotations) and not torch.allclose(a.rotations, c.rotations)
    assert not torch.allclose(a.rotations[0], a.rotations[1])


@pytest.mark.filterwarnings("ignore::poseloom.nn.text.reading.TextWarning")
@pytest.mark.parametrize("verify", [False, True])
def test_poses_are_whole_and_have_no_heading(model, verify):
    poses = model.generate(TEXT, 3, verify=verify)
    assert poses.rotations.shape == (3, 52, 3) and poses.translation is None
    assert heading(poses.rotations[:, 0]).abs().max() < 1e-4
    assert poses.rotations[:, 22:].abs().max() > 0.1  # relaxed hands


@pytest.mark.filterwarnings("ignore::poseloom.nn.text.reading.TextWarning")
def test_checked_poses_agree_better(model):
    plain, checked = (fact_agreement([TEXT], model.generate(TEXT, 6, verify=verify)) for verify in (False, True))
    assert checked.true.mean() > plain.true.mean()
    assert checked.true.mean() <= checked.read[0]


def test_an_empty_text_asks_for_any_pose_and_that_is_told(model):
    with pytest.warns(TextWarning, match="any pose"):
        assert model.generate("  ", 2).rotations.isfinite().all()
    assert model.notes("") == ("the text is empty: any pose",)


def test_what_cannot_be_checked_is_told(model):
    with pytest.warns(TextWarning) as caught:
        model.generate("zebra", 1, verify=True)
    assert [str(one.message).split(":")[0] for one in caught] == [
        "not known",
        "nothing in the text can be checked by the geometry",
    ]


@pytest.mark.parametrize("n", [0, -3, 10_001])
def test_no_number_of_poses(model, n):
    with pytest.raises(PoseloomError, match="expected 1 to 10,000"):
        model.generate(TEXT, n)


@pytest.mark.skipif(not (WEIGHTS / "generation.safetensors").exists(), reason="the shipped model is not here")
@pytest.mark.parametrize(("text", "above", "below"), [LEFT, RIGHT])
def test_the_shipped_model_knows_left_from_right(text, above, below):
    from poseloom.body import default_body

    joints = default_body().joints(load_model("generation").generate(text, 24))
    heights = joints[:, [JOINT_INDEX[above], JOINT_INDEX[below]], 1].numpy()
    assert np.mean(heights[:, 0] > heights[:, 1]) > 0.9
