"""A clip on a character of the user's own: its GLB with one animation more, everything else as it was.

The way of `formats.retarget` backwards: the character's skeleton is recognised and aligned at rest as that of a file
that is read, our joints' global rotations are turned into its bones' axes, and from there into local ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64

from poseloom.base.errors import FileError
from poseloom.formats.glb_container import Buffer, write_chunks
from poseloom.formats.gltf import continuous_quaternions
from poseloom.formats.gltf_document import GltfDocument, Json, read_document
from poseloom.formats.gltf_nodes import (
    NodeSkeleton,
    NodeTree,
    compose,
    find_skeleton,
    quaternion_of,
    read_nodes,
    stored_parts,
)
from poseloom.formats.gltf_read import JointMap, motion_of_nodes
from poseloom.formats.gltf_record import KEY
from poseloom.formats.joint_maps import Match, find_joints
from poseloom.formats.node_motion import rotation_part
from poseloom.formats.rest_alignment import RestAlignment, align
from poseloom.formats.skeleton_motion import Array
from poseloom.formats.vrm import humanoid_joints
from poseloom.pose.clips import grounded
from poseloom.pose.contact import ContactFigure
from poseloom.pose.joints import JOINT_INDEX, JOINT_NAMES, PARENTS
from poseloom.pose.kinematics import forward_kinematics
from poseloom.pose.skeleton import rest_offsets
from poseloom.pose.types import Clip, Pose

_STANDS = 0.35
"""Part of the leg's length within which ankles must be above the origin for y = 0 to be the floor."""
_LEG = ("hip", "knee", "ankle")
_MIME = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp", ".ktx2": "image/ktx2"}


@dataclass(frozen=True)
class OntoReport:
    """What came of putting a clip on a character.

    Args:
        skeleton: family of its skeleton.
        driven: our joints that move a bone of it.
        still: our joints that it has no bone for.
        remarks: what had to be guessed, one line each.
    """

    skeleton: str
    driven: tuple[str, ...]
    still: tuple[str, ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Rig:
    """A character that is understood: its nodes, its skeleton among them, and how ours lies in it."""

    document: GltfDocument
    tree: NodeTree
    skeleton: NodeSkeleton
    match: Match
    alignment: RestAlignment
    family: str


def write_onto(clip: Clip, character: str | Path, path: str | Path, joint_map: JointMap | None = None) -> OntoReport:
    """Write a clip as animation of a rigged character.

    The clip is put on the floor, its way is scaled by the length of the legs. Bones that we have no joint for, such as
    hair, helpers and fingers of a clip of 22 joints, keep their stored place in their parent.

    Args:
        clip: the motion.
        character: a .glb, .gltf or .vrm with a skin: Mixamo, VRM, Ready Player Me, or any with a `joint_map`.
        path: the GLB to write. The new animation is its first one, the one that viewers play.
        joint_map: {our joint: the character's node} or a JSON file with it.

    Raises:
        FileError: the character is damaged, has no skeleton, an unknown one, or its rest pose does not stand.
    """
    check_character(character)
    rig = _understood(read_document(character), joint_map)
    motion = grounded(clip)
    turns = _turns(rig, motion)
    driven = _driven_nodes(rig, motion.pose.joints)
    tracks = _tracks(rig, turns, driven, _places(rig, motion))
    content, binary = _with_animation(rig.document, tracks, clip)
    write_chunks(path, content, binary)
    names = tuple(JOINT_NAMES[joint] for joint in sorted(driven.values()))
    still = tuple(name for name in JOINT_NAMES[: motion.pose.joints] if name not in names)
    return OntoReport(rig.family, names, still, (*rig.match.remarks, *rig.alignment.remarks))


def _understood(document: GltfDocument, joint_map: JointMap | None) -> _Rig:
    tree = read_nodes(document)
    humanoid = humanoid_joints(document)
    skeleton = find_skeleton(tree, humanoid.values() if humanoid else ())
    motion = motion_of_nodes(tree, skeleton, tree.world({}, skeleton.nodes), 30.0)
    place = {node: index for index, node in enumerate(skeleton.nodes)}
    own = joint_map
    if own is None and humanoid is not None and set(humanoid.values()) <= set(place):
        own = {ours: motion.skeleton.names[place[node]] for ours, node in humanoid.items()}
    match = find_joints(motion, document.path, own)
    family = "VRM humanoid" if own is not None and joint_map is None else match.family.name
    return _Rig(document, tree, skeleton, match, align(motion, match, document.path), family)


def _driven_nodes(rig: _Rig, joints: int) -> dict[int, int]:
    """Place in the skeleton -> our joint that drives it; a joint that lies between two of its bones drives none."""
    pairs = ((source.joint, ours) for ours, source in rig.match.sources.items() if source.other is None)
    return {place: ours for place, ours in pairs if ours < joints}


# -- rotations and places ------------------------------------------------------------------------------------------


def _turns(rig: _Rig, clip: Clip) -> Float64[Array, "frames joints 3 3"]:
    """Global rotations of the character's bones since its rest, by our joint, in the file's axes."""
    joints = clip.pose.joints
    local = clip.pose.to("cpu").matrices().double()
    everywhere = forward_kinematics(local, rest_offsets()[:joints].double(), PARENTS[:joints])[0].numpy()
    axes = rig.alignment.axes
    turns = np.empty_like(everywhere)
    for joint in range(joints):
        own = rig.alignment.joints.get(joint, axes.T)
        turns[:, joint] = axes.T @ everywhere[:, joint] @ own.T
    return turns


def _places(rig: _Rig, clip: Clip) -> Float64[Array, "frames 3"]:
    """Where the pelvis goes in the file's axes: our way on the character's legs, so that our floor becomes its own."""
    metres, axes = rig.alignment.metres_per_unit, rig.alignment.axes
    rest = rig.skeleton.rest[:, :3, 3] @ axes.T * metres
    at = {JOINT_NAMES[ours]: rest[source.joint] for ours, source in rig.match.sources.items()}
    ours = dict(zip(JOINT_NAMES, rest_offsets().double().numpy(), strict=True))
    own_leg = sum(float(np.linalg.norm(ours[f"left_{joint}"])) for joint in _LEG[1:])
    leg = sum(float(np.linalg.norm(at[f"left_{b}"] - at[f"left_{a}"])) for a, b in pairwise(_LEG))
    ratio = leg / own_leg
    height = -float(ContactFigure.of(Pose.identity().matrices().double()).lower_edges().min())
    sole = height - own_leg + float(ours["left_hip"][1])
    ankle = float(at["left_ankle"][1] + at["right_ankle"][1]) / 2
    below = 0.0 if 0 <= ankle <= _STANDS * leg else ankle - ratio * sole
    hangs = abs(at["pelvis"][1]) < _STANDS * leg  # made around its pelvis: the scene's floor is y = 0 all the same
    start = at["pelvis"] - (0.0, ratio * height + (below if hangs else 0.0), 0.0)
    translation = clip.pose.translation
    assert translation is not None  # `grounded` gives one
    return (translation.detach().cpu().double().numpy() * ratio + start) @ axes / metres


@dataclass(frozen=True, eq=False)
class _Track:
    """Keys of one property of one node."""

    node: int
    path: str
    values: Float64[Array, "frames width"]


def _tracks(
    rig: _Rig, turns: Float64[Array, "frames joints 3 3"], driven: Mapping[int, int], places: Float64[Array, "frames 3"]
) -> list[_Track]:
    """Local keys of the driven nodes, parents first: each one's share after what its ancestors do already."""
    tree, skeleton = rig.tree, rig.skeleton
    rest_turns = rotation_part(skeleton.rest)
    world = {node: matrix for node, matrix in tree.world({}, skeleton.nodes[:1]).items() if node != skeleton.nodes[0]}
    tracks = []
    for place, node in enumerate(skeleton.nodes):
        parent = tree.parents[node]
        above = world[parent] if parent >= 0 else np.eye(4)[None]
        translation, rotation, scale = stored_parts(rig.document, node)
        if place in driven:
            back = np.swapaxes(rotation_part(above), -1, -2)
            rotation = quaternion_of(back @ turns[:, driven[place]] @ rest_turns[place])
            tracks.append(_Track(node, "rotation", continuous_quaternions(rotation)))
        if driven.get(place) == JOINT_INDEX["pelvis"]:
            homogeneous = np.concatenate([places, np.ones((len(places), 1))], axis=1)[..., None]
            translation = np.linalg.solve(np.broadcast_to(above, (len(places), 4, 4)), homogeneous)[:, :3, 0]
            tracks.append(_Track(node, "translation", translation))
        world[node] = above @ compose(translation, rotation, scale)
    return tracks


# -- the file ------------------------------------------------------------------------------------------------------


def _with_animation(document: GltfDocument, tracks: list[_Track], clip: Clip) -> tuple[Json, bytes]:
    """The document's JSON and bytes with the tracks as its first animation; what was there is kept as it is."""
    content: Json = dict(document.content)
    binary = _merged(document, content)
    buffer = Buffer()
    clock = buffer.add((np.arange(len(clip)) / clip.fps).astype(np.float32), bounds=True)
    outputs = [buffer.add(track.values.astype(np.float32)) for track in tracks]
    first_accessor, first_view = len(document.rows("accessors")), len(content.get("bufferViews", []))
    views = [view | {"byteOffset": view["byteOffset"] + len(binary)} for view in buffer.views]
    accessors = [row | {"bufferView": row["bufferView"] + first_view} for row in buffer.accessors]
    content["bufferViews"] = [*content.get("bufferViews", []), *views]
    content["accessors"] = [*document.rows("accessors"), *accessors]
    animation = {
        "name": clip.name or "poseloom",
        "samplers": [
            {"input": clock + first_accessor, "output": output + first_accessor, "interpolation": "LINEAR"}
            for output in outputs
        ],
        "channels": [
            {"sampler": number, "target": {"node": track.node, "path": track.path}}
            for number, track in enumerate(tracks)
        ],
    }
    content["animations"] = [animation, *document.rows("animations")]
    content["nodes"] = _without_matrices(document, {track.node for track in tracks})
    _drop_record(content)
    binary += buffer.content()
    head = content["buffers"][0] if content.get("buffers") else {}
    content["buffers"] = [{key: value for key, value in head.items() if key != "uri"} | {"byteLength": len(binary)}]
    return content, binary


def _merged(document: GltfDocument, content: Json) -> bytes:
    """All buffers and images beside the file as one, the views moved along; a single buffer stays as it is."""
    parts: list[bytes] = []
    starts: list[int] = []
    for number in range(len(document.rows("buffers"))):
        starts.append(sum(map(len, parts)))
        parts.append(_padded(document.buffer(number, "buffers")))
    views = []
    for number, view in enumerate(document.rows("bufferViews")):
        start = starts[document.index(view.get("buffer"), len(starts), f"bufferView {number}", "buffer")]
        moved = view if start == 0 else view | {"byteOffset": view.get("byteOffset", 0) + start}
        views.append(moved | {"buffer": 0} if view["buffer"] else moved)
    images = []
    for number, image in enumerate(document.rows("images")):
        uri = image.get("uri")
        if isinstance(uri, str) and not uri.startswith("data:"):
            data = document.uri(uri, f"image {number}")
            views.append({"buffer": 0, "byteOffset": sum(map(len, parts)), "byteLength": len(data)})
            parts.append(_padded(data))
            kind = image.get("mimeType") or _MIME.get(Path(uri).suffix.lower(), "image/png")
            image = {key: value for key, value in image.items() if key != "uri"}
            image |= {"bufferView": len(views) - 1, "mimeType": kind}
        images.append(image)
    if views:
        content["bufferViews"] = views
    if images:
        content["images"] = images
    return b"".join(parts)


def _without_matrices(document: GltfDocument, animated: set[int]) -> list[Json]:
    """The nodes; animated ones must be stored by translation, rotation and scale."""
    rows = []
    for node, row in enumerate(document.rows("nodes")):
        if node in animated and "matrix" in row:
            parts = zip(("translation", "rotation", "scale"), stored_parts(document, node), strict=True)
            row = {key: value for key, value in row.items() if key != "matrix"}
            row |= {key: value[0].tolist() for key, value in parts}
        rows.append(row)
    return rows


def _drop_record(content: Json) -> None:
    """The clip that poseloom stored in a file of its own is no longer the one that it shows."""
    extras = content["asset"].get("extras")
    if isinstance(extras, dict) and KEY in extras:
        kept: dict[str, Any] = {key: value for key, value in extras.items() if key != KEY}
        content["asset"] = {key: value for key, value in content["asset"].items() if key != "extras"}
        if kept:
            content["asset"]["extras"] = kept


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)


def check_character(path: str | Path) -> None:
    """Raise for a character of a format that cannot be written back."""
    suffix = Path(path).suffix.lower()
    if suffix not in (".glb", ".gltf", ".vrm"):
        remedy = "in Blender: File > Import, then File > Export > glTF 2.0 (.glb)"
        raise FileError(
            path, f"a character is a .glb, .gltf or .vrm file, not {suffix or 'one without suffix'}", remedy=remedy
        )
