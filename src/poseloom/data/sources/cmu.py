"""CMU mocap, or any folder of BVH or ASF/AMC files as people download them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch

from poseloom.base.errors import FileError, PoseloomError
from poseloom.data.build import Unit
from poseloom.data.manifest import fingerprint
from poseloom.data.schema import Layout, RowBlock
from poseloom.data.sources.recordings import (
    FrameChoice,
    Lean,
    error_line,
    existing_folder,
    files_below,
    shared_out,
    sizes_of,
)
from poseloom.data.splits import split_of
from poseloom.formats import registry
from poseloom.pose import ALL_JOINTS, BODY_JOINTS, Pose, concatenate

SUFFIXES = (".bvh", ".amc")
_UNIT_BYTES = 8 << 20
"""A shard's files: about 8 MB of text, which is some thousand frames."""


@dataclass(frozen=True)
class Cmu(Lean):
    """Poses from every motion file in a folder and its subfolders.

    The id of a row is ``FILE:FRAME``, with the file's path in the folder, without suffix. Split by file.

    Args:
        folder: where the files are; ASF skeletons lie beside their AMC files.
        every, fps, limit: which frames; see `FrameChoice`.
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
        _ = self._choice
        existing_folder(self.folder, "name the folder with the BVH or AMC files")
        if not self._files:
            remedy = "CMU's are in allasfamc.zip at mocap.cs.cmu.edu; unpack it there"
            raise FileError(self.folder, f"holds no {' or '.join(SUFFIXES)} file", remedy=remedy)

    @property
    def layout(self) -> Layout:
        return Layout(joints=ALL_JOINTS if self.hands else BODY_JOINTS)

    def options(self) -> Mapping[str, Any]:
        sizes = sizes_of(self.folder, self._files)
        chosen = {**self._choice.options(), "hands": self.hands, "strict": self.strict}
        return {**chosen, "files": len(sizes), "fingerprint": fingerprint(sizes)}

    def units(self) -> Sequence[Unit]:
        groups = shared_out(sizes_of(self.folder, self._files), _UNIT_BYTES)
        return [Unit(f"{place:05d}", 0, files) for place, files in enumerate(groups)]

    def read(self, unit: Unit) -> RowBlock:
        rows: list[tuple[str, int, int]] = []
        poses, problems = [], []
        for name in unit.content:
            try:
                clip = registry.read(self.folder / name)
            except PoseloomError as error:
                if self.strict:
                    raise
                problems.append(error_line(name, error))
                continue
            frames = self._choice.frames(len(clip), clip.fps)
            joints = clip.pose.joints if self.hands else BODY_JOINTS
            rows += [(name, frame, joints) for frame in frames]
            poses.append(self._pose(clip.pose[torch.tensor(frames)]))
        width = self.layout.joints
        return RowBlock(
            data_set=self.name,
            ids=[f"{Path(name).with_suffix('').as_posix()}:{frame}" for name, frame, _ in rows],
            files=[name for name, _, _ in rows],
            frames=[frame for _, frame, _ in rows],
            splits=[split_of(name) for name, _, _ in rows],
            pose=concatenate(poses) if poses else Pose(torch.zeros(0, width, 3), torch.zeros(0, 3)),
            joints=[joints for _, _, joints in rows],
            problems=problems,
        )

    @cached_property
    def _choice(self) -> FrameChoice:
        return FrameChoice(self.every, self.fps, self.limit)

    @cached_property
    def _files(self) -> list[str]:
        return [name for name in files_below(self.folder) if name.lower().endswith(SUFFIXES)]

    def _pose(self, pose: Pose) -> Pose:
        """Rotations and translation alone, all of one width."""
        same = pose.with_hands() if self.hands else pose.body()
        translation = same.translation
        return Pose(same.rotations, torch.zeros_like(same.rotations[:, 0]) if translation is None else translation)
