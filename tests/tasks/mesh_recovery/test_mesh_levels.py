"""Meshes of three sizes: neighbours, steps up and down, the published file, rotations of bent meshes."""

from itertools import pairwise

import numpy as np
import pytest
import scipy.sparse
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from poseloom.base.errors import FileError, PoseloomError
from poseloom.pose.rotations import rotmat_to_rotvec, rotvec_to_rotmat
from poseloom.pose.sampler import sample
from poseloom.tasks.mesh_recovery.learned_body import FreeBody
from poseloom.tasks.mesh_recovery.mesh_levels import (
    SMPL_LEVELS,
    MeshPyramid,
    graph_of,
    mesh_pyramid,
    read_mesh_pyramid,
)
from poseloom.tasks.mesh_recovery.mesh_rotations import rotations_of_mesh


@pytest.fixture(scope="module")
def body():
    return FreeBody()


@pytest.fixture(scope="module")
def pyramid(body):
    return body.at_rest().pyramid


def test_each_size_has_a_quarter_of_the_vertices(pyramid):
    assert pyramid.sizes == (1229, 308, 77)


def test_shares_sum_to_one(pyramid):
    for step in pyramid.steps:
        assert torch.allclose(step.shares.sum(-1), torch.ones(len(step.shares)), atol=1e-5)
    for graph in pyramid.graphs:
        ones = torch.ones(1, graph.vertices, 2)
        assert torch.allclose(graph.spread(ones), ones, atol=1e-5)


def test_up_after_down_keeps_the_picked_vertices_and_moves_the_others_little(pyramid):
    rest = pyramid.template[None]
    step = pyramid.steps[0]
    back = step.up(step.down(rest))
    assert torch.allclose(back[:, step.picked], rest[:, step.picked], atol=1e-6)
    assert (back - rest).norm(dim=-1).mean() < 0.01


def test_neighbours_of_a_triangle_strip_are_exact():
    vertices = torch.tensor([[float(x), float(y), 0.0] for x in range(4) for y in range(2)])
    faces = torch.tensor([[0, 2, 1], [1, 2, 3], [2, 4, 3], [3, 4, 5], [4, 6, 5], [5, 6, 7]])
    pyramid = mesh_pyramid(vertices, faces, torch.ones(8, 1))
    x = torch.zeros(1, 8, 1)
    x[0, 0] = 1.0
    assert pyramid.graphs[0].spread(x).flatten().tolist() == pytest.approx([1 / 3, 1 / 4, 1 / 5, 0, 0, 0, 0, 0])


@settings(max_examples=10)
@given(st.integers(0, 1000))
def test_spreading_is_linear_and_per_sample(seed):
    graph = graph_of([{1}, {0, 2}, {1}, set()])
    x = torch.randn(3, 4, 2, generator=torch.Generator().manual_seed(seed))
    together = graph.spread(x)
    assert torch.allclose(together, torch.cat([graph.spread(one[None]) for one in x]), atol=1e-6)
    assert torch.allclose(graph.spread(2 * x), 2 * together, atol=1e-6)
    assert torch.allclose(together[:, 3], x[:, 3])


def test_a_pyramid_comes_back_out_of_a_state(pyramid):
    again = MeshPyramid.of_state({f"mesh.{name}": value for name, value in pyramid.state_dict().items()}, "mesh.")
    x = torch.randn(2, 308, 5)
    assert torch.equal(again.graphs[1].spread(x), pyramid.graphs[1].spread(x))
    assert again.sizes == pyramid.sizes


def test_a_damaged_state_is_refused(pyramid):
    state = {f"mesh.{name}": value for name, value in pyramid.state_dict().items()}
    with pytest.raises(PoseloomError, match=r"lacks mesh.steps.1.corners"):
        MeshPyramid.of_state({name: one for name, one in state.items() if "steps.1.corners" not in name}, "mesh.")
    with pytest.raises(PoseloomError, match="do not exist"):
        MeshPyramid.of_state({**state, "mesh.steps.0.corners": state["mesh.steps.0.corners"] + 1000}, "mesh.")


def sparse(rows, columns, values, size):
    return scipy.sparse.csc_matrix((np.asarray(values, np.float64), (rows, columns)), shape=size)


def write_levels(path, sizes):
    """A file in the published form: rings of neighbours, three corners a vertex, picked vertices."""
    generator = np.random.default_rng(0)
    near, ups, downs = [], [], []
    for size in sizes:
        own = np.arange(size)
        near.append(sparse(own, (own + 1) % size, np.ones(size), (size, size)))
    for larger, smaller in pairwise(sizes):
        corners = np.stack([generator.choice(smaller, 3, replace=False) for _ in range(larger)])
        rows = np.repeat(np.arange(larger), 3)
        ups.append(sparse(rows, corners.ravel(), np.tile([0.5, 0.3, 0.18], larger), (larger, smaller)))
        picked = generator.permutation(larger)[:smaller]
        downs.append(sparse(np.arange(smaller), picked, np.ones(smaller), (smaller, larger)))
    arrays = {}
    for name, matrices in (("A", near), ("U", ups), ("D", downs)):
        arrays[name] = np.empty(len(matrices), object)
        arrays[name][:] = matrices
    np.savez(path, **arrays)
    return ups, downs


def test_the_published_file_is_read(tmp_path):
    path = tmp_path / "mesh_downsampling.npz"
    ups, downs = write_levels(path, SMPL_LEVELS)
    pyramid = read_mesh_pyramid(path, torch.zeros(6890, 3), torch.zeros(6890, 24))
    points = torch.randn(1, 1723, 3)
    assert np.allclose(pyramid.steps[0].up(points)[0], ups[0] @ points[0].numpy(), atol=1e-5)
    all_of_them = torch.randn(1, 6890, 3)
    assert np.allclose(pyramid.reduced(all_of_them)[0], downs[0] @ all_of_them[0].numpy(), atol=1e-6)
    assert pyramid.sizes == SMPL_LEVELS


@pytest.mark.wrong_types
def test_a_file_of_another_mesh_is_refused(tmp_path):
    path = tmp_path / "other.npz"
    write_levels(path, (60, 15, 4))
    with pytest.raises(FileError, match=r"has meshes of \(60, 15, 4\) vertices"):
        read_mesh_pyramid(path, torch.zeros(60, 3), torch.zeros(60, 24))
    np.savez(path, A=np.zeros((1, 2, 2)), U=np.zeros((1, 2, 2)))
    with pytest.raises(FileError, match="D: is missing"):
        read_mesh_pyramid(path, torch.zeros(60, 3), torch.zeros(60, 24))


def test_rotations_are_told_of_a_bent_mesh(body, pyramid):
    rotations = rotvec_to_rotmat(sample(16, seed=1).rotations[:, :22])
    shape = body.average.expand(16, -1)
    points = body.posed(rotations, shape)
    found = rotations_of_mesh(points.vertices, pyramid.template, pyramid.weights)
    apart = rotmat_to_rotvec(found.mT @ rotations).norm(dim=-1)
    assert apart.mean() < 0.06
    again = body.posed(found, shape)
    assert (again.joints - points.joints)[:, :22].norm(dim=-1).mean() < 0.012


def test_a_turned_mesh_is_one_rotation(pyramid):
    turn = rotvec_to_rotmat(torch.tensor([0.3, -1.0, 0.2]))
    found = rotations_of_mesh((pyramid.template @ turn.T)[None] + 2.0, pyramid.template, pyramid.weights)
    assert torch.allclose(found[0, 0], turn, atol=1e-4)
    assert torch.allclose(found[0, 1:], torch.eye(3).expand(21, 3, 3), atol=1e-4)
