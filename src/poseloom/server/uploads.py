"""Files that clients send: bounded, under names of our own."""

from __future__ import annotations

import re
from pathlib import PurePath

from fastapi import UploadFile

from poseloom.server.errors import RefusalError
from poseloom.server.settings import Settings

_SUFFIX = re.compile(r"\.[a-z0-9]{1,10}")


async def kept(file: UploadFile, settings: Settings) -> bytes:
    """The bytes of an upload.

    Raises:
        RefusalError: it is empty or too large.
    """
    content = await file.read(settings.largest_body + 1)
    if len(content) > settings.largest_body:
        raise RefusalError(413, f"the file is larger than {settings.largest_body >> 20} MiB", "file")
    if not content:
        raise RefusalError(422, "the file is empty", "file")
    return content


def safe_suffix(name: str | None) -> str:
    """The suffix of the client's name for a file; empty where it is none."""
    suffix = PurePath((name or "").replace("\\", "/")).suffix.lower()
    return suffix if _SUFFIX.fullmatch(suffix) else ""
