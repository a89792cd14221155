"""What a FBX file holds: its models with their properties and parents, its animations, its bind pose, its settings.

Versions 7 name objects by numbers and connect animations to them as objects; versions 6 name them by texts and list
the animations apart, under ``Takes``. Both come out alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from jaxtyping import Float64

from poseloom.base.errors import FileError
from poseloom.formats.fbx.curves import Curve, read_curve, read_old_curve
from poseloom.formats.fbx.records import Record, read_records

_OLD = 7000
_PROPERTIES = {"Properties70": 4, "Properties60": 3}
"""Where the values of a property begin."""
_AXES = "XYZ"
_OLD_CHANNELS = {"T": "Lcl Translation", "R": "Lcl Rotation", "S": "Lcl Scaling"}
_TIME_MODES = {1: 120, 2: 100, 3: 60, 4: 50, 5: 48, 6: 30, 7: 30, 8: 29.97, 9: 29.97, 10: 25, 11: 24, 13: 23.976}
_TIME_MODES |= {15: 96, 16: 72, 17: 59.94, 18: 119.88}
_CUSTOM_TIME = 14

Curves = dict[str, list[Curve | None]]
"""Of one model: property -> its curves for x, y and z."""


@dataclass(eq=False)
class Model:
    """A node of the scene.

    Args:
        key: number or text that the file calls it by.
        name: without its class.
        kind: ``LimbNode``, ``Root``, ``Null``, ``Mesh``, ...
        properties: name -> values.
        parent: key of the model above; None at the top.
    """

    key: Any
    name: str
    kind: str
    properties: dict[str, list[Any]]
    parent: Any = None

    def vector(self, name: str, default: float = 0.0) -> Float64[np.ndarray, "3"]:
        """A property of three numbers."""
        values = [value for value in self.properties.get(name, []) if isinstance(value, (int, float))][:3]
        vector = np.array(values, np.float64) if len(values) == 3 else np.full(3, default)
        return np.where(np.isfinite(vector) & (np.abs(vector) < 1e9), vector, default)

    def number(self, name: str) -> int:
        """A property of one whole number; 0 where there is none."""
        values = self.properties.get(name, [])
        return int(values[0]) if values and isinstance(values[0], (int, bool)) else 0


@dataclass(eq=False)
class Scene:
    """A file's content as far as motion needs it.

    Args:
        models: by key.
        animations: name -> key of a model -> its curves.
        bind: by key of a model, its transform in the world at the bind pose.
        settings: the global settings' properties.
    """

    path: Path
    models: dict[Any, Model] = field(default_factory=dict)
    animations: dict[str, dict[Any, Curves]] = field(default_factory=dict)
    bind: dict[Any, Float64[np.ndarray, "4 4"]] = field(default_factory=dict)
    settings: dict[str, list[Any]] = field(default_factory=dict)

    def fail(self, place: str, problem: str, remedy: str = "export the file again") -> NoReturn:
        """Raise a `FileError` about this file."""
        raise FileError(self.path, problem, field=place, remedy=remedy)

    def setting(self, name: str, default: float) -> float:
        """A number among the global settings."""
        values = self.settings.get(name, [])
        usable = bool(values) and isinstance(values[0], (int, float)) and abs(values[0]) < 1e9
        return float(values[0]) if usable else default

    def fps(self) -> float | None:
        """Frames a second that the file states; None where it states none."""
        mode = int(self.setting("TimeMode", 0))
        fps = self.setting("CustomFrameRate", 0) if mode == _CUSTOM_TIME else _TIME_MODES.get(mode)
        return float(fps) if fps and fps > 0 else None


def read_scene(path: str | Path) -> Scene:
    """Read a FBX file.

    Raises:
        FileError: missing, damaged, or not of the versions 6.1 to 7.7.
    """
    root, version = read_records(path)
    scene = Scene(Path(path))
    objects = root.first("Objects")
    for record in objects.all("Model"):
        if record.values:
            key = record.values[0]
            kind = record.text(1) if version < _OLD else record.text(2)
            scene.models[key] = Model(key, _name(record, version), kind, _properties(record))
    for place in (root.first("GlobalSettings"), objects.first("GlobalSettings")):
        scene.settings |= _properties(place)
    links = list(_connections(root))
    for child, parent, name in links:
        if not name and child in scene.models and parent in scene.models and child != parent:
            scene.models[child].parent = parent
    try:
        _read_bind(scene, objects, links, version)
        if version < _OLD:
            scene.animations = _old_takes(root, scene)
        else:
            scene.animations = _stacks(objects, links, scene)
    except ValueError as error:
        scene.fail("Objects", f"an array {error}", "get the file again")
    return scene


def _name(record: Record, version: int) -> str:
    text = record.text(0 if version < _OLD else 1)
    return (text.split("\0", 1)[0] if "\0" in text else text.split("::", 1)[-1])[:200]


def _properties(record: Record) -> dict[str, list[Any]]:
    found = {}
    for group, start in _PROPERTIES.items():
        for row in record.first(group).children:
            if row.text(0):
                found[row.text(0)] = row.values[start:]
    return found


def _connections(root: Record) -> Iterator[tuple[Any, Any, str]]:
    """Pairs (child, parent) with the name of the property where it is one."""
    for row in root.first("Connections").children:
        if len(row.values) >= 3:
            yield row.values[1], row.values[2], row.text(3)


# -- the bind pose -------------------------------------------------------------------------------------------------


def _read_bind(scene: Scene, objects: Record, links: list[tuple[Any, Any, str]], version: int) -> None:
    """Bind poses, and where they are missing the clusters of skins; FBX writes matrices by columns."""
    clusters = {record.values[0]: record for record in objects.all("Deformer") if record.values}
    for child, parent, name in links:
        if not name and child in scene.models and parent in clusters:
            _add_bind(scene, child, clusters[parent].first("TransformLink").numbers())
    for pose in objects.all("Pose"):
        if "BindPose" in pose.values or pose.first("Type").text(0) == "BindPose":
            for row in pose.all("PoseNode"):
                node = row.first("Node").values
                if node and node[0] in scene.models and node[0] not in scene.bind:
                    _add_bind(scene, node[0], row.first("Matrix").numbers())


def _add_bind(scene: Scene, key: Any, numbers: Float64[np.ndarray, " count"]) -> None:
    if len(numbers) == 16 and np.isfinite(numbers).all() and np.abs(numbers).max() < 1e9:
        matrix = numbers.reshape(4, 4).T
        if abs(np.linalg.det(matrix[:3, :3])) > 1e-12:
            scene.bind[key] = matrix


# -- animations ----------------------------------------------------------------------------------------------------


def _stacks(objects: Record, links: list[tuple[Any, Any, str]], scene: Scene) -> dict[str, dict[Any, Curves]]:
    """Animations of version 7: stacks of layers of curve nodes, each with up to three curves. The base layer counts."""
    above: dict[Any, list[tuple[Any, str]]] = {}
    for child, parent, name in links:
        above.setdefault(child, []).append((parent, name))
    nodes = {record.values[0]: record for record in objects.all("AnimationCurveNode") if record.values}
    curves: dict[Any, list[Curve | None]] = {key: [None] * 3 for key in nodes}
    for record in objects.all("AnimationCurve"):
        for parent, name in above.get(record.values[0] if record.values else None, []):
            if parent in curves and name[:2] == "d|" and name[2:] in tuple(_AXES):
                curves[parent][_AXES.index(name[2:])] = read_curve(record)
    layer_of = _base_layers(objects, links)
    names = {record.values[0]: _name(record, _OLD) for record in objects.all("AnimationStack") if record.values}
    found: dict[str, dict[Any, Curves]] = {name: {} for name in names.values()}
    for key in nodes:
        targets = [(parent, name) for parent, name in above.get(key, []) if parent in scene.models and name]
        stacks = [names[layer_of[parent]] for parent, _ in above.get(key, []) if parent in layer_of]
        for stack in stacks:
            for model, name in targets:
                found[stack].setdefault(model, {})[name] = curves[key]
    return found


def _base_layers(objects: Record, links: list[tuple[Any, Any, str]]) -> dict[Any, Any]:
    """The first layer of each stack -> the stack."""
    stacks = {record.values[0] for record in objects.all("AnimationStack") if record.values}
    layers = {record.values[0] for record in objects.all("AnimationLayer") if record.values}
    found: dict[Any, Any] = {}
    for child, parent, _ in links:
        if child in layers and parent in stacks and parent not in found.values():
            found[child] = parent
    return found


def _old_takes(root: Record, scene: Scene) -> dict[str, dict[Any, Curves]]:
    """Animations of version 6: takes, models in them, channels in these."""
    found: dict[str, dict[Any, Curves]] = {}
    for take in root.first("Takes").all("Take"):
        models = found.setdefault(take.text(0), {})
        for row in take.all("Model"):
            key = row.values[0] if row.values else None
            whole = next((channel for channel in row.all("Channel") if channel.text(0) == "Transform"), Record(""))
            for group in whole.all("Channel"):
                if key not in scene.models or group.text(0) not in _OLD_CHANNELS:
                    continue
                by_axis = {channel.text(0): read_old_curve(channel) for channel in group.all("Channel")}
                if any(by_axis.values()):
                    curves = [by_axis.get(axis) for axis in _AXES]
                    models.setdefault(key, {})[_OLD_CHANNELS[group.text(0)]] = curves
    return found
