"""``poseloom train``: train a recipe, or go on where training stopped."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from poseloom.base.errors import FileError
from poseloom.cli import messages, options, overrides, printing
from poseloom.cli.overrides import add_recipe, parse_rest

if TYPE_CHECKING:
    from poseloom.training.fitting import RunResult
    from poseloom.training.recipe import Recipe

RUNS = Path("runs")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from poseloom.tasks.common.recipes import recipe_names

    add_recipe(parser, "recipe", "TASK/NAME of a recipe that poseloom has, or a TOML, JSON or YAML file", _add_options)
    parser.epilog = f"Recipes: {', '.join(recipe_names()) or 'none'}."


def run(arguments: argparse.Namespace) -> None:
    values = parse_rest(arguments, _add_options)
    from poseloom.tasks.common.recipes import open_recipe

    task, recipe = open_recipe(arguments.recipe, values)
    if arguments.print_config or arguments.keys:
        from poseloom.training.recipe_files import recipe_text

        print(recipe_text(recipe), end="")
        return
    out = arguments.out or RUNS / f"{recipe.task}-{recipe.name}"
    if arguments.restart:
        _discard(out)
    from poseloom.cli.train_progress import progress_observer
    from poseloom.training.fitting import fit

    observer = progress_observer(quiet=arguments.json or messages.is_quiet())
    try:
        result = fit(task.build(recipe), recipe, out, observer=observer)
    except KeyboardInterrupt:
        print(f"poseloom: stopped; the same command goes on from {out}", file=sys.stderr)
        sys.exit(130)
    _report(result, recipe, arguments.json)


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder of the run (default: runs/TASK-NAME)")
    parser.add_argument("--restart", action="store_true", help="throw away the run that the folder holds")
    parser.add_argument("--print-config", action="store_true", help="print the whole recipe as TOML and stop")
    overrides.add_device(parser)
    options.add_alias(parser, "--print_config", "print_config", action="store_true")
    options.add_json(parser)


def _discard(out: Path) -> None:
    """Remove a run, and nothing that is not one."""
    from poseloom.training.run_folder import RunFolder

    if not out.exists():
        return
    if not RunFolder(out).recipe.exists():
        raise FileError(out, "holds no run", remedy="--restart removes runs alone; choose another folder")
    shutil.rmtree(out)


def _report(result: RunResult, recipe: Recipe, as_json: bool) -> None:
    if as_json:
        from poseloom.results import Trained

        printing.print_json(Trained(recipe.task, recipe.name, result.folder, result.model, result.figures))
        return
    print(f"best of {recipe.task}/{recipe.name} on the validation split:")
    for name, value in result.figures.items():
        print(f"  {name:24} {value:.6g}")
    print(f"run    {result.folder}")
    print(f"model  {result.model}")
