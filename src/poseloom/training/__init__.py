"""The one way of training and evaluating: recipes, the loop, checkpoints, loggers, caches.

The names below are imported when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseloom.base.lazy import names_of

if TYPE_CHECKING:
    from poseloom.training.batches import Batches, DatasetBatches, MadeBatches, Share
    from poseloom.training.evaluation import evaluate, load_file
    from poseloom.training.export import ModelCard, export_model, read_card, read_model
    from poseloom.training.feature_cache import FeatureCache, Features
    from poseloom.training.fitting import RunResult, fit
    from poseloom.training.gathering import gather_features
    from poseloom.training.learner import Learner, Monitor, Position
    from poseloom.training.mixes import Mix, MixedBatches
    from poseloom.training.observer import Observer
    from poseloom.training.recipe import Card, Engine, Optimizer, Recipe, Schedule, Stage, TurnOptions
    from poseloom.training.recipe_files import overlaid, read_recipe, recipe_text
    from poseloom.training.sample_store import SampleStore
    from poseloom.training.task import Task
    from poseloom.training.turns import ParameterGroup, Turn

_HOME = {
    "Batches": "batches",
    "Card": "recipe",
    "DatasetBatches": "batches",
    "FeatureCache": "feature_cache",
    "Features": "feature_cache",
    "Engine": "recipe",
    "Learner": "learner",
    "MadeBatches": "batches",
    "ModelCard": "export",
    "Monitor": "learner",
    "Observer": "observer",
    "Optimizer": "recipe",
    "Mix": "mixes",
    "MixedBatches": "mixes",
    "ParameterGroup": "turns",
    "SampleStore": "sample_store",
    "Turn": "turns",
    "TurnOptions": "recipe",
    "Position": "learner",
    "Recipe": "recipe",
    "RunResult": "fitting",
    "Schedule": "recipe",
    "Share": "batches",
    "Stage": "recipe",
    "Task": "task",
    "evaluate": "evaluation",
    "export_model": "export",
    "fit": "fitting",
    "gather_features": "gathering",
    "load_file": "evaluation",
    "overlaid": "recipe_files",
    "read_card": "export",
    "read_model": "export",
    "read_recipe": "recipe_files",
    "recipe_text": "recipe_files",
}
__all__ = [
    "Batches",
    "Card",
    "DatasetBatches",
    "Engine",
    "FeatureCache",
    "Features",
    "Learner",
    "MadeBatches",
    "Mix",
    "MixedBatches",
    "ModelCard",
    "Monitor",
    "Observer",
    "Optimizer",
    "ParameterGroup",
    "Position",
    "Recipe",
    "RunResult",
    "SampleStore",
    "Schedule",
    "Share",
    "Stage",
    "Task",
    "Turn",
    "TurnOptions",
    "evaluate",
    "export_model",
    "fit",
    "gather_features",
    "load_file",
    "overlaid",
    "read_card",
    "read_model",
    "read_recipe",
    "recipe_text",
]

__getattr__ = names_of(__name__, _HOME)
