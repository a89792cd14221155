"""What a training run does and leaves behind."""

import json
from dataclasses import replace

import pytest
import torch
from PIL import Image
from toy import TASK, ToyLearner, curve

from poseloom.base.errors import FileError, PoseloomError
from poseloom.training import Monitor, Optimizer, ParameterGroup, Schedule, Stage, fit, read_recipe
from poseloom.training.checkpoint import read_checkpoint
from poseloom.training.run_folder import RunFolder


def stages(recipe, **values):
    return replace(recipe, stages=[replace(recipe.stages[0], ema=0.0, clip=0.0, **values)])


def test_the_folder_tells_the_whole_run(recipe, run, tmp_path, with_engine):
    result = run(with_engine(recipe, loggers=["tensorboard", "csv"]), tmp_path / "run")
    folder = RunFolder(result.folder)
    assert read_recipe(folder.recipe, type(recipe)).stages == recipe.stages
    session = json.loads(folder.versions.read_text())[0]
    assert session["torch"] == torch.__version__ and session["processes"] == 1
    assert json.loads(folder.figures.read_text())["stages"].keys() == {"pretrain", "finetune"}
    assert folder.metrics.read_text().startswith("stage,epoch,step,split,name,value\npretrain,0,2,train,total,")
    assert Image.open(folder.picture).size[0] > 500
    assert list(result.folder.glob("tensorboard/events*"))
    assert {path.name for path in folder.checkpoints.iterdir()} == {
        *("last.ckpt", "best-pretrain.ckpt", "best-finetune.ckpt")
    }


def test_training_lowers_the_error(recipe, run, tmp_path):
    longer = stages(recipe, epochs=40, optimizer=Optimizer(lr=0.02))
    assert run(longer, tmp_path / "run").figures["error"] < 0.1


def test_the_learner_ends_with_the_best_weights_of_the_last_stage(recipe, tmp_path):
    learner = TASK.build(recipe)
    result = fit(learner, recipe, tmp_path / "run")
    best = read_checkpoint(tmp_path / "run/checkpoints/best-finetune.ckpt", "toy")
    assert best["figures"] == result.figures and learner.validate() == result.figures
    torch.testing.assert_close(dict(learner.state_dict()), best["weights"], rtol=0, atol=0)


def test_a_stage_begins_with_the_best_weights_of_the_one_before(recipe, tmp_path):
    begun = []

    class Watching(ToyLearner):
        def begin(self, stage):
            begun.append({name: value.clone() for name, value in self.state_dict().items()})

    fit(Watching(recipe), recipe, tmp_path / "run")
    best = read_checkpoint(tmp_path / "run/checkpoints/best-pretrain.ckpt")["weights"]
    torch.testing.assert_close(begun[1], best, rtol=0, atol=0)


def test_a_stage_has_its_own_data_and_all_options_are_used(recipe, tmp_path):
    seen = []

    class Watching(ToyLearner):
        def losses(self, batch):
            seen.append((self.position.stage, self.position.step, float(batch[1][0])))
            return super().losses(batch)

    fit(Watching(recipe), recipe, tmp_path / "run")
    first = [entry for entry in seen if entry[0] == 0]
    second = [entry[1] for entry in seen if entry[0] == 1]
    assert len(first) == 12 and len({value for *_, value in first}) == 12
    assert second == [step for step in range(7) for _ in range(2)]


def test_accumulated_batches_equal_a_large_one(recipe, run, tmp_path):
    still = replace(recipe, model=replace(recipe.model, dropout=0.0), data=replace(recipe.data, samples=64))
    large = run(stages(still, batch_size=16), tmp_path / "large")
    small = run(stages(still, batch_size=8, accumulate=2), tmp_path / "small")
    assert small.figures["error"] == pytest.approx(large.figures["error"], rel=1e-4)


def test_the_average_is_what_is_validated(recipe, run, tmp_path):
    fast = Optimizer(lr=0.5)
    plain = run(stages(recipe, epochs=4, optimizer=fast), tmp_path / "plain")
    averaged = replace(recipe, stages=[replace(recipe.stages[0], epochs=4, ema=0.95, clip=0.0, optimizer=fast)])
    assert run(averaged, tmp_path / "averaged").figures != plain.figures


def test_clipping_changes_the_way(recipe, run, tmp_path, figures_of):
    free, held = (stages(recipe, optimizer=Optimizer(lr=0.1, name=name)) for name in ("adam", "adamw"))
    run(free, tmp_path / "free")
    clipped = replace(held, stages=[replace(held.stages[0], clip=1e-9)])
    run(clipped, tmp_path / "held")
    last = [figures_of(tmp_path / name)[-1]["value"] for name in ("free", "held")]
    assert last[0] != last[1]


def test_the_rate_follows_the_schedule_and_the_group(recipe, run, tmp_path, figures_of, with_engine):
    cosine = stages(recipe, schedule=Schedule("cosine"), optimizer=Optimizer(lr=0.01))
    run(with_engine(cosine, log_every=1), tmp_path / "run")
    rates = [float(row["value"]) for row in figures_of(tmp_path / "run") if row["name"] == "lr"]
    assert rates[0] == 0.01 and rates[-1] == 0 and rates == sorted(rates, reverse=True)


def test_mixed_precision_rounds_the_computation_but_not_the_batch(recipe, with_engine, tmp_path):
    kinds = []

    class Watching(ToyLearner):
        def losses(self, batch):
            kinds.append((batch[0].dtype, self.model(batch[0]).dtype))
            return super().losses(batch)

    mixed = with_engine(recipe, precision="bf16-mixed")
    fit(Watching(mixed), mixed, tmp_path / "run")
    assert set(kinds) == {(torch.float32, torch.bfloat16)}


def test_figures_do_not_depend_on_what_ran_before(recipe, run, tmp_path, disturbed):
    run(recipe, tmp_path / "first")
    disturbed()
    run(recipe, tmp_path / "second")
    assert (tmp_path / "first/metrics.csv").read_bytes() == (tmp_path / "second/metrics.csv").read_bytes()
    run(replace(recipe, seed=1), tmp_path / "third")
    assert (tmp_path / "third/metrics.csv").read_bytes() != (tmp_path / "second/metrics.csv").read_bytes()


def test_a_folder_with_another_run_is_refused(recipe, run, tmp_path, with_engine):
    run(recipe, tmp_path / "run")
    before = (tmp_path / "run/metrics.csv").read_bytes()
    other = replace(recipe, data=replace(recipe.data, noise=0.2))
    with pytest.raises(FileError, match=r"data\.noise: holds a run with another recipe; choose another folder"):
        run(other, tmp_path / "run")
    with pytest.raises(FileError, match="holds a run already"):
        run(recipe, tmp_path / "run", resume=False)
    assert (tmp_path / "run/metrics.csv").read_bytes() == before
    run(with_engine(recipe, log_every=5), tmp_path / "run")  # the machine's side may change


def test_a_folder_with_other_files_is_refused(recipe, run, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(FileError, match="holds other files"):
        run(recipe, tmp_path)


def test_a_loss_that_is_no_number_ends_the_run(recipe, run, tmp_path):
    with pytest.raises(PoseloomError, match=r"training diverged: stage 'pretrain', step 2: the loss is inf; lower"):
        run(stages(recipe, optimizer=Optimizer(lr=1e30)), tmp_path / "run")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"monitor": Monitor("recall")}, "validation has no figure 'recall', got error"),
        ({"validate": lambda self: {"error": float("nan")}}, "'error' was never a number in stage 'pretrain'"),
        ({"losses": lambda self, batch: {"error": batch[0].sum()}}, "'total' is missing, got error"),
        ({"parameter_groups": lambda self, stage: [ParameterGroup([])]}, "no parameter needs a gradient"),
    ],
)
def test_a_learner_that_breaks_the_contract_is_told_how(recipe, tmp_path, changed, message):
    with pytest.raises(PoseloomError, match=message):
        fit(type("Broken", (ToyLearner,), changed)(recipe), recipe, tmp_path / "run")


@pytest.mark.parametrize(
    ("engine", "message"),
    [
        ({"accelerator": "gpu"}, "cuda asked for, none here"),
        ({"precision": "16-mixed"}, "16-mixed needs a GPU"),
        ({"loggers": ["tensorbord"]}, "did you mean 'tensorboard'"),
        ({"loggers": ["wandb"]}, "needs a package that is not installed"),
    ],
)
def test_an_engine_that_is_not_here_is_told_in_one_line(recipe, run, tmp_path, with_engine, engine, message):
    if torch.cuda.is_available():
        pytest.skip("a GPU is here")
    with pytest.raises(PoseloomError, match=message):
        run(with_engine(recipe, **engine), tmp_path / "run")


def test_too_few_samples_are_told(recipe, run, tmp_path):
    few = replace(recipe, data=replace(recipe.data, samples=5))
    with pytest.raises(PoseloomError, match="5 samples are fewer than one batch of 8; lower batch_size"):
        run(stages(few), tmp_path / "run")


def test_weights_kept_elsewhere_are_in_no_checkpoint(recipe, tmp_path):
    class Frozen(ToyLearner):
        kept_elsewhere = ("model.0.",)

        def begin(self, stage):
            self.model[0].requires_grad_(False)

    learner = Frozen(recipe)
    before = learner.model[0].weight.clone()
    fit(learner, recipe, tmp_path / "run")
    names = read_checkpoint(tmp_path / "run/checkpoints/last.ckpt")["weights"]
    assert not [name for name in names if name.startswith("model.0.")] and "model.3.weight" in names
    torch.testing.assert_close(learner.model[0].weight, before)


def test_curves_depend_on_their_seed_alone(recipe):
    first, second = (curve(3, 5, recipe.data) for _ in range(2))
    torch.testing.assert_close(first, second)


def test_two_processes_do_not_train_in_one_folder(recipe, run, tmp_path):
    from poseloom.base.lock import locked

    folder = tmp_path / "run"
    folder.mkdir()
    with locked(folder, folder), pytest.raises(FileError, match="by process"):
        run(recipe, folder)


def test_stage_names(recipe):
    with pytest.raises(PoseloomError, match="another name for each stage"):
        replace(recipe, stages=[Stage("a", epochs=1), Stage("a", epochs=1)])
