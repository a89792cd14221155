"""Cameras as JSON."""

import json

import pytest
import torch

from poseloom.base.errors import FileError
from poseloom.formats.camera_file import read_camera, write_camera
from poseloom.pose.camera import Camera


@pytest.fixture
def camera():
    position, target = torch.tensor([1.0, 2.0, 4.0]), torch.tensor([0.0, 1.0, 0.0])
    return Camera.look_at(position, target, size=(300, 200), field_of_view=40.0)


@pytest.mark.parametrize("perspective", [True, False])
def test_a_camera_comes_back_unchanged(tmp_path, camera, perspective):
    own = camera if perspective else camera.as_parallel(4.0)
    write_camera(own, tmp_path / "camera.json")
    found = read_camera(tmp_path / "camera.json")
    assert found.size == own.size and found.perspective is perspective
    for name in ("rotation", "translation", "intrinsics"):
        assert torch.equal(getattr(found, name), getattr(own, name))


def test_a_lens_in_millimetres_takes_the_place_of_intrinsics(tmp_path, camera):
    path = tmp_path / "camera.json"
    write_camera(camera, path)
    table = json.loads(path.read_text())
    del table["intrinsics"]
    table["lens"] = 50
    path.write_text(json.dumps(table))
    found = read_camera(path)
    assert float(found.lens) == pytest.approx(50)
    assert found.centre.tolist() == [100, 150]


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("format", "other", "no camera"),
        ("version", 2, "expected 1"),
        ("size", [0, 5], "pixels"),
        ("size", "large", "2 numbers"),
        ("rotation", [[1, 0, 0], [0, 1, 0], [0, 0, 2]], "no rotation"),
        ("rotation", [[1, 0, 0], [0, 1, 0], [0, 0, -1]], "no rotation"),
        ("translation", [0, 0, float("nan")], "3 numbers"),
        ("translation", None, "3 numbers"),
        ("intrinsics", [[0, 0, 0], [0, 0, 0], [0, 0, 1]], "no matrix"),
        ("intrinsics", [[1e9, 0, 0], [0, 1, 0], [0, 0, 1]], "3 x 3 numbers"),
    ],
)
def test_a_wrong_field_is_named(tmp_path, camera, field, value, said):
    path = tmp_path / "camera.json"
    write_camera(camera, path)
    path.write_text(json.dumps(json.loads(path.read_text()) | {field: value}))
    with pytest.raises(FileError, match=said) as mistake:
        read_camera(path)
    assert field in str(mistake.value)


@pytest.mark.parametrize("text", ["", "[]", "3", "{", '{"format": "poseloom-camera"}'])
def test_other_files_are_refused(tmp_path, text):
    path = tmp_path / "camera.json"
    path.write_text(text)
    with pytest.raises(FileError):
        read_camera(path)
