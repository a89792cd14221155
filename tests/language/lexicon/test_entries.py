"""Named poses: every entry can be read, is found by all its names, and is drawn as it says."""

import json

import pytest

from poseloom.base.errors import FileError
from poseloom.language.lexicon.checking import faults_of
from poseloom.language.lexicon.entries import named_poses


@pytest.mark.parametrize("field", sorted({pose.field for pose in named_poses().values()}))
def test_entries_hold_what_they_say(field):
    faults = {
        pose.name: found for pose in named_poses().values() if pose.field == field and (found := list(faults_of(pose)))
    }
    assert faults == {}


def written(folder, **entry):
    (folder / "mine.json").write_text(json.dumps({"poses": {"mine": entry}}))
    return folder


def test_both_sides_are_written_at_once(tmp_path):
    entry = named_poses(written(tmp_path, angles={"both_knee": [90], "left_knee": [10]}))["mine"]
    assert dict(entry.angles) == {"left_knee": (10,), "right_knee": (90,)}


def test_what_an_entry_decides_follows_from_its_angles(tmp_path):
    arms = named_poses(written(tmp_path, angles={"left_elbow": [90, 0]}))["mine"]
    assert arms.decides == {"left_arm"}
    assert not arms.whole
    (tmp_path / "legs").mkdir()
    assert named_poses(written(tmp_path / "legs", angles={"left_knee": [90]}))["mine"].whole


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ({"angles": {"left_knee": [1, 2]}}, "left_knee has 2 numbers"),
        ({"from": "no such stance"}, "no stance"),
        ({"side": "middle"}, "left or right"),
        ({"support": "water"}, "support 'water'"),
        ({"colour": "red"}, "unknown fields"),
        ({"decides": ["tail"]}, "decides"),
    ],
)
def test_an_entry_that_cannot_be_used_is_named(tmp_path, entry, problem):
    with pytest.raises(FileError, match=problem) as error:
        named_poses(written(tmp_path, **entry))
    assert "mine" in str(error.value)
