"""Put a space, or what tells its bodies, among the models that the package ships.

    python tools/ship_space.py RUN embedding --table VAL [--split val] [--pictures DIR] [--features DIR]
    python tools/ship_space.py RUN embedding_bodies --table VAL ...

The weights are stored as int8. Their card is made anew: its words come from the recipe as it stands in the package
now, its figures from the protocol over a split of the table, by the weights as they are stored. The card of a
space names the text-pose model beneath it by two checksums, as it is and as int8, since both give the same figures.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from quantise import quantise
from ship_model import WEIGHTS

from poseloom.checkpoints.registry import model_path
from poseloom.tasks.common.recipes import open_recipe
from poseloom.tasks.embedding.encoders.choice import Encoders
from poseloom.tasks.embedding.head_predict import SPACE, SPACE_DIGEST
from poseloom.tasks.embedding.predict import DIGESTS
from poseloom.training import evaluate, read_recipe
from poseloom.training.export import card_path, read_card

SHIPPED = "embedding"


def ship(run: Path, name: str, data: dict[str, Any], split: str = "val") -> None:
    """Store a run's model, measure it, and write both files."""
    target = WEIGHTS / f"{name}.safetensors"
    before, after = quantise(str(run / "model.safetensors"), target)
    card = read_card(target)
    task, current = open_recipe(f"{card.task}/{card.name}")
    recipe = read_recipe(run / "recipe.toml", task.recipe)
    recipe = replace(recipe, data=replace(recipe.data, **data))
    if name != SHIPPED:
        recipe = replace(recipe, space=SHIPPED)
    told = json.loads(card_path(target).read_text(encoding="utf-8"))
    told["figures"] = evaluate(task.build(recipe), split, weights=target)
    told["card"] = asdict(current.card)
    told["recipe"]["card"] = told["card"]
    told["recipe"]["data"] |= {key: Path(told["recipe"]["data"][key]).name for key in ("table", "pictures", "features")}
    told["extras"] |= _beneath(name, told["extras"])
    if name != SHIPPED:
        told["recipe"]["space"] = SHIPPED
    card_path(target).write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{target.name}: {before / 1e6:.2f} -> {after / 1e6:.2f} MB", json.dumps(told["figures"]))


def _beneath(name: str, extras: dict[str, Any]) -> dict[str, Any]:
    """What the card says of the models beneath: of a space its encoders, of what tells bodies its space."""
    if name != SHIPPED:
        content = (WEIGHTS / f"{SHIPPED}.safetensors").read_bytes()
        return {SPACE: f"{SHIPPED}.safetensors", SPACE_DIGEST: hashlib.sha256(content).hexdigest()}
    digests: dict[str, list[str]] = {one: [value] for one, value in extras[DIGESTS].items()}
    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder) / "retrieval.safetensors"
        quantise(str(model_path("retrieval")), small)
        encoders = Encoders(pose_weights=str(small), text_weights=str(small))
        for one in ("pose", "text"):
            digests[one] = list(dict.fromkeys([*digests[one], encoders.open(one).digest_key()]))
    return {DIGESTS: digests}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("name", choices=(SHIPPED, f"{SHIPPED}_bodies"))
    for option in ("table", "pictures", "features"):
        parser.add_argument(f"--{option}", default="")
    parser.add_argument("--split", default="val", help="of the table")
    parser.add_argument("--held-out", type=int, default=1000, help="rows that are measured, the first ones")
    given = parser.parse_args()
    data = {"table": given.table, "pictures": given.pictures, "features": given.features, "held_out": given.held_out}
    ship(given.run, given.name, data, given.split)


if __name__ == "__main__":
    main()
