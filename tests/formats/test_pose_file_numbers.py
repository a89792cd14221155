"""``.pose`` files of other point formats, and NaN in them."""

from dataclasses import replace

import numpy as np
import pytest

from poseloom.formats.pose_file import Component, PoseSequence, fill_gaps, read_pose_file, write_pose_file

POINTS = ("RIGHT_SHOULDER", "LEFT_SHOULDER", "NOSE")
KEPT = (Component("POSE_LANDMARKS", POINTS, format="XYZKC"), Component("HAND", ("WRIST",), format="XYC"))


def sequence(components=KEPT, frames=4):
    generator = np.random.default_rng(0)
    points = sum(len(one.points) for one in components)
    values = generator.normal(100, 20, (frames, 1, points, 3)).astype(np.float32)
    values[:, :, 3:, 2] = 0
    others = generator.normal(0, 1, (frames, 1, points, 1)).astype(np.float32)
    others[:, :, 3:] = 0
    return PoseSequence(components, values, np.ones((frames, 1, points), np.float32), others=others)


@pytest.mark.parametrize("version", ["0.0", "0.1", "0.2"])
def test_other_numbers_of_a_point_are_kept(tmp_path, version):
    given = sequence()
    write_pose_file(given, tmp_path / "a.pose", version)
    found = read_pose_file(tmp_path / "a.pose")
    assert found.values.shape[-1] == 3 and found.components == given.components
    assert np.array_equal(found.values, given.values) and np.array_equal(found.others, given.others)


def test_other_numbers_go_along_with_points_and_frames():
    given = sequence()
    assert np.array_equal(given[1:3].others, given.others[1:3])
    one = given.select({"POSE_LANDMARKS": ["NOSE"]})
    assert np.array_equal(one.others, given.others[:, :, 2:3])
    assert np.array_equal(fill_gaps(given).others, given.others)


def test_nan_of_a_point_that_was_seen_is_missing_and_told(tmp_path):
    given = sequence((Component("POSE_LANDMARKS", (*POINTS, "X"), format="XYZC"),))
    given = replace(given, others=None)
    data = given.values.copy()
    given.confidence[2, 0, 1] = 0
    write_pose_file(given, tmp_path / "a.pose")
    raw = (tmp_path / "a.pose").read_bytes()
    for frame, point in ((1, 0), (2, 1)):  # seen, and missing anyway
        raw = raw.replace(data[frame, 0, point].tobytes(), np.full(3, -np.nan, "<f4").tobytes())
    (tmp_path / "a.pose").write_bytes(raw)
    found = read_pose_file(tmp_path / "a.pose")
    assert found.missing[1, 0, 0] and found.missing.sum() == 2 and np.isfinite(found.values).all()
    assert found.notes == ("1 points are NaN though they have a confidence, first in frame 1; missing",)
    write_pose_file(found, tmp_path / "b.pose")
    again = read_pose_file(tmp_path / "b.pose")
    assert again.notes == () and np.array_equal(again.missing, found.missing)
    where = raw.index(np.full(3, -np.nan, "<f4").tobytes())
    assert (tmp_path / "b.pose").read_bytes()[where : where + 12] == raw[where : where + 12]
