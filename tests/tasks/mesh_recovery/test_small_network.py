"""poseloom's small network: it begins as its lifter, sees what the trunk sees, and stands where the region shows it."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from poseloom.base.errors import FileError, PoseloomError
from poseloom.checkpoints.networks import recover_with
from poseloom.images.roi import Roi
from poseloom.pose import rotations as rot
from poseloom.pose.sampler import sample
from poseloom.pose.types import Pose
from poseloom.pose.weak_perspective import weak_project
from poseloom.tasks.keypoints.body import body_points
from poseloom.tasks.lifting.frame import SeenPeople
from poseloom.tasks.lifting.model import LifterConfig
from poseloom.tasks.mesh_recovery.networks.joint_maps import JointMaps
from poseloom.tasks.mesh_recovery.networks.small import Maps, SmallConfig, SmallNetwork, joined_maps
from poseloom.tasks.mesh_recovery.objectives.small import SmallBatch, SmallWeights, drawn, small_losses
from poseloom.tasks.mesh_recovery.small_maps import look_and_read, read_maps, shipped_trunk, upper_part
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
    sizes = (count, 88, 16, 16), (count, 33, 48), (count, 266)
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
    for name in ("late", "fine", "numbers"):
        other = replace(maps, **{name: getattr(maps, name) + 1.0})
        assert not torch.equal(network(other).joints, network(maps).joints)


def test_people_are_told_one_by_one_as_together():
    network, maps = network_of(), maps_of()
    alone = torch.cat([network(maps[row : row + 1]).local for row in range(len(maps))])
    assert torch.allclose(network(maps).local, alone, atol=1e-5)
    assert torch.equal(joined_maps([maps[:1], maps[1:]]).late, maps.late)


def test_the_upper_trunk_and_the_tower_begin_as_the_readers():
    """With its weights, the late map becomes what the reader makes of it before it tells landmarks."""
    trunk, network = shipped_trunk(), network_of()
    network.begin_trunk(upper_part(trunk))
    crop = torch.rand(1, 3, 256, 256, generator=torch.Generator().manual_seed(5))
    with torch.inference_mode():
        late, last, wanted = trunk.values(crop, (251, 300, 335))
        found = network.trunk(late.permute(0, 3, 1, 2))
        assert torch.allclose(found, last.permute(0, 3, 1, 2), atol=1e-3)
        assert torch.allclose(network.tower(found), wanted.permute(0, 3, 1, 2), atol=1e-3)


def test_a_network_learned_on_the_readers_trunk_has_that_trunk(tmp_path):
    """Weights without an upper trunk are those of a network that did not learn it."""
    learned, network = network_of(1), network_of(2)
    learned.begin_trunk(upper_part(shipped_trunk()))
    weights = learned.state_dict()
    take_over(network, {name: value for name, value in weights.items() if not name.startswith("trunk.")}, tmp_path)
    assert all(torch.equal(value, weights[name]) for name, value in network.state_dict().items())
    with pytest.raises(FileError, match="does not fit its card"):
        take_over(network, {**weights, "mean": torch.zeros(3)}, tmp_path)


def test_a_network_that_looks_for_joints_begins_as_one_that_does_not(tmp_path):
    plain, looking = network_of(1), SmallNetwork(replace(TINY, joints=8)).eval()
    take_over(looking, plain.state_dict(), tmp_path)
    said, wanted = looking(maps_of()), plain(maps_of())
    assert torch.allclose(said.joints, wanted.joints, atol=1e-5) and torch.allclose(said.local, wanted.local, atol=1e-5)
    assert wanted.seen is None and said.seen is not None


def test_a_joint_is_seen_where_its_map_is_high():
    """The last layer reads a channel that is lit in one cell; the region reaches from -1 to 1."""
    maps = JointMaps(4)
    for parameter in maps.parameters():
        torch.nn.init.zeros_(parameter)
    maps.late.weight.data[0, 0], maps.heat.weight.data[:, 0] = 1.0, 1.0
    maps.features.weight.data[:, 0] = 1.0
    late = torch.zeros(1, 88, 16, 16)
    late[0, 0, 4, 12] = 40.0
    seen = maps(late, torch.zeros(1, 288, 8, 8))
    assert torch.allclose(seen.places, torch.tensor([12.5, 4.5]) / 8 - 1, atol=1e-4)
    assert torch.allclose(seen.told.unflatten(1, (22, -1))[..., 2:], torch.tensor([1.0, *[40.0] * 24]), atol=1e-3)


def test_joints_beyond_the_region_are_not_looked_for():
    network, maps = SmallNetwork(replace(TINY, joints=8)).eval(), maps_of(2)
    said = network(maps)
    flat = torch.rand(2, 22, 2, generator=torch.Generator().manual_seed(4)) - 0.5
    truth = SmallBatch(maps, said.local.detach(), flat, said.shape.detach())
    losses = small_losses(said, truth, SmallWeights())
    beyond = flat.clone()
    beyond[1] = 1.5
    alone = SmallBatch(maps[:1], truth.local[:1], flat[:1], truth.shape[:1])
    for name in ("seen", "heat"):
        own = small_losses(said, replace(truth, flat=beyond), SmallWeights())[name]
        assert torch.allclose(own, small_losses(network(maps[:1]), alone, SmallWeights())[name], atol=1e-5)
        assert own != losses[name]
    shown = said.seen._replace(places=flat)
    assert float(small_losses(said._replace(seen=shown), truth, SmallWeights())["seen"].detach()) == 0


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
    assert torch.allclose(again.late, maps.late, atol=1e-4) and torch.allclose(again.fine, maps.fine, atol=1e-4)
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
        said = network._said(read_maps(network.trunk, picture, people[torch.tensor([row])]))
        assert torch.allclose(lifted.local[row, 1:], said.local[0, 1:], atol=1e-4)
    with pytest.raises(PoseloomError, match="frames that the pictures lack"):
        network.lift(keypoints, pictures[:1], FOCAL)


def test_losses_are_smallest_at_the_truth():
    network, maps = network_of(), maps_of(4)
    said = network(maps)
    shape = said.shape.detach()
    from poseloom.tasks.lifting.objective import carried_joints

    local = said.local.detach()
    flat = drawn(carried_joints(local), said.weak.detach())
    truth = SmallBatch(maps, local, flat, shape)
    at_truth = small_losses(said, truth, SmallWeights())
    assert all(float(at_truth[name].detach()) < 1e-3 for name in ("carried", "aligned", "turned", "shape", "flat"))
    for other in (replace(truth, flat=flat + 0.1), replace(truth, shape=shape + 0.1), replace(truth, local=local.mT)):
        assert small_losses(said, other, SmallWeights())["total"] > at_truth["total"] + 1e-4


def test_the_aligned_loss_does_not_see_the_root():
    """A body that is turned as a whole has the same limbs."""
    network, maps = network_of(), maps_of(4)
    said = network(maps)
    truth = SmallBatch(maps, said.local.detach().flip(0), torch.zeros(4, 22, 2), said.shape.detach())
    turned = truth.local.clone()
    turned[:, 0] = rot.axis_to_rotmat(torch.tensor(0.7), "X") @ turned[:, 0]
    losses = [small_losses(said, one, SmallWeights()) for one in (truth, replace(truth, local=turned))]
    assert torch.allclose(losses[0]["aligned"], losses[1]["aligned"], atol=1e-4)
    assert losses[1]["carried"] > losses[0]["carried"] + 0.02


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


def test_regions_hold_the_person_and_turn_with_the_trunk():
    generator = torch.Generator().manual_seed(0)
    pixels = torch.rand(22, 2, generator=generator) * 80
    pixels[[1, 2]], pixels[[16, 17]] = torch.tensor([100.0, 100.0]), torch.tensor([180.0, 20.0])  # leaning 45 degrees
    regions = [region_of(pixels, generator) for _ in range(60)]
    inside = torch.stack([((one.to_crop(pixels[None]) > 0) & (one.to_crop(pixels[None]) < 1)).all() for one in regions])
    turns = torch.cat([one.turn for one in regions])
    assert inside.float().mean() > 0.8
    assert 0.6 < ((turns - 0.785).abs() < 0.4).float().mean() < 0.95
