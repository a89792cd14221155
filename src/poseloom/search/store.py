"""The folder of an index: `index.json`, written last, names everything that belongs to it.

::

    index.json
    segment-TOKEN/   ids, texts, vectors.npy, features.npy, words.*, metadata-*
    cells-TOKEN.faiss                        above 200,000 rows

Every build or addition writes new files and then replaces `index.json`: until then the old index is whole, and what
`index.json` does not name is no part of it and is cleared away by the next build.
"""

from __future__ import annotations

import json
import secrets
import shutil
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from itertools import chain, count
from pathlib import Path
from typing import Any

from poseloom.base.errors import FileError
from poseloom.base.files import atomic_write, read_text, reason
from poseloom.base.lock import LOCK, locked
from poseloom.search.files import REMEDY

MANIFEST = "index.json"
FORMAT = "poseloom-index"
VERSION = 1
_SEGMENT, _CELLS, _NEW = "segment-", "cells-", "new-"
_READ_AT_ONCE = 1 << 22
_MAXIMUM_MANIFEST_BYTES = 64 << 20
_MOST_ROWS, _MOST_DIMENSIONS = 1 << 40, 1 << 20
KINDS = ("number", "text", "labels")
"""Of columns of metadata."""


@dataclass(frozen=True)
class IndexFile:
    """Size and checksum (CRC-32) of a file."""

    bytes: int
    crc32: int


@dataclass(frozen=True)
class Segment:
    """Rows that were added together.

    Args:
        name: folder in that of the index.
        rows: how many.
        source: `Rows.source` of the table that they came from.
        first: row of the table with which the segment begins.
        metadata: name, kind and file of each column.
        files: by name in the folder.
    """

    name: str
    rows: int
    source: str
    first: int
    metadata: tuple[Mapping[str, str], ...] = ()
    files: Mapping[str, IndexFile] = field(default_factory=dict)


@dataclass(frozen=True)
class IndexManifest:
    """The table of contents.

    Args:
        embedder: name of what made the vectors; empty where there are none.
        dimensions: numbers a vector.
        features: version of the columns that questions are answered from; 0 where there are none.
        segments: in the order of their rows.
        cells: file of the faiss index; empty where rows are compared one by one.
        cells_file: its size and checksum.
    """

    embedder: str
    dimensions: int
    features: int
    segments: tuple[Segment, ...]
    cells: str = ""
    cells_file: IndexFile | None = None

    @property
    def rows(self) -> int:
        return sum(segment.rows for segment in self.segments)

    def files(self) -> Iterator[tuple[str, IndexFile]]:
        """Every file, by its path in the folder of the index."""
        for segment in self.segments:
            for name, stored in segment.files.items():
                yield f"{segment.name}/{name}", stored
        if self.cells and self.cells_file is not None:
            yield self.cells, self.cells_file

    def sources(self) -> dict[str, int]:
        """How many rows of each table are in the index."""
        counted: dict[str, int] = {}
        for segment in self.segments:
            counted[segment.source] = max(counted.get(segment.source, 0), segment.first + segment.rows)
        return counted


def read_manifest(folder: Path) -> IndexManifest:
    """Read and check `index.json`, and that every file is there in its size.

    Raises:
        FileError: no index, a damaged one, or one of a version that this poseloom does not know.
    """
    if not folder.is_dir():
        problem = "is a file, expected the folder of an index" if folder.exists() else "does not exist"
        raise FileError(folder, problem, remedy="'poseloom index build TABLE --out DIR' makes an index")
    path = folder / MANIFEST
    if not path.exists():
        raise FileError(path, "is missing: the folder holds no index", remedy=REMEDY)
    text = read_text(path, maximum_bytes=_MAXIMUM_MANIFEST_BYTES)
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FileError(path, f"is no JSON: {error}", remedy=REMEDY) from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise FileError(path, f"expected {FORMAT!r}", field="format", remedy="check the folder")
    if content.get("version") != VERSION:
        found = content.get("version")
        newer = isinstance(found, int) and found > VERSION
        raise FileError(
            path, f"expected {VERSION}, got {found!r}", field="version", remedy="update poseloom" if newer else REMEDY
        )
    try:
        manifest = _manifest_of(content)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise FileError(path, f"is damaged: {type(error).__name__} {error}", remedy=REMEDY) from None
    for name, stored in manifest.files():
        _check_size(folder / name, stored)
    return manifest


def _manifest_of(content: Mapping[str, Any]) -> IndexManifest:
    cells, dimensions = content["cells_file"], int(content["dimensions"])
    if not 0 <= dimensions <= _MOST_DIMENSIONS:
        raise ValueError(f"vectors of {dimensions} numbers")
    return IndexManifest(
        str(content["embedder"]),
        dimensions,
        int(content["features"]),
        tuple(_segment_of(one) for one in content["segments"]),
        _plain_name(content["cells"]),
        None if cells is None else IndexFile(int(cells["bytes"]), int(cells["crc32"])),
    )


def _segment_of(content: Mapping[str, Any]) -> Segment:
    files = {
        _plain_name(name): IndexFile(int(one["bytes"]), int(one["crc32"])) for name, one in content["files"].items()
    }
    metadata = tuple({key: str(one[key]) for key in ("name", "kind", "file")} for one in content["metadata"])
    for one in metadata:
        _plain_name(one["file"])
    rows, first = int(content["rows"]), int(content["first"])
    if not (0 <= rows <= _MOST_ROWS and 0 <= first <= _MOST_ROWS):
        raise ValueError(f"a segment of {rows} rows from {first} on")
    for column in metadata:
        if column["kind"] not in KINDS:
            raise ValueError(f"metadata of kind {column['kind']!r}")
    return Segment(_plain_name(content["name"]), rows, str(content["source"]), first, metadata, files)


def _plain_name(name: Any) -> str:
    """A name in the folder; nothing that leads out of it."""
    if not isinstance(name, str) or set("/\\\0") & set(name) or name in (".", ".."):
        raise ValueError(f"{name!r} is no name of a file")
    return name


def _check_size(path: Path, stored: IndexFile) -> None:
    try:
        size = path.stat().st_size
    except OSError:
        raise FileError(path, "is missing", remedy=REMEDY) from None
    if size != stored.bytes:
        raise FileError(path, f"has {size:,} bytes, expected {stored.bytes:,}", remedy=REMEDY)


def check_contents(folder: Path, manifest: IndexManifest) -> None:
    """Compare every file with its checksum.

    Raises:
        FileError: the first one that differs.
    """
    for name, stored in manifest.files():
        if checksum(folder / name) != stored:
            raise FileError(folder / name, "is damaged: its checksum differs", remedy=REMEDY)


def write_manifest(folder: Path, manifest: IndexManifest) -> None:
    """Replace `index.json`: from here on the index is the new one."""
    content = {"format": FORMAT, "version": VERSION, "rows": manifest.rows, **asdict(manifest)}
    with atomic_write(folder / MANIFEST) as temporary:
        temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def checksum(path: Path) -> IndexFile:
    """Size and CRC-32 of a file, read in pieces."""
    value, size = 0, 0
    with path.open("rb") as stream:
        while piece := stream.read(_READ_AT_ONCE):
            value, size = zlib.crc32(piece, value), size + len(piece)
    return IndexFile(size, value)


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Hold the folder for a build; clear away what an earlier one left.

    Raises:
        FileError: the folder cannot be made or holds other things than an index, or another process builds in it.
    """
    _prepare(folder)
    with locked(folder, folder):
        clear(folder)
        try:
            yield
        except OSError as error:
            raise FileError(folder, f"cannot be written: {reason(error)}", remedy="check the disk") from None
        finally:
            clear(folder)


def _prepare(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        names = [path.name for path in folder.iterdir()]
    except OSError as error:
        raise FileError(folder, f"cannot be used: {reason(error)}", remedy="choose another folder") from None
    strangers = [name for name in names if name not in (MANIFEST, LOCK) and not _ours(name)]
    if strangers and MANIFEST not in names:
        problem = f"holds other things than an index ({strangers[0]})"
        raise FileError(folder, problem, remedy="choose an empty folder")


def _ours(name: str) -> bool:
    return name.startswith((_SEGMENT, _CELLS, f".{MANIFEST.split('.')[0]}-"))


def clear(folder: Path) -> None:
    """Remove files of builds that `index.json` does not name. A damaged one is believed to name all of them."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        named = {manifest["cells"], *(segment["name"] for segment in manifest["segments"])}
    except FileNotFoundError:
        named = set()
    except (OSError, ValueError, KeyError, TypeError):
        return
    for path in folder.iterdir():
        if _ours(path.name) and path.name not in named:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def new_segment(folder: Path) -> Path:
    """An empty folder for a segment; `settled` gives it its name."""
    path = folder / f"{_SEGMENT}{_NEW}{secrets.token_hex(4)}"
    path.mkdir()
    return path


def new_cells(folder: Path) -> Path:
    """Path for a faiss index; `settled` gives it its name."""
    return folder / f"{_CELLS}{_NEW}{secrets.token_hex(4)}.faiss"


def settled(path: Path) -> Path:
    """Give a new segment or faiss index the name that its content makes, so that equal builds give equal folders.

    One that is there already is used; where it is damaged, the new one gets a name beside it.
    """
    stored = _stored(path)
    content = json.dumps({name: asdict(one) for name, one in sorted(stored.items())})
    token = f"{zlib.crc32(content.encode()):08x}"
    start = path.name.partition(_NEW)[0]
    endings = chain([""], (f"-{number}" for number in count(2)))
    names = (f"{start}{token}{ending}{path.suffix}" for ending in endings)
    for target in map(path.with_name, names):
        if not target.exists():
            return path.rename(target)
        if _stored(target) == stored:
            break
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    return target


def _stored(path: Path) -> dict[str, IndexFile]:
    return files_of(path) if path.is_dir() else {"": checksum(path)}


def files_of(folder: Path) -> dict[str, IndexFile]:
    """Sizes and checksums of the files of a segment."""
    return {path.name: checksum(path) for path in sorted(folder.iterdir())}
