"""GLB (binary glTF 2.0): a static mesh, or a skinned body with its animation.

glTF's axes are ours: metres, +Y up, +Z to the front, right-handed, counter-clockwise triangles. Specification:
Khronos glTF 2.0, sections 3.7 (geometry, skins), 3.9 (materials), 3.11 (animations).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from poseloom.base.errors import PoseloomError
from poseloom.formats.glb_container import INDEX_TARGET, VERTEX_TARGET, Buffer, write_container
from poseloom.formats.gltf_record import add_record
from poseloom.pose.types import Clip

_INFLUENCES = 4
_MAXIMUM_INFLUENCES = 8
"""Two sets of joints and weights; every viewer reads the first, good ones both."""
_FEW_JOINTS = 256
_ROUGHNESS = 0.85
_SMALL_INDEX = 65_535
_STILL = 1e-6
"""A joint whose quaternion never changes by more than this needs no animation channel."""


@dataclass(frozen=True, eq=False)
class StaticMesh:
    """Vertices in metres, triangles counter-clockwise seen from outside.

    Args:
        colors: sRGB or sRGB with opacity, in [0, 1], one for each vertex.
        normals: computed from the triangles if not given.
    """

    vertices: Float[np.ndarray, "vertices 3"]
    faces: Int[np.ndarray, "faces 3"]
    colors: Float[np.ndarray, "vertices rgb_or_rgba"] | None = None
    normals: Float[np.ndarray, "vertices 3"] | None = None


@dataclass(frozen=True, eq=False)
class SkinnedMesh:
    """A body at rest, how it hangs on its joints, and how these move.

    A vertex moves with sum over k of weight_k * G_k @ inverse(bind_k), where G is the joint's global transform and
    bind the translation to its rest position: at rest all joints have the axes of the world.

    Args:
        vertices: at rest, metres.
        faces: triangles, counter-clockwise seen from outside.
        joint_names: one for each joint.
        parents: index of each joint's parent, -1 for the one root; a parent stands before its children.
        rest_joints: positions of the joints at rest, metres.
        joint_indices: the joints that each vertex hangs on, any number; the eight heaviest are kept.
        weights: how much it hangs on each; scaled to the sum 1.
        rotations: local, for each frame: matrices, or quaternions in the order x, y, z, w.
        translation: added to the root's rest position in each frame, metres.
        fps: frames a second.
        colors, normals: as in `StaticMesh`, at rest.
        name: what body and animation are called.
        clip: the poses that it shows, stored beside them so that `gltf_read` gives them back exactly.
    """

    vertices: Float[np.ndarray, "vertices 3"]
    faces: Int[np.ndarray, "faces 3"]
    joint_names: Sequence[str]
    parents: Sequence[int]
    rest_joints: Float[np.ndarray, "joints 3"]
    joint_indices: Int[np.ndarray, "vertices influences"]
    weights: Float[np.ndarray, "vertices influences"]
    rotations: Float[np.ndarray, "frames joints 3 3"] | Float[np.ndarray, "frames joints 4"]
    translation: Float[np.ndarray, "frames 3"] | None = None
    fps: float = 30.0
    colors: Float[np.ndarray, "vertices rgb_or_rgba"] | None = None
    normals: Float[np.ndarray, "vertices 3"] | None = None
    name: str = "body"
    clip: Clip | None = None


def write_glb(mesh: StaticMesh | SkinnedMesh, path: str | Path) -> None:
    """Write a mesh as a GLB file; it appears whole or not at all.

    Raises:
        PoseloomError: an array has a wrong shape, is not finite or points outside another; the place is not writable.
    """
    _check_mesh(mesh)
    buffer = Buffer()
    primitive = _primitive(buffer, mesh)
    document: dict[str, Any] = {
        "scene": 0,
        "meshes": [{"primitives": [primitive]}],
        "materials": [_material(mesh)],
    }
    if isinstance(mesh, SkinnedMesh):
        _check_skin(mesh)
        document |= _skin(buffer, mesh, primitive)
        if mesh.clip is not None:
            document = add_record(document, buffer, mesh.clip)
    else:
        document |= {"scenes": [{"nodes": [0]}], "nodes": [{"mesh": 0, "name": "mesh"}]}
    write_container(path, document, buffer)


def _material(mesh: StaticMesh | SkinnedMesh) -> dict[str, Any]:
    material: dict[str, Any] = {"pbrMetallicRoughness": {"metallicFactor": 0, "roughnessFactor": _ROUGHNESS}}
    opaque = mesh.colors is None or np.shape(mesh.colors)[1] == 3 or np.min(np.asarray(mesh.colors)[:, 3]) >= 1
    return material if opaque else material | {"alphaMode": "BLEND"}


# -- geometry ----------------------------------------------------------------------------------------------------


def _primitive(buffer: Buffer, mesh: StaticMesh | SkinnedMesh) -> dict[str, Any]:
    vertices = np.asarray(mesh.vertices, np.float32)
    faces = np.asarray(mesh.faces)
    normals = vertex_normals(vertices, faces) if mesh.normals is None else _unit(np.asarray(mesh.normals, np.float64))
    attributes = {
        "POSITION": buffer.add(vertices, target=VERTEX_TARGET, bounds=True),
        "NORMAL": buffer.add(normals.astype(np.float32), target=VERTEX_TARGET),
    }
    if mesh.colors is not None:
        attributes["COLOR_0"] = buffer.add(_linear_colors(mesh.colors), target=VERTEX_TARGET, normalized=True)
    kind = np.uint16 if len(vertices) <= _SMALL_INDEX else np.uint32
    indices = buffer.add(faces.reshape(-1).astype(kind), target=INDEX_TARGET)
    return {"attributes": attributes, "indices": indices, "material": 0}


def vertex_normals(
    vertices: Float[np.ndarray, "vertices 3"], faces: Int[np.ndarray, "faces 3"]
) -> Float[np.ndarray, "vertices 3"]:
    """Unit normals: the mean of the adjacent triangles' normals, weighted by their areas; +Y where there are none."""
    a, b, c = (vertices[faces[:, corner]].astype(np.float64) for corner in range(3))
    across = np.cross(b - a, c - a)
    sums: NDArray[np.float64] = np.stack(
        [np.bincount(faces.reshape(-1), np.repeat(across[:, axis], 3), minlength=len(vertices)) for axis in range(3)],
        axis=1,
    )
    return _unit(sums)


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: NDArray[np.float64] = np.where(length > 0, vectors / np.where(length > 0, length, 1), (0.0, 1.0, 0.0))
    return unit


def _linear_colors(colors: NDArray[Any]) -> NDArray[np.uint16]:
    """sRGB to the linear 16-bit colours that glTF wants (IEC 61966-2-1), opaque where no opacity is given."""
    values = np.clip(np.asarray(colors, np.float64), 0, 1)
    srgb = values[:, :3]
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    opacity = values[:, 3:] if values.shape[1] == 4 else np.ones((len(values), 1))
    return np.round(np.concatenate([linear, opacity], axis=1) * 65_535).astype(np.uint16)


# -- skin and animation ------------------------------------------------------------------------------------------


def _skin(buffer: Buffer, mesh: SkinnedMesh, primitive: dict[str, Any]) -> dict[str, Any]:
    """Nodes, skin and animation; joint j is node j, the mesh is the node behind the last joint."""
    joints = len(mesh.joint_names)
    _add_influences(buffer, mesh, primitive)
    rest = np.asarray(mesh.rest_joints, np.float64)
    bind = np.tile(np.eye(4, dtype=np.float32), (joints, 1, 1))
    bind[:, :3, 3] = -rest
    quaternions = continuous_quaternions(_quaternions(mesh.rotations)).astype(np.float32)
    places = np.zeros((len(quaternions), 3)) if mesh.translation is None else np.asarray(mesh.translation, np.float64)
    places = (places + rest[0]).astype(np.float32)
    parents = np.asarray(mesh.parents)
    offsets = rest - np.where(parents[:, None] >= 0, rest[np.maximum(parents, 0)], 0)
    nodes = [
        {"name": name, "translation": offset.tolist(), "rotation": first.tolist()}
        for name, offset, first in zip(mesh.joint_names, offsets, quaternions[0].astype(np.float64), strict=True)
    ]
    nodes[0]["translation"] = places[0].tolist()
    for joint in range(joints):
        children = np.flatnonzero(parents == joint).tolist()
        if children:
            nodes[joint]["children"] = children
    nodes.append({"name": mesh.name, "mesh": 0, "skin": 0})
    skin = {"joints": list(range(joints)), "skeleton": 0, "inverseBindMatrices": buffer.add(bind)}
    part: dict[str, Any] = {"scenes": [{"nodes": [0, joints]}], "nodes": nodes, "skins": [skin]}
    animation = _animation(buffer, quaternions, places, mesh)
    return part | ({"animations": [animation]} if animation else {})


def _animation(
    buffer: Buffer, quaternions: NDArray[np.float32], places: NDArray[np.float32], mesh: SkinnedMesh
) -> dict[str, Any] | None:
    """Linear channels for every joint that moves; None where nothing does."""
    moving = np.flatnonzero((np.abs(quaternions - quaternions[:1]) > _STILL).any(axis=(0, 2)))
    travels = bool((np.abs(places - places[:1]) > _STILL).any())
    if not len(moving) and not travels:
        return None
    times = (np.arange(len(quaternions)) / mesh.fps).astype(np.float32)
    clock = buffer.add(times, bounds=True)
    outputs = [(int(joint), "rotation", buffer.add(quaternions[:, joint])) for joint in moving]
    if travels:
        outputs.append((0, "translation", buffer.add(places)))
    return {
        "name": mesh.name,
        "samplers": [{"input": clock, "output": output, "interpolation": "LINEAR"} for _, _, output in outputs],
        "channels": [
            {"sampler": number, "target": {"node": joint, "path": path}}
            for number, (joint, path, _) in enumerate(outputs)
        ],
    }


def _add_influences(buffer: Buffer, mesh: SkinnedMesh, primitive: dict[str, Any]) -> None:
    indices, weights = _heaviest(np.asarray(mesh.joint_indices), np.asarray(mesh.weights, np.float64))
    kind = np.uint8 if len(mesh.joint_names) <= _FEW_JOINTS else np.uint16
    for number in range(indices.shape[1] // _INFLUENCES):
        columns = slice(number * _INFLUENCES, (number + 1) * _INFLUENCES)
        joints = buffer.add(indices[:, columns].astype(kind), target=VERTEX_TARGET)
        primitive["attributes"][f"JOINTS_{number}"] = joints
        share = buffer.add(weights[:, columns].astype(np.float32), target=VERTEX_TARGET)
        primitive["attributes"][f"WEIGHTS_{number}"] = share


def _heaviest(indices: NDArray[Any], weights: NDArray[np.float64]) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """The heaviest four or eight influences of each vertex, heaviest first, summing to one; unused ones are joint 0."""
    order = np.argsort(-weights, axis=1, kind="stable")[:, :_MAXIMUM_INFLUENCES]
    indices, weights = np.take_along_axis(indices, order, axis=1), np.take_along_axis(weights, order, axis=1)
    used = int((weights > 0).any(axis=0).sum())
    columns = _INFLUENCES if used <= _INFLUENCES else _MAXIMUM_INFLUENCES
    padding = ((0, 0), (0, max(0, columns - weights.shape[1])))
    indices, weights = np.pad(indices, padding)[:, :columns], np.pad(weights, padding)[:, :columns]
    weights = weights / weights.sum(axis=1, keepdims=True)
    return np.where(weights > 0, indices, 0), weights


def _quaternions(rotations: NDArray[Any]) -> NDArray[np.float64]:
    """Unit quaternions (frames, joints, 4) in the order x, y, z, w."""
    import roma
    import torch

    values = torch.from_numpy(np.array(rotations, dtype=np.float64))
    if values.ndim == 4:
        values = roma.rotmat_to_unitquat(values)
    unit: NDArray[np.float64] = torch.nn.functional.normalize(values, dim=-1).numpy()
    return unit


def continuous_quaternions(quaternions: Float[np.ndarray, "frames *joints 4"]) -> Float[np.ndarray, "frames *joints 4"]:
    """The same rotations with the sign that is nearer to the frame before, so that viewers take the short way."""
    steps = (quaternions[1:] * quaternions[:-1]).sum(axis=-1)
    flips = np.where(steps < 0, -1.0, 1.0)
    signs = np.concatenate([np.ones_like(quaternions[:1, ..., 0]), np.cumprod(flips, axis=0)])
    return quaternions * signs[..., None]


# -- checks ------------------------------------------------------------------------------------------------------


def _check_mesh(mesh: StaticMesh | SkinnedMesh) -> None:
    vertices = _checked("vertices", mesh.vertices, (None, 3))
    faces = np.asarray(mesh.faces)
    if faces.ndim != 2 or faces.shape[1] != 3 or len(faces) == 0 or faces.dtype.kind not in "iu":
        raise PoseloomError(f"faces: expected integers (faces, 3), got {faces.dtype} {faces.shape}")
    if not 0 <= faces.min() <= faces.max() < len(vertices):
        raise PoseloomError(f"faces: points outside the {len(vertices)} vertices")
    if mesh.colors is not None:
        width = 4 if np.shape(mesh.colors)[-1:] == (4,) else 3
        _checked("colors", mesh.colors, (len(vertices), width))
    if mesh.normals is not None:
        _checked("normals", mesh.normals, (len(vertices), 3))


def _check_skin(mesh: SkinnedMesh) -> None:
    joints = len(mesh.joint_names)
    parents = list(mesh.parents)
    if len(parents) != joints or parents[:1] != [-1] or not all(0 <= p < j for j, p in enumerate(parents) if j):
        raise PoseloomError("parents: expected one for each joint, -1 for the first alone, parents before children")
    _checked("rest_joints", mesh.rest_joints, (joints, 3))
    weights = _checked("weights", mesh.weights, (len(mesh.vertices), None))
    indices = np.asarray(mesh.joint_indices)
    if indices.shape != weights.shape or indices.dtype.kind not in "iu":
        raise PoseloomError(f"joint_indices: expected integers {weights.shape}, got {indices.dtype} {indices.shape}")
    if not 0 <= indices.min() <= indices.max() < joints:
        raise PoseloomError(f"joint_indices: points outside the {joints} joints")
    if weights.min() < 0 or weights.sum(axis=1).min() <= 0:
        raise PoseloomError("weights: expected none below zero, and a positive sum for every vertex")
    own = (3, 3) if np.ndim(mesh.rotations) == 4 else (4,)
    rotations = _checked("rotations", mesh.rotations, (None, joints, *own))
    if mesh.translation is not None:
        _checked("translation", mesh.translation, (len(rotations), 3))
    if not 0 < mesh.fps < float("inf"):
        raise PoseloomError(f"fps: expected a positive number of frames a second, got {mesh.fps}")


def _checked(name: str, array: Any, shape: tuple[int | None, ...]) -> NDArray[Any]:
    array = np.asarray(array)
    fits = array.ndim == len(shape) and all(w in (None, got) for w, got in zip(shape, array.shape, strict=True))
    if not fits or array.size == 0 or array.dtype.kind not in "fiu":
        wanted = tuple("any" if size is None else size for size in shape)
        raise PoseloomError(f"{name}: expected numbers of shape {wanted}, got {array.dtype} {array.shape}")
    if not np.isfinite(array).all():
        raise PoseloomError(f"{name}: holds NaN or infinity")
    return array
