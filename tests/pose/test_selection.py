import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.pose import farthest_points


def test_selection_matches_the_golden_case(golden):
    case, arrays = golden("posecodes/farthest")
    coordinates, expected = (torch.from_numpy(arrays[name]) for name in ("coords", "selected"))
    ours = farthest_points(coordinates, case["config"]["nb_to_select"] + 1, start=case["config"]["seed_index"])
    assert ours.tolist() == expected.tolist()


def test_choosing_all_gives_every_pose_once():
    joints = torch.randn(12, 4, 3)
    chosen = farthest_points(joints, 12, start=5)
    assert chosen[0] == 5 and sorted(chosen.tolist()) == list(range(12))


def test_distances_to_the_chosen_never_grow():
    joints = torch.randn(60, 22, 3)
    chosen = farthest_points(joints, 20)
    steps = []
    for place in range(1, 20):
        apart = (joints[chosen[:place]] - joints[chosen[place]]).norm(dim=-1).mean(-1)
        steps.append(apart.min().item())
    assert steps == sorted(steps, reverse=True)


@pytest.mark.parametrize(("count", "start"), [(0, 0), (11, 0), (3, 10), (3, -1)])
def test_impossible_requests_are_refused(count, start):
    with pytest.raises(PoseloomError, match="expected"):
        farthest_points(torch.randn(10, 3, 3), count, start)
