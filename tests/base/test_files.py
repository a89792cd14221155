import os

import pytest

from poseloom.base.errors import FileError
from poseloom.base.files import atomic_write, read_bytes, read_text, readable_file


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "does not exist"),
        (lambda path: path.mkdir(), "is a folder"),
        (lambda path: path.touch(), "is empty"),
        (lambda path: path.write_bytes(b"12345"), "too large: 5 bytes"),
        (os.mkfifo, "not a regular file"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_its_reason(tmp_path, make, message):
    path = tmp_path / "x.npz"
    make(path)
    with pytest.raises(FileError, match=message):
        readable_file(path, maximum_bytes=4)


def test_a_null_character_in_a_name_is_a_users_mistake(tmp_path):
    with pytest.raises(FileError):
        read_bytes(f"{tmp_path}/a\0b")


def test_text_that_is_not_utf8_is_refused_and_a_byte_order_mark_is_dropped(tmp_path):
    path = tmp_path / "x.json"
    path.write_bytes(b"\xef\xbb\xbf{}")
    assert read_text(path) == "{}"
    path.write_bytes(b"ab\xff")
    with pytest.raises(FileError, match="byte 2 is not UTF-8"):
        read_text(path)


def test_a_finished_write_replaces_the_target_and_leaves_nothing_else(tmp_path):
    target = tmp_path / "x.npz"
    target.write_bytes(b"old")
    with atomic_write(target) as temporary:
        assert temporary.parent == tmp_path
        assert temporary.suffix == ".npz"
        temporary.write_bytes(b"new")
        assert target.read_bytes() == b"old"
    assert target.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, error):
    target = tmp_path / "x.npz"
    target.write_bytes(b"old")
    with pytest.raises(error), atomic_write(target) as temporary:
        temporary.write_bytes(b"half")
        raise error
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_full_disk_becomes_a_clear_error(tmp_path):
    with pytest.raises(FileError, match="No space left"), atomic_write(tmp_path / "x") as temporary:
        raise OSError(28, "No space left on device", str(temporary))


def test_an_error_about_another_file_is_not_blamed_on_the_target(tmp_path):
    with pytest.raises(FileNotFoundError), atomic_write(tmp_path / "x"):
        (tmp_path / "other").read_bytes()


def test_places_that_cannot_be_written_are_refused(tmp_path):
    (tmp_path / "file").touch()
    for place, message in [
        (tmp_path, "is a folder"),
        (tmp_path / "no" / "x.npz", "does not exist"),
        (tmp_path / "file" / "x.npz", "not a folder"),
        ("/dev/null", "not a regular file"),
    ]:
        with pytest.raises(FileError, match=message), atomic_write(place):
            pass


def test_a_link_is_followed(tmp_path):
    target, link = tmp_path / "real.npz", tmp_path / "link.npz"
    target.write_bytes(b"old")
    link.symlink_to(target)
    with atomic_write(link) as temporary:
        temporary.write_bytes(b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
