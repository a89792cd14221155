import io
import struct
import zipfile

import numpy as np
import pytest

from poseloom.base.errors import FileError
from poseloom.formats import npz_files
from poseloom.formats.npz_files import open_npz


def header(shape: str, descr: str = "<f4") -> bytes:
    text = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


def archive(path, members: dict[str, bytes], compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return path


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3),
        np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3)),
        np.arange(4, dtype=">i2"),
        np.array("male"),
        np.array(b"male"),
        np.array([True, False]),
        np.zeros((0, 5), np.float16),
        np.array(3.5),
    ],
    ids=str,
)
def test_arrays_come_back_as_numpy_wrote_them(tmp_path, array):
    np.savez_compressed(tmp_path / "x.npz", a=array)
    back = open_npz(tmp_path / "x.npz")["a"]
    assert back.dtype == array.dtype
    assert np.array_equal(back, array)


def test_python_2_headers_are_read(tmp_path):
    archive(tmp_path / "x.npz", {"a.npy": header("(2L, 1L)") + bytes(8)})
    assert open_npz(tmp_path / "x.npz")["a"].shape == (2, 1)


@pytest.mark.parametrize("value", ["male", b"male", "b'male'", np.array(["male"]), np.array("male", dtype=object)])
def test_a_word_is_read_however_it_is_stored(tmp_path, value):
    np.savez(tmp_path / "x.npz", gender=value)
    assert open_npz(tmp_path / "x.npz").text("gender") == "male"


def test_ten_million_frames_without_data_are_refused_before_they_are_allocated(tmp_path):
    path = archive(tmp_path / "x.npz", {"poses.npy": header("(10000000, 156)") + bytes(100)})
    with pytest.raises(FileError, match=r"poses: claims the shape \(10000000, 156\) of float32, but holds 100 bytes"):
        open_npz(path)["poses"]


def test_a_zip_bomb_is_refused(tmp_path):
    path = archive(tmp_path / "x.npz", {"poses.npy": header("(20000000,)") + bytes(80_000_000)})
    with pytest.raises(FileError, match="unpacks from"):
        open_npz(path)


def test_too_many_members_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(npz_files, "MAXIMUM_MEMBERS", 3)
    path = archive(tmp_path / "x.npz", {f"{index}.npy": b"" for index in range(4)})
    with pytest.raises(FileError, match="4 members"):
        open_npz(path)


def test_a_huge_directory_is_refused_before_it_is_listed(tmp_path):
    path = archive(tmp_path / "x.npz", {"a.npy": header("(1,)") + bytes(4)})
    data = bytearray(path.read_bytes())
    data[-10:-6] = struct.pack("<L", 1 << 30)
    path.write_bytes(data)
    with pytest.raises(FileError, match="directory"):
        open_npz(path)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x93NUMPY",
        b"garbage" * 9,
        b"\x93NUMPY\x02\x00\xff\xff\xff\xff",
        header("(-1,)"),
        header("(1,)", "<f3") + bytes(3),
        header("(99999999999999999999,)", "|S0"),
        header("(__import__('os').system('true'),)"),
        header("(1,)", "[('a', '<f4')]") + bytes(4),
    ],
)
def test_damaged_members_are_refused_by_name(tmp_path, data):
    path = archive(tmp_path / "x.npz", {"poses.npy": data})
    with pytest.raises(FileError, match="poses: "):
        open_npz(path)["poses"]


def test_a_wrong_checksum_is_noticed(tmp_path):
    path = archive(tmp_path / "x.npz", {"a.npy": header("(2,)") + bytes(8)}, zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    data[data.index(b"}\n") + 3] ^= 1
    path.write_bytes(data)
    with pytest.raises(FileError, match="a: is damaged"):
        open_npz(path)["a"]


def test_text_and_truncated_files_are_not_archives(tmp_path):
    stream = io.BytesIO()
    np.savez(stream, a=np.zeros(100))
    for content in (b"hello", stream.getvalue()[:300]):
        (tmp_path / "x.npz").write_bytes(content)
        with pytest.raises(FileError, match="not an npz archive"):
            open_npz(tmp_path / "x.npz")


def test_a_zip_without_arrays_is_refused(tmp_path):
    with pytest.raises(FileError, match="without arrays"):
        open_npz(archive(tmp_path / "x.npz", {"readme.txt": b"hello"}))


def test_characters_beyond_unicode_are_refused(tmp_path):
    path = archive(tmp_path / "x.npz", {"gender.npy": header("()", "<U1") + struct.pack("<L", 0x110000)})
    with pytest.raises(FileError, match="gender: holds characters that do not exist"):
        open_npz(path).text("gender")
