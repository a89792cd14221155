"""CMU mocap, or any folder of BVH or ASF/AMC files as people download them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch

from poseloom.data.build import Unit
from poseloom.data.manifest import fingerprint
from poseloom.data.schema import Layout, RowBlock
from poseloom.data.splits import split_of
from poseloom.errors import FileError, PoseloomError
from poseloom.formats import registry
from poseloom.pose import ALL_JOINTS, BODY_JOINTS, Clip, Pose, concatenate

SUFFIXES = (".bvh", ".amc")
POSES_A_SECOND = 10.0
"""Taken where nothing else is asked for: mocap of 120 frames a second hardly changes from one to the next."""
_UNIT_BYTES = 8 << 20
_UNIT_FILES = 64
"""A shard's files: about 8 MB of text, which is some thousand frames, and at most this many."""


@dataclass(frozen=True)
class Cmu:
    """Poses from every motion file in a folder and its subfolders.

    The id of a row is ``FILE:FRAME``, with the file's path in the folder, without suffix. Split by file.

    Args:
        folder: where the files are; ASF skeletons lie beside their AMC files.
        every: take every N-th frame.
        fps: take that many frames a second (default 10); not together with `every`.
        limit: at most that many poses of a file, evenly spread over it.
        hands: keep the fingers, where files have any: 52 joints instead of 22.
        strict: a file that cannot be read ends the build, instead of being reported.

    Raises:
        PoseloomError: the folder is missing or holds no motion, or a number is out of range.
    """

    folder: Path
    every: int | None = None
    fps: float | None = None
    limit: int | None = None
    hands: bool = False
    strict: bool = False
    name: str = "cmu"

    def __post_init__(self) -> None:
        if self.every is not None and self.fps is not None:
            raise PoseloomError("every and fps: expected one of them, got both")
        for option in ("every", "fps", "limit"):
            value = getattr(self, option)
            if value is not None and not 0 < value < float("inf"):
                raise PoseloomError(f"{option}: expected a positive number, got {value}")
        if not self.folder.is_dir():
            problem = "is not a folder" if self.folder.exists() else "does not exist"
            raise FileError(self.folder, problem, remedy="name the folder with the BVH or AMC files")
        if not self._files:
            remedy = "CMU's are in allasfamc.zip at mocap.cs.cmu.edu; unpack it there"
            raise FileError(self.folder, f"holds no {' or '.join(SUFFIXES)} file", remedy=remedy)

    @property
    def layout(self) -> Layout:
        return Layout(joints=ALL_JOINTS if self.hands else BODY_JOINTS)

    def options(self) -> Mapping[str, Any]:
        sizes = {name: (self.folder / name).stat().st_size for name in self._files}
        fps = self.fps if self.every or self.fps else POSES_A_SECOND
        chosen = {"every": self.every, "fps": fps, "limit": self.limit, "hands": self.hands, "strict": self.strict}
        return {**chosen, "files": len(sizes), "fingerprint": fingerprint(sizes)}

    def units(self) -> Sequence[Unit]:
        return [Unit(f"{place:05d}", 0, files) for place, files in enumerate(self._groups())]

    def read(self, unit: Unit) -> RowBlock:
        clips: list[tuple[str, Clip, list[int]]] = []
        problems = []
        for name in unit.content:
            try:
                clip = registry.read(self.folder / name)
            except PoseloomError as error:
                if self.strict:
                    raise
                problems.append(_short(name, error))
                continue
            frames = self._chosen(clip)
            clips.append((name, clip, frames))
        return self._block(clips, problems)

    @cached_property
    def _files(self) -> list[str]:
        found = (path for path in self.folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
        return sorted(path.relative_to(self.folder).as_posix() for path in found)

    def _groups(self) -> Iterator[list[str]]:
        group: list[str] = []
        size = 0
        for name in self._files:
            own = (self.folder / name).stat().st_size
            if group and (len(group) == _UNIT_FILES or size + own > _UNIT_BYTES):
                yield group
                group, size = [], 0
            group.append(name)
            size += own
        yield group

    def _chosen(self, clip: Clip) -> list[int]:
        if self.every is not None:
            frames = list(range(0, len(clip), self.every))
        else:
            step = max(clip.fps / (self.fps or POSES_A_SECOND), 1.0)
            frames = [round(place * step) for place in range(int((len(clip) - 1) / step) + 1)]
        if self.limit is not None and len(frames) > self.limit:
            frames = [frames[place * len(frames) // self.limit] for place in range(self.limit)]
        return frames

    def _block(self, clips: list[tuple[str, Clip, list[int]]], problems: list[str]) -> RowBlock:
        rows = [(name, frame) for name, _, frames in clips for frame in frames]
        poses = [self._pose(clip.pose[torch.tensor(frames)]) for _, clip, frames in clips]
        joints = [clip.pose.joints if self.hands else BODY_JOINTS for _, clip, frames in clips for _ in frames]
        width = self.layout.joints
        return RowBlock(
            data_set=self.name,
            ids=[f"{Path(name).with_suffix('').as_posix()}:{frame}" for name, frame in rows],
            files=[name for name, _ in rows],
            frames=[frame for _, frame in rows],
            splits=[split_of(name) for name, _ in rows],
            pose=concatenate(poses) if poses else Pose(torch.zeros(0, width, 3), torch.zeros(0, 3)),
            joints=joints,
            problems=problems,
        )

    def _pose(self, pose: Pose) -> Pose:
        """Rotations and translation alone, all of one width."""
        same = pose.with_hands() if self.hands else pose.body()
        translation = same.translation
        return Pose(same.rotations, torch.zeros_like(same.rotations[:, 0]) if translation is None else translation)


def _short(name: str, error: PoseloomError) -> str:
    """The error's line with the path in the folder."""
    if isinstance(error, FileError):
        return str(FileError(name, error.problem, field=error.field))
    return f"{name}: {error}"
