"""The published recipes learn: each turn moves its own networks alone, and a run that was stopped goes on exactly."""

from __future__ import annotations

import csv
from dataclasses import replace

import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.checkpoints.registry import load_model
from poseloom.tasks.common.recipes import open_recipe
from poseloom.training import Observer, fit
from poseloom.training.evaluation import evaluate
from poseloom.training.learner import Position

PATN = [("model.base", "4"), ("model.blocks", "2"), ("model.judge_base", "4"), ("loss.perceptual", "0")]
PG2 = [("model.base", "4"), ("model.levels", "3"), ("model.code", "8"), ("model.judge_base", "4")]
OWN = [("model.base", "8"), ("model.levels", "3"), ("model.widest", "16"), ("loss.judge_base", "8")]
SMALL = {
    "transfer/tiny": [],
    "transfer/sharp": [*OWN, ("model.fine", "8"), ("start.generator", "")],
    "transfer/small": OWN,
    "transfer/pg2": PG2,
    "transfer/mobile-pg2": PG2,
    "transfer/pngan": [("model.base", "4"), ("model.blocks", "2"), ("model.judge_base", "4")],
    "transfer/pngan-pairs": PATN,
    "transfer/patn": PATN,
    "transfer/patn-fashion": PATN,
    "transfer/dpig": [
        ("model.base", "4"),
        ("model.levels", "3"),
        ("model.decoder_levels", "3"),
        ("model.box_code", "4"),
        ("model.background_code", "4"),
        ("model.pose_code", "4"),
        ("model.hidden", "8"),
        ("model.background_hidden", "8"),
        ("model.judge_base", "4"),
    ],
}
"""Address -> sizes that are quick to train."""


def opened(address, pairs, *more):
    """Task and recipe: two steps of each stage, batches of four."""
    _, recipe = open_recipe(address)
    steps = []
    for stage in recipe.stages:
        at = f"stages.{stage.name}"
        steps += [(f"{at}.steps", "2"), (f"{at}.epochs", "0"), (f"{at}.batch_size", "4")]
    return open_recipe(address, [*pairs, *SMALL[address], *steps, *more])


STAGE = {"transfer/pg2": "detail", "transfer/patn": "train", "transfer/sharp": "sharp"}
"""Address -> a stage in which a discriminator takes its turn."""


class Stopping(Observer):
    """Asks for a stop after so many steps."""

    def __init__(self, after):
        self.left = after

    def stepped(self, step, losses):
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt


def losses_of(folder):
    with (folder / "metrics.csv").open() as file:
        return [(row["stage"], row["step"], row["name"], row["value"]) for row in csv.DictReader(file)]


@pytest.mark.parametrize("address", SMALL)
def test_a_recipe_trains_and_its_model_opens(address, pairs, tmp_path):
    task, recipe = opened(address, pairs)
    result = fit(task.build(recipe), recipe, tmp_path / "run")
    assert set(result.stages) == {stage.name for stage in recipe.stages}
    assert 0 < result.figures["l1"] < 2 and -1 <= result.figures["ssim"] <= 1
    model = load_model(result.model, "transfer")
    assert model.size == (64, 64)
    learner = task.build(recipe)
    figures = evaluate(learner, "test", weights=result.model)
    assert figures == evaluate(learner, "test", weights=result.model)  # the same on repeat
    assert {"ssim", "mask_ssim", "l1", "copy_ssim"} <= set(figures)


@pytest.mark.parametrize("address", STAGE)
def test_a_run_that_was_stopped_goes_on_exactly(address, pairs, tmp_path):
    """Two or three optimisers, and the pools of older pictures, come back."""
    pool = [("loss.pool", "3")] if address == "transfer/patn" else []  # so small that older pictures come back soon
    task, recipe = opened(address, pairs, (f"stages.{STAGE[address]}.steps", "6"), *pool)
    fit(task.build(recipe), recipe, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        fit(task.build(recipe), recipe, tmp_path / "broken", observer=Stopping(3 if address == "transfer/patn" else 5))
    fit(task.build(recipe), recipe, tmp_path / "broken")
    assert losses_of(tmp_path / "broken") == losses_of(tmp_path / "whole")
    one, other = (torch.load(tmp_path / name / "checkpoints" / "last.ckpt") for name in ("whole", "broken"))
    assert all(torch.equal(one["weights"][name], other["weights"][name]) for name in one["weights"])
    assert len(one["optimizers"]) == (3 if address == "transfer/patn" else 2)


def test_each_turn_moves_its_own_network(pairs):
    task, recipe = opened("transfer/pg2", pairs)
    learner = task.build(recipe)
    learner.begin(recipe.stages[1])
    assert not any(one.requires_grad for one in learner.model.generator1.parameters())
    turns = {turn.name: turn for turn in learner.turns(recipe.stages[1])}
    assert list(turns) == ["generator2", "discriminator"]  # the generator first
    batch = next(learner._held_out("test", 4))
    turns["generator2"].losses(batch)["total"].backward()
    made = learner.made(batch)
    assert not made.requires_grad and learner.made(batch) is made  # judged as it was made, once
    learner.discriminator.zero_grad()
    turns["discriminator"].losses(batch)["total"].backward()
    assert all(one.grad is None for one in learner.model.generator1.parameters())


def test_a_discriminator_judges_in_the_sharp_stage_alone(pairs):
    """There the generator goes by its verdict too, by as much as the recipe says, and leaves it as it is."""
    task, recipe = opened("transfer/tiny", pairs)
    learner = task.build(recipe)
    batch = next(learner._held_out("test", 4))
    first, second = (list(learner.turns(stage)) for stage in recipe.stages)
    assert [turn.name for turn in first] == ["generator"]
    assert [turn.name for turn in second] == ["generator", "discriminator"]
    plain = first[0].losses(batch)
    learner.position = Position(1, 0, 0, 2)
    judged = second[0].losses(batch)
    assert "fooled" not in plain
    torch.testing.assert_close(judged["total"], plain["total"] + recipe.loss.adversarial * judged["fooled"])
    judged["total"].backward()
    assert any(one.grad.abs().max() > 0 for one in learner.model.parameters())
    learner.model.zero_grad(set_to_none=True)
    second[1].losses(batch)["total"].backward()
    assert all(one.grad is None for one in learner.model.parameters()), "its own turn moves the judge alone"
    silent = task.build(opened("transfer/tiny", pairs, ("loss.adversarial", "0"))[1])
    assert [turn.name for turn in silent.turns(recipe.stages[1])] == ["generator"]


def test_the_sharp_recipe_begins_with_the_shipped_generator(pairs):
    task, recipe = open_recipe("transfer/sharp", pairs)
    assert [turn.name for turn in task.build(recipe).turns(recipe.stages[0])] == ["generator", "discriminator"]
    shipped = load_model("transfer", "transfer").module.state_dict()
    begun = task.build(recipe).model.state_dict()
    assert begun.keys() == shipped.keys() and all(torch.equal(begun[name], shipped[name]) for name in begun)


def test_a_start_from_released_weights(pairs, tmp_path):
    task, recipe = opened("transfer/pg2", pairs)
    other = task.build(recipe)
    torch.save(other.model.generator1.state_dict(), tmp_path / "G1.pth")
    _, started = opened("transfer/pg2", pairs, ("start.generator1", str(tmp_path / "G1.pth")), ("seed", "5"))
    learner = task.build(started)
    assert torch.equal(learner.model.generator1.down_fc.weight, other.model.generator1.down_fc.weight)
    assert not torch.equal(learner.model.generator2.start_conv[0].weight, other.model.generator2.start_conv[0].weight)
    torch.save(other.discriminator.state_dict(), tmp_path / "D.pth")
    _, wrong = opened("transfer/pg2", pairs, ("start.generator1", str(tmp_path / "D.pth")))
    with pytest.raises(PoseloomError, match="does not fit the model"):
        task.build(wrong)


def test_what_recipes_refuse(pairs):
    task, recipe = opened("transfer/patn", pairs, ("loss.perceptual", "10"))
    with pytest.raises(PoseloomError, match=r"loss\.vgg is empty"):
        task.build(recipe)
    task, recipe = opened("transfer/pg2", pairs)
    renamed = replace(recipe, stages=[replace(recipe.stages[0], name="first")])
    with pytest.raises(PoseloomError, match="'first' learns nothing here, expected coarse, detail"):
        task.build(renamed)
    task, recipe = opened("transfer/tiny", pairs, ("data.table", ""))
    with pytest.raises(PoseloomError, match=r"data\.table is empty"):
        task.build(recipe).validate()


def test_schedules_of_the_papers():
    from poseloom.training.schedule import rate_factor

    _, recipe = open_recipe("transfer/patn")
    schedule, per_epoch = recipe.stages[0].schedule, 125
    factors = [rate_factor(schedule, epoch * per_epoch, 700 * per_epoch, per_epoch) for epoch in (0, 499, 500, 699)]
    assert factors == pytest.approx([1.0, 1.0, 1 - 1 / 201, 1 - 200 / 201])
    _, published = open_recipe(
        "transfer/patn", [("stages.train.schedule.hold", "499"), ("stages.train.schedule.ends_at_zero", "true")]
    )
    published = published.stages[0].schedule
    for epoch in (0, 498, 499, 600, 699):  # 1 - max(0, epoch + 2 - 500) / 201
        factor = rate_factor(published, epoch * per_epoch, 700 * per_epoch, per_epoch)
        assert factor == pytest.approx(1 - max(0, epoch + 2 - 500) / 201)


def test_critics_go_by_rmsprop_and_stay_small(pairs, tmp_path):
    task, recipe = opened("transfer/dpig", pairs, ("stages.sample_pose.steps", "7"))
    learner = task.build(recipe)
    names = {turn.name: turn for turn in learner.turns(recipe.stages[-1])}
    assert [turn.options.every for turn in names.values()] == [None, 5]  # five critic steps for one of the mapping
    settings = names["critic"].settings(recipe.stages[-1])
    assert settings.optimizer.name == "rmsprop"
    before = [one.clone() for one in learner.model.map_pose.parameters()]
    fit(learner, recipe, tmp_path / "run")
    assert any(not torch.equal(one, old) for one, old in zip(learner.model.map_pose.parameters(), before, strict=True))
    critic = learner.critics["sample_pose"]
    critic.clip(0.01)
    assert all(float(one.abs().max()) <= 0.01 for one in critic.parameters())


def test_tensorboard_shows_strips_of_held_out_pairs(pairs, tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    task, recipe = opened("transfer/tiny", pairs, ("engine.loggers", '["tensorboard"]'))
    fit(task.build(recipe), recipe, tmp_path / "run")
    events = EventAccumulator(str(tmp_path / "run" / "tensorboard"))
    events.Reload()
    (name,) = events.Tags()["images"]
    shown = events.Images(name)[-1]
    assert (shown.height, shown.width) == (4 * 64, 5 * 64)  # four pairs: source, pose, target, joints alone, result


def test_mirrored_pairs(pairs):
    """Both pictures of a pair together, with left and right exchanged; as published each by itself, without."""
    from poseloom.tasks.transfer.maps import mirrored_keypoints
    from poseloom.tasks.transfer.pairs import PairData, PairPictures

    given = dict(pairs)
    plain = {"table": given["data.table"], "images": given["data.images"], "height": 64, "width": 32}

    def read(**changes):
        return PairPictures(PairData(**plain, **changes), "train", training=True, seed=3)

    still, together, apart = read(flip=0.0), read(flip=0.5), read(flip=0.5, flip_apart=True)
    flips = []
    for place in range(12):
        for one, source in ((together, "together"), (apart, "apart")):
            pair, own = one.__getitems__([place])[0], still.__getitems__([place])[0]
            flipped = [not torch.equal(a.picture, b.picture) for a, b in zip(pair, own, strict=True)]
            flips.append((source, *flipped))
            for a, b, mirrored in zip(pair, own, flipped, strict=True):
                exchanged = mirrored_keypoints(b.keypoints[None], 32, exchanged=source == "together")[0]
                assert torch.equal(a.keypoints, exchanged if mirrored else b.keypoints)
                assert torch.equal(a.picture, b.picture.flip(-1) if mirrored else b.picture)
    assert all(first == second for source, first, second in flips if source == "together")
    assert {first for source, first, _ in flips if source == "together"} == {True, False}
    assert any(first != second for source, first, second in flips if source == "apart")


def test_an_epoch_of_pairs_drawn_at_random(pairs):
    from poseloom.tasks.transfer.pairs import PairData, PairPictures

    given = dict(pairs)
    data = PairData(table=given["data.table"], images=given["data.images"], height=64, width=32, flip=0, epoch=40)
    drawn = PairPictures(data, "train", training=True)
    assert len(drawn) == 40 and len(PairPictures(data, "train")) == 12
    names = [first.name for first, _ in drawn.__getitems__(range(40))]
    assert len(set(names)) > 6
    drawn.set_epoch(1)
    assert names != [first.name for first, _ in drawn.__getitems__(range(40))]


def test_people_who_are_nobody(pairs):
    task, recipe = opened("transfer/dpig", pairs)
    model = task.build(recipe).model
    first, again, other = (model.sampled(2, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2))
    assert first.shape == (2, 3, 64, 64) and torch.equal(first, again) and not torch.equal(first, other)


def test_poses_of_dpig_come_back_from_their_numbers():
    from poseloom.tasks.transfer.models.dpig_poses import joint_numbers, keypoints_of

    keypoints = torch.rand(2, 18, 2) * torch.tensor([127.0, 63.0])
    keypoints[0, 3] = -1
    for published in (True, False):
        numbers = joint_numbers(keypoints, (128, 64), published=published)
        torch.testing.assert_close(keypoints_of(numbers, (128, 64), published=published), keypoints)
    assert numbers[0, 3].tolist() == [-1 / 128, -1 / 64, 0]  # as the port has a missing joint
