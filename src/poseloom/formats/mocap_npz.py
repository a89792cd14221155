"""Many motion-capture sequences in one npz: ``pose``, ``trans``, ``ok``, ``seq``, ``frame``, a row for every frame.

22 body joints in our order and axes, 30 frames a second, half precision. A file ``NAME_sequences.json`` beside
``NAME.npz``, if there is one, tells what each sequence is.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from poseloom.base.errors import FileError
from poseloom.base.files import read_text, reason
from poseloom.formats.arrays import FRAMES, LARGEST_ANGLE, LARGEST_LENGTH, numbers, same_frames
from poseloom.formats.npz_files import NpzArchive, open_npz
from poseloom.pose.joints import BODY_JOINTS
from poseloom.pose.types import Clip, Pose

FRAMES_PER_SECOND = 30.0
_TITLE = "mocap sequences"
_MAXIMUM_INDEX_BYTES = 64 << 20
_TOLD = ("trial", "subject", "group", "description")
"""What is taken over from the index of sequences."""


@dataclass(frozen=True, eq=False)
class _Rows:
    """The checked arrays of a file, a row for every frame."""

    pose: NDArray[np.float32]
    trans: NDArray[np.float32] | None
    ok: NDArray[np.bool_]
    seq: NDArray[np.int64]
    frame: NDArray[np.int64]

    def clip(self, rows: NDArray[np.int64] | slice, name: str, notes: dict[str, Any]) -> Clip:
        pose = Pose(
            torch.from_numpy(self.pose[rows]),
            translation=None if self.trans is None else torch.from_numpy(self.trans[rows]),
        )
        return Clip(pose, FRAMES_PER_SECOND, name, {"format": _TITLE, **notes})


def read_mocap_npz(path: str | Path) -> Clip:
    """Read all frames of all sequences as one clip.

    Its notes tell where each sequence starts (``sequences``: id, row, frames) and which rows failed the checks of
    whoever made the file (``not_ok``: ranges of rows, the end excluded).

    Raises:
        FileError: an array is missing, of the wrong shape or not finite, or there are no frames.
    """
    rows = _read(path)
    starts = _starts(rows.seq)
    ends = [*starts[1:], len(rows.seq)]
    sequences = [
        {"id": int(rows.seq[start]), "row": start, "frames": end - start}
        for start, end in zip(starts, ends, strict=True)
    ]
    return rows.clip(slice(None), Path(path).stem, {"sequences": sequences, "not_ok": _ranges(~rows.ok)})


def read_mocap_sequences(path: str | Path, *, keep_bad: bool = True) -> list[Clip]:
    """Read each sequence as a clip of its own, in the order of the file.

    Args:
        path: the file.
        keep_bad: keep frames that are not ``ok``, so that every clip is contiguous. Without them a clip has gaps,
            and a sequence that has no good frame is left out.
    """
    rows = _read(path)
    index = _index(Path(path))
    clips = []
    for positions in np.split(np.arange(len(rows.seq)), _starts(rows.seq)[1:]):
        kept = positions if keep_bad else positions[rows.ok[positions]]
        if len(kept) == 0:
            continue
        number = int(rows.seq[positions[0]])
        told = index.get(number, {})
        notes = {"sequence": number, "not_ok": _ranges(~rows.ok[kept]), **told}
        clips.append(rows.clip(kept, str(told.get("trial", f"{Path(path).stem}-{number}")), notes))
    return clips


@dataclass(frozen=True, eq=False)
class MocapSelection:
    """Choices of rows that the maker of a file left in it; an array that is missing is empty.

    Args:
        order: rows in farthest-point order, the most different poses first.
        within: pairs of rows of one sequence, a moment apart.
        across: pairs of rows of two sequences.
    """

    order: NDArray[np.int64]
    within: NDArray[np.int64]
    across: NDArray[np.int64]


def read_mocap_selection(path: str | Path) -> MocapSelection:
    """The choices of rows in a file: ``fps_order``, ``pairs_within``, ``pairs_across``.

    Raises:
        FileError: one of them has the wrong shape or names a row that is not there.
    """
    archive = open_npz(path)
    frames = len(_needed(archive, "pose"))
    order = _rows_of(archive, "fps_order", (), frames)
    within, across = (_rows_of(archive, name, (2,), frames) for name in ("pairs_within", "pairs_across"))
    return MocapSelection(order, within, across)


def _rows_of(archive: NpzArchive, name: str, width: tuple[int, ...], frames: int) -> NDArray[np.int64]:
    if name not in archive:
        return np.zeros((0, *width), dtype=np.int64)
    rows = archive[name]
    if rows.dtype.kind not in "iu" or rows.shape[1:] != width or rows.ndim != 1 + len(width):
        expected = f"integers ({', '.join(['n', *map(str, width)])})"
        raise FileError(archive.path, f"is {rows.dtype} of shape {rows.shape}, expected {expected}", field=name)
    if rows.size and not (rows.min() >= 0 and rows.max() < frames):
        raise FileError(archive.path, f"names a row outside 0 to {frames - 1}", field=name)
    return rows.astype(np.int64)


def _read(path: str | Path) -> _Rows:
    archive = open_npz(path)
    pose = numbers(path, "pose", _needed(archive, "pose"), (FRAMES, BODY_JOINTS, 3), largest=LARGEST_ANGLE)
    frames = len(pose)
    trans = None
    if "trans" in archive:
        trans = numbers(path, "trans", archive["trans"], (FRAMES, 3), largest=LARGEST_LENGTH)
    seq, frame = _whole_numbers(archive, "seq"), _whole_numbers(archive, "frame")
    ok = archive["ok"] if "ok" in archive else np.ones(frames, dtype=bool)
    if ok.dtype != bool or ok.ndim != 1:
        raise FileError(path, f"is {ok.dtype} of shape {ok.shape}, expected (frames,) of bool", field="ok")
    same_frames(path, {"pose": pose, "trans": trans, "ok": ok, "seq": seq, "frame": frame})
    return _Rows(pose, trans, ok, seq, frame)


def _needed(archive: NpzArchive, name: str) -> NDArray[Any]:
    if name not in archive:
        raise FileError(archive.path, "is missing", field=name, remedy="expected pose, seq and frame")
    return archive[name]


def _whole_numbers(archive: NpzArchive, name: str) -> NDArray[np.int64]:
    array = _needed(archive, name)
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise FileError(
            archive.path, f"is {array.dtype} of shape {array.shape}, expected (frames,) of integers", field=name
        )
    return array.astype(np.int64)


def _starts(seq: NDArray[np.int64]) -> list[int]:
    """Rows at which the sequence number changes, and the first."""
    return [0, *(int(row) for row in np.flatnonzero(np.diff(seq)) + 1)]


def _ranges(mask: NDArray[np.bool_]) -> list[list[int]]:
    """Runs of True as [start, end)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]])))
    return [[int(start), int(end)] for start, end in edges.reshape(-1, 2)]


def _index(path: Path) -> dict[int, dict[str, Any]]:
    """Sequence id -> what the file of sequences beside the archive tells; empty where there is none."""
    beside = path.with_name(f"{path.stem}_sequences.json")
    if not beside.is_file():
        return {}
    try:
        entries = json.loads(read_text(beside, maximum_bytes=_MAXIMUM_INDEX_BYTES))
        return {int(entry["id"]): {key: entry[key] for key in _TOLD if key in entry} for entry in entries}
    except FileError:
        raise
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise FileError(beside, f"is not a list of sequences: {reason(error)}", remedy="repair or remove it") from None
