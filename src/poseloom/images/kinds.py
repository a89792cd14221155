"""Which files show people: pictures and videos, by suffix or, where that says nothing, by their first bytes."""

from __future__ import annotations

from pathlib import Path

from poseloom.images.video import ANIMATIONS, VIDEOS

PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".ppm", ".mpo", *ANIMATIONS)
"""Suffixes of pictures that are read."""
_FIRST_BYTES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"BM", b"II*\x00", b"MM\x00*")


def shows_people(path: str | Path) -> bool:
    """Whether a path is that of a picture or video; files without a suffix are looked into."""
    suffix = Path(path).suffix.lower()
    return suffix in (*PICTURES, *VIDEOS) or (not suffix and is_picture(path))


def is_picture(path: str | Path) -> bool:
    """Whether a file begins as pictures do."""
    try:
        with Path(path).open("rb") as stream:
            first = stream.read(12)
    except OSError:
        return False
    return first.startswith(_FIRST_BYTES) or (first[:4] == b"RIFF" and first[8:] == b"WEBP")
