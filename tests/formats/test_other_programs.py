"""Files of other programs are named for what they are, with the way from there to here."""

import json
from importlib import resources

import pytest
from sample_clips import sample_clip

from poseloom.base.errors import FileError
from poseloom.formats import registry

TABLE = json.loads((resources.files("poseloom.formats") / "other_programs.json").read_text())
WAYS = TABLE["ways"]


@pytest.mark.parametrize("suffix", WAYS)
def test_each_is_named_with_a_way_in_one_line(tmp_path, suffix):
    path = tmp_path / f"walk{suffix.upper()}"
    path.write_bytes(b"x")
    with pytest.raises(FileError) as caught:
        registry.read(path)
    what, way = WAYS[suffix]
    assert f"is {what}, which is not read; {way}" in str(caught.value)
    assert len(str(caught.value)) - len(str(path)) < 330


def test_what_is_read_has_no_way_out():
    assert not {suffix for row in registry.formats() for suffix in row.suffixes} & set(WAYS)


@pytest.mark.parametrize("suffix", [".blend", ".max", ".ma", ".mb", ".c3d", ".trc", ".usd", ".usdz", ".abc", ".vmd"])
def test_the_common_ones_are_there(suffix):
    assert suffix in WAYS


@pytest.mark.parametrize("suffix", TABLE["not_written"])
def test_what_is_not_written_has_a_way_as_well(tmp_path, suffix):
    with pytest.raises(FileError, match=rf"\{suffix} is not written; write \.glb"):
        registry.write(sample_clip(), tmp_path / f"walk{suffix}")
