"""Several looks at a person: each in its own region, some in the mirrored picture, taken together."""

from __future__ import annotations

import math
import sys
from dataclasses import fields, replace
from pathlib import Path

import pytest
import torch

from poseloom import load_model
from poseloom.base.errors import PoseloomError
from poseloom.checkpoints.people import keypoint_reader
from poseloom.images.roi import LARGEST_REDUCTION, Roi
from poseloom.metrics import pa_mpjpe
from poseloom.pose import rotations as rot
from poseloom.pose.mirroring import mirrored_joints, mirrored_rotmats
from poseloom.pose.sampler import sample
from poseloom.pose.stances import stance
from poseloom.render import render
from poseloom.tasks.keypoints.people import collected
from poseloom.tasks.keypoints.predict import NobodyFoundError
from poseloom.tasks.lifting.batch import carried_joints
from poseloom.tasks.lifting.drawing import draw_person
from poseloom.tasks.lifting.frame import MIRRORED
from poseloom.tasks.lifting.predict import Lifted
from poseloom.tasks.mesh_recovery.predict import recover_bodies
from poseloom.tasks.mesh_recovery.small_looks import (
    LOOKS,
    Look,
    Sight,
    look_again,
    mean_of_lifted,
    region_of_look,
    sight_of,
    taken_together,
)

sys.path.insert(0, str(Path(__file__).parent))
from people_stand_ins import FOCAL, SIZE, keypoints_of

WIDTH = 240


@pytest.fixture(scope="module")
def network():
    return load_model("mesh_recovery", "mesh_recovery")


def lifted_of(count, seed=0, error=0.1):
    pose = sample(count, seed=seed)
    local = rot.rotvec_to_rotmat(pose.rotations[:, :22])
    errors = torch.full((count, 22), error)
    return Lifted(local, torch.randn(count, 22, 3, generator=torch.Generator().manual_seed(seed)), errors, errors)


def sight(points, lifted):
    return Sight(points, points / 100, torch.ones(len(points), 33), lifted)


def test_the_region_of_a_mirrored_look_is_the_mirrored_region():
    roi = Roi(torch.tensor([[110.0, 95.0]]), torch.tensor([150.0]), torch.tensor([0.3]))
    look = Look(0.9, 10.0, 0.05, -0.02)
    plain, mirrored = region_of_look(roi, look, WIDTH), region_of_look(roi, replace(look, mirrored=True), WIDTH)
    corners = torch.tensor([[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]]])
    seen = plain.to_picture(corners)
    across = corners * torch.tensor([-1.0, 1.0]) + torch.tensor([1.0, 0.0])
    expected = torch.stack([WIDTH - 1 - seen[..., 0], seen[..., 1]], dim=-1)
    assert torch.allclose(mirrored.to_picture(across), expected, atol=1e-3)
    assert torch.allclose(plain.side, roi.side * 0.9)
    assert torch.allclose(plain.turn, roi.turn + torch.deg2rad(torch.tensor(10.0)))


def test_a_mirrored_look_at_a_mirrored_picture_sees_the_mirrored_person(network):
    picture = torch.rand(3, 200, WIDTH, generator=torch.Generator().manual_seed(3))
    roi = Roi(torch.tensor([[110.0, 95.0]]), torch.tensor([150.0]), torch.tensor([0.3]))
    other = region_of_look(roi, Look(mirrored=True), WIDTH)
    with torch.inference_mode():
        plain = sight_of(network, picture, roi, Look(), 300.0)
        mirrored = sight_of(network, picture, other, Look(mirrored=True), 300.0)  # mirrored twice
    order, signs = list(MIRRORED), torch.tensor([-1.0, 1.0, 1.0])
    across = plain.points[:, order] * signs + torch.tensor([WIDTH - 1.0, 0.0, 0.0])
    assert torch.allclose(mirrored.points, across, atol=1e-2)
    assert torch.allclose(mirrored.world, plain.world[:, order] * signs, atol=1e-4)
    assert torch.allclose(mirrored.visibility, plain.visibility[:, order], atol=1e-4)
    assert torch.allclose(mirrored.lifted.local, mirrored_rotmats(plain.lifted.local), atol=1e-3)
    assert torch.allclose(mirrored.lifted.joints, mirrored_joints(plain.lifted.joints), atol=1e-3)


def test_the_surer_of_two_counts_more_and_who_is_left_out_not_at_all():
    first, second = lifted_of(2, seed=1, error=0.01), lifted_of(2, seed=2, error=1.0)
    both = torch.ones(2, 2, dtype=torch.bool)
    mean = mean_of_lifted([first, second], both)
    assert torch.allclose(mean.local, first.local, atol=0.01)
    assert torch.allclose(mean.joints, first.joints, atol=0.01)
    other = mean_of_lifted([first, second], torch.tensor([[False, True], [True, True]]))
    assert torch.allclose(other.local[0], second.local[0], atol=1e-5)
    assert torch.allclose(other.local[1], mean.local[1])


def test_a_look_at_somebody_else_does_not_count():
    points = torch.rand(1, 33, 3, generator=torch.Generator().manual_seed(4)) * 100
    roi = Roi(torch.tensor([[50.0, 50.0]]), torch.tensor([150.0]), torch.zeros(1))
    here, elsewhere = sight(points, lifted_of(1, seed=1)), sight(points + 80.0, lifted_of(1, seed=2))
    told = taken_together([here, elsewhere, here], roi)
    assert torch.allclose(told.points, points)
    assert torch.allclose(told.lifted.local, here.lifted.local, atol=1e-5)
    near = taken_together([here, sight(points + 3.0, lifted_of(1, seed=2)), here], roi)
    assert not torch.allclose(near.lifted.local, here.lifted.local, atol=1e-2)


def test_people_of_several_pictures_keep_their_rows(network):
    people = keypoints_of(sample(3, seed=3))
    people = replace(people, frame=torch.tensor([1, 0, 1]), times=torch.zeros(2))
    generator = torch.Generator().manual_seed(5)
    pictures = [torch.rand(3, SIZE[1], SIZE[0], generator=generator) for _ in range(2)]
    looks = LOOKS[:2]
    seen, lifted = look_again(network, people, pictures, FOCAL, looks)
    for row in range(3):
        alone = replace(people[torch.tensor([row])], frame=torch.zeros(1, dtype=torch.long), times=torch.zeros(1))
        one, told = look_again(network, alone, [pictures[people.frame[row]]], FOCAL, looks)
        assert torch.allclose(seen.points[row], one.points[0], atol=1e-2)
        for name in (field.name for field in fields(Lifted)):
            assert torch.allclose(getattr(lifted, name)[row], getattr(told, name)[0], atol=1e-3)
    with pytest.raises(PoseloomError, match="lack"):
        look_again(network, people, pictures[:1], FOCAL, looks)


def test_a_large_picture_is_halved_once_and_shows_the_same(network):
    picture = render(stance("stand", grounded=False), 240)
    people = collected([keypoint_reader().people(picture, with_hands=False)], "", None, torch.zeros(1))
    times, shift = 12, 5.5
    roi = Roi(times * people.roi.centre + shift, times * people.roi.side, people.roi.turn)
    assert roi.side.min() > 1.1 * LARGEST_REDUCTION * network.trunk.input_size[0]
    large = torch.nn.functional.interpolate(picture[None], scale_factor=times, mode="bilinear")[0]
    seen, lifted = look_again(network, people, [picture], 300.0)
    enlarged, told = look_again(network, replace(people, size=(2880, 2880), roi=roi), [large], 300.0 * times)
    assert torch.allclose((enlarged.points[..., :2] - shift) / times, seen.points[..., :2], atol=2.0)
    assert torch.allclose(told.joints, lifted.joints, atol=0.04)


@pytest.mark.slow
def test_several_looks_are_nearer_to_drawn_people_than_one(network):
    reader = keypoint_reader()
    errors = {1: [], len(LOOKS): []}
    for seed, rotations in enumerate(sample(32, seed=9).rotations):
        person = draw_person(rotations, 7_000_000 + seed, 320, whole=True)
        try:
            seen = reader.people(person.picture, with_hands=False)
        except NobodyFoundError:
            continue
        people, focal = collected([seen], "", None, torch.zeros(1)), math.hypot(320, 320)
        true = carried_joints(rot.rotvec_to_rotmat(person.rotations[None, :22]))
        for count, found in errors.items():
            again, lifted = look_again(network, people, [person.picture], focal, LOOKS[:count])
            own = carried_joints(rot.rotvec_to_rotmat(recover_bodies(again, lifter=lifted).poses.rotations[:, :22]))
            found.append(float(pa_mpjpe(own, true)))
    one, several = (sum(found) / len(found) for found in errors.values())
    assert len(errors[1]) > 28 and several < one
