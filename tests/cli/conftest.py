import pytest
import torch

from poseloom.formats.bvh_write import write_bvh
from poseloom.pose import Clip, Pose

FRAMES = 40


@pytest.fixture(scope="session")
def motion_file(tmp_path_factory):
    """A BVH of 40 frames in which the left arm goes from hanging to straight up."""
    rotations = torch.zeros(FRAMES, 22, 3)
    rotations[:, 16, 2] = torch.linspace(-1.3, 1.3, FRAMES)
    rotations[:, 17, 2] = 1.3
    path = tmp_path_factory.mktemp("motion") / "raise.bvh"
    write_bvh(Clip(Pose(rotations, torch.zeros(FRAMES, 3)), 20.0, "raise"), path)
    return path
