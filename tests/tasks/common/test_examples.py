import numpy as np
import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.language import describe
from poseloom.pose import Pose
from poseloom.tasks.common.examples import WRITERS, PoseData, PosePool, read_poses, some_sentences, words_in, written

DATA = PoseData(procedural=150, validation=20)


@pytest.fixture(scope="module")
def pool():
    return PosePool(DATA)


def test_what_is_drawn_depends_on_the_seed_alone(pool):
    a, b, c = pool.drawn(5, 40), PosePool(DATA).drawn(5, 40), pool.drawn(6, 40)
    assert torch.equal(a.rotations, b.rotations)
    assert not torch.equal(a.rotations, c.rotations)
    assert written(a, 5, 0.4) == written(b, 5, 0.4) != written(a, 6, 0.4)


def test_about_half_of_the_poses_are_mirrored(pool):
    drawn = pool.drawn(1, 400).rotations
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
    poses = pool.drawn(2, 200)
    texts = written(poses, 2, 0.0)
    assert all(texts) and len(set(texts)) > 150
    assert sum(text.startswith("- ") for text in texts) > 5  # lists
    assert any("your" in text.lower() for text in texts)  # coach
    assert abs(sum(share for _, share in WRITERS.values()) - 1) < 1e-9


def test_some_texts_can_be_in_clipped_words(pool):
    poses = pool.drawn(2, 60)
    whole, some = written(poses, 2, 0.4), written(poses, 2, 0.4, clipped_share=0.5)
    same = sum(a == b for a, b in zip(whole, some, strict=True))
    assert 15 < same < 45 and whole == written(poses, 2, 0.4, clipped_share=0.0)


def test_texts_that_tell_a_part_are_sentences_of_the_whole():
    text = "The left arm is up. The right knee is bent! The head is bowed."
    generator = np.random.default_rng(0)
    for _ in range(50):
        kept = some_sentences(text, generator)
        assert kept and all(sentence in text for sentence in kept.split(". "))


def test_words_are_read_off_any_number_of_texts(pool):
    texts = words_in(lambda seed, count: describe(pool.drawn(seed, count), seed=seed), 30)
    assert len(texts) == 30 and len(set(texts)) > 20


def test_a_pool_of_nothing_is_refused():
    with pytest.raises(PoseloomError, match="give no pose"):
        _ = PosePool(PoseData(procedural=0)).rotations


def test_files_are_read_without_frames_that_they_call_bad(shared_data):
    path = shared_data("mocap") / "val.npz"
    assert len(read_poses(path)) <= len(read_poses(path, keep_order=True))
    chosen = PosePool(PoseData(procedural=10, held_out=str(path), validation=30)).held_out
    assert chosen.rotations.shape == (30, 22, 3)
