"""A HumanData file as a table, and the table as HumanData again: the same pictures, points and bodies."""

import numpy as np
import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.data import Table, open_source, prepare
from poseloom.data.export import export
from poseloom.formats.human_data import BodyParameters, HumanData, read_human_data, write_human_data
from poseloom.pose import rotations


def test_there_and_back(tmp_path):
    rng = np.random.default_rng(3)
    mask = np.zeros(190, bool)
    mask[[0, 60, 144, 180]] = True
    flat, deep = (rng.uniform(0.1, 1, (2, 190, width)).astype(np.float32) for width in (3, 4))
    flat[:, ~mask] = 0
    deep[:, ~mask] = 0
    pose = rng.normal(0, 0.5, (2, 24, 3)).astype(np.float32)
    pose[:, 22:] = 0  # hands at rest: rows have none
    body = BodyParameters("smpl", pose[:, 0], pose[:, 1:], np.ones((2, 10), np.float32),
                          rng.normal(size=(2, 3)).astype(np.float32), np.array([True, False]))  # fmt: skip
    boxes = np.array([[1, 2, 30, 40, 1], [0, 0, 0, 0, 0]], np.float32)
    data = HumanData(["x/a.jpg", "x/b.jpg"], boxes, flat, deep, mask, mask, body, [], "mine")
    (tmp_path / "in").mkdir()
    write_human_data(data, tmp_path / "in/set_train.npz")
    prepare(open_source("human-data", {"folder": tmp_path / "in"}), tmp_path / "t")
    table = Table.open(tmp_path / "t")
    assert table.conventions() == {("human_data", 2), ("human_data", 3)} and table.posed().tolist() == [0]
    assert table.row(0).split == "train" and table.row(1).images[0].box == ()
    assert export(table, tmp_path / "out.npz") == 2
    found = read_human_data(tmp_path / "out.npz")
    np.testing.assert_allclose(found.keypoints2d, flat)
    np.testing.assert_allclose(found.keypoints3d, deep)
    np.testing.assert_array_equal(found.mask2d, mask)
    np.testing.assert_array_equal(found.boxes, boxes)
    assert found.image_path == data.image_path and found.body.present.tolist() == [True, False]
    np.testing.assert_allclose(found.body.transl[0], body.transl[0], atol=1e-5)
    np.testing.assert_allclose(found.body.body_pose[0], body.body_pose[0], atol=1e-6)
    torch.testing.assert_close(
        *(rotations.rotvec_to_rotmat(torch.from_numpy(one.global_orient[0])) for one in (found.body, body)),
        atol=1e-5,
        rtol=0,
    )


def test_a_table_without_pictures_is_no_human_data(tmp_path):
    prepare(open_source("procedural", {"rows": 3}), tmp_path / "t")
    with pytest.raises(PoseloomError, match="no rows with pictures"):
        export(Table.open(tmp_path / "t"), tmp_path / "out.npz")


def test_bodies_without_pictures_are_poses(tmp_path):
    """As cmu_mosh.npz: 69 numbers of a pose, nothing else."""
    body = {"body_pose": np.full((4, 69), 0.1), "global_orient": np.zeros((4, 3)), "betas": np.ones((4, 10))}
    np.savez(tmp_path / "cmu_mosh.npz", smpl=np.array(body, dtype=object))
    prepare(open_source("human-data", {"folder": tmp_path}), tmp_path / "t")
    table = Table.open(tmp_path / "t")
    assert len(table.posed()) == 4 and table.row(0).images == ()
    torch.testing.assert_close(table.poses().rotations[:, 1:], torch.full((4, 21, 3), 0.1))


def test_a_cache_in_slices_is_told(tmp_path):
    np.savez(tmp_path / "a.npz", slice_size=np.array(10), **{"0": np.array({}, dtype=object)})
    with pytest.raises(PoseloomError, match="is a cache in slices"):
        prepare(open_source("human-data", {"folder": tmp_path}), tmp_path / "t")
