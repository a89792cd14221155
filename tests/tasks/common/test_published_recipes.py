"""The published recipes, from small tables in the releases' formats to predictors."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from published_tables import posefix_table, posescript_table, small_distilbert, tiny

import poseloom
from poseloom.training import evaluate, fit

PAIRS = ("pair_retrieval", "editing", "instruction")
ALL = ("retrieval", "generation", "captioning", *PAIRS)


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """Task -> folder of a table that it learns from."""
    folder = tmp_path_factory.mktemp("releases")
    poses, pairs = posescript_table(folder), posefix_table(folder)
    return {task: pairs if task in PAIRS else poses for task in ALL}


@pytest.fixture(scope="module")
def runs(tables, tmp_path_factory):
    """Task -> result of a whole run of its tiny published recipe."""
    folder = tmp_path_factory.mktemp("runs")
    results = {}
    for task in ALL:
        chosen, recipe = tiny(task, tables[task])
        results[task] = fit(chosen.build(recipe), recipe, folder / task)
    return results


@pytest.mark.parametrize("task", ALL)
def test_two_stages_are_trained_and_exported(runs, task):
    result = runs[task]
    assert set(result.stages) == {"pretrain", "finetune"} and result.model.exists()
    assert all(value == value for value in result.figures.values())
