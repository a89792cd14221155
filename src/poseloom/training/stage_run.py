"""One stage of a run: steps, validations and checkpoints in an order that a resumed run continues exactly."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import torch

from poseloom.base.errors import PoseloomError
from poseloom.training import seeds
from poseloom.training.average import MovingAverage
from poseloom.training.batches import Share
from poseloom.training.checkpoint import kept_weights, load_weights, read_checkpoint
from poseloom.training.feed import feed, on_device
from poseloom.training.journal import Journal
from poseloom.training.learner import Learner, Position
from poseloom.training.metrics_log import RATE, TRAINING, VALIDATION
from poseloom.training.observer import Observer, StageBegins
from poseloom.training.progress import Best
from poseloom.training.recipe import Recipe, Stage
from poseloom.training.seeds import Purpose, stream
from poseloom.training.stopping import Stop
from poseloom.training.turn_run import TurnRun
from poseloom.training.turns import TOTAL, check_turns

if TYPE_CHECKING:
    from lightning.fabric import Fabric


class StageRun:
    """One stage of a run, from its beginning or from a checkpoint in it."""

    def __init__(
        self,
        fabric: Fabric,
        learner: Learner,
        recipe: Recipe,
        journal: Journal,
        observer: Observer,
        stop: Stop,
        resumed: dict[str, Any] | None,
    ):
        self.fabric, self.learner, self.recipe, self.journal = fabric, learner, recipe, journal
        self.observer, self.stop, self.progress = observer, stop, journal.progress
        self.number = self.progress.stage
        self.stage: Stage = recipe.stages[self.number]
        self.resumed = resumed is not None
        folder = journal.folder
        if resumed:
            load_weights(learner, resumed["weights"], folder.last, learner.kept_elsewhere)
        elif self.number:
            before = folder.best(recipe.stages[self.number - 1].name)
            load_weights(learner, read_checkpoint(before, recipe.task)["weights"], before, learner.kept_elsewhere)
        self._place()
        learner.train()
        learner.begin(self.stage)
        learner.to(fabric.device)
        self.average = MovingAverage(learner, self.stage.ema) if self.stage.ema else None
        turns = check_turns(learner.turns(self.stage), self.stage, recipe.task)
        self.turns = [TurnRun(turn, number, learner, self.stage) for number, turn in enumerate(turns)]
        self.module = self._set_up()
        if resumed:
            self._restore(resumed)

    def _place(self) -> None:
        """Measure the stage in steps and make its batches."""
        data_seed = stream(self.recipe.seed, Purpose.DATA, self.number)
        share = Share(self.stage, self.number, data_seed, self.fabric.global_rank, self.fabric.world_size)
        self.batches = self.learner.batches(share)
        self.per_epoch = len(self.batches) // self.stage.accumulate
        if self.per_epoch < 1:
            problem = f"an epoch has {len(self.batches)} batches, fewer than accumulate ({self.stage.accumulate})"
            raise PoseloomError(f"recipe: stages.{self.stage.name}: {problem}")
        self.steps = self.stage.steps or self.stage.epochs * self.per_epoch

    def _set_up(self) -> Any:
        """Hand learner and optimisers to Lightning."""
        optimizers = [turn.optimizer for turn in self.turns]
        module, *wrapped = self.fabric.setup(self.learner, *optimizers)
        for turn, optimizer in zip(self.turns, wrapped, strict=True):
            turn.optimizer = optimizer
        return module

    def _restore(self, resumed: dict[str, Any]) -> None:
        before_turns = {self.turns[0].turn.name: resumed.get("optimizer")}  # a checkpoint that knows of no turns
        states = resumed.get("optimizers", before_turns)
        for turn in self.turns:
            turn.optimizer.load_state_dict(states[turn.turn.name])
        self.fabric.strategy.precision.load_state_dict(resumed["scaler"])
        if self.average:
            self.average.load_state_dict(resumed["average"])
        self.learner.load_run_state(resumed.get("run_state", {}))

    def train(self) -> None:
        """Steps, validations and checkpoints until the stage is done; then the run stands before the next one."""
        progress = self.progress
        if self.fabric.is_global_zero:
            place = self.number + 1, len(self.recipe.stages)
            self.observer.stage_begins(
                StageBegins(self.stage.name, *place, self.steps, progress.step, self.resumed and progress.step > 0)
            )
        feeding = self._feed()
        while progress.step < self.steps or progress.due:
            if self._stop_is_requested():
                self._save()
                raise KeyboardInterrupt
            if progress.due:
                self._validate()
                progress.due = False
                self._save()
            else:
                self._step(feeding)
                if self.journal.save_is_due():
                    self._save()
        self._end()

    def _feed(self) -> Iterator[Any]:
        accumulate, per_epoch = self.stage.accumulate, self.per_epoch * self.stage.accumulate
        numbers = range(self.progress.step * accumulate, self.steps * accumulate)
        places = [divmod(number, per_epoch) for number in numbers]
        return feed(self.batches, places, self.recipe.engine.workers, self.fabric.device.type == "cuda")

    def _step(self, feeding: Iterator[Any]) -> None:
        """All turns that are due learn from the same batches, one turn after the other."""
        progress, parts = self.progress, self.stage.accumulate
        self._set_position()
        due = [turn for turn in self.turns if turn.settings.due(progress.step)]
        coming = (on_device(next(feeding), self.fabric.device) for _ in range(parts))
        batches = list(coming) if len(due) != 1 else coming  # one turn holds one batch at a time
        for turn in due:
            self._take(turn, batches)
        if self.average:
            self.average.update()
        progress.step += 1
        at_end = progress.step == self.steps
        progress.due = at_end or progress.step % (self.per_epoch * self.stage.validate_every) == 0
        logged = self._log() if at_end or progress.step % self.recipe.engine.log_every == 0 else None
        if self.fabric.is_global_zero:
            self.observer.stepped(progress.step, logged)

    def _take(self, turn: TurnRun, batches: Iterable[Any]) -> None:
        parts = self.stage.accumulate
        turn.set_rate(self.progress.step, self.steps, self.per_epoch)
        with turn.taken():
            for part, batch in enumerate(batches):
                self._seed(Purpose.STEP, self.fabric.global_rank, part, *([turn.number] if turn.number else []))
                losses = turn.backward(self.fabric, self.module, batch, parts, last=part == parts - 1)
                self.progress.add({self._name(turn, name): value for name, value in losses.items()})
            turn.step(self.fabric, self.module)

    def _name(self, turn: TurnRun, name: str) -> str:
        """How a loss is logged: after its turn, where there are several."""
        return f"{turn.turn.name}/{name}" if len(self.turns) > 1 else name

    def _log(self) -> dict[str, float]:
        """Write the mean losses since the last time; all processes take part in the mean."""
        means = self.progress.means()
        if not means:
            return {}  # no turn was due
        reduced: Any = self.fabric.all_reduce(torch.stack(list(means.values())), reduce_op="mean")
        logged = dict(zip(means, reduced.tolist(), strict=True))
        for turn in self.turns:
            total = self._name(turn, TOTAL)
            if not math.isfinite(logged.get(total, 0.0)):
                where = f"stage {self.stage.name!r}, step {self.progress.step}"
                loss = "the loss" if len(self.turns) == 1 else f"the loss of {turn.turn.name!r}"
                remedy = "lower optimizer.lr or set clip, and train in another folder"
                raise PoseloomError(f"training diverged: {where}: {loss} is {logged[total]}; {remedy}")
        rates = {self._name(turn, RATE): turn.rate for turn in self.turns}
        self.journal.report(TRAINING, self._epoch(), {**logged, **rates})
        return logged

    def _validate(self) -> None:
        self._set_position()
        figures: dict[str, float] = {}
        if self.fabric.is_global_zero:
            figures = self._validated()
        figures = self.fabric.broadcast(figures)
        monitor = self.learner.monitor
        if monitor.name not in figures:
            raise PoseloomError(
                f"{self.recipe.task}: validation has no figure {monitor.name!r}, got {', '.join(figures)}"
            )
        best = self.progress.best.get(self.stage.name)
        is_best = monitor.better(figures[monitor.name], best.figure if best else None)
        if is_best:
            self.progress.best[self.stage.name] = Best(self.progress.step, figures[monitor.name], figures)
        if self.fabric.is_global_zero:
            if is_best:
                self._save_best(figures)
            self.journal.report(VALIDATION, self._epoch(), figures)
            self._show()
            self.observer.validated(self.progress.step, figures, is_best)

    def _validated(self) -> dict[str, float]:
        self._seed(Purpose.VALIDATION)
        self.learner.eval()
        with self.average.applied() if self.average else nullcontext(), torch.no_grad():
            figures = {name: float(value) for name, value in self.learner.validate().items()}
        self.learner.train()
        return figures

    def _show(self) -> None:
        self.learner.eval()
        with self.average.applied() if self.average else nullcontext(), torch.no_grad():
            self.journal.show(self.learner.pictures())
        self.learner.train()

    def _save(self) -> None:
        if not self.journal.writes:
            self.journal.save({})
            return
        state = {
            "weights": kept_weights(self.learner, self.learner.kept_elsewhere),
            "optimizers": {turn.turn.name: turn.optimizer.state_dict() for turn in self.turns},
            "scaler": self.fabric.strategy.precision.state_dict(),
            "average": self.average.state_dict() if self.average else None,
            "run_state": self.learner.run_state(),
        }
        self.journal.save(state)

    def _save_best(self, figures: dict[str, float]) -> None:
        with self.average.applied() if self.average else nullcontext():
            weights = kept_weights(self.learner, self.learner.kept_elsewhere)
        content = {"weights": weights, "figures": figures, "step": self.progress.step}
        self.journal.save_best(self.stage.name, content)

    def _end(self) -> None:
        if self.stage.name not in self.progress.best:
            problem = f"{self.learner.monitor.name!r} was never a number in stage {self.stage.name!r}"
            raise PoseloomError(f"training failed: {problem}; look at {self.journal.folder.metrics}")
        self.fabric.barrier()  # the next stage reads the best checkpoint in all processes
        for parameter in self.learner.parameters():
            parameter.grad = None
        self.progress.stage += 1
        self.progress.before += self.steps
        self.progress.step = 0

    def _stop_is_requested(self) -> bool:
        if self.fabric.world_size == 1:
            return self.stop.requested
        asked = torch.tensor(float(self.stop.requested), device=self.fabric.device)
        reduced: Any = self.fabric.all_reduce(asked, reduce_op="sum")
        return bool(reduced > 0)

    def _seed(self, purpose: Purpose, *more: int) -> None:
        seeds.seed_all(stream(self.recipe.seed, purpose, self.number, self.progress.step, *more))

    def _epoch(self) -> int:
        return self.progress.step // self.per_epoch

    def _set_position(self) -> None:
        self.learner.position = Position(self.number, self._epoch(), self.progress.step, self.steps)
