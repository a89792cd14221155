import pytest
import torch
from releases import POSES, posefix, write_amass

from poseloom.base.errors import PoseloomError
from poseloom.data import PairDataset, Table, open_source, prepare
from poseloom.data.builders.rows import pairs_of
from poseloom.data.sources import amass_poses
from poseloom.data.sources import posefix as posefix_source
from poseloom.formats.amass import Z_UP_TO_Y_UP
from poseloom.pose.rotations import rotvec_to_rotmat


def source(folder, amass, **options):
    return open_source("posefix", {"folder": folder, "amass": amass, **options})


@pytest.fixture
def table(tmp_path, amass):
    prepare(source(posefix(tmp_path / "pf"), amass), tmp_path / "t")
    return Table.open(tmp_path / "t")


def test_pairs_in_the_order_of_the_splits(table):
    assert [pair.id for pair in table.pairs] == [f"posefix/{number}" for number in (2, 0, 1, 3, 4)]
    assert [pair.split for pair in table.pairs] == ["train", "train", "train", "val", "test"]
    assert [pair.in_sequence for pair in table.pairs] == [True, True, False, False, True]
    assert [(pair.id_a, pair.id_b) for pair in table.pairs] == [
        ("posefix/3", "posefix/4@3"),
        ("posefix/0", "posefix/1@0"),
        ("posefix/0", "posefix/3"),
        ("posefix/2", "posefix/0"),
        ("posefix/4", "posefix/3@4"),
    ]
    assert all(table.id(pair.row_a) == pair.id_a and table.id(pair.row_b) == pair.id_b for pair in table.pairs)


def test_every_text_with_its_kind(table):
    assert [(one.kind, one.source, one.text) for one in table.pairs[0].texts] == [
        ("human", "posefix-H", "bend more"),
        ("human", "posefix-H", "lower the arm"),
        ("paraphrase", "posefix-PP", "bend further"),
        ("paraphrase", "posefix-PP", "bow deeper"),
        *(("automatic", "posefix-A", f"auto 2 {place}") for place in range(3)),
    ]


def test_pairs_are_turned_as_the_original_turns_them(tmp_path, golden):
    _, arrays = golden("text-pose/pose_normalisation")
    count = len(arrays["raw_a"])
    poses = {}
    for place in range(count):
        both = torch.stack([torch.from_numpy(arrays[name][place]) for name in ("raw_a", "raw_b")]).numpy()
        write_amass(tmp_path / f"amass/CMU/1/{place}_poses.npz", both)
        poses |= {2 * place + frame: ["AMASS", f"CMU/CMU/1/{place}_poses.npz", frame] for frame in (0, 1)}
    within = [[2 * place, 2 * place + 1] for place in range(count)]
    across = [[2 * place, (2 * place + 3) % (2 * count)] for place in range(count)]
    files = {f"{split}_{part}_sequence_pair_ids": [] for split in ("val", "test") for part in ("in", "out")}
    folder = posefix(
        tmp_path / "pf",
        within + across,
        poses,
        **files,
        train_in_sequence_pair_ids=list(range(count)),
        train_out_sequence_pair_ids=list(range(count, 2 * count)),
        posefix_human_6157=dict.fromkeys(range(2 * count), "x"),
        posefix_paraphrases_4284={},
        posefix_auto_135305={},
    )
    prepare(source(folder, tmp_path / "amass"), tmp_path / "t")
    table = Table.open(tmp_path / "t")
    batch = PairDataset(table).__getitems__(range(2 * count))
    made_a, made_b = (
        rotvec_to_rotmat(torch.stack(one).double()) for one in zip(*(one[1:3] for one in batch), strict=True)
    )

    def expected(name):
        matrices = rotvec_to_rotmat(torch.from_numpy(arrays[name]).double())
        matrices[:, 0] = torch.tensor(Z_UP_TO_Y_UP, dtype=torch.float64) @ matrices[:, 0]
        return matrices

    assert torch.allclose(made_a[:count], expected("pose_a"), atol=2e-6)
    assert torch.allclose(made_b[:count], expected("pose_b_in_sequence"), atol=2e-6)
    assert torch.allclose(made_b[count:], expected("pose_b_out_of_sequence").roll(-1, 0), atol=2e-6)


def test_people_alone(tmp_path, amass):
    one = source(posefix(tmp_path / "pf"), amass, texts="human")
    prepare(one, tmp_path / "t")
    part = pairs_of(one, tmp_path / "t")
    assert part is not None and part.rows == 2
    assert {text.kind for pair in Table.open(tmp_path / "t").pairs for text in pair.texts} == {"human"}


def test_what_points_nowhere_is_counted(tmp_path, amass):
    folder = posefix(
        tmp_path / "pf",
        pairs=[[0, 1], [0, 77], [3, 4], [2, 8], [4, 3]],
        poses={**POSES, 8: ["AMASS", "KIT/KIT/3/a_poses.npz", 0]},
        posefix_human_6157={0: "x", 9: "nowhere"},
        val_out_sequence_pair_ids=[3, 12],
        test_in_sequence_pair_ids=[],
    )
    one = source(folder, amass)
    part = prepare(one, tmp_path / "t")
    assert list(part.shards[0].problems) == [
        "1 pairs with texts are not in pair_id_2_pose_ids.json: 9",
        "1 pairs of the splits are not in pair_id_2_pose_ids.json: 12",
        "1 pairs with texts are in no split; theirs is empty: 4",
        "1 poses of pairs are not in ids_2_dataset_sequence_and_frame_index_100k.json: 77",
        "KIT: 1 sequences are not in the folder of AMASS, so that 1 poses are left out: KIT/KIT/3/a_poses.npz",
    ]
    pairs = pairs_of(one, tmp_path / "t")
    assert pairs is not None and pairs.shards[0].problems == (
        "2 pairs point to poses that could not be read, such as posefix/1",
    )
    table = Table.open(tmp_path / "t")
    assert [(pair.id, pair.row_b) for pair in table.pairs if pair.row_b < 0] == [("posefix/1", -1), ("posefix/3", -1)]
    assert len(PairDataset(table)) == 3
    with pytest.raises(PoseloomError, match="without --strict"):
        prepare(source(folder, amass, strict=True), tmp_path / "strict")


def test_a_build_killed_between_rows_and_pairs_continues(tmp_path, amass, content, monkeypatch):
    monkeypatch.setattr(amass_poses, "SHARD_ROWS", 2)
    monkeypatch.setattr(posefix_source, "SHARD_PAIRS", 2)
    folder = posefix(tmp_path / "pf")
    prepare(source(folder, amass), tmp_path / "whole")
    with monkeypatch.context() as patch:
        patch.setattr("poseloom.data.builders.source_pairs.write_pairs", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            prepare(source(folder, amass), tmp_path / "broken")
    assert len(Table.open(tmp_path / "broken").pairs) == 0
    prepare(source(folder, amass), tmp_path / "broken")
    assert content(tmp_path / "broken") == content(tmp_path / "whole")


def test_poses_and_pairs_in_one_table(tmp_path, amass):
    from releases import posescript

    prepare(open_source("posescript", {"folder": posescript(tmp_path / "ps"), "amass": amass}), tmp_path / "t")
    prepare(source(posefix(tmp_path / "pf"), amass), tmp_path / "t", append=True)
    table = Table.open(tmp_path / "t")
    assert table.id(table.pairs[1].row_b) == "posefix/1@0" and len(table) == 13


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"pairs": [[0, 1, 2]]}, r"pair_id_2_pose_ids\.json: pair 0: expected two pose ids"),
        ({"pairs": {}}, "holds a dict, expected a list"),
        ({"train_in_sequence_pair_ids": [1]}, r"train_out_sequence_pair_ids\.json: id 1: is also in train in"),
        ({"posefix_human_6157": {0: None}}, "id 0: expected a text or a list of texts"),
    ],
)
def test_mistakes_are_one_line(tmp_path, amass, changed, told):
    folder = posefix(tmp_path / "pf", **changed)
    with pytest.raises(PoseloomError, match=told):
        prepare(source(folder, amass), tmp_path / "t")


def test_a_missing_file_is_named(tmp_path, amass):
    folder = posefix(tmp_path / "pf")
    (folder / "test_out_sequence_pair_ids.json").unlink()
    with pytest.raises(PoseloomError, match=r"test_out_sequence_pair_ids\.json: does not exist; it is part of PoseFix"):
        source(folder, amass)
