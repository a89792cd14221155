"""Files that clients send: bounded, and kept in a folder of their own as long as they are worked on."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory

from fastapi import Request, UploadFile
from PIL import Image

from poseloom.images.kinds import PICTURES
from poseloom.images.video import is_video
from poseloom.server.errors import RefusalError
from poseloom.server.settings import Settings

_ODD = re.compile(r"[^\w.\- ]+", re.ASCII)
_LONGEST = 80


@dataclass(frozen=True)
class Upload:
    """A file that a client sent.

    Args:
        name: the client's name for it, without folders and odd characters.
        content: its bytes.
    """

    name: str
    content: bytes

    @property
    def is_picture(self) -> bool:
        """Whether its name is that of a picture."""
        return PurePath(self.name).suffix.lower() in PICTURES

    @contextmanager
    def as_file(self) -> Iterator[Path]:
        """A file with this content, within the block."""
        with TemporaryDirectory(prefix="poseloom-") as folder:
            path = Path(folder) / self.name
            path.write_bytes(self.content)
            yield path

    def is_video(self) -> bool:
        """Whether it holds a video or a moving picture."""
        with self.as_file() as path:
            return is_video(path)


async def received(file: UploadFile, settings: Settings, field: str = "file") -> Upload:
    """An upload that is not too large.

    Raises:
        RefusalError: it is empty or too large.
    """
    content = await file.read(settings.largest_body + 1)
    if len(content) > settings.largest_body:
        raise RefusalError(413, f"the file is larger than {settings.largest_body >> 20} MiB", field)
    if not content:
        raise RefusalError(422, "the file is empty", field)
    return Upload(_safe(file.filename), content)


async def received_picture(file: UploadFile, settings: Settings, field: str = "file") -> Upload:
    """A picture or video that is not too large.

    Raises:
        RefusalError: it is empty, or has too many bytes or pixels.
    """
    upload = await received(file, settings, field)
    try:
        with Image.open(io.BytesIO(upload.content)) as picture:  # reads the header alone
            pixels = picture.width * picture.height
    except Exception:  # not a picture that Pillow knows: whoever reads it says what is wrong
        return upload
    if pixels > settings.largest_picture:
        most = settings.largest_picture / 1e6
        raise RefusalError(
            413, f"the picture has {pixels / 1e6:.0f} million pixels, at most {most:.0f} are read", field
        )
    return upload


def pictures_of(request: Request) -> list[Upload]:
    """The pictures that came beside the JSON of a request; of one that came as JSON alone none."""
    given: list[Upload] = getattr(request.state, "pictures", [])
    return given


def _safe(name: str | None) -> str:
    """The last part of a name, in plain characters, with its suffix."""
    plain = _ODD.sub("_", PurePath((name or "").replace("\\", "/")).name).lstrip(".") or "upload"
    stem, suffix = PurePath(plain).stem, PurePath(plain).suffix
    return f"{stem[:_LONGEST]}{suffix[:16]}"
