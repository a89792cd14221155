"""Every generator of pose transfer with one small budget on the same pairs, one row of a table each.

    python tools/transfer_table.py TRAINING HELD_OUT --out FOLDER [--seconds 240] [--pairs 240] [--only NAME ...]

TRAINING and HELD_OUT are tables of `poseloom data render --same-person N --same-place`. Each system is built at a small
width, its steps are timed, and it trains for as many as fit into the seconds of CPU time. FOLDER/NAME.json holds its
figures; what is there is not done again. The table comes out on standard output.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from poseloom.tasks.common.recipes import open_recipe
from poseloom.tasks.transfer.evaluate import held_out_figures
from poseloom.tasks.transfer.judges import Judges
from poseloom.tasks.transfer.models.inputs import COARSE, FINAL
from poseloom.tasks.transfer.pairs import PairData, PairPictures
from poseloom.training import Observer, fit

_TIMED = 4
"""Steps of each stage that are timed."""
_BATCH = 8
_RATE = "5e-4"
Options = list[tuple[str, str]]
_PG2: Options = [("model.base", "24"), ("model.judge_base", "16")]
_RES: Options = [("model.base", "16"), ("model.blocks", "4"), ("model.judge_base", "16"), ("loss.perceptual", "0")]
_DPIG: Options = [("model.base", "24"), ("model.judge_base", "16"), ("model.hidden", "128")]
SYSTEMS: dict[str, tuple[str, Options, dict[str, float]]] = {
    "default": ("transfer/default", [], {"pixels": 1.0}),
    "small": ("transfer/small", [], {"pixels": 1.0}),
    "PG2": ("transfer/pg2", _PG2, {"coarse": 0.6, "detail": 0.4}),
    "Mobile PG2": ("transfer/mobile-pg2", _PG2, {"coarse": 0.6, "detail": 0.4}),
    "PN-GAN": ("transfer/pngan-pairs", _RES, {"train": 1.0}),
    "PATN": ("transfer/patn", [*_RES, ("model.judge_blocks", "1")], {"train": 1.0}),
    "DPIG": ("transfer/dpig", _DPIG, {"appearance": 1.0}),
}
"""Row -> recipe, sizes, and the share of the seconds that each stage gets."""


class Clock(Observer):
    """CPU seconds of a step, without the first."""

    def __init__(self) -> None:
        self.steps, self.began = 0, 0.0

    def stepped(self, step: int, losses: Any) -> None:
        self.steps += 1
        if self.steps == 1:
            self.began = time.process_time()
        self.each = (time.process_time() - self.began) / max(self.steps - 1, 1)


def opened(name: str, table: str, stage: str, steps: int) -> tuple[Any, Any]:
    """Task and recipe with one stage of so many steps."""
    address, sizes, _ = SYSTEMS[name]
    data = [("data.table", table), ("data.frame", "pair"), ("data.epoch", "800"), ("data.held_out", "1")]
    engine = [("engine.loggers", "[]"), ("engine.accelerator", "cpu"), ("engine.save_minutes", "1000")]
    at = f"stages.{stage}"
    own = [(f"{at}.steps", str(steps)), (f"{at}.epochs", "0"), (f"{at}.batch_size", str(_BATCH))]
    if name not in ("default",):
        own.append((f"{at}.optimizer.lr", _RATE))
    task, recipe = open_recipe(address, [*data, *engine, *sizes, *own])
    return task, recipe


def trained(name: str, table: str, seconds: float, folder: Path) -> tuple[Any, dict[str, int]]:
    """The learner after its stages, and their steps."""
    _, _, shares = SYSTEMS[name]
    steps: dict[str, int] = {}
    for stage, share in shares.items():
        task, recipe = opened(name, table, stage, _TIMED)
        clock = Clock()
        kept = [one for one in recipe.stages if one.name == stage]
        if "coarse" in shares and stage == "coarse":
            kept = kept[:1]
        timed = replace(recipe, stages=kept)
        fit(task.build(timed), timed, folder / f"timed-{stage}", resume=False, observer=clock)
        steps[stage] = max(2, round(seconds * share / clock.each))
    task, recipe = opened(name, table, next(iter(shares)), 1)
    stages = []
    for stage, count in steps.items():
        _, one = opened(name, table, stage, count)
        stages += [own for own in one.stages if own.name == stage]
    recipe = replace(recipe, stages=stages)
    learner = task.build(recipe)
    fit(learner, recipe, folder / "run", resume=False)
    return learner, steps


def figures_of(made: Any, table: str, pairs: int, keypoints: bool = True) -> dict[str, float]:
    """The figures of so many held-out pairs, spread over all people; PCKh as well."""
    data = PairPictures(PairData(table=table, frame="pair"), "val")
    data.ends = data.ends[:: max(1, len(data.ends) // pairs)]
    with torch.no_grad():
        return held_out_figures(made, data.batches(16, pairs), judges=Judges(keypoints=keypoints))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("training")
    parser.add_argument("held_out")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=240)
    parser.add_argument("--pairs", type=int, default=240)
    parser.add_argument("--only", nargs="*", default=[])
    asked = parser.parse_args()
    torch.set_num_threads(1)
    asked.out.mkdir(parents=True, exist_ok=True)
    for name in asked.only or SYSTEMS:
        file = asked.out / f"{name.replace(' ', '-')}.json"
        if file.exists():
            continue
        began = time.process_time()
        learner, steps = trained(name, asked.training, asked.seconds, asked.out / name.replace(" ", "-"))
        spent = time.process_time() - began
        learner.eval()
        count = sum(one.numel() for one in learner.model.parameters()) / 1e6
        figures = figures_of(learner.generate, asked.held_out, asked.pairs)
        file.write_text(json.dumps({"steps": steps, "seconds": spent, "parameters": count, **figures}, indent=1))
    plain = asked.out / "copy.json"
    if not plain.exists():
        source = figures_of(lambda batch: {FINAL: batch.inputs.source}, asked.held_out, asked.pairs)
        plain.write_text(json.dumps(source, indent=1))
    for file in sorted(asked.out.glob("*.json")):
        row = json.loads(file.read_text())
        cells = [f"{row.get(one, float('nan')):.3f}" for one in ("ssim", "mask_ssim", "l1", "pckh", f"{COARSE}_ssim")]
        print(
            "| "
            + " | ".join([file.stem, f"{row.get('parameters', 0):.2f} M", str(row.get("steps", "")), *cells])
            + " |"
        )


if __name__ == "__main__":
    main()
