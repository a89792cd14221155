import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.checkpoints.registry import load_model
from poseloom.pose.rotations import about_axis
from poseloom.pose.sampler import sample
from poseloom.tasks import task
from poseloom.training import fit
from tiny_models import tiny_recipe


@pytest.fixture
def model(tiny_models):
    return load_model(tiny_models["pair_retrieval"])


def test_it_trains(tmp_path):
    recipe = tiny_recipe("pair_retrieval", steps=4, batch_size=32)
    result = fit(task("pair_retrieval").build(recipe), recipe, tmp_path / "run")
    assert 0 <= result.figures["mrecall"] <= 100
    assert load_model(result.model).card.figures == result.figures


def test_the_turn_between_the_poses_counts_and_a_turn_of_both_does_not(model):
    a, b = sample(4, seed=1).body(), sample(4, seed=2).body()
    turn = about_axis(torch.tensor(1.2), "Y")
    vectors = model.embed_pairs(a, b).vectors
    assert vectors.shape == (4, model.dimensions)
    torch.testing.assert_close(model.embed_pairs(a.turned(turn), b.turned(turn)).vectors, vectors, atol=1e-4, rtol=0)
    assert (model.embed_pairs(a, b.turned(turn)).vectors - vectors).abs().max() > 1e-3


def test_ranking(model):
    a, b = sample(7, seed=1).body(), sample(7, seed=2).body()
    found = model.rank("raise the left arm", a, b, k=3)
    assert len({one.row for one in found}) == 3 and found[0].score >= found[1].score >= found[2].score
    with pytest.raises(PoseloomError, match="as many second poses"):
        model.embed_pairs(a, b[:3])
