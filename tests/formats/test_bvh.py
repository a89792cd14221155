from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from motion_texts import POSITION, ROTATION, Joint, bvh_text, humanoid_bvh

from poseloom.base.errors import FileError, PoseloomError
from poseloom.formats.bvh import read_bvh, read_bvh_motion
from poseloom.formats.skeleton_motion import forward_kinematics

CHAIN = [
    Joint("root", -1, (0, 0, 0), f"{POSITION} Yrotation Xrotation Zrotation"),
    Joint("middle", 0, (0, 2, 0), "Xrotation Zrotation"),
    Joint("tip", 1, (0, 3, 0), ROTATION, tip=(0, 1, 0)),
]
ROWS = [[1, 2, 3, 90, 0, 0, 90, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 90, 90, 0, 0, 0]]


@pytest.fixture
def write(tmp_path):
    def save(content: str | bytes, name: str = "motion.bvh"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return save


def positions(path) -> dict[str, np.ndarray]:
    motion = read_bvh_motion(path)
    world = forward_kinematics(motion)
    return {
        name: np.broadcast_to(world.positions[joint], (motion.frames, 3))
        for joint, name in enumerate(motion.skeleton.names)
    }


# -- exactness ---------------------------------------------------------------------------------------------------


def test_rotation_channels_are_intrinsic_in_the_order_listed(write):
    found = positions(write(bvh_text(CHAIN, ROWS)))
    np.testing.assert_allclose(found["root"], [[1, 2, 3], [0, 0, 0]], atol=1e-12)
    np.testing.assert_allclose(found["middle"], [[1, 4, 3], [0, 2, 0]], atol=1e-12)
    # Ry(90) Rx(90) takes +Y to +X; Rx(90) Rz(90) takes +Y to -X.
    np.testing.assert_allclose(found["tip"], [[4, 4, 3], [-3, 2, 0]], atol=1e-12)


def test_end_sites_are_kept(write):
    motion = read_bvh_motion(write(bvh_text(CHAIN, ROWS)))
    world = forward_kinematics(motion)
    [(joint, offset)] = motion.skeleton.tails
    assert motion.skeleton.names[joint] == "tip"
    np.testing.assert_allclose(world.tail(joint, offset)[1], [-4, 2, 0], atol=1e-12)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace(" ", "\t").replace("Frame\tTime", "Frame Time"),
        lambda text: text.replace("\n", "\n\n  "),
        lambda text: text.replace("\n{\n", " {\n"),
        lambda text: text.replace("Frame Time:", "FrameTime:").replace("Frames:", "Frames:\t"),
        lambda text: text.replace("Frame Time:", "Frame Time").replace("HIERARCHY", "hierarchy"),
        lambda text: text.replace("90", "9.0e+1"),
        lambda text: "\ufeff" + text.replace("rotation", "Rotation"),
        lambda text: text.replace(" 0 0 0 0\n", "\n0 -0.0 0\n 0\n"),
    ],
    ids=["crlf", "tabs", "blank lines", "brace", "FrameTime", "no colon", "exponents", "mark", "wrapped rows"],
)
def test_spellings_of_the_same_file_read_the_same(write, change):
    text = bvh_text(CHAIN, ROWS)
    expected, found = positions(write(text)), positions(write(change(text)))
    for name, places in expected.items():
        np.testing.assert_allclose(found[name], places, atol=1e-12)


@pytest.mark.parametrize(("frame_time", "fps"), [("0.01666666", 60), ("0.0083333", 120), ("0.033333", 30), ("0.5", 2)])
def test_frame_time_gives_the_frame_rate(write, frame_time, fps):
    text = humanoid_bvh().replace("Frame Time: 0.0333333333", f"Frame Time: {frame_time}")
    assert read_bvh(write(text)).fps == fps


def test_forward_kinematics_meets_the_expected_positions_of_real_files(shared_data):
    folder = shared_data("bvh")
    cases = json.loads((folder / "expected.json").read_text())
    assert len(cases) == 39
    for name, case in cases.items():
        motion = read_bvh_motion(folder / name)
        skeleton = motion.skeleton
        assert (motion.frames, len(skeleton.names), skeleton.names[0]) == (case["frames"], case["joints"], case["root"])
        assert motion.fps == pytest.approx(1 / case["frame_time"])
        world = forward_kinematics(motion)
        origin = world.positions[0] if "relative to the root" in case.get("note", "") else np.zeros((1, 3))
        places = {name: world.positions[joint] - origin for joint, name in enumerate(skeleton.names)}
        places |= {f"{skeleton.names[joint]}_end": world.tail(joint, tip) - origin for joint, tip in skeleton.tails}
        for frame, expected in case.get("world_positions", {}).items():
            found = np.array([places[joint][int(frame)] for joint in expected])
            np.testing.assert_allclose(found, np.array(list(expected.values())), atol=1e-4, err_msg=name)


# -- bad input ---------------------------------------------------------------------------------------------------


GOOD = humanoid_bvh()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"\x00\xff\x80garbage" * 20, "MOTION"),
        ("HIERARCHY\nROOT a\n{\nOFFSET 0 0 0\n", "MOTION"),
        (GOOD.replace("HIERARCHY", "HIERARCHIE"), "begins with 'HIERARCHIE'"),
        (GOOD.replace("Frames: 1", "Frames: 10000000"), "Frames: says 10000000, but 1 frames"),
        (GOOD[: GOOD.index("Frame Time")].replace("Frames: 1", "Frames: 0"), "no frames"),
        (GOOD.replace("Frames: 1", "Frames: many"), "Frames: is not a whole number"),
        (GOOD.replace("Frame Time: 0.0333333333", "Frame Time: 0"), "Frame Time:"),
        (GOOD.replace("Frame Time: 0.0333333333", "Frame Time: nan"), "Frame Time:"),
        (GOOD.rstrip()[:-2], "frame 1: 68 values, expected 69"),
        (GOOD.rstrip() + " 5\n", "frame 1: 70 values, expected 69"),
        (GOOD.rstrip()[:-1] + "nan\n", "frame 1: value 69 is nan"),
        (GOOD.rstrip()[:-1] + "1e999\n", "inf, expected a finite number"),
        (GOOD.rstrip()[:-1] + "x\n", "not a number"),
        (GOOD.replace("JOINT LeftLeg", "JOINT"), "JOINT without a name"),
        (GOOD.replace("Zrotation", "Wrotation", 1), "unknown channel 'Wrotation'"),
        (GOOD.replace("OFFSET 0 10 0", "OFFSET 0 ten 0"), "Spine: OFFSET: 'ten' is not a finite number"),
        (GOOD.replace("OFFSET 0 10 0\n", ""), "Spine: has no OFFSET"),
        (GOOD.replace("JOINT Spine\n", "ROOT Spine\n"), "second ROOT"),
        (
            "HIERARCHY\n" + "ROOT a\n{\nOFFSET 0 0 0\n" + "".join(f"JOINT b{i}\n{{\n" for i in range(9999)) + "MOTION",
            "4096",
        ),
    ],
)
def test_damaged_files_get_one_line_that_names_file_field_and_remedy(write, content, says):
    path = write(content)
    with pytest.raises(FileError) as caught:
        read_bvh(path)
    message = str(caught.value)
    assert message.startswith(str(path)) and says in message and "; " in message and "\n" not in message


def test_a_deep_chain_reads_without_recursion(write):
    joints = [Joint("j0", -1, (0, 0, 0))] + [Joint(f"j{i}", i - 1, (0, 1, 0)) for i in range(1, 300)]
    text = bvh_text(joints, [[0.0] * 900])
    inner = text.replace("JOINT j299", "".join(f"JOINT k{i}\n{{\nOFFSET 0 1 0\n" for i in range(3000)) + "JOINT j299")
    motion = read_bvh_motion(write(inner.replace("\nMOTION", "\n" + "}\n" * 3000 + "MOTION")))
    assert len(motion.skeleton.names) == 3300
    assert forward_kinematics(motion).positions[3299].shape == (1, 3)


def test_folder_and_missing_file_are_told_apart(tmp_path):
    with pytest.raises(FileError, match="is a folder"):
        read_bvh(tmp_path)
    with pytest.raises(FileError, match="does not exist"):
        read_bvh(tmp_path / "nothing.bvh")


@st.composite
def mutations(draw, original: bytes) -> bytes:
    """A few bytes flipped, deleted, inserted or cut off."""
    content = bytearray(original)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(content)))
        match draw(st.sampled_from(["flip", "delete", "insert", "truncate", "repeat"])):
            case "flip" if place < len(content):
                content[place] ^= draw(st.integers(1, 255))
            case "delete":
                del content[place : place + draw(st.integers(1, 40))]
            case "insert":
                content[place:place] = draw(
                    st.sampled_from([b"nan", b"\n", b"}", b"{", b"1e308", b"-", b"\x00", b" 7 ", b"9" * 30])
                )
            case "truncate":
                del content[place:]
            case "repeat":
                content[place:place] = content[place : place + draw(st.integers(1, 200))]
    return bytes(content)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=mutations(humanoid_bvh(position=(3, 95, 2)).encode()))
def test_mutated_bytes_read_or_raise_our_own_error(tmp_path, content):
    path = tmp_path / "mutated.bvh"
    path.write_bytes(content)
    try:
        read_bvh(path)
    except PoseloomError as error:
        assert "\n" not in str(error)
