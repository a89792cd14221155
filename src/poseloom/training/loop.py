"""A run: its progress, its checkpoints and figures, one stage after another."""

from __future__ import annotations

import time
from contextlib import ExitStack, suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poseloom.base.errors import PoseloomError
from poseloom.training.checkpoint import read_checkpoint, write_checkpoint
from poseloom.training.learner import Learner
from poseloom.training.loggers import make_loggers
from poseloom.training.loss_picture import draw_losses
from poseloom.training.metrics_log import MetricsLog
from poseloom.training.observer import Observer
from poseloom.training.progress import Progress
from poseloom.training.recipe import Recipe
from poseloom.training.recipe_files import plain
from poseloom.training.run_folder import RunFolder
from poseloom.training.stage_run import StageRun
from poseloom.training.stopping import Stop

if TYPE_CHECKING:
    from lightning.fabric import Fabric
    from lightning.fabric.loggers.logger import Logger

_SECONDS = 60.0
"""Of a minute."""


class Run:
    """One process's view of a training run.

    Args:
        fabric: Lightning's part: devices, precision, processes.
        learner: what is trained.
        recipe: how.
        folder: where its files lie.
        observer: who is told.
        stop: whether to stop at the next whole step.
    """

    def __init__(
        self, fabric: Fabric, learner: Learner, recipe: Recipe, folder: RunFolder, observer: Observer, stop: Stop
    ):
        self.fabric, self.learner, self.recipe = fabric, learner, recipe
        self.folder, self.observer, self.stop = folder, observer, stop
        self.progress = Progress()
        self.log: MetricsLog | None = None
        self.loggers: list[Logger] = []
        self._saved_at = time.monotonic()

    def train(self) -> Progress:
        """Train what is left of all stages.

        Raises:
            KeyboardInterrupt: a stop was asked for; the last checkpoint is of the step before.
            PoseloomError: the losses stopped being numbers, the data fit no batch, or the disk is full.
        """
        resumed = read_checkpoint(self.folder.last, self.recipe.task) if self.folder.last.exists() else None
        if resumed:
            self.progress = Progress.of(resumed["progress"])
        with ExitStack() as closing:
            if self.fabric.is_global_zero:
                self.log = MetricsLog(self.folder.metrics, self.progress.log_bytes)
                closing.callback(self.log.close)
                closing.callback(self.observer.ended)
                closing.callback(self._draw)
                self._open_loggers(closing)
            while self.progress.stage < len(self.recipe.stages):
                StageRun(self, resumed).train()
                resumed = None
        return self.progress

    def save(self, state: dict[str, Any]) -> None:
        """Write the last checkpoint; only the first process does."""
        self._saved_at = time.monotonic()
        if not self.fabric.is_global_zero:
            return
        if self.log:
            self.progress.log_bytes = self.log.size()
        progress = {**vars(self.progress), "best": {name: asdict(b) for name, b in self.progress.best.items()}}
        progress["sums"] = {name: value.cpu() for name, value in self.progress.sums.items()}
        write_checkpoint(self.folder.last, {**self.identity(), **state, "progress": progress})

    def identity(self) -> dict[str, Any]:
        """What every checkpoint says of itself."""
        return {"task": self.recipe.task, "recipe": plain(self.recipe)}

    def report(self, split: str, epoch: int, figures: dict[str, float]) -> None:
        """Write figures to metrics.csv and to the loggers."""
        if self.log is None:
            return
        stage = self.recipe.stages[self.progress.stage].name
        self.log.write(stage, epoch, self.progress.step, split, figures)
        named = {f"{split}/{name}": value for name, value in figures.items()}
        for logger in self.loggers:
            logger.log_metrics(named, step=self.progress.before + self.progress.step)

    def save_is_due(self) -> bool:
        """Whether the recipe's time or steps between two checkpoints have passed."""
        engine = self.recipe.engine
        by_steps = engine.save_steps > 0 and self.progress.step % engine.save_steps == 0
        return by_steps or time.monotonic() - self._saved_at > engine.save_minutes * _SECONDS

    def _open_loggers(self, closing: ExitStack) -> None:
        step = self.progress.before + self.progress.step
        self.loggers = make_loggers(self.recipe.engine.loggers, self.folder.path, self.folder.path.name, step)
        for logger in self.loggers:
            closing.callback(logger.finalize, "success")

    def _draw(self) -> None:
        with suppress(PoseloomError):  # no picture is worth hiding why a run ends
            draw_losses(self.folder.metrics, self.folder.picture, self.learner.monitor.name)


def best_weights(folder: RunFolder, recipe: Recipe) -> Path:
    """The checkpoint that a finished run is known by: the best of its last stage."""
    return folder.best(recipe.stages[-1].name)
