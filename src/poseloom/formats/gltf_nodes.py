"""The nodes of a glTF file: their tree, their transforms in time, and the skeleton among them with its rest pose.

Specification: Khronos glTF 2.0, sections 3.5 (nodes) and 3.7.3 (skins). A skin's inverse bind matrices tell where its
joints are while its mesh is undeformed: that is the rest pose, whatever pose the nodes are stored in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from poseloom.formats.gltf_animation import Channel
from poseloom.formats.gltf_document import GltfDocument
from poseloom.formats.node_motion import common_ancestor, distinct, rotation_part
from poseloom.formats.skeleton_motion import MAXIMUM_JOINTS, Array

_SINGULAR = 1e-12
_SAME_SCALE = 0.1
"""Relative difference up to which bones at rest and bones of the nodes count as equally long."""
_TREE_DEPTH = 2048

Matrix = Float64[Array, "4 4"]


@dataclass(frozen=True, eq=False)
class NodeTree:
    """All nodes of a file.

    Args:
        names: all different.
        parents: -1 for those at the top; in any order.
        order: the nodes, parents before children.
        local: transforms relative to the parent, as the nodes are stored.
    """

    document: GltfDocument
    names: tuple[str, ...]
    parents: tuple[int, ...]
    order: tuple[int, ...]
    local: tuple[Matrix, ...]

    def ancestors(self, node: int) -> list[int]:
        """The node and all above it, lowest first."""
        found = []
        while node >= 0:
            found.append(node)
            node = self.parents[node]
        return found

    def world(self, local: Mapping[int, Array], nodes: Iterable[int]) -> dict[int, Float64[Array, "#frames 4 4"]]:
        """Transforms in the world of some nodes and their ancestors; `local` replaces what the nodes store."""
        wanted = {above for node in nodes for above in self.ancestors(node)}
        found: dict[int, Array] = {}
        for node in self.order:
            if node in wanted:
                own = local.get(node, self.local[node][None])
                parent = self.parents[node]
                found[node] = own if parent < 0 else found[parent] @ own
        return found


def read_nodes(document: GltfDocument) -> NodeTree:
    """The tree of a file's nodes.

    Raises:
        FileError: a node has two parents or is its own ancestor, or a transform is damaged.
    """
    rows = document.rows("nodes")
    parents = [-1] * len(rows)
    children = [document.indices(row, "children", "nodes", f"node {number}") for number, row in enumerate(rows)]
    for node, below in enumerate(children):
        for child in below:
            if parents[child] >= 0 or child == node:
                document.fail(f"node {child}", "hangs on two nodes or on itself")
            parents[child] = node
    order, level, depth = [], [node for node, parent in enumerate(parents) if parent < 0], 0
    while level and depth < _TREE_DEPTH:
        order += level
        level, depth = [child for node in level for child in children[node]], depth + 1
    if len(order) != len(rows):
        document.fail("nodes", "hang on each other in a circle, or too deep")
    names = distinct([str(row.get("name") or f"node {number}")[:200] for number, row in enumerate(rows)])
    local = tuple(local_matrix(document, node) for node in range(len(rows)))
    return NodeTree(document, tuple(names), tuple(parents), tuple(order), local)


def local_matrix(document: GltfDocument, node: int) -> Matrix:
    """The transform of a node relative to its parent, as it is stored."""
    row, field = document.rows("nodes")[node], f"node {node}"
    matrix = document.numbers(row, "matrix", 16, field)
    if matrix is not None:
        return matrix.reshape(4, 4).T
    return compose(*stored_parts(document, node))[0]


def stored_parts(document: GltfDocument, node: int) -> tuple[Array, Array, Array]:
    """Translation, rotation (x, y, z, w) and scale of a node, each with a leading axis of one."""
    row, field = document.rows("nodes")[node], f"node {node}"
    matrix = document.numbers(row, "matrix", 16, field)
    if matrix is not None:
        square = matrix.reshape(4, 4).T
        scale = np.linalg.norm(square[:3, :3], axis=0)
        return square[None, :3, 3], quaternion_of(rotation_part(square))[None], scale[None]
    found = []
    for key, default in (("translation", (0, 0, 0)), ("rotation", (0, 0, 0, 1)), ("scale", (1, 1, 1))):
        values = document.numbers(row, key, len(default), field)
        found.append(np.array([default], np.float64) if values is None else values[None])
    return found[0], found[1], found[2]


def compose(
    translation: Float64[Array, "#frames 3"], rotation: Float64[Array, "#frames 4"], scale: Float64[Array, "#frames 3"]
) -> Float64[Array, "frames 4 4"]:
    """Transforms from their parts: first scale, then turn, then move."""
    frames = max(len(translation), len(rotation), len(scale))
    matrix = np.zeros((frames, 4, 4))
    matrix[:, :3, :3] = matrix_of(rotation) * scale[:, None, :]
    matrix[:, :3, 3] = translation
    matrix[:, 3, 3] = 1
    return matrix


def matrix_of(quaternion: Float64[Array, "*batch 4"]) -> Float64[Array, "*batch 3 3"]:
    """Rotations from quaternions (x, y, z, w) of any length but zero, which gives the identity."""
    length = np.linalg.norm(quaternion, axis=-1, keepdims=True)
    unit = np.where(length > 0, quaternion / np.where(length > 0, length, 1), (0.0, 0.0, 0.0, 1.0))
    x, y, z, w = np.moveaxis(unit, -1, 0)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def quaternion_of(matrix: Float64[Array, "*batch 3 3"]) -> Float64[Array, "*batch 4"]:
    """Quaternions (x, y, z, w) of rotations."""
    import roma
    import torch

    return np.asarray(roma.rotmat_to_unitquat(torch.from_numpy(np.ascontiguousarray(matrix))).numpy())


def animated_locals(
    tree: NodeTree, channels: Mapping[int, Mapping[str, Channel]], times: Float64[Array, " frames"]
) -> dict[int, Float64[Array, "frames 4 4"]]:
    """Transforms of the animated nodes relative to their parents."""
    found = {}
    for node, paths in channels.items():
        parts = dict(zip(("translation", "rotation", "scale"), stored_parts(tree.document, node), strict=True))
        parts |= {path: channel.at(times) for path, channel in paths.items()}
        found[node] = compose(**parts)
    return found


# -- the skeleton and its rest pose --------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class NodeSkeleton:
    """The nodes that make up a skeleton.

    Args:
        nodes: their numbers in the file, parents before children; the first carries all others.
        parents: places in `nodes`, -1 for the first.
        rest: their transforms in the world at rest.
    """

    nodes: tuple[int, ...]
    parents: tuple[int, ...]
    rest: Float64[Array, "joints 4 4"]


def find_skeleton(tree: NodeTree, named: Iterable[int] = ()) -> NodeSkeleton:
    """The joints of all skins, or the nodes in `named`, or else all nodes without a mesh; with what hangs on them.

    Raises:
        FileError: there is nothing that could be a skeleton.
    """
    document = tree.document
    binds = _inverse_binds(tree)
    rows = document.rows("nodes")
    bare = [node for node, row in enumerate(rows) if not {"mesh", "camera"} & set(row)]
    members = set(binds) or set(named) or set(bare)
    if len(members) <= 1 and not binds:
        document.fail("skins", "has no skeleton", "export a rigged character, with its skin and animation")
    root = common_ancestor({node: above if above >= 0 else None for node, above in enumerate(tree.parents)}, members)
    keep = {above for node in members for above in tree.ancestors(node)} | set(bare)
    nodes = [node for node in tree.order if node in keep and root in tree.ancestors(node)]
    if len(nodes) > MAXIMUM_JOINTS:
        document.fail("nodes", f"the skeleton has {len(nodes)} nodes, at most {MAXIMUM_JOINTS} are read")
    place = {node: index for index, node in enumerate(nodes)}
    parents = tuple(place.get(tree.parents[node], -1) if node != root else -1 for node in nodes)
    return NodeSkeleton(tuple(nodes), parents, _rest(tree, nodes, parents, binds))


def _inverse_binds(tree: NodeTree) -> dict[int, Matrix]:
    """By node: where a joint is in its mesh's space at rest; of several skins the one with most joints tells."""
    document = tree.document
    found: dict[int, Matrix] = {}
    skins = [document.indices(skin, "joints", "nodes", f"skin {n}") for n, skin in enumerate(document.rows("skins"))]
    for number in sorted(range(len(skins)), key=lambda n: -len(skins[n])):
        skin, joints = document.rows("skins")[number], skins[number]
        if "inverseBindMatrices" in skin:
            rows = document.accessor(skin["inverseBindMatrices"], f"skin {number}")
            if rows.shape[1] != 16 or len(rows) < len(joints):
                document.fail(f"skin {number}", f"{len(rows)} inverse bind matrices for {len(joints)} joints")
            inverse = rows[: len(joints)].reshape(-1, 4, 4).transpose(0, 2, 1).copy()
            inverse[:, 3] = (0, 0, 0, 1)  # as the format demands, whatever the file holds
        else:
            inverse = np.tile(np.eye(4), (len(joints), 1, 1))
        for joint, matrix in zip(joints, inverse, strict=True):
            if joint not in found and abs(np.linalg.det(matrix[:3, :3])) > _SINGULAR:
                found[joint] = np.linalg.inv(matrix)
    return found


def _rest(tree: NodeTree, nodes: list[int], parents: tuple[int, ...], binds: dict[int, Matrix]) -> Array:
    """Transforms in the world at rest; a node that no skin knows keeps its stored place in its parent."""
    stored = tree.world({}, nodes)
    known = {node: stored[node][0] for node in nodes}
    if binds:
        turn = _bind_space(tree, {node: binds[node] for node in nodes if node in binds}, known)
        known |= {node: turn @ binds[node] for node in nodes if node in binds}
        for node, parent in zip(nodes, parents, strict=True):
            if node not in binds and parent >= 0:
                known[node] = known[nodes[parent]] @ tree.local[node]
    return np.stack([known[node] for node in nodes])


def _bind_space(tree: NodeTree, binds: dict[int, Matrix], stored: dict[int, Matrix]) -> Matrix:
    """From the space of the bind matrices to the world, which the format leaves open.

    Exporters write the world itself, the space of the skinned mesh's node, or that of the node above the joints. The
    one in which the joints lie most like the stored nodes, at the same scale, is taken.
    """
    document = tree.document
    meshes = [node for node, row in enumerate(document.rows("nodes")) if "skin" in row]
    tops = [tree.parents[node] for node in binds if tree.parents[node] not in binds and tree.parents[node] >= 0]
    candidates = [np.eye(4)]
    candidates += [tree.world({}, [node])[node][0] for node in (*tops[:1], *meshes[:1])]
    candidates = [each for each in candidates if abs(np.linalg.det(each[:3, :3])) > _SINGULAR]
    own = np.stack([stored[node] for node in binds])
    bound = np.stack(list(binds.values()))
    place = {node: index for index, node in enumerate(binds)}
    bones = [(place[node], place[tree.parents[node]]) for node in binds if tree.parents[node] in place]
    length = _length(own, bones)

    def unlike(candidate: Matrix) -> tuple[bool, float]:
        moved = candidate @ bound
        scale = _length(moved, bones) / length if length > 0 else 1.0
        turns = np.swapaxes(rotation_part(moved), -1, -2) @ rotation_part(own)
        angle = np.arccos(((np.trace(turns, axis1=-2, axis2=-1) - 1) / 2).clip(-1, 1)).mean()
        return abs(scale - 1) > _SAME_SCALE, float(round(angle, 4))

    best = min(candidates, key=unlike)
    bound_length = _length(best @ bound, bones)
    if not unlike(best)[0] or bound_length <= 0:
        return best
    return np.diag([*(3 * [length / bound_length]), 1.0]) @ best


def _length(matrices: Float64[Array, "joints 4 4"], bones: list[tuple[int, int]]) -> float:
    """Length of all bones together, which no pose changes."""
    return sum(float(np.linalg.norm(matrices[end, :3, 3] - matrices[start, :3, 3])) for start, end in bones)
