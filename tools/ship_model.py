"""Put the model of a finished run among those that the package ships.

    python tools/ship_model.py RUN [RUN ...]

The weights go to src/poseloom/checkpoints/weights/TASK.safetensors as they are. Their card is made anew: its words
come from the recipe as it stands in the package now, its figures from the task's whole protocol, and files that were
named on the command line of the run are told by their names alone.
"""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from poseloom.tasks.common.recipes import open_recipe
from poseloom.training import evaluate, read_recipe
from poseloom.training.export import card_path

WEIGHTS = Path(__file__).parent.parent / "src" / "poseloom" / "checkpoints" / "weights"
_FILES = (
    ("data", "files"),
    ("data", "held_out"),
    ("data", "index"),
    ("data", "poses"),
    ("data", "pairs"),
    ("data", "textless"),
    ("data", "table"),
    ("data", "images"),
    ("data", "people"),
    ("data", "begin"),
    ("start", "text"),
    ("start", "model"),
    ("judge", "model"),
)
"""Section and key of what may name files; other values of the same names stay."""


def ship(run: Path) -> None:
    """Measure a run's model and copy it."""
    source = run / "model.safetensors"
    card = json.loads(card_path(source).read_text(encoding="utf-8"))
    task, current = open_recipe(f"{card['task']}/{card['name']}")
    learner = task.build(read_recipe(run / "recipe.toml", task.recipe))
    card["figures"] = evaluate(learner, weights=source)
    card["card"] = asdict(current.card)
    card["recipe"]["card"] = card["card"]
    _leave_out_folders(card["recipe"])
    WEIGHTS.mkdir(exist_ok=True)
    target = WEIGHTS / f"{card['task']}.safetensors"
    shutil.copyfile(source, target)
    card_path(target).write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(card["task"], json.dumps(card["figures"]))


def _leave_out_folders(recipe: dict[str, Any]) -> None:
    """Files of the command line by their names alone."""
    for section, key in _FILES:
        value = recipe.get(section, {}).get(key)
        if value and isinstance(value, str):
            recipe[section][key] = Path(value).name
        elif isinstance(value, list):
            recipe[section][key] = [Path(one).name for one in value]


if __name__ == "__main__":
    for name in sys.argv[1:]:
        ship(Path(name))
