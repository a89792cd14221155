"""A run: one stage after another, from its beginning or from its last checkpoint."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from poseloom.training.checkpoint import read_checkpoint
from poseloom.training.journal import Journal
from poseloom.training.learner import Learner
from poseloom.training.observer import Observer
from poseloom.training.progress import Progress
from poseloom.training.recipe import Recipe
from poseloom.training.run_folder import RunFolder
from poseloom.training.stage_run import StageRun
from poseloom.training.stopping import Stop

if TYPE_CHECKING:
    from lightning.fabric import Fabric


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

    def train(self) -> Progress:
        """Train what is left of all stages.

        Raises:
            KeyboardInterrupt: a stop was asked for; the last checkpoint is of the step before.
            PoseloomError: the losses stopped being numbers, the data fit no batch, or the disk is full.
        """
        resumed = read_checkpoint(self.folder.last, self.recipe.task) if self.folder.last.exists() else None
        progress = Progress.of(resumed["progress"]) if resumed else Progress()
        journal = Journal(self.recipe, self.folder, progress, self.fabric.is_global_zero)
        with ExitStack() as closing:
            if self.fabric.is_global_zero:
                closing.callback(self.observer.ended)
                journal.open(closing, self.learner.monitor.name)
            while progress.stage < len(self.recipe.stages):
                StageRun(self.fabric, self.learner, self.recipe, journal, self.observer, self.stop, resumed).train()
                resumed = None
        return progress


def best_weights(folder: RunFolder, recipe: Recipe) -> Path:
    """The checkpoint that a finished run is known by: the best of its last stage."""
    return folder.best(recipe.stages[-1].name)
