"""What one training step of each published recipe does."""

import math
import sys
from pathlib import Path

import pytest
import torch
from torch.distributions import Laplace, Normal, kl_divergence
from torch.nn import functional

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from published_tables import posefix_table, posescript_table, tiny

from poseloom.pose.rotations import rotvec_to_rotmat
from poseloom.tasks.common.published_data import Chance
from poseloom.tasks.common.published_text import encode_texts
from poseloom.tasks.editing.published_evaluate import pose_b_distribution
from poseloom.tasks.retrieval.published_replaced import Replaced
from poseloom.training import Share, export_model

PAIRS = ("pair_retrieval", "editing", "instruction")
ALL = ("retrieval", "generation", "captioning", *PAIRS)


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = tmp_path_factory.mktemp("releases")
    poses, pairs = posescript_table(folder), posefix_table(folder)
    return {task: pairs if task in PAIRS else poses for task in ALL}


@pytest.fixture
def learned(tables):
    """learned(task) -> learner and a batch of its second stage."""

    def make(task, *more):
        chosen, recipe = tiny(task, tables[task], ("stages.finetune.batch_size", "12"), *more)
        learner = chosen.build(recipe)
        return learner, learner.batches(Share(recipe.stages[1], 1, 7))[(0, 0)]

    return make


@pytest.mark.parametrize("task", ALL)
def test_the_loss_falls_on_fixed_examples_and_rises_against_the_gradient(learned, task):
    ends = []
    for sign in (1.0, -1.0):
        learner, batch = learned(task)
        learner.eval()  # no dropout: the loss is that of the weights alone
        optimizer = torch.optim.Adam(learner.parameters(), lr=1e-3)
        torch.manual_seed(0)
        before = learner.losses(batch)["total"].item()
        for step in range(20):
            torch.manual_seed(step)
            optimizer.zero_grad()
            (sign * learner.losses(batch)["total"]).backward()
            optimizer.step()
        torch.manual_seed(0)
        ends.append(learner.losses(batch)["total"].item() - before)
    assert ends[0] < -1e-2 and ends[1] > 1e-3


@pytest.mark.parametrize("task", ["retrieval", "pair_retrieval"])
@pytest.mark.parametrize("loss", ["symbbc", "bbc"])
def test_the_contrastive_loss_is_the_published_one(learned, task, loss):
    learner, batch = learned(task, ("loss", loss))
    learner.eval()
    texts, targets = encode_texts(learner.model, batch.texts), learner.targets(batch)
    torch.testing.assert_close(texts.norm(dim=1), torch.ones(12))
    scores, own = 10 * texts @ targets.T, torch.arange(12)
    forth, back = functional.cross_entropy(scores, own), functional.cross_entropy(scores.T, own)
    expected = (forth + back) / 2 if loss == "symbbc" else forth
    torch.testing.assert_close(learner.losses(batch)["total"], expected)


def views(learner, poses, decoded):
    """Sums of the log-likelihoods of each item by torch's distributions, and numbers of coefficients."""
    true, worn = learner.wearer(poses), learner.wearer(decoded.axis_angle)
    found = {
        "vertices": Laplace(worn.vertices, 1.0).log_prob(true.vertices),
        "joints": Laplace(worn.joints, 1.0).log_prob(true.joints),
        "rotations": Normal(decoded.matrices, 1.0).log_prob(rotvec_to_rotmat(poses)),
    }
    return {name: (value.flatten(1).sum(1), value[0].numel()) for name, value in found.items()}


@pytest.mark.parametrize("priors", [(0.01, 0.01), (2.0, 3.0)])
def test_the_loss_of_generation_is_the_published_one(learned, priors):
    names = ("loss.pose_prior", "loss.text_prior")
    learner, batch = learned("generation", *zip(names, map(str, priors), strict=True))
    learner.eval()
    torch.manual_seed(3)
    found = learner.losses(batch)
    torch.manual_seed(3)
    q, t = learner.model.encode_poses(batch.poses), encode_texts(learner.model, batch.texts)
    likely = views(learner, batch.poses, learner.model.decode(q.rsample()))
    means = {name: (sums / count).mean().item() for name, (sums, count) in likely.items()}
    standard = Normal(torch.zeros_like(q.mean), torch.ones_like(q.mean))
    to_text, q_prior, t_prior = (
        kl_divergence(a, b).sum(-1).mean().item() for a, b in ((q, t), (q, standard), (t, standard))
    )
    expected = -4 * means["vertices"] - 2 * means["joints"] - 2 * means["rotations"]
    expected += 0.1 * to_text + 0.1 * priors[0] * q_prior + 0.1 * priors[1] * t_prior
    assert found["total"].item() == pytest.approx(expected, rel=1e-4)
    assert found["kl_text"].item() == pytest.approx(to_text, rel=1e-4)


@pytest.mark.parametrize("floor", ["10.0", "0.0"])
def test_the_loss_of_editing_is_the_published_one_with_its_floor(learned, floor):
    learner, batch = learned("editing", ("loss.floor", floor))
    learner.eval()
    torch.manual_seed(3)
    found = learner.losses(batch)
    torch.manual_seed(3)
    q, t = learner.model.posterior(learner.model.embed_poses(batch.after)), pose_b_distribution(learner.model, batch)
    likely = views(learner, batch.after, learner.model.decode(q.rsample()))
    apart = kl_divergence(q, t).sum(-1)
    floored = torch.maximum(apart, torch.tensor(float(floor)))
    expected = sum((-sums + floored) / count for sums, count in likely.values()).mean()
    torch.testing.assert_close(found["total"], expected, rtol=1e-4, atol=1e-5)
    assert (apart < 10).any()  # so that the floor is felt
    bounds = {name: ((sums - apart) / count).mean() for name, (sums, count) in likely.items()}
    torch.testing.assert_close(found["elbo_jts"], bounds["joints"], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(found["elbo_vert"], bounds["vertices"], rtol=1e-4, atol=1e-5)


def test_validation_of_editing_has_no_floor(learned):
    learner, batch = learned("editing")
    learner.eval()
    torch.manual_seed(3)
    with_floor = float(learner.losses(batch)["total"])
    torch.manual_seed(3)
    assert learner.validated(iter([batch]))["total"] < with_floor - 0.02


@pytest.mark.parametrize("task", ["captioning", "instruction"])
def test_the_loss_of_texts_is_the_cross_entropy_of_the_next_words(learned, task):
    learner, batch = learned(task)
    learner.eval()
    logits, tokens = learner.model(*learner.seen(batch), batch.texts.tokens, batch.texts.lengths), batch.texts.tokens
    chances = logits.log_softmax(-1)
    gained = [
        chances[row, place, tokens[row, place + 1]]
        for row, length in enumerate(batch.texts.lengths.tolist())
        for place in range(length - 1)
    ]
    assert float(learner.losses(batch)["total"]) == pytest.approx(-float(torch.stack(gained).mean()), rel=1e-4)
    found = learner.validated(iter([batch]))
    assert found["mismatched"] != pytest.approx(found["total"], abs=1e-4)


@pytest.mark.parametrize("task, modules", [("generation", 2), ("editing", 3)])
def test_pose_modules_learn_slower_in_the_second_stage_alone(learned, task, modules):
    learner, _ = learned(task)
    first, second = (learner.parameter_groups(stage) for stage in learner.recipe.stages)
    assert [one.lr_factor for one in first] == [1.0, 1.0] and [one.lr_factor for one in second] == [1.0, 0.1]
    slow = {id(one) for one in second[1].parameters}
    named = {name.split(".")[1] for name, one in learner.named_parameters() if id(one) in slow}
    assert len(named) == modules and all(name.startswith("pose_") for name in named)
    assert sum(len(one.parameters) for one in second) == len(list(learner.parameters()))
    assert math.isclose(second[1].lr_factor, 0.1)


def read_by(learner, monkeypatch):
    """What a learner asks of its table from now on: texts, split, choice of texts."""
    asked, view = [], learner.items.view

    def recorded(data, split, **choice):
        asked.append((tuple(data.texts), split, choice))
        return view(data, split, **choice)

    monkeypatch.setattr(learner.items, "view", recorded)
    return asked


@pytest.mark.parametrize("task", ["retrieval", "editing"])
def test_validation_reads_val_with_the_texts_of_its_stage_in_turn(learned, monkeypatch, task):
    learner, _ = learned(task)
    learner.eval()
    asked = read_by(learner, monkeypatch)
    for stage, texts in ((0, ("automatic",)), (1, tuple(learner.recipe.stages[1].data["texts"]))):
        learner.position.stage = stage
        learner.validate()
        assert asked.pop() == (texts, "val", {"in_turn": True}) and not asked


def test_evaluation_reads_its_split_with_the_first_texts_of_the_last_stage(learned, monkeypatch):
    learner, _ = learned("retrieval")
    asked = read_by(learner.eval(), monkeypatch)
    learner.evaluate("test")
    assert asked == [(("human",), "test", {"which": 0})]


def test_texts_by_rule_are_evaluated_three_times_and_averaged(learned, monkeypatch):
    learner, _ = learned("retrieval", ("stages.finetune.data.texts", '["automatic"]'))
    asked = read_by(learner.eval(), monkeypatch)
    monkeypatch.setattr(learner, "evaluated", lambda batches: {"rule": float(batches[0].words[0][-2])})
    assert learner.evaluate("val") == {"rule": 1.0}
    assert [choice for _, _, choice in asked] == [{"which": 0}, {"which": 1}, {"which": 2}]


def test_training_reads_train(learned, monkeypatch):
    learner, _ = learned("retrieval")
    asked = read_by(learner, monkeypatch)
    learner.batches(Share(learner.recipe.stages[0], 0, 7))
    assert asked == [(("automatic",), "train", {"seed": 7})]


def test_the_validated_loss_has_the_learned_temperature(learned):
    learner, batch = learned("retrieval")
    learner.eval()
    with torch.no_grad():
        learner.model.loss_weight.fill_(3.0)
        texts, targets = encode_texts(learner.model, batch.texts), learner.targets(batch)
        found = learner.validated(iter([batch]))
    expected = functional.cross_entropy(3 * texts @ targets.T, torch.arange(12))
    assert found["total"] == pytest.approx(float(expected), rel=1e-4)


def test_drawn_poses_take_the_place_of_those_of_the_table(learned, tables, tmp_path):
    generator, _ = learned("generation")
    export_model(generator, generator.recipe, tmp_path / "g.safetensors", {})
    learner, _ = learned("retrieval")
    items = Replaced(learner.items, str(tmp_path / "g.safetensors"), 2)
    sample = learner.items.view(learner.recipe.data, "train").__getitems__([0, 0, 0, 0])
    batch = items.training_batch(list(zip(sample, [5, 6, 7, 8], strict=True)), Chance())
    assert batch.poses.shape == (4, 52, 3)
    real = learner.items.training_batch(list(zip(sample, [5, 6, 7, 8], strict=True)), Chance())
    assert (batch.poses - real.poses).abs().amax((1, 2)).min() > 0.05
    assert 1 <= len(batch.poses.round(decimals=4).flatten(1).unique(dim=0)) <= 2


def test_an_instruction_leads_from_a_to_b(learned):
    learner, batch = learned("instruction")
    before, after = learner.seen(batch)
    assert before is batch.before and after is batch.after and not torch.equal(before, after)
