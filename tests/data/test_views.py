import pytest
import torch
from torch.utils.data import DataLoader

from poseloom.base.errors import PoseloomError
from poseloom.data import PairDataset, Table, TableDataset, TableStream


def rows_of(loader):
    return [int(row) for batch in loader for row in batch.row]


@pytest.mark.parametrize("workers", [0, 1, 2])
@pytest.mark.parametrize("ranks", [1, 2, 3])
def test_every_row_once_whoever_reads(table, workers, ranks):
    seen = []
    for rank in range(ranks):
        stream = TableStream(table, rank=rank, ranks=ranks)
        own = rows_of(DataLoader(stream, batch_size=8, num_workers=workers))
        assert len(own) == len(stream)
        seen += own
    assert sorted(seen) == list(range(100))


def test_the_order_depends_on_seed_and_epoch_alone(table):
    def order(seed, epoch):
        stream = TableStream(table, seed=seed)
        stream.set_epoch(epoch)
        return [sample.row for sample in stream]

    assert order(0, 0) == order(0, 0)
    assert len({tuple(order(seed, epoch)) for seed in (0, 1) for epoch in (0, 1)}) == 4
    assert [sample.row for sample in TableStream(table, shuffle=False)] == list(range(100))


def test_samples_hold_pose_and_text(table):
    dataset = TableDataset(table, table.rows_of("test"))
    assert len(dataset) == 25
    sample = dataset[1]
    assert sample.row == 4 and sample.text == "text 0 of 4"
    assert torch.equal(sample.rotations, table.pose(4).rotations)
    assert dataset[0].text == "" and dataset[-1].row == 96
    batch = next(iter(DataLoader(dataset, batch_size=6, num_workers=1)))
    assert batch.rotations.shape == (6, 22, 3) and batch.text[1] == sample.text


def test_one_of_several_texts_is_drawn(table):
    dataset = TableDataset(table, [2] * 50)
    drawn = []
    for epoch in range(50):
        dataset.set_epoch(epoch)
        drawn.append(dataset[0].text)
    assert set(drawn) == {"text 0 of 2", "text 1 of 2"}
    dataset.set_epoch(7)
    assert dataset[0].text == drawn[7]


def test_mistakes(table):
    with pytest.raises(PoseloomError, match="rank: expected 0 to 1, got 2"):
        TableStream(table, rank=2, ranks=2)
    with pytest.raises(IndexError, match="place 100 is out of range"):
        TableDataset(table)[100]


def test_pairs_hold_both_poses_and_the_instruction(described):
    table = Table.open(described)
    dataset = PairDataset(table, "val")
    assert 50 < len(dataset) < len(PairDataset(table)) == len(table.pairs)
    sample, pair = dataset[5], table.pairs[int(dataset.pairs[5])]
    assert pair.split == "val" and sample.text == pair.texts[0].text
    assert torch.equal(sample.rotations_a, table.pose(pair.row_a).rotations)
    assert torch.equal(sample.rotations_b, table.pose(pair.row_b).rotations)
    batch = next(iter(DataLoader(dataset, batch_size=4)))
    assert batch.rotations_b.shape == (4, 52, 3)


def test_pairs_that_point_nowhere_are_left_out(copy):
    from test_integrity import TwoPairs

    from poseloom.data.build import build

    build(copy, TwoPairs())
    table = Table.open(copy)
    assert PairDataset(table).pairs.tolist() == [0]
    assert len(PairDataset(Table.open(copy), "test")) == 0
