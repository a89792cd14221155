"""The precision that a machine computes in: half of the bits where that is faster, all of them elsewhere."""

from __future__ import annotations

from typing import Any

import torch

from poseloom.errors import PoseloomError

_OF_LIGHTNING: dict[str, Any] = {"32": "32-true", "bf16-mixed": "bf16-mixed", "16-mixed": "16-mixed"}
_FAST = ("amx_bf16", "avx512_bf16")
"""Instructions without which a CPU multiplies bfloat16 more slowly than it does single precision."""


def lightning_precision(precision: str, accelerator: str) -> Any:
    """Lightning's name of a precision of recipes.

    Args:
        precision: 32, bf16-mixed, 16-mixed, or auto: bf16-mixed where the machine is fast at it, 32 elsewhere.
        accelerator: cpu, gpu, or auto.

    Raises:
        PoseloomError: 16-mixed without a GPU.
    """
    gpu = accelerator != "cpu" and torch.cuda.is_available()
    if precision == "16-mixed" and not gpu:
        raise PoseloomError("engine.precision: 16-mixed needs a GPU; use auto, bf16-mixed or 32")
    if precision == "auto":
        precision = "bf16-mixed" if (torch.cuda.is_bf16_supported() if gpu else _cpu_is_fast()) else "32"
    return _OF_LIGHTNING[precision]


def _cpu_is_fast() -> bool:
    found = getattr(torch.cpu, "get_capabilities", dict)()  # newer than the oldest torch that poseloom takes
    return any(found.get(name, False) for name in _FAST)
