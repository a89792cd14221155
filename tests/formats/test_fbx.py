"""FBX in: the same characters as for glTF, written by the test in both layouts and both generations of the format."""

import tracemalloc
import zlib

import numpy as np
import pytest
import torch
from characters import character, gentle_clip, naming, worst_degrees
from fbx_files import ORDERS, TICKS, Letter, R, character_records, properties, to_binary, to_text

from poseloom import api
from poseloom.base.errors import FileError
from poseloom.formats.fbx import read_fbx
from poseloom.formats.fbx.curves import Curve, read_old_curve
from poseloom.formats.fbx.read import local_transform, turn_of
from poseloom.formats.fbx.records import PackedArray, Record, read_records
from poseloom.formats.fbx.scene import Model

NAMES = {ours: f"mixamorig:{theirs}" for ours, theirs in naming("Mixamo").items()}
ROUNDING = 0.01
LAYOUTS = {"text": to_text, "binary": to_binary}


def saved(tmp_path, made, layout="binary", version=7400, **options):
    path = tmp_path / "a.fbx"
    path.write_bytes(LAYOUTS[layout](character_records(made, version=version, **options), version))
    return path


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("version", [6100, 7100, 7400, 7500, 7700])
def test_every_version_in_both_layouts_moves_as_it_was_made(tmp_path, layout, version):
    clip = gentle_clip()
    made = character(clip, NAMES, arms_down=45)
    read = api.load(saved(tmp_path, made, layout, version))
    assert (len(read), read.fps, read.notes["skeleton"]) == (len(clip), 30.0, "Mixamo")
    assert worst_degrees(read, clip, made) < ROUNDING
    assert torch.allclose(read.pose.translation, clip.pose.translation, atol=1e-4)


@pytest.mark.parametrize("order", ORDERS)
def test_every_order_of_rotation_is_read(tmp_path, order):
    clip = gentle_clip(seed=3)
    made = character(clip, NAMES)
    assert worst_degrees(read_fbx(saved(tmp_path, made, order=order)), clip, made) < ROUNDING


@pytest.mark.parametrize("unit", [1.0, 100.0, 2.54])
@pytest.mark.parametrize("z_up", [False, True])
def test_units_and_axes_are_those_of_the_settings(tmp_path, unit, z_up):
    clip = gentle_clip()
    made = character(clip, NAMES)
    read = read_fbx(saved(tmp_path, made, unit=unit, z_up=z_up))
    assert worst_degrees(read, clip, made) < ROUNDING
    assert torch.allclose(read.pose.translation, clip.pose.translation, atol=1e-4)


def test_without_a_bind_pose_the_rest_is_that_of_the_joint_orients(tmp_path):
    """As Mixamo's files without skin: no clusters, no bind pose, the first frame stored."""
    clip = gentle_clip()
    made = character(clip, NAMES, arms_down=20)
    assert worst_degrees(read_fbx(saved(tmp_path, made, bind=False)), clip, made) < ROUNDING


def test_of_several_animations_one_is_chosen_by_name(tmp_path):
    made = character(gentle_clip(), NAMES)
    path = saved(tmp_path, made, takes=2)
    assert read_fbx(path).notes["animations"] == "take 0, take 1"
    assert read_fbx(path, animation="take 1").notes["animation"] == "take 1"
    with pytest.raises(FileError, match="did you mean 'take 1'"):
        read_fbx(path, animation="tke 1")


def product(*parts):
    whole = np.eye(4)
    for part in parts:
        whole = whole @ part
    return whole


def moved(vector):
    matrix = np.eye(4)
    matrix[:3, 3] = vector
    return matrix


def turned(degrees, order="XYZ"):
    matrix = np.eye(4)
    matrix[:3, :3] = turn_of(np.array(degrees, float), order)
    return matrix


def test_a_transform_is_the_product_of_its_documented_factors():
    values = np.random.default_rng(0).normal(size=(9, 3)) * 20
    keys = ["Lcl Translation", "RotationOffset", "RotationPivot", "PreRotation", "Lcl Rotation", "PostRotation"]
    keys += ["ScalingOffset", "ScalingPivot", "Lcl Scaling"]
    table = {key: value.tolist() for key, value in zip(keys, values, strict=True)}
    t, roff, rp, pre, r, post, soff, sp, s = values
    expected = product(
        *(moved(t), moved(roff), moved(rp), turned(pre), turned(r, "YZX"), turned(post).T, moved(-rp)),
        *(moved(soff), moved(sp), np.diag([*s, 1]), moved(-sp)),
    )
    model = Model(1, "x", "LimbNode", table | {"RotationActive": [1], "RotationOrder": [2]})
    assert np.allclose(local_transform(model, {}, np.zeros(1))[0], expected)


def test_xyz_turns_about_x_first():
    turn = turn_of(np.array([90.0, 0, 90.0]), "XYZ")
    assert np.allclose(turn @ [0, 1, 0], [0, 0, 1])
    assert np.allclose(turn @ [1, 0, 0], [0, 1, 0])


# -- curves --------------------------------------------------------------------------------------------------------


def test_stated_slopes_make_a_cubic_and_constants_hold():
    """f(t) = t^3 - t between 0 and 2, then held until 3."""
    flags = np.array([0x8 | 0x400, 0x2, 0x4])
    slopes = np.array([[-1.0, 11.0], [0, 0], [0, 0]])
    curve = Curve(np.array([0.0, 2.0, 3.0]), np.array([0.0, 6.0, 9.0]), flags, slopes)
    times = np.array([-1.0, 0.5, 1.0, 2.0, 2.9, 3.0, 4.0])
    assert np.allclose(curve.at(times), [0, 0.5**3 - 0.5, 0, 6, 6, 9, 9])


def test_a_constant_key_may_take_the_next_value():
    curve = Curve(np.array([0.0, 1.0]), np.array([1.0, 5.0]), np.array([0x102, 0x4]), np.full((2, 2), np.nan))
    assert curve.at(np.array([0.0, 0.5, 1.0])).tolist() == [1, 5, 5]


def test_lists_of_old_keys_have_entries_of_different_length():
    letters = {"L", "C", "U", "s", "n", "a"}
    keys = [0, 1.0, "L", TICKS, 2.0, "C", "s", 2 * TICKS, 3, "U", "s", 0, 0, "n", 3 * TICKS, 4.5, "U", "a", "n"]
    values = [Letter(key) if key in letters else key for key in keys]
    curve = read_old_curve(Record("Channel", children=[Record("KeyCount", [4]), Record("Key", values)]))
    assert curve.times.tolist() == [0, 1, 2, 3]
    assert curve.values.tolist() == [1, 2, 3, 4.5]
    assert curve.at(np.array([0.5, 1.5])).tolist() == [1.5, 2]


# -- damaged files -------------------------------------------------------------------------------------------------


def test_an_array_that_unpacks_to_more_than_it_claims_is_refused(tmp_path):
    records = character_records(character(gentle_clip(), NAMES))
    data = to_binary(records, 7400)
    place = data.index(b"KeyValueFloat") + len(b"KeyValueFloat")
    (tmp_path / "a.fbx").write_bytes(data[: place + 1] + b"\1\0\0\0" + data[place + 5 :])
    with pytest.raises(FileError, match="claims 4 bytes"):
        read_fbx(tmp_path / "a.fbx")


def test_an_array_is_never_unpacked_to_more_than_it_claims():
    bomb = PackedArray("<f4", 1, True, zlib.compress(bytes(50_000_000)))
    tracemalloc.start()
    with pytest.raises(ValueError, match="claims 4 bytes"):
        bomb.unpacked()
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def test_deep_braces_and_open_ones_are_told(tmp_path):
    path = tmp_path / "a.fbx"
    head = "; FBX 7.4.0 project file\nFBXHeaderExtension: {\n"
    path.write_text(head + "a: {" * 10_000)
    with pytest.raises(FileError, match="deeper than 64"):
        read_records(path)
    path.write_text(head + "FBXVersion: 7400\n")
    with pytest.raises(FileError, match="1 braces are not closed"):
        read_records(path)


@pytest.mark.parametrize("version", [5000, 9000])
def test_other_versions_are_named(tmp_path, version):
    path = tmp_path / "a.fbx"
    path.write_bytes(to_binary([R("Objects")], version))
    with pytest.raises(FileError, match=rf"version {version // 1000}\.0; 6.1 to 7.7"):
        read_fbx(path)


def test_a_file_of_another_kind_or_without_bones_says_so(tmp_path):
    path = tmp_path / "a.fbx"
    path.write_text("hello")
    with pytest.raises(FileError, match="is not an FBX file"):
        read_fbx(path)
    path.write_bytes(to_binary([R("Objects", children=[R("Model", 5, "Model::Cube", "Mesh")])], 7400))
    with pytest.raises(FileError, match="has no skeleton"):
        read_fbx(path)


def test_models_that_hang_on_each_other_are_left_out(tmp_path):
    made = character(gentle_clip(), NAMES)
    records = character_records(made)
    records[2].children += [R("Model", 8, "Model::a", "LimbNode", children=[properties(False)]) for _ in (1, 2)]
    records[2].children.append(R("Model", 9, "Model::b", "LimbNode", children=[properties(False)]))
    records[3].children += [R("C", "OO", 8, 9), R("C", "OO", 9, 8)]
    (tmp_path / "a.fbx").write_bytes(to_binary(records, 7400))
    assert worst_degrees(read_fbx(tmp_path / "a.fbx"), gentle_clip(), made) < ROUNDING
