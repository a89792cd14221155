"""Commands for clips: angles, poses, the changes of convert, characters, sequences of pictures."""

import csv
import io
import json
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from poseloom.cli.main import main

sys.path.insert(0, str(Path(__file__).parents[1] / "formats"))
from characters import character, gentle_clip, naming, save_character

from poseloom import api


def test_angles_are_written_as_csv_json_and_parquet(motion_file, tmp_path, capsys):
    for suffix in ("csv", "json", "parquet"):
        assert main(["angles", str(motion_file), "--out", str(tmp_path / f"a.{suffix}")]) == 0
    rows = list(csv.DictReader((tmp_path / "a.csv").open()))
    content = json.loads((tmp_path / "a.json").read_text())
    table = pq.read_table(tmp_path / "a.parquet")
    assert (len(rows), len(rows[0]), table.num_rows, table.num_columns) == (40, 59, 40, 59)
    name = "left_shoulder_elevation"
    assert float(rows[-1][name]) == pytest.approx(74.485, abs=0.01)
    assert content["angles"][name][-1] == pytest.approx(float(rows[-1][name]), abs=1e-3)
    assert table.column(name)[39].as_py() == pytest.approx(float(rows[-1][name]), abs=1e-2)
    assert (rows[1]["frame"], rows[1]["seconds"], content["seconds"][1]) == ("1", "0.050", 0.05)
    metadata = table.schema.field(name).metadata
    assert (metadata[b"unit"], metadata[b"side"], metadata[b"positive"]) == (b"degrees", b"left", b"up")
    assert len(content["definitions"]) == 57


def test_angles_without_a_target_are_csv_on_stdout(motion_file, capsys):
    main(["angles", str(motion_file)])
    assert len(list(csv.reader(io.StringIO(capsys.readouterr().out)))) == 41


def test_angles_are_explained(capsys):
    assert main(["angles", "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 57
    assert any(
        line.startswith("left_knee_flexion: shank against thigh; positive: heel to the buttock") for line in lines
    )


def test_a_table_of_another_kind_is_refused(motion_file, tmp_path, capsys):
    assert main(["angles", str(motion_file), "--out", str(tmp_path / "a.xlsx")]) == 2
    assert ".csv, .parquet, .json" in capsys.readouterr().err


def test_stances_are_listed(capsys):
    assert main(["poses", "list"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "71 stances"
    assert main(["poses", "list", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 71


def test_convert_changes_the_clip_on_the_way(motion_file, tmp_path, capsys):
    target = tmp_path / "b.json"
    changes = ["--trim", "0.5:1.5", "--mirror", "--smooth", "0.2", "--fps", "40", "--ground"]
    assert main(["convert", str(motion_file), str(target), *changes]) == 0
    before, after = api.load(motion_file), api.load(target)
    assert (len(after), after.fps) == (39, 40)
    assert after.pose.rotations[20, 17, 2] == pytest.approx(-float(before.pose.rotations[20, 16, 2]), abs=0.02)
    assert after.pose.translation[0, 1] > 0.8


@pytest.mark.parametrize(
    ("text", "frames"), [("10f:30f", 20), ("1:", 20), (":0.5", 10), ("1.5:30f", None), ("5", None), ("a:b", None)]
)
def test_parts_are_named_in_seconds_or_frames(motion_file, tmp_path, capsys, text, frames):
    status = main(["convert", str(motion_file), str(tmp_path / "b.json"), "--trim", text])
    assert status == (2 if frames is None else 0)
    if frames is not None:
        assert len(api.load(tmp_path / "b.json")) == frames


def test_a_motion_goes_onto_a_character(motion_file, tmp_path, capsys):
    save_character(tmp_path / "c.glb", character(gentle_clip(), naming("Mixamo")), animated=False)
    target = tmp_path / "o.glb"
    assert main(["convert", str(motion_file), str(target), "--onto", str(tmp_path / "c.glb")]) == 0
    assert "40 frames, 20 frames a second, on a Mixamo skeleton, 22 bones driven" in capsys.readouterr().out
    assert len(api.load(target)) == 40


def test_a_character_is_never_overwritten_and_only_written_as_glb(motion_file, tmp_path, capsys):
    path = tmp_path / "c.glb"
    save_character(path, character(gentle_clip(), naming("Mixamo")), animated=False)
    before = path.read_bytes()
    assert main(["convert", str(motion_file), str(path), "--onto", str(path)]) == 2
    assert path.read_bytes() == before
    assert main(["convert", str(motion_file), str(tmp_path / "o.bvh"), "--onto", str(path)]) == 2
    assert main(["convert", str(motion_file), str(tmp_path / "o.glb"), "--character-map", "x.json"]) == 2
    errors = capsys.readouterr().err.splitlines()
    assert ["itself" in errors[0], "written as GLB" in errors[1], "--onto" in errors[2]] == [True] * 3


def test_an_animation_is_chosen_by_name(motion_file, tmp_path, capsys):
    save_character(tmp_path / "c.glb", character(gentle_clip(), naming("Mixamo")))
    target = str(tmp_path / "o.bvh")
    assert main(["convert", str(tmp_path / "c.glb"), target, "--animation", "walk"]) == 0
    assert main(["convert", str(tmp_path / "c.glb"), target, "--animation", "run"]) == 2
    assert main(["convert", str(motion_file), target, "--animation", "run"]) == 2
    assert "it has: walk" in capsys.readouterr().err


def test_walk_bvh_goes_to_glb_and_the_glb_is_described(motion_file, tmp_path, capsys):
    assert main(["convert", str(motion_file), str(tmp_path / "walk.glb")]) == 0
    capsys.readouterr()
    assert main(["describe", str(motion_file)]) == 0
    expected = capsys.readouterr().out
    assert main(["describe", str(tmp_path / "walk.glb")]) == 0
    assert capsys.readouterr().out == expected


def test_pictures_are_numbered_by_their_frames(motion_file, tmp_path, capsys):
    out = str(tmp_path / "f_%04d.png")
    assert main(["render", str(motion_file), "--out", out, "--every", "20", "--size", "64"]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["f_0000.png", "f_0020.png"]
    assert "2 pictures, f_0000.png to f_0020.png" in capsys.readouterr().out
    for name in ("f_%s.png", "%d_%d.png", "50%.png"):
        assert main(["render", str(motion_file), "--out", str(tmp_path / name)]) == 2


@pytest.mark.slow
def test_stances_are_drawn(tmp_path, capsys):
    assert main(["poses", "list", "--render", str(tmp_path / "s.png"), "--size", "64"]) == 0
    assert "drawn in" in capsys.readouterr().out
    assert (tmp_path / "s.png").stat().st_size > 20_000
