"""An observation says the same as each picture by itself, and its layers agree with each other."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.body import anny
from poseloom.pose import JOINT_INDEX, Pose
from poseloom.render import STUDIO, Camera, Scene, View, cutout, depth, observe, parts, render
from poseloom.render import band as band_module
from poseloom.render import stage as stage_module

SIZE = (60, 80)


@pytest.fixture(scope="module")
def scene(poses, preview) -> Scene:
    return Scene(poses, SIZE, body=preview)


@pytest.fixture(scope="module")
def seen(scene):
    return observe(scene)


def test_each_layer_is_the_picture_of_that_name(scene, seen):
    assert torch.equal(seen.colour, render(scene))
    assert torch.equal(seen.figure, cutout(scene))
    torch.testing.assert_close(seen.mask, seen.figure[:, 3])
    plain = observe(dataclasses.replace(scene, supersample=1))
    assert torch.equal(plain.depth, depth(scene)) and torch.equal(plain.parts, parts(scene))


def test_maps_cover_the_pixels_that_are_half_covered(seen):
    covered = seen.mask >= 0.5
    assert torch.equal(seen.depth > 0, covered)
    assert torch.equal(seen.parts > 0, covered)
    assert torch.equal(seen.normals.norm(dim=1) > 0.5, covered)


def test_one_picture_takes_one_rasterisation_and_one_forward_kinematics(poses, preview, monkeypatch):
    scene = Scene(poses[:2], 32, body=preview, style=dataclasses.replace(STUDIO, shadows=False))
    render(scene)
    calls = []
    for module, name in ((stage_module, "rasterise"), (anny, "forward_kinematics")):
        known = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *a, known=known, name=name, **k: calls.append(name) or known(*a, **k))
    observe(scene)
    assert calls == ["forward_kinematics", "rasterise"]


def test_normals_are_those_of_the_depth_map(poses, preview):
    """Cross products of neighbouring points of the depth map, well inside the body."""
    camera = Camera.look_at(torch.tensor([0.5, 1.2, 4.0]), torch.tensor([0.0, 0.9, 0.0]), size=(200, 200))
    seen = observe(poses[1], 200, body=preview, camera=camera, supersample=1)
    y, x = torch.meshgrid(torch.arange(200) + 0.5, torch.arange(200) + 0.5, indexing="ij")
    own = Camera.pinhole(camera.focal[0], (200, 200))
    points = own.unproject(torch.stack([x, y], dim=-1).reshape(-1, 2), seen.depth.flatten()).reshape(200, 200, 3)
    cross = torch.linalg.cross(points[2:, 1:-1] - points[:-2, 1:-1], points[1:-1, 2:] - points[1:-1, :-2])
    measured = torch.nn.functional.normalize(cross, dim=-1)
    smooth = seen.normals[2, 1:-1, 1:-1] < -0.7
    agreement = (measured * seen.normals[:, 1:-1, 1:-1].permute(1, 2, 0)).sum(-1)[smooth]
    assert smooth.sum() > 500 and agreement.median() > 0.97


def test_joints_lie_in_their_own_parts(poses, preview):
    seen = observe(poses[0], 200, body=preview, view=View(azimuth=0.0, elevation=0.0))
    column, row = (seen.joints[:, axis].long() for axis in (0, 1))
    part_there = seen.parts[row, column]
    for joint, part in (("left_elbow", (5, 7)), ("right_knee", (12, 14)), ("head", (1, 2)), ("left_wrist", (7, 9))):
        assert int(part_there[JOINT_INDEX[joint]]) in part
    assert seen.visible[:22].all()  # of the fingers, one hides the others


def test_what_is_behind_the_body_or_out_of_the_picture_is_not_visible(preview):
    rotations = torch.zeros(52, 3)
    rotations[JOINT_INDEX["left_shoulder"]] = torch.tensor([0.0, 1.1, -1.2])  # the arm behind the back
    rotations[JOINT_INDEX["left_elbow"]] = torch.tensor([0.0, 1.2, 0.0])
    wrist, other = JOINT_INDEX["left_wrist"], JOINT_INDEX["right_wrist"]
    front, back = (
        observe(Pose(rotations), 128, body=preview, view=View(azimuth=angle, elevation=0.0)) for angle in (0.0, 180.0)
    )
    position = preview.joints(Pose(rotations))[wrist]
    assert abs(position[0]) < 0.2 and position[2] < 0
    assert not front.visible[wrist] and back.visible[wrist]
    assert front.visible[other] and back.visible[other]
    close = Camera.look_at(torch.tensor([0.0, 1.4, 2.0]), torch.tensor([0.0, 1.4, 0.0]), size=(64, 64))
    near = observe(Pose(rotations), 64, body=preview, camera=close)
    assert not near.visible[[JOINT_INDEX["left_ankle"], other]].any() and near.visible[JOINT_INDEX["neck"]]


def test_bands_do_not_show(scene, seen, monkeypatch):
    monkeypatch.setattr(stage_module, "_PIXELS_AT_ONCE", 7 * 80 * 4)
    banded = observe(scene)
    for name in ("mask", "parts", "depth", "normals", "joints", "visible"):
        difference = (getattr(banded, name).float() - getattr(seen, name).float()).abs()
        assert (difference > 2e-3).float().mean() < 1e-3, name


def test_a_layer_that_is_not_asked_for_costs_nothing(scene, monkeypatch):
    monkeypatch.setattr(band_module, "vertex_light", None)
    assert parts(scene).any()
    with pytest.raises(TypeError):
        render(scene)


@pytest.mark.wrong_types
def test_scenes_are_checked_when_they_are_made(poses):
    with pytest.raises(PoseloomError, match="supersample"):
        Scene(poses, supersample=9)
    with pytest.raises(PoseloomError, match="size"):
        Scene(poses, (0, 3))
    with pytest.raises(PoseloomError, match="expected a Pose or a Clip"):
        Scene(torch.zeros(52, 3))  # type: ignore[arg-type]
