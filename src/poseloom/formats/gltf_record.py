"""The clip itself inside a GLB that poseloom writes, so that it comes back exactly.

A skinned body has its own rest pose and joints, and turning those back to ours rounds and loses the hands' and the
face's rest. So the poses are stored as further accessors that viewers do not look at, named in ``asset.extras``, with
a checksum over the nodes and the animation: a file that another program changed is read by its skeleton instead.
"""

from __future__ import annotations

import json
import zlib
from typing import Any

import numpy as np
import torch

from poseloom.base.errors import FileError, PoseloomError
from poseloom.formats.glb_container import Buffer
from poseloom.formats.gltf_document import GltfDocument, Json
from poseloom.formats.reading_options import REMARKS
from poseloom.pose.types import Clip, Pose

KEY = "poseloom"
_VERSION = 1
_FIELDS = ("rotations", "translation", "shape", "face")
_MAXIMUM_AXES = 3


def add_record(document: Json, buffer: Buffer, clip: Clip) -> Json:
    """`document` with the clip in its ``asset.extras``; the arrays go into the buffer."""
    arrays: dict[str, Any] = {}
    for name in _FIELDS:
        tensor = getattr(clip.pose, name)
        if tensor is not None:
            values = tensor.detach().cpu().to(torch.float32).numpy()
            arrays[name] = {"accessor": buffer.add(values.reshape(-1)), "shape": list(values.shape)}
    record = {
        "version": _VERSION,
        "fps": clip.fps,
        "name": clip.name,
        "shape_model": clip.pose.shape_model,
        "notes": _plain(clip.notes),
        "arrays": arrays,
        "checksum": _checksum(document, buffer.content(), buffer.accessors, buffer.views),
    }
    asset = {"version": "2.0", "generator": "poseloom", "extras": {KEY: record}}
    return {"asset": asset, **document}


def read_record(document: GltfDocument) -> Clip | None:
    """The clip that poseloom wrote into the file; None where there is none or the file was changed since."""
    extras = document.content["asset"].get("extras")
    record = extras.get(KEY) if isinstance(extras, dict) else None
    if not isinstance(record, dict) or record.get("version") != _VERSION or document.binary is None:
        return None
    try:
        accessors, views = document.rows("accessors"), document.rows("bufferViews")
        if record.get("checksum") != _checksum(document.content, document.binary, accessors, views):
            return None
        arrays = record["arrays"]
        fields = {name: _tensor(document, arrays[name]) for name in _FIELDS if name in arrays}
        pose = Pose(**fields, shape_model=str(record.get("shape_model", "")))
        notes = record.get("notes")
        return Clip(pose, float(record["fps"]), str(record["name"]), notes if isinstance(notes, dict) else {})
    except FileError:
        raise
    except (PoseloomError, ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError):
        return None


def _tensor(document: GltfDocument, row: Json) -> torch.Tensor:
    values = document.accessor(row["accessor"], "asset.extras")
    shape = tuple(int(size) for size in row["shape"])
    if len(shape) > _MAXIMUM_AXES or min(shape) < 0:
        raise ValueError("a shape that no field has")
    return torch.from_numpy(values.astype(np.float32).reshape(shape))


def _checksum(document: Json, binary: bytes, accessors: list[Json], views: list[Json]) -> int:
    """Of what makes up the motion: nodes, channels, and the keys of the animations."""
    nodes = [
        [row.get(key) for key in ("translation", "rotation", "scale", "matrix", "children")]
        for row in document.get("nodes", [])
    ]
    animations = [[row.get("channels"), row.get("samplers")] for row in document.get("animations", [])]
    total = zlib.crc32(json.dumps([nodes, animations]).encode())
    for animation in document.get("animations", []):
        for sampler in animation["samplers"]:
            for accessor in (sampler["input"], sampler["output"]):
                view = views[accessors[accessor]["bufferView"]]
                start = view.get("byteOffset", 0)
                total = zlib.crc32(binary[start : start + view["byteLength"]], total)
    return total


def _plain(notes: dict[str, Any]) -> dict[str, Any]:
    """Notes that JSON can hold, without what a reader guessed."""
    kept = {}
    for key, value in notes.items():
        if key == REMARKS:
            continue
        try:
            json.dumps(value, allow_nan=False)
        except (TypeError, ValueError):
            continue
        kept[str(key)] = value
    return kept
