"""Builds that survive: killed, refused, short of disk."""

import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from numbered import Numbered
from poseloom.base.errors import PoseloomError
from poseloom.base.lock import LOCK, locked
from poseloom.data import Table, prepare
from poseloom.data.build import WORKSHOP, unfinished
from poseloom.data.manifest import MANIFEST
from poseloom.search import Index

COMMAND = [sys.executable, "-m", "poseloom"]
PROGRAM = Path(__file__).parent.parent / "numbered.py"


def killed_at_random(command, rng, patience):
    """Run a builder, let it finish at least one shard, kill it at some later moment; True if that stopped it."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        process.stdout.readline()
        try:
            process.wait(rng.uniform(0, patience))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        process.stdout.read()
    return process.returncode == -signal.SIGKILL


def test_a_build_that_was_killed_continues_to_the_same_bytes(tmp_path, content):
    prepare(Numbered(200), tmp_path / "whole")
    broken = tmp_path / "broken"
    command = [sys.executable, PROGRAM, broken]
    rng = random.Random(0)
    assert killed_at_random([*command, "here"], rng, 0.5)
    assert not (broken / MANIFEST).exists() and unfinished(broken)
    with pytest.raises(PoseloomError, match="build is not finished"):
        Table.open(broken)
    assert killed_at_random([*command, "processes"], rng, 0.3)
    kept = []
    prepare(Numbered(200), broken, report=lambda progress: kept.append(progress.kept))
    assert kept[0] >= 2
    assert content(broken) == content(tmp_path / "whole") and not unfinished(broken)


KILLED = {
    "prepare": ["prepare", "procedural", "--rows", "24576", "--out"],
    "describe": ["describe"],
    "pairs": ["pairs", "--every", "4"],
    "posefix pairs": ["pairs", "--miner", "posefix"],
}


@pytest.mark.slow
@pytest.mark.parametrize("build", KILLED)
def test_ten_random_kills_leave_no_trace(tmp_path, content, build):
    def command(out, executor):
        return [*COMMAND, "data", *KILLED[build], out, "--workers", "2", "--executor", executor]

    rng = random.Random(1)
    broken, whole, kills = tmp_path / "broken", tmp_path / "whole", 0
    if build != "prepare":
        subprocess.run([*COMMAND, "data", *KILLED["prepare"], broken], check=True, capture_output=True)
        shutil.copytree(broken, whole)
    for attempt in range(10):
        kills += killed_at_random(command(broken, ("here", "processes")[attempt % 2]), rng, 0.6)
    assert kills >= 5
    subprocess.run(command(broken, "processes"), check=True, capture_output=True)
    subprocess.run(command(whole, "here"), check=True, capture_output=True)
    assert content(broken) == content(whole)


@pytest.mark.slow
def test_ten_random_kills_of_an_index_leave_the_old_one(tmp_path):
    for name, rows in (("small", "2048"), ("large", "16384")):
        options = ["--rows", rows, "--seed", rows, "--out", tmp_path / name]
        subprocess.run([*COMMAND, "data", "prepare", "procedural", *options], check=True, capture_output=True)
        subprocess.run([*COMMAND, "index", "build", tmp_path / name, "--out", tmp_path / f"{name} index"], check=True)
    folder = tmp_path / "index"
    shutil.copytree(tmp_path / "small index", folder)
    command = [*COMMAND, "index", "build", tmp_path / "large", "--out", folder]
    question = "left hand above the head, not sitting"
    old = Index(folder).search(question)
    rng, kills = random.Random(2), 0
    for attempt in range(10):
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            begun = time.monotonic()
            while attempt % 2 and process.poll() is None and len(list(folder.glob("segment-*"))) < 2:
                time.sleep(0.01)  # half of them while files are written, the others at any time
                assert time.monotonic() - begun < 120
            try:
                process.wait(rng.uniform(0, 1))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
        kills += process.returncode == -signal.SIGKILL
        if process.returncode:
            Index(folder).check()
            assert Index(folder).search(question) == old
        else:
            shutil.rmtree(folder)
            shutil.copytree(tmp_path / "small index", folder)
    assert kills >= 5
    subprocess.run(command, check=True, capture_output=True)
    assert Index(folder).search(question) == Index(tmp_path / "large index").search(question)
    assert len(list(folder.glob("segment-*"))) == 1


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
