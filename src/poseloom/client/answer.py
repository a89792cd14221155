"""What the service answers: JSON as a mapping, files as bytes; poses as `Pose` where they are asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poseloom.base.errors import PoseloomError

if TYPE_CHECKING:
    from poseloom.pose import Clip, Pose


class ServiceError(PoseloomError):
    """What the service refused.

    Args:
        status: of HTTP.
        error: ``code``, ``message`` and ``field`` as the service told them.
    """

    def __init__(self, status: int, error: Mapping[str, Any]):
        self.status = status
        self.code = str(error.get("code", ""))
        self.field = error.get("field")
        super().__init__(str(error.get("message", f"the service answered {status}")))

    def __reduce__(self) -> tuple[Any, ...]:
        return ServiceError, (self.status, {"code": self.code, "message": str(self), "field": self.field})


class Answer(Mapping[str, Any]):
    """An answer of the service, used as the mapping of its JSON; of a file, which has none, `content` are its bytes.

    Args:
        content: what came.
        media_type: what that is.
    """

    def __init__(self, content: bytes, media_type: str):
        self.content, self.media_type = content, media_type

    @cached_property
    def json(self) -> dict[str, Any]:
        """The whole of it; empty for files."""
        if not self.media_type.startswith("application/json"):
            return {}
        made = json.loads(self.content)
        return made if isinstance(made, dict) else {}

    def __getitem__(self, name: str) -> Any:
        return self.json[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.json)

    def __len__(self) -> int:
        return len(self.json)

    def __repr__(self) -> str:
        told = f"{len(self.content):,} bytes" if not self.json else ", ".join(self.json)
        return f"Answer({self.media_type}: {told})"

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know of it."""
        return tuple(self.json.get("notes", ()))

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts alone."""
        return tuple(row["text"] for row in self.json.get("texts", ()))

    @cached_property
    def poses(self) -> Pose:
        """Its poses (n,).

        Raises:
            PoseloomError: it has none.
        """
        return pose_of(self.json.get("poses") or [])

    @property
    def clip(self) -> Clip:
        """Its poses in time.

        Raises:
            PoseloomError: it has none.
        """
        from poseloom.pose import Clip

        return Clip(self.poses, float(self.json.get("fps") or 30.0), str(self.json.get("name", "")))

    def save(self, path: str | Path) -> Path:
        """Write a file that came, as it came; the file appears whole or not at all."""
        from poseloom.base.files import atomic_write

        with atomic_write(path) as temporary:
            temporary.write_bytes(self.content)
        return Path(path)


def pose_of(rows: list[dict[str, Any]]) -> Pose:
    """Poses (n,) of JSON rows.

    Raises:
        PoseloomError: there are none.
    """
    import torch

    from poseloom.pose import Pose

    if not rows or "rotations" not in rows[0]:
        raise PoseloomError("the answer holds no poses")
    given = {name: [row[name] for row in rows] for name in _FIELDS if rows[0].get(name) is not None}
    tensors = {name: torch.tensor(values, dtype=torch.float32) for name, values in given.items()}
    return Pose(**tensors, shape_model=rows[0].get("shape_model") or "")


_FIELDS = ("rotations", "translation", "shape", "face")
