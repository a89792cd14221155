"""PoseVAE learns from the poses of a table."""

import pytest
import torch
from torch.distributions import Laplace, Normal, kl_divergence

import poseloom
from poseloom.base.errors import PoseloomError
from poseloom.data import Table, prepare
from poseloom.data.sources.procedural import Procedural
from poseloom.pose.rotations import rotvec_to_rotmat
from poseloom.tasks.common.frames import from_published
from poseloom.tasks.common.recipes import open_recipe
from poseloom.training import Share, evaluate, fit


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    folder = tmp_path_factory.mktemp("poses") / "table"
    prepare(Procedural(120), folder)
    return folder


def tiny(table, *more):
    quiet = [("engine.loggers", "[]"), ("engine.accelerator", "cpu")]
    return open_recipe("generation/posevae-tiny", [("data.table", str(table)), *quiet, *more])


def test_a_run_is_measured_and_its_model_draws_poses(table, tmp_path):
    chosen, recipe = tiny(table)
    result = fit(chosen.build(recipe), recipe, tmp_path / "run")
    figures = evaluate(chosen.build(recipe), "test", weights=result.model)
    assert {"elbo_jts", "elbo_vert", "elbo_rot", "mpjpe_top1", "geodesic_best2"} <= set(figures)
    assert figures["mpjpe_top1"] <= figures["mpjpe_best2"] <= figures["mpjpe"]
    model = poseloom.load_model(result.model)
    assert len(model._sample("", 3, torch.Generator())) == 3
    with pytest.raises(PoseloomError, match="without words"):
        model.notes("raise the left arm")


def test_it_learns_from_the_split_train_and_validates_on_val(table):
    chosen, recipe = tiny(table, ("stages.train.batch_size", "16"))
    learner = chosen.build(recipe)
    batches = learner.batches(Share(recipe.stages[0], 0, 1))
    seen = torch.cat([batches[(0, number)].poses for number in range(len(batches))])
    poses = Table(table).poses().body().without_heading().matrices()
    nearest = torch.cdist(from_published(seen).body().matrices().flatten(1), poses.flatten(1)).argmin(1)
    assert len(batches) == len(Table(table).rows_of("train")) // 16
    assert set(nearest.tolist()) <= set(Table(table).rows_of("train").tolist()) and len(set(nearest.tolist())) == len(
        seen
    )
    held_out = sum(len(poses) for poses in learner._held_out(recipe.data, "val"))
    assert held_out == len(Table(table).rows_of("val"))


@pytest.mark.parametrize("floor", [10.0, 0.0])
def test_its_loss_is_the_published_one(table, floor):
    chosen, recipe = tiny(table, ("loss.floor", str(floor)))
    learner = chosen.build(recipe).eval()
    batch = learner.batches(Share(recipe.stages[0], 0, 1))[(0, 0)]
    torch.manual_seed(2)
    found = learner.losses(batch)
    torch.manual_seed(2)
    q = learner.model.encode_poses(batch.poses)
    decoded = learner.model.decode(q.rsample())
    apart = kl_divergence(q, Normal(torch.zeros_like(q.mean), torch.ones_like(q.mean))).sum(-1)
    true, worn = learner.wearer(batch.poses), learner.wearer(decoded.axis_angle)
    views = (
        Laplace(worn.vertices, 1.0).log_prob(true.vertices),
        Laplace(worn.joints, 1.0).log_prob(true.joints),
        Normal(decoded.matrices, 1.0).log_prob(rotvec_to_rotmat(batch.poses)),
    )
    floored = apart.clamp(min=floor)
    expected = sum((floored - one.flatten(1).sum(1)) / one[0].numel() for one in views).mean()
    torch.testing.assert_close(found["total"], expected, rtol=1e-4, atol=1e-5)


def test_a_table_must_be_named():
    chosen, recipe = open_recipe("generation/posevae", [("engine.loggers", "[]")])
    assert (recipe.model.latent, recipe.model.joints, recipe.loss.floor) == (32, 22, 10)
    stage = recipe.stages[0]
    assert (stage.epochs, stage.batch_size, stage.optimizer.lr, stage.optimizer.weight_decay) == (2000, 128, 1e-5, 1e-4)
    with pytest.raises(PoseloomError, match=r"data\.table is empty"):
        chosen.build(recipe).batches(Share(stage, 0, 1))
