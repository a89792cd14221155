import pytest
import torch

import poseloom
from poseloom.pose import Pose
from poseloom.pose.sampler import sample
from poseloom.pose.stances import stance, stance_names
from poseloom.pose.types import concatenate, stack
from poseloom.search import Index, MemoryRows, build_index

SAMPLES = 600


@pytest.fixture(scope="session")
def stance_poses():
    """Every stance, then every stance mirrored, and their names."""
    names = [*stance_names(), *(f"mirrored {name}" for name in stance_names())]
    poses = [stance(name.removeprefix("mirrored "), name.startswith("mirrored ")) for name in names]
    return stack(poses), names


@pytest.fixture(scope="session")
def stances(tmp_path_factory, stance_poses):
    """An index of the stances; ids are their names."""
    poses, names = stance_poses
    folder = tmp_path_factory.mktemp("stances") / "index"
    build_index(MemoryRows(poses, poseloom.describe(poses), names), folder)
    return Index(folder)


@pytest.fixture(scope="session")
def sampled_poses(stance_poses):
    """Samples and stances: `SAMPLES` poses and more, 52 joints."""
    poses = Pose(concatenate([Pose(sample(SAMPLES, seed=3).rotations), Pose(stance_poses[0].rotations)]).rotations)
    return concatenate([poses, poses.mirror()])


@pytest.fixture(scope="session")
def samples(tmp_path_factory, sampled_poses):
    """An index of the samples, each with its mirror image half the rows later; without texts."""
    folder = tmp_path_factory.mktemp("samples") / "index"
    count = len(sampled_poses)
    metadata = {
        "kind": ["own" if row < count // 2 else "mirrored" for row in range(count)],
        "frame": list(range(count)),
    }
    build_index(MemoryRows(sampled_poses, metadata=metadata), folder)
    return Index(folder)


@pytest.fixture(scope="session")
def described_samples(tmp_path_factory, sampled_poses):
    """The samples with their descriptions."""
    folder = tmp_path_factory.mktemp("described") / "index"
    build_index(MemoryRows(sampled_poses, poseloom.describe(sampled_poses)), folder)
    return Index(folder)


@pytest.fixture
def found(samples):
    """found("kneeling") -> rows of the samples that meet the question."""

    def rows(question):
        return {hit.row for hit in samples.search(question, len(samples)).hits}

    return rows


@pytest.fixture
def few():
    """A handful of poses with texts and metadata."""
    poses = sample(12, seed=5)
    texts = [f"someone number{row} in a pose" for row in range(12)]
    metadata = {
        "kind": ["even" if row % 2 == 0 else "odd" for row in range(12)],
        "weight": [row / 2 for row in range(12)],
    }
    return MemoryRows(poses, texts, [f"id-{row}" for row in range(12)], metadata)


@pytest.fixture
def vectors():
    """Clustered unit vectors: (rows, 16)."""
    generator = torch.Generator().manual_seed(0)
    centres = torch.randn(40, 16, generator=generator)
    rows = centres[torch.randint(40, (3000,), generator=generator)] + 0.3 * torch.randn(3000, 16, generator=generator)
    return torch.nn.functional.normalize(rows, dim=-1).numpy()
