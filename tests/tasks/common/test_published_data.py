"""Tables to batches of the published models."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from published_tables import posefix_table, posescript_table, releases

from poseloom.data import Table, open_source, prepare
from poseloom.nn.text.tokenizers import WordTokenizer
from poseloom.nn.text.vocabulary import build_vocabulary
from poseloom.pose.rotations import rotvec_to_rotmat
from poseloom.pose.types import Pose
from poseloom.tasks.common.frames import from_published
from poseloom.tasks.common.published_data import Chance, PairItems, PoseItems, SampledItems, vocabulary_of
from poseloom.tasks.common.published_recipe import TableData
from poseloom.tasks.common.published_text import TextMaker
from poseloom.training import DatasetBatches, Share, Stage


@pytest.fixture(scope="module")
def poses(tmp_path_factory):
    return posescript_table(tmp_path_factory.mktemp("posescript"))


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    return posefix_table(tmp_path_factory.mktemp("posefix"))


def items(kind, table, texts=("human", "automatic", "paraphrase")):
    words = vocabulary_of([TableData(str(table), list(texts))], kind is PairItems)
    return kind(52, TextMaker(WordTokenizer(words)))


def said(made, texts):
    return [made.maker.tokenizer.decode(row) for row in texts.tokens]


def whole(made, view, **chance):
    """One training batch of all items of a view."""
    drawn = SampledItems(view, 4).__getitems__(range(len(view)))
    more = {"table": view.table} if isinstance(made, PairItems) else {}
    return made.training_batch(drawn, Chance(seed=4, **chance), **more)


@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_items_are_those_of_the_split_with_such_texts(poses, pairs, split):
    table = Table(poses)
    view = items(PoseItems, poses).view(TableData(str(poses)), split)
    assert set(view.rows.tolist()) == set(table.rows_of(split).tolist()) and len(view) in (24, 8)
    others = items(PairItems, pairs).view(TableData(str(pairs)), split)
    assert {Table(pairs).pairs[number].split for number in others.pairs.tolist()} == {split}


def test_stages_read_the_texts_that_they_name(poses):
    made = items(PoseItems, poses)
    automatic, human = (made.view(TableData(str(poses), [kind]), "train") for kind in ("automatic", "human"))
    assert all("By rule" in text for text in said(made, whole(made, automatic).texts))
    assert not any("By rule" in text for text in said(made, whole(made, human).texts))


def test_poses_are_those_of_the_original(tmp_path, golden):
    _, arrays = golden("text-pose/pose_normalisation")
    raw = arrays["raw_a"]
    releases.write_amass(tmp_path / "amass/CMU/1/a_poses.npz", raw)
    frames = {place: ["AMASS", "CMU/CMU/1/a_poses.npz", place] for place in range(len(raw))}
    ids = list(frames)
    folder = releases.posescript(tmp_path / "ps", frames, dict.fromkeys(ids, "x"), {}, train=ids, val=[], test=[])
    prepare(open_source("posescript", {"folder": folder, "amass": tmp_path / "amass"}), tmp_path / "t")
    made = items(PoseItems, tmp_path / "t")
    view = made.view(TableData(str(tmp_path / "t")), "train", which=0)
    batch = made.held_out(view, range(len(view)))
    order = [int(Table(tmp_path / "t").id(row).rpartition("/")[2]) for row in view.rows.tolist()]
    expected = torch.from_numpy(arrays["pose_a"][order]).float()
    torch.testing.assert_close(rotvec_to_rotmat(batch.poses), rotvec_to_rotmat(expected), atol=2e-5, rtol=0)


def test_half_of_the_items_are_mirrored_poses_and_words_alike(poses):
    made = items(PoseItems, poses)
    view = made.view(TableData(str(poses)), "train", which=0)
    plain, flipped = whole(made, view), whole(made, view, flip=True)
    was, now = said(made, plain.texts), said(made, flipped.texts)
    mirror = from_published(plain.poses).mirror()
    unmirrored = from_published(flipped.poses)
    changed = 0
    for place, (before, after) in enumerate(zip(was, now, strict=True)):
        swapped = before.replace("left", "L").replace("right", "left").replace("L", "right")
        expected = mirror if after != before else from_published(plain.poses)
        changed += after != before
        assert "clockwise" in after or after in (before, swapped)
        torch.testing.assert_close(unmirrored.matrices()[place], expected.matrices()[place], atol=1e-4, rtol=0)
    assert 5 <= changed <= 19


def test_what_must_not_be_mirrored_stays_with_its_pose(poses):
    words = build_vocabulary(["your left arm is at three o'clock ."])
    maker = TextMaker(WordTokenizer(words))
    texts = ["your left arm is at three o'clock", "your left arm"]
    made, flipped = maker.flipped(texts, torch.tensor([True, True]), 0)
    assert flipped.tolist() == [False, True]
    assert [maker.tokenizer.decode(row) for row in made.tokens] == [
        "Your left arm is at three o'clock",
        "Your right arm",
    ]
    assert made.lengths.tolist() == [9, 5]


def test_texts_are_drawn_anew_in_each_epoch_and_the_same_again(poses):
    made = items(PoseItems, poses)
    data = TableData(str(poses), ["automatic"])
    share = Share(Stage(steps=1, batch_size=8), 0, 3)

    def collate(drawn):
        return made.training_batch(drawn, Chance(flip=True, seed=3))

    def batches():
        return DatasetBatches(SampledItems(made.view(data, "train", seed=3), 3), share, collate)

    one, two = batches(), batches()
    first, again, other = one[(0, 1)], two[(0, 1)], one[(1, 1)]
    assert torch.equal(first.poses, again.poses) and torch.equal(first.texts.tokens, again.texts.tokens)
    assert not torch.equal(first.poses, other.poses)
    assert len(one) == 3


def test_held_out_texts_are_in_turn_or_one_after_the_other(poses):
    made = items(PoseItems, poses)
    data = TableData(str(poses), ["automatic"])
    in_turn = made.view(data, "val", in_turn=True)
    batch = made.held_out(in_turn, range(8))
    assert [int(text[-2]) for text in batch.words] == [place % 3 for place in range(8)]
    for which in range(3):
        batch = made.held_out(made.view(data, "val", which=which), range(8))
        assert {text[-2] for text in batch.words} == {str(which)}
    assert all(len(texts) == 3 and len(set(texts)) == 3 for texts in batch.references)
    torch.testing.assert_close(
        from_published(batch.poses).matrices(),
        Pose(torch.from_numpy(Table(poses).array("rotations", in_turn.rows))).matrices(),
        atol=1e-5,
        rtol=0,
    )


def test_pairs_keep_their_turn_within_a_recording_alone(pairs):
    made = items(PairItems, pairs)
    view = made.view(TableData(str(pairs)), "train", which=0)
    batch = made.held_out(view, range(len(view)))
    table = Table(pairs)
    rows = [table.pairs[number] for number in view.pairs.tolist()]
    assert batch.in_sequence.tolist() == [pair.in_sequence for pair in rows] and 0 < int(batch.in_sequence.sum()) < 24
    wanted = table.poses([pair.row_b for pair in rows])  # the source has aligned them already
    torch.testing.assert_close(from_published(batch.after).matrices(), wanted.matrices(), atol=1e-4, rtol=0)
    bare = from_published(batch.after).without_heading().matrices()[:, 0]
    turned = (from_published(batch.after).matrices()[:, 0] - bare).abs().amax((1, 2)) > 1e-3
    assert not (turned & ~batch.in_sequence).any() and (turned & batch.in_sequence).any()


def test_copies_have_no_words_and_pose_a_twice(pairs):
    made = items(PairItems, pairs)
    view = made.view(TableData(str(pairs)), "train")
    none, some, every = (whole(made, view, copies=share) for share in (0.0, 0.5, 1.0))
    assert torch.equal(every.before, every.after) and every.texts.lengths.tolist() == [2] * len(view)
    assert not (none.before == none.after).flatten(1).all(1).any()
    copied = (some.before == some.after).flatten(1).all(1)
    assert 4 < int(copied.sum()) < 20 and torch.equal(copied, some.texts.lengths == 2)


def test_words_are_those_of_peoples_texts_first_and_the_sides_last(poses):
    words = vocabulary_of([TableData(str(poses), ["automatic"]), TableData(str(poses), ["human"])], pairs=False).words
    assert words.index("little") < words.index("rule") < words.index("leftward")
    only = vocabulary_of([TableData(str(poses), ["human"])], pairs=False).words
    assert "rule" not in only and np.isin(["left", "right"], only).all()


def test_a_pose_whose_words_cannot_be_mirrored_is_not_mirrored(poses):
    made = items(PoseItems, poses)
    view = made.view(TableData(str(poses)), "train")
    drawn = [
        (one._replace(text="At three o'clock"), draw) for one, draw in SampledItems(view, 4).__getitems__(range(24))
    ]
    made.maker = TextMaker(WordTokenizer(build_vocabulary(["at three o'clock"])))
    plain, flipped = made.training_batch(drawn, Chance(seed=4)), made.training_batch(drawn, Chance(flip=True, seed=4))
    assert torch.equal(plain.poses, flipped.poses)


def test_both_poses_of_a_pair_are_mirrored_with_its_words(pairs):
    made = items(PairItems, pairs)
    view = made.view(TableData(str(pairs)), "train", which=0)
    plain, flipped = whole(made, view), whole(made, view, flip=True)
    pairs_of_words = zip(said(made, plain.texts), said(made, flipped.texts), strict=True)
    changed = torch.tensor([was != now for was, now in pairs_of_words])
    assert 3 < int(changed.sum()) < 21
    for name in ("before", "after"):
        was, now = from_published(getattr(plain, name)), from_published(getattr(flipped, name))
        expected = torch.where(changed[:, None, None, None], was.mirror().matrices(), was.matrices())
        torch.testing.assert_close(now.matrices(), expected, atol=1e-4, rtol=0)
