"""``poseloom keypoints``: files and folders in, files and overlays out, mistakes in one line."""

from __future__ import annotations

import io
import json
import sys
from types import SimpleNamespace

import pytest
from PIL import Image

from poseloom.cli.main import main


@pytest.fixture(scope="module")
def picture(shared_data, tmp_path_factory):
    """The actress at a third of her size."""
    path = tmp_path_factory.mktemp("photo") / "actress.png"
    image = Image.open(shared_data("photos") / "charades-crop.jpg")
    image.resize((182, 300), Image.Resampling.BOX).save(path)
    return path


def run(capsys, *arguments) -> tuple[int, str, str]:
    code = main(["keypoints", *map(str, arguments)])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_a_picture_gives_files_and_an_overlay(capsys, picture, tmp_path):
    out, drawn = tmp_path / "a.npz", tmp_path / "a.png"
    code, said, _ = run(capsys, picture, "--people", 1, "--out", out, "--overlay", drawn)
    assert code == 0 and out.exists() and Image.open(drawn).size == (182, 300)
    assert said.startswith("1 person; points seen:") and str(out) in said
    assert Image.open(drawn).convert("RGB").tobytes() != Image.open(picture).convert("RGB").tobytes()


def test_json_tells_who_is_where(capsys, picture):
    code, said, _ = run(capsys, picture, "--people", 1, "--json", "--no-hands")
    told = json.loads(said)
    assert code == 0 and told["size"] == [182, 300] and told["frames"] == 1 and list(told)[-1] == "notes"
    (person,) = told["people"]
    assert person["score"] > 0.9 and len(person["box"]) == 4 and "hands" not in person


def test_a_picture_on_standard_input(capsys, picture, monkeypatch):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(picture.read_bytes())))
    assert run(capsys, "-", "--people", 1, "--no-hands")[0] == 0
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"")))
    code, _, err = run(capsys, "-")
    assert code == 2 and "standard input" in err


def test_nobody_is_told_with_the_best_score(capsys, tmp_path):
    Image.new("RGB", (120, 90), (90, 120, 90)).save(tmp_path / "a.png")
    code, _, err = run(capsys, tmp_path / "a.png", "--people", 1)
    assert code == 2 and "a.png: nobody is found" in err and "best candidate scores 0." in err
    assert len(err.splitlines()) == 1


def test_a_folder_goes_on_after_a_bad_file_and_over_what_is_done(capsys, picture, tmp_path):
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    (folder / "a.png").write_bytes(picture.read_bytes())
    (folder / "b.jpg").write_bytes(b"no picture")
    arguments = (folder, "--people", 1, "--no-hands", "--out", out, "--format", "coco")
    code, said, err = run(capsys, *arguments)
    assert code == 0 and "a.png: 1 person" in said and "b.jpg" in err
    assert [one.name for one in out.iterdir()] == ["a.png.json"]
    stamp = (out / "a.png.json").stat().st_mtime_ns
    code, _, err = run(capsys, *arguments)
    assert code == 0 and "a.png: its output is there" in err
    assert (out / "a.png.json").stat().st_mtime_ns == stamp


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (("--box", 900, 10, 20, 20), "outside the picture"),
        (("--people", 0), "1 or more"),
        (("--fps", 5), "no rate"),
        (("--out", "a.xyz"), "names no keypoint format"),
        (("--out", "a.json", "--format", "cocoo"), "did you mean 'coco'"),
        (("--boxes", "missing.json"), "does not exist"),
    ],
)
def test_mistakes_are_told_in_one_line(capsys, picture, more, told):
    code, _, err = run(capsys, picture, *more)
    assert code == 2 and told in err and len(err.splitlines()) == 1


def test_boxes_come_from_a_file(capsys, picture, tmp_path):
    boxes = tmp_path / "boxes.json"
    boxes.write_text("[[30, 40, 120, 250]]")
    assert run(capsys, picture, "--boxes", boxes, "--no-hands")[0] == 0
    boxes.write_text('{"people": 1}')
    code, _, err = run(capsys, picture, "--boxes", boxes)
    assert code == 2 and "expected [[x, y, w, h], ...]" in err


def test_an_animation_becomes_a_pose_file_and_an_animated_overlay(capsys, picture, tmp_path):
    image = Image.open(picture).convert("RGB")
    frames = [image.transform(image.size, Image.Transform.AFFINE, (1, 0, -k, 0, 1, 0)) for k in range(4)]
    clip = tmp_path / "a.gif"
    frames[0].save(clip, save_all=True, append_images=frames[1:], duration=100, loop=0)
    out, drawn = tmp_path / "a.pose", tmp_path / "b.gif"
    code, said, _ = run(capsys, clip, "--people", 1, "--no-hands", "--out", out, "--overlay", drawn)
    assert code == 0 and "1 person in 4 frames (0.4 s at 10 frames a second)" in said
    from poseloom.formats.pose_file import read_pose_file

    assert read_pose_file(out).values.shape == (4, 1, 576, 3)
    assert Image.open(drawn).n_frames == 4
