"""poseloom: human pose across language, 3D bodies, images and sign.

The names below are imported when they are first used, so that `import poseloom` itself loads neither torch nor
anything else that is slow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseloom.base.lazy import names_of

if TYPE_CHECKING:
    from poseloom.api import (
        angles,
        caption,
        check,
        coach,
        describe,
        describe_motion,
        describe_sentences,
        edit,
        embed,
        estimate,
        find,
        found_sheet,
        generate,
        instruct,
        instruct_between,
        judge,
        keypoints,
        load,
        load_model,
        recover,
        render,
        save,
        sign,
        transfer,
    )
    from poseloom.base.errors import PoseloomError
    from poseloom.pose import Clip, Pose
    from poseloom.training.devices import on_device

__version__ = "0.1.0"

_HOME = {
    "load": "api",
    "save": "api",
    "check": "api",
    "coach": "api",
    "describe": "api",
    "describe_motion": "api",
    "describe_sentences": "api",
    "generate": "api",
    "edit": "api",
    "embed": "api",
    "estimate": "api",
    "caption": "api",
    "load_model": "checkpoints.registry",
    "find": "api",
    "found_sheet": "api",
    "instruct": "api",
    "instruct_between": "api",
    "judge": "api",
    "recover": "api",
    "keypoints": "api",
    "render": "api",
    "sign": "api",
    "transfer": "api",
    "angles": "api",
    "on_device": "training.devices",
    "Pose": "pose",
    "Clip": "pose",
    "PoseloomError": "base.errors",
}
__all__ = [
    "Clip",
    "Pose",
    "PoseloomError",
    "__version__",
    "angles",
    "caption",
    "check",
    "coach",
    "describe",
    "describe_motion",
    "describe_sentences",
    "edit",
    "embed",
    "estimate",
    "find",
    "found_sheet",
    "generate",
    "instruct",
    "instruct_between",
    "judge",
    "keypoints",
    "load",
    "load_model",
    "on_device",
    "recover",
    "render",
    "save",
    "sign",
    "transfer",
]


__getattr__ = names_of(__name__, _HOME)


def __dir__() -> list[str]:
    return sorted(__all__)
