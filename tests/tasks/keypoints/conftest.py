"""The networks, once for all tests, and people that were never found."""

from __future__ import annotations

import pytest
import torch

from poseloom.images.roi import Roi
from poseloom.results.keypoints import Keypoints


@pytest.fixture(scope="session")
def reader():
    from poseloom.checkpoints.people import keypoint_reader

    return keypoint_reader()


@pytest.fixture
def found() -> Keypoints:
    """Two people in a video of four frames; the second one is away in frame 1, and has one hand and a face once."""
    random = torch.Generator().manual_seed(0)
    frame, person = torch.tensor([0, 0, 1, 2, 2, 3, 3]), torch.tensor([0, 4, 0, 0, 4, 0, 4])
    rows = len(frame)
    points = torch.rand(rows, 33, 3, generator=random) * 100 + 20
    hands, face = torch.full((rows, 2, 21, 3), torch.nan), torch.full((rows, 468, 3), torch.nan)
    hands[1, 0] = torch.rand(21, 3, generator=random) * 50
    face[1] = torch.rand(468, 3, generator=random) * 50
    return Keypoints(
        "a.mp4",
        (320, 240),
        25.0,
        torch.arange(4) / 25,
        frame,
        person,
        points,
        torch.randn(rows, 33, 3, generator=random),
        torch.rand(rows, 33, generator=random) * 0.98 + 0.01,
        torch.rand(rows, generator=random),
        Roi(torch.rand(rows, 2), torch.rand(rows) + 50, torch.rand(rows)),
        hands,
        hands.clone(),
        face,
    )
