"""What a run leaves behind while it goes on: checkpoints, figures, loggers, the picture of its losses."""

from __future__ import annotations

import time
from contextlib import ExitStack, suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from poseloom.base.errors import PoseloomError
from poseloom.training.checkpoint import write_checkpoint
from poseloom.training.loggers import make_loggers
from poseloom.training.loss_picture import draw_losses
from poseloom.training.metrics_log import MetricsLog
from poseloom.training.progress import Progress
from poseloom.training.recipe import Recipe
from poseloom.training.recipe_plain import plain
from poseloom.training.run_folder import RunFolder

if TYPE_CHECKING:
    from lightning.fabric.loggers.logger import Logger

_SECONDS = 60.0
"""Of a minute."""


class Journal:
    """Writes a run's files; in all processes but the first it writes nothing.

    Args:
        recipe: what the run follows.
        folder: where its files lie.
        progress: how far it is.
        writes: whether this is the first process.
    """

    def __init__(self, recipe: Recipe, folder: RunFolder, progress: Progress, writes: bool):
        self.recipe, self.folder, self.progress, self.writes = recipe, folder, progress, writes
        self._log: MetricsLog | None = None
        self._loggers: list[Logger] = []
        self._saved_at = time.monotonic()

    def open(self, closing: ExitStack, monitor: str) -> None:
        """Open the files; they are closed, and the losses drawn, when `closing` ends."""
        self._log = MetricsLog(self.folder.metrics, self.progress.log_bytes)
        closing.callback(self._log.close)
        closing.callback(self._draw, monitor)
        step = self.progress.before + self.progress.step
        self._loggers = make_loggers(self.recipe.engine.loggers, self.folder.path, self.folder.path.name, step)
        for logger in self._loggers:
            closing.callback(logger.finalize, "success")

    def save(self, state: dict[str, Any]) -> None:
        """Write the last checkpoint."""
        self._saved_at = time.monotonic()
        if not self.writes:
            return
        if self._log:
            self.progress.log_bytes = self._log.size()
        progress = {**vars(self.progress), "best": {name: asdict(b) for name, b in self.progress.best.items()}}
        progress["sums"] = {name: value.cpu() for name, value in self.progress.sums.items()}
        write_checkpoint(self.folder.last, {**self._identity(), **state, "progress": progress})

    def save_best(self, stage: str, content: dict[str, Any]) -> None:
        """Write the best checkpoint of a stage."""
        if self.writes:
            write_checkpoint(self.folder.best(stage), {**self._identity(), **content, "stage": stage})

    def save_is_due(self) -> bool:
        """Whether the recipe's time or steps between two checkpoints have passed."""
        engine = self.recipe.engine
        by_steps = engine.save_steps > 0 and self.progress.step % engine.save_steps == 0
        return by_steps or time.monotonic() - self._saved_at > engine.save_minutes * _SECONDS

    def report(self, split: str, epoch: int, figures: dict[str, float]) -> None:
        """Write figures to metrics.csv and to the loggers."""
        if self._log is None:
            return
        stage = self.recipe.stages[self.progress.stage].name
        self._log.write(stage, epoch, self.progress.step, split, figures)
        named = {f"{split}/{name}": value for name, value in figures.items()}
        for logger in self._loggers:
            logger.log_metrics(named, step=self.progress.before + self.progress.step)

    def show(self, pictures: dict[str, Any]) -> None:
        """Hand pictures to the loggers that can show them: TensorBoard."""
        for logger in self._loggers:
            writer: Any = getattr(logger, "experiment", None)
            if pictures and hasattr(writer, "add_image"):
                for name, picture in pictures.items():
                    writer.add_image(name, picture, self.progress.before + self.progress.step)

    def _identity(self) -> dict[str, Any]:
        """What every checkpoint says of itself."""
        return {"task": self.recipe.task, "recipe": plain(self.recipe)}

    def _draw(self, monitor: str) -> None:
        with suppress(PoseloomError):  # no picture is worth hiding why a run ends
            draw_losses(self.folder.metrics, self.folder.picture, monitor)
