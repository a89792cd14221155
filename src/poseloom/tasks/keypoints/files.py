"""Keypoints as files: all of them as npz or ``.pose``, the body's as COCO, OpenPose, MediaPipe or CSV."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from poseloom.base.errors import FileError, PoseloomError, closest
from poseloom.base.files import atomic_write
from poseloom.formats.keypoint_files.write import write_coco, write_csv, write_openpose
from poseloom.formats.npz_files import open_npz
from poseloom.formats.pose_file import Component, PoseSequence, write_pose_file
from poseloom.formats.pose_file.joints import holistic_components
from poseloom.images.roi import Roi
from poseloom.results.keypoints import Keypoints

MOST_PEOPLE = 64
"""In a ``.pose`` file, in which everybody takes room in every frame."""
_FACE_POINTS = 468
_WORLD = "POSE_WORLD_LANDMARKS"
_OPTIONAL = ("hands", "hands_world", "face")
_ROWS = ("frame", "person", "points", "world", "visibility", "scores")
_DECIMALS = 6
_PICTURE_RATE = 30.0
"""Frames a second of a ``.pose`` file with a single picture, which has to have some."""


@dataclass(frozen=True)
class FileFormat:
    """A way to store keypoints.

    Args:
        suffix: how its files end; several formats share ``.json``, of which the first is the usual one.
        title: what it is.
        write: keypoints and path.
    """

    suffix: str
    title: str
    write: Callable[[Keypoints, Path], None]


def save_keypoints(keypoints: Keypoints, path: str | Path, format: str | None = None) -> None:
    """Write keypoints; the file appears whole or not at all.

    Args:
        keypoints: what to write.
        path: where to; its suffix says the format: ``.npz`` (everything), ``.pose``, ``.json`` (COCO), ``.csv``.
        format: another one, by its name in `FORMATS`.

    Raises:
        PoseloomError: an unknown format, or a place that cannot be written.
    """
    chosen_format(path, format).write(keypoints, Path(path))


def chosen_format(path: str | Path, format: str | None = None) -> FileFormat:
    """The format of that name, else of the path's suffix.

    Raises:
        PoseloomError: there is none.
    """
    if format is not None:
        if format not in FORMATS:
            raise PoseloomError(
                f"unknown keypoint format {format!r}{closest(format, tuple(FORMATS))}; known: {', '.join(FORMATS)}"
            )
        return FORMATS[format]
    suffix = Path(path).suffix.lower()
    for known in FORMATS.values():
        if known.suffix == suffix:
            return known
    suffixes = ", ".join(dict.fromkeys(one.suffix for one in FORMATS.values()))
    raise FileError(path, f"the suffix {suffix or '(none)'} names no keypoint format", remedy=f"use one of {suffixes}")


def load_keypoints(path: str | Path) -> Keypoints:
    """Read the npz file that `save_keypoints` wrote.

    Raises:
        FileError: missing, damaged, or another npz file.
    """
    archive = open_npz(path)
    if "poseloom_keypoints" not in archive:
        raise FileError(path, "holds no keypoints of poseloom", remedy="expected what 'poseloom keypoints' wrote")
    try:
        about = json.loads(str(archive["poseloom_keypoints"]))
        values: dict[str, Any] = {name: torch.from_numpy(archive[name].copy()) for name in _ROWS}
        values |= {name: torch.from_numpy(archive[name].copy()) if name in archive else None for name in _OPTIONAL}
        roi = Roi(*(torch.from_numpy(archive[f"roi_{part}"].copy()) for part in ("centre", "side", "turn")))
        times = torch.from_numpy(archive["times"].copy())
        size = (int(about["size"][0]), int(about["size"][1]))
        made = Keypoints(str(about["name"]), size, about["fps"], times, roi=roi, **values)
        if made.points.shape[1:] != (33, 3) or len({len(values[name]) for name in _ROWS}) != 1:
            raise ValueError("shapes")
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise FileError(path, f"is damaged ({type(error).__name__})", remedy="write it again") from None
    return made


def pose_sequence(keypoints: Keypoints) -> PoseSequence:
    """Everything as MediaPipe Holistic's 576 points: body, face, hands, and the body in metres.

    As in other programs' files, x and y of the picture are pixels and z is a share of the picture's width; of the
    metres x is multiplied by the width and y by the height. What was not found has the confidence 0.
    """
    people = sorted(keypoints.people[:MOST_PEOPLE])
    place = torch.full((max(people) + 1,), -1, dtype=torch.long)
    place[people] = torch.arange(len(people))
    known = keypoints.person <= max(people)
    chosen = keypoints[known & (place[keypoints.person.clamp(max=max(people))] >= 0)]
    width, height = keypoints.size
    in_picture = torch.tensor([1.0, 1.0, 1 / width])
    in_metres = torch.tensor([1.0, -1.0, -1.0]) * torch.tensor([width, height, 1.0])
    empty = torch.full((len(chosen), _FACE_POINTS, 3), torch.nan)
    face = empty if chosen.face is None else chosen.face
    hands = empty[:, :42].unflatten(1, (2, 21)) if chosen.hands is None else chosen.hands
    parts = [chosen.points * in_picture, face * in_picture, *(hands * in_picture).unbind(1), chosen.world * in_metres]
    seen = [one.isfinite().all(-1).float() for one in parts]
    seen[0], seen[-1] = chosen.visibility, chosen.visibility
    rows, confidence = torch.cat(parts, dim=1).nan_to_num(0.0), torch.cat(seen, dim=1)
    values = np.zeros((keypoints.frames, len(people), *rows.shape[1:]), np.float32)
    sure = np.zeros(values.shape[:3], np.float32)
    at = chosen.frame.numpy(), place[chosen.person].numpy()
    values[at], sure[at] = rows.numpy(), confidence.numpy()
    return PoseSequence(_components(), values, sure, keypoints.fps or _PICTURE_RATE, width, height, 0)


def _components() -> tuple[Component, ...]:
    body, left, right = holistic_components()
    face = Component("FACE_LANDMARKS", tuple(str(index) for index in range(_FACE_POINTS)))
    return body, face, left, right, Component(_WORLD, body.points, body.limbs)


def _write_pose(keypoints: Keypoints, path: Path) -> None:
    write_pose_file(pose_sequence(keypoints), path)


def _write_npz(keypoints: Keypoints, path: Path) -> None:
    arrays: dict[str, Any] = {name: getattr(keypoints, name).numpy() for name in (*_ROWS, "times")}
    for name in _OPTIONAL:
        if getattr(keypoints, name) is not None:
            arrays[name] = getattr(keypoints, name).numpy()
    arrays |= {f"roi_{part}": getattr(keypoints.roi, part).numpy() for part in ("centre", "side", "turn")}
    about = {"name": keypoints.name, "size": list(keypoints.size), "fps": keypoints.fps}
    with atomic_write(path) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, poseloom_keypoints=np.array(json.dumps(about)), **arrays)


def _write_mediapipe(keypoints: Keypoints, path: Path) -> None:
    """Landmarks as MediaPipe's own programs name them: x and y as shares of the picture, z of its width."""
    shares = torch.tensor([1 / keypoints.size[0], 1 / keypoints.size[1], 1 / keypoints.size[0]])
    metres = torch.tensor([1.0, -1.0, -1.0])
    frames: list[dict[str, Any]] = [{"people": [], "landmarks": [], "worldLandmarks": []} for _ in keypoints.times]
    for row in range(len(keypoints)):
        frame = frames[int(keypoints.frame[row])]
        frame["people"].append(int(keypoints.person[row]))
        visibility = keypoints.visibility[row].tolist()
        frame["landmarks"].append(_listed(keypoints.points[row] * shares, visibility))
        frame["worldLandmarks"].append(_listed(keypoints.world[row] * metres, visibility))
    width, height = keypoints.size
    content = {"width": width, "height": height, "fps": keypoints.fps, "frames": frames}
    with atomic_write(path) as temporary:
        temporary.write_text(json.dumps(content, allow_nan=False), encoding="utf-8")


def _listed(points: Tensor, visibility: list[float]) -> list[dict[str, float]]:
    return [
        {"x": round(x, _DECIMALS), "y": round(y, _DECIMALS), "z": round(z, _DECIMALS), "visibility": round(v, 4)}
        for (x, y, z), v in zip(points.tolist(), visibility, strict=True)
    ]


def _write_openpose(convention: str) -> Callable[[Keypoints, Path], None]:
    def write(keypoints: Keypoints, path: Path) -> None:
        write_openpose(keypoints.in_convention(convention), path, keypoints.hands)

    return write


FORMATS: dict[str, FileFormat] = {
    "npz": FileFormat(".npz", "everything, for poseloom", _write_npz),
    "pose": FileFormat(".pose", "MediaPipe Holistic, 576 points", _write_pose),
    "coco": FileFormat(".json", "COCO, 17 points", lambda k, path: write_coco(k.in_convention("coco"), path)),
    "openpose": FileFormat(
        ".json",
        "OpenPose, 25 points and hands; a folder for a video",
        _write_openpose("openpose_25"),
    ),
    "openpose18": FileFormat(
        ".json",
        "OpenPose, 18 points and hands; a folder for a video",
        _write_openpose("openpose_18"),
    ),
    "mediapipe": FileFormat(".json", "MediaPipe's 33 landmarks, in the picture and in metres", _write_mediapipe),
    "csv": FileFormat(".csv", "a table of MediaPipe's 33 points", lambda k, path: write_csv(k.in_convention(), path)),
}
"""All formats by name."""
