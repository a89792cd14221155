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

from poseloom.tasks.recipes import open_recipe
from poseloom.training import evaluate, read_recipe
from poseloom.training.export import card_path

WEIGHTS = Path(__file__).parent.parent / "src" / "poseloom" / "checkpoints" / "weights"
_FILES = (("data", "held_out"), ("start", "text"), ("judge", "model"))


def ship(run: Path) -> None:
    """Measure a run's model and copy it."""
    source = run / "model.safetensors"
    card = json.loads(card_path(source).read_text(encoding="utf-8"))
    task, current = open_recipe(f"{card['task']}/{card['name']}")
    learner = task.build(read_recipe(run / "recipe.toml", task.recipe))
    card["figures"] = evaluate(learner, weights=source)
    card["card"] = asdict(current.card)
    recipe = card["recipe"]
    recipe["card"] = card["card"]
    recipe["data"]["files"] = [Path(one).name for one in recipe["data"]["files"]]
    for section, key in _FILES:
        if recipe.get(section, {}).get(key):
            recipe[section][key] = Path(recipe[section][key]).name
    WEIGHTS.mkdir(exist_ok=True)
    target = WEIGHTS / f"{card['task']}.safetensors"
    shutil.copyfile(source, target)
    card_path(target).write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(card["task"], json.dumps(card["figures"]))


if __name__ == "__main__":
    for name in sys.argv[1:]:
        ship(Path(name))
