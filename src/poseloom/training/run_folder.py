"""The folder of a run: what lies where, and whether a recipe may continue there."""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import metadata
from pathlib import Path
from typing import Any

import torch

from poseloom.base.errors import FileError, PoseloomError
from poseloom.base.files import atomic_write, read_text, reason
from poseloom.base.lock import LOCK, locked
from poseloom.training.recipe import Recipe
from poseloom.training.recipe_files import build, read_plain, recipe_text
from poseloom.training.recipe_plain import differing_key, plain

PACKAGES = ("poseloom", "torch", "lightning", "numpy", "safetensors", "jsonargparse", "roma", "tokenizers")
_ORPHANS_SECONDS = 15.0
"""Worker processes of a killed run look for it every five seconds and end when it is gone."""
_PAUSE_SECONDS = 0.2


class RunFolder:
    """Names of a run's files."""

    def __init__(self, path: str | Path):
        self.path = Path(path)
        self.recipe = self.path / "recipe.toml"
        self.versions = self.path / "versions.json"
        self.metrics = self.path / "metrics.csv"
        self.picture = self.path / "losses.png"
        self.figures = self.path / "figures.json"
        self.checkpoints = self.path / "checkpoints"
        self.last = self.checkpoints / "last.ckpt"
        self.model = self.path / "model.safetensors"

    def best(self, stage: str) -> Path:
        """The best checkpoint of a stage."""
        return self.checkpoints / f"best-{stage}.ckpt"

    def evaluated(self, stages: list[str]) -> Path:
        """The weights that the run is known by so far: the exported ones, else the best of the latest stage."""
        there = [path for path in (self.model, *(self.best(name) for name in reversed(stages))) if path.exists()]
        return there[0] if there else self.last

    def check(self, recipe: Recipe, resume: bool) -> None:
        """Refuse a folder that holds anything but this very run; nothing is written.

        Raises:
            FileError: it holds a run with another recipe, a run though `resume` is off, or other files.
        """
        if self.path.exists() and not self.path.is_dir():
            raise FileError(self.path, "is a file, not a folder", remedy="choose another place")
        if not self.recipe.exists():
            if self.path.is_dir() and any(child.name != "lock" for child in self.path.iterdir()):
                raise FileError(self.path, "holds other files", remedy="choose an empty or a new folder")
            return
        if not resume:
            raise FileError(self.path, "holds a run already", remedy="continue it, or choose another folder")
        if not self.last.exists():
            return  # it never came to a checkpoint, so nothing is lost
        key = differing_key(_lasting(self._held(recipe)), _lasting(plain(recipe)))
        if key:
            remedy = "choose another folder, or the recipe that it holds"
            raise FileError(self.path, "holds a run with another recipe", field=key, remedy=remedy)

    def _held(self, recipe: Recipe) -> dict[str, Any]:
        """The recipe that the folder holds; keys that are younger than the run take their defaults."""
        held = read_plain(self.recipe)
        if differing_key(_lasting(held), _lasting(plain(recipe))):
            with suppress(PoseloomError):  # of another task, or with a key that is no more
                return plain(build(type(recipe), held))
        return held

    @contextmanager
    def opened(self, recipe: Recipe, session: dict[str, Any]) -> Iterator[None]:
        """Make the folder and hold its lock for the block; writes the recipe and adds `session` to the versions.

        Raises:
            FileError: another process trains here, or the folder cannot be written.
        """
        try:
            self.checkpoints.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            remedy = "choose another place"
            raise FileError(self.path, f"cannot be made: {reason(error)}", remedy=remedy) from None
        with _locked(self.path):
            with atomic_write(self.recipe) as temporary:
                temporary.write_text(recipe_text(recipe), encoding="utf-8")
            sessions = json.loads(read_text(self.versions)) if self.versions.exists() else []
            write_json(self.versions, [*sessions, {**versions(), **session}])
            yield


def versions() -> dict[str, str]:
    """Python, platform, and the packages that a result depends on; of torch its build too, such as ``+cpu``."""
    found = {"python": platform.python_version(), "platform": platform.platform()}
    for package in PACKAGES:
        with suppress(metadata.PackageNotFoundError):
            found[package] = metadata.version(package)
    return {**found, "torch": str(torch.__version__)}


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the folder's lock; where its holder was killed, wait for the holder's workers, which keep it a little."""
    lock, until = locked(folder, folder), time.monotonic() + _ORPHANS_SECONDS
    while True:
        try:
            lock.__enter__()
            break
        except FileError:
            if time.monotonic() > until or not _holder_is_dead(folder / LOCK):
                raise
            time.sleep(_PAUSE_SECONDS)
            lock = locked(folder, folder)
    try:
        yield
    finally:
        lock.__exit__(None, None, None)


def _holder_is_dead(lock: Path) -> bool:
    if sys.platform == "win32":
        return False  # children inherit no lock there
    try:
        os.kill(int(lock.read_text(encoding="utf-8")), 0)
    except ProcessLookupError:
        return True
    except (OSError, ValueError):
        return False
    return False


def write_json(path: Path, content: Any) -> None:
    """Write readable JSON at once or not at all."""
    with atomic_write(path) as temporary:
        temporary.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _lasting(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key not in ("engine", "card")}
