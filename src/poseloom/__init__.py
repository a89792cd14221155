"""poseloom: human pose across language, 3D bodies, images and sign.

The names below are imported when they are first used, so that `import poseloom` itself loads neither torch nor
anything else that is slow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from poseloom.api import describe, instruct, load, render, save
    from poseloom.errors import PoseloomError
    from poseloom.pose import Clip, Pose

__version__ = "0.1.0"

_HOME = {
    "load": "poseloom.api",
    "save": "poseloom.api",
    "describe": "poseloom.api",
    "instruct": "poseloom.api",
    "render": "poseloom.api",
    "Pose": "poseloom.pose",
    "Clip": "poseloom.pose",
    "PoseloomError": "poseloom.errors",
}
__all__ = ["Clip", "Pose", "PoseloomError", "__version__", "describe", "instruct", "load", "render", "save"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'poseloom' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
