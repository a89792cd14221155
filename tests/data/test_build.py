"""Builds that survive: killed, refused, short of disk."""

import hashlib
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from killed import killed
from numbered import Numbered
from poseloom.base.errors import PoseloomError
from poseloom.base.lock import LOCK, locked
from poseloom.data import Table, prepare
from poseloom.data.build import WORKSHOP, unfinished
from poseloom.data.manifest import MANIFEST
from poseloom.search import Index
from poseloom.search.store import MANIFEST as INDEX

COMMAND = [sys.executable, "-m", "poseloom"]
PROGRAM = Path(__file__).parent.parent / "numbered.py"


@pytest.mark.parametrize("where", ["here", "processes"])
def test_a_build_that_was_killed_continues_to_the_same_bytes(tmp_path, content, where):
    prepare(Numbered(200), tmp_path / "whole")
    broken = tmp_path / "broken"
    for shards in (2, 5):
        process = subprocess.run([sys.executable, PROGRAM, broken, where, str(shards)], timeout=100)
        assert process.returncode == -signal.SIGKILL
        assert not (broken / MANIFEST).exists() and unfinished(broken)
        with pytest.raises(PoseloomError, match="build is not finished"):
            Table.open(broken)
    kept = []
    prepare(Numbered(200), broken, report=lambda progress: kept.append(progress.kept))
    assert kept[0] >= 5
    assert content(broken) == content(tmp_path / "whole") and not unfinished(broken)


KILLED = {
    "prepare": ("rows", ["prepare", "procedural", "--rows", "10240", "--out"]),
    "describe": ("texts", ["describe"]),
    "pairs": ("pairs", ["pairs", "--every", "4"]),
    "posefix pairs": ("pairs", ["pairs", "--miner", "posefix"]),
}


def moments(part):
    """Around a build's first files, around one of its shards, between shards, around the end."""
    first, last = f".build/{part}--*.json", MANIFEST
    for event in (f"before:{first}", f"after:{first}", f"after:{part}/*/00000"):
        yield event, "here"
    for event in (f"before:{part}/*/00002", f"after:{part}/*/00002", f"before:{part}/*/00004"):
        yield event, "here"
    yield f"after:{part}/*/00004", "here"
    yield from ((f"{moment}:{last}", "processes") for moment in ("before", "after"))


@pytest.mark.slow
@pytest.mark.parametrize("build", KILLED)
def test_a_kill_at_any_event_leaves_no_trace(tmp_path, content, build):
    part, words = KILLED[build]

    def command(out, executor):
        return ["data", *words, out, "--workers", "2", "--executor", executor]

    broken, whole = tmp_path / "broken", tmp_path / "whole"
    if build != "prepare":
        subprocess.run([*COMMAND, "data", *KILLED["prepare"][1], broken], check=True, capture_output=True)
        shutil.copytree(broken, whole)
    subprocess.run([*COMMAND, *command(whole, "here")], check=True, capture_output=True)
    before = content(broken) if broken.exists() else {}
    for event, executor in moments(part):
        assert killed(broken, event, *command(broken, executor)), event
        told = (broken / MANIFEST).read_bytes() if (broken / MANIFEST).exists() else None
        if event == f"after:{MANIFEST}":
            assert content(broken) == content(whole)
        else:
            assert told is None if not before else hashlib.sha256(told).hexdigest() == before[MANIFEST]
    assert not killed(broken, "line:1000", *command(broken, "processes"))
    assert content(broken) == content(whole)


INDEX_EVENTS = {
    "before:segment-*": "old",
    "after:segment-*": "old",
    "before:segment-*/vectors.npy": "old",
    "after:segment-*/words.txt": "old",
    "after:segment-*/metadata-5.npy": "old",
    f"before:{INDEX}": "old",
    f"after:{INDEX}": "new",
}


@pytest.mark.slow
def test_a_kill_of_an_index_leaves_the_old_or_the_new_one(tmp_path):
    for name, rows in (("small", "2048"), ("large", "4096")):
        options = ["--rows", rows, "--seed", rows, "--out", tmp_path / name]
        subprocess.run([*COMMAND, "data", "prepare", "procedural", *options], check=True, capture_output=True)
        subprocess.run([*COMMAND, "index", "build", tmp_path / name, "--out", tmp_path / f"{name} index"], check=True)
    question = "left hand above the head, not sitting"
    folders = {"old": tmp_path / "small index", "new": tmp_path / "large index"}
    right = {name: Index(one).search(question) for name, one in folders.items()}
    assert right["old"] != right["new"]
    folder = shutil.copytree(tmp_path / "small index", tmp_path / "index")
    command = ["index", "build", tmp_path / "large", "--out", folder]
    for event, left in INDEX_EVENTS.items():
        assert killed(folder, event, *command), event
        Index(folder).check()
        assert Index(folder).search(question) == right[left], event
    assert not killed(folder, "line:1000", *command)
    assert Index(folder).search(question) == right["new"]
    assert len(list(folder.glob("segment-*"))) == 1 and not list(folder.glob(".*"))


def test_a_second_builder_is_refused_with_the_first_ones_process(tmp_path):
    import os

    (tmp_path / WORKSHOP).mkdir()
    with (
        locked(tmp_path / WORKSHOP, tmp_path),
        pytest.raises(PoseloomError, match=f"is being built by process {os.getpid()}"),
    ):
        prepare(Numbered(), tmp_path)


def test_the_lock_of_a_dead_process_does_not_matter(tmp_path):
    (tmp_path / WORKSHOP).mkdir()
    (tmp_path / WORKSHOP / LOCK).write_text("1\n")
    assert prepare(Numbered(), tmp_path).rows == 100


def test_the_same_command_twice_changes_nothing(copy, content):
    before = content(copy)
    prepare(Numbered(), copy)
    assert content(copy) == before


def test_other_rows_are_added_only_when_asked_for(copy, content):
    more = Numbered(20, first=100)
    with pytest.raises(PoseloomError, match="already holds 100 other rows; --append"):
        prepare(more, copy)
    before = content(copy)
    prepare(more, copy, append=True)
    table = Table.open(copy)
    assert len(table) == 120 and table.id(119) == "row 119" and table.pose(119).translation[0] == 119
    after = content(copy)
    assert {name: after[name] for name in before if name != MANIFEST} == {
        name: before[name] for name in before if name != MANIFEST
    }


def test_no_id_twice(copy):
    with pytest.raises(PoseloomError, match="10 ids would be there twice, such as 'row 90'"):
        prepare(Numbered(20, first=90), copy, append=True)
    assert len(Table.open(copy)) == 100


def test_rows_of_another_layout_are_refused(copy):
    with pytest.raises(PoseloomError, match="joints = 22 instead of 52"):
        prepare(Numbered(20, first=100, joints=52), copy, append=True)


def test_an_unfinished_build_with_other_options_is_not_mixed_in(tmp_path):
    class Broken(Numbered):
        def read(self, unit):
            if unit.name == "003":
                raise PoseloomError("the disk fell over")
            return super().read(unit)

    with pytest.raises(PoseloomError, match="the disk fell over"):
        prepare(Broken(), tmp_path)
    with pytest.raises(PoseloomError, match=r"unfinished build with other options.*--restart"):
        prepare(Numbered(50), tmp_path)
    prepare(Numbered(50), tmp_path, restart=True)
    assert len(Table.open(tmp_path)) == 50 and len(list((tmp_path / "rows").iterdir())) == 1


def test_a_shard_that_was_deleted_is_made_again(copy, content):
    before = content(copy)
    shutil.rmtree(next((copy / "rows").iterdir()) / "004")
    prepare(Numbered(), copy)
    assert content(copy) == before


def test_a_full_disk_is_one_line_and_the_build_continues(tmp_path, content):
    limited = (
        "import resource, runpy, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 21, -1)); "
        "sys.argv = ['poseloom', *sys.argv[1:]]; runpy.run_module('poseloom', run_name='__main__')"
    )
    options = ["data", "prepare", "procedural", "--rows", "4000", "--out", tmp_path / "t", "--executor", "here"]
    run = subprocess.run([sys.executable, "-c", limited, *options], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    limited = limited.replace("1 << 21", "1 << 16")
    options[6] = tmp_path / "u"
    run = subprocess.run([sys.executable, "-c", limited, *options], capture_output=True, text=True)
    assert run.returncode == 2 and run.stderr.count("\n") == 1
    assert "cannot be written: File too large; free some space, then run the same command again" in run.stderr
    assert not list((tmp_path / "u").rglob("*.npy"))
    subprocess.run([sys.executable, "-m", "poseloom", *options], check=True, capture_output=True)
    assert content(tmp_path / "u") == content(tmp_path / "t")


def test_a_place_that_is_no_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(PoseloomError, match="cannot be made into a folder"):
        prepare(Numbered(), tmp_path / "file" / "table")


def test_blocks_of_wrong_columns_are_refused():
    block = Numbered().read(Numbered().units()[0])
    with pytest.raises(PoseloomError, match=r"RowBlock.files: expected 10 values, got 1"):
        replace(block, files=["a"])
