"""HumanData: the common annotation file of MMHuman3D and of the benchmark of mesh recovery, both ways.

A compressed npz that acts as a table: ``image_path``, ``bbox_xywh`` (N, 5), ``keypoints2d`` (N, K, 3) and
``keypoints3d`` (N, K, 4) over 190 names, each with a mask of those that the data set has, ``smpl`` or ``smplx`` (a
table of ``body_pose``, ``global_orient``, ``betas``, ``transl``), ``has_smpl``, ``meta``. Where
``__keypoints_compressed__`` is true, the columns of the mask alone are stored, in order. Tables in it are pickled: they
are read as data, nothing is run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float32
from numpy import ndarray as Array

from poseloom.base.errors import FileError
from poseloom.base.files import atomic_write
from poseloom.formats.arrays import LARGEST_ANGLE, LARGEST_COEFFICIENT, LARGEST_LENGTH, numbers
from poseloom.formats.npz_files import NpzArchive, open_npz
from poseloom.pose.keypoints import names

CONVENTION = "human_data"
BODY_JOINTS = {"smpl": 23, "smplx": 21, "smplh": 21}
"""Joints of ``body_pose`` for each body."""
_LARGEST = 1e6
_AGAIN = "export the file again"
_LENGTHS = ("__data_len__", "__temporal_len__")


@dataclass(frozen=True, eq=False)
class BodyParameters:
    """The bodies of all samples, radians and metres; SMPL's own translation.

    Args:
        model: smpl, smplx or smplh.
        present: which samples have one.
    """

    model: str
    global_orient: Float32[Array, "samples 3"]
    body_pose: Float32[Array, "samples joints 3"]
    betas: Float32[Array, "samples coefficients"]
    transl: Float32[Array, "samples 3"] | None
    present: Bool[Array, " samples"]


@dataclass(frozen=True, eq=False)
class HumanData:
    """The samples of a file.

    Args:
        image_path: relative to the folder of the data set.
        boxes: x, y, width, height, score; None where the file has none.
        keypoints2d: x, y (pixels), confidence of 190 names; keypoints3d: x, y, z (metres), confidence.
        mask2d, mask3d: which of the names the data set has.
        body: None where the file has no bodies.
        gender: ``m``, ``f`` or ``n`` of each sample; empty where the file does not tell.
        config: name of the data set.
    """

    image_path: list[str]
    boxes: Float32[Array, "samples 5"] | None = None
    keypoints2d: Float32[Array, "samples names 3"] | None = None
    keypoints3d: Float32[Array, "samples names 4"] | None = None
    mask2d: Bool[Array, " names"] | None = None
    mask3d: Bool[Array, " names"] | None = None
    body: BodyParameters | None = None
    gender: list[str] = field(default_factory=list)
    config: str = ""

    def __len__(self) -> int:
        return len(self.image_path)


def human_data_length(path: Path) -> int:
    """Number of samples, from the headers of the arrays.

    Raises:
        FileError: no HumanData file.
    """
    archive = open_npz(path)
    for name in ("image_path", "bbox_xywh", "keypoints2d", "keypoints3d"):
        if name in archive:
            header = archive.header(name)
            return header.shape[0] if header.shape else _told_length(archive)
    for model in BODY_JOINTS:  # a file of bodies alone, such as cmu_mosh.npz
        table = _plain(archive[model]) if model in archive else None
        if isinstance(table, Mapping) and "global_orient" in table:
            return len(np.asarray(table["global_orient"]))
    if "slice_size" in archive:
        raise FileError(path, "is a cache in slices", remedy="give the HumanData file that it was made from")
    raise FileError(path, "has no image_path, bbox_xywh or keypoints", remedy="expected a HumanData file")


def read_human_data(path: Path) -> HumanData:
    """Read a file; the one that was read last is kept.

    Raises:
        FileError: no readable npz, an array of another length or number of keypoints, NaN.
    """
    there = path.stat() if path.exists() else None
    return _read(path, there and (there.st_size, there.st_mtime_ns))


def write_human_data(data: HumanData, path: str | Path, *, compressed: bool = True) -> None:
    """Write a file as MMHuman3D does; keypoints compressed to the names of their mask, or all 190.

    Raises:
        FileError: the place cannot be written.
    """
    content: dict[str, Any] = {"image_path": np.array(data.image_path)}
    if data.boxes is not None:
        content["bbox_xywh"] = data.boxes
    for name, values, mask in (
        ("keypoints2d", data.keypoints2d, data.mask2d),
        ("keypoints3d", data.keypoints3d, data.mask3d),
    ):
        if values is not None and mask is not None:
            content[name] = values[:, mask] if compressed else values
            content[f"{name}_mask"] = mask.astype(np.uint8)
            content[f"{name}_convention"] = np.array(CONVENTION)
    if data.body is not None:
        parts = ("global_orient", "body_pose", "betas", "transl")
        table = {part: getattr(data.body, part) for part in parts if getattr(data.body, part) is not None}
        content[data.body.model] = np.array(table, dtype=object)
        content["has_smpl"] = data.body.present.astype(np.uint8)
    if data.gender:
        content["meta"] = np.array({"gender": data.gender}, dtype=object)
    content["config"] = np.array(data.config)
    content["__key_strict__"] = np.array(False)
    content["__data_len__"] = np.array(len(data))
    content["__keypoints_compressed__"] = np.array(compressed)
    with atomic_write(path) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, **content)


@lru_cache(maxsize=1)
def _read(path: Path, _state: object) -> HumanData:
    archive = open_npz(path)
    pictures = _strings(path, archive)
    count = len(pictures) or human_data_length(path)
    points, masks = {}, {}
    for name, width in (("keypoints2d", 3), ("keypoints3d", 4)):
        if name in archive:
            points[name], masks[name] = _keypoints(path, archive, name, width, count)
    return HumanData(
        image_path=pictures or [""] * count,
        boxes=_boxes(path, archive, count),
        keypoints2d=points.get("keypoints2d"),
        keypoints3d=points.get("keypoints3d"),
        mask2d=masks.get("keypoints2d"),
        mask3d=masks.get("keypoints3d"),
        body=_body(path, archive, count),
        gender=_gender(archive, count),
        config=archive.text("config") if "config" in archive else "",
    )


def _strings(path: Path, archive: NpzArchive) -> list[str]:
    if "image_path" not in archive:
        return []
    array = archive["image_path"]
    values = _plain(array)
    found = values.tolist() if isinstance(values, np.ndarray) else list(values)
    if not all(isinstance(one, str) for one in found):
        raise FileError(path, "expected a list of paths", field="image_path", remedy=_AGAIN)
    return found


def _boxes(path: Path, archive: NpzArchive, count: int) -> Float32[Array, "samples 5"] | None:
    if "bbox_xywh" not in archive:
        return None
    boxes = numbers(path, "bbox_xywh", archive["bbox_xywh"], (count, "4 or 5"), largest=_LARGEST)
    if boxes.shape[1] == 4:
        return np.concatenate([boxes, np.ones_like(boxes[:, :1])], 1)
    if boxes.shape[1] != 5:
        raise FileError(path, f"has {boxes.shape[1]} columns, expected 4 or 5", field="bbox_xywh", remedy=_AGAIN)
    return boxes


def _keypoints(path: Path, archive: NpzArchive, name: str, width: int, count: int) -> tuple[Any, Any]:
    """All names, those that the file leaves out as zeros; and the mask."""
    values = numbers(path, name, archive[name], (count, "points", width), largest=_LARGEST)
    masked = f"{name}_mask"
    mask = np.ones(values.shape[1], bool)
    if masked in archive:
        mask = np.asarray(archive[masked]).reshape(-1).astype(bool)
    total = len(names(CONVENTION))
    if len(mask) > total:
        raise FileError(path, f"has {len(mask)} names, at most {total} are known", field=masked, remedy=_AGAIN)
    if values.shape[1] not in (len(mask), int(mask.sum())):
        problem = f"has {values.shape[1]} points, expected {len(mask)} or the {int(mask.sum())} of its mask"
        raise FileError(path, problem, field=name, remedy=_AGAIN)
    full, known = np.zeros((count, total, width), np.float32), np.zeros(total, bool)
    known[: len(mask)] = mask
    if values.shape[1] == len(mask):
        full[:, : len(mask)] = values
        full[:, ~known] = 0
    else:
        full[:, known] = values
    return full, known


def _body(path: Path, archive: NpzArchive, count: int) -> BodyParameters | None:
    model = next((one for one in BODY_JOINTS if one in archive), None)
    if model is None:
        return None
    table = _plain(archive[model])
    if not isinstance(table, Mapping):
        raise FileError(path, f"holds a {type(table).__name__}, expected a table of arrays", field=model, remedy=_AGAIN)
    if not {"global_orient", "body_pose", "betas"} <= set(table):
        problem = "expected body_pose, global_orient and betas"
        raise FileError(path, problem, field=model, remedy=_AGAIN)
    joints = BODY_JOINTS[model]
    body_pose = np.asarray(table["body_pose"])
    if body_pose.ndim == 2:
        body_pose = body_pose.reshape(len(body_pose), -1, 3) if body_pose.shape[1] % 3 == 0 else body_pose
    orient = np.asarray(table["global_orient"])
    orient = orient.reshape(len(orient), -1) if orient.ndim > 2 else orient
    transl = table.get("transl")
    present = np.asarray(_plain(archive["has_smpl"])).reshape(-1) if "has_smpl" in archive else np.ones(count)
    if len(present) != count:
        raise FileError(path, f"holds {len(present)} values for {count} samples", field="has_smpl", remedy=_AGAIN)
    return BodyParameters(
        model,
        numbers(path, f"{model}: global_orient", orient, (count, 3), largest=LARGEST_ANGLE),
        numbers(path, f"{model}: body_pose", body_pose, (count, joints, 3), largest=LARGEST_ANGLE),
        numbers(path, f"{model}: betas", table["betas"], (count, "k"), largest=LARGEST_COEFFICIENT),
        None if transl is None else numbers(path, f"{model}: transl", transl, (count, 3), largest=LARGEST_LENGTH),
        present > 0,
    )


def _gender(archive: NpzArchive, count: int) -> list[str]:
    meta = _plain(archive["meta"]) if "meta" in archive else None
    told = meta.get("gender") if isinstance(meta, Mapping) else None
    if told is None or isinstance(told, str) or len(told) != count:
        return []
    return [str(one)[:1].lower() for one in told]


def _told_length(archive: NpzArchive) -> int:
    for name in _LENGTHS:
        if name in archive and archive.number(name) >= 0:
            return int(archive.number(name))
    return len(_strings(archive.path, archive))


def _plain(array: Any) -> Any:
    """What a 0-d array of an object holds."""
    return array.item() if isinstance(array, np.ndarray) and array.ndim == 0 else array
