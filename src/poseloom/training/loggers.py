"""Further loggers, by name; each is Lightning's."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poseloom.base.errors import PoseloomError, closest

if TYPE_CHECKING:
    from lightning.fabric.loggers.logger import Logger

CSV = "csv"
"""Always written, by the engine itself."""


def make_loggers(names: list[str], folder: Path, run_name: str, step: int) -> list[Logger]:
    """The loggers of a run.

    Args:
        names: a choice of `LOGGERS`.
        folder: where the run lies.
        run_name: what services call it.
        step: at which the run goes on; TensorBoard forgets what it was told of later steps.

    Raises:
        PoseloomError: a name is unknown, or its package is not installed.
    """
    loggers = []
    for name in dict.fromkeys(names):
        if name == CSV:
            continue
        if name not in LOGGERS:
            known = ", ".join([CSV, *LOGGERS])
            raise PoseloomError(f"engine.loggers: {name!r} is unknown (of {known}){closest(name, list(LOGGERS))}")
        try:
            loggers.append(LOGGERS[name](folder, run_name, step))
        except ImportError as error:
            problem = f"engine.loggers: {name!r} needs a package that is not installed: {error.name or error}"
            raise PoseloomError(f"{problem}; install it or leave the logger out") from None
    return loggers


def _tensorboard(folder: Path, run_name: str, step: int) -> Logger:
    logger = _made("lightning.fabric.loggers", "TensorBoardLogger")
    return logger(root_dir=folder, name="tensorboard", version="", purge_step=step)


def _wandb(folder: Path, run_name: str, step: int) -> Logger:
    return _made("lightning.pytorch.loggers", "WandbLogger")(name=run_name, save_dir=folder, project="poseloom")


def _mlflow(folder: Path, run_name: str, step: int) -> Logger:
    logger = _made("lightning.pytorch.loggers", "MLFlowLogger")
    return logger(experiment_name="poseloom", run_name=run_name, save_dir=str(folder / "mlflow"))


def _made(module: str, name: str) -> Any:
    return getattr(import_module(module), name)


LOGGERS: dict[str, Callable[[Path, str, int], Any]] = {
    "tensorboard": _tensorboard,
    "wandb": _wandb,
    "mlflow": _mlflow,
}
