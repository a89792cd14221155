"""`manifest.json`: which parts and shards make up a table, with their checksums. Written last, as a whole.

A table is a folder::

    manifest.json
    rows/PART/SHARD/     rows.arrow  rotations.npy  translation.npy ...  shard.json
    texts/PART/SHARD/    texts.arrow  shard.json        texts added later, one list for each row of a shard of rows
    pairs/PART/SHARD/    pairs.arrow  shard.json

Every build adds a part. A shard's folder appears whole, under its final name, or not at all; what the manifest does
not name is no part of the table.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import Any

from poseloom.base.errors import FileError
from poseloom.base.files import atomic_write, read_text
from poseloom.data.schema import OLDEST_SCHEMA, SCHEMA_VERSION, Layout

MANIFEST = "manifest.json"
SHARD_RECORD = "shard.json"
FORMAT = "poseloom-table"
VERSION = 1
_MAXIMUM_BYTES = 1 << 30
_READ_AT_ONCE = 1 << 20
_REBUILD = "remove it and build the table again; its whole shards are used"


class PartKind(str, Enum):
    """What the shards of a part hold."""

    ROWS = "rows"
    TEXTS = "texts"
    PAIRS = "pairs"


@dataclass(frozen=True)
class StoredFile:
    """Size and checksum (SHA-256, hexadecimal) of a file."""

    bytes: int
    sha256: str


@dataclass(frozen=True)
class Shard:
    """A folder of files that were written together.

    Args:
        name: folder, relative to the part's.
        rows: how many rows or pairs.
        files: by name in the folder.
        problems: lines about input that could not be used.
    """

    name: str
    rows: int
    files: Mapping[str, StoredFile]
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """What one build added.

    Args:
        name: unique among the parts of its kind.
        options: all that the build depends on; the same options give the same bytes.
    """

    kind: PartKind
    name: str
    options: Mapping[str, Any]
    shards: tuple[Shard, ...] = ()

    @property
    def rows(self) -> int:
        return sum(shard.rows for shard in self.shards)

    @property
    def folder(self) -> str:
        """Relative to the table's."""
        return f"{self.kind.value}/{self.name}"


@dataclass(frozen=True)
class Manifest:
    """The table of contents."""

    layout: Layout
    parts: tuple[Part, ...] = field(default=())

    def of_kind(self, kind: PartKind) -> tuple[Part, ...]:
        """The parts that hold rows, texts or pairs, in the order in which they were added."""
        return tuple(part for part in self.parts if part.kind is kind)

    def find(self, kind: PartKind, name: str) -> Part | None:
        """The part of that name, if it is there."""
        return next((part for part in self.of_kind(kind) if part.name == name), None)

    def with_part(self, part: Part) -> Manifest:
        """The same with a part added, or replaced where one of its kind and name is there."""
        if self.find(part.kind, part.name) is None:
            return replace(self, parts=(*self.parts, part))
        same = (part.kind, part.name)
        return replace(self, parts=tuple(part if (one.kind, one.name) == same else one for one in self.parts))


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write `manifest.json`: one shard a line, no times and no paths, so that equal builds give equal bytes."""
    head = {"format": FORMAT, "version": VERSION, "schema": SCHEMA_VERSION, "layout": asdict(manifest.layout)}
    lines = [f" {json.dumps(key)}: {json.dumps(value)}," for key, value in head.items()]
    parts = ",\n".join(_part_text(part) for part in manifest.parts)
    with atomic_write(folder / MANIFEST) as temporary:
        temporary.write_text("{\n" + "\n".join(lines) + f'\n "parts": [\n{parts}\n ]\n}}\n', encoding="utf-8")


def _part_text(part: Part) -> str:
    head = json.dumps({"kind": part.kind.value, "name": part.name, "options": part.options}, sort_keys=True)
    shards = ",\n".join(f"   {json.dumps(asdict(shard))}" for shard in part.shards)
    return f'  {head[:-1]}, "shards": [\n{shards}]}}'


def read_manifest(folder: Path) -> Manifest:
    """Read and check `manifest.json`.

    Raises:
        FileError: it is missing, damaged, or of a version that this poseloom does not know.
    """
    path = folder / MANIFEST
    content = read_json(path)
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise FileError(path, f"is no manifest of a table: 'format' is not {FORMAT!r}", remedy="check the folder")
    for key, oldest, known in (("version", VERSION, VERSION), ("schema", OLDEST_SCHEMA, SCHEMA_VERSION)):
        found = content.get(key)
        if type(found) is not int or not oldest <= found <= known:
            newer = isinstance(found, int) and found > known
            remedy = "update poseloom" if newer else "build the table again"
            raise FileError(path, f"expected {known}, got {found!r}", field=key, remedy=remedy)
    try:
        parts = tuple(
            Part(PartKind(part["kind"]), part["name"], part["options"], tuple(map(shard_of, part["shards"])))
            for part in content["parts"]
        )
        return Manifest(Layout(**content["layout"]), parts)
    except (KeyError, TypeError, ValueError) as error:
        problem = f"is damaged: {type(error).__name__} {error}"
        raise FileError(path, problem, remedy=_REBUILD) from None


def shard_of(content: Any) -> Shard:
    """A shard from its JSON form. Raises KeyError, TypeError or ValueError where that is wrong."""
    files = {name: StoredFile(int(one["bytes"]), str(one["sha256"])) for name, one in content["files"].items()}
    return Shard(str(content["name"]), int(content["rows"]), files, tuple(map(str, content["problems"])))


def record_shard(folder: Path, name: str, rows: int, problems: Iterable[str]) -> Shard:
    """Checksum the files of a folder and write its `shard.json`."""
    files = {path.name: checksum(path) for path in sorted(folder.iterdir())}
    shard = Shard(name, rows, files, tuple(problems))
    (folder / SHARD_RECORD).write_text(json.dumps(asdict(shard)) + "\n", encoding="utf-8")
    return shard


def recorded_shard(folder: Path) -> Shard | None:
    """The shard of a folder if it is there and its files have the recorded sizes."""
    try:
        shard = shard_of(json.loads((folder / SHARD_RECORD).read_text(encoding="utf-8")))
        whole = all((folder / name).stat().st_size == one.bytes for name, one in shard.files.items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return shard if whole else None


def checksum(path: Path) -> StoredFile:
    """Size and SHA-256 of a file, read in pieces."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as stream:
        while piece := stream.read(_READ_AT_ONCE):
            digest.update(piece)
            size += len(piece)
    return StoredFile(size, digest.hexdigest())


def fingerprint(options: Mapping[str, Any], digits: int = 8) -> str:
    """A short name for options: the same for equal ones."""
    return hashlib.sha256(json.dumps(options, sort_keys=True).encode()).hexdigest()[:digits]


def read_json(path: Path) -> Any:
    """The content of a JSON file.

    Raises:
        FileError: missing or no JSON.
    """
    text = read_text(path, maximum_bytes=_MAXIMUM_BYTES)
    try:
        return json.loads(text)
    except ValueError as error:
        raise FileError(path, f"is no JSON: {error}", remedy=_REBUILD) from None
