"""The precision that a machine computes in."""

from __future__ import annotations

from typing import Any

import torch

from poseloom.base.errors import PoseloomError

_OF_LIGHTNING: dict[str, Any] = {"32": "32-true", "bf16-mixed": "bf16-mixed", "16-mixed": "16-mixed"}


def lightning_precision(precision: str, accelerator: str) -> Any:
    """Lightning's name of a precision of recipes.

    Args:
        precision: 32, bf16-mixed, 16-mixed, or auto: bf16-mixed on a GPU that knows it, 32 elsewhere. Small models
            train more slowly in bfloat16 on a CPU, even on one that is fast at it (a captioning step: 1.7 s for 1.4 s).
        accelerator: cpu, gpu, or auto.

    Raises:
        PoseloomError: 16-mixed without a GPU.
    """
    gpu = accelerator != "cpu" and torch.cuda.is_available()
    if precision == "16-mixed" and not gpu:
        raise PoseloomError("engine.precision: 16-mixed needs a GPU; use auto, bf16-mixed or 32")
    if precision == "auto":
        precision = "bf16-mixed" if gpu and torch.cuda.is_bf16_supported() else "32"
    return _OF_LIGHTNING[precision]
