"""AMASS: frames of every motion in a folder, SMPL+H or SMPL-X (Mahmood et al., ICCV 2019; amass.is.tue.mpg.de)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import torch

from poseloom.base.errors import PoseloomError
from poseloom.data.build import Unit
from poseloom.data.manifest import fingerprint
from poseloom.data.schema import Layout, RowBlock, Text
from poseloom.data.sources.amass_files import AmassFolder
from poseloom.data.sources.babel_labels import Labels
from poseloom.data.sources.recordings import FrameChoice, Lean, error_line, shared_out, sizes_of
from poseloom.data.splits import split_of
from poseloom.formats.amass import read_amass
from poseloom.pose import ALL_JOINTS, BODY_JOINTS, Pose, concatenate

_UNIT_BYTES = 32 << 20
"""A shard's files: as packed as AMASS is, about 40,000 frames."""


@dataclass(frozen=True)
class Recording:
    """A motion file to be read, with what is known of it."""

    file: str
    split: str
    labels: Labels | None = None


@dataclass(frozen=True)
class _Content:
    recordings: tuple[Recording, ...]
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class Amass(Lean):
    """Poses from every motion in a folder of AMASS and its subfolders, with their headings and translations.

    The id of a row is ``FILE:FRAME``, with the file's path in the folder, without suffix. Split by file.

    Args:
        folder: where the motions are.
        every, fps, limit: which frames; see `FrameChoice`.
        hands: keep the fingers: 52 joints instead of 22.
        strict: a file that cannot be read ends the build, instead of being reported.

    Raises:
        PoseloomError: the folder is missing or holds no motion of AMASS, or a number is out of range.
    """

    folder: Path
    every: int | None = None
    fps: float | None = None
    limit: int | None = None
    hands: bool = False
    strict: bool = False
    name: str = "amass"

    def __post_init__(self) -> None:
        _ = self._choice, self._amass

    @property
    def layout(self) -> Layout:
        return Layout(joints=ALL_JOINTS if self.hands else BODY_JOINTS)

    def options(self) -> Mapping[str, Any]:
        chosen = {**self._choice.options(), "hands": self.hands, "strict": self.strict}
        return {**chosen, "files": len(self._sizes), "fingerprint": fingerprint(self._sizes)}

    def units(self) -> Sequence[Unit]:
        return recording_units([Recording(name, split_of(name)) for name in self._amass.names], self._sizes)

    def read(self, unit: Unit) -> RowBlock:
        return read_recordings(unit, self.folder, self._choice, self.name, self.layout, self.strict)

    @cached_property
    def _choice(self) -> FrameChoice:
        return FrameChoice(self.every, self.fps, self.limit)

    @cached_property
    def _amass(self) -> AmassFolder:
        return AmassFolder(self.folder)

    @cached_property
    def _sizes(self) -> dict[str, int]:
        return sizes_of(self.folder, self._amass.names)


def recording_units(
    recordings: Sequence[Recording], sizes: Mapping[str, int], problems: Sequence[str] = ()
) -> list[Unit]:
    """The work, about 32 MB of files a shard. `problems` are told with the first."""
    by_file = {one.file: one for one in recordings}
    groups = shared_out({name: sizes[name] for name in by_file}, _UNIT_BYTES)
    contents = [tuple(by_file[name] for name in group) for group in groups]
    return [
        Unit(f"{place:05d}", 0, _Content(content, () if place else tuple(problems)))
        for place, content in enumerate(contents)
    ]


def read_recordings(
    unit: Unit, folder: Path, choice: FrameChoice, data_set: str, layout: Layout, strict: bool
) -> RowBlock:
    """The rows of a unit of `recording_units`. Of every file no more is kept than the chosen frames.

    Raises:
        FileError: a file cannot be read, and the build is strict.
    """
    content: _Content = unit.content
    problems = list(content.problems)
    rows: list[tuple[Recording, int, int, list[Text]]] = []
    poses = []
    for one in content.recordings:
        try:
            clip = read_amass(folder / one.file)
        except PoseloomError as error:
            if strict:
                raise
            problems.append(error_line(one.file, error))
            continue
        frames = choice.frames(len(clip), clip.fps)
        joints = min(clip.pose.joints, layout.joints)
        poses.append(_plain(clip.pose[torch.tensor(frames)], layout.joints))
        for frame in frames:
            texts = list(one.labels.at(frame / clip.fps)) if one.labels else []
            rows.append((one, frame, joints, texts))
    return RowBlock(
        data_set=data_set,
        ids=[f"{one.file.removesuffix('.npz')}:{frame}" for one, frame, _, _ in rows],
        files=[one.file for one, _, _, _ in rows],
        frames=[frame for _, frame, _, _ in rows],
        splits=[one.split for one, _, _, _ in rows],
        pose=concatenate(poses) if poses else Pose(torch.zeros(0, layout.joints, 3), torch.zeros(0, 3)),
        joints=[joints for _, _, joints, _ in rows],
        texts=[texts for _, _, _, texts in rows],
        problems=problems,
    )


def _plain(pose: Pose, joints: int) -> Pose:
    """Rotations and translation alone, all of one width."""
    same = pose.with_hands() if joints == ALL_JOINTS else pose.body()
    translation = torch.zeros_like(same.rotations[:, 0]) if same.translation is None else same.translation
    return replace(Pose(same.rotations), translation=translation)
