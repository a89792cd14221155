"""Reading and writing ``.pose`` files: versions 0.0, 0.1 and 0.2 (sign-language-processing/pose).

Body of 0.2: float32 fps, uint32 frames, uint16 people, then float32 coordinates (frames, people, points, d) and
float32 confidences (frames, people, points). 0.1: uint16 fps, uint16 frames, uint16 people, then the same; its count of
frames overflows in long files, where the bytes that are left tell it. 0.0: uint16 fps, uint16 frames;
for each frame uint16 people and for each person an int16 id and, component by component, all numbers of every point.
Of 0.0 the first person is read, as other readers do.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import NoReturn

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from poseloom.base.errors import FileError, PoseloomError
from poseloom.base.files import atomic_write, read_bytes
from poseloom.formats.arrays import HIGHEST_RATE
from poseloom.formats.pose_file.header import LARGEST_COUNT, VERSIONS, Cursor, Header, header_bytes, read_header
from poseloom.formats.pose_file.numbers import joined_numbers, split_numbers
from poseloom.formats.pose_file.sequence import PoseSequence

MAXIMUM_FRAMES = 10_000_000
"""Five days at 25 frames a second."""

_MAXIMUM_NUMBERS = 1 << 27
"""Of version 0.0, whose empty frames take two bytes in the file and all their points in memory: 512 MiB."""
_UNKNOWN_PERSON = -1
"""Number of a person who has not been identified, in version 0.0."""

_Body = tuple[float, Float[ndarray, "frames people points d"], Float[ndarray, "frames people points"]]


def read_pose_file(path: str | Path) -> PoseSequence:
    """Read a ``.pose`` file of any version.

    Raises:
        FileError: missing, of another kind, cut short, with absurd counts, or with confidences that are not finite.
            Coordinates that are not finite are missing points; the notes say so where the file says otherwise.
    """
    cursor = Cursor(Path(path), memoryview(read_bytes(path)))
    header = read_header(cursor)
    fps, values, confidence = _read_first_version(cursor, header) if header.version == "0.0" else _read(cursor, header)
    if not 0 < fps <= HIGHEST_RATE:
        _refuse(cursor, "fps", f"is {fps:g}, expected more than 0 and at most {HIGHEST_RATE:g}")
    _refuse_not_finite(cursor, "confidence", ~np.isfinite(confidence))
    values, others = split_numbers(header.components, values)
    strange = ~np.isfinite(values)
    undefined: ndarray | None = None
    notes: tuple[str, ...] = ()
    if strange.any():  # some writers put NaN where nothing was seen
        undefined = np.where(strange, values, 0)
        told = strange.any(-1) & (confidence != 0)
        if told.any():
            first = int(np.argwhere(told)[0, 0])
            notes = (
                f"{int(told.sum())} points are NaN though they have a confidence, first in frame {first}; missing",
            )
            confidence[told] = 0
        values[strange] = 0
    size = (header.width, header.height, header.depth)
    return PoseSequence(header.components, values, confidence, fps, *size, others, undefined, notes)


def write_pose_file(sequence: PoseSequence, path: str | Path, version: str = "0.2") -> None:
    """Write a ``.pose`` file; it appears whole or not at all.

    Args:
        sequence: what to write. Values become float32. Versions before 0.2 hold whole fps and at most 65,535 frames,
            0.0 one person.
        path: the file.
        version: ``"0.0"``, ``"0.1"`` or ``"0.2"``.

    Raises:
        PoseloomError: what the version cannot hold, or a place that is not writable.
    """
    if version not in VERSIONS.values():
        raise PoseloomError(f".pose: version {version!r} cannot be written; known: {', '.join(VERSIONS.values())}")
    _check_fits(sequence, version)
    header = Header(version, sequence.width, sequence.height, sequence.depth, sequence.components)
    frames, people = sequence.values.shape[:2]
    parts = [header_bytes(header)]
    if version == "0.0":
        parts += [struct.pack("<HH", round(sequence.fps), frames), _first_version_frames(sequence)]
    else:
        counts = ("<fIH", sequence.fps) if version == "0.2" else ("<HHH", round(sequence.fps))
        parts.append(struct.pack(counts[0], counts[1], frames, people))
        numbers = joined_numbers(sequence)
        parts += [np.ascontiguousarray(x, "<f4").tobytes() for x in (numbers, sequence.confidence)]
    with atomic_write(path) as temporary:
        temporary.write_bytes(b"".join(parts))


def _read(cursor: Cursor, header: Header) -> _Body:
    """Body of versions 0.1 and 0.2."""
    points, dimensions = _sizes(header)
    if header.version == "0.2":
        fps, frames, people = cursor.numbers("fIH", "frames")
    else:
        fps, frames, people = cursor.numbers("HHH", "frames")
        a_frame = int(people) * points * (dimensions + 1) * 4
        by_bytes = cursor.left // a_frame if a_frame else 0
        if by_bytes % (LARGEST_COUNT + 1) == frames:
            frames = by_bytes
    shape = (int(frames), int(people), points)
    if shape[0] > MAXIMUM_FRAMES:
        _refuse(cursor, "frames", f"{shape[0]:,} of them, at most {MAXIMUM_FRAMES:,} are read")
    values = cursor.array("<f4", (*shape, dimensions), "coordinates")
    return float(fps), values, cursor.array("<f4", shape, "confidence")


def _read_first_version(cursor: Cursor, header: Header) -> _Body:
    """Body of version 0.0: the first person of every frame."""
    points, dimensions = _sizes(header)
    fps, frames = (int(x) for x in cursor.numbers("HH", "frames"))
    letters = [len(component.format) for component in header.components for _ in component.points]
    record = 2 + 4 * sum(letters)
    if frames * 2 > cursor.left:
        cursor.take(frames * 2, "frames")  # tells that the file ends early
    if frames * sum(letters) > _MAXIMUM_NUMBERS:
        _refuse(cursor, "frames", f"{frames:,} of {sum(letters):,} numbers, at most {_MAXIMUM_NUMBERS:,} are read")
    rows = np.zeros((frames, sum(letters)), np.float32)
    for frame in range(frames):
        (people,) = cursor.numbers("H", f"frames[{frame}]")
        persons = cursor.take(int(people) * record, f"frames[{frame}]")
        if people:
            rows[frame] = np.frombuffer(persons[2:record], "<f4")
    ends = np.cumsum(letters)
    values = np.zeros((frames, 1, points, dimensions), np.float32)
    for axis in range(dimensions):
        has = np.array(letters) > axis + 1
        values[:, 0, has, axis] = rows[:, (ends - letters)[has] + axis]
    return float(fps), values, rows[:, None, ends - 1]


def _first_version_frames(sequence: PoseSequence) -> bytes:
    """One person a frame; a frame in which nobody was seen holds no person."""
    columns = []
    start = 0
    numbers = joined_numbers(sequence)
    for component in sequence.components:
        part = slice(start, start + len(component.points))
        coordinates = numbers[:, 0, part, : len(component.format) - 1]
        both = np.concatenate([coordinates, sequence.confidence[:, 0, part, None]], axis=-1)
        columns.append(both.reshape(len(sequence), -1))
        start = part.stop
    rows = np.concatenate(columns, axis=1).astype("<f4")
    someone = struct.pack("<Hh", 1, _UNKNOWN_PERSON)
    seen = (sequence.confidence[:, 0] != 0).any(1)
    return b"".join(
        someone + row.tobytes() if present else struct.pack("<H", 0) for row, present in zip(rows, seen, strict=True)
    )


def _sizes(header: Header) -> tuple[int, int]:
    """Points of all components, and numbers a point beside the confidence."""
    points = sum(len(component.points) for component in header.components)
    return points, max(len(component.format) - 1 for component in header.components)


def _check_fits(sequence: PoseSequence, version: str) -> None:
    frames, people, _, dimensions = sequence.values.shape
    widest = max(component.dimensions for component in sequence.components)
    if dimensions != widest:
        raise PoseloomError(f".pose: values have {dimensions} coordinates, the components' formats {widest}")
    if version != "0.2" and (frames > LARGEST_COUNT or sequence.fps != round(sequence.fps)):
        raise PoseloomError(
            f".pose: {frames} frames at {sequence.fps:g} fps do not fit version {version}: at most {LARGEST_COUNT} "
            "frames and whole fps; write version 0.2"
        )
    if version == "0.0" and people != 1:
        raise PoseloomError(f".pose: version 0.0 is written with one person, got {people}; write version 0.2")
    if people > LARGEST_COUNT:
        raise PoseloomError(f".pose: {people} people do not fit, at most {LARGEST_COUNT}")


def _refuse_not_finite(cursor: Cursor, field: str, bad: ndarray) -> None:
    if bad.any():
        _refuse(cursor, field, f"hold NaN or infinity, first in frame {int(np.argwhere(bad)[0, 0])}")


def _refuse(cursor: Cursor, field: str, problem: str) -> NoReturn:
    raise FileError(cursor.path, problem, field=field, remedy="get the file again")
