"""The shapes and types that annotations state, checked at every call: jaxtyping's import hook with beartype.

``POSELOOM_SHAPES=1 pytest`` checks; CI does so over `ROOMS`, which ``python tests/shape_checks.py`` prints. A test that
hands in wrong types on purpose is marked ``wrong_types`` and runs without. Names that a module imports for type
checkers alone (`TYPE_CHECKING`) cannot be looked up when it runs: what is annotated with them stays unchecked.
"""

from __future__ import annotations

import inspect
import sys
import typing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import jaxtyping
from beartype import BeartypeConf, beartype

ROOMS = (
    "base",
    "body",
    "checkpoints",
    "cli",
    "client",
    "data",
    "demo",
    "facts",
    "fitting",
    "formats",
    "images",
    "language",
    "metrics",
    "nn",
    "pose",
    "render",
    "results",
    "search",
    "server",
    "signer",
    "tasks",
    "tools",
    "training",
)
"""Folders of tests that CI runs with checks. Workers of executors, and commands that a test starts, run without."""
NOT_CHECKED = {
    **dict.fromkeys(("docs", "examples"), "they run the commands and functions of the other rooms"),
    "studio": "the page in a browser, against a service in a process of its own",
    "golden": "cases alone, no tests",
    "prompts": "prompts and what is measured of them, no tests",
}
"""The others, and why."""

_checked = beartype(conf=BeartypeConf(is_pep484_tower=True))
"""An int is taken where a float is stated, as type checkers do (PEP 484)."""


def install() -> None:
    """Check every function and data class of the package that is imported from here on."""
    jaxtyping.install_import_hook("poseloom", "shape_checks.checker")


def checker(function: Callable[..., Any]) -> Callable[..., Any]:
    """What the hook puts around functions: beartype, which also looks into protocols."""
    signature = inspect.signature(function)
    for hint in (signature.return_annotation, *(one.annotation for one in signature.parameters.values())):
        for part in _parts(hint):
            if getattr(part, "_is_protocol", False) and part is not typing.Protocol:
                typing.runtime_checkable(part)
    return _checked(function)


@contextmanager
def unchecked() -> Iterator[None]:
    """No checks within the block."""
    before = jaxtyping.config.jaxtyping_disable
    jaxtyping.config.update("jaxtyping_disable", True)
    try:
        yield
    finally:
        jaxtyping.config.update("jaxtyping_disable", before)


def _parts(hint: Any) -> Iterator[Any]:
    """The classes that a type is made of."""
    if isinstance(hint, list | tuple):
        for one in hint:
            yield from _parts(one)
        return
    yield typing.get_origin(hint) or hint
    for one in typing.get_args(hint):
        yield from _parts(one)


if __name__ == "__main__":
    sys.stdout.write(" ".join(f"tests/{room}" for room in ROOMS) + "\n")
