"""Building, adding, reading back; poses like one; vectors; filters; what is damaged or does not fit."""

import json
import multiprocessing
import os
import shutil
import signal

import numpy as np
import pytest
import torch

from poseloom.base.errors import FileError, PoseloomError
from poseloom.data import Table
from poseloom.pose import Pose
from poseloom.pose import rotations as rot
from poseloom.pose.descriptor import GeometricDescriptor
from poseloom.pose.sampler import sample
from poseloom.search import Index, MemoryRows, TableRows, build_index, neighbours
from poseloom.search import build as building
from poseloom.search.store import MANIFEST
from poseloom.search.words import WordScorer


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# -- poses like one --------------------------------------------------------------------------------------------------


def test_a_pose_is_most_like_itself_whatever_its_heading(samples, sampled_poses):
    turned = sampled_poses[17].turned(rot.axis_to_rotmat(torch.tensor(2.0), "Y"))
    for pose in (sampled_poses[17], turned):
        first = samples.like(pose, 1)[0]
        assert first.row == 17 and first.score == pytest.approx(1, abs=1e-4)


def test_mirrored_poses_count_where_asked(samples, sampled_poses):
    half = len(samples) // 2
    hits = samples.like(sampled_poses[17], 2, mirrored=True)
    assert {hit.row for hit in hits} == {17, 17 + half}
    assert {hit.row: hit.mirrored for hit in hits} == {17: False, 17 + half: True}
    plain = samples.like(sampled_poses[17 + half], 5)
    swapped = samples.like(sampled_poses[17].mirror(), 5)
    assert [hit.row for hit in plain] == [hit.row for hit in swapped]


def test_descriptors_of_22_and_52_joints_and_batches_agree(sampled_poses):
    descriptor = GeometricDescriptor()
    whole = descriptor(sampled_poses[:40])
    assert whole.shape == (40, descriptor.dimensions) and np.allclose(np.linalg.norm(whole, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(
        np.concatenate([descriptor(sampled_poses[i : i + 1]) for i in range(40)]), whole, atol=1e-5
    )
    np.testing.assert_array_equal(
        descriptor(sampled_poses[:3].body()), descriptor(sampled_poses[:3].body().with_hands())
    )


def test_only_one_pose_can_be_compared(samples, sampled_poses):
    with pytest.raises(PoseloomError, match="expected one pose"):
        samples.like(sampled_poses[:2])


# -- vectors ---------------------------------------------------------------------------------------------------------


def exact(vectors, query, k):
    return np.argsort(-(vectors @ query), kind="stable")[:k]


def test_any_vectors_can_be_indexed(tmp_path, vectors):
    build_index(MemoryRows(vectors=3 * vectors, texts=["x"] * len(vectors)), tmp_path / "index")
    index = Index(tmp_path / "index")
    for row in (0, 1500, 2999):
        assert [hit.row for hit in index.nearest(vectors[row], 5)] == exact(vectors, vectors[row], 5).tolist()
    assert index.exact
    with pytest.raises(PoseloomError, match="no poses to ask about"):
        index.search("kneeling")


@pytest.fixture
def cells(tmp_path, vectors, monkeypatch):
    pytest.importorskip("faiss")
    monkeypatch.setattr(neighbours, "EXACT_ROWS", 1000)
    kinds = ["rare" if row % 50 == 0 else "often" for row in range(len(vectors))]
    build_index(MemoryRows(vectors=vectors, metadata={"kind": kinds}), tmp_path / "index")
    return Index(tmp_path / "index")


def test_cells_find_what_the_exact_search_finds(cells, vectors, monkeypatch):
    assert not cells.exact and cells.manifest.cells
    queries = vectors[::60]
    for where, allowed in (((), np.arange(len(vectors))), (("kind=rare",), np.arange(0, len(vectors), 50))):
        found = sum(
            len({hit.row for hit in cells.nearest(query, 10, where)} & set(allowed[exact(vectors[allowed], query, 10)]))
            for query in queries
        )
        assert found >= 0.97 * 10 * len(queries)
    monkeypatch.setattr(neighbours, "SUBSET_COMPARED", 10)  # the filter goes to faiss
    hits = cells.nearest(vectors[0], 10, ["kind=rare"])
    assert len(hits) == 10 and all(hit.row % 50 == 0 for hit in hits)


def test_cells_take_more_rows(cells, vectors, tmp_path):
    more = MemoryRows(vectors=-vectors[:500], ids=[f"more {row}" for row in range(500)], source="more",
                      metadata={"kind": ["new"] * 500})  # fmt: skip
    assert build_index(more, tmp_path / "index", add=True).rows == len(vectors) + 500
    index = Index(tmp_path / "index")
    assert not index.exact
    assert index.nearest(-vectors[3], 1)[0].id == "more 3"
    assert len(list((tmp_path / "index").glob("cells-*"))) == 1


def test_without_faiss_every_row_is_compared(cells, vectors, tmp_path, monkeypatch):
    monkeypatch.setattr(neighbours, "faiss_or_none", lambda: None)
    index = Index(cells.folder)
    assert index.exact
    assert [hit.row for hit in index.nearest(vectors[5], 5)] == exact(vectors, vectors[5], 5).tolist()
    built = build_index(MemoryRows(vectors=vectors), tmp_path / "other")
    assert "faiss is not installed" in built.notes[0] and "pip install 'poseloom[search]'" in built.notes[0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda v: np.where(np.arange(16) == 3, np.nan, v), "row 0 of a block holds NaN"),
        (lambda v: v * 0, "zeros alone"),
        (lambda v: v[:, :0], "expected an array"),
    ],
)
def test_bad_vectors_are_refused(tmp_path, vectors, change, words):
    with pytest.raises(PoseloomError, match=words):
        build_index(MemoryRows(vectors=change(vectors)), tmp_path / "index")
    assert not (tmp_path / "index" / MANIFEST).exists()


def test_bad_queries_of_vectors(samples, vectors):
    with pytest.raises(PoseloomError, match="vectors of 112 numbers, the query has shape"):
        samples.nearest(vectors[0])
    with pytest.raises(PoseloomError, match="NaN"):
        samples.nearest(np.full(112, np.nan))


# -- filters ---------------------------------------------------------------------------------------------------------


def test_filters_hold_for_words_and_poses(samples, sampled_poses):
    half = len(samples) // 2
    for hits in (
        samples.search("standing", 30, ["kind=mirrored"]).hits,
        samples.like(sampled_poses[3], 30, ["kind!=own"]),
        samples.like(sampled_poses[3], 30, [f"frame>={half}", "kind=mirrored"]),
    ):
        assert len(hits) == 30 and all(hit.row >= half and hit.metadata["kind"] == "mirrored" for hit in hits)


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("kin=own", r"no such column; did you mean 'kind'\? \(it has"),
        ("kind", "expected NAME=VALUE"),
        ("kind>own", "use = or !="),
        ("frame=ten", "expected a number"),
        ("kind=none", "no row meets the filter kind=none; kind is for instance own, mirrored"),
        ("frame<0", "no row meets the filter frame<0; frame is for instance 0 to"),
    ],
)
def test_bad_filters(samples, where, words):
    with pytest.raises(PoseloomError, match=words):
        samples.search("standing", where=[where])


def test_missing_values_are_found_by_unequal_alone(tmp_path, few):
    rows = MemoryRows(few.pose, metadata={"label": [None, "a", "b"] * 4, "weight": [None, 1.0, 2.5] * 4})
    build_index(rows, tmp_path / "index")
    index = Index(tmp_path / "index")
    assert index.hit(0).metadata == {"label": None, "weight": None}
    assert index.hit(2).metadata == {"label": "b", "weight": 2.5}
    for where, count in (("label=a", 4), ("label!=a", 8), ("weight>=1", 8), ("weight!=1", 8)):
        assert len(index.like(few.pose[0], 12, [where])) == count


def test_rows_are_found_by_what_their_texts_are(tmp_path, few):
    texts = [("a pose", "someone stands"), ("a pose",), ()] * 4
    kinds = [("automatic", "human"), ("automatic",), ()] * 4
    build_index(MemoryRows(few.pose, texts, metadata={"kind": kinds}), tmp_path / "index")
    index = Index(tmp_path / "index")
    assert index.hit(0).metadata == {"kind": ["automatic", "human"]} and index.hit(2).metadata == {"kind": []}
    found = {where: index.like(few.pose[0], 12, [where]) for where in ("kind=human", "kind!=human", "kind=automatic")}
    assert [len(hits) for hits in found.values()] == [4, 8, 8]
    assert {hit.text for hit in found["kind=human"]} == {"someone stands"}
    assert {hit.text for hit in found["kind=automatic"]} == {"a pose"}
    with pytest.raises(
        PoseloomError, match=r"kind=humen; did you mean 'human'.; kind is for instance automatic, human"
    ):
        index.like(few.pose[0], 12, ["kind=humen"])
    with pytest.raises(PoseloomError, match="use = or !="):
        index.like(few.pose[0], 12, ["kind>human"])


# -- adding ----------------------------------------------------------------------------------------------------------


def test_added_rows_are_found_as_if_built_at_once(tmp_path, few, sampled_poses):
    first = MemoryRows(sampled_poses[:300], ids=[f"r{row}" for row in range(300)])
    whole = MemoryRows(sampled_poses[:500], ids=[f"r{row}" for row in range(500)])
    build_index(first, tmp_path / "grown")
    assert build_index(whole, tmp_path / "grown", add=True).added == 200
    assert build_index(whole, tmp_path / "grown", add=True).notes == ("the index holds every row of the table already",)
    build_index(whole, tmp_path / "whole")
    grown, once = Index(tmp_path / "grown"), Index(tmp_path / "whole")
    assert len(grown) == len(once) == 500
    for question in ("standing", "left knee bent", "sitting, arms crossed"):
        hits = [[(hit.id, round(hit.score, 5)) for hit in one.search(question, 500).hits] for one in (grown, once)]
        assert hits[0] == hits[1]
    assert [h.id for h in grown.like(sampled_poses[400], 9)] == [h.id for h in once.like(sampled_poses[400], 9)]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (
            lambda few: MemoryRows(few.pose[:5], few.texts[:5], few.ids[:5]),
            "holds 12 rows of this table, the table has 5",
        ),
        (lambda few: MemoryRows(few.pose, ids=few.ids, source="other"), "'id-0' is in the index already"),
        (lambda few: MemoryRows(texts=["a"], ids=["new"], source="other"), "build an index of its own"),
        (lambda few: MemoryRows(vectors=np.ones((1, 4)), ids=["new"], source="other"), "build an index of its own"),
        (lambda few: MemoryRows(source="other"), "has no rows"),
    ],
)
def test_rows_that_do_not_fit_leave_the_index_alone(tmp_path, few, rows, words):
    build_index(few, tmp_path / "index")
    before = contents(tmp_path / "index")
    with pytest.raises(PoseloomError, match=words):
        build_index(rows(few), tmp_path / "index", add=True)
    assert contents(tmp_path / "index") == before


def test_a_table_and_what_is_added_to_it(tmp_path, described):
    rows = TableRows(Table.open(described))
    build_index(rows, tmp_path / "index")
    index = Index(tmp_path / "index")
    assert len(index) == len(rows)
    hit = index.search("standing", 1).hits[0]
    assert hit.text and hit.metadata["data_set"] == "procedural" and hit.metadata["kind"] == ["automatic"]
    assert hit.id == Table.open(described).id(hit.row)
    assert index.search("standing", 1, ["kind=automatic", "source=describe"]).hits[0] == hit
    assert build_index(rows, tmp_path / "index", add=True).added == 0


def test_several_tables_make_one_index_and_keep_their_ids_apart(tmp_path, described, numbered, command):
    one, other = tmp_path / "one" / "T", tmp_path / "other" / "T"
    shutil.copytree(described, one)
    shutil.copytree(numbered, other)
    assert command("index", "build", one, other, "--out", tmp_path / "I")[0] == 0
    index, first = Index(tmp_path / "I"), len(Table.open(described))
    assert len(index) == first + 100 and len(index.manifest.segments) == 2
    assert index.hit(3).id == f"one/T/{Table.open(described).id(3)}" and index.hit(first + 7).id == "other/T/row 7"
    status, out, _ = command("index", "build", one, other, "--out", tmp_path / "I", "--add")
    assert status == 0 and "0 of them new" in out
    status, _, err = command("index", "build", one, other, one, "--out", tmp_path / "J")
    assert status == 2 and "is named twice" in err and not (tmp_path / "J").exists()


def test_a_second_table_that_does_not_fit_leaves_no_index(tmp_path, few):
    texts = MemoryRows(texts=["a"], ids=["new"], source="other")
    with pytest.raises(PoseloomError, match="build an index of its own"):
        build_index([few, texts], tmp_path / "I")
    assert not (tmp_path / "I" / MANIFEST).exists()


def test_rows_of_a_table_come_in_blocks_from_any_row(numbered, monkeypatch):
    monkeypatch.setattr("poseloom.search.tables.BLOCK_ROWS", 25)
    rows = TableRows(Table.open(numbered))
    for start in (0, 7, 10, 95, 99):
        blocks = list(rows.blocks(start))
        assert [one for block in blocks for one in block.ids] == [f"row {row}" for row in range(start, 100)]
        assert [frame for block in blocks for frame in block.metadata["frame"]] == list(range(start, 100))
        assert [text for block in blocks for text in block.texts] == [
            tuple(f"text {place} of {row}" for place in range(row % 3)) for row in range(start, 100)
        ]
        assert all(block.pose.translation[:, 0].tolist() == block.metadata["frame"] for block in blocks)
        assert all(len(block) <= 25 for block in blocks)


# -- a build that is killed ------------------------------------------------------------------------------------------


class PausedRows(MemoryRows):
    """Rows of which the first block never comes; `reached` is told once it is asked for."""

    reached = None

    def blocks(self, start=0):
        self.reached.set()
        signal.pause()
        return super().blocks(start)


@pytest.mark.parametrize("moment", ["reading", "before the manifest"])
def test_a_killed_build_leaves_the_old_index(tmp_path, few, moment):
    folder, context = tmp_path / "index", multiprocessing.get_context("fork")
    build_index(few, folder)
    before, reached = contents(folder), context.Event()
    other = MemoryRows(sample(5, seed=1), ids=list("abcde"))

    def build():
        if moment == "reading":
            paused = PausedRows(other.pose, ids=other.ids)
            paused.reached = reached
            build_index(paused, folder)
        else:
            building.write_manifest = lambda *_: (reached.set(), signal.pause())
            build_index(other, folder)

    process = context.Process(target=build)
    process.start()
    assert reached.wait(50)
    with pytest.raises(FileError, match=f"is being built by process {process.pid}"):
        build_index(other, folder)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    lock = before.pop(next(path for path in before if path.name == "lock"), None)
    assert lock is not None
    assert {path: content for path, content in contents(folder).items() if path in before} == before
    assert [hit.id for hit in Index(folder).search("number7").hits] == ["id-7"]
    assert build_index(other, folder).rows == 5
    assert sorted(path.name.split("-")[0] for path in folder.iterdir()) == [MANIFEST, "lock", "segment"]


# -- what is damaged -------------------------------------------------------------------------------------------------


def test_every_missing_or_shortened_file_is_named(tmp_path, few):
    build_index(few, tmp_path / "good")
    names = [path.relative_to(tmp_path / "good") for path in (tmp_path / "good").rglob("*") if path.name != "lock"]
    for number, name in enumerate(name for name in names if (tmp_path / "good" / name).is_file()):
        folder = shutil.copytree(tmp_path / "good", tmp_path / str(number))
        (folder / name).write_bytes((folder / name).read_bytes()[:-3])
        with pytest.raises(FileError) as fault:
            Index(folder)
        assert name.name in str(fault.value)
        (folder / name).unlink()
        with pytest.raises(FileError, match="is missing") as fault:
            Index(folder)
        assert name.name in str(fault.value)


def test_a_changed_byte_is_found_by_check(tmp_path, few):
    build_index(few, tmp_path / "index")
    path = next((tmp_path / "index").glob("segment-*/vectors.npy"))
    Index(tmp_path / "index").check()
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(FileError, match=r"vectors\.npy: is damaged: its checksum differs"):
        Index(tmp_path / "index").check()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"version": 2}, "version: expected 1, got 2; update poseloom"),
        ({"version": "x"}, "version: expected 1"),
        ({"format": "other"}, "expected 'poseloom-index'"),
        ({"segments": 3}, "is damaged"),
        ({"cells": "../../etc"}, "is damaged"),
    ],
)
def test_manifests_of_others_are_refused(tmp_path, few, change, words):
    build_index(few, tmp_path / "index")
    path = tmp_path / "index" / MANIFEST
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(FileError, match=words):
        Index(tmp_path / "index")


def test_columns_of_another_version_leave_the_texts(tmp_path, few):
    build_index(few, tmp_path / "index")
    path = tmp_path / "index" / MANIFEST
    path.write_text(json.dumps({**json.loads(path.read_text()), "features": 999}))
    answer = Index(tmp_path / "index").search("number3 kneeling")
    assert [hit.id for hit in answer.hits] == ["id-3"] and "build it again" in answer.notes[0]


@pytest.mark.parametrize("content", ["", "{", "[]", "\x00"])
def test_broken_manifests(tmp_path, content):
    (tmp_path / MANIFEST).write_text(content)
    with pytest.raises(FileError, match=MANIFEST):
        Index(tmp_path)


def test_other_folders_are_not_built_into(tmp_path, few):
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(FileError, match=r"holds other things than an index \(letter.txt\)"):
        build_index(few, tmp_path)
    with pytest.raises(FileError, match="does not exist"):
        Index(tmp_path / "nowhere")
    with pytest.raises(FileError, match="is a file"):
        Index(tmp_path / "letter.txt")
    with pytest.raises(FileError, match="letter"):
        build_index(few, tmp_path / "letter.txt")


# -- words -----------------------------------------------------------------------------------------------------------


def test_words_count_as_bm25_says(tmp_path):
    """Of three texts with "red" and one with "blue" a rare word weighs more, and any word less in a longer text."""
    build_index(MemoryRows(texts=["red dog", "red cat", "red owl", "blue dog cat owl"]), tmp_path / "index")
    words = WordScorer(next((tmp_path / "index").glob("segment-*")), 4)
    red, blue = np.log(1 + 1.5 / 3.5), np.log(1 + 3.5 / 1.5)
    short, long = ((1 + 1.2 * 0.25) / (1 + 1.2 * (0.25 + 0.75 * length / 2.5)) for length in (2, 4))
    expected = np.array([red * short, red * short, red * short, blue * long]) / (red + blue)
    np.testing.assert_allclose(words.scores(["red", "blue"]), expected, rtol=1e-5)
    assert words.highest(["red", "blue"]) == pytest.approx(short)


def test_words_find_rare_ones_first(tmp_path):
    texts = ["a red ball", "a blue ball and a blue box", "Kneeling, kneels; kneel!", "", "red red wine"]
    build_index(MemoryRows(texts=texts), tmp_path / "index")
    index = Index(tmp_path / "index")
    assert [hit.row for hit in index.search("blue").hits] == [1]
    assert [hit.row for hit in index.search("kneeling").hits] == [2]
    assert index.search("red ball").hits[0].row == 0
    words = WordScorer(next((tmp_path / "index").glob("segment-*")), 5)
    every = words.scores(["red", "ball", "unknown"])
    np.testing.assert_allclose(words.scores_of(["red", "ball", "unknown"], np.array([0, 1, 4])), every[[0, 1, 4]])
    assert every.min() >= 0 and every.max() <= 1


def test_poses_and_texts_survive_odd_characters(tmp_path):
    rows = MemoryRows(Pose.identity(2), ["naïve\nline two – ½", "日本語 text"], ["α/β", "c:\\d"], {"名": ["é", "ü"]})
    build_index(rows, tmp_path / "index")
    index = Index(tmp_path / "index")
    assert index.hit(0).id == "α/β" and index.hit(0).text == "naïve line two – ½"
    assert index.search("日本語").hits[0].metadata == {"名": "ü"}
    assert index.like(Pose.identity(), 5, ["名=é"])[0].row == 0
