"""glTF and GLB in: skinned animations of Mixamo, VRM, Ready Player Me and others as clips, poseloom's own exactly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from poseloom.formats.gltf_animation import animation_names, read_channels
from poseloom.formats.gltf_document import GltfDocument, read_document
from poseloom.formats.gltf_nodes import NodeSkeleton, NodeTree, animated_locals, find_skeleton, read_nodes
from poseloom.formats.gltf_record import read_record
from poseloom.formats.node_motion import (
    MAXIMUM_FRAMES,
    MAXIMUM_MATRICES,
    frame_grid,
    motion_from_nodes,
    note_animations,
)
from poseloom.formats.reading_options import ReadingOptions
from poseloom.formats.retarget import retarget
from poseloom.formats.skeleton_motion import Array, SkeletonMotion
from poseloom.formats.vrm import humanoid_joints
from poseloom.pose.types import Clip

JointMap = Mapping[str, str] | str | Path


def read_gltf(
    path: str | Path,
    joint_map: JointMap | None = None,
    animation: str | None = None,
    *,
    up: str | None = None,
    unit: str | float | None = None,
    fps: float | None = None,
) -> Clip:
    """Read the animation of a rigged character as poses.

    A file without animations gives the pose that its nodes are stored in, as a clip of one frame. A file that poseloom
    wrote gives the clip that was written, exactly, unless it was changed since.

    Args:
        path: a .glb, .gltf (its buffers beside it or inside), .vrm or .vrma file.
        joint_map: {our joint: the file's node} or a JSON file with it, for skeletons that are not known.
        animation: name of the animation; the first by default.
        up, unit, fps: what the user says of the file; see `poseloom.formats.reading_options`.

    Raises:
        FileError: the file is damaged, has no skeleton, or its skeleton is unknown.
    """
    document = read_document(path)
    options = ReadingOptions(joint_map, up, unit, fps)
    if not options.given and animation is None:
        record = read_record(document)
        if record is not None:
            return record
    names = animation_names(document)
    motion, humanoid = _motion_of(document, animation)
    clip = retarget(motion, path, joint_map if joint_map is not None else humanoid, options)
    notes = dict(clip.notes)
    if humanoid is not None and joint_map is None:
        notes["skeleton"] = "VRM humanoid"
    notes["animation"] = animation or names[0] if names else "none: the pose of the nodes"
    return replace(clip, notes=note_animations(notes, names, animation))


def read_gltf_motion(path: str | Path, animation: str | None = None) -> SkeletonMotion:
    """Read a glTF file on its own skeleton, its joints in the world's axes at rest."""
    return _motion_of(read_document(path), animation)[0]


def _motion_of(document: GltfDocument, animation: str | None) -> tuple[SkeletonMotion, dict[str, str] | None]:
    """The motion, and which joint is which where the file says so itself (VRM)."""
    channels = read_channels(document, animation)
    tree = read_nodes(document)
    humanoid = humanoid_joints(document)
    skeleton = find_skeleton(tree, humanoid.values() if humanoid else channels)
    start, fps, frames = frame_grid([each.times for paths in channels.values() for each in paths.values()])
    if frames > MAXIMUM_FRAMES or frames * (len(channels) + len(skeleton.nodes)) > MAXIMUM_MATRICES:
        problem = f"more than {min(frames - 1, MAXIMUM_FRAMES):,} frames of {len(skeleton.nodes)} joints"
        document.fail("animation", problem, "split it, or check its times: they count in seconds")
    locals_ = animated_locals(tree, channels, start + np.arange(frames) / fps)
    motion = motion_of_nodes(tree, skeleton, tree.world(locals_, skeleton.nodes), fps)
    known = set(skeleton.nodes)
    if humanoid is None or not set(humanoid.values()) <= known:
        return motion, None
    place = {node: index for index, node in enumerate(skeleton.nodes)}
    return motion, {ours: motion.skeleton.names[place[node]] for ours, node in humanoid.items()}


def motion_of_nodes(tree: NodeTree, skeleton: NodeSkeleton, world: Mapping[int, Array], fps: float) -> SkeletonMotion:
    """A motion from the nodes' transforms in the world; glTF counts in metres."""
    names = [tree.names[node] for node in skeleton.nodes]
    moving = [world[node] for node in skeleton.nodes]
    return motion_from_nodes(names, skeleton.parents, skeleton.rest, moving, fps, 1.0)
