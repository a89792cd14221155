import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.checkpoints.registry import load_model
from poseloom.pose.rotations import axis_to_rotmat
from poseloom.pose.sampler import sample
from poseloom.tasks import task
from poseloom.tasks.common.saying import LIMITS, texts_of
from poseloom.tasks.common.wording import Wording
from poseloom.training import fit
from tiny_models import tiny_recipe


@pytest.fixture
def model(tiny_models):
    return load_model(tiny_models["instruction"])


def test_it_trains_and_its_export_says_the_same(tmp_path):
    recipe = tiny_recipe("instruction", steps=4, batch_size=16)
    learner = task("instruction").build(recipe)
    result = fit(learner, recipe, tmp_path / "run")
    assert set(result.figures) == {"facts", "facts_each", "unread"}
    wording = Wording(top_k=9, temperature=2.0, seed=3, checked=False)
    first, second = (sample(8, seed=seed).body().without_heading() for seed in (1, 2))
    seen = first.rotations, second.rotations, learner.facts.numbers(first, second)
    said = texts_of(learner.model, learner.words, wording.strategy(LIMITS), *seen)
    assert load_model(result.model).instruct(first, second, wording) == said
    assert len(set(said)) > 4


def test_a_text_for_each_pair(model):
    a, b = sample(3, seed=1), sample(3, seed=2)
    texts = model.instruct(a, b, Wording(beams=2))
    assert len(texts) == 3 and all(texts)
    turn = axis_to_rotmat(torch.tensor(1.0), "Y")
    assert model.instruct(a.turned(turn), b.turned(turn), Wording(beams=2)) == texts
    with pytest.raises(PoseloomError, match="as many second poses"):
        model.instruct(a, b[:2])
