"""Several turns in a step: each has its own losses, optimiser and rate, and the run resumes as if never stopped."""

import multiprocessing
import os
import signal
from contextlib import nullcontext
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
import toy_gan
from torch import nn

from poseloom.base.errors import PoseloomError
from poseloom.training import (
    Engine,
    Learner,
    MadeBatches,
    Monitor,
    Optimizer,
    ParameterGroup,
    Recipe,
    Schedule,
    Stage,
    Turn,
    TurnOptions,
    fit,
    read_recipe,
    recipe_text,
)
from poseloom.training.checkpoint import read_checkpoint, write_checkpoint
from poseloom.training.turn_run import TurnRun

COSINE = Schedule("cosine")
ENGINE = Engine("32", accelerator="cpu", log_every=3, save_steps=4, loggers=[])
STAGES = [
    Stage(
        "first",
        epochs=2,
        batch_size=8,
        ema=0.9,
        clip=0.5,
        turns={"generator": TurnOptions(schedule=COSINE)},
    ),
    Stage("second", steps=7, batch_size=8, accumulate=2, turns={"discriminator": TurnOptions(lr=3e-3, every=1)}),
]
PARTS = ("weights", "optimizers", "average", "progress", "run_state")


@pytest.fixture
def recipe():
    """Ten steps of one batch and seven of two; the generator learns at every second one."""
    return toy_gan.GanRecipe("toy_gan", "tiny", 3, STAGES, ENGINE)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Folder of the uninterrupted run."""
    folder = tmp_path_factory.mktemp("gan") / "run"
    recipe = toy_gan.GanRecipe("toy_gan", "tiny", 3, STAGES, ENGINE)
    fit(toy_gan.TASK.build(recipe), recipe, folder)
    return folder


def last(folder):
    return read_checkpoint(folder / "checkpoints/last.ckpt")


def same_run(folder, whole):
    assert (folder / "metrics.csv").read_bytes() == (whole / "metrics.csv").read_bytes()
    first, second = last(folder), last(whole)
    for part in PARTS:
        torch.testing.assert_close(first[part], second[part], rtol=0, atol=0)
    assert (folder / "model.safetensors").read_bytes() == (whole / "model.safetensors").read_bytes()
    return True


class Interrupted(toy_gan.GanLearner):
    """Something happens in the n-th computation of losses, in whichever turn it falls."""

    def __init__(self, recipe, call, happens):
        super().__init__(recipe)
        self.calls, self.call, self.happens = 0, call, happens

    def discriminated(self, batch):
        losses = super().discriminated(batch)
        self.count()
        return losses

    def generated(self, batch):
        self.count()
        return super().generated(batch)

    def count(self):
        self.calls += 1
        if self.calls == self.call:
            self.happens()


def interrupted(recipe, call, number):
    learner = Interrupted(recipe, call, lambda: os.kill(os.getpid(), number))
    learner.load_state_dict(toy_gan.TASK.build(recipe).state_dict())
    return learner


IN_THE_DISCRIMINATORS_TURN, IN_THE_GENERATORS_TURN, IN_THE_SECOND_STAGE = 8, 9, 22


@pytest.mark.parametrize("call", [IN_THE_DISCRIMINATORS_TURN, IN_THE_GENERATORS_TURN, IN_THE_SECOND_STAGE])
def test_a_killed_run_of_two_turns_continues_exactly(recipe, whole, tmp_path, call, disturbed):
    folder = tmp_path / "run"

    def killed():
        fit(interrupted(recipe, call, signal.SIGKILL), recipe, folder)

    process = multiprocessing.get_context("fork").Process(target=killed)
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    disturbed()
    fit(toy_gan.TASK.build(recipe), recipe, folder)
    assert same_run(folder, whole)


@pytest.mark.parametrize("call", [IN_THE_DISCRIMINATORS_TURN, IN_THE_GENERATORS_TURN, IN_THE_SECOND_STAGE])
def test_an_interrupted_run_of_two_turns_continues_exactly(recipe, whole, tmp_path, call, disturbed):
    with pytest.raises(KeyboardInterrupt):
        fit(interrupted(recipe, call, signal.SIGINT), recipe, tmp_path / "run")
    disturbed()
    fit(toy_gan.TASK.build(recipe), recipe, tmp_path / "run")
    assert same_run(tmp_path / "run", whole)


def test_each_turn_has_its_optimiser_and_the_store_is_kept(whole):
    state = last(whole)
    steps = {name: int(one["state"][0]["step"]) for name, one in state["optimizers"].items()}
    assert steps == {"discriminator": 7, "generator": 3}
    groups = {name: one["param_groups"][0] for name, one in state["optimizers"].items()}
    assert (groups["discriminator"]["lr"], groups["generator"]["lr"]) == (3e-3, 1e-3)
    assert groups["discriminator"]["betas"] == (0.5, 0.999) and groups["generator"]["betas"] == (0.9, 0.999)
    filled = state["run_state"]["filled"]
    assert filled[40:].all() and 20 < filled[:40].sum() <= 40
    assert state["run_state"]["values"]["realness"][filled].ne(0).all()
    assert "run_state" not in read_checkpoint(whole / "checkpoints/best-second.ckpt")


def test_losses_are_logged_by_turn(whole):
    text = (whole / "metrics.csv").read_text()
    names = {line.split(",")[4] for line in text.splitlines() if ",train," in line}
    assert names == {
        *(f"discriminator/{name}" for name in ("total", "steady", "lr")),
        *(f"generator/{name}" for name in ("total", "lr")),
    }
    assert (whole / "losses.png").exists()


@pytest.mark.slow
def test_two_processes_take_turns_as_one_does(tmp_path, monkeypatch):
    """Also what they put into the store. Noise and dropout differ by process, so that here none is drawn."""
    recipe = toy_gan.GanRecipe("toy_gan", "tiny", 3, [replace(STAGES[0], ema=0.0), STAGES[1]], ENGINE)
    for name, devices in (("one", 1), ("two", 2)):
        engine = replace(ENGINE, devices=devices)
        fit(Quiet(replace(recipe, engine=engine)), replace(recipe, engine=engine), tmp_path / name)
    one, two = last(tmp_path / "one"), last(tmp_path / "two")
    torch.testing.assert_close(one["weights"], two["weights"], rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(one["run_state"], two["run_state"], rtol=1e-4, atol=1e-5)


class Quiet(toy_gan.GanLearner):
    def __init__(self, recipe):
        torch.manual_seed(0)
        super().__init__(recipe)
        self.model[2].p = 0.0

    def made(self, batch):
        return self.model(batch.points)


def test_turns_train_in_mixed_precision(recipe, tmp_path):
    recipe = replace(recipe, engine=replace(ENGINE, precision="bf16-mixed"))
    fit(toy_gan.TASK.build(recipe), recipe, tmp_path / "run")
    state = last(tmp_path / "run")
    assert all(value.dtype == torch.float32 and value.isfinite().all() for value in state["weights"].values())


# -- exact small cases ---------------------------------------------------------------------------------------------


class Two(Learner):
    """Two numbers, each pulled by its turn; what the turns see is written down."""

    monitor = Monitor("figure", "max")

    def __init__(self, recipe, **options):
        super().__init__(recipe)
        self.model = nn.Module()
        self.model.a, self.model.b = (nn.Parameter(torch.zeros(())) for _ in range(2))
        self.options, self.seen = options, []

    def batches(self, share):
        return MadeBatches(lambda seed, count: torch.ones(count), share, 4)

    def turns(self, stage):
        return [self.turn("a"), self.turn("b")]

    def turn(self, name):
        def losses(batch):
            a, b = self.model.a, self.model.b
            self.seen.append((self.position.step, name, a.requires_grad, b.requires_grad))
            return {"total": batch.mean() * (a + b) * (a + b + 1)}

        return Turn(name, [ParameterGroup([getattr(self.model, name)])], losses, self.options.get(name, TurnOptions()))

    def validate(self):
        return {"figure": 1.0}


def two(stage, **options):
    return Two(Recipe("two", "two", 0, [stage], ENGINE), **options)


def trained(tmp_path, stage, **options):
    learner = two(stage, **options)
    fit(learner, learner.recipe, tmp_path / "run")
    return learner


def test_a_turn_is_taken_every_so_many_steps_and_the_others_rest(tmp_path):
    learner = trained(tmp_path, Stage("t", steps=6, batch_size=2), b=TurnOptions(every=3))
    assert [one for one in learner.seen if one[1] == "b"] == [(2, "b", False, True), (5, "b", False, True)]
    assert [one for one in learner.seen if one[1] == "a"] == [(step, "a", True, False) for step in range(6)]
    assert learner.model.a.requires_grad and learner.model.b.requires_grad


def test_a_turn_moves_its_own_parameters_at_its_own_rate(tmp_path):
    stage = Stage("t", steps=1, batch_size=2, optimizer=Optimizer(lr=0.01), turns={"b": TurnOptions(lr=0.2)})
    learner = trained(tmp_path, stage)
    assert learner.model.a.item() == pytest.approx(-0.01)  # Adam's first step is as long as its rate
    assert learner.model.b.item() == pytest.approx(-0.2)


def test_the_recipe_goes_before_the_learner_and_the_learner_before_the_stage():
    mine = TurnOptions(every=2, lr=0.5, clip=1.0)
    turn = Turn("a", [], lambda batch: {}, mine)
    stage = Stage("t", steps=1, clip=9.0, optimizer=Optimizer("adamw", lr=0.1, beta1=0.7))
    plain, said = turn.settings(stage), turn.settings(replace(stage, turns={"a": TurnOptions(lr=0.3, clip=0.0)}))
    assert (plain.every, plain.clip, plain.optimizer) == (2, 1.0, Optimizer("adamw", lr=0.5, beta1=0.7))
    assert (said.every, said.clip, said.optimizer.lr, said.optimizer.beta1) == (2, 0.0, 0.3, 0.7)
    assert [step for step in range(6) if plain.due(step)] == [1, 3, 5]


def test_each_turn_draws_numbers_of_its_own(tmp_path):
    learner, drawn = two(Stage("t", steps=3, batch_size=2, accumulate=2)), []
    of_learner = learner.turn

    def turn(name):
        made = of_learner(name)
        return replace(made, losses=lambda batch: (drawn.append(torch.rand(()).item()), made.losses(batch))[1])

    learner.turns = lambda stage: [turn("a"), turn("b")]
    fit(learner, learner.recipe, tmp_path / "run")
    assert len(drawn) == len(set(drawn)) == 3 * 2 * 2


@pytest.mark.parametrize("clip", [0.0, 0.25])
def test_gradients_are_clipped_turn_by_turn(tmp_path, clip):
    """Adam's memory of the gradient is a tenth of the first one, which is 1 for both."""
    stage = Stage("t", steps=1, batch_size=2, optimizer=Optimizer(lr=1e-6), turns={"b": TurnOptions(clip=clip)})
    trained(tmp_path, stage)
    state = last(tmp_path / "run")["optimizers"]
    assert state["a"]["state"][0]["exp_avg"].item() == pytest.approx(0.1, rel=1e-4)
    assert state["b"]["state"][0]["exp_avg"].item() == pytest.approx(0.1 * (clip or 1.0), rel=1e-4)


def test_mistakes_are_told_before_anything_is_trained(tmp_path):
    fine, wrong = Stage("t", steps=1), Stage("u", steps=1, turns={"aa": TurnOptions()})
    learner = Two(Recipe("two", "two", 0, [fine, wrong], ENGINE))
    with pytest.raises(PoseloomError, match=r"stages\.u\.turns: there is no turn 'aa' \(of a, b\); did you mean 'a'"):
        fit(learner, learner.recipe, tmp_path / "run")
    assert not (tmp_path / "run").exists()
    learner = two(fine)
    learner.turns = lambda stage: [learner.turn("a"), replace(learner.turn("b"), groups=learner.turn("a").groups)]
    with pytest.raises(PoseloomError, match="a parameter belongs to 'a' and to 'b'"):
        fit(learner, learner.recipe, tmp_path / "run")
    learner.turns = lambda stage: [learner.turn("a"), learner.turn("a")]
    with pytest.raises(PoseloomError, match="of different names"):
        fit(learner, learner.recipe, tmp_path / "run")


def test_a_learner_without_losses_is_told_so(tmp_path):
    learner = two(Stage("t", steps=1, batch_size=2))
    learner.turns = lambda stage: Learner.turns(learner, stage)
    with pytest.raises(PoseloomError, match="Two has neither losses nor turns"):
        fit(learner, learner.recipe, tmp_path / "run")


def test_a_loss_that_is_no_number_is_told_with_its_turn(tmp_path):
    learner = two(Stage("t", steps=1, batch_size=2))
    b = replace(learner.turn("b"), losses=lambda batch: {"total": learner.model.b * torch.nan})
    learner.turns = lambda stage: [learner.turn("a"), b]
    with pytest.raises(PoseloomError, match=r"step 1: the loss of 'b' is nan"):
        fit(learner, learner.recipe, tmp_path / "run")


# -- recipes -------------------------------------------------------------------------------------------------------

TOML = """
task = "toy_gan"
name = "mine"
[[stages]]
steps = 3
[stages.turns.discriminator]
lr = 4e-4
[stages.turns.generator.schedule]
name = "cosine"
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(TOML)
    return path


def test_a_recipe_says_how_turns_go(file, tmp_path):
    key = "stages.train.turns.discriminator.every"
    recipe = read_recipe(file, toy_gan.GanRecipe, [(key, "5"), ("data.mix.shares.line", "0.4")])
    turns = recipe.stages[0].turns
    assert turns == {
        "discriminator": TurnOptions(every=5, lr=4e-4),
        "generator": TurnOptions(schedule=Schedule("cosine")),
    }
    again = tmp_path / "again.toml"
    again.write_text(recipe_text(recipe))
    assert read_recipe(again, toy_gan.GanRecipe) == recipe


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("lr = 4e-4", "evry = 4", r"unknown key 'stages.0.turns.discriminator.evry'; did you mean 'every'"),
        ("lr = 4e-4", "lr = -1", r"stages.train.turns.discriminator.lr: expected 1e-12 to 1e.30, got -1"),
        ("lr = 4e-4", "every = 0", r"turns.discriminator.every: expected 1 to 1,000,000,000, got 0"),
        ('name = "cosine"', "every = 0", r"turns.generator.schedule.every: expected 1 to 1,000,000,000"),
        ("[stages.turns.discriminator]\nlr = 4e-4", "[stages.turns]\ndiscriminator = 3", r"expected a section"),
    ],
)
def test_mistakes_in_turns_are_named(file, old, new, message):
    file.write_text(TOML.replace(old, new))
    with pytest.raises(PoseloomError, match=message):
        read_recipe(file, toy_gan.GanRecipe)


# -- runs of before there were turns ---------------------------------------------------------------------------------


def test_a_run_that_began_without_turns_goes_on(tmp_path):
    """Its checkpoint has one optimiser without a name and one count of batches, its recipe no key `turns`."""
    import toy

    stage = Stage("train", epochs=2, batch_size=8, optimizer=Optimizer(lr=0.01))
    recipe = toy.ToyRecipe("toy", "tiny", 0, [stage], ENGINE, data=toy.ToyData(batches=5))
    fit(toy.TASK.build(recipe), recipe, tmp_path / "whole")

    class Stops(toy.ToyLearner):
        def losses(self, batch):
            if self.position.step == 7:
                raise KeyboardInterrupt
            return super().losses(batch)

    learner = Stops(recipe)
    learner.load_state_dict(toy.TASK.build(recipe).state_dict())
    with pytest.raises(KeyboardInterrupt):
        fit(learner, recipe, tmp_path / "old")
    path, text = tmp_path / "old/checkpoints/last.ckpt", tmp_path / "old/recipe.toml"
    state = read_checkpoint(path)
    (optimizer,) = state.pop("optimizers").values()
    (summed,) = set(state["progress"]["summed"].values())
    del state["run_state"]
    write_checkpoint(path, {**state, "optimizer": optimizer, "progress": {**state["progress"], "summed": summed}})
    lines = [line for line in text.read_text().splitlines() if "turns" not in line]
    assert len(lines) < len(text.read_text().splitlines())
    text.write_text("\n".join(lines))
    fit(toy.TASK.build(recipe), recipe, tmp_path / "old")
    assert (tmp_path / "old/metrics.csv").read_bytes() == (tmp_path / "whole/metrics.csv").read_bytes()
    assert (tmp_path / "old/model.safetensors").read_bytes() == (tmp_path / "whole/model.safetensors").read_bytes()


def test_the_gradient_of_a_step_is_the_mean_over_its_batches():
    """Adam would hide a sum: its steps do not depend on the length of the gradient."""
    weight = torch.nn.Parameter(torch.tensor(2.0))
    fabric = SimpleNamespace(no_backward_sync=lambda module: nullcontext(), backward=lambda loss: loss.backward())
    turn = object.__new__(TurnRun)
    turn.resting, turn.task, turn.turn = [], "toy", SimpleNamespace(losses=lambda batch: {"total": weight * batch})
    for part, batch in enumerate((1.0, 2.0, 6.0)):
        turn.backward(fabric, lambda held: held.losses(held.batch), batch, 3, last=part == 2)
    assert weight.grad.item() == pytest.approx(3.0)


@pytest.mark.wrong_types
def test_groups_of_parameters_have_a_rate_and_a_decay_of_their_own():
    first, second = (torch.nn.Parameter(torch.zeros(1)) for _ in range(2))
    groups = [ParameterGroup([first]), ParameterGroup([second], lr_factor=0.1, decay=False)]
    optimizer, schedule = Optimizer(lr=0.1, weight_decay=0.5), Schedule("step", every=1, factor=0.5)
    stage = Stage("t", steps=10, optimizer=optimizer, schedule=schedule)
    learner = SimpleNamespace(recipe=SimpleNamespace(task="toy"), parameters=lambda: [first, second])
    turn = TurnRun(Turn("all", groups, lambda batch: {}), 0, learner, stage)
    turn.set_rate(2, 10, 1)  # in the third epoch
    assert [group["lr"] for group in turn.optimizer.param_groups] == pytest.approx([0.025, 0.0025])
    assert [group["weight_decay"] for group in turn.optimizer.param_groups] == [0.5, 0.0]
