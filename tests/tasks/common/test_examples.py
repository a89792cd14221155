from dataclasses import replace

import numpy as np
import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.data import Table
from poseloom.language import describe
from poseloom.pose import Pose
from poseloom.tasks.common.examples import (
    WRITERS,
    PoseData,
    PosePool,
    read_poses,
    rows_in_split,
    some_sentences,
    words_in,
    write_descriptions,
)
from poseloom.tasks.common.pair_examples import PairData, PairPool

DATA = PoseData(procedural=150, validation=20)


@pytest.fixture(scope="module")
def pool():
    return PosePool(DATA)


def test_what_is_drawn_depends_on_the_seed_alone(pool):
    a, b, c = pool.sample(5, 40), PosePool(DATA).sample(5, 40), pool.sample(6, 40)
    assert torch.equal(a.rotations, b.rotations)
    assert not torch.equal(a.rotations, c.rotations)
    assert write_descriptions(a, 5, 0.4) == write_descriptions(b, 5, 0.4) != write_descriptions(a, 6, 0.4)


def test_about_half_of_the_poses_are_mirrored(pool):
    drawn = pool.sample(1, 400).rotations
    known = pool.rotations

    def among(rows):
        return ((rows[:, None] - known).abs().amax((2, 3)) < 1e-4).any(1)

    plain, mirrored = among(drawn), among(Pose(drawn).mirror().rotations)
    assert (plain | mirrored).all() and 0.35 < plain.float().mean() < 0.65


def test_poses_have_no_heading_and_no_hands_and_the_held_out_ones_are_others(pool):
    assert pool.rotations.shape == (150, 22, 3) and pool.held_out.rotations.shape == (20, 22, 3)
    assert torch.cdist(pool.held_out.rotations.flatten(1), pool.rotations.flatten(1)).min() > 1e-3
    turned = pool.held_out.without_heading().matrices()
    torch.testing.assert_close(turned, pool.held_out.matrices(), atol=1e-4, rtol=0)


def test_every_way_of_writing_is_used(pool):
    poses = pool.sample(2, 200)
    texts = write_descriptions(poses, 2, 0.0)
    assert all(texts) and len(set(texts)) > 150
    assert sum(text.startswith("- ") for text in texts) > 5  # lists
    assert any("your" in text.lower() for text in texts)  # coach
    assert abs(sum(share for _, share in WRITERS.values()) - 1) < 1e-9


def test_some_texts_can_be_in_clipped_words(pool):
    poses = pool.sample(2, 60)
    whole, some = write_descriptions(poses, 2, 0.4), write_descriptions(poses, 2, 0.4, telegraphic_share=0.5)
    same = sum(a == b for a, b in zip(whole, some, strict=True))
    assert 15 < same < 45 and whole == write_descriptions(poses, 2, 0.4, telegraphic_share=0.0)


def test_some_texts_can_be_paraphrased_and_keep_their_meaning(pool):
    poses = pool.sample(2, 60)
    whole, some = write_descriptions(poses, 2, 0.0), write_descriptions(poses, 2, 0.0, paraphrased=0.5)
    same = sum(a == b for a, b in zip(whole, some, strict=True))
    assert 15 < same < 45 and whole == write_descriptions(poses, 2, 0.0, paraphrased=0.0)
    changed = [(a, b) for a, b in zip(whole, some, strict=True) if a != b]
    assert any(sorted(a.split()) != sorted(b.split()) for a, b in changed)  # other words, not another order alone


def test_texts_that_tell_a_part_are_sentences_of_the_whole():
    text = "The left arm is up. The right knee is bent! The head is bowed."
    generator = np.random.default_rng(0)
    for _ in range(50):
        kept = some_sentences(text, generator)
        assert kept and all(sentence in text for sentence in kept.split(". "))


def test_words_are_read_off_any_number_of_texts(pool):
    texts = words_in(lambda seed, count: describe(pool.sample(seed, count), seed=seed), 30)
    assert len(texts) == 30 and len(set(texts)) > 20


def test_a_pool_of_nothing_is_refused():
    with pytest.raises(PoseloomError, match="give no pose"):
        _ = PosePool(PoseData(procedural=0)).rotations


def test_files_are_read_without_frames_that_they_call_bad(shared_data):
    path = shared_data("mocap") / "val.npz"
    assert len(read_poses(path)) <= len(read_poses(path, keep_order=True))
    chosen = PosePool(PoseData(procedural=10, held_out=str(path), validation=30)).held_out
    assert chosen.rotations.shape == (30, 22, 3)


@pytest.fixture(scope="module")
def split_table(tmp_path_factory):
    """A table of 200 procedural poses with splits."""
    from poseloom.data import prepare
    from poseloom.data.sources.procedural import Procedural

    folder = tmp_path_factory.mktemp("split") / "table"
    prepare(Procedural(200), folder)
    return folder


def test_poses_of_a_table_are_those_of_its_split(split_table):
    table = Table(split_table)
    train, held_out = table.rows_of("train"), table.rows_of("val")
    assert 0 < len(held_out) < len(train) < len(table)
    pool = PosePool(PoseData(procedural=0, tables=[str(split_table)], held_out=str(split_table), validation=1000))
    bare = table.poses().body().without_heading().rotations
    torch.testing.assert_close(pool.rotations, bare[train])
    apart = torch.cdist(pool.held_out.rotations.flatten(1), bare.flatten(1))
    assert set(apart.argmin(1).tolist()) == set(held_out.tolist())  # in another order: the most different first


def test_a_table_without_splits_gives_all_its_poses_and_one_without_this_split_is_refused(split_table, numbered):
    table = Table(numbered)
    assert (set(table.column("split").to_pylist()) == {""}) == (len(rows_in_split(table, "train")) == len(table))
    with pytest.raises(PoseloomError, match=r"no rows in split 'nowhere'.*it has test, train, val"):
        rows_in_split(Table(split_table), "nowhere")


def test_a_table_without_splits_cannot_be_learned_from_and_held_out(tmp_path):
    from numbered import Numbered
    from poseloom.data import prepare

    class Loose(Numbered):
        def read(self, unit):
            block = super().read(unit)
            return replace(block, splits=[""] * len(block))

    prepare(Loose(), tmp_path / "t")
    data = PoseData(procedural=0, tables=[str(tmp_path / "t")], validation=5)
    assert len(PosePool(data).rotations) == len(Table(tmp_path / "t"))
    with pytest.raises(PoseloomError, match="has no splits"):
        _ = PosePool(replace(data, held_out=str(tmp_path / "t"))).held_out


def test_held_out_pairs_of_a_table_are_those_of_its_val(described):
    first, second = PairPool(PairData(held_out=str(described), validation=1000)).held_out
    table = Table(described)
    pairs = [pair for pair in table.pairs if pair.split == "val" and min(pair.row_a, pair.row_b) >= 0]
    assert len(pairs) == len(first) == len(second) > 0
    wanted = table.poses([pair.row_a for pair in pairs]).body().without_heading()
    torch.testing.assert_close(first.matrices(), wanted.matrices(), atol=1e-5, rtol=0)
