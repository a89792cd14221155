"""People of a video that was never taken."""

from __future__ import annotations

import pytest
import torch

from poseloom.images.roi import Roi
from poseloom.results.keypoints import Keypoints


@pytest.fixture
def found() -> Keypoints:
    """One person in five frames."""
    random = torch.Generator().manual_seed(2)
    rows = 5
    return Keypoints(
        "a.mp4",
        (320, 240),
        25.0,
        torch.arange(rows) / 25,
        torch.arange(rows),
        torch.zeros(rows, dtype=torch.long),
        torch.rand(rows, 33, 3, generator=random) * 100 + 20,
        torch.randn(rows, 33, 3, generator=random) * 0.3,
        torch.rand(rows, 33, generator=random),
        torch.ones(rows),
        Roi(torch.rand(rows, 2, generator=random) * 100 + 100, torch.full((rows,), 150.0), torch.rand(rows) * 0.3),
    )
