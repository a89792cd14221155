"""What a training run is: typed data classes. A recipe file holds their values; each task adds its own two sections."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from poseloom.base.errors import PoseloomError

MAXIMUM_SEED = 2**31 - 1


@dataclass(frozen=True)
class Optimizer:
    """How weights follow gradients.

    Args:
        name: adam adds the decay to the gradient (Kingma & Ba 2015), adamw shrinks the weights themselves (Loshchilov &
            Hutter 2019).
        lr: learning rate; a parameter group may multiply it.
        weight_decay: strength of the decay.
        beta1: memory of the mean of the gradients.
        beta2: memory of the mean of their squares.
    """

    name: Literal["adam", "adamw"] = "adam"
    lr: float = 1e-3
    weight_decay: float = 0.0
    beta1: float = 0.9
    beta2: float = 0.999


@dataclass(frozen=True)
class Schedule:
    """How the learning rate moves.

    Args:
        name: constant, step (multiplied by factor every so many epochs) or cosine (down to floor at the stage's end).
        warmup: optimiser steps in which the rate rises linearly to its full height.
        every: step: epochs between two drops.
        factor: step: what a drop multiplies the rate by.
        floor: cosine: the last rate, as a share of the full one.
    """

    name: Literal["constant", "step", "cosine"] = "constant"
    warmup: int = 0
    every: int = 1
    factor: float = 0.5
    floor: float = 0.0


@dataclass(frozen=True)
class TurnOptions:
    """What one turn of a stage does in its own way.

    What is not given is as the learner states it, else as in the stage.

    Args:
        every: steps from one taking of the turn to the next; 3 takes it at steps 3, 6, 9.
        lr: learning rate; a parameter group may multiply it.
        weight_decay: strength of the decay.
        beta1: memory of the mean of the gradients.
        beta2: memory of the mean of their squares.
        clip: greatest norm of the turn's gradient; 0 clips nothing.
        schedule: how the turn's learning rate moves.
    """

    every: int | None = None
    lr: float | None = None
    weight_decay: float | None = None
    beta1: float | None = None
    beta2: float | None = None
    clip: float | None = None
    schedule: Schedule | None = None


@dataclass(frozen=True)
class Stage:
    """One stretch of training with an optimiser of its own.

    A later stage begins with the best weights of the one before.

    Args:
        name: name of the stage; names its best checkpoint.
        epochs: how long, in epochs; or use steps.
        steps: how long, in optimiser steps; or use epochs.
        batch_size: samples of one batch, of all processes together.
        accumulate: batches whose gradients make one optimiser step.
        optimizer: how weights follow gradients.
        schedule: how the learning rate moves.
        clip: greatest norm of the gradient; 0 clips nothing.
        ema: decay of the moving average of the weights that is validated and kept; 0 averages nothing.
        validate_every: epochs between two validations; one more comes at the end of the stage.
        data: values that replace those of the recipe's data section during this stage.
        turns: turn of the learner -> what it does in its own way, as a discriminator's learning rate.
    """

    name: str = "train"
    epochs: int = 0
    steps: int = 0
    batch_size: int = 128
    accumulate: int = 1
    optimizer: Optimizer = field(default_factory=Optimizer)
    schedule: Schedule = field(default_factory=Schedule)
    clip: float = 0.0
    ema: float = 0.0
    validate_every: int = 1
    data: dict[str, Any] = field(default_factory=dict)
    turns: dict[str, TurnOptions] = field(default_factory=dict)


@dataclass(frozen=True)
class Engine:
    """The machine's side of a run. It may change when a run is resumed; nothing in it is meant to change the result.

    Args:
        precision: precision of the computation: 32, bf16-mixed, 16-mixed (GPUs alone), or auto: bf16-mixed on a GPU
            that knows it, else 32.
        accelerator: cpu, gpu, or auto.
        devices: processes on one machine, one a device; 0 means all devices.
        nodes: machines.
        strategy: how processes share the work: auto, ddp, ddp_spawn or ddp_fork.
        unused_parameters: ddp: some parameters get no gradient in some steps.
        workers: processes that prepare batches; 0 prepares them in the training process.
        log_every: optimiser steps between two lines of the training losses.
        save_minutes: minutes between two checkpoints; one more comes after every validation.
        save_steps: optimiser steps between two checkpoints; 0 goes by minutes alone.
        loggers: further loggers by name; metrics.csv is written in any case.
        export: numbers of the exported model: fp32 or fp16.
    """

    precision: Literal["32", "bf16-mixed", "16-mixed", "auto"] = "32"
    accelerator: str = "auto"
    devices: int = 1
    nodes: int = 1
    strategy: str = "auto"
    unused_parameters: bool = False
    workers: int = 0
    log_every: int = 50
    save_minutes: float = 5.0
    save_steps: int = 0
    loggers: list[str] = field(default_factory=lambda: ["tensorboard"])
    export: Literal["fp32", "fp16"] = "fp32"


@dataclass(frozen=True)
class Card:
    """What a user must know of the trained model; it travels with the weights.

    Args:
        summary: what the model does.
        data: what it was trained on.
        measured: how its figures were measured.
        limits: what it cannot do.
        licence: licence of the weights.
        attribution: whom to thank, in the words that they ask for.
    """

    summary: str = ""
    data: str = ""
    measured: str = ""
    limits: str = ""
    licence: str = ""
    attribution: str = ""


@dataclass(frozen=True)
class Recipe:
    """A whole training run. A task's recipe subclasses this and adds `model` and `data`, data classes of its own.

    Args:
        task: the folder under tasks.
        name: name of the recipe.
        seed: seed of everything that is drawn at random.
        stages: one after another.
        engine: the machine's side.
        card: what a user must know of the trained model.
    """

    task: str = ""
    name: str = ""
    seed: int = 0
    stages: list[Stage] = field(default_factory=lambda: [Stage(epochs=1)])
    engine: Engine = field(default_factory=Engine)
    card: Card = field(default_factory=Card)

    def __post_init__(self) -> None:
        _check(self)


def _check(recipe: Recipe) -> None:
    """Refuse values that no run can have.

    Raises:
        PoseloomError: with the key, the value, and what was expected.
    """
    if not 0 <= recipe.seed <= MAXIMUM_SEED:
        raise _wrong("seed", recipe.seed, f"0 to {MAXIMUM_SEED}")
    if not recipe.stages:
        raise PoseloomError("recipe: stages: is empty; add a [[stages]] table")
    names = [stage.name for stage in recipe.stages]
    for stage in recipe.stages:
        where = f"stages.{stage.name}"
        if not stage.name or not stage.name.replace("-", "").replace("_", "").isalnum():
            raise _wrong("stages: name", repr(stage.name), "letters, digits, - and _")
        if names.count(stage.name) > 1:
            raise _wrong("stages: name", repr(stage.name), "another name for each stage")
        if (stage.epochs > 0) == (stage.steps > 0):
            raise _wrong(f"{where}: epochs, steps", f"{stage.epochs}, {stage.steps}", "exactly one of them above 0")
        _positive(where, stage, ("batch_size", "accumulate", "validate_every"))
        _not_negative(where, stage, ("epochs", "steps", "clip"))
        _check_optimizer(f"{where}.optimizer", stage.optimizer)
        _share(where, stage, ("ema",))
        _check_schedule(f"{where}.schedule", stage.schedule)
        for name, options in stage.turns.items():
            _check_turn(f"{where}.turns.{name}", options)
    _positive("engine", recipe.engine, ("nodes", "log_every", "save_minutes"))
    _not_negative("engine", recipe.engine, ("devices", "workers", "save_steps"))


def _check_optimizer(where: str, optimizer: Optimizer | TurnOptions) -> None:
    _positive(where, optimizer, ("lr",))
    _not_negative(where, optimizer, ("weight_decay",))
    _share(where, optimizer, ("beta1", "beta2"))


def _check_schedule(where: str, schedule: Schedule) -> None:
    _not_negative(where, schedule, ("warmup", "factor", "floor"))
    _positive(where, schedule, ("every",))


def _check_turn(where: str, options: TurnOptions) -> None:
    _check_optimizer(where, options)
    _positive(where, options, ("every",))
    _not_negative(where, options, ("clip",))
    if options.schedule is not None:
        _check_schedule(f"{where}.schedule", options.schedule)


def _positive(where: str, section: object, keys: Iterable[str]) -> None:
    for key in keys:
        if not _given(section, key, 1) > 0:
            raise _wrong(f"{where}.{key}", getattr(section, key), "above 0")


def _not_negative(where: str, section: object, keys: Iterable[str]) -> None:
    for key in keys:
        if not _given(section, key, 0) >= 0:
            raise _wrong(f"{where}.{key}", getattr(section, key), "0 or more")


def _share(where: str, section: object, keys: Iterable[str]) -> None:
    for key in keys:
        if not 0 <= _given(section, key, 0) < 1:
            raise _wrong(f"{where}.{key}", getattr(section, key), "0 or more, below 1")


def _given(section: object, key: str, otherwise: float) -> float:
    value = getattr(section, key)
    return otherwise if value is None else value


def _wrong(key: str, value: object, expected: str) -> PoseloomError:
    return PoseloomError(f"recipe: {key}: expected {expected}, got {value}")
