"""Several files and folders, standard input and output."""

import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image

from poseloom import api
from poseloom.base.errors import PoseloomError
from poseloom.cli import inputs


@pytest.fixture
def folder(motion_file, tmp_path):
    """Two motions, one of them in a folder below, and one that is damaged; and what is no motion."""
    made = tmp_path / "clips"
    (made / "below").mkdir(parents=True)
    (made / "a.bvh").write_bytes(motion_file.read_bytes())
    (made / "below" / "c.bvh").write_bytes(motion_file.read_bytes())
    (made / "b.bvh").write_text("HIERARCHY\n")
    (made / "notes.txt").write_text("no motion")
    (made / ".hidden.bvh").write_text("not looked at")
    return made


@pytest.fixture
def stdin(monkeypatch):
    """stdin(bytes): what is on standard input."""

    def give(content):
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))

    return give


def test_of_a_folder_every_motion_is_described_and_the_damaged_one_named(command, folder, motion_file):
    status, out, err = command("describe", folder, motion_file, "--frame", "0")
    files = [line.split(": frame 0")[0] for line in out.splitlines()]
    assert files == [str(folder / "a.bvh"), str(folder / "below" / "c.bvh"), str(motion_file)]
    assert status == 2
    told = err.splitlines()
    assert told[0].startswith(f"poseloom: {folder / 'b.bvh'}: ") and len(told) == 2
    assert told[1] == f"poseloom: 1 of 4 files failed: {folder / 'b.bvh'}"


def test_files_behind_an_option_count_too(command, motion_file):
    status, out, _ = command("describe", motion_file, "--frame", "0", motion_file)
    assert status == 0 and len(out.splitlines()) == 2


def test_several_files_as_json(command, folder):
    status, out, _ = command("describe", folder, "--frame", "0", "--json")
    told = json.loads(out)
    assert status == 2 and [row["file"][-5:] for row in told["files"]] == ["a.bvh", "c.bvh"]
    assert [len(row["texts"]) for row in told["files"]] == [1, 1]
    assert told["failed"][0]["file"] == str(folder / "b.bvh") and told["failed"][0]["error"]


def test_frames_are_chosen_by_numbers_and_spans(command, motion_file):
    def frames(*options):
        return [row["frame"] for row in json.loads(command("describe", motion_file, *options, "--json")[1])["texts"]]

    assert frames("--frames", "3", "10:13", "0") == [3, 10, 11, 12, 0]
    assert frames("--frames", "38:40") == [38, 39]
    for wrong in ("38:41", "5:5", "x", "-1"):
        status, out, err = command("describe", motion_file, f"--frames={wrong}")
        assert status == 2 and not out and err.count("\n") == 1


def test_a_folder_is_converted_into_a_folder(command, folder, tmp_path):
    out = tmp_path / "made"
    status, _, err = command("convert", folder, "--to", "json", "--out", f"{out}/")
    assert status == 2 and "1 of 3 files failed" in err
    assert sorted(path.relative_to(out).as_posix() for path in out.rglob("*.*")) == ["a.json", "below/c.json"]
    assert len(api.load(out / "below" / "c.json")) == 40


def test_two_inputs_never_become_one_file(command, folder, tmp_path):
    args = ("convert", folder / "a.bvh", folder, "--to", "json", "--out", f"{tmp_path}/made/")
    status, _, err = command(*args)
    assert status == 2 and "would both be" in err and not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("convert", "FOLDER", "OUT/x.bvh"), "several files go into a folder"),
        (("convert", "FOLDER", "--out", "OUT/"), "--to bvh"),
        (("convert", "FOLDER", "--out", "OUT/", "--to", "bhv"), "did you mean 'bvh'"),
        (("convert", "FOLDER/a.bvh"), "name what to write"),
        (("render", "FOLDER", "--out", "OUT/x.gif"), "several files go on one sheet, or into a folder"),
        (("render", "FOLDER", "--out", "OUT/"), "--to gif"),
        (("render", "FOLDER/a.bvh", "--out", "OUT/x.png", "--to", "gif"), "does not end in .gif"),
        (("angles", "FOLDER"), "--to csv --out angles/"),
        (("caption", "FOLDER", "--render", "x.glb"), "one file"),
        (("describe", "-"), "--from bvh"),
        (("describe", "OUT"), "holds no motion files"),
    ],
)
def test_what_does_not_go_together_is_told(command, folder, tmp_path, arguments, words):
    (tmp_path / "out").mkdir()
    places = [one.replace("FOLDER", str(folder)).replace("OUT", str(tmp_path / "out")) for one in arguments]
    status, out, err = command(*places)
    assert status == 2 and words in err and err.count("\n") == 1 and not out
    assert not list((tmp_path / "out").iterdir())


def test_several_files_are_drawn_on_one_sheet_or_each_by_itself(command, folder, tmp_path):
    sheet, alone = tmp_path / "sheet.png", tmp_path / "alone.png"
    assert command("render", folder, "--out", sheet, "--size", 64)[0] == 2
    command("render", folder / "a.bvh", folder / "below", "--out", alone, "--size", 64, "--json")
    assert Image.open(sheet).size == Image.open(alone).size and Image.open(sheet).width > 128
    made = json.loads(command("render", folder, "--to", "png", "--out", f"{tmp_path}/p/", "--size", 64, "--json")[1])
    assert [row["what"] for row in made["files"]] == ["picture of frame 0"] * 2
    assert (tmp_path / "p" / "below" / "c.png").exists()


def test_tables_of_angles_go_into_a_folder(command, folder, tmp_path):
    assert command("angles", folder, "--to", "json", "--out", f"{tmp_path}/angles/")[0] == 2
    assert sorted(path.name for path in (tmp_path / "angles").rglob("*.json")) == ["a.json", "c.json"]


def test_standard_input_is_read_and_standard_output_written(command, motion_file, stdin, tmp_path):
    stdin(motion_file.read_bytes())
    described = command("describe", "-", "--from", "bvh", "--frame", "39")
    assert described == command("describe", motion_file, "--frame", "39")
    stdin(motion_file.read_bytes())
    status, out, err = command("convert", "-", "-", "--from", "bvh", "--to", "json")
    assert (status, err) == (0, "")
    (tmp_path / "out.json").write_text(out)
    assert len(api.load(tmp_path / "out.json")) == 40
    stdin(motion_file.read_bytes())
    within = command("instruct", "-", "--from", "bvh", "--frames", "0", "39")
    assert within == command("instruct", motion_file, "--frames", "0", "39")


@pytest.mark.parametrize("content", [b"", b"HIERARCHY\n"])
def test_mistakes_in_standard_input_have_its_name(command, stdin, content):
    stdin(content)
    status, out, err = command("describe", "-", "--from", "bvh")
    assert status == 2 and err.startswith("poseloom: standard input") and not out and "/tmp" not in err


def test_a_video_on_standard_input_is_a_file_while_it_is_looked_at(stdin):
    frames = [Image.new("RGB", (8, 8), (shade, 0, 0)) for shade in (0, 200)]
    moving = io.BytesIO()
    frames[0].save(moving, "GIF", save_all=True, append_images=frames[1:])
    stdin(moving.getvalue())
    with inputs.seen("-") as source:
        assert Path(source).name == "stdin.gif" and Path(source).read_bytes() == moving.getvalue()
    assert not Path(source).exists()
    stdin(moving.getvalue())
    with pytest.raises(PoseloomError, match=r"^standard input: is damaged$"), inputs.seen("-") as source:
        raise PoseloomError(f"{source}: is damaged")


def test_a_picture_on_standard_input_is_its_content_and_a_path_is_itself(stdin):
    still = io.BytesIO()
    Image.new("RGB", (8, 8)).save(still, "JPEG")
    stdin(still.getvalue())
    with inputs.seen("-") as source:
        assert source == still.getvalue()
    with inputs.seen("me.jpg") as source:
        assert source == "me.jpg"
    stdin(b"")
    with pytest.raises(PoseloomError, match="standard input is empty"), inputs.seen("-"):
        pass
