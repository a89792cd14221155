"""``poseloom train`` and ``poseloom evaluate``."""

import json
import subprocess
import sys

import pytest

import poseloom.tasks
from poseloom.cli.train_progress import Bar, progress_observer
from poseloom.training.observer import StageBegins

RECIPE = """
task = "toy"
name = "tiny"
[[stages]]
name = "pretrain"
epochs = 2
batch_size = 8
[[stages]]
name = "finetune"
steps = 5
batch_size = 8
[engine]
accelerator = "cpu"
loggers = []
"""


@pytest.fixture
def recipe_file(tmp_path, toy_task, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "toy.toml").write_text(RECIPE)
    return "toy.toml"


def test_train_then_evaluate(command, recipe_file, tmp_path):
    status, out, err = command("train", recipe_file, "--stages.pretrain.epochs", "3", "--model.width=8")
    assert status == 0 and "best of toy/tiny" in out
    assert "stage pretrain (1 of 2), 30 steps" in err and "(best so far)" in err
    run = tmp_path / "runs/toy-tiny"
    told = {}
    for address in (run, run / "checkpoints/best-finetune.ckpt", run / "model.safetensors"):
        status, out, _ = command("evaluate", address, "--json")
        told[address.name] = json.loads(out)["figures"]["error"]
    assert len(set(told.values())) == 1
    status, out, _ = command("evaluate", recipe_file, "--model.width", 8, "--weights", run / "model.safetensors")
    assert status == 0 and f"{told['toy-tiny']:.6g}" in out


def test_json_prints_json_alone(command, recipe_file):
    status, out, err = command("train", recipe_file, "--json", "--out", "here")
    assert status == 0 and json.loads(out)["figures"]["error"] > 0 and err == ""


def test_options_may_stand_before_the_recipe(command, recipe_file, tmp_path):
    status, _, _ = command("train", "--out", "here", "--json", recipe_file, "--seed", 3)
    assert status == 0 and "seed = 3" in (tmp_path / "here/recipe.toml").read_text()


def test_print_config_prints_a_recipe_that_reads_back(command, recipe_file, tmp_path):
    status, first, _ = command("train", recipe_file, "--print_config", "--seed", 5)
    (tmp_path / "full.toml").write_text(first)
    assert status == 0 and command("train", "full.toml", "--print_config")[1] == first
    assert command("train", recipe_file, "--help", "--seed", 5)[1] == first
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["toy.toml", "--stages.pretrain.epoch", "3"], "did you mean 'epochs'?"),
        (["toy.toml", "--otu", "here"], "unknown option --otu; did you mean '--out'?"),
        (["toy.toml", "--model.width"], "--model.width: a value is missing"),
        (["toy.toml", "7"], "expected --section.key before a value"),
        (["toy.tom"], "recipe 'toy.tom' is unknown, and no such file is here"),
        (["none.toml"], "none.toml: does not exist"),
        (["other.toml"], "other.toml: task: task 'toi' is unknown (of"),
        (["bare.toml"], "bare.toml: task: is missing"),
        ([], "the following arguments are required: RECIPE"),
    ],
)
def test_a_mistake_is_told_in_one_line(command, recipe_file, tmp_path, words, message):
    (tmp_path / "other.toml").write_text('task = "toi"')
    (tmp_path / "bare.toml").write_text("seed = 1")
    status, out, err = command("train", *words)
    assert status == 2 and out == "" and message in err and err.count("\n") == 1
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["toy.toml"], "a recipe has no weights; name them with --weights"),
        (["nowhere"], "recipe 'nowhere' is unknown"),
        (["."], "recipe.toml: does not exist"),
        (["bad.ckpt"], "is damaged, cut off"),
        (["bad.safetensors"], "bad.json: does not exist"),
    ],
)
def test_evaluating_what_is_not_there_is_told(command, recipe_file, tmp_path, words, message):
    for name in ("bad.ckpt", "bad.safetensors"):
        (tmp_path / name).write_bytes(b"hello")
    status, out, err = command("evaluate", *words)
    assert status == 2 and out == "" and message in err and err.count("\n") == 1


def test_an_unknown_split_is_told(command, recipe_file):
    command("train", recipe_file, "--json")
    status, _, err = command("evaluate", "runs/toy-tiny", "--split", "test")
    assert status == 2 and "split 'test' is unknown" in err


def test_restart_throws_a_run_away_and_nothing_else(command, recipe_file, tmp_path):
    command("train", recipe_file, "--json", "--out", "here")
    status, _, err = command("train", recipe_file, "--json", "--out", "here", "--model.width", 4)
    assert status == 2 and "model.width: holds a run with another recipe" in err
    assert command("train", recipe_file, "--json", "--out", "here", "--model.width", 4, "--restart")[0] == 0
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis/one.txt").write_text("years of work")
    status, _, err = command("train", recipe_file, "--out", "thesis", "--restart")
    assert status == 2 and "holds no run" in err and (tmp_path / "thesis/one.txt").exists()


def test_help_lists_recipes(command, monkeypatch):
    assert "Recipes:" in command("train", "--help")[1]


def test_an_interrupted_command_says_how_to_go_on(command, recipe_file, monkeypatch):
    import toy

    def stop(self, batch):
        raise KeyboardInterrupt

    monkeypatch.setattr(toy.ToyLearner, "losses", stop)
    status, _, err = command("train", recipe_file)
    assert status == 130 and err.splitlines()[-1] == "poseloom: stopped; the same command goes on from runs/toy-tiny"


def test_a_terminal_gets_a_bar(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    bar = progress_observer(quiet=False)
    assert isinstance(bar, Bar)
    bar.stage_begins(StageBegins("pretrain", 1, 2, 10, 4, True))
    bar.stepped(5, {"total": 0.5})
    bar.validated(5, {"error": 0.25}, True)
    bar.ended()
    told = capsys.readouterr().err
    assert "goes on after step 4" in told and "error 0.25 (best so far)" in told


def test_help_loads_nothing_slow():
    code = "from poseloom.cli.main import main\nimport sys\ntry: main(['train', '--help'])\nexcept SystemExit: pass\n"
    slow = "print(sorted({'torch', 'numpy', 'lightning', 'jsonargparse', 'rich'} & set(sys.modules)), file=sys.stderr)"
    result = subprocess.run([sys.executable, "-c", code + slow], capture_output=True, text=True, check=True)
    assert result.stderr.strip() == "[]"


def test_every_registered_task_has_recipes():
    from poseloom.tasks.common.recipes import recipe_names

    assert {name.split("/")[0] for name in recipe_names()} == set(poseloom.tasks.TASKS)
