"""Measure how sure each kind of fact must be to be told of a recovered pose: the table `picture_doubt.json`.

    python tools/picture_doubt.py PAIRS [--model lifting.safetensors] [--write]

The people are those of the pairs on which the lifter is not trained. Of each kind the least agreement of the poses
around a recovered one is taken at which nine of ten facts hold for the true pose, or 1 where it never comes so far.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path

import torch

from poseloom.checkpoints.people import lifter_of
from poseloom.images.roi import Roi
from poseloom.language.description import doubt
from poseloom.language.description.describe import figures
from poseloom.language.description.fact import Fact
from poseloom.language.description.facts import facts_of
from poseloom.language.description.figure import Figure
from poseloom.language.description.truth import joined_truths, truth_of
from poseloom.language.description.unseen import told as seen_facts
from poseloom.language.tables import TABLES
from poseloom.pose import BODY_JOINTS, Pose
from poseloom.results.keypoints import Keypoints
from poseloom.tasks.lifting.drawing import SIDE
from poseloom.tasks.lifting.objective import held_out_shard
from poseloom.tasks.lifting.pairs import read_pairs
from poseloom.tasks.lifting.predict import open_model
from poseloom.tasks.mesh_recovery.predict import recover_bodies

_FILE = TABLES / "picture_doubt.json"
WANTED = 0.9
_STEPS = tuple(round(0.5 + 0.02 * step, 2) for step in range(26))
_FEWEST = 12
"""Facts of a kind that say something of it; the kinds with fewer are taken together."""
_FINGERS = "hand.shape"
"""Kinds of which the drawn people know nothing."""
Row = tuple[float, bool]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--model", type=Path, help="another lifter than the shipped one")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    torch.set_num_threads(1)
    found = facts_found(given.pairs, given.model)
    usual = threshold([row for rows in found.values() if len(rows) < _FEWEST for row in rows])
    own = {kind: threshold(rows) for kind, rows in sorted(found.items()) if len(rows) >= _FEWEST}
    table = json.loads(_FILE.read_text(encoding="utf-8"))
    table["told"], table["told_of"] = usual, own
    kept = [row for kind, rows in found.items() for row in rows if row[0] >= own.get(kind, usual)]
    print(f"{len(kept)} facts told, {100 * sum(holds for _, holds in kept) / len(kept):.1f} % of them hold")
    print(json.dumps({"told": usual, "told_of": own}))
    if given.write:
        _FILE.write_text(_text(table), encoding="utf-8")


def threshold(rows: list[Row]) -> float:
    """The least agreement from which on nearly all facts hold; 1 where there is none."""
    for step in _STEPS:
        above = [holds for share, holds in rows if share >= step]
        if len(above) >= _FEWEST // 2 and sum(above) >= WANTED * len(above):
            return step
    return 1.0


def facts_found(pairs: Path, model: Path | None) -> dict[str, list[Row]]:
    """Kind -> agreement of the poses around the recovered one, and whether the fact holds for the true pose."""
    people, rotations = people_of(pairs)
    bodies = recover_bodies(people, lifter=open_model(model) if model else lifter_of("lifted"))
    own, true = Pose(bodies.poses.rotations), Pose(rotations)
    truths = joined_truths([truth_of(figure) for figure in figures(true)])
    agreement = doubt.agreement(own, figures, bodies.doubt)
    found: dict[str, list[Row]] = defaultdict(list)
    every = [facts for figure in figures(own) for facts in told_of(figure)]
    for row, facts in enumerate(every):
        here, truly = agreement(row), truths.part(slice(row, row + 1))
        for fact in seen_facts(facts, bodies.unseen(row)):
            if not fact.name.startswith(_FINGERS):
                found[fact.name].append((float(here.fact(fact).mean()), bool(truly.fact(fact))))
    return found


def told_of(figure: Figure) -> list[list[Fact]]:
    """The facts that people are told of each pose, then those that models learn besides."""
    both = zip(facts_of(figure, slight=False), facts_of(figure), strict=True)
    return [[*people, *(fact for fact in models if fact not in people)] for people, models in both]


def people_of(pairs: Path) -> tuple[Keypoints, torch.Tensor]:
    """The people of uncut pictures on which the lifter is not trained, and their true rotations."""
    rows = read_pairs(pairs, held_out_shard)
    whole = (rows["size"] == SIDE).all(-1)
    rows = {name: values[whole] for name, values in rows.items()}
    roi = Roi(rows["roi"][:, :2], rows["roi"][:, 2], rows["roi"][:, 3])
    count = len(rows["points"])
    people = Keypoints(
        "",
        (SIDE, SIDE),
        None,
        torch.zeros(1),
        torch.zeros(count, dtype=torch.long),
        torch.arange(count),
        rows["points"],
        rows["world"],
        rows["visibility"],
        torch.ones(count),
        roi,
    )
    return people, rows["rotations"][:, :BODY_JOINTS]


def _text(table: dict[str, object]) -> str:
    """One line for each joint and kind."""
    lines = []
    for key, value in table.items():
        if isinstance(value, dict):
            inner = ",\n".join(f"  {json.dumps(name)}: {json.dumps(one)}" for name, one in value.items())
            lines.append(f"{json.dumps(key)}: {{\n{inner}\n}}")
        else:
            lines.append(f"{json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    main()
