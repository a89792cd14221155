"""PNG pictures that carry the pose which they show, as text in a chunk of their own."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

from poseloom.base.errors import FileError
from poseloom.formats.json_file import clip_of_json, json_text
from poseloom.pose.types import Clip

KEYWORD = b"poseloom-clip"
"""Of the compressed text chunk (zTXt, PNG specification 11.3.3.3)."""
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEAD = struct.Struct(">I4s")
_LARGEST = 16 << 20
"""Bytes of text."""
_REMEDY = "draw it again with 'poseloom render'"


def with_pose(png: bytes, clip: Clip) -> bytes:
    """The bytes of a PNG with a clip in them; the picture itself is not touched.

    Raises:
        PoseloomError: the notes of the clip cannot be written as JSON.
    """
    text = zlib.compress(json_text(clip).encode("utf-8"), 9)
    data = KEYWORD + b"\0\0" + text
    chunk = _HEAD.pack(len(data), b"zTXt") + data + struct.pack(">I", zlib.crc32(b"zTXt" + data))
    after_header = len(_SIGNATURE) + _HEAD.size + struct.unpack_from(">I", png, len(_SIGNATURE))[0] + 4
    return png[:after_header] + chunk + png[after_header:]


def pose_in_png(path: str | Path) -> Clip | None:
    """The clip inside a PNG that `with_pose` made; None where there is none, or the file is no PNG.

    Raises:
        FileError: the clip is damaged.
    """
    try:
        with Path(path).open("rb") as stream:
            if stream.read(len(_SIGNATURE)) != _SIGNATURE:
                return None
            while len(head := stream.read(_HEAD.size)) == _HEAD.size:
                length, kind = _HEAD.unpack(head)
                if kind in (b"IDAT", b"IEND"):
                    return None
                if kind != b"zTXt" or length > _LARGEST:
                    stream.seek(length + 4, 1)
                    continue
                data = stream.read(length)
                check = stream.read(4)
                if data.startswith(KEYWORD + b"\0\0"):
                    return _clip(path, data, check)
    except OSError:
        return None
    return None


def _clip(path: str | Path, data: bytes, check: bytes) -> Clip:
    if struct.pack(">I", zlib.crc32(b"zTXt" + data)) != check:
        raise FileError(path, "is damaged", field=KEYWORD.decode(), remedy=_REMEDY)
    inflate = zlib.decompressobj()
    try:
        text = inflate.decompress(data[len(KEYWORD) + 2 :], _LARGEST)
    except zlib.error:
        raise FileError(path, "is damaged", field=KEYWORD.decode(), remedy=_REMEDY) from None
    if not inflate.eof:
        problem = f"is longer than {_LARGEST >> 20} MB, or cut off"
        raise FileError(path, problem, field=KEYWORD.decode(), remedy=_REMEDY)
    return clip_of_json(path, text.decode("utf-8", "replace"))
