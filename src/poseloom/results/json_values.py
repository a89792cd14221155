"""Values of results as JSON has them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

import numpy as np
from torch import Tensor


def plain(value: Any) -> Any:
    """A value that `json` can write: numbers, texts, lists and dicts with texts as keys.

    What has `as_json` says it itself; other data classes become dicts of their fields, arrays and tensors nested lists,
    paths and errors texts. JSON has no NaN and no infinity: they become null.
    """
    if hasattr(value, "as_json"):
        return value.as_json()
    if value is None or (isinstance(value, (bool, str, int)) and not isinstance(value, Enum)):
        return value
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Enum):
        return plain(value.value)
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Tensor):
        return plain(value.detach().cpu().numpy())
    if isinstance(value, (np.ndarray, np.generic)):
        return plain(value.tolist())
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(one) for one in value]
    return str(value)
