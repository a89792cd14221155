import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.body import default_body
from poseloom.data import Describer, Table, describe_table, executor, open_source, pair_table, prepare
from poseloom.data.builders.describe import posescript_describer
from poseloom.data.builders.neighbours import MiningOptions
from poseloom.data.builders.pairs import instructions_of
from poseloom.data.builders.posefix_pairs import FRAME_RATE, pose_table, posefix_pairs
from poseloom.language import describe, instruct
from poseloom.language.posescript import automatic_descriptions
from poseloom.pose.descriptor import GeometricDescriptor
from poseloom.pose.mining import MiningRules


def count_joints(pose, seed, rows):
    return [f"row {row} has {pose.joints} joints" for row in rows]


def test_texts_are_those_of_describe(described):
    table = Table.open(described)
    rows = [0, 500, 1023, 1024, 1099]
    assert [table.words(row, 0) for row in rows] == describe(table.poses(rows), seed=0)


def test_another_seed_adds_a_second_text(copy):
    describe_table(copy, 1)
    describe_table(copy, 2)
    describe_table(copy, 2)
    texts = Table.open(copy).texts(4)
    assert [text.seed for text in texts] == [None, 1, 2]


def test_any_function_can_describe(copy):
    describe_table(
        copy, describer=Describer("counter", count_joints, {"version": "1"}), executor=executor("processes", 2)
    )
    table = Table.open(copy)
    assert [table.texts(row)[-1].text for row in (0, 57)] == ["row 0 has 22 joints", "row 57 has 22 joints"]


def test_rows_that_were_appended_are_described_by_the_same_command(copy, content):
    from numbered import Numbered

    describe_table(copy)
    before = content(copy)
    prepare(Numbered(20, first=100), copy, append=True)
    assert Table.open(copy).text_count(102) == 0
    describe_table(copy)
    table = Table.open(copy)
    assert table.text_count(102) == 1 and table.texts(99)[-1].source == "describe"
    after = content(copy)
    assert all(after[name] == before[name] for name in before if name != "manifest.json")


def test_pairs_keep_the_band_and_the_split(described):
    table = Table.open(described)
    pairs = list(table.pairs)[::40]
    body = default_body("preview")

    def joints(rows):
        found = body.joints(table.poses(rows).without_heading())[:, :22]
        return found - found[:, :1]

    distance = torch.linalg.vector_norm(
        joints([pair.row_a for pair in pairs]) - joints([pair.row_b for pair in pairs]), dim=-1
    ).mean(-1)
    assert distance.min() >= 0.0799 and distance.max() <= 0.3501
    assert not any(pair.in_sequence for pair in pairs)
    one = pairs[3]
    first, second = (table.pose(row).without_heading() for row in (one.row_a, one.row_b))
    assert instruct(first.reshape(1), second.reshape(1)) == [one.texts[0].text]


def test_pairs_within_a_recording(tmp_path):
    from poseloom.data import open_source
    from poseloom.formats.bvh_write import write_bvh
    from poseloom.pose import Clip, Pose

    (tmp_path / "files").mkdir()
    rotations = torch.zeros(40, 22, 3)
    rotations[:, 16, 2] = torch.linspace(-1.3, 1.3, 40)
    rotations[:, 1, 0] = torch.linspace(0, -1.2, 40)
    write_bvh(Clip(Pose(rotations, torch.zeros(40, 3)), 10.0, "c"), tmp_path / "files" / "a.bvh")
    prepare(open_source("cmu", {"folder": tmp_path / "files"}), tmp_path / "table")
    pair_table(tmp_path / "table", mining=MiningOptions(least=0.05, every=10))
    pairs = list(Table.open(tmp_path / "table").pairs)
    assert pairs and all(pair.in_sequence and pair.row_a < pair.row_b for pair in pairs)
    assert {pair.row_a % 10 for pair in pairs} == {0}
    assert "left" in pairs[0].texts[0].text.lower()


@pytest.fixture(scope="module")
def mined(tmp_path_factory):
    """Folder of a table of 1,500 procedural poses with pairs mined as for PoseFix. Do not change it."""
    folder = tmp_path_factory.mktemp("mined") / "table"
    prepare(open_source("procedural", {"rows": 1500}), folder)
    seen = []
    posefix_pairs(folder, sought=lambda done, rows: seen.append((done, rows)))
    assert seen[-1] == (1500, 1500)
    return folder


def test_pairs_by_the_rules_of_posefix(mined):
    table = Table.open(mined)
    rows = table.rows_of("train")
    poses = pose_table(table, rows, FRAME_RATE, GeometricDescriptor())
    place = {row: index for index, row in enumerate(rows.tolist())}
    pairs = [pair for pair in table.pairs if pair.split == "train"]
    first, second = ([place[getattr(pair, name)] for pair in pairs] for name in ("row_a", "row_b"))
    alike = (poses.features[first] * poses.features[second]).sum(-1)
    assert alike.min() > 0.7 and alike.max() < 0.9
    assert ((poses.categories[first] != poses.categories[second]).sum(-1) > 20).all()
    assert len(pairs) > 100 and not any(pair.in_sequence for pair in pairs)
    assert {table.split(pair.row_b) for pair in pairs} == {"train"}
    one = pairs[5]
    poses_of_it = (table.pose(row).without_heading().reshape(1) for row in (one.row_a, one.row_b))
    assert instruct(*poses_of_it) == [one.texts[0].text]


def test_posefix_pairs_within_recordings_are_later_poses(tmp_path):
    from numbered import Numbered

    prepare(Numbered(100), tmp_path / "T")
    rules = MiningRules(least_similarity=-2, most_similarity=2, least_difference_within=-1, least_difference_across=-1)
    posefix_pairs(tmp_path / "T", rules=rules, frame_rate=5)
    table = Table.open(tmp_path / "T")
    within = [pair for pair in table.pairs if pair.in_sequence]
    assert within and all(0 < table.row(p.row_b).origin.frame - table.row(p.row_a).origin.frame <= 2 for p in within)
    assert all(table.row(p.row_a).origin.file == table.row(p.row_b).origin.file for p in within)


def test_posefix_pairs_of_rows_that_were_appended(mined, tmp_path, content):
    import shutil

    shutil.copytree(mined, tmp_path / "T")
    before = content(tmp_path / "T")
    posefix_pairs(tmp_path / "T")
    assert content(tmp_path / "T") == before
    old = len(Table.open(mined).pairs)
    prepare(open_source("procedural", {"rows": 300, "seed": 7}), tmp_path / "T", append=True)
    posefix_pairs(tmp_path / "T")
    posefix_pairs(tmp_path / "T")
    pairs = list(Table.open(tmp_path / "T").pairs)
    assert len(pairs) > old and all(max(pair.row_a, pair.row_b) >= 1500 for pair in pairs[old:])


def test_posefix_pairs_that_are_not_there(numbered, data, copy):
    with pytest.raises(PoseloomError, match=r"no two rows meet the rules of PoseFix \(similarity 0.98 to 0.99\)"):
        posefix_pairs(copy, rules=MiningRules(least_similarity=0.98, most_similarity=0.99))
    for options, words in (
        (["--miner", "posefiks"], "expected near or posefix; did you mean 'posefix'"),
        (["--miner", "posefix", "--least", "0.1"], "--least goes with --miner near"),
        (["--frame-rate", "30"], "--fps goes with --miner posefix"),
        (["--miner", "posefix", "--frame-rate", "0"], "frame_rate: expected a positive number"),
    ):
        status, _, err = data("pairs", copy, "--executor", "here", *options)
        assert status == 2 and words in err and err.count("\n") == 1


def test_mistakes(copy, tmp_path):
    with pytest.raises(PoseloomError, match="least < most"):
        MiningOptions(least=0.5, most=0.1)
    with pytest.raises(PoseloomError, match="every: expected at least 1"):
        MiningOptions(every=0)
    with pytest.raises(PoseloomError, match="does not exist"):
        describe_table(tmp_path / "nowhere")
    shard = next((copy / "rows").iterdir()) / "002" / "rotations.npy"
    shard.write_bytes(b"")
    with pytest.raises(PoseloomError, match=r"002/rotations.npy"):
        describe_table(copy)
    assert Table.open(copy).intact_rows().tolist() == [*range(20), *range(30, 100)]


def test_versions_of_the_published_pipelines_add_texts_of_their_own(tmp_path):
    prepare(open_source("procedural", {"rows": 40, "seed": 1}), tmp_path / "T")
    describe_table(tmp_path / "T", seed=5, describer=posescript_describer("D"))
    pair_table(tmp_path / "T", seed=5, pairing=instructions_of("pfA"))
    table = Table.open(tmp_path / "T")
    assert [text.source for text in table.texts(3)] == ["captions-D"]
    assert table.texts(3)[0].text == automatic_descriptions(table.pose(3), "D", 5)[0]
    assert len(table.pairs) and {text.source for pair in table.pairs for text in pair.texts} == {"instructions-pfA"}
