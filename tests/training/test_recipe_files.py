"""Recipes: files, overrides, and what is said of mistakes in them."""

from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy import ToyData, ToyModel, ToyRecipe

from poseloom.base.errors import PoseloomError
from poseloom.training import Card, Engine, Optimizer, Recipe, Schedule, Stage, overlaid, read_recipe, recipe_text
from poseloom.training.recipe_files import differing_key, plain

TOML = """
task = "toy"
name = "mine"
[model]
width = 8
[[stages]]
name = "pretrain"
epochs = 2
[[stages]]
name = "finetune"
steps = 5
[stages.optimizer]
lr = 3
[stages.data]
phase = 0.5
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(TOML)
    return path


def test_values_are_typed_and_the_rest_takes_defaults(file):
    recipe = read_recipe(file, ToyRecipe)
    assert recipe.model == ToyModel(width=8) and recipe.data == ToyData()
    assert recipe.stages[1] == Stage("finetune", steps=5, optimizer=Optimizer(lr=3.0), data={"phase": 0.5})
    assert isinstance(recipe.stages[1].optimizer.lr, float)


def test_json_and_yaml_say_the_same(tmp_path):
    for suffix, text in {
        ".json": '{"task": "toy", "model": {"width": 8}}',
        ".yaml": "task: toy\nmodel: {width: 8}",
    }.items():
        path = tmp_path / f"mine{suffix}"
        path.write_text(text)
        assert read_recipe(path, ToyRecipe) == ToyRecipe(task="toy", model=ToyModel(width=8))


def test_overrides_reach_every_depth(file):
    overrides = {
        "seed": "7",
        "name": "3",
        "model.width": "4",
        "data.noise": "2",
        "engine.loggers": '["csv"]',
        "engine.precision": "32",
        "engine.unused_parameters": "True",
        "stages.finetune.optimizer.lr": "1e-4",
        "stages.finetune.data.noise": "0.5",
        "stages.pretrain.schedule.name": "cosine",
    }
    recipe = read_recipe(file, ToyRecipe, list(overrides.items()))
    assert (recipe.seed, recipe.name, recipe.model.width, recipe.data.noise) == (7, "3", 4, 2.0)
    assert recipe.engine == Engine("32", loggers=["csv"], unused_parameters=True)
    assert recipe.stages[1].optimizer.lr == 1e-4 and recipe.stages[1].data == {"phase": 0.5, "noise": 0.5}
    assert recipe.stages[0].schedule == Schedule("cosine")


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("stages.pretrain.epoch", "3", r"--stages.pretrain.epoch: there is no key 'epoch'; did you mean 'epochs'\?"),
        ("stages.pretran.epochs", "3", r"has the stages pretrain, finetune; did you mean 'pretrain'\?"),
        ("modl.width", "3", r"there is no key 'modl'; did you mean 'model'\?"),
        ("x", "3", "there is no key 'x'; known are task, name, seed, stages, engine, card, model, data"),
        ("model", "3", "'model' is a section; name a key in it: width, dropout"),
        ("stages.pretrain", "3", "'pretrain' is a section; name a key in it: name, epochs"),
        ("seed.x", "3", "'seed' is a value, not a section"),
        ("model.width", "wide", "model.width: expected int, got wide"),
        ("model.width", "2.5", "model.width: expected int, got 2.5"),
        ("engine.precision", "8", "engine.precision: expected one of '32', 'bf16-mixed', '16-mixed', 'auto', got 8"),
        ("seed", "-1", "recipe: seed: expected 0 to 2,147,483,647, got -1"),
        (
            "stages.pretrain.epochs",
            "0",
            "stages.pretrain: epochs, steps: expected exactly one of them above 0, got 0, 0",
        ),
        ("stages.pretrain.batch_size", "0", "stages.pretrain.batch_size: expected 1 to 1,000,000, got 0"),
        ("stages.pretrain.ema", "1", "stages.pretrain.ema: expected 0 to 0.999999, got 1"),
        ("stages.pretrain.optimizer.lr", "nan", "optimizer.lr: expected 1e-12 to 1e.30, got nan"),
        ("stages.pretrain.name", "a/b", "stages: name: expected letters, digits, - and _"),
        ("stages.finetune.data.phas", "1", r"unknown key 'stages.finetune.data.phas'; did you mean 'phase'\?"),
        ("stages.finetune.data.phase", "x", "stages.finetune.data.phase: expected float, got x"),
    ],
)
def test_a_mistake_in_an_override_is_told_in_one_line(file, key, value, message):
    with pytest.raises(PoseloomError, match=message) as told:
        read_recipe(file, ToyRecipe, [(key, value)])
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("task = ", "is not TOML"),
        ('task = "toy"\nmodl = 3', r"unknown key 'modl'; did you mean 'model'\?"),
        ('[[stages]]\nname = "a"\nepochs = 1\nbach_size = 3', r"'stages.a.bach_size'; did you mean 'batch_size'\?"),
        ("[model]\nwidth = 1.5", "model.width: expected int, got 1.5"),
        ("seed = true", "seed: expected int, got True"),
        ("stages = []", "stages: is empty"),
        ("stages = 3", r"stages: expected tables \[\[stages\]\], got 3"),
        ("stages = [3]", r"stages: expected tables \[\[stages\]\], got 3"),
        ("model = 3", r"model: expected a section \[model\], got 3"),
    ],
)
def test_a_mistake_in_a_file_is_told_with_its_name(tmp_path, text, message):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(PoseloomError, match=rf"mine\.toml: .*{message}") as told:
        read_recipe(path, ToyRecipe)
    assert "\n" not in str(told.value)


def test_an_unknown_suffix_is_told(tmp_path):
    (tmp_path / "mine.ini").write_text("a")
    with pytest.raises(PoseloomError, match=r"suffix '.ini' is unknown; expected one of .toml"):
        read_recipe(tmp_path / "mine.ini", ToyRecipe)


words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=20)


@settings(max_examples=25)
@given(text=words, lr=st.floats(1e-9, 1e9), loggers=st.lists(words, max_size=3), seed=st.integers(0, 2**31 - 1))
def test_a_written_recipe_reads_back_equal(tmp_path_factory, text, lr, loggers, seed):
    stage = Stage("a-1", steps=3, optimizer=Optimizer(lr=lr), data={"phase": lr})
    recipe = ToyRecipe("toy", text, seed, [stage, Stage("b", epochs=1)], Engine(loggers=loggers), Card(text))
    path = tmp_path_factory.mktemp("recipe") / "recipe.toml"
    path.write_text(recipe_text(recipe), encoding="utf-8")
    assert read_recipe(path, ToyRecipe) == recipe


def test_a_written_recipe_explains_every_key(file):
    for line in recipe_text(read_recipe(file, ToyRecipe)).splitlines():
        assert not line or line.startswith(("[", "#")) or "  # " in line or len(line) < 100


class Color(Enum):
    RED = "r"
    BLUE = "b"


@dataclass(frozen=True)
class Inner:
    """All kinds of values.

    Args:
        color, mode: by name.
        limit: or none.
    """

    color: Color = Color.RED
    mode: Literal["a", "b"] = "a"
    limit: int | None = None
    sizes: tuple[int, ...] = (1, 2)
    weights: dict[str, float] = field(default_factory=lambda: {"kl": 1.0})
    folder: Path = Path("data")
    nested: ToyModel | None = None


@dataclass(frozen=True)
class AllKinds(Recipe):
    model: Inner = field(default_factory=Inner)


def test_values_of_all_kinds_read_back_equal(tmp_path):
    inner = Inner(Color.BLUE, "b", 3, (4,), {"kl": 0.5, "a b": 2.0}, Path("x/y"), ToyModel(3))
    for number, recipe in enumerate([AllKinds("toy", model=inner), AllKinds("toy")]):
        path = tmp_path / f"{number}.toml"
        path.write_text(recipe_text(recipe))
        assert read_recipe(path, AllKinds) == recipe
    changes = {"color": "RED", "limit": "none", "sizes": "[1, 2]", "weights.kl": "1", "nested.width": "5"}
    changed = read_recipe(tmp_path / "0.toml", AllKinds, [(f"model.{key}", text) for key, text in changes.items()])
    assert changed.model == Inner(Color.RED, "b", None, (1, 2), {"kl": 1.0, "a b": 2.0}, Path("x/y"), ToyModel(5))
    with pytest.raises(PoseloomError, match=r"model\.color: expected one of"):
        read_recipe(tmp_path / "0.toml", AllKinds, [("model.color", "GREEN")])


def test_a_stage_overlays_data():
    assert overlaid(ToyData(noise=0.3), {"phase": 1}) == ToyData(noise=0.3, phase=1.0)


def test_the_differing_key_is_named():
    first, second = (plain(ToyRecipe(stages=[Stage("a", epochs=1, clip=clip)])) for clip in (1.0, 2.0))
    assert differing_key(first, second) == "stages.a.clip" and differing_key(first, first) is None
