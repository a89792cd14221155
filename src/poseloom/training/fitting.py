"""Train a recipe: the one entrance of the engine."""

from __future__ import annotations

import json
import logging
import os
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poseloom.base.errors import PoseloomError
from poseloom.base.files import read_text
from poseloom.training.checkpoint import load_weights, read_checkpoint
from poseloom.training.devices import device_named, has_mps
from poseloom.training.export import export_model
from poseloom.training.learner import Learner
from poseloom.training.loop import Run, best_weights
from poseloom.training.observer import Observer
from poseloom.training.precision import lightning_precision
from poseloom.training.progress import Best
from poseloom.training.recipe import Engine, Recipe
from poseloom.training.run_folder import RunFolder, write_json
from poseloom.training.stopping import stop_on_signals
from poseloom.training.turns import check_turns

if TYPE_CHECKING:
    from lightning.fabric import Fabric

_LAUNCHED = ("TORCHELASTIC_RUN_ID", "SLURM_NTASKS")
"""Set where a launcher has started the processes already."""
ALL_DEVICES = -1


@dataclass(frozen=True)
class RunResult:
    """What a finished run gives.

    Args:
        folder: where the run lies.
        figures: what was measured of the exported weights on the validation split.
        stages: the best validation of each stage, by its name.
        model: the exported weights; the card lies beside them.
    """

    folder: Path
    figures: dict[str, float]
    stages: dict[str, Best]
    model: Path


def fit(
    learner: Learner, recipe: Recipe, out: str | Path, *, resume: bool = True, observer: Observer | None = None
) -> RunResult:
    """Train a learner as its recipe says; afterwards it holds the best weights.

    A folder that holds this very run is continued where it stopped, with the same losses as if it had not; a finished
    run is returned as it is.

    Args:
        learner: model, losses and data, built from the recipe.
        recipe: what is trained and how.
        out: folder of the run.
        resume: continue a run that `out` holds; refuse it otherwise.
        observer: is told of steps and validations.

    Raises:
        PoseloomError: the folder holds another run, the recipe names a turn that the learner has not, or training
            cannot go on.
        KeyboardInterrupt: SIGINT or SIGTERM asked for a stop; the run can be continued.
    """
    folder = RunFolder(out)
    folder.check(recipe, resume)
    for stage in recipe.stages:
        check_turns(learner.turns(stage), stage, recipe.task)  # before the first is trained, not after
    fabric = make_fabric(recipe.engine)
    _launch(fabric, learner, _Job(recipe, folder, observer or Observer()))
    path = best_weights(folder, recipe)
    load_weights(learner, read_checkpoint(path, recipe.task)["weights"], path, learner.kept_elsewhere)
    learner.to("cpu").eval()
    if fabric.global_rank == 0 and not folder.figures.exists():
        _finish(learner, recipe, folder)
    fabric.barrier()  # processes of a launcher all come here
    stages = {name: Best(**best) for name, best in json.loads(read_text(folder.figures))["stages"].items()}
    return RunResult(folder.path, stages[recipe.stages[-1].name].figures, stages, folder.model)


def make_fabric(engine: Engine) -> Fabric:
    """Lightning's part of the engine.

    Raises:
        PoseloomError: the machine does not have what the engine section asks for.
    """
    from lightning.fabric import Fabric

    _quiet()

    if engine.accelerator == "cuda" or (engine.accelerator == "gpu" and not has_mps()):
        device_named(engine.accelerator, "engine.accelerator")
    precision = lightning_precision(engine.precision, engine.accelerator)
    devices = engine.devices or ALL_DEVICES
    strategy = engine.strategy
    if strategy == "auto" and (devices != 1 or engine.nodes > 1):
        strategy = "ddp" if any(name in os.environ for name in _LAUNCHED) else "ddp_spawn"
    if strategy.startswith("ddp") and engine.unused_parameters:
        strategy += "_find_unused_parameters_true"
    try:
        return Fabric(
            accelerator=engine.accelerator,
            devices=devices,
            num_nodes=engine.nodes,
            strategy=strategy,
            precision=precision,
        )
    except (RuntimeError, ValueError, TypeError) as error:  # MisconfigurationException is none of them by name alone
        raise PoseloomError(f"engine: {' '.join(str(error).split())}") from None


class _Job:
    """What each process does; no data class, for Lightning looks into those that it hands to processes."""

    def __init__(self, recipe: Recipe, folder: RunFolder, observer: Observer):
        self.recipe, self.folder, self.observer = recipe, folder, observer

    def __call__(self, fabric: Fabric, learner: Learner) -> None:
        if self.folder.figures.exists():
            return
        _quiet()
        with stop_on_signals() as stop:
            run = Run(fabric, learner, self.recipe, self.folder, self.observer, stop)
            if fabric.is_global_zero:
                session = {"began": _now(), "device": str(fabric.device), "processes": fabric.world_size}
                with self.folder.opened(self.recipe, session):
                    run.train()
            else:
                run.train()


def _launch(fabric: Fabric, learner: Learner, job: _Job) -> None:
    """Train in this process or in several."""
    from torch.multiprocessing import ProcessRaisedException

    launch: Any = fabric.launch  # it hands on arguments that its type does not tell of
    try:
        launch(job, learner)
    except ProcessRaisedException as error:  # the text of a traceback; its last line names the error
        kind, _, message = str(error).strip().splitlines()[-1].partition(": ")
        if kind.endswith(("PoseloomError", "FileError")):
            raise PoseloomError(message) from None
        raise


def _finish(learner: Learner, recipe: Recipe, folder: RunFolder) -> None:
    """Export the best weights; figures.json, written last, says that the run is complete."""
    stages = read_checkpoint(folder.last, recipe.task)["progress"]["best"]
    last = stages[recipe.stages[-1].name]
    export_model(learner, recipe, folder.model, last["figures"])
    write_json(folder.figures, {"task": recipe.task, "recipe": recipe.name, "stages": stages})


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def _quiet() -> None:
    """Lightning tells of every plugin that it chooses; the recipe in the run's folder says it."""
    from lightning_utilities.core import rank_zero

    rank_zero.log.setLevel(logging.WARNING)
