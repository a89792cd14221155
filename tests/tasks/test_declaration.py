"""What a task declares is what lists, recipes, commands and models know of it: one folder, one declaration."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import poseloom
import poseloom.tasks
from poseloom.base.errors import PoseloomError
from poseloom.checkpoints import registry
from poseloom.checkpoints.published_kinds import kind_named, published_kinds
from poseloom.tasks import TASKS, task
from poseloom.tasks.common.recipes import open_recipe, recipe_names
from poseloom.tasks.declaration import declared_in

ROOT = Path(__file__).resolve().parents[2]
FOLDER = {
    "__init__.py": """
        from poseloom.tasks.declaration import Declaration
        DECLARATION = Declaration(
            __name__, "angle -> height of a hand", model="HandHeight", offers=("height",), shipped=True
        )
    """,
    "objective.py": """
        from dataclasses import dataclass
        import torch
        from torch import nn
        from poseloom.training import Learner, MadeBatches, Monitor, Recipe, Task

        @dataclass(frozen=True)
        class HandRecipe(Recipe):
            '''How the height of a hand is learned.'''

        class HandLearner(Learner):
            monitor = Monitor("error", "min")

            def __init__(self, recipe):
                super().__init__(recipe)
                self.model = nn.Linear(2, 1)

            def batches(self, share):
                return MadeBatches(made, share, 50)

            def losses(self, batch):
                angles, heights = batch
                return {"total": (self.model(seen(angles)) - heights).square().mean()}

            def validate(self):
                return {"error": self.losses(made(0, 64))["total"].item()}

        def seen(angles):
            return torch.cat([angles.sin(), angles.cos()], -1)

        def made(seed, count):
            angles = torch.rand(count, 1, generator=torch.Generator().manual_seed(seed)) * 3
            return angles, 0.5 * angles.sin() + 1.4

        TASK = Task("hand_height", "angle -> height of a hand", HandRecipe, HandLearner)
    """,
    "predict.py": """
        import torch
        from poseloom.training.export import read_model
        from poseloom.tasks.hand_height.objective import seen

        class HandHeight:
            task = "hand_height"

            def __init__(self, card, model):
                self.card, self.model = card, model

            def height(self, angle):
                with torch.inference_mode():
                    return self.model(seen(torch.tensor([[angle]]))).item()

        def open_model(path):
            card, weights = read_model(path, "hand_height")
            model = torch.nn.Linear(2, 1)
            model.load_state_dict(weights)
            return HandHeight(card, model)
    """,
    "recipes/tiny.toml": """
        task = "hand_height"
        name = "tiny"
        [engine]
        accelerator = "cpu"
        loggers = []
        [[stages]]
        name = "learn"
        epochs = 4
        batch_size = 64
        optimizer = { lr = 0.05 }
    """,
}


@pytest.fixture
def hand_height(tmp_path, monkeypatch):
    """A folder beside the others, and nothing else."""
    folder = tmp_path / "more" / "hand_height"
    for name, text in FOLDER.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(re.sub(r"(?m)^ {8}", "", text))
    monkeypatch.setattr(poseloom.tasks, "__path__", [*poseloom.tasks.__path__, str(folder.parent)])
    found = declared_in(poseloom.tasks)
    assert list(found) == [*TASKS, "hand_height"]
    monkeypatch.setitem(TASKS, "hand_height", found["hand_height"])
    yield
    for name in [name for name in sys.modules if name.startswith("poseloom.tasks.hand_height")]:
        del sys.modules[name]
    vars(poseloom.tasks).pop("hand_height", None)


def test_a_folder_with_a_declaration_is_trained_exported_loaded_and_listed(hand_height, command, tmp_path, monkeypatch):
    assert "hand_height/tiny" in recipe_names()
    assert command("train", "hand_height/tiny", "--out", tmp_path / "run")[0] == 0
    model = poseloom.load_model(tmp_path / "run" / "model.safetensors", "hand_height")
    assert model.height(1.5) == pytest.approx(1.9, abs=0.1) and model.height(0.0) == pytest.approx(1.4, abs=0.1)
    (tmp_path / "weights").mkdir()
    monkeypatch.setattr(registry, "WEIGHTS", tmp_path / "weights")
    (tmp_path / "run" / "model.safetensors").rename(tmp_path / "run" / "hand_height.safetensors")
    (tmp_path / "run" / "model.json").rename(tmp_path / "run" / "hand_height.json")
    made = command("models", "export", tmp_path / "run" / "hand_height.safetensors", "--out", tmp_path / "weights")
    assert made[0] == 0
    rows = json.loads(command("models", "list", "--json")[1])["models"]
    assert [row["name"] for row in rows if row["here"]] == ["hand_height"]
    assert len(rows) == sum(one.shipped + len(one.companions) for one in TASKS.values()) + 1
    assert poseloom.load_model("hand_height").height(1.5) == pytest.approx(1.9, abs=0.1)


def test_without_its_folder_nothing_knows_it():
    with pytest.raises(PoseloomError, match="'hand_height' is unknown"):
        task("hand_height")
    assert not any(name.startswith("hand_height") for name in recipe_names())


def test_to_declare_imports_nothing_that_is_slow():
    code = "import sys, poseloom.tasks as t; print(len(t.TASKS), sorted({'torch', 'numpy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"{len(TASKS)} []"


@pytest.mark.parametrize("name", TASKS)
def test_what_is_declared_is_there(name):
    declared = TASKS[name]
    model = getattr(import_module(declared.predictor, declared.package), declared.model)
    assert model.task == declared.name == name
    assert all(callable(getattr(model, method)) for method in declared.offers)
    assert all(declared.learner(algorithm).name == name for algorithm in declared.learners)
    addressed = {open_recipe(address)[0].recipe for address in declared.recipes()}
    assert addressed == {declared.learner(algorithm).recipe for algorithm in declared.learners}


def test_released_kinds_are_those_that_the_tasks_declare():
    for kind in published_kinds():
        assert kind.name in TASKS[kind.task].released and kind_named(kind.name) is kind
    modules = [import_module(f"poseloom.tasks.{name}.released") for name in TASKS if TASKS[name].released]
    assert {kind.name for module in modules for kind in module.KINDS} == {kind.name for kind in published_kinds()}


@pytest.mark.skipif("POSELOOM_SHAPES" in os.environ, reason="what checks shapes hides the overloads")
@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python keeps overloads from 3.11 on")
def test_type_checkers_know_the_class_that_is_declared():
    from typing import get_overloads

    known = [one.__annotations__ for one in get_overloads(registry.load_model)]
    for name, declared in TASKS.items():
        for key in ("model", "task"):
            assert {one["return"] for one in known if one[key].startswith(f"Literal['{name}']")} == {declared.model}


def test_the_docs_name_every_task_with_what_its_models_offer():
    told = registry.load_model.__doc__
    table = (ROOT / "docs" / "models.md").read_text(encoding="utf-8")
    for name, declared in TASKS.items():
        assert f"``{name}``" in told and all(f"`{method}`" in told for method in declared.offers)
        assert f"| `{name}` | {declared.summary} |" in table
    published = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")
    for address in recipe_names():
        name, _, recipe = address.partition("/")
        if recipe in TASKS[name].learners and recipe != "default":
            assert f"| `{address}` |" in published
