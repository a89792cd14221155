"""Every generator of pose transfer with one small budget on the same pairs, one row of a table each.

    python tools/transfer_table.py TRAINING HELD_OUT --out FOLDER [--seconds 240] [--pairs 240] [--only NAME ...]
    python tools/transfer_table.py TRAINING HELD_OUT --out FOLDER --picture FILE [--show NAME ...]

TRAINING and HELD_OUT are tables of `poseloom data render --same-person N --same-place`; nobody is in both. Each system
is built at a small width, its steps are timed, and it trains for as many as fit into the seconds of CPU time.
FOLDER/NAME.json holds its figures, FOLDER/NAME.npy what it made; what is there is not done again. The table comes out
on standard output; `--picture` puts the pairs that the first system of `--show` made best and worst, against copying,
beside what others made.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy import ndarray as Array
from PIL import Image
from torch import Tensor

from poseloom.base.errors import FileError
from poseloom.checkpoints.registry import load_model
from poseloom.metrics.pckh import pckh
from poseloom.metrics.ssim import ssim
from poseloom.tasks.common.recipes import open_recipe
from poseloom.tasks.transfer.evaluate import Made, held_out_figures
from poseloom.tasks.transfer.judges import FoundKeypoints
from poseloom.tasks.transfer.models.inputs import COARSE, FINAL
from poseloom.tasks.transfer.pairs import PairData, PairPictures, TransferBatch
from poseloom.tasks.transfer.pictures import as_bytes, strip
from poseloom.training import Observer, fit

_TIMED = 4
"""Steps of each stage that are timed."""
_BATCH, _AT_ONCE = 8, 16
_RATE = "5e-4"
_SOURCE, _SHIPPED, _TRUTH, _POSE = "copying", "shipped", "truth", "pose"
_EXAMPLES = 5
"""Pairs in each half of the picture."""
_LOOKED_AT = 30
"""Pairs in which joints are looked for, which takes a second of each."""
Options = list[tuple[str, str]]
_PG2: Options = [("model.base", "24"), ("model.judge_base", "16")]
_RES: Options = [("model.base", "16"), ("model.blocks", "4"), ("model.judge_base", "16"), ("loss.perceptual", "0")]
_DPIG: Options = [("model.base", "24"), ("model.judge_base", "16"), ("model.hidden", "128")]
SYSTEMS: dict[str, tuple[str, Options, dict[str, float]]] = {
    "PG2-stage-1": ("transfer/pg2", _PG2, {"coarse": 1.0}),
    "PG2": ("transfer/pg2", _PG2, {"coarse": 0.6, "detail": 0.4}),
    "PATN": ("transfer/patn", [*_RES, ("model.judge_blocks", "1")], {"train": 1.0}),
    "PN-GAN": ("transfer/pngan-pairs", _RES, {"train": 1.0}),
    "DPIG": ("transfer/dpig", _DPIG, {"appearance": 1.0}),
    "Mobile-PG2": ("transfer/mobile-pg2", _PG2, {"coarse": 0.6, "detail": 0.4}),
    "shipped+sharp": ("transfer/sharp", [], {"sharp": 1.0}),
    "default": ("transfer/default", [], {"pixels": 1.0}),
    "small": ("transfer/small", [], {"pixels": 1.0}),
}
"""Row -> recipe, sizes, and the share of the seconds that each stage gets."""
_OWN_RATES = ("default", "shipped+sharp")
_FIGURES = ("ssim", "mask_ssim", "l1", "pckh")


class Clock(Observer):
    """CPU seconds of a step, without the first."""

    def __init__(self) -> None:
        self.steps, self.began = 0, 0.0

    def stepped(self, step: int, losses: Any) -> None:
        self.steps += 1
        if self.steps == 1:
            self.began = time.process_time()
        self.each = (time.process_time() - self.began) / max(self.steps - 1, 1)


def opened(name: str, table: str, steps: dict[str, int]) -> tuple[Any, Any]:
    """Task and recipe with stages of so many steps, and no others."""
    address, sizes, _ = SYSTEMS[name]
    options = [("data.table", table), ("data.frame", "pair"), ("data.epoch", "800"), ("data.held_out", "1")]
    options += [("engine.loggers", "[]"), ("engine.accelerator", "cpu"), ("engine.save_minutes", "1000"), *sizes]
    for stage, count in steps.items():
        at = f"stages.{stage}"
        options += [(f"{at}.steps", str(count)), (f"{at}.epochs", "0"), (f"{at}.batch_size", str(_BATCH))]
        if name not in _OWN_RATES:
            options.append((f"{at}.optimizer.lr", _RATE))
    task, recipe = open_recipe(address, options)
    return task, replace(recipe, stages=[stage for stage in recipe.stages if stage.name in steps])


def trained(name: str, table: str, seconds: float, folder: Path) -> tuple[Any, dict[str, int], float]:
    """The learner after its stages, their steps and CPU seconds; what a stopped call left is thrown away."""
    shutil.rmtree(folder, ignore_errors=True)
    steps: dict[str, int] = {}
    for stage, share in SYSTEMS[name][2].items():
        task, timed = opened(name, table, {stage: _TIMED})
        clock = Clock()
        fit(task.build(timed), timed, folder / f"timed-{stage}", resume=False, observer=clock)
        steps[stage] = max(2, round(seconds * share / clock.each))
    task, recipe = opened(name, table, steps)
    learner, began = task.build(recipe), time.process_time()
    fit(learner, recipe, folder / "run", resume=False)
    return learner.eval(), steps, time.process_time() - began


def held_out(table: str, pairs: int) -> Iterator[TransferBatch]:
    """So many pairs of a table, spread over all of its people, whatever split they are of."""
    ends = []
    for split in ("train", "val", "test"):
        try:
            data = PairPictures(PairData(table=table, frame="pair"), split)
        except FileError:
            continue
        ends.append(data.ends)
    together = np.unique(np.concatenate(ends), axis=0)
    data.ends = together[np.linspace(0, len(together) - 1, min(pairs, len(together))).astype(int)]
    data._numbers = {data._name(int(row)): 0 for row in data.ends[:, 0]}
    return data.batches(_AT_ONCE)


def measured(made: Made, table: str, pairs: int, file: Path) -> dict[str, float]:
    """The figures of what is made of the held-out pairs; the pictures go to a file."""
    kept: list[Tensor] = []

    def keeping(batch: TransferBatch) -> dict[str, Tensor]:
        pictures = made(batch)
        kept.append(as_bytes(pictures[FINAL]))
        return pictures

    with torch.no_grad():
        figures = held_out_figures(keeping, held_out(table, pairs))
    np.save(file, torch.cat(kept).numpy())
    return figures


def look_for_joints(asked: Any) -> None:
    """PCKh of some pairs of each row that lacks it, by poseloom's own reader of keypoints."""
    joints = torch.cat([batch.inputs.target_keypoints for batch in held_out(asked.held_out, asked.pairs)])
    chosen = torch.linspace(0, len(joints) - 1, min(len(joints), _LOOKED_AT)).long()
    for file in sorted(asked.out.glob("*.json")):
        row = json.loads(file.read_text())
        if "pckh" not in row:
            made = torch.from_numpy(np.load(file.with_suffix(".npy")))[chosen]
            row["pckh"] = pckh(joints[chosen], FoundKeypoints()(made)).share
            file.write_text(json.dumps(row, indent=1))


def measure_plain(asked: Any) -> None:
    """Copying the source, the shipped generator, the truth itself, and pictures of the poses."""
    shipped = load_model("transfer", "transfer").module.eval()
    rows: dict[str, Made] = {
        _SOURCE: lambda batch: {FINAL: batch.inputs.source},
        _SHIPPED: lambda batch: shipped.generate(batch.inputs),
        _TRUTH: lambda batch: {FINAL: batch.target},
    }
    for name, made in rows.items():
        file = asked.out / f"{name}.json"
        if not file.exists():
            figures = measured(made, asked.held_out, asked.pairs, file.with_suffix(".npy"))
            file.write_text(json.dumps(figures, indent=1))
    if not (asked.out / f"{_POSE}.npy").exists():
        shown = torch.cat([strip(batch, {}) for batch in held_out(asked.held_out, asked.pairs)])
        wide = shown.shape[-1] // 3
        np.save(asked.out / f"{_POSE}.npy", (shown[..., wide : 2 * wide] * 255).round().byte().numpy())


def measure_system(name: str, asked: Any) -> None:
    """One row, unless it is there."""
    file = asked.out / f"{name}.json"
    if file.exists():
        return
    learner, steps, spent = trained(name, asked.training, asked.seconds, asked.out / name)
    count = sum(one.numel() for one in learner.model.parameters()) / 1e6
    figures = measured(learner.generate, asked.held_out, asked.pairs, file.with_suffix(".npy"))
    file.write_text(json.dumps({"steps": steps, "seconds": spent, "parameters": count, **figures}, indent=1))


def edges(pictures: Array) -> float:
    """Mean difference of neighbouring pixels: blurred pictures have less than sharp ones."""
    levels = pictures.astype(np.float32)
    return float(sum(np.abs(np.diff(levels, axis=axis)).mean() for axis in (-1, -2)))


def print_table(folder: Path) -> None:
    """A row for each system, in Markdown; edges as a share of the truth's."""
    print(f"| | parameters | steps | CPU s | {' | '.join(_FIGURES)} | stage 1 ssim | edges |")
    true = edges(np.load(folder / f"{_TRUTH}.npy"))
    for name in (_SOURCE, *SYSTEMS, _SHIPPED, _TRUTH):
        if (folder / f"{name}.json").exists():
            row = json.loads((folder / f"{name}.json").read_text())
            steps = " + ".join(str(one) for one in row.get("steps", {}).values())
            size = f"{row['parameters']:.2f} M" if "parameters" in row else ""
            seconds = f"{row['seconds']:.0f}" if "seconds" in row else ""
            cells = [f"{row[one]:.3f}" if one in row else "" for one in (*_FIGURES, f"{COARSE}_ssim")]
            sharp = f"{edges(np.load(folder / f'{name}.npy')) / true:.2f}"
            print("| " + " | ".join([name, size, steps, seconds, *cells, sharp]) + " |")


def picture(folder: Path, shown: list[str]) -> Array:
    """Rows: source, pose, what each system made, the truth. Left the pairs that the first system gains most on, against
    copying, right those that it gains least on; of one person each."""
    names = [_SOURCE, _POSE, *shown, _TRUTH]
    made = {name: torch.from_numpy(np.load(folder / f"{name}.npy")) for name in names}
    gain = ssim(made[_TRUTH], made[shown[0]]) - ssim(made[_TRUTH], made[_SOURCE])
    order = gain.argsort(descending=True).tolist()
    spread = max(1, len(order) // (4 * _EXAMPLES))
    chosen = (order[: _EXAMPLES * spread : spread], order[::-1][: _EXAMPLES * spread : spread])
    halves = [torch.cat([torch.cat([made[name][at] for at in half], -1) for name in names], -2) for half in chosen]
    gap = torch.full_like(halves[0][..., :8], 255)
    return torch.cat([halves[0], gap, halves[1]], -1).movedim(0, -1).numpy()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("training")
    parser.add_argument("held_out")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=240, help="CPU seconds of training that each system gets")
    parser.add_argument("--pairs", type=int, default=240)
    parser.add_argument("--only", nargs="*", default=[], choices=SYSTEMS)
    parser.add_argument("--picture", type=Path, help="write pairs beside each other to this file, and train nothing")
    parser.add_argument("--show", nargs="*", default=["default", "PG2-stage-1", "PG2"], choices=SYSTEMS)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    asked.out.mkdir(parents=True, exist_ok=True)
    measure_plain(asked)
    if asked.picture:
        Image.fromarray(picture(asked.out, asked.show)).save(asked.picture)
        return
    for name in asked.only or SYSTEMS:
        measure_system(name, asked)
    look_for_joints(asked)
    print_table(asked.out)


if __name__ == "__main__":
    main()
