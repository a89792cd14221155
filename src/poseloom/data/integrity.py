"""Which shards of a table are damaged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from poseloom.base.files import reason
from poseloom.data.manifest import Manifest, Shard, StoredFile, checksum


@dataclass(frozen=True)
class Damage:
    """A shard that cannot be used, and why: the part's folder, the shard's name in it, the file, what is wrong."""

    part: str
    shard: str
    file: str
    problem: str

    def __str__(self) -> str:
        return f"shard {self.part}/{self.shard}: {self.file} {self.problem}"


def damage(table: Path, manifest: Manifest, checksums: bool = True) -> Iterator[Damage]:
    """Shards whose files are missing or differ from what the manifest says."""
    for part in manifest.parts:
        for shard in part.shards:
            found = _damage_of(table / part.folder / shard.name, shard, checksums)
            if found is not None:
                yield Damage(part.folder, shard.name, *found)


def _damage_of(folder: Path, shard: Shard, checksums: bool) -> tuple[str, str] | None:
    found = ((name, _problem(folder / name, expected, checksums)) for name, expected in shard.files.items())
    return next(((name, problem) for name, problem in found if problem is not None), None)


def _problem(file: Path, expected: StoredFile, checksums: bool) -> str | None:
    try:
        size = file.stat().st_size
        if size != expected.bytes:
            return f"has {size:,} bytes instead of {expected.bytes:,}"
        return "differs from its checksum" if checksums and checksum(file) != expected else None
    except OSError as error:
        return f"cannot be read: {reason(error)}"
