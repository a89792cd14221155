"""FBX files as clips: transforms of the models in time, their rest pose, and from there the way of every skeleton.

A model's transform is T Roff Rp Rpre R Rpost^-1 Rp^-1 Soff Sp S Sp^-1 (Autodesk, "FBX SDK Programmer's Guide: Computing
transformation matrices"); angles are degrees, "XYZ" turns about x first, pre- and post-rotation are always XYZ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Float64

from poseloom.base.errors import FileError, closest
from poseloom.formats.fbx.curves import Curve
from poseloom.formats.fbx.scene import Curves, Model, Scene, read_scene
from poseloom.formats.node_motion import (
    MAXIMUM_FRAMES,
    MAXIMUM_MATRICES,
    common_ancestor,
    frame_grid,
    motion_from_nodes,
    note_animations,
)
from poseloom.formats.reading_options import ReadingOptions
from poseloom.formats.retarget import retarget
from poseloom.formats.skeleton_motion import MAXIMUM_JOINTS, Array, SkeletonMotion, from_euler
from poseloom.pose.types import Clip

_ORDERS = ("XYZ", "XZY", "YZX", "YXZ", "ZXY", "ZYX", "XYZ")
"""By number; the last one, spherical, is read as XYZ."""
_BONES = {"LimbNode", "Limb", "Root", "Effector"}
_NO_BONES = {"Mesh", "Camera", "CameraSwitcher", "Light", "NurbsCurve", "Line", "Optical"}
_CENTIMETRE = 0.01


def read_fbx(
    path: str | Path,
    joint_map: Mapping[str, str] | str | Path | None = None,
    animation: str | None = None,
    *,
    up: str | None = None,
    unit: str | float | None = None,
    fps: float | None = None,
) -> Clip:
    """Read the animation of a rigged character from a FBX file as poses.

    A file without animation gives the pose that it is stored in, as a clip of one frame.

    Args:
        path: binary or text FBX, version 6.1 to 7.7.
        joint_map: {our joint: the file's model} or a JSON file with it, for skeletons that are not known.
        animation: name of the animation (stack or take); by default the first that moves a model.
        up, unit, fps: what the user says of the file; see `poseloom.formats.reading_options`.

    Raises:
        FileError: the file is damaged, has no skeleton, or its skeleton is unknown or never stands.
    """
    scene = read_scene(path)
    name, curves = _chosen(scene, animation)
    options = ReadingOptions(joint_map, up, unit, fps)
    problems: list[FileError] = []
    for motion in _motions(scene, curves):
        try:
            clip = retarget(motion, path, joint_map, options)
        except FileError as error:
            problems.append(error)
            continue
        notes = clip.notes | {"animation": name or "none: the pose of the file"}
        moving = [each for each, own in scene.animations.items() if own]
        return replace(clip, notes=note_animations(notes, moving, animation))
    raise problems[0]


def read_fbx_motion(path: str | Path, animation: str | None = None) -> SkeletonMotion:
    """Read a FBX file on its own skeleton, its joints in the world's axes at rest, +Y up."""
    scene = read_scene(path)
    return _motions(scene, _chosen(scene, animation)[1])[0]


def _chosen(scene: Scene, animation: str | None) -> tuple[str, dict[object, Curves]]:
    if animation is None:
        return next(((name, curves) for name, curves in scene.animations.items() if curves), ("", {}))
    if animation not in scene.animations:
        known = ", ".join(scene.animations) or "none"
        scene.fail("animations", f"none is called {animation!r}{closest(animation, tuple(scene.animations))}", known)
    return animation, scene.animations[animation]


def _motions(scene: Scene, curves: Mapping[object, Curves]) -> list[SkeletonMotion]:
    """The motion, with each rest pose that the file may mean, the most trustworthy first."""
    order, parents = _skeleton(scene, curves)
    start, fps, frames = frame_grid(
        [curve.times for own in curves.values() for triple in own.values() for curve in triple if curve is not None],
        scene.fps(),
    )
    if frames > MAXIMUM_FRAMES or frames * len(order) > MAXIMUM_MATRICES:
        scene.fail("animation", f"has too many frames for {len(order)} joints", "export a shorter part of it")
    times = start + np.arange(frames) / fps
    models = [scene.models[key] for key in order]
    axes = _world_axes(scene)
    above = _above(scene, models[0])
    moving = _world(models, parents, above, curves, times, axes)
    unit = _CENTIMETRE * scene.setting("UnitScaleFactor", 1.0)
    names = [model.name for model in models]
    return [
        motion_from_nodes(names, parents, rest, moving, fps, unit)
        for rest in _rests(scene, models, parents, above, axes)
    ]


def _skeleton(scene: Scene, curves: Mapping[object, Curves]) -> tuple[list[object], list[int]]:
    """Keys of the models that make up the skeleton, parents first, and where each one's parent is among them."""
    models = scene.models
    children: dict[object, list[object]] = {}
    for key, model in models.items():
        children.setdefault(model.parent, []).append(key)
    order: list[object] = []
    level = children.get(None, [])
    while level:
        order += level
        level = [child for key in level for child in children.get(key, [])]
    usable = [key for key in order if models[key].kind not in _NO_BONES]
    members = {key for key in usable if models[key].kind in _BONES} or set(usable) & set(curves) or set(usable)
    if not members:
        scene.fail("Objects", "has no skeleton", "export a rigged character with its animation")
    root = common_ancestor({key: models[key].parent for key in order}, members)
    chosen: list[object] = []
    place: dict[object, int] = {}
    for key in order:
        if key == root or (models[key].parent in place and models[key].kind not in _NO_BONES):
            place[key] = len(chosen)
            chosen.append(key)
    if len(chosen) > MAXIMUM_JOINTS:
        scene.fail("Objects", f"the skeleton has {len(chosen)} models, at most {MAXIMUM_JOINTS} are read")
    return chosen, [place.get(models[key].parent, -1) for key in chosen]


def _above(scene: Scene, root: Model) -> list[Model]:
    """The models above the skeleton, highest first."""
    found: list[Model] = []
    key = root.parent
    while key is not None:
        found.insert(0, scene.models[key])
        key = found[0].parent
    return found


def _world(
    models: list[Model],
    parents: list[int],
    above: list[Model],
    curves: Mapping[object, Curves],
    times: Float64[Array, " frames"],
    axes: Float64[Array, "4 4"],
) -> list[Float64[Array, "#frames 4 4"]]:
    start = axes[None]
    for model in above:
        start = start @ local_transform(model, curves.get(model.key, {}), times)
    found: list[Array] = []
    for model, parent in zip(models, parents, strict=True):
        own = local_transform(model, curves.get(model.key, {}), times)
        found.append((start if parent < 0 else found[parent]) @ own)
    return found


def local_transform(model: Model, curves: Curves, times: Float64[Array, " frames"]) -> Float64[Array, "#frames 4 4"]:
    """Transforms of a model relative to its parent."""
    translation = _values(model, curves, "Lcl Translation", 0.0, times)
    angles = _values(model, curves, "Lcl Rotation", 0.0, times)
    scale = _values(model, curves, "Lcl Scaling", 1.0, times)
    order, before, after = "XYZ", np.eye(3), np.eye(3)
    if model.number("RotationActive"):
        order = _ORDERS[model.number("RotationOrder") % len(_ORDERS)]
        before = turn_of(model.vector("PreRotation"), "XYZ")
        after = turn_of(model.vector("PostRotation"), "XYZ").T
    turn = before @ turn_of(angles, order) @ after
    rotation_pivot, scaling_pivot = model.vector("RotationPivot"), model.vector("ScalingPivot")
    linear = turn * scale[:, None, :]
    inner = model.vector("ScalingOffset") + scaling_pivot - rotation_pivot
    place = translation + model.vector("RotationOffset") + rotation_pivot + turn @ inner - linear @ scaling_pivot
    matrix = np.zeros((max(len(linear), len(place)), 4, 4))
    matrix[:, :3, :3], matrix[:, :3, 3], matrix[:, 3, 3] = linear, place, 1
    return matrix


def turn_of(degrees: Float64[Array, "*batch 3"], order: str) -> Float64[Array, "*batch 3 3"]:
    """Rotation by three angles (x, y, z), the first letter of `order` first."""
    axes = order[::-1]
    return from_euler(np.stack([degrees[..., "XYZ".index(axis)] for axis in axes], axis=-1), axes)


def _values(
    model: Model, curves: Curves, name: str, default: float, times: Float64[Array, " frames"]
) -> Float64[Array, "#frames 3"]:
    """A property in time; one row where no curve changes it."""
    stored = model.vector(name, default)
    own: list[Curve | None] = curves.get(name, [None] * 3)
    if not any(own):
        return stored[None]
    columns = [np.full(len(times), stored[k]) if curve is None else curve.at(times) for k, curve in enumerate(own)]
    return np.stack(columns, axis=-1)


# -- rest poses and axes -------------------------------------------------------------------------------------------


def _rests(
    scene: Scene, models: list[Model], parents: list[int], above: list[Model], axes: Float64[Array, "4 4"]
) -> list[Float64[Array, "joints 4 4"]]:
    """The bind pose; all joints' own rotations zero, which is a character's rest in Maya; the stored pose."""
    now = np.zeros(1)
    stored = np.concatenate(_world(models, parents, above, {}, now, axes))
    zero = [replace(model, properties=model.properties | {"Lcl Rotation": [0.0, 0.0, 0.0]}) for model in models]
    unturned = np.concatenate(_world(zero, parents, above, {}, now, axes))
    bind = np.empty_like(stored)
    for place, (model, parent) in enumerate(zip(models, parents, strict=True)):
        if model.key in scene.bind:
            bind[place] = axes @ scene.bind[model.key]
        elif parent < 0:
            bind[place] = stored[place]
        else:
            bind[place] = bind[parent] @ np.linalg.solve(stored[parent], stored[place])
    has_orient = any(np.any(model.vector("PreRotation")) for model in models if model.number("RotationActive"))
    others = [unturned, stored] if has_orient else [stored, unturned]
    return [bind, *others] if any(model.key in scene.bind for model in models) else others


def _world_axes(scene: Scene) -> Float64[Array, "4 4"]:
    """From the file's axes to +Y up, +Z front: what the settings call up, front and sideways."""
    matrix = np.eye(4)
    for row, (name, default) in enumerate((("Coord", 0), ("Up", 1), ("Front", 2))):
        axis = int(scene.setting(f"{name}Axis", default))
        sign = scene.setting(f"{name}AxisSign", 1)
        matrix[row, :3] = (1 if sign >= 0 else -1) * np.eye(3)[axis % 3]
    return matrix if np.linalg.det(matrix) > 0.5 else np.eye(4)
