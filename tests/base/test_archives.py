"""Archives that unpack to much more than they are."""

import zipfile

import pytest

from poseloom.base.archives import FREE_BYTES, check_archive
from poseloom.base.errors import FileError


def packed(path, megabytes, method):
    with zipfile.ZipFile(path, "w", method) as archive, archive.open("zeros", "w", force_zip64=True) as member:
        for _ in range(megabytes):
            member.write(bytes(1 << 20))
    return path


def test_an_archive_that_unpacks_to_much_more_than_it_is_is_refused(tmp_path):
    bomb = packed(tmp_path / "bomb.pth", (FREE_BYTES >> 20) + 1, zipfile.ZIP_DEFLATED)
    with pytest.raises(FileError, match=r"unpacks from [\d,]+ to [\d,]+ bytes, expected at most 100 times"):
        check_archive(bomb, 1 << 40)


def test_small_archives_may_be_packed_well_and_large_ones_stored(tmp_path):
    check_archive(packed(tmp_path / "small.pth", FREE_BYTES >> 20, zipfile.ZIP_DEFLATED), 1 << 40)
    check_archive(packed(tmp_path / "large.pth", (FREE_BYTES >> 20) + 1, zipfile.ZIP_STORED), 1 << 40)
    with pytest.raises(FileError, match="at most 1,000 are read"):
        check_archive(tmp_path / "small.pth", 1000)


def test_what_is_no_archive_is_let_through(tmp_path):
    (tmp_path / "a").write_bytes(b"PK\x03\x04 no archive")
    check_archive(tmp_path / "a", 1000)
