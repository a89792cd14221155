"""Golden cases of the released models, through a checkpoint file and its reader."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "golden"))

from released import case_of, close, write_released

from poseloom.checkpoints.released import build_released, read_released


@pytest.fixture
def imported(tmp_path):
    """imported("text-pose/retrieval") -> (module, case, inputs and outputs, check): the module came from a file."""

    def load(name: str):
        path = write_released(name, tmp_path)
        module = build_released(read_released(path))
        path.unlink()
        case, arrays = case_of(name)
        return module, arrays, lambda actual, key: close(actual, arrays[key], case)

    with torch.no_grad():
        yield load
