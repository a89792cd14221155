import pytest
import torch

from poseloom.checkpoints.registry import load_model
from poseloom.pose.rotations import axis_to_rotmat
from poseloom.pose.sampler import sample
from poseloom.tasks import task
from poseloom.tasks.common.saying import LIMITS, texts_of
from poseloom.tasks.common.wording import Wording
from poseloom.training import fit
from poseloom.training.export import read_model
from tiny_models import tiny_recipe


@pytest.fixture
def model(tiny_models):
    return load_model(tiny_models["captioning"])


def test_it_trains_and_its_export_says_the_same(tmp_path):
    recipe = tiny_recipe("captioning", steps=4, batch_size=16)
    learner = task("captioning").build(recipe)
    result = fit(learner, recipe, tmp_path / "run")
    assert set(result.figures) == {"facts", "facts_each", "unread"}
    poses, wording = (
        sample(8, seed=1).body().without_heading(),
        Wording(top_k=9, temperature=2.0, seed=3, checked=False),
    )
    seen = poses.rotations, learner.facts.numbers(poses)
    said = texts_of(learner.model, learner.words, wording.strategy(LIMITS), *seen)
    assert load_model(result.model).caption(poses, wording) == said
    assert len(set(said)) > 4


@pytest.mark.parametrize("wording", [Wording(), Wording(beams=3), Wording(top_k=5), Wording(top_p=0.8, temperature=2)])
def test_a_text_for_each_pose(model, wording):
    poses = sample(3, seed=1)
    texts = model.caption(poses, wording)
    assert len(texts) == 3 and all(texts)
    assert texts == model.caption(poses, wording)
    assert not any("<" in text for text in texts)  # no special words


def test_drawn_words_depend_on_the_seed(model):
    poses = sample(2, seed=1)
    assert model.caption(poses, Wording(top_k=9, seed=1, checked=False)) != model.caption(
        poses, Wording(top_k=9, seed=2, checked=False)
    )


def test_heading_and_hands_do_not_count(model):
    poses = sample(2, seed=1)
    turned = poses.turned(axis_to_rotmat(torch.tensor(1.5), "Y"))
    assert model.caption(turned) == model.caption(poses.body()) == model.caption(poses.with_hands())
    assert model.caption(poses[:0]) == []


@pytest.mark.parametrize("name", ["captioning", "instruction"])
def test_tables_that_can_be_computed_are_not_among_the_weights(tiny_models, name):
    _, weights = read_model(tiny_models[name])
    assert not [one for one in weights if one.endswith(".pe")]
