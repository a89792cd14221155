"""Mixed batches: the shares are right, nothing is left out, and no batch depends on when or where it is made."""

from dataclasses import dataclass

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.data import TensorDataset

from poseloom.base.errors import PoseloomError
from poseloom.training import DatasetBatches, MadeBatches, Mix, MixedBatches, Share, Stage
from poseloom.training.batches import concatenate_batches
from poseloom.training.mixes import whole_counts

SIZES = {"photos": 500, "films": 90, "lab": 7}
FIRST = {"photos": 0, "films": 1000, "lab": 2000}
MIX = Mix({"photos": 5, "films": 3, "lab": 2})


def share(rank=0, ranks=1, batch_size=20, seed=5):
    return Share(Stage("train", epochs=1, batch_size=batch_size), 0, seed, rank, ranks)


def source(name):
    numbers = TensorDataset(torch.arange(SIZES[name]) + FIRST[name])
    return lambda part: DatasetBatches(numbers, part)


SOURCES = {name: source(name) for name in SIZES}


def batches(part=None, mix=MIX, **options):
    return MixedBatches(SOURCES, mix, part or share(), **options)


def of(numbers, name):
    return numbers[(numbers >= FIRST[name]) & (numbers < FIRST[name] + SIZES[name])]


def test_each_batch_has_the_shares_of_the_mix():
    mixed = batches(per_epoch=50)
    for number in range(50):
        (numbers,) = mixed[0, number]
        assert [len(of(numbers, name)) for name in SIZES] == [10, 6, 4]


@given(
    shares=st.lists(st.floats(0.01, 1), min_size=2, max_size=3),
    batch_size=st.integers(3, 40),
    number=st.integers(0, 500),
)
@settings(max_examples=60)
def test_uneven_shares_are_right_in_each_batch_and_exact_over_many(shares, batch_size, number):
    mix = Mix(dict(zip(SIZES, shares, strict=False)))
    mixed = batches(share(batch_size=batch_size), mix, per_epoch=1000)
    (numbers,) = mixed[0, number]
    wanted = {name: part * batch_size for name, part in mix.normalised().items()}
    assert all(abs(len(of(numbers, name)) - count) < 3 for name, count in wanted.items())
    seen = [mixed.source_of(unit) for unit in range(2000)]
    for source, part in enumerate(mix.normalised().values()):
        places = [place for one, place in seen if one == source]
        assert abs(len(places) - 2000 * part) < 4 and places == list(range(len(places)))


def test_a_small_data_set_begins_again_in_another_order_and_misses_nothing():
    mixed = batches(per_epoch=35)
    lab = torch.cat([of(mixed[0, number][0], "lab") for number in range(35)])
    rounds = lab.view(-1, SIZES["lab"])
    assert len(rounds) == 20 and all(torch.equal(one.sort().values, rounds[0].sort().values) for one in rounds)
    assert len({tuple(one.tolist()) for one in rounds}) > 15


@given(ranks=st.sampled_from([1, 2, 4]), unit=st.sampled_from([1, 5]), place=st.tuples(*[st.integers(0, 9)] * 2))
def test_the_parts_of_all_processes_are_the_batch_of_one(ranks, unit, place):
    whole = batches(per_epoch=10, unit=unit)[place][0]
    parts = [batches(share(rank, ranks), per_epoch=10, unit=unit)[place][0] for rank in range(ranks)]
    assert torch.equal(torch.cat(parts), whole)


def test_any_batch_can_be_asked_for_at_any_time():
    mixed = batches()
    late = mixed[3, 7][0]
    assert not torch.equal(mixed[0, 0][0], late) and torch.equal(mixed[3, 7][0], late)
    assert torch.equal(batches()[3, 7][0], late) and not torch.equal(batches(share(seed=6))[3, 7][0], late)
    assert len(mixed) == sum(SIZES.values()) // 20


def test_epochs_follow_one_another():
    short, long = batches(per_epoch=3), batches(per_epoch=10)
    assert torch.equal(short[2, 1][0], long[0, 7][0])


def test_made_batches_can_be_mixed_as_well():
    def made(name):
        return lambda part: MadeBatches(lambda seed, count: (torch.full((count,), FIRST[name]) + seed % 7,), part, 9)

    mixed = MixedBatches({name: made(name) for name in SIZES}, MIX, share(), per_epoch=5)
    (numbers,) = mixed[1, 2]
    assert [len(of(numbers, name)) for name in SIZES] == [10, 6, 4]


@dataclass(frozen=True, eq=False)
class Named:
    words: list
    rows: torch.Tensor


def test_batches_of_any_make_are_joined():
    parts = [Named([str(n)], torch.tensor([n])) for n in range(3)]
    both = concatenate_batches([{"a": (one, one.rows)} for one in parts])["a"]
    assert both[0].words == ["0", "1", "2"] and torch.equal(both[0].rows, torch.arange(3))
    assert torch.equal(both[1], torch.arange(3))
    with pytest.raises(PoseloomError, match="int cannot be joined"):
        concatenate_batches([1, 2])


@given(shares=st.lists(st.floats(0.001, 1), min_size=1, max_size=9), total=st.integers(9, 2000))
def test_counts_are_whole_and_near_the_shares(shares, total):
    shares = [one / sum(shares) for one in shares]
    counts = whole_counts(shares, total)
    assert sum(counts) == total and min(counts) >= 1
    exact = [one * total for one in shares]
    assert all(abs(count - want) < 1 + sum(one < 1 for one in exact) for count, want in zip(counts, exact, strict=True))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: Mix({"photos": 0.0}), "shares.photos: expected a number above 0, got 0.0; leave out"),
        (lambda: Mix({"photos": float("nan")}), "expected a number above 0, got nan"),
        (lambda: batches(mix=Mix()), "no data set has one"),
        (
            lambda: batches(mix=Mix({"photo": 1.0})),
            "no data set 'photo' .of photos, films, lab.; did you mean 'photos'",
        ),
        (lambda: batches(unit=3), "20 of a process is not a multiple of the unit 3"),
    ],
)
def test_what_does_not_fit_is_told(wrong, message):
    with pytest.raises(PoseloomError, match=message):
        wrong()
