"""Projection, rays and framing agree with each other and with the textbook."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from poseloom.base.errors import PoseloomError
from poseloom.pose.camera import Camera

HEIGHT, WIDTH = 48, 64


def points(seed: int, *batch: int) -> torch.Tensor:
    return torch.randn(*batch, 20, 3, generator=torch.Generator().manual_seed(seed))


def test_the_target_is_in_the_middle_and_up_is_up():
    camera = Camera.look_at(torch.tensor([3.0, 2.0, 4.0]), torch.tensor([0.0, 1.0, 0.0]))
    seen = camera.project(torch.tensor([[0.0, 1.0, 0.0], [0.0, 1.5, 0.0]]), HEIGHT, WIDTH)
    torch.testing.assert_close(seen[0, :2], torch.tensor([WIDTH / 2, HEIGHT / 2]))
    assert seen[1, 1] < seen[0, 1]
    assert math.isclose(seen[0, 2], math.sqrt(26), rel_tol=1e-6)
    torch.testing.assert_close(camera.position, torch.tensor([3.0, 2.0, 4.0]))


def test_the_front_view_has_the_persons_left_on_the_right():
    camera = Camera.framing(points(0))
    x = camera.project(torch.tensor([[0.5, 0.0, 0.0], [-0.5, 0.0, 0.0]]), HEIGHT, WIDTH)[:, 0]
    assert x[0] > x[1]


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 1000),
    st.floats(-4, 4),
    st.floats(-1.57, 1.57),
    st.floats(0.4, 2.5),
    st.booleans(),
    st.floats(10, 100),
)
def test_framing_holds_all_points_and_touches_the_margin(seed, azimuth, elevation, aspect, perspective, angle):
    cloud, margin = points(seed, 3), 0.1
    camera = Camera.framing(
        cloud,
        azimuth,
        elevation,
        margin=margin,
        aspect=aspect,
        perspective=perspective,
        field_of_view=angle,
    )
    x, y, z = camera.project(cloud, 1000, 1000).unbind(-1)
    assert (z > 0).all()
    across = ((x - 500) / (500 * aspect)).abs().amax(-1)
    along = ((y - 500) / 500).abs().amax(-1)
    reach = torch.maximum(across, along)
    torch.testing.assert_close(reach, torch.full((3,), 1 - 2 * margin), atol=2e-3, rtol=0)


def test_one_point_can_be_framed():
    camera = Camera.framing(torch.zeros(1, 3))
    assert torch.isfinite(camera.project(torch.zeros(1, 3), HEIGHT, WIDTH)).all()


@pytest.mark.parametrize("perspective", [True, False])
def test_rays_go_through_the_pixels_that_points_project_to(perspective):
    camera = Camera.framing(points(1, 2), 0.5, 0.3, perspective=perspective)
    starts, directions = camera.rays(HEIGHT, WIDTH)
    seen = camera.project((starts + 2.5 * directions).flatten(1, 2), HEIGHT, WIDTH)
    y, x = torch.meshgrid(torch.arange(HEIGHT) + 0.5, torch.arange(WIDTH) + 0.5, indexing="ij")
    expected = torch.stack([x, y, torch.full_like(x, 2.5)], dim=-1).reshape(1, -1, 3).expand(2, -1, 3)
    torch.testing.assert_close(seen, expected, atol=1e-3, rtol=0)
    some = camera.rays(HEIGHT, WIDTH, slice(10, 13))[1]
    torch.testing.assert_close(some, directions[:, 10:13])


@pytest.mark.parametrize("perspective", [True, False])
def test_the_matrices_do_what_project_does(perspective):
    cloud = points(2)
    camera = Camera.framing(cloud, 1.0, 0.2, perspective=perspective)
    inside = cloud @ camera.extrinsics()[:3, :3].T + camera.extrinsics()[:3, 3]
    divisor = inside[:, 2:] if perspective else torch.ones_like(inside[:, 2:])
    flat = torch.cat([inside[:, :2] / divisor, torch.ones_like(divisor)], dim=-1)
    pixel = flat @ camera.intrinsics(HEIGHT, WIDTH).T
    torch.testing.assert_close(pixel[:, :2], camera.project(cloud, HEIGHT, WIDTH)[:, :2])


def test_weak_perspective_is_that_of_mesh_recovery():
    camera = Camera.weak_perspective(torch.tensor([0.9]), torch.tensor([[0.1, -0.2]]))
    pixel = camera.project(torch.tensor([[[0.3, 0.4, 0.0]]]), 100, 100)[0, 0]
    torch.testing.assert_close(pixel[:2], (0.9 * (torch.tensor([0.3, 0.4]) + torch.tensor([0.1, -0.2])) + 1) * 50)


def test_batches_broadcast_and_fold():
    camera = Camera.framing(points(3, 2, 3))
    assert camera.batch_shape == (2, 3)
    assert camera.flat((2, 3)).batch_shape == (6,)
    assert camera.flat((2, 3)).reshape((2, 3)).batch_shape == (2, 3)
    one = Camera.framing(points(3))
    moved = one.moved(torch.tensor([[1.0, 0.0, 0.0], [0.0, 0.0, 2.0]]))
    torch.testing.assert_close(moved.position, one.position + torch.tensor([[1.0, 0, 0], [0, 0, 2.0]]))


@pytest.mark.wrong_types
def test_mistakes_are_told():
    with pytest.raises(PoseloomError, match="stands at its target"):
        Camera.look_at(torch.zeros(3), torch.zeros(3))
    with pytest.raises(PoseloomError, match="stands at its target, or looks along"):
        Camera.look_at(torch.zeros(3), torch.tensor([0.0, 1.0, 0.0]))
    with pytest.raises(PoseloomError, match="field of view"):
        Camera.framing(points(0), field_of_view=180)
    with pytest.raises(PoseloomError, match=r"Camera\.focal"):
        Camera(torch.eye(3), torch.zeros(3), torch.ones(2), torch.zeros(2))
