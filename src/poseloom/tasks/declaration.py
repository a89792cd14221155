"""What a task says of itself: all that lists, recipes, commands and `load_model` know of it.

To read it imports nothing of the task.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType
from typing import TYPE_CHECKING, Any

from poseloom.base.errors import PoseloomError, closest

if TYPE_CHECKING:
    from poseloom.tasks.common.released_kinds import ReleasedKind
    from poseloom.training.task import Task

DEFAULT, PUBLISHED = "default", "published"
"""Names of algorithms: poseloom's own small model, and the architecture of the papers."""
_RECIPES = "recipes"
_ATTRIBUTE = "DECLARATION"


@dataclass(frozen=True)
class Declaration:
    """A capability in the folder of a package; its parts are imported when they are used.

    Module names may begin with a dot: they are then those of the package.

    Args:
        package: where the folder is imported from; its last name is the task's.
        summary: one line, for lists.
        model: class that all its models are, in the module of predictors.
        offers: methods of its models.
        place: among the others in lists, from the smallest; those of one place by name.
        learners: algorithm -> module that holds its `TASK`. A recipe names its algorithm by the key ``algorithm``;
            without that key it is of the default one.
        predictor: module with `open_model`, which makes a model of exported weights.
        released: classes of published checkpoints in the original code that are of this task.
        kinds: module that holds `KINDS`, what these checkpoints are like.
        shipped: poseloom ships weights under the task's name.
        companions: names of further weights that it ships, of models that hang on the task's own; each begins with the
            task's name.
    """

    package: str
    summary: str
    model: str
    offers: tuple[str, ...]
    place: int = 100
    learners: Mapping[str, str] = field(default_factory=lambda: {DEFAULT: ".objective"})
    predictor: str = ".predict"
    released: tuple[str, ...] = ()
    kinds: str = ".released"
    shipped: bool = False
    companions: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Of the task."""
        return self.package.rpartition(".")[2]

    def learner(self, algorithm: str = DEFAULT) -> Task:
        """How it is trained by one of its algorithms.

        Raises:
            PoseloomError: there is none of that name.
        """
        if algorithm not in self.learners:
            known = list(self.learners)
            near = closest(algorithm, known)
            raise PoseloomError(f"algorithm {algorithm!r} is unknown, {self.name} has {', '.join(known)}{near}")
        chosen: Task = self._module(self.learners[algorithm]).TASK
        return chosen

    def open_model(self, path: Path) -> Any:
        """A model of exported weights, ready to be called.

        Raises:
            FileError: they are damaged, or not of this task.
        """
        return self._module(self.predictor).open_model(path)

    def released_kinds(self) -> tuple[ReleasedKind, ...]:
        """What its published checkpoints are like, in the order of `released`."""
        if not self.released:
            return ()
        known = {kind.name: kind for kind in self._module(self.kinds).KINDS}
        return tuple(known[name] for name in self.released)

    def recipes(self) -> dict[str, Path]:
        """Address -> file of its recipes, those of all its algorithms; nothing of them is imported."""
        spec = find_spec(self.package)
        if spec is None or spec.origin is None:
            return {}
        files = sorted((Path(spec.origin).parent / _RECIPES).glob("*.toml"))
        return {f"{self.name}/{path.stem}": path for path in files}

    def _module(self, name: str) -> ModuleType:
        return import_module(name, self.package)


def declared_in(package: ModuleType) -> dict[str, Declaration]:
    """Name -> what the folders of a package declare as `DECLARATION`, in the order of lists."""
    folders = [one.name for one in iter_modules(package.__path__) if one.ispkg]
    modules = [import_module(f"{package.__name__}.{folder}") for folder in folders]
    found: list[Declaration] = [vars(module)[_ATTRIBUTE] for module in modules if _ATTRIBUTE in vars(module)]
    return {one.name: one for one in sorted(found, key=lambda one: (one.place, one.name))}
