"""``poseloom doctor``: does this installation work, and what can it do."""

from __future__ import annotations

import argparse
import importlib.util
import platform
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata

from poseloom.base.extras import EXTRAS, install
from poseloom.cli import options, printing

CORE = ("torch", "numpy", "roma", "safetensors", "pillow", "pyarrow")


@dataclass(frozen=True)
class Check:
    """One thing that was tried: did it work, and what was seen."""

    name: str
    works: bool
    seen: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    checks = [_try(name, check) for name, check in _CHECKS.items()]
    extras = {name: [module for module in modules if not _found(module)] for name, modules in EXTRAS.items()}
    if arguments.json:
        printing.print_json({"checks": checks, "missing": extras, "notes": []})
    else:
        for check in checks:
            print(f"{'ok  ' if check.works else 'FAIL'}  {check.name}: {check.seen}")
        for name, missing in extras.items():
            seen = "here" if not missing else f"missing {', '.join(missing)}; {install(name)}"
            print(f"{'ok  ' if not missing else '-   '}  extra {name}: {seen}")
    return 0 if all(check.works for check in checks) else 1


def _try(name: str, check: Callable[[], str]) -> Check:
    try:
        return Check(name, True, check())
    except Exception as error:
        return Check(name, False, f"{type(error).__name__}: {error}")


def _found(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def _versions() -> str:
    return ", ".join(f"{name} {metadata.version(name)}" for name in CORE)


def _python() -> str:
    return f"{platform.python_version()} on {platform.system()} {platform.machine()}"


def _torch() -> str:
    import torch

    if torch.cuda.is_available():
        return f"{torch.get_num_threads()} threads, CUDA: {torch.cuda.get_device_name()}"
    return f"{torch.get_num_threads()} threads, no CUDA device (everything works on the CPU)"


def _body() -> str:
    from poseloom.body import default_body

    sizes = [len(default_body(mesh).mesh(_t_pose()).vertices) for mesh in ("preview", "full")]
    return f"meshes of {sizes[0]:,} and {sizes[1]:,} vertices"


def _words() -> str:
    from poseloom import api

    return api.describe(_t_pose().reshape(1))[0]


def _picture() -> str:
    from poseloom import api

    image = api.render(_t_pose(), size=64)
    return f"{image.shape[-1]} x {image.shape[-2]} pixels"


def _formats() -> str:
    from poseloom.formats.registry import formats

    readable = [format.name for format in formats() if format.read]
    writable = [format.name for format in formats() if format.write]
    return f"reads {', '.join(readable)}; writes {', '.join(writable)}, glb"


def _t_pose():  # type: ignore[no-untyped-def]
    from poseloom.pose import Pose

    return Pose.identity()


_CHECKS: dict[str, Callable[[], str]] = {
    "python": _python,
    "libraries": _versions,
    "torch": _torch,
    "formats": _formats,
    "free body": _body,
    "a description": _words,
    "a picture": _picture,
}
