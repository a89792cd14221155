import json
import re

import pytest
from PIL import Image

FORMATS_OUT = ("copy.bvh", "copy.npz", "copy.json", "copy.glb")


def test_describe_prints_one_text_a_second(command, motion_file):
    status, out, err = command("describe", motion_file)
    assert status == 0 and not err
    lines = out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["frame 0 (0.00 s)", "frame 20 (1.00 s)"]
    assert all(line.endswith(".") for line in lines)


def test_describe_json_is_json_and_nothing_else(command, motion_file):
    status, out, err = command("describe", motion_file, "--every", "10", "--json")
    told = json.loads(out)
    rows = told["texts"]
    assert status == 0 and not err and told["notes"] == []
    assert [row["frame"] for row in rows] == [0, 10, 20, 30]
    assert rows[1]["seconds"] == pytest.approx(0.5) and all(row["text"] for row in rows)


def _text(told):
    return json.loads(told[1])["texts"][0]["text"]


def test_describe_speaks_of_the_raised_arm(command, motion_file):
    low, high = (_text(command("describe", motion_file, "--frame", n, "--json")) for n in (0, 39))
    assert low != high
    assert "left" in high.lower()


def test_the_same_seed_gives_the_same_words(command, motion_file):
    texts = [command("describe", motion_file, "--frame", "39", "--seed", seed)[1] for seed in (3, 3, *range(4, 10))]
    assert texts[0] == texts[1] and len(set(texts)) > 1


def test_instruct_between_two_frames_and_between_two_files(command, motion_file):
    status, within, _ = command("instruct", motion_file, "--frames", "0", "39")
    across = command("instruct", motion_file, motion_file, "--frames", "0", "39")[1]
    assert status == 0 and within == across and "left" in within.lower()
    row = json.loads(command("instruct", motion_file, "--frames", "0", "39", "--json")[1])
    assert row["texts"] == [{"text": within.strip()}] and row["frame_b"] == 39


def test_styles_and_versions_change_the_wording(command, motion_file):
    told = {
        options: command("describe", motion_file, "--frame", "39", *options)[:2]
        for options in ((), ("--style", "coach"), ("--style", "list"), ("--version", "A"))
    }
    assert all(status == 0 for status, _ in told.values()) and len({text for _, text in told.values()}) == 4
    assert "your" in told["--style", "coach"][1]
    instructed = command("instruct", motion_file, "--frames", "0", "39", "--version", "full", "--style", "list")
    assert instructed[0] == 0 and instructed[1].startswith("- ")


@pytest.mark.parametrize("name", FORMATS_OUT)
def test_convert_writes_every_format_and_reads_it_back(command, motion_file, tmp_path, name):
    status, out, _ = command("convert", motion_file, tmp_path / name)
    assert status == 0 and "40 frames" in out and (tmp_path / name).stat().st_size > 500
    if not name.endswith(".glb"):
        assert (
            command("describe", tmp_path / name, "--frame", "39")[1]
            == command("describe", motion_file, "--frame", "39")[1]
        )


def test_convert_to_amass_by_name(command, motion_file, tmp_path):
    import numpy as np

    status, _, err = command("convert", motion_file, tmp_path / "amass.npz", "--to", "amass")
    assert status == 0, err
    with np.load(tmp_path / "amass.npz") as arrays:
        assert arrays["poses"].shape == (40, 156) and arrays["mocap_framerate"] == 20


def test_render_one_frame(command, motion_file, tmp_path):
    status, _, err = command("render", motion_file, "--frame", "5", "--out", tmp_path / "a.png", "--size", "96")
    assert status == 0, err
    assert Image.open(tmp_path / "a.png").size == (96, 96)


def test_render_several_frames_as_a_sheet_with_words(command, motion_file, tmp_path):
    status, _, err = command("render", motion_file, "--every", "20", "--out", tmp_path / "s.png", "--size", "96")
    assert status == 0, err
    width, height = Image.open(tmp_path / "s.png").size
    assert width >= 2 * 96 and height > 96


def test_render_animation(command, motion_file, tmp_path):
    status, _, err = command("render", motion_file, "--out", tmp_path / "a.gif", "--size", "64")
    assert status == 0, err
    animation = Image.open(tmp_path / "a.gif")
    assert animation.n_frames > 10
    duration = animation.info["duration"] * animation.n_frames / 1000
    assert duration == pytest.approx(2.0, rel=0.25)


def test_demo_makes_one_self_contained_page(command, motion_file, tmp_path):
    status, out, err = command("demo", motion_file, "--out", tmp_path / "tour")
    page = (tmp_path / "tour" / "index.html").read_text()
    assert status == 0, err
    assert "index.html" in out and "raise" in page
    assert 'src="data:image/webp' in page and not re.search(r"(src|href)=.https?:", page)
    assert {path.name for path in (tmp_path / "tour").iterdir()} == {
        "index.html",
        "motion.glb",
        "motion.bvh",
        "motion.npz",
    }


def test_doctor_finds_a_working_installation(command):
    status, out, _ = command("doctor", "--json")
    report = json.loads(out)
    assert status == 0 and all(check["works"] for check in report["checks"])
