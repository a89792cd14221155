import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.checkpoints.registry import load_model
from poseloom.pose.rotations import axis_to_rotmat
from poseloom.pose.sampler import sample
from poseloom.tasks import task
from poseloom.training import fit
from tiny_models import tiny_recipe


@pytest.fixture
def model(tiny_models):
    return load_model(tiny_models["retrieval"])


def test_it_trains_and_its_export_is_the_same_model(tmp_path):
    recipe = tiny_recipe("retrieval", steps=4, batch_size=32)
    learner = task("retrieval").build(recipe)
    result = fit(learner, recipe, tmp_path / "run")
    assert 0 <= result.figures["mrecall"] <= 100
    model, poses = load_model(result.model), sample(6, seed=1).body().without_heading()
    learner.eval()
    torch.testing.assert_close(
        model.embed_poses(poses).vectors, learner.model.embed_poses(poses.rotations), atol=1e-5, rtol=0
    )


def test_vectors_are_unit_vectors_that_know_no_heading_and_no_hands(model):
    poses = sample(6, seed=1)
    vectors = model.embed_poses(poses).vectors
    assert vectors.shape == (6, model.dimensions) and model(poses).dtype == "float32"
    torch.testing.assert_close(vectors.norm(dim=1), torch.ones(6))
    turned = poses.turned(axis_to_rotmat(torch.tensor(1.0), "Y"))
    torch.testing.assert_close(model.embed_poses(turned).vectors, vectors, atol=1e-4, rtol=0)
    torch.testing.assert_close(model.embed_poses(poses.body()).vectors, vectors, atol=1e-5, rtol=0)
    assert model.embed_poses(poses.reshape(2, 3)).vectors.shape == vectors.shape


def test_texts_do_not_disturb_each_other(model):
    texts = ["the left arm is up", "the person stands with both knees bent and the head bowed", "sitting"]
    together = model.embed_texts(texts).vectors
    torch.testing.assert_close(
        together, torch.cat([model.embed_texts([text]).vectors for text in texts]), atol=1e-5, rtol=0
    )
    assert model.embed_texts([]).vectors.shape == (0, model.dimensions)


def test_ranking(model):
    poses = sample(9, seed=2)
    found = model.rank("the left arm is up", poses, k=4)
    scores = (
        model.embed_poses(poses).vectors @ model.embed_texts([model.meant("the left arm is up")]).vectors[0]
    ).tolist()
    assert [one.row for one in found] == sorted(range(9), key=lambda row: -scores[row])[:4]
    assert len(model.rank("sitting", poses, k=100)) == 9
    with pytest.raises(PoseloomError, match="k is 0"):
        model.rank("sitting", poses, k=0)


def test_what_is_not_understood_stands_in_the_notes(model):
    assert model.rank("the left flipper is up", sample(2, seed=1)).notes == ("not known: flipper",)
    assert model.embed_texts(["the arm is up", "the flipper is up"]).notes == ("not known: flipper",)


def test_its_name_tells_its_weights(model):
    assert model.name == f"retrieval-{model.card.sha256[:12]}"
