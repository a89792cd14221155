"""What a training run is: typed data classes. A recipe file holds their values; each task adds its own two sections."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from poseloom.base.errors import PoseloomError, closest
from poseloom.base.ranges import check_ranges, within

MAXIMUM_SEED = 2**31 - 1
MOST_STEPS = 1_000_000_000
"""Of a run, and epochs; the longest published runs have some millions."""
LOWEST_RATE = 1e-12
"""Below it nothing is learned in fp32."""
HIGHEST_RATE = 1e30
"""Above it the first step leaves fp32; a run whose rate is only too high tells by itself that it diverges."""
BELOW_ONE = 1 - 1e-6
"""The longest memory of a moving average: a million steps."""


@dataclass(frozen=True)
class Optimizer:
    """How weights follow gradients.

    Args:
        name: adam adds the decay to the gradient (Kingma & Ba 2015), adamw shrinks the weights themselves (Loshchilov &
            Hutter 2019), rmsprop knows the squares alone (Tieleman & Hinton 2012).
        lr: learning rate; a parameter group may multiply it.
        weight_decay: strength of the decay.
        beta1: memory of the mean of the gradients.
        beta2: memory of the mean of their squares.
    """

    name: Literal["adam", "adamw", "rmsprop"] = "adam"
    lr: float = within(1e-3, LOWEST_RATE, HIGHEST_RATE)
    weight_decay: float = within(0.0, 0, 1000)
    beta1: float = within(0.9, 0, BELOW_ONE)
    beta2: float = within(0.999, 0, BELOW_ONE)


@dataclass(frozen=True)
class Schedule:
    """How the learning rate moves.

    Args:
        name: constant, step (multiplied by factor every so many epochs), cosine (down to floor at the stage's end) or
            linear (down step by step from epoch to epoch, after some at the full rate).
        warmup: optimiser steps in which the rate rises linearly to its full height.
        every: step: epochs between two drops.
        factor: step: what a drop multiplies the rate by.
        floor: cosine: the last rate, as a share of the full one.
        hold: linear: epochs at the full rate.
        ends_at_zero: linear: the last epoch has the rate 0 and learns nothing, as some published schedules have it.
    """

    name: Literal["constant", "step", "cosine", "linear"] = "constant"
    warmup: int = within(0, 0, MOST_STEPS)
    every: int = within(1, 1, MOST_STEPS)
    factor: float = within(0.5, 0, 1000)
    floor: float = within(0.0, 0, 1)
    hold: int = within(0, 0, MOST_STEPS)
    ends_at_zero: bool = False


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

    every: int | None = within(None, 1, MOST_STEPS)
    lr: float | None = within(None, LOWEST_RATE, HIGHEST_RATE)
    weight_decay: float | None = within(None, 0, 1000)
    beta1: float | None = within(None, 0, BELOW_ONE)
    beta2: float | None = within(None, 0, BELOW_ONE)
    clip: float | None = within(None, 0, 1e9)
    schedule: Schedule | None = None


@dataclass(frozen=True)
class Stage:
    """One stretch of training with an optimiser of its own.

    A later stage begins with the best weights of the one before.

    Args:
        name: what the stage and its best checkpoint are called.
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
    epochs: int = within(0, 0, MOST_STEPS)
    steps: int = within(0, 0, MOST_STEPS)
    batch_size: int = within(128, 1, 1_000_000)
    accumulate: int = within(1, 1, 100_000)
    optimizer: Optimizer = field(default_factory=Optimizer)
    schedule: Schedule = field(default_factory=Schedule)
    clip: float = within(0.0, 0, 1e9)
    ema: float = within(0.0, 0, BELOW_ONE)
    validate_every: int = within(1, 1, MOST_STEPS)
    data: dict[str, Any] = field(default_factory=dict)
    turns: dict[str, TurnOptions] = field(default_factory=dict)


@dataclass(frozen=True)
class Engine:
    """The machine's side of a run. It may change when a run is resumed; nothing in it is meant to change the result.

    Args:
        precision: how numbers are computed with: 32, bf16-mixed, 16-mixed (GPUs alone), or auto: bf16-mixed on a GPU
            that knows it, else 32.
        accelerator: cpu, gpu (or cuda), mps, or auto.
        devices: processes on one machine, one a device; 0 means all devices.
        nodes: machines.
        strategy: how processes share the work: auto, ddp, ddp_spawn or ddp_fork.
        unused_parameters: ddp: some parameters get no gradient in some steps.
        workers: processes that prepare batches; 0 prepares them in the training process.
        log_every: optimiser steps between two lines of the training losses.
        save_minutes: minutes between two checkpoints; one more comes after every validation.
        save_steps: optimiser steps between two checkpoints; 0 goes by minutes alone.
        loggers: further loggers by name; metrics.csv is written in any case.
        export: numbers of the exported model: fp32, fp16, or int8 with a scale for each output channel.
    """

    precision: Literal["32", "bf16-mixed", "16-mixed", "auto"] = "32"
    accelerator: str = "auto"
    devices: int = within(1, 0, 1024)
    nodes: int = within(1, 1, 10_000)
    strategy: str = "auto"
    unused_parameters: bool = False
    workers: int = within(0, 0, 1024)
    log_every: int = within(50, 1, MOST_STEPS)
    save_minutes: float = within(5.0, 1e-6, 1e6)
    save_steps: int = within(0, 0, MOST_STEPS)
    loggers: list[str] = field(default_factory=lambda: ["tensorboard"])
    export: Literal["fp32", "fp16", "int8"] = "fp32"


@dataclass(frozen=True)
class Card:
    """What a user must know of the trained model; it travels with the weights.

    Args:
        summary: what the model does.
        data: what it was trained on.
        measured: how its figures were measured.
        limits: what it cannot do.
        licence: name of the licence under which the weights may be used.
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
        name: what the recipe is called.
        seed: all that is drawn at random depends on it.
        stages: one after another.
        engine: the machine's side.
        card: what a user must know of the trained model.
    """

    task: str = ""
    name: str = ""
    seed: int = within(0, 0, MAXIMUM_SEED)
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
    check_ranges(recipe, "recipe: ")
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


def stage_number(recipe: Recipe, name: str) -> int:
    """The place of the stage of that name.

    Raises:
        PoseloomError: there is none.
    """
    names = [stage.name for stage in recipe.stages]
    if name not in names:
        known = f"the recipe has {', '.join(names)}"
        raise PoseloomError(f"stage {name!r} is unknown; {known}{closest(name, names)}")
    return names.index(name)


def _wrong(key: str, value: object, expected: str) -> PoseloomError:
    return PoseloomError(f"recipe: {key}: expected {expected}, got {value}")
