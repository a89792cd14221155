from pathlib import Path

import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.formats.own_npz import write_own_npz
from poseloom.pose import Clip, Pose
from poseloom.pose.rotations import axis_to_rotmat
from poseloom.pose.sampler import sample
from poseloom.pose.types import heading
from poseloom.tasks.common.pair_examples import PairData, PairPool, pair_poses, pairs_in, together, write_instructions

DATA = PairData(procedural=150, validation=20)


def headings(poses):
    return heading(poses.rotations[:, 0])


@pytest.fixture(scope="module")
def motion(tmp_path_factory):
    """A person who turns about the vertical, half a turn a second."""
    rotations = torch.zeros(60, 22, 3)
    rotations[:, 0, 1] = torch.linspace(0, 2 * torch.pi, 61)[:60]
    rotations[:, 16, 2] = torch.linspace(-1.3, 1.3, 60)
    path = tmp_path_factory.mktemp("motion") / "turn.npz"
    write_own_npz(Clip(Pose(rotations), 15.0, "turn"), path)
    return str(path)


def test_what_is_drawn_depends_on_the_seed_alone():
    (a, b), (c, d), (e, _) = (PairPool(DATA).sample(seed, 30) for seed in (5, 5, 6))
    assert torch.equal(a.rotations, c.rotations) and torch.equal(b.rotations, d.rotations)
    assert not torch.equal(a.rotations, e.rotations)
    assert write_instructions(a, b, 5, 0.4) == write_instructions(c, d, 5, 0.4)


def test_exchanged_limbs_leave_the_others_as_they_are():
    first, second = PairPool(PairData(procedural=150, strangers=0.0)).sample(3, 60)
    same = (first.rotations == second.rotations).all(-1)
    assert same.any(1).all() and same[:, 0].all()  # the root is no limb
    assert (~same).any(1).float().mean() > 0.9


def test_strangers_share_nothing():
    first, second = PairPool(PairData(procedural=150, strangers=1.0)).sample(3, 60)
    assert (first.rotations == second.rotations).all(-1).float().mean() < 0.2
    assert headings(second).abs().max() < 1e-4


def test_moments_of_a_motion_keep_the_turn_between_them(motion):
    data = PairData(procedural=50, files=[motion], moments=1.0)
    first, second = PairPool(data).sample(2, 60)
    assert headings(first).abs().max() < 1e-4
    assert headings(second).abs().max() > 0.5
    apart = (first.rotations[:, 16:18] - second.rotations[:, 16:18]).norm(dim=-1).amax(1)
    assert (apart > 0).float().mean() > 0.8


def test_without_motions_there_are_no_moments():
    first, second = PairPool(PairData(procedural=80, moments=1.0)).sample(1, 30)
    assert headings(first).abs().max() < 1e-4 and headings(second).abs().max() < 1e-4


def test_both_poses_are_turned_alike():
    poses = sample(8, seed=1).body()
    turn = torch.randn(8, 1) * torch.tensor([[0.0, 1.0, 0.0]])
    first, second = (
        Pose(torch.cat([turn[:, None] * scale, one.rotations[:, 1:]], dim=1))
        for one, scale in ((poses, 1.0), (poses, 1.5))
    )
    a, b = together(first, second)
    assert headings(a).abs().max() < 1e-5
    off = headings(b) - (headings(second) - headings(first))
    assert torch.sin(off / 2).abs().max() < 1e-5  # alike but for whole turns


def test_held_out_pairs_are_others_and_the_same_each_time():
    a, b = PairPool(DATA).held_out, PairPool(DATA).held_out
    assert len(a[0]) == len(a[1]) == 20 and torch.equal(a[1].rotations, b[1].rotations)


def test_a_file_that_names_no_pairs_is_refused(motion):
    with pytest.raises(PoseloomError, match="expected pose, seq and frame"):
        pairs_in(Path(motion), 5)


def test_a_turn_counts_within_a_recording_alone():
    first, second = (
        sample(6, seed=seed).body().turned(axis_to_rotmat(torch.linspace(0.3, 2.0, 6), "Y")) for seed in (1, 2)
    )
    second = second.turned(axis_to_rotmat(torch.tensor(0.5), "Y"))
    turns = torch.tensor([True, False] * 3)
    before, after = pair_poses(first, second, turns)
    close = {"atol": 1e-4, "rtol": 0}
    torch.testing.assert_close(heading(before.rotations[:, 0]), torch.zeros(6), **close)
    still = second.without_heading()
    torch.testing.assert_close(after.matrices()[~turns], still.matrices()[~turns], **close)
    between = first.matrices()[:, 0].mT @ second.matrices()[:, 0]
    kept = before.matrices()[:, 0].mT @ after.matrices()[:, 0]
    torch.testing.assert_close(kept[turns], between[turns], **close)
    assert (kept - between)[~turns].abs().amax((1, 2)).min() > 0.1
