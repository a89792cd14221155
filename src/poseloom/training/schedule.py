"""The learning rate as a function of the step alone: nothing to carry in a checkpoint."""

from __future__ import annotations

import math

from poseloom.training.recipe import Schedule


def rate_factor(schedule: Schedule, step: int, steps: int, per_epoch: int) -> float:
    """What the learning rate is multiplied by for a step.

    Args:
        schedule: how it moves.
        step: which one of the stage, from 0.
        steps: number of steps of the whole stage.
        per_epoch: steps of an epoch.
    """
    warm = min(1.0, (step + 1) / (schedule.warmup + 1))
    return warm * _SHAPES[schedule.name](schedule, step, steps, per_epoch)


def _constant(schedule: Schedule, step: int, steps: int, per_epoch: int) -> float:
    return 1.0


def _step(schedule: Schedule, step: int, steps: int, per_epoch: int) -> float:
    return schedule.factor ** (step // per_epoch // schedule.every)


def _cosine(schedule: Schedule, step: int, steps: int, per_epoch: int) -> float:
    """From 1 after the warm-up to `floor` at the last step (Loshchilov & Hutter 2017, without restarts)."""
    way = max(0, step - schedule.warmup) / max(1, steps - 1 - schedule.warmup)
    return schedule.floor + (1 - schedule.floor) * (1 + math.cos(math.pi * min(1.0, way))) / 2


def _linear(schedule: Schedule, step: int, steps: int, per_epoch: int) -> float:
    """1 in the first `hold` epochs, then less by the same amount from epoch to epoch."""
    epochs = math.ceil(steps / per_epoch)
    falls = max(1, epochs - schedule.hold + (0 if schedule.ends_at_zero else 1))
    return 1.0 - max(0, step // per_epoch + 1 - schedule.hold) / falls


_SHAPES = {"constant": _constant, "step": _step, "cosine": _cosine, "linear": _linear}
