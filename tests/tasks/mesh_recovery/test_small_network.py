"""poseloom's small network: it begins as its lifter, sees what the trunk sees, and stands where the region shows it."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from poseloom.base.errors import FileError, PoseloomError
from poseloom.checkpoints.networks import recover_with
from poseloom.images.roi import Roi, crops
from poseloom.pose import rotations as rot
from poseloom.pose.sampler import sample
from poseloom.pose.types import Pose
from poseloom.pose.weak_perspective import weak_project
from poseloom.tasks.keypoints.body import body_points
from poseloom.tasks.lifting.frame import SeenPeople
from poseloom.tasks.lifting.model import LifterConfig
from poseloom.tasks.mesh_recovery.networks.small import Maps, SmallConfig, SmallNetwork, joined_maps
from poseloom.tasks.mesh_recovery.objectives.small import (
    FIELDS_WITH_MAPS,
    SmallBatch,
    SmallWeights,
    _some_of,
    batch_of,
    drawn,
    people_of,
    small_losses,
)
from poseloom.tasks.mesh_recovery.small_maps import look_and_read, read_maps, shipped_trunk
from poseloom.tasks.mesh_recovery.small_people import read_people, region_of
from poseloom.tasks.mesh_recovery.small_predict import SmallBodyNetwork, seen_in, take_over

sys.path.insert(0, str(Path(__file__).parent))
from people_stand_ins import FOCAL, SIZE, keypoints_of

TINY = SmallConfig(width=16, blocks=1, dropout=0.0, resting=0.0, lifter=LifterConfig(16, 1, 0.0))


def network_of(seed=0):
    torch.manual_seed(seed)
    return SmallNetwork(TINY).eval()


def maps_of(count=3):
    generator = torch.Generator().manual_seed(1)
    sizes = (count, 288, 2, 2), (count, 33, 48), (count, 266)
    return Maps(*(torch.rand(size, generator=generator) for size in sizes))


@pytest.fixture(scope="module")
def looked():
    """A picture, a person's region in it, and one pass of the trunk."""
    picture = torch.rand(3, 200, 240, generator=torch.Generator().manual_seed(3))
    roi = Roi(torch.tensor([[110.0, 95.0]]), torch.tensor([150.0]), torch.tensor([0.3]))
    lens, centre = torch.tensor([300.0]), torch.tensor([[119.5, 99.5]])
    return picture, roi, look_and_read(shipped_trunk(), picture, roi, lens, centre)


def test_a_new_network_says_what_its_lifter_says():
    network, maps = network_of(), maps_of()
    said, lifted = network(maps), network.lifter(maps.numbers)
    assert torch.allclose(said.local, lifted.local, atol=0.05)
    assert torch.allclose(said.joints, lifted.joints, atol=0.05)
    assert torch.allclose(said.place_error, lifted.place_error, rtol=0.05)


def test_what_is_said_depends_on_each_map():
    network, maps = network_of(), maps_of()
    for name in ("deep", "fine", "numbers"):
        other = replace(maps, **{name: getattr(maps, name) + 1.0})
        assert not torch.equal(network(other).joints, network(maps).joints)


def test_people_are_told_one_by_one_as_together():
    network, maps = network_of(), maps_of()
    alone = torch.cat([network(maps[row : row + 1]).local for row in range(len(maps))])
    assert torch.allclose(network(maps).local, alone, atol=1e-5)
    assert torch.equal(joined_maps([maps[:1], maps[1:]]).deep, maps.deep)


def test_of_the_last_map_the_means_of_its_quarters_are_read(looked):
    picture, _, (_, people, maps) = looked
    cut = crops(picture, people.roi, 256)
    with torch.inference_mode():
        (whole,) = shipped_trunk().values(cut, (300,))
    assert whole.shape == (1, 8, 8, 288)
    for row, down in enumerate((slice(4), slice(4, 8))):
        for column, across in enumerate((slice(4), slice(4, 8))):
            assert torch.allclose(maps.deep[0, :, row, column], whole[0, down, across].mean((0, 1)), atol=1e-4)


def test_the_landmarks_are_those_of_the_reader(looked):
    """The mask is left out, nothing else."""
    picture, roi, (body, _, _) = looked
    with torch.inference_mode():
        own = body_points(shipped_trunk(), picture, roi)
    assert torch.allclose(body.points, own.points, atol=1e-3) and torch.allclose(body.world, own.world, atol=1e-4)
    assert body.masks.numel() == 0


def test_maps_of_known_landmarks_are_those_of_the_pass_that_found_them(looked):
    picture, _, (_, people, maps) = looked
    again = read_maps(shipped_trunk(), picture, people)
    assert torch.allclose(again.deep, maps.deep, atol=1e-4) and torch.allclose(again.fine, maps.fine, atol=1e-4)
    moved = replace(people, points=people.points + torch.tensor([8.0, 0.0, 0.0]))
    assert not torch.allclose(read_maps(shipped_trunk(), picture, moved).fine, maps.fine, atol=1e-2)


def test_a_body_stands_where_its_region_shows_it():
    """Drawn by the weak camera in a turned region, or in the upright square of the result: the same pixel."""
    network = SmallBodyNetwork(network_of())
    said = network.model(maps_of(1))._replace(weak=torch.tensor([[0.7, 0.1, -0.2]]))
    roi = Roi(torch.tensor([[300.0, 200.0]]), torch.tensor([240.0]), torch.tensor([0.0]))
    size = torch.tensor([[640.0, 480.0]])
    people = SeenPeople(
        torch.zeros(1, 33, 3), torch.zeros(1, 33, 3), torch.ones(1, 33), roi, size, torch.tensor([800.0]), size / 2
    )
    seen = network._bodies(said, people, (640, 480))
    pelvis = torch.zeros(1, 1, 3)
    in_square = weak_project(pelvis, seen.weak)[0, 0] * 120 + roi.centre[0]
    in_region = roi.to_picture((drawn(pelvis.expand(1, 22, 3), said.weak)[:, :1] + 1) / 2)[0, 0]
    assert torch.allclose(in_square, in_region, atol=1e-3)


def test_a_turned_region_turns_the_body_with_it():
    network = SmallBodyNetwork(network_of())
    said, size = network.model(maps_of(1)), torch.tensor([[640.0, 480.0]])
    roots = []
    for turn in (0.0, 0.5):
        roi = Roi(size / 2, torch.tensor([240.0]), torch.tensor([turn]))
        people = SeenPeople(
            torch.zeros(1, 33, 3), torch.zeros(1, 33, 3), torch.ones(1, 33), roi, size, torch.tensor([800.0]), size / 2
        )
        roots.append(network._bodies(said, people, (640, 480)).rotations[0, 0])
    turned = rot.axis_to_rotmat(torch.tensor(0.5), "Z") @ roots[0]  # y down: clockwise on the screen
    assert torch.allclose(turned, roots[1], atol=1e-4)


def test_looking_gives_a_body_before_the_camera_and_refuses_bad_boxes():
    network = SmallBodyNetwork(network_of())
    picture = torch.rand(3, 120, 160, generator=torch.Generator().manual_seed(2))
    seen = network.look(picture, [[20, 10, 60, 90], [50, 10, 60, 90]])
    assert len(seen) == 2 and seen.betas.shape == (2, 6) and (seen.translation(200.0)[:, 2] > 0).all()
    assert torch.allclose(torch.linalg.det(seen.rotations), torch.ones(2, 22), atol=1e-4)
    for boxes, problem in (([[20, 10, 0, 90]], "width and height above 0"), ([], "none is given")):
        with pytest.raises(PoseloomError, match=problem):
            network.look(picture, boxes)


def test_frames_are_looked_at_in_their_pictures():
    """Each row by the picture of its frame; a frame without a picture is refused."""
    network = SmallBodyNetwork(network_of())
    keypoints = keypoints_of(Pose(sample(2, seed=4).body().without_heading().rotations), fps=25.0)
    pictures = [torch.zeros(3, SIZE[1], SIZE[0]), torch.ones(3, SIZE[1], SIZE[0])]
    lifted = network.lift(keypoints, pictures, FOCAL)
    people = seen_in(keypoints, FOCAL)
    for row, picture in enumerate(pictures):
        said = network.model(read_maps(network.trunk, picture, people[torch.tensor([row])]))
        assert torch.allclose(lifted.local[row, 1:], said.local[0, 1:], atol=1e-4)
    with pytest.raises(PoseloomError, match="frames that the pictures lack"):
        network.lift(keypoints, pictures[:1], FOCAL)


def test_losses_are_smallest_at_the_truth():
    network, maps = network_of(), maps_of(4)
    said = network(maps)
    shape = said.shape.detach()
    from poseloom.tasks.lifting.batch import carried_joints

    local = said.local.detach()
    flat = drawn(carried_joints(local), said.weak.detach())
    truth = SmallBatch(maps, local, flat, shape)
    at_truth = small_losses(said, truth, SmallWeights())
    assert all(float(at_truth[name].detach()) < 1e-3 for name in ("carried", "turned", "shape", "flat"))
    for other in (replace(truth, flat=flat + 0.1), replace(truth, shape=shape + 0.1), replace(truth, local=local.mT)):
        assert small_losses(said, other, SmallWeights())["total"] > at_truth["total"] + 1e-4


def test_weights_of_other_sizes_are_refused(tmp_path):
    own, other = network_of(1), network_of(2)
    take_over(own, other.state_dict(), tmp_path)
    assert all(torch.equal(value, other.state_dict()[name]) for name, value in own.state_dict().items())
    with pytest.raises(FileError, match="does not fit its card"):
        take_over(own, {**other.state_dict(), "fine_mean": torch.zeros(3)}, tmp_path)


def test_a_model_of_another_algorithm_is_refused(tmp_path, monkeypatch):
    keypoints = keypoints_of(Pose(sample(1, seed=4).body().without_heading().rotations))
    with pytest.raises(PoseloomError, match="name its weights"):
        recover_with(torch.zeros(3, *SIZE[::-1]), keypoints, None, "hmr")
    with pytest.raises(FileError, match="has no card"):
        (tmp_path / "x.safetensors").write_bytes(b"nothing")
        recover_with(torch.zeros(3, *SIZE[::-1]), keypoints, tmp_path / "x.safetensors", "small")


def test_people_of_a_folder(tmp_path):
    with pytest.raises(FileError, match="holds no people"):
        read_people(tmp_path)
    (tmp_path / "people-00000.npz").write_bytes(b"PK\x03\x04 cut")
    with pytest.raises(FileError, match="is damaged"):
        read_people(tmp_path)
    (tmp_path / "people-00000.npz").unlink()
    for number, name in enumerate(("first", "again")):
        (tmp_path / name).mkdir()
        np.savez(tmp_path / name / f"people-0000{number}.npz", numbers=np.full((2, 3), float(number)))
    assert read_people(tmp_path)["numbers"][:, 0].tolist() == [1.0, 1.0, 0.0, 0.0]
    assert read_people(tmp_path, lambda number: number == 0)["numbers"].tolist() == [[0.0] * 3] * 2


def test_regions_hold_the_person_and_turn_with_the_trunk():
    generator = torch.Generator().manual_seed(0)
    pixels = torch.rand(22, 2, generator=generator) * 80
    pixels[[1, 2]], pixels[[16, 17]] = torch.tensor([100.0, 100.0]), torch.tensor([180.0, 20.0])  # leaning 45 degrees
    regions = [region_of(pixels, generator) for _ in range(60)]
    inside = torch.stack([((one.to_crop(pixels[None]) > 0) & (one.to_crop(pixels[None]) < 1)).all() for one in regions])
    turns = torch.cat([one.turn for one in regions])
    assert inside.float().mean() > 0.8
    assert 0.6 < ((turns - 0.785).abs() < 0.4).float().mean() < 0.95


def test_pairs_with_maps_are_people_to_learn_from(tmp_path, monkeypatch):
    """Their truth is in the region's axes: drawn by the best weak camera, joints lie where the picture has them."""
    from poseloom.checkpoints.people import keypoint_reader
    from poseloom.pose.stances import stance
    from poseloom.tasks.lifting import pairs
    from poseloom.tasks.lifting.batch import carried_joints

    monkeypatch.setattr(pairs, "SHARD", 3)
    monkeypatch.setattr(
        pairs, "varied_poses", lambda count, seed, captured: stance("squat").with_hands().rotations.expand(count, 52, 3)
    )
    pairs.make_pairs(keypoint_reader(), tmp_path, range(1), looks=2, maps=True)
    found = batch_of(people_of(pairs.read_pairs(tmp_path, names=FIELDS_WITH_MAPS)))
    joints = carried_joints(found.local)[..., :2] * torch.tensor([1.0, -1.0])
    for one, flat in zip(joints, found.flat, strict=True):
        own, there = one - one.mean(0), flat - flat.mean(0)
        scale = (own * there).sum() / own.square().sum()
        assert float(scale) > 0.3 and float((scale * own - there).norm(dim=-1).mean()) < 0.06
    assert "deep" not in pairs.read_pairs(tmp_path)


@pytest.mark.wrong_types
def test_some_of_several_kinds_keep_what_belongs_together():
    def kind(first, count):
        numbers = (first + torch.arange(count)).float()
        maps = Maps(numbers[:, None, None, None], numbers[:, None, None], numbers[:, None])
        return SmallBatch(maps, numbers[:, None, None, None], numbers[:, None, None], numbers[:, None])

    some = _some_of([kind(0, 5), kind(100, 15)], 400, torch.Generator().manual_seed(1))
    values = some.seen.numbers[:, 0]
    assert torch.equal(values, some.local[:, 0, 0, 0]) and torch.equal(values, some.shape[:, 0])
    assert set(values.tolist()) == {*range(5), *range(100, 115)}
    assert 0.65 < float((values >= 100).float().mean()) < 0.85
