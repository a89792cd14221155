"""Cutting meshes, shells and tubes."""

import math

import pytest
import torch

from poseloom.pose import Pose
from poseloom.render.people.appearance import Appearance
from poseloom.render.people.dressing import dressed
from poseloom.render.people.fabrics import Cloth
from poseloom.render.people.pieces import clip, normals_of
from poseloom.render.people.skin import Skin
from poseloom.render.people.tubes import grid_faces, push_out
from poseloom.render.people.wardrobe import random_person
from poseloom.render.surface import Part

SQUARE = torch.tensor([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [0.0, 1.0, 0.0]])
TRIANGLES = torch.tensor([[0, 1, 2], [0, 2, 3]])


def area(vertices, faces):
    a, b, c = (vertices[faces[:, corner]] for corner in range(3))
    return 0.5 * torch.linalg.cross(b - a, c - a)[:, 2].sum().item()


@pytest.mark.parametrize("limit", [0.25, 0.5, 0.75])
def test_a_mesh_is_cut_where_the_function_is_zero_and_keeps_its_orientation(limit):
    cut = clip(TRIANGLES, SQUARE[:, 0] - limit)
    vertices = cut.values(SQUARE)
    assert area(vertices, cut.faces) == pytest.approx(1 - limit, abs=1e-5)
    assert (vertices[cut.faces.flatten(), 0] > limit - 1e-5).all()
    assert torch.allclose(vertices[cut.border.flatten(), 0], torch.tensor(limit), atol=1e-5)


def test_a_mesh_that_is_wholly_inside_stays_as_it_is():
    cut = clip(TRIANGLES, torch.ones(4))
    assert torch.equal(cut.values(SQUARE)[cut.faces], SQUARE[TRIANGLES])
    assert len(cut.border) == 0


def test_the_edges_of_a_cut_run_as_the_faces_that_they_bound():
    cut = clip(TRIANGLES, SQUARE[:, 0] - 0.4)
    edges = {tuple(face[[k, (k + 1) % 3]].tolist()) for face in cut.faces for k in range(3)}
    assert all(tuple(edge.tolist()) in edges for edge in cut.border)


def test_a_ring_of_points_is_a_tube_whose_normals_look_out():
    angle = torch.arange(12) / 12 * 2 * math.pi
    ring = torch.stack([angle.sin(), torch.zeros(12), angle.cos()], -1)
    points = torch.stack([ring + torch.tensor([0.0, 1.0 - row, 0.0]) for row in range(3)]).flatten(0, 1)
    normals = normals_of(points, grid_faces(3, 12, ring=True))
    outward = points * torch.tensor([1.0, 0.0, 1.0])
    assert ((normals * outward).sum(-1) > 0.9).all()


def test_points_are_pushed_out_of_a_capsule_and_others_left_alone():
    points = torch.tensor([[0.05, 0.5, 0.0], [0.5, 0.5, 0.0]])
    moved = push_out(points, torch.zeros(3), torch.tensor([0.0, 1.0, 0.0]), 0.1, 0.2)
    assert torch.allclose(moved, torch.tensor([[0.15, 0.5, 0.0], [0.5, 0.5, 0.0]]), atol=1e-5)


# -- dressed people ----------------------------------------------------------------------------------------------------


def t_pose():
    return Pose(torch.zeros(52, 3))


@pytest.mark.parametrize("first", range(0, 60, 10))
def test_anyone_can_be_dressed(first):
    for number in range(first, first + 10):
        person = dressed(random_person([5, number]), t_pose(), "preview")
        for piece in person.pieces:
            assert piece.vertices.isfinite().all() and piece.normals.isfinite().all()
            assert piece.faces.max() < len(piece.vertices) == len(piece.rest) == len(piece.normals)
            assert len(piece.faces) == len(piece.limb) == len(piece.part)
        height = max(float(piece.vertices[:, 1].max()) for piece in person.pieces) - person.lowest
        body = person.figure.still[:, 1]
        assert 0 <= height - float(body.max() - body.min()) < 0.25


def test_no_skin_is_drawn_under_clothes(clothed):
    skin = next(piece for piece in clothed.pieces if isinstance(piece.material, Skin))
    seen = {Part(number) for number in skin.part.unique().tolist()}
    assert {Part.HEAD, Part.LEFT_HAND, Part.RIGHT_HAND} <= seen
    middle = skin.rest[skin.faces].mean(1)
    assert not ((middle[:, 1] < 0.30) & (middle[:, 1] > -0.80) & (middle[:, 0].abs() < 0.6)).any()


def test_cloth_lies_outside_the_skin(clothed):
    figure = clothed.figure
    shirt = next(piece for piece in clothed.pieces if isinstance(piece.material, Cloth))
    away = torch.cdist(shirt.vertices, figure.posed(figure.still, slice(None))).amin(-1)
    assert away.max() < 0.12


def test_a_moved_person_takes_joints_and_skin_along(clothed):
    offset = torch.tensor([1.0, 2.0, -3.0])
    moved = clothed.moved(offset)
    assert torch.allclose(moved.figure.joints, clothed.figure.joints + offset)
    there = moved.figure.posed(moved.figure.still[:5], slice(0, 5))
    assert torch.allclose(there, clothed.figure.posed(clothed.figure.still[:5], slice(0, 5)) + offset, atol=1e-5)
    assert moved.lowest == pytest.approx(clothed.lowest + 2.0, abs=1e-5)


def test_a_skirt_stays_outside_of_legs_that_are_raised(skirted):
    figure = skirted.figure
    hip, knee = figure.joint("left_hip"), figure.joint("left_knee")
    skirt = next(piece for piece in skirted.pieces if piece.part.unique().tolist() == [int(Part.HIPS)])
    middle = (hip + knee) / 2
    assert (skirt.vertices - middle).norm(dim=-1).min() > 0.05


# -- appearances -------------------------------------------------------------------------------------------------------


def test_a_seed_is_a_person():
    assert random_person(3) == random_person(3)
    assert random_person(3).code == random_person(3).code
    assert len({random_person(seed).code for seed in range(50)}) == 50


def test_an_appearance_goes_through_json_unchanged():
    for seed in range(40):
        look = random_person(seed)
        assert Appearance.from_json(look.as_json()) == look


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"shape": 3}', "null"])
def test_other_text_is_no_appearance(text):
    from poseloom.base.errors import PoseloomError

    with pytest.raises(PoseloomError, match="Appearance"):
        Appearance.from_json(text)


def test_people_are_of_all_kinds():
    people = [random_person([1, seed]) for seed in range(400)]
    shapes = torch.tensor([one.shape for one in people])
    assert (shapes.amin(0) < 0.1).all() and (shapes.amax(0) > 0.9).all()
    assert len({one.hair.style for one in people}) >= 9
    assert len({one.bottom.kind for one in people}) == 8
    assert {one.beard for one in people if one.shape[0] > 0.5} == {"none"}
