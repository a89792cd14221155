"""Golden cases of single parts of the released models."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "golden"))

from released import case_of, close, filled_state


@pytest.fixture
def filled():
    """filled("text-pose/decoder_prompt", module) -> (module with the case's weights, its arrays, check)."""

    def load(name: str, module: torch.nn.Module):
        case, arrays = case_of(name)
        module.load_state_dict(filled_state(case))
        return module.eval(), arrays, lambda actual, key: close(actual, arrays[key], case)

    with torch.no_grad():
        yield load
