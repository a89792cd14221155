"""Energies: their derivatives are those of their residuals, and the solver makes them smaller."""

import pytest
import torch

from poseloom.fitting.chain import BodyState, Chain
from poseloom.fitting.levenberg_marquardt import energy, solve
from poseloom.fitting.terms import (
    JointRanges,
    NearRotations,
    PicturePoints,
    RelativePoints,
    RotationPrior,
    SpacePoints,
)
from poseloom.pose import rotations as rot
from poseloom.pose.joints import PARENTS
from poseloom.pose.sampler import sample
from poseloom.pose.skeleton import rest_offsets

FRAMES, JOINTS = 3, 22


@pytest.fixture
def generator():
    return torch.Generator().manual_seed(0)


@pytest.fixture
def chain(generator):
    joint = torch.tensor([0, 4, 15, 19, 20])
    offsets = 0.1 * torch.randn(5, 3, generator=generator, dtype=torch.float64)
    return Chain(PARENTS[:JOINTS], rest_offsets()[:JOINTS].double(), joint, offsets)


@pytest.fixture
def state(generator):
    local = rot.rotvec_to_rotmat(sample(FRAMES, seed=1).body().rotations.double())
    normal = torch.randn(FRAMES, 6, generator=generator, dtype=torch.float64)
    return BodyState(local, normal[:, :3], 0.3 * normal[:, 3:])


def terms(generator, state):
    def normal(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    toward = rot.rotvec_to_rotmat(0.3 * normal(FRAMES, JOINTS, 3)) @ state.local
    return {
        "space": SpacePoints(normal(FRAMES, 5, 3), normal(FRAMES, 5, 3).abs()),
        "robust": SpacePoints(normal(FRAMES, 5, 3), torch.ones(FRAMES, 5, 3).double(), robust=0.5),
        "picture": PicturePoints(normal(FRAMES, 5, 2), normal(FRAMES, 5).abs()),
        "perspective": PicturePoints(normal(FRAMES, 5, 2), normal(FRAMES, 5).abs(), 0.5, perspective=True),
        "relative": RelativePoints(
            torch.tensor([1, 2]), torch.tensor([3, 0]), normal(FRAMES, 2, 3), normal(FRAMES, 2, 3).abs(), 0.5
        ),
        "near of each": NearRotations(toward, normal(FRAMES, JOINTS, 1).abs().expand(-1, -1, 3)),
        "prior": RotationPrior(normal(JOINTS, 1).abs().expand(-1, 3)),
        "near": NearRotations(toward, normal(JOINTS, 1).abs().expand(-1, 3)),
        "ranges": JointRanges(1.0),
    }


NAMES = ("space", "robust", "picture", "perspective", "relative", "prior", "near", "near of each", "ranges")


@pytest.mark.parametrize("name", NAMES)
def test_the_slope_is_that_of_the_energy(chain, state, generator, name):
    term = terms(generator, state)[name]
    _, slope = term.normal(chain.posed(state))
    small = 1e-6
    for index in (0, 4, 13, 40, 57, 61, 65, 66, 68, 69, 70, 71):
        step = torch.zeros(FRAMES, state.unknowns, dtype=torch.float64)
        step[:, index] = small
        ahead, behind = (energy([term], chain.posed(state.moved(sign * step))) for sign in (1, -1))
        numeric = (ahead - behind) / (2 * small)
        tolerance = 2e-3 if name == "ranges" else 1e-5  # limits that move with other joints are held still
        assert torch.allclose(slope[:, index], numeric, atol=tolerance, rtol=1e-3), index


def test_points_move_as_their_jacobian_says(chain, state):
    posed = chain.posed(state)
    step = 1e-6 * torch.randn(FRAMES, state.unknowns, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    moved = chain.posed(state.moved(step)).points - posed.points
    assert torch.allclose(moved, (posed.points_jacobian @ step[:, None, :, None]).squeeze(-1), atol=1e-10)


def test_no_frame_becomes_worse_and_frames_do_not_see_each_other(chain, state, generator):
    chosen = terms(generator, state)
    energies = [chosen["space"], chosen["prior"], chosen["ranges"]]
    before = energy(energies, chain.posed(state))
    together = solve(chain, energies, state, 5)
    after = energy(energies, chain.posed(together))
    assert bool((after < before).all())
    alone = solve(chain, [term.at(slice(1, 2)) for term in energies], state[1:2], 5)
    assert torch.allclose(alone.local, together.local[1:2], atol=1e-8)


def test_a_pose_is_found_in_a_picture_by_its_camera_too(chain):
    pose = BodyState(rot.rotvec_to_rotmat(sample(2, seed=3).body().rotations.double()), torch.zeros(2, 3).double())
    every = Chain(chain.parents, chain.offsets, torch.arange(JOINTS), torch.zeros(JOINTS, 3).double())
    points = every.posed(pose).points
    picture = 250 * points[..., :2] + torch.tensor([300.0, 200.0])
    start = BodyState(pose.local, pose.root, torch.tensor([[5.0, 250.0, 250.0]]).double().expand(2, 3))
    energies = [
        PicturePoints(picture, torch.ones(2, JOINTS).double()),
        NearRotations(pose.local, torch.ones(JOINTS, 3)),
    ]
    found = solve(every, energies, start, 20)
    assert torch.allclose(found.camera[:, 0].exp(), torch.tensor(250.0).double(), rtol=0.02)


def test_a_hinge_is_free_about_its_axis_alone(chain, state):
    weight = torch.zeros(JOINTS, 3, dtype=torch.float64)
    weight[4, 1:] = 1
    knee = torch.eye(3, dtype=torch.float64).expand(FRAMES, JOINTS, 3, 3).clone()
    knee[:, 4] = rot.axis_to_rotmat(torch.tensor(1.2).double(), "X")
    flexed = chain.posed(BodyState(knee, state.root))
    assert RotationPrior(weight).residuals(flexed).abs().max() < 1e-12
    knee[:, 4] = rot.axis_to_rotmat(torch.tensor(1.2).double(), "Y")
    assert RotationPrior(weight).residuals(chain.posed(BodyState(knee, state.root))).abs().max() > 1
