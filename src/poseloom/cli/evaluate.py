"""``poseloom evaluate``: the numbers of a trained model by its task's protocol."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poseloom.base.errors import PoseloomError
from poseloom.cli import options, printing
from poseloom.cli.overrides import add_device, add_recipe, parse_rest

if TYPE_CHECKING:
    from poseloom.training.recipe import Recipe
    from poseloom.training.task import Task

_CHECKPOINT, _EXPORTED = ".ckpt", ".safetensors"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    what = "folder of a run, a checkpoint, an exported or a shipped model, or a recipe with --weights"
    add_recipe(parser, "model", what, _add_options)


def run(arguments: argparse.Namespace) -> None:
    overrides = parse_rest(arguments, _add_options)
    task, recipe, weights = _opened(arguments.model, overrides, arguments.weights)
    from poseloom.results import Evaluated
    from poseloom.training.evaluation import evaluate, evaluation_device

    learner = task.build(recipe).to(evaluation_device(recipe.engine))
    figures = evaluate(learner, arguments.split, weights=weights, seed=arguments.seed)
    if arguments.json:
        published = learner.published()
        printing.print_json(Evaluated(recipe.task, recipe.name, weights, arguments.split, figures, published))
        return
    print(f"{recipe.task}/{recipe.name} on {arguments.split}, weights of {weights}:")
    for name, value in figures.items():
        print(f"  {name:32} {value:.6g}")
    _print_beside(learner.published())


def _print_beside(published: Mapping[str, Mapping[str, float]]) -> None:
    if published:
        print("published by others, on their own data:")
    for row, figures in published.items():
        print(f"  {row}: " + ", ".join(f"{name} {value:.6g}" for name, value in figures.items()))


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--weights", type=Path, metavar="FILE", help="a checkpoint or an exported model for a recipe")
    parser.add_argument("--split", default="val", metavar="NAME", help="of the data (default: val)")
    parser.add_argument("--seed", type=int, metavar="S", help="of what the protocol draws (default: the recipe's)")
    add_device(parser)
    options.add_json(parser)


def _opened(address: str, overrides: list[tuple[str, str]], weights: Path | None) -> tuple[Task, Recipe, Path]:
    """Task, recipe and weights that an address names."""
    from poseloom.checkpoints.registry import model_path, shipped_names
    from poseloom.tasks import task_of
    from poseloom.tasks.common.recipes import open_recipe
    from poseloom.training.recipe_files import recipe_of

    found = _with_weights(model_path(address) if address in shipped_names() else Path(address))
    if found is None:
        chosen, recipe = open_recipe(address, overrides)
        if weights is None:
            raise PoseloomError(f"{address}: a recipe has no weights; name them with --weights, or a run or a model")
        return chosen, recipe, weights
    values, path = found
    chosen = task_of(values)
    return chosen, recipe_of(values, chosen.recipe, overrides, address), weights or path


def _with_weights(path: Path) -> tuple[dict[str, Any], Path] | None:
    """Plain values of the recipe, and the weights, of a run, a checkpoint or an exported model; else None."""
    from poseloom.training.checkpoint import read_checkpoint
    from poseloom.training.export import read_card
    from poseloom.training.recipe_files import read_plain
    from poseloom.training.run_folder import RunFolder

    if path.is_dir():
        folder = RunFolder(path)
        values = read_plain(folder.recipe)
        return values, folder.evaluated([stage["name"] for stage in values["stages"]])
    if path.suffix == _CHECKPOINT:
        return read_checkpoint(path)["recipe"], path
    if path.suffix == _EXPORTED:
        return read_card(path).recipe, path
    return None
