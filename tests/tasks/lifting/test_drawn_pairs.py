"""Drawn people: the truth beside a picture is where the picture shows it; pairs are made once and from seeds alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from poseloom.base.errors import FileError
from poseloom.body import AnnyBody, default_body
from poseloom.pose import MIRROR, Pose
from poseloom.pose.joints import JOINT_INDEX
from poseloom.pose.stances import stance
from poseloom.tasks.lifting import pairs
from poseloom.tasks.lifting.drawing import draw_looks, draw_person
from poseloom.tasks.lifting.poses import varied_poses

STANDING = stance("stand", grounded=False).rotations


@pytest.fixture(scope="module")
def people():
    return [draw_person(STANDING, seed) for seed in range(8)]


def test_joints_lie_where_the_lens_shows_them(people):
    for person in people:
        x, y, z = person.joints.unbind(-1)
        seen = torch.stack([x / -z, y / z], dim=-1) * person.focal + person.centre
        assert torch.allclose(seen, person.pixels, atol=0.05)
        assert bool((z < 0).all())


def test_rotations_in_the_cameras_axes_give_the_joints(people):
    for person in people:
        pose = Pose(person.rotations[None], shape=person.shape[None], shape_model=AnnyBody.shape_model)
        joints = default_body("preview").joints(pose)[0, :22]
        apart = (joints - joints[0]) - (person.joints - person.joints[0])
        assert float(apart.norm(dim=-1).max()) < 5e-3


def test_pictures_are_cut_and_their_points_with_them(people):
    cut = [one for one in people if min(one.picture.shape[-2:]) < max(one.picture.shape[-2:])]
    assert cut and all(bool((one.picture >= 0).all() and (one.picture <= 1).all()) for one in people)
    for one in cut:
        extent = torch.tensor([one.picture.shape[-1], one.picture.shape[-2]])
        outside = ((one.pixels < 0) | (one.pixels > extent - 1)).any(-1)
        assert not bool((outside & one.visible).any())


def test_a_whole_person_is_in_the_picture_and_seeds_decide():
    person, again = (draw_person(STANDING, 3, 200, whole=True) for _ in range(2))
    assert person.picture.shape == (3, 200, 200)
    assert bool(((person.pixels >= 0) & (person.pixels <= 199)).all())
    assert torch.equal(person.picture, again.picture)


def test_poses_come_from_what_was_captured_and_in_any_attitude():
    captured = torch.zeros(1, 22, 3)
    captured[0, JOINT_INDEX["left_knee"], 0] = captured[0, JOINT_INDEX["right_knee"], 0] = 0.777
    poses = varied_poses(200, 1, captured)
    knees = poses[:, [JOINT_INDEX["left_knee"], JOINT_INDEX["right_knee"]], 0]
    share = float((knees - 0.777).abs().amax(-1).lt(1e-4).float().mean())
    assert 0.35 < share < 0.65
    assert torch.equal(poses, varied_poses(200, 1, captured))
    up = Pose(poses).matrices()[:, 0, 1, 1]
    assert float((up < 0).float().mean()) > 0.005


@pytest.mark.wrong_types
def test_pairs_are_made_once(tmp_path, monkeypatch):
    made = []
    monkeypatch.setattr(
        pairs, "make_shard", lambda reader, number, *rest: made.append(number) or {"a": torch.ones(2) * number}
    )
    pairs.make_pairs(None, tmp_path, range(0, 4, 2))
    pairs.make_pairs(None, tmp_path, range(3))
    assert made == [0, 2, 1]
    assert pairs.read_pairs(tmp_path, lambda number: number > 0)["a"].tolist() == [1, 1, 2, 2]
    with pytest.raises(FileError, match="pairs"):
        pairs.read_pairs(tmp_path / "elsewhere")
    with pytest.raises(FileError, match=r"lacks deep; .* --maps"):
        pairs.read_pairs(tmp_path, names=("a", "deep"))
    pairs.shard_path(tmp_path, 1).write_bytes(b"PK\x03\x04 cut")
    with pytest.raises(FileError, match="is no shard of pairs"):
        pairs.read_pairs(tmp_path)


def test_a_second_look_is_a_mirrored_picture_of_the_same_person():
    first, second = draw_looks(STANDING, 3, 2)
    assert torch.equal(first.picture, draw_person(STANDING, 3).picture)
    x, y, z = second.joints.unbind(-1)
    seen = torch.stack([x / -z, y / z], dim=-1) * second.focal + second.centre
    assert torch.allclose(seen, second.pixels, atol=0.05)
    back = list(MIRROR[:22])
    assert torch.allclose(second.joints[back] * torch.tensor([-1.0, 1.0, 1.0]), first.joints, atol=1e-5)
    pose = Pose(second.rotations[None], shape=second.shape[None], shape_model=AnnyBody.shape_model)
    joints = default_body("preview").joints(pose)[0, :22]
    assert float(((joints - joints[0]) - (second.joints - second.joints[0])).norm(dim=-1).max()) < 5e-3


def test_a_shard_holds_what_the_network_sees_of_the_person(monkeypatch):
    from poseloom.checkpoints.people import keypoint_reader

    monkeypatch.setattr(pairs, "SHARD", 6)
    monkeypatch.setattr(pairs, "varied_poses", lambda count, seed, captured: STANDING.expand(count, 52, 3))
    shard = pairs.make_shard(keypoint_reader(), 1, None, looks=2, maps=True)
    assert 6 <= len(shard["points"]) <= 12
    assert shard["deep"].shape[1:] == (288, 2, 2) and shard["fine"].shape[1:] == (33, 48)
    hips = [JOINT_INDEX["left_hip"], JOINT_INDEX["right_hip"]]
    apart = (shard["points"][:, 23:25, :2].mean(1) - shard["pixels"][:, hips].mean(1)).norm(dim=-1)
    assert float((apart / shard["roi"][:, 2]).median()) < 0.04
    assert all(np.isfinite(values.numpy()).all() for values in shard.values())
