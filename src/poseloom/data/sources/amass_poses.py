"""Single frames of AMASS that a data set points to: each file is opened once, and their headings are removed.

The normalisation is that of PoseScript (Delmas et al., ECCV 2022): with the root R = Rz(tz) Ry(ty) Rx(tx) of the
Z-up file, Rz is dropped. The second pose of a pair within a recording is turned as its first one is, so that the turn
between them survives (PoseFix, ICCV 2023). Translation and shape are not modelled by these data sets: zero and none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from poseloom.base.errors import FileError, PoseloomError
from poseloom.data.build import Unit
from poseloom.data.manifest import fingerprint
from poseloom.data.schema import RowBlock, Text
from poseloom.data.sources.amass_files import AmassFolder
from poseloom.data.sources.babel_labels import Labels
from poseloom.data.sources.recordings import error_line, sizes_of, some
from poseloom.data.sources.release import Frame
from poseloom.formats.amass import read_amass
from poseloom.pose import ALL_JOINTS, Clip, Pose, concatenate, heading
from poseloom.pose.rotations import axis_to_rotmat

SHARD_ROWS = 2048
"""Rows of a shard at which it is closed; a sequence is never split."""
_SMPL_H = "AMASS (SMPL-H)"


@dataclass(frozen=True)
class WantedPose:
    """A row to be made.

    Args:
        id: names the row.
        frame: number in the sequence, from 0.
        facing: the frame whose heading is taken away; its own where None.
    """

    id: str
    frame: int
    split: str
    texts: tuple[Text, ...] = ()
    facing: int | None = None


@dataclass(frozen=True)
class WantedSequence:
    """The rows to be made of one sequence.

    Args:
        name: as the data set writes it.
        file: in the folder of AMASS.
        labels: what happens in it, in words.
    """

    name: str
    file: str
    poses: tuple[WantedPose, ...]
    labels: Labels | None = None


@dataclass(frozen=True)
class _Content:
    sequences: tuple[WantedSequence, ...]
    problems: tuple[str, ...] = ()


def sequences_of(
    wanted: Iterable[tuple[Frame, WantedPose]], amass: AmassFolder, labels: Mapping[str, Labels] | None = None
) -> tuple[list[WantedSequence], list[str]]:
    """Rows by sequence, in the order of the sequences' names, then of the frames and ids; and what is not there.

    Args:
        wanted: a frame and the row that it becomes.
        amass: where the sequences are.
        labels: what happens in sequences, by their file.

    Raises:
        FileError: not one of the sequences is there.
    """
    by_name: defaultdict[str, list[WantedPose]] = defaultdict(list)
    for (name, _), pose in wanted:
        by_name[name].append(pose)
    found, lost = [], []
    for name in sorted(by_name):
        file = amass.find(name)
        if file is None:
            lost.append(name)
            continue
        poses = sorted(by_name[name], key=lambda pose: (pose.frame, pose.id))
        found.append(WantedSequence(name, file, tuple(poses), (labels or {}).get(file)))
    if lost and not found:
        problem = f"holds none of the {len(lost):,} sequences that are needed, such as {lost[0]}"
        raise FileError(amass.folder, problem, remedy="download those parts of AMASS as SMPL+H G")
    return found, _lost(lost, {name: len(by_name[name]) for name in lost})


def _lost(names: Sequence[str], poses: Mapping[str, int]) -> list[str]:
    """A line for every subset of AMASS of which sequences are missing."""
    by_subset: defaultdict[str, list[str]] = defaultdict(list)
    for name in names:
        by_subset[name.partition("/")[0]].append(name)
    return [
        f"{subset}: {len(missing):,} sequences are not in the folder of AMASS, so that "
        f"{sum(poses[name] for name in missing):,} poses are left out: {some(missing)}"
        for subset, missing in by_subset.items()
    ]


def fingerprint_of(sequences: Sequence[WantedSequence], folder: Path) -> dict[str, Any]:
    """What the rows depend on of AMASS, as JSON: which sequences are there, and their sizes."""
    files = sorted({one.file for one in sequences})
    return {"sequences": len(sequences), "fingerprint": fingerprint(sizes_of(folder, files))}


def units_of(sequences: Sequence[WantedSequence], problems: Sequence[str]) -> list[Unit]:
    """The work: sequences together until they have `SHARD_ROWS` rows. `problems` are told with the first."""
    groups: list[list[WantedSequence]] = []
    rows = SHARD_ROWS
    for one in sequences:
        if rows >= SHARD_ROWS:
            groups.append([])
            rows = 0
        groups[-1].append(one)
        rows += len(one.poses)
    return [
        Unit(
            f"{place:05d}",
            sum(len(one.poses) for one in group),
            _Content(tuple(group), () if place else tuple(problems)),
        )
        for place, group in enumerate(groups)
    ]


def read_unit(unit: Unit, folder: Path, data_set: str, strict: bool) -> RowBlock:
    """The rows of a unit of `units_of`.

    Raises:
        FileError: a sequence or a frame is not there, and the build is strict.
    """
    content: _Content = unit.content
    problems = list(content.problems)
    rows: list[tuple[WantedSequence, WantedPose]] = []
    poses = []
    for one in content.sequences:
        try:
            clip = _clip(folder, one)
        except PoseloomError as error:
            if strict:
                raise
            problems.append(f"{error_line(one.name, error)}; {len(one.poses):,} poses are left out")
            continue
        kept = [pose for pose in one.poses if _is_there(pose, len(clip))]
        if len(kept) < len(one.poses):
            lost = [pose for pose in one.poses if not _is_there(pose, len(clip))]
            problem = f"has {len(clip):,} frames, so that {len(lost):,} poses are left out: {some(_named(lost))}"
            if strict:
                raise FileError(folder / one.file, problem, remedy="frames count those of AMASS's SMPL+H G")
            problems.append(f"{one.name}: {problem}")
        if kept:
            poses.append(_normalised(clip, kept))
            rows += [(one, _labelled(pose, one, clip.fps)) for pose in kept]
    return RowBlock(
        data_set=data_set,
        ids=[pose.id for _, pose in rows],
        files=[one.name for one, _ in rows],
        frames=[pose.frame for _, pose in rows],
        splits=[pose.split for _, pose in rows],
        pose=concatenate(poses) if poses else Pose(torch.zeros(0, ALL_JOINTS, 3), torch.zeros(0, 3)),
        texts=[list(pose.texts) for _, pose in rows],
        problems=problems,
    )


def _clip(folder: Path, sequence: WantedSequence) -> Clip:
    clip = read_amass(folder / sequence.file)
    if clip.notes["format"] != _SMPL_H:
        problem = f"is {clip.notes['format']} with {clip.pose.joints} joints, expected {_SMPL_H} with {ALL_JOINTS}"
        raise FileError(folder / sequence.file, problem, field="poses", remedy="download AMASS as SMPL+H G")
    return clip


def _normalised(clip: Clip, wanted: Sequence[WantedPose]) -> Pose:
    rotations = clip.pose.rotations
    frames = torch.tensor([pose.frame for pose in wanted])
    facing = torch.tensor([pose.frame if pose.facing is None else pose.facing for pose in wanted])
    turn = axis_to_rotmat(-heading(rotations[facing, 0]), "Y")
    pose = Pose(rotations[frames]).turned(turn)
    return replace(pose, translation=torch.zeros(len(wanted), 3))


def _labelled(pose: WantedPose, sequence: WantedSequence, fps: float) -> WantedPose:
    if sequence.labels is None:
        return pose
    return replace(pose, texts=(*pose.texts, *sequence.labels.at(pose.frame / fps)))


def _is_there(pose: WantedPose, frames: int) -> bool:
    return all(0 <= frame < frames for frame in (pose.frame, pose.facing or 0))


def _named(poses: Sequence[WantedPose]) -> list[str]:
    return [f"{pose.id} (frame {pose.frame})" for pose in poses]
