"""Projection, rays and framing agree with each other and with the textbook."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from poseloom.base.errors import PoseloomError
from poseloom.pose.camera import Camera
from poseloom.pose.viewpoint import focal_of_lens

HEIGHT, WIDTH = SIZE = (48, 64)


def points(seed: int, *batch: int) -> torch.Tensor:
    return torch.randn(*batch, 20, 3, generator=torch.Generator().manual_seed(seed))


def test_the_target_is_in_the_middle_and_up_is_up():
    camera = Camera.look_at(torch.tensor([3.0, 2.0, 4.0]), torch.tensor([0.0, 1.0, 0.0]), size=SIZE)
    seen = camera.project(torch.tensor([[0.0, 1.0, 0.0], [0.0, 1.5, 0.0]]))
    torch.testing.assert_close(seen[0, :2], torch.tensor([WIDTH / 2, HEIGHT / 2]))
    assert seen[1, 1] < seen[0, 1]
    assert math.isclose(seen[0, 2], math.sqrt(26), rel_tol=1e-6)
    torch.testing.assert_close(camera.position, torch.tensor([3.0, 2.0, 4.0]))


def test_the_front_view_has_the_persons_left_on_the_right():
    camera = Camera.framing(points(0))
    x = camera.project(torch.tensor([[0.5, 0.0, 0.0], [-0.5, 0.0, 0.0]]))[:, 0]
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
        size=(1000, round(1000 * aspect)),
        perspective=perspective,
        field_of_view=angle,
    )
    x, y, z = camera.project(cloud).unbind(-1)
    assert (z > 0).all()
    across = (x / (500 * aspect) - 1).abs().amax(-1)
    along = ((y - 500) / 500).abs().amax(-1)
    reach = torch.maximum(across, along)
    torch.testing.assert_close(reach, torch.full((3,), 1 - 2 * margin), atol=2e-3, rtol=0)


def test_one_point_can_be_framed():
    camera = Camera.framing(torch.zeros(1, 3))
    assert torch.isfinite(camera.project(torch.zeros(1, 3))).all()


@pytest.mark.parametrize("perspective", [True, False])
def test_rays_go_through_the_pixels_that_points_project_to(perspective):
    camera = Camera.framing(points(1, 2), 0.5, 0.3, perspective=perspective, size=SIZE)
    starts, directions = camera.rays()
    seen = camera.project((starts + 2.5 * directions).flatten(1, 2))
    y, x = torch.meshgrid(torch.arange(HEIGHT) + 0.5, torch.arange(WIDTH) + 0.5, indexing="ij")
    expected = torch.stack([x, y, torch.full_like(x, 2.5)], dim=-1).reshape(1, -1, 3).expand(2, -1, 3)
    torch.testing.assert_close(seen, expected, atol=1e-3, rtol=0)
    some = camera.rays(slice(10, 13))[1]
    torch.testing.assert_close(some, directions[:, 10:13])


@pytest.mark.parametrize("perspective", [True, False])
def test_the_matrices_do_what_project_does(perspective):
    cloud = points(2)
    camera = Camera.framing(cloud, 1.0, 0.2, perspective=perspective)
    inside = cloud @ camera.extrinsics()[:3, :3].T + camera.extrinsics()[:3, 3]
    divisor = inside[:, 2:] if perspective else torch.ones_like(inside[:, 2:])
    flat = torch.cat([inside[:, :2] / divisor, torch.ones_like(divisor)], dim=-1)
    pixel = flat @ camera.intrinsics[:2].T
    torch.testing.assert_close(pixel[:, :2], camera.project(cloud)[:, :2])


def test_weak_perspective_is_that_of_mesh_recovery():
    camera = Camera.weak_perspective(torch.tensor([0.9]), torch.tensor([[0.1, -0.2]]), side=100)
    pixel = camera.project(torch.tensor([[[0.3, 0.4, 0.0]]]))[0, 0]
    torch.testing.assert_close(pixel[:2], (0.9 * (torch.tensor([0.3, 0.4]) + torch.tensor([0.1, -0.2])) + 1) * 50)


def test_batches_broadcast_and_fold():
    camera = Camera.framing(points(3, 2, 3))
    assert camera.batch_shape == (2, 3)
    assert camera.flat((2, 3)).batch_shape == (6,)
    assert camera.flat((2, 3)).reshape((2, 3)).batch_shape == (2, 3)
    one = Camera.framing(points(3))
    moved = one.moved(torch.tensor([[1.0, 0.0, 0.0], [0.0, 0.0, 2.0]]))
    torch.testing.assert_close(moved.position, one.position + torch.tensor([[1.0, 0, 0], [0, 0, 2.0]]))


def test_mistakes_are_told():
    with pytest.raises(PoseloomError, match="stands at its target"):
        Camera.look_at(torch.zeros(3), torch.zeros(3))
    with pytest.raises(PoseloomError, match="stands at its target, or looks along"):
        Camera.look_at(torch.zeros(3), torch.tensor([0.0, 1.0, 0.0]))
    with pytest.raises(PoseloomError, match="field of view"):
        Camera.framing(points(0), field_of_view=180)
    with pytest.raises(PoseloomError, match=r"Camera\.intrinsics"):
        Camera(torch.eye(3), torch.zeros(3), torch.ones(2, 3, 3), SIZE)
    with pytest.raises(PoseloomError, match=r"Camera\.size"):
        Camera.pinhole(100.0, (0, 10))
    with pytest.raises(PoseloomError, match="lens"):
        focal_of_lens(-3, 100)


def camera_of(perspective: bool, *batch: int) -> Camera:
    """Cameras of unequal focal lengths and a principal point out of the middle."""
    made = Camera.framing(points(5, *batch), 0.7, 0.2, size=SIZE, perspective=perspective)
    odd = made.intrinsics.new_tensor([[1.2, 0, 3.0], [0, 0.9, -2.0]])
    return made.transformed(odd, SIZE)


@pytest.mark.parametrize("perspective", [True, False])
def test_unproject_is_the_inverse_of_project(perspective):
    camera, cloud = camera_of(perspective, 2), points(6, 2)
    seen = camera.project(cloud)
    torch.testing.assert_close(camera.unproject(seen[..., :2], seen[..., 2]), cloud, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("perspective", [True, False])
def test_the_camera_of_a_changed_picture_sees_the_changed_pixels(perspective):
    camera, cloud = camera_of(perspective), points(7)
    matrix = torch.tensor([[0.8, -0.5, 11.0], [0.6, 0.7, -4.0]])
    pixels = camera.project(cloud)
    changed = camera.transformed(matrix, (30, 40)).project(cloud)
    torch.testing.assert_close(changed[:, :2], pixels[:, :2] @ matrix[:, :2].T + matrix[:, 2], atol=1e-3, rtol=1e-4)
    torch.testing.assert_close(changed[:, 2], pixels[:, 2])
    many = camera.transformed(matrix.expand(3, 2, 3), (30, 40))
    assert many.batch_shape == (3,) and many.size == (30, 40)


def test_flips_and_sizes():
    camera, cloud = camera_of(True), points(8)
    x, y, _ = camera.project(cloud).unbind(-1)
    flipped = camera.flipped()
    torch.testing.assert_close(flipped.project(cloud)[:, 0], WIDTH - x, atol=1e-3, rtol=1e-4)
    torch.testing.assert_close(flipped.flipped().intrinsics, camera.intrinsics)
    twice = camera.resized((HEIGHT * 2, WIDTH * 3)).project(cloud)
    torch.testing.assert_close(twice[:, :2], torch.stack([3 * x, 2 * y], dim=-1), atol=1e-3, rtol=1e-4)
    wide = camera.fitted((HEIGHT * 2, WIDTH * 4)).project(cloud)
    torch.testing.assert_close(wide[:, :2], torch.stack([2 * x + WIDTH, 2 * y], dim=-1), atol=1e-3, rtol=1e-4)


def test_weak_and_full_perspective_agree_in_the_depth_of_the_body():
    camera = Camera.pinhole(900.0, (200, 300), translation=torch.tensor([0.3, -0.2, 12.0]))
    flat = torch.cat([points(9)[:, :2], torch.zeros(20, 1)], dim=-1)
    weak = camera.as_parallel(12.0)
    torch.testing.assert_close(weak.project(flat)[:, :2], camera.project(flat)[:, :2], atol=1e-3, rtol=1e-5)
    back = weak.as_perspective(900.0)
    torch.testing.assert_close(back.project(flat), camera.project(flat), atol=1e-3, rtol=1e-5)
    assert not torch.allclose(weak.project(points(9))[:, :2], camera.project(points(9))[:, :2], atol=0.1)


def test_angles_and_lenses():
    camera = Camera.framing(points(1), size=(200, 300), field_of_view=50.0)
    assert math.isclose(camera.field_of_view[1].item(), 50.0, rel_tol=1e-5)
    camera = Camera.pinhole(focal_of_lens(50.0, 300), (200, 300))
    assert math.isclose(camera.lens.item(), 50.0, rel_tol=1e-6)
    assert math.isclose(camera.field_of_view[0].item(), 39.5978, rel_tol=1e-5)  # a 50 mm lens on 36 x 24 mm


def test_gradients_reach_points_and_camera():
    cloud = points(2).requires_grad_()
    focal = torch.tensor(300.0, requires_grad=True)
    camera = Camera.pinhole(focal, SIZE, translation=torch.tensor([0.0, 0.0, 5.0]))
    camera.project(cloud)[:, :2].square().sum().backward()
    assert cloud.grad.abs().sum() > 0 and focal.grad.abs() > 0
