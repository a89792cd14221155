"""Pose maps and masks on disk: the names, shapes and types of the original, continued where a run stopped."""

import json

import numpy as np
import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.cli.main import main
from poseloom.data.builders.pose_map_files import write_pose_maps
from poseloom.images.pose_maps import MISSING, moved, point_maps, pose_mask


@pytest.fixture
def annotations(tmp_path, golden):
    _, arrays = golden("transfer/pose_market")
    lines = ["name:keypoints_y:keypoints_x"]
    for number, joints in enumerate(arrays["keypoints"].astype(int)):
        lines.append(f"{number}.jpg: {joints[:, 0].tolist()}: {joints[:, 1].tolist()}")
    path = tmp_path / "market-annotation-test.csv"
    path.write_text("\n".join(lines))
    return path, arrays


def test_files_are_those_of_the_original_step(tmp_path, annotations):
    path, arrays = annotations
    assert write_pose_maps(path, tmp_path / "out", (128, 64)) == 4
    for number in range(4):
        maps = np.load(tmp_path / f"out/pose_map_image/{number}.jpg.npy")
        assert maps.shape == (128, 64, 18) and maps.dtype == np.float32
        np.testing.assert_array_equal(maps[::4, ::4], arrays["map_strided"][number])
        mask = np.load(tmp_path / f"out/pose_mask_image/{number}.jpg.npy")
        assert mask.dtype == bool
        np.testing.assert_array_equal(mask, arrays["mask"][number].astype(bool))


def test_what_is_there_is_kept_and_the_rest_is_made(tmp_path, annotations):
    path, _ = annotations
    write_pose_maps(path, tmp_path / "out", (128, 64))
    first, second = (tmp_path / f"out/pose_map_image/{number}.jpg.npy" for number in (0, 1))
    np.save(first, np.zeros(1))
    second.unlink()
    seen = []
    write_pose_maps(path, tmp_path / "out", (128, 64), report=lambda done, total: seen.append((done, total)))
    assert np.load(first).shape == (1,) and np.load(second).shape == (128, 64, 18) and seen[-1] == (4, 4)


def test_the_command_moves_joints_and_writes_points(tmp_path, annotations, capsys):
    path, arrays = annotations
    words = ["data", "pose-maps", str(path), "--out", str(tmp_path / "out"), "--picture", "256x256", "--offset", "0x40"]
    assert main([*words, "--kind", "point", "--json"]) in (0, None)
    assert json.loads(capsys.readouterr().out)["maps"] == 4
    joints = moved(torch.from_numpy(arrays["keypoints"][1].astype(int)), 0, 40)
    maps = np.load(tmp_path / "out/pose_map_image/1.jpg.npy")
    assert maps.dtype == np.uint8 and (joints == MISSING).any()
    np.testing.assert_array_equal(maps, point_maps(joints, (256, 256)).permute(1, 2, 0).numpy())
    mask = np.load(tmp_path / "out/pose_mask_image/1.jpg.npy")
    np.testing.assert_array_equal(mask, pose_mask(joints, (256, 256)).numpy())


def test_mistakes_are_told(tmp_path, annotations, capsys):
    with pytest.raises(PoseloomError, match="kind: expected one of gaussian, point, disc"):
        write_pose_maps(annotations[0], tmp_path / "out", (8, 8), "blob")
    for words in (["--picture", "128"], ["--offset", "ax4"], ["--picture", "0x5"]):
        assert main(["data", "pose-maps", str(annotations[0]), "--out", str(tmp_path / "out"), *words]) == 2
        assert "expected two numbers" in capsys.readouterr().err
