import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.data import TensorDataset

from poseloom.base.errors import PoseloomError
from poseloom.training import DatasetBatches, MadeBatches, Share, Stage


def share(rank=0, ranks=1, batch_size=8, seed=5):
    return Share(Stage("train", epochs=1, batch_size=batch_size), 0, seed, rank, ranks)


def numbers(samples):
    return TensorDataset(torch.arange(samples))


def made(seed, count):
    return torch.randint(1_000_000, (count,), generator=torch.Generator().manual_seed(seed))


class TableLike:
    """As the views of a table: whole batches, and texts that change with the epoch."""

    def __init__(self):
        self.epoch = 0

    def set_epoch(self, epoch):
        self.epoch = epoch

    def __len__(self):
        return 16

    def __getitems__(self, places):
        return [100 * self.epoch + place for place in places]


@given(ranks=st.sampled_from([1, 2, 4]), epoch=st.integers(0, 3), samples=st.integers(8, 60))
def test_the_parts_of_all_processes_are_the_batch_of_one(ranks, epoch, samples):
    whole = DatasetBatches(numbers(samples), share())
    parts = [DatasetBatches(numbers(samples), share(rank, ranks)) for rank in range(ranks)]
    for number in range(len(whole)):
        together = torch.cat([part[epoch, number][0] for part in parts])
        assert torch.equal(together, whole[epoch, number][0])


@given(ranks=st.sampled_from([1, 2, 4]), place=st.tuples(st.integers(0, 9), st.integers(0, 9)))
def test_made_batches_do_not_depend_on_the_number_of_processes(ranks, place):
    whole = MadeBatches(made, share(), 10, chunk=2, join=torch.cat)
    parts = [MadeBatches(made, share(rank, ranks), 10, chunk=2, join=torch.cat)[place] for rank in range(ranks)]
    assert torch.equal(torch.cat(parts), whole[place])


def test_an_epoch_gives_each_sample_once_in_another_order():
    batches = DatasetBatches(numbers(32), share())
    epochs = [torch.cat([batches[epoch, number][0] for number in range(len(batches))]) for epoch in range(2)]
    assert all(torch.equal(epoch.sort().values, torch.arange(32)) for epoch in epochs)
    assert not torch.equal(*epochs)


def test_any_batch_can_be_asked_for_at_any_time():
    batches = MadeBatches(made, share(), 3)
    first = batches[2, 1]
    assert not torch.equal(batches[2, 0], first) and not torch.equal(batches[1, 1], first)
    assert torch.equal(batches[2, 1], first) and len(first) == 8 and len(batches) == 3


def test_a_table_is_told_the_epoch_and_read_batch_by_batch():
    batches = DatasetBatches(TableLike(), share(), collate=list)
    assert all(300 <= value < 316 for value in batches[3, 1]) and len(batches) == 2


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: share(ranks=3).size, "8 samples cannot be split among 3 processes"),
        (lambda: MadeBatches(made, share(), 1, chunk=3, join=torch.cat), "not a multiple of the chunk 3"),
        (lambda: MadeBatches(made, share(), 1, chunk=4), "a function that joins them"),
        (lambda: DatasetBatches(numbers(7), share()), "fewer than one batch of 8"),
    ],
)
def test_what_does_not_fit_is_told(wrong, message):
    with pytest.raises(PoseloomError, match=message):
        wrong()
