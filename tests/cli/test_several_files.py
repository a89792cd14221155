"""Commands that change, say, compare and look for the poses of several files."""

import json

import pytest
from PIL import Image

import poseloom
from poseloom.checkpoints import registry


@pytest.fixture(autouse=True)
def installed(tiny_models, monkeypatch):
    """The tiny models are the shipped ones."""
    monkeypatch.setattr(registry, "WEIGHTS", tiny_models.folder)


@pytest.fixture
def folder(motion_file, tmp_path):
    """Two motions, and one that is damaged."""
    made = tmp_path / "clips"
    made.mkdir()
    for name in ("a", "b"):
        (made / f"{name}.bvh").write_bytes(motion_file.read_bytes())
    (made / "c.bvh").write_text("HIERARCHY\n")
    return made


def test_every_pose_is_edited_into_the_folders(command, folder, tmp_path):
    out, drawn = tmp_path / "changed", tmp_path / "drawn"
    status, told, err = command("edit", folder, "raise the left arm", "-n", 2, "--out", f"{out}/", "--render", drawn)
    assert status == 2 and "1 of 3 files failed" in err and told.count("pose 2:") == 2
    assert sorted(path.name for path in out.iterdir()) == ["a.npz", "b.npz"]
    assert len(poseloom.load(out / "b.npz")) == 2
    assert sorted(path.name for path in drawn.iterdir()) == ["a.png", "b.png"]
    status, told, _ = command("edit", folder / "a.bvh", folder / "b.bvh", "raise the left arm", "--json")
    assert status == 0 and [row["instruction"] for row in json.loads(told)["files"]] == ["raise the left arm"] * 2


def test_edit_tells_files_and_words_apart(command, folder):
    a, b = folder / "a.bvh", folder / "b.bvh"
    status, _, err = command("edit", a, "raise", "the", "left", "arm")
    assert status == 2 and f'did you mean poseloom edit {a} "raise the left arm"' in err
    status, _, err = command("edit", a, b)
    assert status == 2 and "is a file; what to change comes last" in err
    status, _, err = command("edit", a, b, "raise the left arm", "--out", "x.npz")
    assert status == 2 and "several files go into a folder; name one, as in --out changed/" in err


def test_captions_of_several_files_are_drawn_on_one_sheet(command, folder, tmp_path):
    picture = tmp_path / "captions.png"
    files = (folder / "a.bvh", folder / "b.bvh")
    status, told, _ = command("caption", *files, "--frame", 0, "--render", picture, "--json")
    assert status == 0 and json.loads(told)["render"] == str(picture)
    assert Image.open(picture).width > 2 * 384
    status, _, err = command("caption", *files, "--render", tmp_path / "x.glb")
    assert status == 2 and "a .glb holds the bodies of one file" in err


def test_poses_of_two_folders_are_compared_by_name(command, folder, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "a.bvh").write_bytes((folder / "a.bvh").read_bytes())
    status, out, err = command("instruct", folder, other, "--frames", 0, 39)
    assert status == 2 and out.startswith(f"{folder / 'a.bvh'}: ") and len(out.splitlines()) == 1
    assert f"has no counterpart in {other}" in err and "2 of 3 files failed" in err
    status, told, _ = command("instruct", folder, folder / "a.bvh", "--frames", 0, 39, "--json")
    rows = json.loads(told)
    assert [len(row["texts"]) for row in rows["files"]] == [1, 1] and len(rows["failed"]) == 1


def test_poses_like_each_of_several_are_found(command, folder, tmp_path):
    assert command("data", "prepare", "procedural", "--rows", 30, "--out", tmp_path / "table")[0] == 0
    files = (folder / "a.bvh", folder / "b.bvh")
    options = ("--table", tmp_path / "table", "-k", 2)
    status, out, _ = command("search", "--like", *files, *options)
    assert status == 0 and out.count("1. ") == 2 and f"{files[1]}:" in out
    rows = json.loads(command("search", "--like", *files, *options, "--json")[1])["files"]
    assert [len(row["hits"]) for row in rows] == [2, 2]


def test_the_tour_of_each_file_has_its_own_folder(command, folder, tmp_path, monkeypatch):
    monkeypatch.setattr("poseloom.demo.take_tour", lambda clip, seed: _Tour())
    monkeypatch.setattr("poseloom.demo.page", lambda tour, name, files: f"<p>{name}")
    out = tmp_path / "demo"
    status, told, err = command("demo", folder, "--out", out)
    assert status == 2 and "c.bvh" in err and told.count("poseloom demo: open") == 2
    assert (out / "b" / "index.html").read_text() == "<p>b" and (out / "a" / "motion.glb").exists()


class _Tour:
    """One that says nothing."""

    def __init__(self):
        self.timings, self.stills = [], []


def test_a_pattern_that_no_shell_has_looked_at_is_matched(command, folder):
    (folder / "c.bvh").unlink()
    matched = command("describe", folder / "*.bvh", "--frame", 0)
    assert matched == command("describe", folder, "--frame", 0) and matched[0] == 0
    odd = folder / "take[1].bvh"
    odd.write_bytes((folder / "a.bvh").read_bytes())
    assert command("describe", odd, "--frame", 0)[0] == 0
    status, _, err = command("describe", folder / "*.fbx")
    assert status == 2 and "does not exist" in err


def test_files_of_one_name_have_headings_of_their_own(command, motion_file, tmp_path):
    import torch

    import poseloom

    clip = poseloom.load(motion_file)
    around = torch.tensor([[-1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, -1.0]])
    other = tmp_path / "coach" / motion_file.name
    other.parent.mkdir()
    poseloom.save(poseloom.Clip(clip.pose.turned(around), clip.fps), other)
    told = command("instruct", motion_file, other, "--frames", "0", "30")[1]
    assert told and "Turn" not in told
    assert "left arm" in told
