"""``poseloom sign``."""

import json

import pytest

from poseloom.language.hamnosys import from_names

NAMES = "flathand extfingerl palml chest touch"
TEXT = from_names(NAMES)


@pytest.mark.parametrize("suffix", ["pose", "npz", "glb", "gif"])
def test_signs_are_written(command, tmp_path, suffix):
    path = tmp_path / f"sign.{suffix}"
    status, out, err = command("sign", TEXT, "--out", path, "--size", 32, "--quiet")
    assert (status, err) == (0, "")
    assert path.stat().st_size > 1000
    assert out.splitlines()[-1].startswith(str(path))


def test_a_pose_file_holds_body_and_hands(command, tmp_path):
    from poseloom.formats.pose_file import read_pose_file

    path = tmp_path / "sign.pose"
    assert command("sign", NAMES, NAMES, "--out", path)[0] == 0
    sequence = read_pose_file(path)
    assert [len(component.points) for component in sequence.components] == [33, 21, 21]
    assert sequence.fps == 25
    assert command("sign", NAMES, "--out", path, "--keypoints", "openpose")[0] == 0
    assert [len(component.points) for component in read_pose_file(path).components] == [25, 21, 21]


def test_names_are_as_good_as_symbols_and_the_gloss_is_said(command):
    for text in (NAMES, TEXT):
        status, out, _ = command("sign", text, "--explain")
        assert status == 0
        assert out == "Dominant hand: flat hand, pointing left, palm towards the signer; touching the chest.\n"
    status, out, _ = command("sign", NAMES, "--json")
    assert json.loads(out)["hamnosys"] == TEXT


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "nothing to sign"),
        ([""], "empty string"),
        (["flathand extfinger"], "name 2 is 'extfinger'"),
        ([TEXT + "Ω"], "symbol 6 is 'Ω'"),
        ([from_names("flathand palmd extfingero")], "symbol 3 is hamextfingero"),
        ([TEXT, "--out", "sign.xyz"], "xyz"),
        (["--check", "absent.json"], "absent.json"),
    ],
)
def test_mistakes_are_told_in_one_line(command, arguments, message):
    status, out, err = command("sign", *arguments)
    assert status == 2
    assert message in err
    assert len(err.strip().splitlines()) == 1
    assert not out


def test_files_are_checked(command, tmp_path):
    path = tmp_path / "signs.txt"
    path.write_text(f"{TEXT}\n{from_names('flathand palmd extfingero')}\n", encoding="utf-8")
    status, out, _ = command("sign", "--check", path)
    assert status == 0
    assert "line 2: HamNoSys: symbol 3" in out
    assert "1 of 2 strings parse (50.0%)" in out
    status, out, _ = command("sign", "--check", path, "--json")
    found = json.loads(out)
    assert (found["strings"], found["parse"], found["share"]) == (2, 1, 0.5)
    assert found["noted"][0]["position"] == 3
