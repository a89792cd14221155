"""From trees of nodes with any transforms (glTF, FBX) to a `SkeletonMotion`, its joints in the world's axes at rest.

A file gives every node a place in the world at rest (the bind pose) and at every moment. What a joint has turned since
the rest is what counts: its rotation at that moment times the inverse of its rotation at rest. So scales, helpers
between joints and the files' own axes of bones all drop out.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
from jaxtyping import Float64

from poseloom.formats.reading_options import REMARKS
from poseloom.formats.skeleton_motion import MAXIMUM_VALUE, Array, SkeletonMotion, SourceSkeleton

_SHOWN = 6
"""Animations that a remark names."""
_ORTHOGONAL = 1e-5
_TINY = 1e-12
_HUMAN_EXTENT = (0.3, 4.0)
"""Metres between which the largest extent of a rest pose must be for the file's unit to be believed."""

DEFAULT_FPS = 30.0
_FPS = (10.0, 1000.0)
"""Frames a second that keys of recorded motion can have; others are keys set by hand."""
_GRID = 0.06
"""Part of a step by which keys may be off a common grid: times are float32, files of an hour have long ones."""
MAXIMUM_FRAMES = 1 << 20
MAXIMUM_MATRICES = 1 << 23
"""Frames times moving nodes: 1 GiB of matrices, an hour of 65 joints at 30 frames a second."""


def motion_from_nodes(
    names: Sequence[str],
    parents: Sequence[int],
    rest: Float64[Array, "nodes 4 4"],
    moving: Sequence[Float64[Array, "#frames 4 4"]],
    fps: float,
    metres_per_unit: float,
) -> SkeletonMotion:
    """A motion of joints that have the world's axes at rest.

    Args:
        names: what the nodes are called; equal ones are told apart by a number.
        parents: parents first, -1 for the one root.
        rest: transforms of the nodes in the world at rest.
        moving: the same through the motion.
        fps: frames a second.
        metres_per_unit: as the file states it; dropped where no human could be of that size.
    """
    turns = rotation_part(rest)
    places = rest[:, :3, 3].clip(-MAXIMUM_VALUE, MAXIMUM_VALUE)
    above = np.asarray(parents)
    offsets = places - np.where(above[:, None] >= 0, places[np.maximum(above, 0)], 0)
    frames = max(len(each) for each in moving)
    everywhere = [rotation_part(each) @ turn.T for each, turn in zip(moving, turns, strict=True)]
    local, translations = [], []
    for node, parent in enumerate(parents):
        at = moving[node][:, :3, 3].clip(-MAXIMUM_VALUE, MAXIMUM_VALUE)
        if parent < 0:
            local.append(everywhere[node])
            translations.append(at)
            continue
        back = np.swapaxes(everywhere[parent], -1, -2)
        local.append(back @ everywhere[node])
        start = moving[parent][:, :3, 3].clip(-MAXIMUM_VALUE, MAXIMUM_VALUE)
        translations.append((back @ (at - start)[..., None])[..., 0])
    skeleton = SourceSkeleton(tuple(distinct(names)), tuple(parents), offsets)
    extent = float(np.ptp(places, axis=0).max()) * metres_per_unit
    believed = metres_per_unit if _HUMAN_EXTENT[0] <= extent <= _HUMAN_EXTENT[1] else None
    return SkeletonMotion(skeleton, frames, tuple(local), tuple(translations), fps, believed)


def rotation_part(matrix: Float64[Array, "*batch 4 4"]) -> Float64[Array, "*batch 3 3"]:
    """The rotation in transforms with scale, the nearest one where they shear or mirror."""
    linear = matrix[..., :3, :3]
    length = np.linalg.norm(linear, axis=-2, keepdims=True)
    unit = linear / np.where(length > _TINY, length, 1)
    product = np.swapaxes(unit, -1, -2) @ unit
    if (np.abs(product - np.eye(3)) < _ORTHOGONAL).all() and (np.linalg.det(unit) > 0).all():
        return unit
    u, _, v = np.linalg.svd(linear)
    u[..., :, 2] *= np.sign(np.linalg.det(u @ v))[..., None]
    return u @ v


def distinct(names: Sequence[str]) -> list[str]:
    """The names, with a number behind those that were there before."""
    seen: set[str] = set()
    counts: dict[str, int] = {}
    result = []
    for name in names:
        own = name
        while own in seen:
            counts[name] = counts.get(name, 1) + 1
            own = f"{name}#{counts[name]}"
        seen.add(own)
        result.append(own)
    return result


def note_animations(notes: dict[str, Any], names: Sequence[str], chosen: str | None) -> dict[str, Any]:
    """The notes, with the names of a file's animations where it has several, and a remark that the first was read."""
    if len(names) < 2:
        return notes
    told = notes | {"animations": ", ".join(names)}
    if chosen is None:
        shown = ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
        remark = f"has {len(names)} animations, the first is read: {shown}; convert --animation NAME takes another"
        told[REMARKS] = [*notes.get(REMARKS, ()), remark]
    return told


Node = TypeVar("Node", bound=Hashable)


def common_ancestor(parents: Mapping[Node, Node | None], members: set[Node]) -> Node:
    """The lowest node that carries all members that stand in the tree of most of them."""
    lines = {node: _line(parents, node) for node in members}
    tops: dict[Node, list[Node]] = {}
    for node, line in lines.items():
        tops.setdefault(line[-1], []).append(node)
    together = max(tops.values(), key=len)
    common = set.intersection(*(set(lines[node]) for node in together))
    return next(node for node in lines[together[0]] if node in common)


def _line(parents: Mapping[Node, Node | None], node: Node) -> list[Node]:
    """The node and all above it, lowest first."""
    found, above = [node], parents[node]
    while above is not None:
        found.append(above)
        above = parents[above]
    return found


def frame_grid(times: Sequence[Float64[Array, " keys"]], stated: float | None = None) -> tuple[float, float, int]:
    """First moment, frames a second and number of frames of keys in seconds.

    The keys' own grid where they have one, also with gaps; the file's stated rate, or `DEFAULT_FPS`, where they were
    set by hand.
    """
    keyed = [each for each in times if len(each)]
    start = min((float(each[0]) for each in keyed), default=0.0)
    length = max((float(each[-1]) for each in keyed), default=0.0) - start
    steps = np.diff(max(keyed, key=len)) if keyed else np.zeros(0)
    steps = steps[steps > _TINY]
    fps = stated if stated is not None and _FPS[0] <= stated <= _FPS[1] else DEFAULT_FPS
    if len(steps) and length > 0:
        counts = np.round(steps / float(np.quantile(steps, 0.02)))
        own = counts.sum() / steps.sum()
        if _FPS[0] <= own <= _FPS[1] and (np.abs(steps * own - counts) < _GRID).all():
            fps = float(own)
    if not np.isfinite(length) or length * fps > MAXIMUM_FRAMES:
        return start, fps, MAXIMUM_FRAMES + 1
    return start, fps, int(np.floor(length * fps + 0.5 + _GRID / 2)) + 1 if length > 0 else 1
