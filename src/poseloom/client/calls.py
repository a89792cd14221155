"""Requests before they are sent: method, path, JSON or files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poseloom.base.errors import PoseloomError

if TYPE_CHECKING:
    from poseloom.pose import Clip, Pose

    Motion = Pose | Clip | Mapping[str, Any]

File = str | Path | bytes
"""A file's path, or its bytes."""


@dataclass(frozen=True)
class Call:
    """One request.

    Args:
        method, path: of HTTP.
        body: its JSON.
        file: an upload; `form` are the fields beside it.
        pictures: of a request whose JSON is one field beside them.
    """

    method: str
    path: str
    body: Mapping[str, Any] | None = None
    file: tuple[str, bytes] | None = None
    form: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    pictures: tuple[tuple[str, bytes], ...] = ()

    def arguments(self) -> dict[str, Any]:
        """As the HTTP library takes it."""
        made: dict[str, Any] = {"method": self.method, "url": self.path}
        if self.pictures:
            made["data"] = {"request": json.dumps(self.body or {})}
            made["files"] = [("images", one) for one in self.pictures]
        elif self.body is not None:
            made["json"] = self.body
        if self.query:
            made["params"] = self.query
        if self.file is not None:
            made |= {"files": {"file": self.file}, "data": dict(self.form)}
        return made


def motion_fields(motion: Motion) -> dict[str, Any]:
    """``pose``, ``poses`` or ``clip`` of a request."""
    from poseloom.pose import Clip, Pose

    if isinstance(motion, Mapping):
        return {"pose": dict(motion)}
    if isinstance(motion, Clip):
        return {"clip": clip_rows(motion)}
    if not isinstance(motion, Pose):
        raise PoseloomError(f"expected a Pose, a Clip or a pose as JSON, got {type(motion).__name__}")
    return {"poses": rows_of(motion)} if motion.batch_shape else {"pose": rows_of(motion)[0]}


def one_of(motion: Motion) -> Any:
    """A pose, a list of them or a clip, as fields take them that are any of these."""
    (value,) = motion_fields(motion).values()
    return value


def rows_of(pose: Pose) -> list[dict[str, Any]]:
    """Poses as JSON; a batch is flattened."""
    from poseloom.results.poses import pose_rows

    rows = pose_rows(pose.reshape(-1))
    if pose.shape is not None:
        for row in rows:
            row["shape_model"] = pose.shape_model
    return rows


def clip_rows(clip: Clip | Pose) -> dict[str, Any]:
    """A clip as JSON; poses are one of 30 frames a second."""
    from poseloom.pose import Clip

    whole = clip if isinstance(clip, Clip) else Clip(clip.reshape(-1))
    return {"poses": rows_of(whole.pose), "fps": whole.fps, "name": whole.name}


def upload(file: File, name: str = "") -> tuple[str, bytes]:
    """A file's name and bytes.

    Raises:
        FileError: it cannot be read.
    """
    if isinstance(file, bytes):
        return name or "upload", file
    from poseloom.base.files import read_bytes

    return name or Path(file).name, read_bytes(file)


def uploads(files: File | Sequence[File] | None) -> tuple[tuple[str, bytes], ...]:
    """Names and bytes of one file, of several, or of none.

    Raises:
        FileError: one cannot be read.
    """
    if files is None:
        return ()
    given = [files] if isinstance(files, str | Path | bytes) else list(files)
    return tuple(upload(one, f"picture-{place}" if isinstance(one, bytes) else "") for place, one in enumerate(given))


def form_of(fields: Mapping[str, Any]) -> dict[str, str]:
    """Fields of a form; what is None is left out."""
    return {name: _text(value) for name, value in fields.items() if value is not None}


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps([list(row) for row in value] if isinstance(value, Sequence) else value)
