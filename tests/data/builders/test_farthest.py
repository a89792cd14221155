import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from poseloom.base.errors import PoseloomError
from poseloom.data.builders.farthest import farthest_rows
from poseloom.pose import farthest_points


def films(seed, count=6, frames=30):
    """Points that go along curves."""
    generator = torch.Generator().manual_seed(seed)
    ends = torch.randn(2, count, 1, 4, 3, generator=generator)
    share = torch.linspace(0, 1, frames)[None, :, None, None]
    return (ends[0] * (1 - share) + ends[1] * share).flatten(0, 1)


@given(st.integers(0, 1000), st.integers(1, 180))
def test_the_choice_is_that_of_the_plain_selection(seed, count):
    joints = films(seed)
    assert torch.equal(farthest_rows(joints, count), farthest_points(joints, count))


def test_a_smaller_choice_is_the_beginning_of_a_larger_one_and_all_is_the_most():
    joints = films(3)
    whole = farthest_rows(joints, 1000)
    assert len(whole) == len(joints) and sorted(whole.tolist()) == list(range(len(joints)))
    assert torch.equal(farthest_rows(joints, 20), whole[:20])


class StoppedError(Exception):
    pass


def test_a_choice_that_was_stopped_goes_on_where_it_was(tmp_path):
    joints, state = films(5), tmp_path / "state.npz"
    told = []

    def stop(found, count):
        told.append(found)
        if found in (30, 31):
            raise StoppedError

    for _ in range(2):
        with pytest.raises(StoppedError):
            farthest_rows(joints, 100, state, report=stop, save_seconds=0.0)
    found = farthest_rows(joints, 100, state, report=stop, save_seconds=0.0)
    assert torch.equal(found, farthest_points(joints, 100))
    assert told[:32] == [*range(1, 31), 31, 32]


def test_the_state_of_other_poses_is_refused(tmp_path):
    farthest_rows(films(1), 10, tmp_path / "state.npz")
    with pytest.raises(PoseloomError, match="is of 180 poses, not of 150; remove it"):
        farthest_rows(films(1, count=5), 10, tmp_path / "state.npz")
    with pytest.raises(PoseloomError, match="expected at least 1"):
        farthest_rows(films(1)[:0], 10)
