"""Public names that are imported when they are first used, so that importing a package loads nothing slow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from poseloom.base.extras import missing_package


def names_of(package: str, home: Mapping[str, str]) -> Callable[[str], Any]:
    """The module-level ``__getattr__`` (PEP 562) of a package whose public names live in its submodules.

    Args:
        package: the package's own ``__name__``.
        home: for each public name the submodule that holds it, relative to the package.
    """

    def get(name: str) -> Any:
        if name not in home:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        try:
            return getattr(import_module(f"{package}.{home[name]}"), name)
        except ModuleNotFoundError as error:
            mistake = missing_package(error)
            if mistake is None:
                raise
            raise mistake from None

    return get
