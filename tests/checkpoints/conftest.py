"""Released checkpoints of small models, as files."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "golden"))

from released import released_content


@pytest.fixture(scope="session")
def contents():
    """contents("embroider/posevae") -> what the released file would hold, made once; do not change it in place."""
    made: dict[str, dict] = {}

    def content(name: str) -> dict:
        if name not in made:
            made[name] = released_content(name)
        return dict(made[name])

    return content


@pytest.fixture
def released_file(contents, tmp_path):
    """released_file("embroider/posevae", args=...) -> path of a file, with entries replaced (None: left out)."""

    def write(name: str, **changes) -> Path:
        content = {**contents(name), **changes}
        path = tmp_path / "checkpoint_best.pth"
        torch.save({key: value for key, value in content.items() if value is not None}, path)
        return path

    return write
