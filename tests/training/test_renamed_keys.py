"""Recipes, cards, weights and checkpoints of earlier versions are read under the names that things have now."""

from dataclasses import fields
from pathlib import Path

import pytest
import torch

import poseloom.checkpoints
from poseloom.base.errors import PoseloomError
from poseloom.tasks import DEFAULT, TASKS
from poseloom.tasks.common.recipes import open_recipe, task_of
from poseloom.training.checkpoint import read_checkpoint, write_checkpoint
from poseloom.training.export import read_card, read_model
from poseloom.training.recipe_files import build
from poseloom.training.renamed_keys import (
    FIGURES,
    RECIPE_KEYS,
    present_checkpoint,
    present_key,
    present_recipe,
    present_weights,
)

WEIGHTS = Path(poseloom.checkpoints.__file__).parent / "weights"
SHIPPED = sorted(path for path in WEIGHTS.glob("*.json") if path.stem != "keypoints")


@pytest.mark.parametrize("card", SHIPPED, ids=lambda path: path.stem)
def test_recipes_and_figures_of_shipped_cards_have_the_present_names(card):
    held = read_card(card)
    recipe = build(task_of(held.recipe).recipe, held.recipe)
    for section in ("model", "data"):
        known = {one.name for one in fields(getattr(recipe, section))}
        assert set(held.recipe[section]) <= known
    assert not set(held.figures) & set(FIGURES)


@pytest.mark.parametrize("name", ["generation", "editing"])
def test_sizes_and_weights_of_shipped_models_are_kept(name):
    card, weights = read_model(WEIGHTS / f"{name}.safetensors")
    model = card.recipe["model"]
    assert model["temperature"] == 0.7 and model["guidance_step_size"] == 0.7 and model["flow"]["time_samples"] == 4
    assert model["guidance_steps"] == {"generation": 2, "editing": 3}[name]
    assert card.recipe["data"]["condition_dropout"] == 0.06 and card.recipe["data"]["telegraphic"] == 0.3
    assert "flow.geometry_deviation" in weights and "flow.blocks.0.modulation.weight" in weights
    assert any(one.startswith("classifier.tower.") for one in weights)
    assert present_weights(weights).keys() == weights.keys()


def test_a_recipe_file_with_old_keys_is_read(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        'task = "generation"\n[model]\nnudges = 5\nflow = { draws = 2 }\n[data]\nclipped = 0.25\n'
        "[[stages]]\nsteps = 3\ndata = { wordless = 0.5 }\n"
    )
    _, recipe = open_recipe(str(path), [("data.partly", "0.125"), ("model.judge.width", "32")])
    assert recipe.model.guidance_steps == 5 and recipe.model.flow.time_samples == 2
    assert recipe.data.telegraphic == 0.25 and recipe.data.partial_texts == 0.125
    assert recipe.model.classifier.width == 32 and recipe.stages[0].data == {"condition_dropout": 0.5}


def test_an_old_key_beside_its_present_one_is_refused(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('task = "retrieval"\n[data]\nclipped = 0.25\ntelegraphic = 0.5\n[[stages]]\nsteps = 3\n')
    with pytest.raises(PoseloomError, match="clipped"):
        open_recipe(str(path))


def test_keys_of_the_same_word_elsewhere_stay():
    values = {"judge": {"model": "a"}, "model": {"speaker": {"spread": 1}}, "data": {"batches": 2}}
    assert present_recipe(values) == values
    assert (
        present_key("judge.model") == "judge.model"
        and present_key("stages.a.data.clipped") == "stages.a.data.telegraphic"
    )


def test_a_checkpoint_is_read_with_the_names_of_the_present_model(tmp_path):
    old = ("model.judge.tower.0.weight", "model.flow.told", "model.flow.blocks.1.steer.bias", "model.text.judge")
    new = (
        "model.classifier.tower.0.weight",
        "model.flow.geometry_deviation",
        "model.flow.blocks.1.modulation.bias",
        "model.text.judge",
    )
    state = {name: torch.tensor([float(place)]) for place, name in enumerate(old)}
    best = {"train": {"step": 2, "figure": 3.0, "figures": {"best_mpje": 3.0, "facts": 50.0}}}
    progress = {"best": best, "sums": {"judge": torch.ones(1)}, "summed": {"judge": 4}}
    content = {"task": "generation", "recipe": {"data": {"clipped": 0.5}}, "weights": state, "progress": progress}
    write_checkpoint(tmp_path / "a.ckpt", {**content, "average": {"updates": 1, "averages": state}})
    read = read_checkpoint(tmp_path / "a.ckpt")
    assert tuple(read["weights"]) == tuple(read["average"]["averages"]) == new
    assert [value.item() for value in read["weights"].values()] == [0, 1, 2, 3]
    assert read["recipe"] == {"data": {"telegraphic": 0.5}}
    assert read["progress"]["best"]["train"]["figures"] == {"best_mpjpe": 3.0, "facts": 50.0}
    assert read["progress"]["summed"] == {"classifier": 4} and set(read["progress"]["sums"]) == {"classifier"}
    assert present_checkpoint(read).keys() == read.keys()


def test_present_names_are_keys_of_some_task_and_old_ones_of_none():
    known = set()
    for task in (name for name, declared in TASKS.items() if DEFAULT in declared.learners):
        recipe = task_of({"task": task}).recipe()
        for section in ("data", "model"):
            known |= _keys(getattr(recipe, section, None), section)
    assert set(RECIPE_KEYS.values()) <= known
    assert not set(RECIPE_KEYS) & known


def _keys(section, where):
    names = {one.name for one in fields(section)} if hasattr(section, "__dataclass_fields__") else set()
    inner = [_keys(getattr(section, name), f"{where}.{name}") for name in names]
    return {f"{where}.{name}" for name in names}.union(*inner)
