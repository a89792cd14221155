"""Every dialect shows the truth: one figure in four poses, written as many programs would, read back."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace

import dialect_figure
import dialect_files
import dialect_truth
import numpy as np
import pytest
from dialect_figure import PELVIS, about
from dialect_files import AXES, dialect_bvh, euler
from dialect_truth import check
from dialects import DIALECTS

from poseloom.formats.bvh import read_bvh
from poseloom.formats.skeleton_motion import from_euler


@pytest.fixture
def read(tmp_path):
    def from_text(text: str, **options):
        path = tmp_path / "motion.bvh"
        path.write_text(text)
        return read_bvh(path, **options)

    return from_text


ORDERS = ["".join(order) for order in itertools.permutations("XYZ")]


@pytest.mark.parametrize("rest", ["T", "A", "down", "x"])
@pytest.mark.parametrize("name", DIALECTS)
def test_a_dialect_shows_the_truth_whatever_its_rest_pose(read, name, rest):
    place = list(DIALECTS).index(name)
    unit = (0.01, 1.0, 0.0254, 0.001)[place % 4]
    up = ("y", "z")[place // 2 % 2]
    clip = read(dialect_bvh(DIALECTS[name], rest, unit, up, ORDERS[place % 6]))
    check(clip, DIALECTS[name])


# -- rest poses and worlds beyond the four kinds -----------------------------------------------------------------

DOWN = (0, 0, -87)
REST_POSES = {
    "arms forward": {"shoulder": (0, -90, 0), "elbow": (0, -90, 0), "wrist": (0, -90, 0)},
    "arms up": {"shoulder": (0, 0, 85), "elbow": (0, 0, 85), "wrist": (0, 0, 85)},
    "toes down": {"ankle": (65, 0, 0), "toe": (65, 0, 0), "shoulder": DOWN, "elbow": DOWN, "wrist": DOWN},
    "legs apart": {"hip": (0, 0, 20), "knee": (0, 0, 20)},
    "seated": {"hip": (-88, 0, 0)},
    "legs ahead": {"hip": (-88, 0, 0), "knee": (-88, 0, 0)},
    "forearms up": {"elbow": (0, 0, 90), "wrist": (0, 0, 90)},
    "forearms ahead": {"shoulder": DOWN, "elbow": (-90, 0, 0), "wrist": (-90, 0, 0)},
    "bent": {"chest": (25, 0, 0), "neck": (25, 0, 0), "head": (25, 0, 0)},
    "toes out": {"ankle": (0, 50, 0), "toe": (0, 50, 0)},
}
"""Rotation vectors of the left side's joints at rest, degrees."""


@pytest.mark.parametrize("name", ["Mixamo", "nonsense"])
@pytest.mark.parametrize("rest", REST_POSES)
def test_any_rest_pose_is_measured(read, monkeypatch, rest, name):
    def turned(bones, kind):
        return [about(turn_at_rest(bone.role, REST_POSES[rest])) for bone in bones]

    monkeypatch.setattr(dialect_files, "rest_turns", turned)
    check(read(dialect_bvh(DIALECTS[name])), DIALECTS[name])


def turn_at_rest(role: str, turns: dict[str, tuple[float, float, float]]) -> np.ndarray:
    side, _, joint = role.rpartition("_")
    mirror = (1, -1, -1) if side == "right" else (1, 1, 1)
    return np.array(turns.get(joint or role, (0, 0, 0))) * mirror


LACKING = {
    "no toes": {"leg": "*UpLeg *Leg *Foot "},
    "no collars": {"arm": " *Arm *ForeArm *Hand"},
    "no spine": {"trunk": "Hips"},
    "one spine": {"trunk": "Hips Spine"},
    "five spines": {"trunk": "Hips Spine Spine1 Spine2 Spine3 Spine4"},
    "no neck": {"head": "Head"},
    "three necks": {"head": "Neck Neck1 Neck2 Head"},
    "no head": {"head": "Neck "},
    "no hands": {"arm": "*Shoulder *Arm *ForeArm "},
}


@pytest.mark.parametrize("rest", ["T", "x"])
@pytest.mark.parametrize("what", LACKING)
def test_joints_may_be_lacking_or_many(read, what, rest):
    dialect = replace(DIALECTS["Mixamo"], **LACKING[what])
    check(read(dialect_bvh(dialect, rest)), dialect)


@pytest.mark.parametrize("up", list(AXES))
@pytest.mark.parametrize("rest", ["T", "down"])
def test_any_axis_may_point_up(read, up, rest):
    check(read(dialect_bvh(DIALECTS["numbers alone"], rest, 1.0, up)), DIALECTS["numbers alone"])


@pytest.mark.parametrize(
    ("unit", "name"),
    [(0.01, "centimetre"), (1, "metre"), (0.001, "millimetre"), (0.0254, "inch"), (0.0254 / 0.45, "1/0.45 inch")],
)
def test_the_unit_nearest_to_an_adult_is_found(read, unit, name):
    clip = read(dialect_bvh(DIALECTS["Mixamo"], unit=unit))
    assert clip.notes["unit"] == name
    check(clip, DIALECTS["Mixamo"])


def test_a_size_of_no_unit_is_scaled_to_an_adult_unless_the_user_says_it(read):
    text = dialect_bvh(DIALECTS["Mixamo"], unit=1 / 22)
    clip = read(text)
    assert "scaled to an adult" in clip.notes["remarks"][0]
    np.testing.assert_allclose(clip.pose.translation, PELVIS, atol=0.1)
    check(read(text, unit=1 / 22), DIALECTS["Mixamo"])


def test_a_motion_that_stands_along_another_axis_than_its_rest_pose_tells_which_way_is_up(read):
    """The exporter turned the root by 90 degrees: the rest pose has Y up, the world Z."""
    text = dialect_bvh(DIALECTS["Mixamo"], order="ZXY")
    head, rows = text.split("Frame Time: 0.0333333333\n")
    turned = []
    for row in rows.strip().splitlines():
        numbers = [float(word) for word in row.split()]
        numbers[:3] = AXES["z"] @ numbers[:3]
        numbers[3:6] = euler(AXES["z"] @ from_euler(np.array(numbers[3:6]), "ZXY"), "ZXY")
        turned.append(" ".join(f"{number:.9g}" for number in numbers))
    text = head + "Frame Time: 0.0333333333\n" + "\n".join(turned)
    clip = read(text)
    check(clip, DIALECTS["Mixamo"])
    assert "stands along +Y, the motion along +Z" in clip.notes["remarks"][0]
    lying = read(text, up="y").pose.matrices()[0, 0, :, 1]
    np.testing.assert_allclose(lying, AXES["z"][:, 1], atol=1e-5)


def test_names_alone_do_not_make_a_skeleton_smpl(read):
    """SMPL's names with arms that hang at rest: the rest pose is measured, and the twist shared as elsewhere."""
    clip = read(dialect_bvh(DIALECTS["SMPL"], "down"))
    assert clip.notes["skeleton"] == "SMPL"
    check(clip, DIALECTS["SMPL"])


def test_names_that_say_nothing_are_guessed_by_shape_and_the_reader_says_so(read):
    clip = read(dialect_bvh(DIALECTS["numbers alone"]))
    assert clip.notes["skeleton"] == "by shape"
    assert re.search("names tell nothing; guessed by shape: left_hip is Joint_14", clip.notes["remarks"][0])


def test_fingers_and_props_do_not_mislead_the_shape(read):
    helpers = [(f"{side}F{i}", f"{side}i") for side in ("u", "v") for i in range(5)]
    helpers += [("uT", "ug"), ("vT", "vg"), ("prop", "ui"), ("ik", "a"), ("jaw", "e"), ("eye", "e")]
    dialect = replace(DIALECTS["nonsense"], helpers=tuple(helpers))
    for rest in ("T", "x"):
        check(read(dialect_bvh(dialect, rest)), dialect)


NEVER_UPRIGHT = {
    "sits": (
        {"left_hip": (-85, 0, 0), "right_hip": (-85, 0, 0), "left_knee": (85, 0, 0), "right_knee": (85, 0, 0)},
        0.5,
    ),
    "bows": ({"hips": (45, 0, 0), "left_hip": (-45, 0, 0), "right_hip": (-45, 0, 0)}, 0.9),
}


@pytest.mark.parametrize("what", NEVER_UPRIGHT)
def test_where_no_frame_stands_limbs_are_right_and_the_reader_says_what_it_guessed(read, monkeypatch, what):
    turns, height = NEVER_UPRIGHT[what]
    frames = tuple({**turns, "left_shoulder": (0, 0, -70 + 10 * number)} for number in range(4))
    for module in (dialect_figure, dialect_files, dialect_truth):
        monkeypatch.setattr(module, "TURNS", frames)
        monkeypatch.setattr(module, "PELVIS", np.tile((0.0, height, 0.0), (4, 1)))
    clip = read(dialect_bvh(DIALECTS["Mixamo"], "x"))
    check(clip, DIALECTS["Mixamo"])
    assert "neither the zero pose nor any frame is a standing figure" in clip.notes["remarks"][0]
