"""The z-buffer against a ray tracer, and its behaviour on meshes that no body has."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from poseloom.base.errors import PoseloomError
from poseloom.body import default_body
from poseloom.pose import Pose
from poseloom.pose.camera import Camera
from poseloom.render.rasterise import NEAR, Side, rasterise
from poseloom.render.view import View

SIZE = 128


def bent_poses(count: int) -> Pose:
    generator = torch.Generator().manual_seed(7)
    return Pose(0.3 * torch.randn(count, 52, 3, generator=generator))


def scene(count: int = 2, mesh: str = "preview", perspective: bool = True):
    body, pose = default_body(mesh), bent_poses(count)
    vertices = body.mesh(pose).vertices
    camera = View(perspective=perspective).camera(pose, body.joints(pose), vertices, (SIZE, SIZE))
    return camera, vertices, body.faces


@pytest.mark.parametrize("perspective", [True, False])
@pytest.mark.parametrize("mesh", ["preview", "full"])
def test_agrees_with_a_ray_tracer(mesh, perspective):
    trimesh = pytest.importorskip("trimesh")
    pytest.importorskip("embreex")
    from trimesh.ray.ray_pyembree import RayMeshIntersector

    camera, vertices, faces = scene(2, mesh, perspective)
    seen = rasterise(camera.project(vertices), faces, SIZE, SIZE, perspective=perspective)
    starts, directions = camera.rays()
    for image in range(2):
        solid = trimesh.Trimesh(vertices[image].numpy(), faces.numpy(), process=False)
        tracer = RayMeshIntersector(solid, scale_to_box=False)
        origin = starts[image].reshape(-1, 3).double().numpy()
        along = directions[image].reshape(-1, 3).double().numpy()
        triangle, ray, place = tracer.intersects_id(origin, along, multiple_hits=False, return_locations=True)
        traced = np.full(SIZE * SIZE, -1)
        traced[ray] = triangle
        depth = np.zeros(SIZE * SIZE)
        forward = camera.rotation[image, 2].double().numpy()
        depth[ray] = (place - camera.position[image].double().numpy()) @ forward

        face = seen.face[image].flatten().numpy()
        hits = (traced >= 0).sum()
        assert hits > 1000
        assert ((face >= 0) != (traced >= 0)).sum() < 0.005 * hits
        both = (face >= 0) & (traced >= 0)
        error = np.abs(seen.depth[image].flatten().numpy() - depth)[both]
        assert np.quantile(error, 0.995) < 1e-4
        assert (face == traced)[both].mean() > 0.99


def test_weights_give_the_point_that_the_pixel_sees():
    camera, vertices, faces = scene(1)
    seen = rasterise(camera.project(vertices), faces, SIZE, SIZE)
    point = (vertices[0][faces[seen.covering]] * seen.weights[..., None]).sum(1)
    pixel = camera.project(point[None])[0]
    centre = torch.stack([seen.pixel % SIZE, seen.pixel // SIZE], dim=-1) + 0.5
    torch.testing.assert_close(pixel[:, :2], centre.float(), atol=2e-3, rtol=0)
    torch.testing.assert_close(pixel[:, 2], seen.distance, atol=1e-5, rtol=0)


def test_images_of_a_batch_do_not_touch_each_other():
    camera, vertices, faces = scene(3)
    screen = camera.project(vertices)
    together = rasterise(screen, faces, SIZE, SIZE)
    for image in range(3):
        alone = rasterise(screen[image : image + 1], faces, SIZE, SIZE)
        assert torch.equal(alone.face[0], together.face[image])
        assert torch.equal(alone.depth[0], together.depth[image])


def test_a_closed_surface_has_no_cracks():
    camera, vertices, faces = scene(2, "full")
    screen = camera.fitted((400, 400)).project(vertices)
    front, anything = (rasterise(screen, faces, 400, 400, side=side) for side in (Side.OUTSIDE, Side.BOTH))
    assert torch.equal(front.mask, anything.mask)


TRIANGLE = torch.tensor([[[2.0, 2.0, 1.0], [2.0, 14.0, 1.0], [14.0, 2.0, 1.0]]])
ONE_FACE = torch.tensor([[0, 1, 2]])


def test_the_inside_is_drawn_only_when_asked_for():
    assert rasterise(TRIANGLE, ONE_FACE, 16, 16).mask.any()
    assert not rasterise(TRIANGLE, ONE_FACE, 16, 16, side=Side.INSIDE).mask.any()
    assert rasterise(TRIANGLE, ONE_FACE.flip(1), 16, 16, side=Side.INSIDE).mask.any()


def test_a_pixel_belongs_to_the_triangle_that_holds_its_centre():
    mask = rasterise(TRIANGLE, ONE_FACE, 16, 16).mask[0]
    y, x = torch.meshgrid(torch.arange(16) + 0.5, torch.arange(16) + 0.5, indexing="ij")
    assert torch.equal(mask, (x >= 2) & (y >= 2) & (x + y <= 16))


@pytest.mark.parametrize(
    "corner", [(2.0, 2.0, NEAR / 2), (2.0, 2.0, -3.0), (float("nan"), 2.0, 1.0), (float("inf"), 2.0, 1.0)]
)
def test_faces_behind_the_camera_or_not_finite_are_left_out(corner):
    broken = TRIANGLE.clone()
    broken[0, 0] = torch.tensor(corner)
    screen = torch.cat([broken, TRIANGLE + torch.tensor([0.0, 0.0, 1.0])], dim=1)
    seen = rasterise(screen, torch.tensor([[0, 1, 2], [3, 4, 5]]), 16, 16)
    assert seen.face.unique().tolist() == [-1, 1]
    assert torch.isfinite(seen.depth).all() and torch.isfinite(seen.barycentric).all()


def test_flat_triangles_and_empty_meshes_give_an_empty_picture():
    flat = torch.tensor([[[1.0, 1.0, 1.0], [5.0, 5.0, 1.0], [9.0, 9.0, 1.0]]])
    assert not rasterise(flat, ONE_FACE, 16, 16, side=Side.BOTH).mask.any()
    assert not rasterise(TRIANGLE, ONE_FACE[:0], 16, 16).mask.any()
    assert not rasterise(TRIANGLE + 100, ONE_FACE, 16, 16).mask.any()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_any_triangles_give_finite_pictures_with_the_nearest_in_front(seed):
    generator = torch.Generator().manual_seed(seed)
    screen = torch.rand(2, 30, 3, generator=generator) * torch.tensor([60.0, 60.0, 5.0]) - torch.tensor([14.0, 14.0, 1])
    faces = torch.randint(0, 30, (40, 3), generator=generator)
    seen = rasterise(screen, faces, 32, 32, side=Side.BOTH)
    assert torch.isfinite(seen.depth).all()
    assert ((seen.face >= 0) == (seen.depth > 0)).all()
    torch.testing.assert_close(seen.weights.sum(-1), torch.ones(len(seen.weights)))
    shuffled = torch.randperm(40, generator=generator)
    again = rasterise(screen, faces[shuffled], 32, 32, side=Side.BOTH)
    torch.testing.assert_close(again.depth, seen.depth)


def test_a_wrong_shape_is_told():
    with pytest.raises(PoseloomError, match=r"batch, vertices, 3"):
        rasterise(TRIANGLE[0], ONE_FACE, 16, 16)


def test_a_camera_inside_the_body_draws_without_fault():
    camera = Camera.look_at(torch.zeros(1, 3), torch.tensor([[0.0, 0.0, 1.0]]), field_of_view=90, size=(SIZE, SIZE))
    _, vertices, faces = scene(1)
    seen = rasterise(camera.project(vertices), faces, SIZE, SIZE, side=Side.BOTH)
    assert torch.isfinite(seen.depth).all()
