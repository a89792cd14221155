"""What is typed nearly right gets the line that would have been."""

import pytest


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (("serach", "kneeling"), "unknown command 'serach'; did you mean 'search'?"),
        (("descirbe",), "did you mean 'describe'?"),
        (("data", "prepair"), "did you mean 'prepare'?"),
        (("poses", "lst"), "did you mean 'list'?"),
        (("generate", "arms", "raised", "-n", "2"), 'did you mean poseloom generate "arms raised"'),
        (("search", "left", "hand", "up", "--index", "I"), 'did you mean poseloom search "left hand up"'),
        (("edit", "my walk.bvh", "raise", "it"), "did you mean poseloom edit 'my walk.bvh' \"raise it\""),
        (("render", "a.bvh", "--out", "a.png", "--sise", "64"), "unknown option --sise; did you mean '--size'?"),
        (("sample", "walk.bvh", "twice"), "one word too many: 'twice'"),
        (("evaluate",), "the following arguments are required: MODEL; see"),
        (("qqq",), "unknown command 'qqq' (of demo, "),
    ],
)
def test_the_right_line_is_named(command, typed, words):
    status, out, err = command(*typed)
    assert status == 2 and not out and words in err and err.count("\n") == 1


def test_a_file_in_the_place_of_a_command(command, motion_file):
    status, _, err = command(motion_file)
    assert status == 2 and f"such as 'poseloom describe {motion_file}'" in err


def test_a_file_that_nearly_exists_is_named(command, motion_file):
    status, _, err = command("describe", motion_file.with_name("raize.bvh"))
    assert status == 2 and err.strip().endswith("does not exist; did you mean 'raise.bvh'?")
    assert "check the path" in command("describe", motion_file.with_name("something-else.xyz"))[2]
    assert "check the path" in command("describe", motion_file.parent / "no" / "raise.bvh")[2]


def test_remarks_are_silenced_and_details_told(command, motion_file, tmp_path):
    lying = tmp_path / "slow.bvh"
    lying.write_text(motion_file.read_text().replace("Frame Time: 0.05", "Frame Time: 0.5"))
    usual, quiet, more = (
        command("describe", lying, "--frame", "0", *options)[1:] for options in ((), ("-q",), ("-v",))
    )
    assert usual[0] == quiet[0] == more[0]
    assert "frames a second" in usual[1] and quiet[1] == ""
    assert usual[1] in more[1] and "40 frames" in more[1] and "s of CPU" in more[1]
    assert command("describe", lying, "-q", "-v")[0] == 2
    missing = command("describe", tmp_path / "nothing.bvh", "-q")
    assert missing[0] == 2 and "does not exist" in missing[2]
