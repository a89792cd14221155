"""PNG pictures with their pose inside."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from poseloom import api
from poseloom.base.errors import FileError
from poseloom.formats.pose_in_png import pose_in_png, with_pose
from poseloom.pose import Clip, Pose


def png(mode="RGB"):
    stream = io.BytesIO()
    Image.new(mode, (20, 10), 77).save(stream, "PNG")
    return stream.getvalue()


@pytest.fixture
def clip():
    generator = torch.Generator().manual_seed(0)
    pose = Pose(torch.randn(1, 52, 3, generator=generator), translation=torch.tensor([[1.0, 2.0, 3.0]]))
    return Clip(pose, 30.0, "stretch", {"view": "seen from the front"})


@pytest.mark.parametrize("mode", ["RGB", "L", "I;16", "P"])
def test_a_pose_goes_into_a_png_and_comes_out_unchanged(tmp_path, clip, mode):
    path = tmp_path / "drawn.png"
    path.write_bytes(with_pose(png(mode), clip))
    found = pose_in_png(path)
    assert torch.allclose(found.pose.rotations, clip.pose.rotations, atol=1e-7)
    assert torch.allclose(found.pose.translation, clip.pose.translation)
    assert found.notes == clip.notes and found.name == "stretch"
    with Image.open(path) as image:
        assert image.size == (20, 10)
        assert np.array_equal(np.array(image), np.array(Image.open(io.BytesIO(png(mode)))))


def test_load_opens_the_pose_instead_of_looking_for_people(tmp_path, clip):
    path = tmp_path / "drawn.png"
    path.write_bytes(with_pose(png(), clip))
    assert torch.allclose(api.load(path).pose.rotations, clip.pose.rotations, atol=1e-7)


@pytest.mark.parametrize("content", [png(), b"", b"\x89PNG\r\n\x1a\n", b"GIF89a"])
def test_other_files_have_no_pose(tmp_path, content):
    path = tmp_path / "other.png"
    path.write_bytes(content)
    assert pose_in_png(path) is None
    assert pose_in_png(tmp_path / "missing.png") is None


def test_a_damaged_pose_is_told_in_one_line(tmp_path, clip):
    content = bytearray(with_pose(png(), clip))
    content[120] ^= 0x55
    path = tmp_path / "damaged.png"
    path.write_bytes(content)
    with pytest.raises(FileError, match="is damaged"):
        pose_in_png(path)
