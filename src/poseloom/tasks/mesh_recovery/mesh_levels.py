"""A body's mesh at three sizes: all vertices, about a quarter of them, about a sixteenth.

GraphCMR and Graphormer bend a reduced mesh. Their authors' reduction of SMPL is a file of its own
(``mesh_downsampling.npz``); for any other body, and where the file is missing, the same is computed here: vertices are
picked as far from each other as can be, every vertex belongs to the picked one that is nearest along the surface,
picked ones whose regions touch are neighbours, and a vertex lies between the three picked ones around it.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy import ndarray
from torch import Tensor, nn

from poseloom.base.errors import FileError, PoseloomError
from poseloom.formats.npz_files import open_npz
from poseloom.formats.pickled_arrays import TRIPLES

LEVELS = 3
_REDUCED = 4
"""Each level has that much fewer vertices than the one before."""
_CORNERS = 3
_LEVELS_REMEDY = "expected mesh_downsampling.npz of GraphCMR"
SMPL_LEVELS = (6890, 1723, 431)


class MeshGraph(nn.Module):
    """Which vertices of a mesh are neighbours.

    Args:
        edges: vertex and neighbour, the vertex itself among its neighbours; in the order of the vertices.
        shares: of each neighbour; those of a vertex sum to 1.
        vertices: how many there are.
    """

    edges: Tensor
    shares: Tensor

    def __init__(self, edges: Int[Tensor, "2 edges"], shares: Float[Tensor, " edges"], vertices: int):
        super().__init__()
        self.vertices = vertices
        self.register_buffer("edges", edges)
        self.register_buffer("shares", shares)

    def spread(self, x: Float[Tensor, "batch vertices channels"]) -> Float[Tensor, "batch vertices channels"]:
        """Each vertex takes the mean of its neighbours."""
        batch, vertices, channels = x.shape
        size = (vertices, vertices)
        matrix = torch.sparse_coo_tensor(self.edges, self.shares.to(x), size, is_coalesced=True, check_invariants=False)
        columns = x.transpose(0, 1).reshape(vertices, batch * channels)
        return torch.sparse.mm(matrix, columns).reshape(vertices, batch, channels).transpose(0, 1)


class MeshStep(nn.Module):
    """From a mesh to the next smaller one, and back.

    Args:
        picked: vertices that the smaller one keeps.
        corners: three vertices of the smaller one for each of the larger.
        shares: their weights.
    """

    picked: Tensor
    corners: Tensor
    shares: Tensor

    def __init__(
        self,
        picked: Int[Tensor, " fewer"],
        corners: Int[Tensor, "vertices 3"],
        shares: Float[Tensor, "vertices 3"],
    ):
        super().__init__()
        self.register_buffer("picked", picked)
        self.register_buffer("corners", corners)
        self.register_buffer("shares", shares)

    def down(self, points: Float[Tensor, "batch vertices 3"]) -> Float[Tensor, "batch fewer 3"]:
        """The picked vertices."""
        return points[:, self.picked]

    def up(self, points: Float[Tensor, "batch fewer 3"]) -> Float[Tensor, "batch vertices 3"]:
        """All vertices, between those of the smaller mesh."""
        return (points[:, self.corners] * self.shares[..., None]).sum(2)


class MeshPyramid(nn.Module):
    """A body's mesh at three sizes, the largest first, and the steps between them.

    Its tensors are weights of the networks that use it, so that a model is whole without the file of the body.

    Args:
        template: where the vertices of the largest are at rest, metres.
        weights: how much each of the body's joints moves each of them, by which rotations are told of a bent mesh.
        graphs: neighbours at each size.
        steps: from each size to the next.
    """

    template: Tensor
    weights: Tensor

    def __init__(
        self,
        template: Float[Tensor, "vertices 3"],
        weights: Float[Tensor, "vertices joints"],
        graphs: Sequence[MeshGraph],
        steps: Sequence[MeshStep],
    ):
        super().__init__()
        self.register_buffer("template", template)
        self.register_buffer("weights", weights)
        self.graphs = nn.ModuleList(graphs)
        self.steps = nn.ModuleList(steps)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Vertices at each size."""
        return (len(self.template), *(len(step.picked) for step in self.steps))

    def reduced(self, vertices: Float[Tensor, "batch vertices 3"], times: int = 1) -> Float[Tensor, "batch fewer 3"]:
        """The picked ones among the vertices of the largest mesh."""
        for step in self.steps[:times]:
            vertices = step.down(vertices)
        return vertices

    def centred(self) -> Float[Tensor, "vertices 3"]:
        """The template about the middle of its bounding box, its largest coordinate 1."""
        moved = self.template - (self.template.amax(0) + self.template.amin(0)) / 2
        return moved / moved.abs().max()

    @classmethod
    def of_state(cls, state: Mapping[str, Tensor], prefix: str) -> MeshPyramid:
        """The pyramid whose tensors stand in the state of a network under `prefix`.

        Raises:
            PoseloomError: there is none, or it does not fit together.
        """
        try:
            template, weights = state[f"{prefix}template"], state[f"{prefix}weights"]
            steps = []
            for number in range(LEVELS - 1):
                own = f"{prefix}steps.{number}."
                steps.append(MeshStep(*(state[own + name] for name in ("picked", "corners", "shares"))))
            sizes = (len(template), *(len(step.picked) for step in steps))
            graphs = []
            for number, size in enumerate(sizes):
                own = f"{prefix}graphs.{number}."
                graphs.append(MeshGraph(state[f"{own}edges"].long(), state[f"{own}shares"], size))
        except KeyError as missing:
            raise PoseloomError(f"model lacks {missing.args[0]}, a part of its mesh") from None
        pyramid = cls(template, weights, graphs, steps)
        pyramid._check()
        return pyramid

    def _check(self) -> None:
        """Numbers of vertices may come from a stranger's file."""
        sizes = self.sizes
        for number, graph in enumerate(self.graphs):
            _within(graph.edges, sizes[number])
        for number, step in enumerate(self.steps):
            _within(step.picked, sizes[number])
            _within(step.corners, sizes[number + 1])
            if step.corners.shape != (sizes[number], _CORNERS):
                raise PoseloomError(f"mesh: a step of {tuple(step.corners.shape)} for {sizes[number]} vertices")


def _within(places: Tensor, count: int) -> None:
    if len(places) and not 0 <= int(places.min()) <= int(places.max()) < count:
        raise PoseloomError(f"mesh: vertices {int(places.min())} to {int(places.max())} of {count} do not exist")


def mesh_pyramid(
    vertices: Float[Tensor, "vertices 3"], faces: Int[Tensor, "faces 3"], weights: Float[Tensor, "vertices joints"]
) -> MeshPyramid:
    """The pyramid of a mesh at rest.

    Args:
        vertices: at the T-pose.
        faces: triangles.
        weights: how much each joint moves each vertex.
    """
    places = vertices.double().numpy()
    graph = _edges_of(faces.numpy(), len(places))
    graphs, steps, points = [graph_of(graph)], [], places
    for _ in range(LEVELS - 1):
        count = -(-len(points) // _REDUCED)
        picked = _farthest(points, count)
        owner = _nearest_along(graph, points, picked)
        steps.append(MeshStep(torch.from_numpy(picked), *_between(points, picked, owner, graph)))
        graph = _touching(graph, owner, count)
        points = points[picked]
        graphs.append(graph_of(graph))
    return MeshPyramid(vertices, weights, graphs, steps)


def read_mesh_pyramid(
    path: str | Path, template: Float[Tensor, "6890 3"], weights: Float[Tensor, "6890 joints"]
) -> MeshPyramid:
    """The pyramid of ``mesh_downsampling.npz``: its arrays A, U and D alone.

    Args:
        path: path of the file.
        template: vertices of SMPL at rest.
        weights: how much each joint moves each vertex.

    Raises:
        FileError: damaged, or of another body.
    """
    content = open_npz(Path(path))
    missing = [name for name in ("A", "U", "D") if name not in content]
    if missing:
        raise FileError(path, "is missing", field=", ".join(missing), remedy=_LEVELS_REMEDY)
    near, ups, downs = (_matrices(content[name], path, name) for name in ("A", "U", "D"))
    sizes = (*(len(one) for one in ups[: LEVELS - 1]), len(downs[LEVELS - 2]) if len(downs) >= LEVELS - 1 else 0)
    if sizes != SMPL_LEVELS or len(near) < LEVELS:
        raise FileError(path, f"has meshes of {sizes} vertices", field="U", remedy=f"expected {SMPL_LEVELS}")
    graphs = [graph_of(_neighbours(one, size, path)) for one, size in zip(near, sizes, strict=False)]
    steps = [_published_step(up, down) for up, down in zip(ups, downs[: LEVELS - 1], strict=False)]
    return MeshPyramid(template, weights, graphs, steps)


def _neighbours(matrix: ndarray, size: int, path: str | Path) -> Neighbours:
    """Of an adjacency matrix, dense or as entries."""
    rows, columns = (matrix["row"], matrix["column"]) if matrix.dtype == TRIPLES else np.nonzero(matrix)
    found: list[set[int]] = [set() for _ in range(size)]
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        if not max(row, column) < size:
            raise FileError(path, f"names vertex {max(row, column)} of {size}", field="A", remedy=_LEVELS_REMEDY)
        found[row].add(column)
    return found


def _published_step(up: ndarray, down: ndarray) -> MeshStep:
    """Matrices as indices: a row of the one picks a vertex, one of the other has at most three entries."""
    corners = np.argsort(-np.abs(up), axis=1, kind="stable")[:, :_CORNERS]
    shares = np.take_along_axis(up, corners, 1).astype(np.float32)
    return MeshStep(torch.from_numpy(down.argmax(1)), torch.from_numpy(corners), torch.from_numpy(shares))


def _matrices(values: Any, path: str | Path, name: str) -> list[ndarray]:
    found = [np.asarray(one) for one in np.atleast_1d(np.asarray(values, dtype=object))]
    if any(one.dtype != TRIPLES and (one.ndim != 2 or one.dtype.kind not in "fiu") for one in found):
        raise FileError(path, "holds no matrices", field=name, remedy=_LEVELS_REMEDY)
    return found


Neighbours = Sequence[set[int]]
"""Neighbours of each vertex."""


def _edges_of(faces: Int[ndarray, "faces 3"], count: int) -> Neighbours:
    graph: list[set[int]] = [set() for _ in range(count)]
    for corners in faces.tolist():
        for first, second in pairwise((*corners, corners[0])):
            graph[first].add(second)
            graph[second].add(first)
    return graph


def graph_of(neighbours: Neighbours) -> MeshGraph:
    """Each vertex and its neighbours share 1 among them."""
    rows, columns, values = [], [], []
    for vertex, around in enumerate(neighbours):
        all_of_them = sorted({vertex, *around})
        rows += [vertex] * len(all_of_them)
        columns += all_of_them
        values += [1 / len(all_of_them)] * len(all_of_them)
    return MeshGraph(torch.tensor([rows, columns]), torch.tensor(values), len(neighbours))


def _farthest(points: Float[ndarray, "vertices 3"], count: int) -> Int[ndarray, " count"]:
    """Vertices each of which is as far as can be from those before it; the first is the lowest."""
    picked = np.zeros(count, np.int64)
    picked[0] = points[:, 1].argmin()
    apart = np.square(points - points[picked[0]]).sum(1)
    for place in range(1, count):
        picked[place] = apart.argmax()
        apart = np.minimum(apart, np.square(points - points[picked[place]]).sum(1))
    return np.sort(picked)


def _nearest_along(graph: Neighbours, points: Float[ndarray, "vertices 3"], picked: Int[ndarray, " count"]) -> ndarray:
    """The picked vertex that is nearest to each along edges; by the straight way where no edges lead (loose parts)."""
    owner, distance = np.full(len(points), -1), np.full(len(points), np.inf)
    waiting = [(0.0, int(vertex), place) for place, vertex in enumerate(picked)]
    heapq.heapify(waiting)
    while waiting:
        far, vertex, place = heapq.heappop(waiting)
        if owner[vertex] >= 0:
            continue
        owner[vertex], distance[vertex] = place, far
        for other in graph[vertex]:
            if owner[other] < 0:
                step = float(np.linalg.norm(points[vertex] - points[other]))
                heapq.heappush(waiting, (far + step, other, place))
    for vertex in np.flatnonzero(owner < 0).tolist():
        owner[vertex] = int(np.square(points[picked] - points[vertex]).sum(1).argmin())
    return owner


def _touching(graph: Neighbours, owner: ndarray, count: int) -> Neighbours:
    """Picked vertices are neighbours where an edge leads from the region of one to that of the other."""
    found: list[set[int]] = [set() for _ in range(count)]
    for vertex, around in enumerate(graph):
        for other in around:
            if owner[vertex] != owner[other]:
                found[owner[vertex]].add(int(owner[other]))
    return found


def _between(
    points: ndarray, picked: ndarray, owner: ndarray, graph: Neighbours
) -> tuple[Int[Tensor, "more 3"], Float[Tensor, "more 3"]]:
    """Three picked vertices of the neighbourhood of each vertex, and their weights; a picked one is itself."""
    touching = _touching(graph, owner, len(picked))
    corners, shares = np.zeros((len(points), _CORNERS), np.int64), np.zeros((len(points), _CORNERS), np.float32)
    for vertex, point in enumerate(points):
        near = np.array([owner[vertex], *sorted(touching[owner[vertex]])])
        nearest = near[np.square(points[picked[near]] - point).sum(1).argsort(kind="stable")[:_CORNERS]]
        corners[vertex, : len(nearest)] = nearest
        shares[vertex, : len(nearest)] = _shares(points[picked[nearest]], point)
    corners[picked, 0], shares[picked] = np.arange(len(picked)), (1, 0, 0)
    return torch.from_numpy(corners), torch.from_numpy(shares)


def _shares(corners: Float[ndarray, "some 3"], point: Float[ndarray, "3"]) -> Float[ndarray, " some"]:
    """Weights that sum to 1 and bring corners nearest to a point; none is below 0."""
    system = np.concatenate([corners.T, np.full((1, len(corners)), 1e3)])
    weights = np.linalg.lstsq(system, np.append(point, 1e3), rcond=None)[0].clip(0)
    total = weights.sum()
    if not total > 0:
        raise PoseloomError("mesh: a vertex lies at no finite place; the body's template is damaged")
    return weights / total
