"""Slips of exporters and editors: a file is read as it was meant, with a remark where that was guessed, or named."""

from __future__ import annotations

import re

import numpy as np
import pytest
from dialect_figure import figure
from dialect_files import dialect_bvh
from dialect_truth import check
from dialects import DIALECTS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from motion_texts import POSITION, ROTATION, Joint, bvh_text, humanoid_bvh

from poseloom.base.errors import FileError, PoseloomError
from poseloom.formats.bvh import read_bvh, read_bvh_motion
from poseloom.formats.skeleton_motion import forward_kinematics

DIALECT = DIALECTS["Mixamo"]
TEXT = dialect_bvh(DIALECT, order="YXZ")
HEAD, ROWS = TEXT.split("Frame Time: 0.0333333333\n")
ROOT_ROW = len(figure(DIALECT)) * 3 + 3


@pytest.fixture
def save(tmp_path):
    def write(content: str | bytes):
        path = tmp_path / "slip.bvh"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def body(change) -> str:
    """The file with its rows changed."""
    return HEAD + "Frame Time: 0.0333333333\n" + change(ROWS)


def fixed(text: str) -> str:
    """Numbers with three decimals, as most exporters write them."""
    return re.sub(r"-?\d+\.\d+(e-?\d+)?|-?\d+e-\d+", lambda match: f"{float(match[0]):.4f}", text)


def glued(rows: str) -> str:
    return re.sub(r"(\d) -", r"\1-", fixed(rows), count=40)


def commas(text: str) -> str:
    return re.sub(r"(?<=\d)\.(?=\d)", ",", fixed(text))


SILENT = {
    "carriage returns": lambda: TEXT.replace("\n", "\r\n"),
    "old Mac line ends": lambda: TEXT.replace("\n", "\r"),
    "byte order mark": lambda: "\ufeff" + TEXT,
    "UTF-16": lambda: TEXT.encode("utf-16"),
    "tabs": lambda: TEXT.replace(" ", "\t").replace("Frame\tTime", "Frame Time").replace("End\tSite", "End Site"),
    "small letters": lambda: re.sub(
        "HIERARCHY|ROOT|JOINT|OFFSET|CHANNELS|End Site|MOTION|Frames|Frame Time|rotation|position",
        lambda match: match[0].lower(), TEXT,
    ),
    "capitals": lambda: TEXT.replace("rotation", "ROTATION").replace("End Site", "END SITE"),
    "comments": lambda: "# made by hand\n" + TEXT.replace("ROOT", "// the root\nROOT", 1),
    "no end sites": lambda: re.sub(r"End Site\n\{\nOFFSET .*\n\}\n", "", TEXT),
    "named end sites": lambda: TEXT.replace("End Site", "End Site LeftHand_End"),
    "two end sites": lambda: TEXT.replace("End Site\n", "End Site\n{\nOFFSET 0 0 0\n}\nEnd Site\n", 3),
    "name spaces": lambda: re.sub("(ROOT|JOINT) ", r"\1 Model:mixamorig:", TEXT),
    "names in quotes": lambda: re.sub("(ROOT|JOINT) (.*)", r'\1 "\2"', TEXT),
    "Ctrl-Z": lambda: TEXT + "\x1a",
    "blank lines": lambda: TEXT + "\n\n  \n",
    "wrapped rows": lambda: body(lambda rows: rows.replace(" ", "\n", 30)),
    "commas between numbers": lambda: body(lambda rows: rows.replace(" ", ", ")),
    "semicolons between numbers": lambda: body(lambda rows: rows.replace(" ", ";")),
    "no line breaks": lambda: TEXT.replace("\n", " "),
    "frame time with its unit": lambda: TEXT.replace("0.0333333333", "0.0333333333 s"),
    "whole count as 4.0": lambda: TEXT.replace("Frames: 4", "Frames: 4.0"),
}  # fmt: skip


@pytest.mark.parametrize("what", SILENT)
def test_spellings_of_one_file_read_the_same_without_a_remark(save, what):
    clip = read_bvh(save(SILENT[what]()))
    check(clip, DIALECT)
    assert "remarks" not in clip.notes


REMARKED = {
    "one frame short": (lambda: TEXT.replace("Frames: 4", "Frames: 3"), "says 3 frames, 4 follow; all 4 are read"),
    "one frame long": (lambda: TEXT.replace("Frames: 4", "Frames: 5"), "says 5 frames, 4 follow; all 4 are read"),
    "many more frames than said": (lambda: TEXT.replace("Frames: 4", "Frames: 1"), "says 1 frames, 4 follow; all 4"),
    "a count of none": (lambda: TEXT.replace("Frames: 4", "Frames: 0"), "says no number of frames; 4 are read"),
    "a count below zero": (lambda: TEXT.replace("Frames: 4", "Frames: -1"), "says no number of frames; 4 are read"),
    "no count": (lambda: TEXT.replace("Frames: 4\n", ""), "says no number of frames; 4 are read"),
    "a brace too few": (lambda: TEXT.replace("}\nMOTION", "MOTION"), "the HIERARCHY ends with 1 '}' too few"),
    "braces too many": (lambda: TEXT.replace("MOTION", "}\n}\nMOTION"), "the HIERARCHY ends with 2 '}' too many"),
    "a wrong number of channels": (
        lambda: TEXT.replace("CHANNELS 6", "CHANNELS 3"), "Hips: CHANNELS says 3, but 6 are named and taken"
    ),
    "commas and semicolons": (lambda: body(lambda rows: commas(rows).replace(" ", ";")), "decimal commas"),
    "last row cut off": (
        lambda: TEXT.replace("Frames: 4", "Frames: 5") + "0.1 0.2 0.3", "the last frame is cut off and left out; 4"
    ),
    "words behind": (lambda: TEXT + "end of file\n", "'end' behind the last frame is left out"),
    "no frame time": (lambda: HEAD + ROWS, "the Frame Time is missing: taken for 30 frames a second"),
    "decimal commas": (lambda: commas(TEXT), "decimal commas"),
    "glued numbers": (lambda: body(glued), "a space is missing between numbers, as in '"),
    "milliseconds": (
        lambda: TEXT.replace("0.0333333333", "33.333"), "Frame Time 33.333 is taken for milliseconds: 30 frames"
    ),
    "whole milliseconds": (lambda: TEXT.replace("0.0333333333", "33"), "taken for milliseconds: 30 frames"),
    "the rate itself": (lambda: TEXT.replace("0.0333333333", "30"), "taken for the frame rate: 30 frames"),
}  # fmt: skip


@pytest.mark.parametrize("what", REMARKED)
def test_slips_are_read_as_they_were_meant_and_remarked(save, what):
    make, says = REMARKED[what]
    clip = read_bvh(save(make()))
    check(clip, DIALECT)
    assert says in " / ".join(clip.notes["remarks"])


def test_a_slow_frame_rate_is_remarked_and_kept(save):
    clip = read_bvh(save(TEXT.replace("0.0333333333", "1.0")))
    assert clip.fps == 1
    assert clip.notes["remarks"] == ["Frame Time 1 makes 1 frames a second, which is slow; see --fps"]


def test_glued_offsets_are_taken_apart(save):
    text = humanoid_bvh().replace("OFFSET 0 -41 0", "OFFSET 0.0-41.0 0.0")
    expected = read_bvh(save(humanoid_bvh())).pose.rotations
    np.testing.assert_allclose(read_bvh(save(text)).pose.rotations, expected, atol=1e-6)


def test_of_two_joints_with_one_name_the_first_is_taken(save):
    text = TEXT.replace("JOINT Head\n", "JOINT Head\n{\nOFFSET 0 5 0\nJOINT Head\n").replace(
        "JOINT LeftShoulder", "}\nJOINT LeftShoulder"
    )
    clip = read_bvh(save(text))
    check(clip, DIALECT)
    assert clip.notes["remarks"] == ["several joints are called Head; the first one is taken"]


def test_scale_channels_are_left_out_and_remarked_where_they_change(save):
    joints = [Joint("a", -1, (0, 0, 0), f"{POSITION} {ROTATION} Xscale Yscale Zscale"), Joint("b", 0, (0, 2, 0), "")]
    still = read_bvh_motion(save(bvh_text(joints, [[0] * 6 + [1] * 3] * 2)))
    moving = read_bvh_motion(save(bvh_text(joints, [[0] * 6 + [1] * 3, [0] * 6 + [2] * 3])))
    assert still.remarks == () and moving.remarks == ("scale channels are left out: bones keep their length",)
    np.testing.assert_allclose(forward_kinematics(moving).positions[1][:, 1], 2)


# -- whole positions or displacements: once a file ---------------------------------------------------------------


def heights(path) -> list[float]:
    """Of the last joint, by frame."""
    motion = read_bvh_motion(path)
    place = forward_kinematics(motion).positions[len(motion.skeleton.names) - 1]
    return [round(float(value), 6) for value in place[:, 1]]


def chain(root: float, *inner: float) -> list[Joint]:
    joints = [Joint("a", -1, (0, root, 0), POSITION)]
    return joints + [Joint(f"b{i}", i, (0, offset, 0), POSITION) for i, offset in enumerate(inner)]


def test_inner_joints_that_repeat_their_bones_make_all_positions_whole(save):
    rows = [[7, 50, 0, 0, 5, 0, 0, 4, 0], [0, 80, 0, 0, 5, 0, 0, 4, 0]]
    assert heights(save(bvh_text(chain(90, 5, 4), rows))) == [59, 89]


def test_inner_joints_that_are_displaced_are_added_to_their_bones(save):
    rows = [[0, 1, 0, 0, 0.5, 0, 0, 0, 0], [0, 2, 0, 0, 0, 0, 0, 0.25, 0]]
    assert heights(save(bvh_text(chain(90, 5, 4), rows))) == [100.5, 101.25]


def test_inner_zeros_do_not_add_a_root_that_repeats_its_offset(save):
    assert heights(save(bvh_text(chain(90, 5, 4), [[3, 91, 2, 0, 0, 0, 0, 0, 0]]))) == [100]


def test_bones_may_be_in_the_position_channels_alone(save):
    dialect = DIALECTS["Unity humanoid"]
    text = dialect_bvh(dialect, positions="whole")
    head, motion = text.split("MOTION")
    check(read_bvh(save(re.sub("OFFSET .*", "OFFSET 0 0 0", head) + "MOTION" + motion)), dialect)


# -- what cannot be meant is named -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (TEXT.split("MOTION")[0], "no MOTION part"),
        (TEXT.replace("Frames: 4", "Frames: 7"), "says 7, but 4 frames"),
        (body(lambda rows: rows.replace(" ", "", 1)), "expected 69|not a number|frame 1"),
        (body(lambda rows: "abc " + rows), "'abc': not a number"),
        (body(lambda rows: rows.replace("\n", " 0\n")), "each row has 70 values, the joints have 69 channels"),
        (body(lambda rows: rows[:-2] + "1.#QNAN\n"), "frame 4: value 69 is '-1.#QNAN', which is not a number"),
        (TEXT.replace("JOINT Spine2", "ROOT Spine2"), "second ROOT"),
    ],
    ids=["no motion", "frames", "space", "word", "column", "Windows' NaN", "two roots"],
)
def test_what_cannot_be_meant_is_named(save, content, says):
    with pytest.raises(FileError, match=says) as caught:
        read_bvh(save(content))
    assert len(str(caught.value)) < 400 + len(str(caught.value.path))


# -- hostile -----------------------------------------------------------------------------------------------------


HOSTILE = {
    "three million channels": (
        lambda: f"HIERARCHY\nROOT a\n{{\nOFFSET 0 0 0\nCHANNELS 3000000 {'Xrotation ' * 1_200_000}\n}}\nMOTION\n",
        "HIERARCHY|channels",
    ),
    "ten channels": (
        lambda: "HIERARCHY\nROOT a\n{\nOFFSET 0 0 0\nCHANNELS 10" + " Xrotation" * 10 + "\n}\nMOTION\n",
        "more channels than a joint can have, which are 9",
    ),
    "a name of a million characters": (
        lambda: TEXT.replace("JOINT Spine\n", "JOINT " + "x" * 1_000_000 + "\n"), "name has 1,000,000 characters"
    ),
    "a keyword of a million characters": (lambda: TEXT.replace("JOINT Spine\n", "y" * 1_000_000 + "\n"), "unexpected"),
    "nested 100,000 deep": (
        lambda: "HIERARCHY\nROOT a\n{\nOFFSET 0 0 0\n"
        + "".join(f"JOINT b{i}\n{{\nOFFSET 0 1 0\n" for i in range(100_000)) + "}" * 100_001 + "\nMOTION\n",
        "more than 4096 joints",
    ),
    "a word of a million digits": (lambda: body(lambda rows: "9" * 1_000_000 + rows), "frame 1|not a"),
    "thirty million braces": (lambda: "HIERARCHY\n" + "{" * 30_000_000 + "\nMOTION\n", "characters long"),
}  # fmt: skip


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_files_are_refused_in_one_short_line(save, what):
    make, says = HOSTILE[what]
    with pytest.raises(FileError, match=says) as caught:
        read_bvh(save(make()))
    assert len(str(caught.value)) < 400 + len(str(caught.value.path))


def test_long_names_are_cut_in_messages(save):
    text = bvh_text([Joint("z" * 190 + str(i), i - 1, (0, 1, 0)) for i in range(8)], [[0] * 24])
    with pytest.raises(FileError, match="unknown skeleton of 8 joints: zzz") as caught:
        read_bvh(save(text))
    assert len(str(caught.value)) < 400 + len(str(caught.value.path))


WHERE_NUMBERS_ARE = [place for place, line in enumerate(TEXT.splitlines()) if re.match(r"OFFSET|-?\d", line)]


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(["T", "x", "nonsense"]),
    changes=st.lists(
        st.tuples(
            st.sampled_from(WHERE_NUMBERS_ARE),
            st.integers(0, 200),
            st.sampled_from(["0", "-1", "1e9", "1e-300", "90", "500", "-41", "nan", ",", "0.0-7.5", "OFFSET"]),
        ),
        min_size=1,
        max_size=6,
    ),
)
def test_any_numbers_are_read_or_refused_in_one_line(save, name, changes):
    dialect, rest = (DIALECTS["nonsense"], "T") if name == "nonsense" else (DIALECT, name)
    lines = BASES.setdefault(name, dialect_bvh(dialect, rest)).splitlines()
    for place, word, value in changes:
        words = lines[place % len(lines)].split(" ")
        words[word % len(words)] = value
        lines[place % len(lines)] = " ".join(words)
    try:
        read_bvh(save("\n".join(lines)))
    except PoseloomError as error:
        assert "\n" not in str(error) and len(str(error)) < 700


BASES: dict[str, str] = {}
