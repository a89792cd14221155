"""Arms that are in something, off what they touch or too fast are solved for once more."""

import tracemalloc
from itertools import pairwise

import pytest
import torch

from poseloom.pose.hands import hand_shape
from poseloom.signer.arms import solve_arms
from poseloom.signer.banded import solve_banded
from poseloom.signer.clearance import Meeting
from poseloom.signer.frames import oriented
from poseloom.signer.hand_spheres import hand_spheres
from poseloom.signer.pace import allowed_ways, hasty_frames
from poseloom.signer.shoulders import chest_origin, shoulder_points
from poseloom.signer.tangles import Arms, lost_contacts
from poseloom.signer.untangling import _depths_inwards, _eased, _is_eased, _stretches, untangled

FLIP = torch.tensor([-1.0, 1.0, 1.0])
FRAMES = 40


def two_arms(right, left=None, meeting=Meeting.APART, bound=(0.0, 0.0)):
    """Hands that point ahead, at points (right, up, out) from between the shoulders; left mirrors right."""
    place = torch.tensor(right) * FLIP
    other = place * FLIP if left is None else torch.tensor(left) * FLIP
    points = (chest_origin() + torch.stack([other, place])).expand(FRAMES, 2, 3)
    hands = torch.stack([oriented(None, "left", True), oriented(None, "right", False)]).expand(FRAMES, 2, 3, 3)
    arms = solve_arms(points, hands)
    spheres = hand_spheres(hand_shape("fist")).expand(FRAMES, 2, -1, 3)
    shoulders = shoulder_points().expand(FRAMES, 2, 3)
    anchors = torch.zeros(FRAMES, 2, 3)
    bounds = torch.tensor(bound).expand(FRAMES, 2, 2)
    meetings = torch.full((FRAMES,), int(meeting))
    return Arms(points, hands, arms.swivels, shoulders, anchors, points, bounds, spheres, meetings)


def nearest(arms):
    """Metres between the axes of the two forearms, sampled; worked out from joints alone."""
    solved = arms.solved()
    ends = torch.stack([solved.elbow_points, solved.geometry.wrist], dim=2)
    shares = torch.linspace(0, 1, 21)[:, None]
    line = ends[:, :, :1] + (ends[:, :, 1:] - ends[:, :, :1]) * shares
    return float(torch.cdist(line[:, 0], line[:, 1]).amin())


def test_arms_where_nothing_is_amiss_stay_as_they_are():
    arms = two_arms((0.2, -0.2, 0.3))
    assert untangled(arms) is arms


def test_crossed_forearms_come_out_of_each_other():
    arms = two_arms((-0.1, -0.2, 0.3))
    assert nearest(arms) < 0.01
    assert nearest(untangled(arms)) > 0.048


def test_corrections_come_and_go():
    arms = two_arms((0.2, -0.2, 0.3))
    held = arms.meant.clone()
    held[20, 1, 1] += 0.05
    bound = arms.bound.clone()
    bound[20, 1, 0] = 1.0
    found = untangled(Arms(**{**vars(arms), "meant": held, "bound": bound}))
    change = (found.points - arms.points)[:, 1, 1]
    assert float(change[20]) > 0.02
    assert float(change[0].abs()) < 0.002
    assert float(torch.diff(change).abs().max()) < 0.02


def test_a_hand_keeps_to_what_it_touches():
    arms = two_arms((0.2, -0.2, 0.3), bound=(1.0, 0.0))
    meant = arms.meant + torch.tensor([0.0, 0.04, 0.0])
    found = untangled(Arms(**{**vars(arms), "meant": meant}))
    wrists = found.solved().geometry.wrist
    assert float((wrists - meant)[10:-10].norm(dim=-1).max()) < 0.015


def test_elbows_become_slower():
    arms = two_arms((0.2, -0.2, 0.3))
    swivels = arms.swivels.clone()
    swivels[20:, 1] += 0.5
    arms = Arms(**{**vars(arms), "swivels": swivels})
    before = hasty_frames(arms.points, arms.solved().elbow_points)
    assert bool(before[20, 1])
    found = untangled(arms)
    way = torch.diff(found.solved().elbow_points[:, 1], dim=0).norm(dim=-1)
    assert float(way.max()) < 0.02


def flipping(where=20, unreachable=0.0):
    """Arms whose right elbow swings up at once, beside a wrist that shall touch a place that it does not reach."""
    arms = two_arms((0.2, -0.2, 0.3), bound=(1.0 if unreachable else 0.0, 0.0))
    swivels = arms.swivels.clone()
    swivels[where:, 1] += 0.5
    meant = arms.meant + torch.tensor([0.0, unreachable, 0.0])
    return Arms(**{**vars(arms), "swivels": swivels, "meant": meant})


def over(arms):
    """Metres a frame by which the quickest elbow is beyond what its wrist allows."""
    solved = arms.solved()
    return float((torch.diff(solved.elbow_points, dim=0).norm(dim=-1) - allowed_ways(solved.geometry.wrist)).max())


@pytest.mark.parametrize("unreachable", [0.0, 0.4])
def test_an_elbow_is_eased_whatever_cannot_be_touched_and_hands_stay_where_they_are(unreachable):
    arms = flipping(unreachable=unreachable)
    assert over(arms) > 0.05
    found = _eased(arms)
    assert over(found) < 0.001
    off = lost_contacts(found.seen(), arms) - lost_contacts(arms.seen(), arms)
    assert float(off.max()) < 0.008
    moved = (found.solved().geometry.wrist - arms.solved().geometry.wrist).norm(dim=-1)
    assert float(moved.max()) < 0.03


def test_arms_are_eased_where_they_are_tangled_alone():
    arms = flipping(where=10)
    found = _eased(arms)
    assert torch.equal(found.swivels[31:], arms.swivels[31:])
    assert torch.equal(found.points[31:], arms.points[31:])


def test_nothing_is_eased_at_the_cost_of_a_contact_or_of_depth():
    arms = flipping(unreachable=0.0)
    better = _eased(arms)
    assert _is_eased(better.seen(), arms)
    assert not _is_eased(arms.seen(), arms)
    touching = Arms(**{**vars(arms), "bound": torch.ones_like(arms.bound)})
    away = Arms(**{**vars(better), "points": better.points + torch.tensor([0.0, 0.03, 0.0])})
    assert _is_eased(away.seen(), arms)
    assert not _is_eased(away.seen(), touching)
    inside = Arms(**{**vars(better), "points": better.points - torch.tensor([0.0, 0.0, 0.25])})
    assert not _is_eased(inside.seen(), arms)


def test_a_hand_just_beyond_the_end_of_the_trunk_is_seen_in_its_own_shoulder():
    arms = two_arms((0.2, -0.2, 0.3))
    free = _depths_inwards(arms.seen())
    ahead = torch.tensor([-0.173, -0.03, 0.01]) + chest_origin()
    seen = arms.seen()
    skin = seen.skin.clone()
    skin[:, 1, 5] = ahead
    inside = _depths_inwards(type(seen)(**{**vars(seen), "skin": skin}))
    assert float(free.max()) < 0.0
    assert float(inside.min()) > 0.02


def test_arms_that_mirror_each_other_do_so_afterwards():
    arms = two_arms((0.01, -0.15, 0.28), meeting=Meeting.MIRRORED)
    found = untangled(arms)
    assert found is not arms
    assert float((found.points[:, 0] - found.points[:, 1] * FLIP).norm(dim=-1).max()) < 1e-3
    assert float(found.solved().geometry.wrist[..., 0].abs().min()) > 0.02


@pytest.mark.parametrize("frames", [4, 7])
def test_banded_least_squares_are_those_of_the_whole_system(frames):
    size, generator = 3, torch.Generator().manual_seed(frames)
    draw = lambda *shape: torch.randn(*shape, generator=generator, dtype=torch.float64)  # noqa: E731
    rows, bends, change = draw(frames, 5, 2 * size), draw(size).abs(), draw(frames, size)
    whole, own, after = (
        torch.zeros(frames * size, frames * size).double(),
        torch.zeros(frames, size, size).double(),
        None,
    )
    after = torch.zeros_like(own)
    for frame in range(frames - 1):
        square = rows[frame].T @ rows[frame]
        whole[frame * size : (frame + 2) * size, frame * size : (frame + 2) * size] += square
        own[frame] += square[:size, :size]
        own[frame + 1] += square[size:, size:]
        after[frame] = square[:size, size:]
    second = torch.zeros(frames + 2, frames).double()
    for frame in range(frames):
        second[frame : frame + 3, frame] = torch.tensor([1.0, -2.0, 1.0]).double()
    bending = torch.kron(second.T @ second, torch.diag(bends**2))
    slope = draw(frames, size)
    wanted = torch.linalg.solve(whole + bending, -slope.flatten() - bending @ change.flatten())
    found = solve_banded(own, after, slope, change, bends)
    assert torch.allclose(found.flatten(), wanted, atol=1e-6)


def test_arms_that_are_amiss_for_minutes_are_solved_for_in_pieces():
    amiss = torch.zeros(9000, dtype=torch.bool)
    amiss[20:8900] = True
    found = _stretches(amiss)
    assert max(end - start for start, end in found) <= 500
    assert (found[0][0], found[-1][1]) == (10, 8910)
    assert all(end == start for (_, end), (start, _) in pairwise(found))


def test_memory_of_a_long_system_grows_with_its_length():
    frames, size = 20_000, 1
    own, slope = torch.ones(frames, size, size), torch.ones(frames, size)
    tracemalloc.start()
    solve_banded(own, torch.zeros_like(own), slope, torch.zeros_like(slope), torch.ones(size))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 100e6  # a matrix of all frames would take 3.2 GB
