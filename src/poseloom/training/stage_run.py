"""One stage of a run: steps, validations and checkpoints in an order that a resumed run continues exactly."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.optim import Adam, AdamW, Optimizer

from poseloom.base.errors import PoseloomError
from poseloom.training import seeds
from poseloom.training.average import MovingAverage
from poseloom.training.batches import Share
from poseloom.training.checkpoint import kept_weights, load_weights, read_checkpoint, write_checkpoint
from poseloom.training.feed import feed, on_device
from poseloom.training.learner import TOTAL, HeldBatch, Position
from poseloom.training.metrics_log import TRAINING, VALIDATION
from poseloom.training.observer import StageBegins
from poseloom.training.progress import Best
from poseloom.training.recipe import Stage
from poseloom.training.schedule import rate_factor
from poseloom.training.seeds import Purpose, stream

if TYPE_CHECKING:
    from poseloom.training.loop import Run

_OPTIMIZERS: dict[str, type[Adam]] = {"adam": Adam, "adamw": AdamW}
_FACTOR = "lr_factor"


class StageRun:
    """One stage of a run, from its beginning or from a checkpoint in it."""

    def __init__(self, run: Run, resumed: dict[str, Any] | None):
        self.run, self.fabric, self.learner, self.progress = run, run.fabric, run.learner, run.progress
        self.number = self.progress.stage
        self.stage: Stage = run.recipe.stages[self.number]
        self.resumed = resumed is not None
        if resumed:
            load_weights(self.learner, resumed["weights"], run.folder.last, self.learner.kept_elsewhere)
        elif self.number:
            before = run.folder.best(run.recipe.stages[self.number - 1].name)
            weights = read_checkpoint(before, run.recipe.task)["weights"]
            load_weights(self.learner, weights, before, self.learner.kept_elsewhere)
        self._place()
        self.learner.train()
        self.learner.begin(self.stage)
        self.learner.to(self.fabric.device)
        self.average = MovingAverage(self.learner, self.stage.ema) if self.stage.ema else None
        self.module, self.optimizer = self._set_up()
        if resumed:
            self.optimizer.load_state_dict(resumed["optimizer"])
            self.fabric.strategy.precision.load_state_dict(resumed["scaler"])
            if self.average:
                self.average.load_state_dict(resumed["average"])

    def _place(self) -> None:
        """Measure the stage in steps and make its batches."""
        data_seed = stream(self.run.recipe.seed, Purpose.DATA, self.number)
        share = Share(self.stage, self.number, data_seed, self.fabric.global_rank, self.fabric.world_size)
        self.batches = self.learner.batches(share)
        self.per_epoch = len(self.batches) // self.stage.accumulate
        if self.per_epoch < 1:
            problem = f"an epoch has {len(self.batches)} batches, fewer than accumulate ({self.stage.accumulate})"
            raise PoseloomError(f"recipe: stages.{self.stage.name}: {problem}")
        self.steps = self.stage.steps or self.stage.epochs * self.per_epoch

    def _set_up(self) -> tuple[Any, Optimizer]:
        settings = self.stage.optimizer
        groups = []
        for group in self.learner.parameter_groups(self.stage):
            parameters = [one for one in group.parameters if one.requires_grad]
            decay = settings.weight_decay if group.decay else 0.0
            groups.append({"params": parameters, _FACTOR: group.lr_factor, "weight_decay": decay})
        if not any(group["params"] for group in groups):
            raise PoseloomError(f"{self.run.recipe.task}: no parameter needs a gradient in stage {self.stage.name!r}")
        optimizer = _OPTIMIZERS[settings.name](groups, lr=settings.lr, betas=(settings.beta1, settings.beta2))
        return self.fabric.setup(self.learner, optimizer)

    def train(self) -> None:
        """Steps, validations and checkpoints until the stage is done; then the run stands before the next one."""
        run, progress = self.run, self.progress
        if self.fabric.is_global_zero:
            place = self.number + 1, len(run.recipe.stages)
            run.observer.stage_begins(
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
                if run.save_is_due():
                    self._save()
        self._end()

    def _feed(self) -> Iterator[Any]:
        accumulate, per_epoch = self.stage.accumulate, self.per_epoch * self.stage.accumulate
        numbers = range(self.progress.step * accumulate, self.steps * accumulate)
        places = [divmod(number, per_epoch) for number in numbers]
        return feed(self.batches, places, self.run.recipe.engine.workers, self.fabric.device.type == "cuda")

    def _step(self, feeding: Iterator[Any]) -> None:
        progress, accumulate = self.progress, self.stage.accumulate
        self._tell_position()
        factor = rate_factor(self.stage.schedule, progress.step, self.steps, self.per_epoch)
        for group in self.optimizer.param_groups:
            group["lr"] = self.stage.optimizer.lr * factor * group[_FACTOR]
        for part in range(accumulate):
            batch = on_device(next(feeding), self.fabric.device)
            self._seed(Purpose.STEP, self.fabric.global_rank, part)
            last = part == accumulate - 1
            with nullcontext() if last else self.fabric.no_backward_sync(self.module):
                losses = self.module(HeldBatch(batch))
                if TOTAL not in losses:
                    problem = f"{TOTAL!r} is missing, got {', '.join(losses)}"
                    raise PoseloomError(f"{self.run.recipe.task}: losses: {problem}")
                self.fabric.backward(losses[TOTAL] / accumulate)
            self._sum(losses)
        if self.stage.clip:
            self.fabric.clip_gradients(self.module, self.optimizer, max_norm=self.stage.clip, error_if_nonfinite=False)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        if self.average:
            self.average.update()
        progress.step += 1
        at_end = progress.step == self.steps
        progress.due = at_end or progress.step % (self.per_epoch * self.stage.validate_every) == 0
        logged = self._log() if at_end or progress.step % self.run.recipe.engine.log_every == 0 else None
        if self.fabric.is_global_zero:
            self.run.observer.stepped(progress.step, logged)

    def _sum(self, losses: dict[str, Tensor]) -> None:
        for name, value in losses.items():
            value = value.detach().float()
            self.progress.sums[name] = self.progress.sums[name] + value if name in self.progress.sums else value
        self.progress.summed += 1

    def _log(self) -> dict[str, float]:
        """Write the mean losses since the last time; all processes take part in the mean."""
        names = list(self.progress.sums)
        sums = torch.stack([self.progress.sums[name] for name in names]) / self.progress.summed
        reduced: Any = self.fabric.all_reduce(sums, reduce_op="mean")
        means = dict(zip(names, reduced.tolist(), strict=True))
        self.progress.sums, self.progress.summed = {}, 0
        if not math.isfinite(means[TOTAL]):
            where = f"stage {self.stage.name!r}, step {self.progress.step}"
            remedy = "lower optimizer.lr or set clip, and train in another folder"
            raise PoseloomError(f"training diverged: {where}: the loss is {means[TOTAL]}; {remedy}")
        rates = {"lr": self.optimizer.param_groups[0]["lr"]}
        self.run.report(TRAINING, self._epoch(), {**means, **rates})
        return means

    def _validate(self) -> None:
        self._tell_position()
        figures: dict[str, float] = {}
        if self.fabric.is_global_zero:
            figures = self._validated()
        figures = self.fabric.broadcast(figures)
        monitor = self.learner.monitor
        if monitor.name not in figures:
            raise PoseloomError(
                f"{self.run.recipe.task}: validation has no figure {monitor.name!r}, got {', '.join(figures)}"
            )
        best = self.progress.best.get(self.stage.name)
        is_best = monitor.better(figures[monitor.name], best.figure if best else None)
        if is_best:
            self.progress.best[self.stage.name] = Best(self.progress.step, figures[monitor.name], figures)
        if self.fabric.is_global_zero:
            if is_best:
                self._save_best(figures)
            self.run.report(VALIDATION, self._epoch(), figures)
            self.run.observer.validated(self.progress.step, figures, is_best)

    def _validated(self) -> dict[str, float]:
        self._seed(Purpose.VALIDATION)
        self.learner.eval()
        with self.average.applied() if self.average else nullcontext(), torch.no_grad():
            figures = {name: float(value) for name, value in self.learner.validate().items()}
        self.learner.train()
        return figures

    def _save(self) -> None:
        state = {
            "weights": kept_weights(self.learner, self.learner.kept_elsewhere),
            "optimizer": self.optimizer.state_dict(),
            "scaler": self.fabric.strategy.precision.state_dict(),
            "average": self.average.state_dict() if self.average else None,
        }
        self.run.save(state)

    def _save_best(self, figures: dict[str, float]) -> None:
        with self.average.applied() if self.average else nullcontext():
            weights = kept_weights(self.learner, self.learner.kept_elsewhere)
        content = {"weights": weights, "figures": figures, "stage": self.stage.name, "step": self.progress.step}
        write_checkpoint(self.run.folder.best(self.stage.name), {**self.run.identity(), **content})

    def _end(self) -> None:
        if self.stage.name not in self.progress.best:
            problem = f"{self.learner.monitor.name!r} was never a number in stage {self.stage.name!r}"
            raise PoseloomError(f"training failed: {problem}; look at {self.run.folder.metrics}")
        self.fabric.barrier()  # the next stage reads the best checkpoint in all processes
        for parameter in self.learner.parameters():
            parameter.grad = None
        self.progress.stage += 1
        self.progress.before += self.steps
        self.progress.step = 0

    def _stop_is_requested(self) -> bool:
        if self.fabric.world_size == 1:
            return self.run.stop.requested
        asked = torch.tensor(float(self.run.stop.requested), device=self.fabric.device)
        reduced: Any = self.fabric.all_reduce(asked, reduce_op="sum")
        return bool(reduced > 0)

    def _seed(self, purpose: Purpose, *more: int) -> None:
        seeds.seed_all(stream(self.run.recipe.seed, purpose, self.number, self.progress.step, *more))

    def _epoch(self) -> int:
        return self.progress.step // self.per_epoch

    def _tell_position(self) -> None:
        self.learner.position = Position(self.number, self._epoch(), self.progress.step, self.steps)
