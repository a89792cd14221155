"""Clips of keypoints beside others: files, folders, sequences, of one estimator or of two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from poseloom.base.errors import FileError, PoseloomError
from poseloom.formats.pose_file import PoseSequence, focus, hide_low_confidence, layout_of, normalise, read_pose_file
from poseloom.formats.pose_file.joints import names_of_points
from poseloom.metrics import Trajectories, dtw_p, exact_dtw_mje, ndtw_mje, sign_ape
from poseloom.results.compared_clips import ClipDistance, ComparedClips

_SUFFIX = ".pose"
_TRUNK = (
    "nose",
    "neck",
    "pelvis",
    *(f"{side}_{part}" for part in ("shoulder", "elbow", "wrist") for side in ("left", "right")),
)
"""Points of the body that are compared, as Ham2Pose's 0 to 8: neither face nor legs."""
_SAME_SUM = 1e-6
"""Shoulder widths within which two sums are the same."""


def compare_paths(made: str | Path, label: str | Path) -> ComparedClips:
    """Compare two files, or the files of equal names in two folders.

    Args:
        made: ``.pose`` file or folder.
        label: what it is measured by.

    Raises:
        FileError: a file beside a folder, folders without common names, or a file that cannot be compared.
    """
    first, second = Path(made), Path(label)
    if first.is_dir() != second.is_dir():
        raise FileError(
            first if first.is_dir() else second, "is a folder, the other is a file", remedy="name two alike"
        )
    if not first.is_dir():
        only = _compared(first, second, first.name)
        return ComparedClips((only,), notes=_notes([(first, second)]) + _about_warping([only]))
    names = sorted({one.name for one in first.glob(f"*{_SUFFIX}")} & {one.name for one in second.glob(f"*{_SUFFIX}")})
    if not names:
        raise FileError(first, f"has no {_SUFFIX} file whose name is in {second} too")
    pairs = [(first / name, second / name) for name in names]
    alone = len(list(first.glob(f"*{_SUFFIX}"))) - len(names), len(list(second.glob(f"*{_SUFFIX}"))) - len(names)
    lonely = f"{alone[0]} files of the first folder and {alone[1]} of the second have no partner"
    tried = [_tried(a, b) for a, b in pairs]
    found = tuple(one for one in tried if isinstance(one, ClipDistance))
    left_out = tuple(one for one in tried if isinstance(one, str))
    if not found:
        raise FileError(first, f"none of {len(pairs)} files can be compared with its partner", remedy=left_out[0])
    compared = [pair for pair, one in zip(pairs, tried, strict=True) if isinstance(one, ClipDistance)]
    notes = ((lonely,) if any(alone) else ()) + _notes(compared) + _about_warping(found)
    return ComparedClips(found, notes=notes + left_out)


def compare_sequences(made: PoseSequence, label: PoseSequence, name: str = "") -> ClipDistance:
    """Compare the first person of two sequences in the points that both have.

    Args:
        made: what was made or repaired.
        label: what was recorded.
        name: what the pair is called.

    Raises:
        PoseloomError: shoulders that are never seen, or no common points.
    """
    columns = _columns(made), _columns(label)
    common = [key for key in columns[1] if key in columns[0]]
    if not common:
        raise PoseloomError("the two clips have no points of trunk, arms or hands in common")
    dimensions = min(made.values.shape[-1], label.values.shape[-1])
    flat = [replace(one, values=one.values[..., :dimensions]) for one in (made, label)]
    series = [_prepared(one, [own[key] for key in common]) for one, own in zip(flat, columns, strict=True)]
    hands = [key for key in common if "hand" in key]
    raw = [_series(one, [own[key] for key in hands]) for one, own in zip(flat, columns, strict=True)]
    missing = [100 * float(one.missing.mean()) for one in series]
    return ClipDistance(
        name,
        ndtw_mje(series[0], series[1]),
        exact_dtw_mje(series[0], series[1]),
        dtw_p(raw[0], raw[1]) if hands else None,
        sign_ape(series[0], series[1]),
        missing[0],
        missing[1],
        len(made),
        len(label),
        len(common),
    )


def _tried(made: Path, label: Path) -> ClipDistance | str:
    """The distance of a pair, or why it has none."""
    try:
        return _compared(made, label, made.name)
    except PoseloomError as error:
        return f"left out: {error}"


def _compared(made: Path, label: Path, name: str) -> ClipDistance:
    sequences = []
    for path in (made, label):
        sequence = read_pose_file(path)
        if not len(sequence) or not sequence.values.shape[1] or sequence.missing.all():
            raise FileError(path, "shows nobody", remedy="choose another clip")
        sequences.append(sequence)
    try:
        return compare_sequences(sequences[0], sequences[1], name)
    except FileError:
        raise
    except PoseloomError as error:
        raise FileError(made, f"beside {label}: {error}") from None


def _notes(pairs: list[tuple[Path, Path]]) -> tuple[str, ...]:
    """What makes figures hard to compare."""
    rates, sizes = 0, 0
    for made, label in pairs:
        a, b = read_pose_file(made), read_pose_file(label)
        rates += round(a.fps) != round(b.fps)
        sizes += (a.width, a.height) != (b.width, b.height)
    notes = []
    if rates:
        notes.append(
            f"{rates} of {len(pairs)} pairs have different frames a second; warping makes up for it, APE does not"
        )
    if sizes:
        notes.append(
            f"{sizes} of {len(pairs)} pairs have pictures of different sizes; DTWp compares the files' coordinates"
        )
    return tuple(notes)


def _about_warping(clips: Sequence[ClipDistance]) -> tuple[str, ...]:
    """That nDTW-MJE is not the least sum, where it is not."""
    above = sum(one.ndtw_mje > one.exact + _SAME_SUM for one in clips)
    if not above:
        return ()
    return (
        f"{above} of {len(clips)} pairs: nDTW-MJE warps by FastDTW as published, which misses the best path where "
        "points are missing, even between equal clips; exact is the same measure with exact warping",
    )


def _prepared(sequence: PoseSequence, points: list[int]) -> Trajectories:
    """Shoulders 1 apart; the origin is the upper left corner of the points that are compared."""
    ready = hide_low_confidence(normalise(sequence))
    kept = np.zeros(sequence.values.shape[2], bool)
    kept[points] = True
    return _series(focus(ready.masked(np.broadcast_to(~kept, ready.missing.shape) | ready.missing)), points)


def _columns(sequence: PoseSequence) -> dict[str, int]:
    """Points that are compared: of the trunk by our names, of the hands by their places."""
    known = layout_of(sequence)
    found = {}
    for (component, point), name in names_of_points(known.name).items():
        if component == known.shoulders[0] and name in _TRUNK and sequence.has(component, point):
            found[name] = sequence.point(component, point)
    for side, component in zip(("left", "right"), known.hands, strict=True):
        if any(one.name == component for one in sequence.components):
            for place, point in enumerate(sequence.component(component).points):
                found[f"{side}_hand_{place}"] = sequence.point(component, point)
    return found


def _series(sequence: PoseSequence, points: list[int]) -> Trajectories:
    values: Float[ndarray, "frames points d"] = sequence.values[:, 0][:, points]
    missing = sequence.missing[:, 0][:, points]
    return Trajectories.of(np.where(missing[..., None], 0, values), missing)
