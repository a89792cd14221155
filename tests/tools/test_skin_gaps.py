"""Distances of skins are those to their triangles, as a cloud of many points on them tells."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
from skin_gaps import between, points_on, to_triangles, triangles_within


def cloud(triangles: torch.Tensor, each: int = 6000) -> torch.Tensor:
    """Points all over triangles, their edges too."""
    shares = torch.rand(each, 3).log().neg()
    edge = torch.linspace(0, 1, 200)
    edges = torch.stack([edge, 1 - edge, torch.zeros(200)], dim=-1)
    shares = torch.cat([shares / shares.sum(-1, keepdim=True), *(edges.roll(turn, -1) for turn in range(3))])
    return (shares @ triangles).flatten(0, 1)


def test_the_distance_to_triangles_is_that_to_all_their_points():
    torch.manual_seed(0)
    triangles, points = torch.rand(12, 3, 3), 2 * torch.rand(80, 3) - 0.5
    expected = torch.cdist(points, cloud(triangles)).amin(-1)
    found = to_triangles(points, triangles)
    assert bool((found <= expected + 1e-5).all())
    torch.testing.assert_close(found, expected, atol=3e-3, rtol=0)


@pytest.mark.parametrize(
    ("point", "distance"), [((0.2, 0.2, 0.5), 0.5), ((-0.3, 0.2, 0.0), 0.3), ((0.0, -0.3, 0.4), 0.5)]
)
def test_a_point_is_nearest_to_a_face_an_edge_or_a_corner(point, distance):
    triangle = torch.tensor([[[0.0, 0, 0], [1, 0, 0], [0, 1, 0]]])
    assert float(to_triangles(torch.tensor([point]), triangle)) == pytest.approx(distance, abs=1e-6)


def test_two_skins_that_lie_side_by_side_are_as_far_as_their_planes_wherever_their_corners_are():
    one = torch.tensor([[[0.0, 0, 0], [0.02, 0, 0], [0, 0.02, 0]]])
    other = torch.tensor([[[-0.005, -0.002, 0.003], [0.015, 0.002, 0.003], [0.001, 0.017, 0.003]]])
    far = other + torch.tensor([0.0, 0.0, 0.5])
    assert between(one, other) == pytest.approx(0.003, abs=1e-6)
    assert between(torch.cat([far, one]), torch.cat([far + 9, other])) == pytest.approx(0.003, abs=1e-6)


def test_a_skin_has_the_triangles_all_of_whose_corners_belong_to_it():
    vertices = torch.rand(5, 3)
    faces = torch.tensor([[0, 1, 2], [1, 2, 3], [2, 3, 4]])
    found = triangles_within(vertices, faces, torch.tensor([0, 1, 2, 3]))
    assert torch.equal(found, vertices[faces[:2]])
    assert len(points_on(found)) == 2 * 15
