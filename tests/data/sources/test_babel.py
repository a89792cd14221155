import pytest
import releases
from releases import babel, write_json

from poseloom.base.errors import PoseloomError
from poseloom.data import Table, describe_table, open_source, prepare
from poseloom.data.builders.describe import posescript_describer
from poseloom.data.schema import Text
from poseloom.data.sources.babel_labels import activity_labels, read_babel


@pytest.fixture
def labelled(tmp_path, amass):
    prepare(open_source("babel", {"folder": babel(tmp_path / "babel"), "amass": amass, "every": 6}), tmp_path / "t")
    return Table.open(tmp_path / "t")


def texts(table, row_id):
    (number,) = table.numbers_of([row_id])
    return {(one.source, one.text) for one in table.texts(int(number))}


def test_labels_hold_at_their_seconds_both_ends_included(labelled):
    stood = {("babel words", "Stand still"), ("babel", "stand")}
    waved = {("babel words", "wave"), ("babel", "wave"), ("babel", "hand movements")}
    whole = {("babel words (sequence)", "stand and wave"), ("babel (sequence)", "wave")}
    assert texts(labelled, "CMU/75/75_09_poses:0") == stood | whole
    assert texts(labelled, "CMU/75/75_09_poses:12") == stood | waved | whole  # 0.1 s
    assert texts(labelled, "CMU/75/75_09_poses:36") == waved | whole
    assert {one.kind for one in labelled.texts(0)} == {"label"}


def test_only_labelled_sequences_in_babels_splits(labelled):
    splits = dict(zip(labelled.column("file").to_pylist(), labelled.column("split").to_pylist(), strict=True))
    assert splits == {
        "CMU/75/75_09_poses.npz": "train",
        "BioMotionLab_NTroje/rub001/0001 treadmill_poses.npz": "val",
    }
    (part,) = labelled.manifest.parts
    assert part.shards[0].problems == ("1 sequences of BABEL are not in the folder of AMASS: KIT/KIT/3/a_poses.npz",)


def test_the_extra_files_are_read_where_they_are(tmp_path):
    labels = read_babel(babel(tmp_path, extra=True))["CMU/CMU/75/75_10_poses.npz"]
    assert [span.words for span in labels.spans] == ["stand and wave", "walk on a treadmill"]
    assert labels.split == "train"


def test_labels_reach_the_descriptions(labelled):
    describe_table(labelled.path, describer=posescript_describer("A"))
    table = Table.open(labelled.path)
    walks = [table.texts(int(row))[-1].text for row in table.rows_of("val")]
    assert all("walk" in text.split(".")[0] for text in walks)
    describe_table(labelled.path, describer=posescript_describer("D"))
    assert all("walk" not in table.text for table in Table.open(labelled.path).texts(0)[-1:])


def test_labels_of_the_moment_come_before_those_of_the_sequence():
    moment, whole = Text("wave", "label", "babel"), Text("walk", "label", "babel (sequence)")
    assert activity_labels([whole, moment]) == ["wave"]
    assert activity_labels([whole]) == ["walk"]
    assert activity_labels([Text("babel", "human", "babel")]) is None
    assert activity_labels([], "DanceDB/DanceDB/Andria/happy_poses.npz") == ["__dancing__"]


def test_mistakes_are_one_line(tmp_path, amass):
    def opened(folder, **options):
        return open_source("babel", {"folder": folder, "amass": amass, **options})

    folder = babel(tmp_path / "babel")
    with pytest.raises(PoseloomError, match=r"1 sequences of BABEL are not in .*: KIT/KIT/3/a_poses\.npz; download"):
        opened(folder, strict=True)
    with pytest.raises(PoseloomError, match="needs --amass FOLDER"):
        open_source("babel", {"folder": folder})
    timeless = {"labels": [{"raw_label": "x", "act_cat": [], "start_t": None, "end_t": 1}]}
    write_json(folder, train={1: {"feat_p": "CMU/CMU/75/75_09_poses.npz", "frame_ann": timeless}})
    with pytest.raises(PoseloomError, match=r"train\.json: entry 1: frame label 0: expected seconds in start_t"):
        opened(folder)
    write_json(folder, train={1: {"path": "x"}})
    with pytest.raises(PoseloomError, match=r"train\.json: entry 1: has no 'feat_p'"):
        opened(folder)
    (folder / "val.json").unlink()
    with pytest.raises(PoseloomError, match=r"val\.json: does not exist; it is part of BABEL: babel\.is\.tue"):
        opened(folder)
    releases.write_json(tmp_path / "other", train={}, val={}, test={1: {"feat_p": "KIT/KIT/3/a_poses.npz"}})
    with pytest.raises(PoseloomError, match="holds none of the 1 sequences of BABEL"):
        opened(tmp_path / "other")
