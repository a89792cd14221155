"""Pictures of every kind come in as RGB in [0, 1]; what cannot be read is told in one line."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from poseloom.base.errors import FileError
from poseloom.images import read as module
from poseloom.images.files import save_picture
from poseloom.images.read import picture_size, read_frames, read_picture

RED, BLUE = (255, 0, 0), (0, 0, 255)


def halves(mode: str = "RGB") -> Image.Image:
    """Left half red, right half blue; 6 wide, 4 high."""
    image = Image.new("RGB", (6, 4), RED)
    image.paste(BLUE, (3, 0, 6, 4))
    return image.convert(mode)


def encoded(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def test_path_bytes_and_pillow_give_the_same(tmp_path):
    content = encoded(halves())
    (tmp_path / "a.png").write_bytes(content)
    pictures = [read_picture(source) for source in (tmp_path / "a.png", str(tmp_path / "a.png"), content, halves())]
    assert pictures[0].shape == (3, 4, 6) and pictures[0].dtype == torch.float32
    assert all(torch.equal(picture, pictures[0]) for picture in pictures)
    assert pictures[0][:, 0, 0].tolist() == [1, 0, 0] and pictures[0][:, 3, 5].tolist() == [0, 0, 1]


def test_what_is_written_is_read(tmp_path):
    picture = torch.rand(3, 7, 9, generator=torch.Generator().manual_seed(0))
    back = read_picture(save_picture(picture, tmp_path / "a.png"))
    torch.testing.assert_close(back, picture, atol=0.5 / 255 + 1e-6, rtol=0)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_camera_s_orientation_is_applied(orientation):
    """What is stored turned or mirrored comes out as it was seen: red at the left or where that ends up."""
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,  # shown turned clockwise, so stored turned the other way
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    seen = halves()
    seen.putpixel((0, 0), (0, 255, 0))
    stored = seen.transpose(undo[orientation]) if orientation in undo else seen
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = encoded(stored, exif=exif.tobytes())
    assert torch.equal(read_picture(content), read_picture(seen))
    assert picture_size(content) == (4, 6)


@pytest.mark.parametrize("mode", ["L", "P", "1", "CMYK"])
def test_other_modes_become_rgb(mode):
    kind = "TIFF" if mode == "CMYK" else "PNG"
    picture = read_picture(encoded(halves(mode), kind))
    assert picture.shape == (3, 4, 6) and picture.min() >= 0 and picture.max() <= 1
    if mode in ("L", "1"):
        assert torch.equal(picture[0], picture[1])
    else:
        torch.testing.assert_close(picture, read_picture(halves()), atol=0.02, rtol=0)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_is_transparent_shows_the_background(mode):
    image = Image.new("RGBA", (2, 1), (255, 255, 255, 255))
    image.putpixel((1, 0), (255, 255, 255, 0))
    picture = read_picture(encoded(image.convert(mode)), background=(0.2, 0.4, 0.6))
    torch.testing.assert_close(picture[:, 0, 0], torch.ones(3))
    torch.testing.assert_close(picture[:, 0, 1], torch.tensor([0.2, 0.4, 0.6]))


def test_half_transparent_is_half_background():
    image = Image.new("RGBA", (1, 1), (255, 0, 0, 128))
    torch.testing.assert_close(read_picture(image)[:, 0, 0], torch.tensor([1, 127 / 255, 127 / 255]))


def test_sixteen_bits_keep_their_precision():
    ramp = np.arange(0, 65536, 257, dtype=np.uint16)[None]
    picture = read_picture(encoded(Image.fromarray(ramp)))
    torch.testing.assert_close(picture[0, 0], torch.linspace(0, 1, 256))
    fine = read_picture(encoded(Image.fromarray(np.array([[1000, 1001]], dtype=np.uint16))))
    assert fine[0, 0, 1] > fine[0, 0, 0]
    floats = read_picture(encoded(Image.fromarray(np.array([[0.25, 7.0, np.nan]], dtype=np.float32)), "TIFF"))
    assert floats[0, 0].tolist() == [0.25, 1, 0]


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_animations_are_read_frame_by_frame(kind):
    frames = [Image.new("RGB", (5, 4), colour) for colour in (RED, BLUE, (0, 255, 0))]
    options = {"lossless": True} if kind == "WEBP" else {}
    content = encoded(
        frames[0], kind, save_all=True, append_images=frames[1:], duration=[40, 80, 120], loop=0, **options
    )
    found = list(read_frames(content))
    assert [round(frame.seconds, 3) for frame in found] == [0.04, 0.08, 0.12]
    for frame, colour in zip(found, (RED, BLUE, (0, 255, 0)), strict=True):
        torch.testing.assert_close(frame.picture[:, 2, 2], torch.tensor(colour) / 255.0, atol=0.01, rtol=0)
    torch.testing.assert_close(read_picture(content), found[0].picture)
    assert len(list(read_frames(encoded(halves())))) == 1


def test_a_bomb_is_refused_before_it_is_decoded(monkeypatch):
    """A header that promises 100,000 x 100,000 pixels, and one that Pillow itself would still take."""

    def header(width: int, height: int) -> bytes:
        def chunk(kind: bytes, body: bytes) -> bytes:
            return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

        size = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
        return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")

    monkeypatch.setattr(module, "_as_tensor", None)
    for width, height in ((100_000, 100_000), (9_000, 9_000)):
        with pytest.raises(FileError, match="too large"):
            read_picture(header(width, height))
    with pytest.raises(FileError, match="6 x 4 pixels, at most 23"):
        read_picture(encoded(halves()), maximum_pixels=23)
    monkeypatch.setattr(module, "MAXIMUM_FRAMES", 1)
    two = encoded(halves(), "GIF", save_all=True, append_images=[Image.new("RGB", (6, 4))])
    with pytest.raises(FileError, match="2 frames"):
        next(read_frames(two))


def test_what_is_no_picture_is_told(tmp_path):
    for content in (b"", b"not a picture", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"):
        (tmp_path / "a.png").write_bytes(content)
        with pytest.raises(FileError, match=r"a\.png: (is no picture|is empty)"):
            read_picture(tmp_path / "a.png")
    with pytest.raises(FileError, match="does not exist"):
        read_picture(tmp_path / "none.png")
    with pytest.raises(FileError, match="is a folder"):
        read_picture(tmp_path)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "TIFF", "BMP", "WEBP"])
def test_a_truncated_file_is_told(tmp_path, kind):
    noise = np.random.default_rng(0).integers(0, 255, (40, 40, 3), dtype=np.uint8)
    content = encoded(Image.fromarray(noise), kind)
    (tmp_path / "cut.jpg").write_bytes(content[: len(content) // 2])
    with pytest.raises(FileError, match=r"cut\.jpg: ") as told:
        read_picture(tmp_path / "cut.jpg")
    assert "\n" not in str(told.value) and len(str(told.value)) < 400


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(["PNG", "JPEG", "GIF", "TIFF", "BMP", "WEBP", "PPM"]), st.integers(0, 2**31), st.data())
def test_mutated_files_are_read_or_refused(kind, seed, data):
    content = bytearray(encoded(halves(), kind))
    generator = np.random.default_rng(seed)
    for _ in range(data.draw(st.integers(1, 6))):
        content[generator.integers(len(content))] = generator.integers(256)
    try:
        for frame in read_frames(bytes(content)):
            assert frame.picture.shape[0] == 3 and torch.isfinite(frame.picture).all()
    except FileError as error:
        assert "\n" not in str(error)


def test_real_photos(shared_data):
    for path in sorted(shared_data("photos").glob("*.jpg")):
        picture = read_picture(path)
        assert picture.shape[1:] == picture_size(path) and 0.02 < picture.std() < 0.5
