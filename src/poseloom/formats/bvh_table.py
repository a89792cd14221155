"""The MOTION part of a BVH file: frame rate and table of values, with the slips that exporters make."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np
from jaxtyping import Float64

from poseloom.base.errors import FileError
from poseloom.formats.bvh_hierarchy import QUOTED, finite_number
from poseloom.formats.skeleton_motion import MAXIMUM_VALUE, Array

_FRAMES = re.compile(rb"\s*Frames\s*:?[ \t]*([^\s]+)", re.IGNORECASE)
_FRAME_TIME = re.compile(
    rb"\s*Frame[ \t]*Time\s*:?[ \t]*([^\s]+)(?:[ \t]*(?:s|sec|seconds?|ms|msec)\b)?", re.IGNORECASE
)
_GLUED = re.compile(rb"(?<=[0-9.])(?=[-+][0-9.])")
_DECIMAL_COMMA = re.compile(rb"(?<=[0-9]),(?=[0-9])")
_NUMBER = re.compile(rb"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")

MINIMUM_FRAME_TIME = 1e-5
"""Seconds; a shorter one is a mistake: no camera takes more than a hundred thousand frames a second."""

_NO_SECONDS = (4.0, 250.0)
"""Frame times between these are no seconds: nobody takes a frame every four seconds."""

_USUAL_RATES = (24.0, 25.0, 30.0, 48.0, 50.0, 60.0, 72.0, 90.0, 100.0, 120.0, 200.0, 240.0)
_ROUNDED_SECONDS = (2e-4, 0.03)
"""Relative errors of a rounded frame time between which the rate before rounding is looked for."""
_ROUNDED = 0.025
"""Relative distance from a usual rate that rounding to whole milliseconds leaves."""

_SLOW = 5.0
"""Frames a second below which nobody records a motion."""

_USUAL_FPS = 30.0


@dataclass(frozen=True, eq=False)
class MotionTable:
    """The numbers of the MOTION part, and what the reader has to remark on them."""

    fps: float
    values: Float64[Array, "frames channels"]
    remarks: tuple[str, ...] = ()


def read_table(path: str | Path, text: bytes, channels: int) -> MotionTable:
    """Read what follows the word MOTION; nothing is allocated by what the header promises.

    Raises:
        FileError: a count or a number is wrong, and it is not clear what was meant.
    """
    remarks: list[str] = []
    frames, begin = _frame_count(path, text)
    fps, begin = _frame_rate(path, text, begin, remarks)
    rows = text[begin:]
    if not frames and not rows.strip():
        raise FileError(path, "the file has no frames", field="Frames", remedy="export at least one")
    if channels == 0:
        raise FileError(path, "no joint has CHANNELS", field="HIERARCHY", remedy="export with rotation channels")
    values = _plain_numbers(rows, frames, channels)
    if values is None:
        words = _words(rows, frames, channels, remarks)
        found = _whole_frames(path, rows, words, frames, channels, remarks)
        values = _numbers(path, words[: found * channels], channels)
    return MotionTable(fps, _finite(path, values), tuple(remarks))


def _frame_count(path: str | Path, text: bytes) -> tuple[int, int]:
    """Frames as the header says, 0 where it says nothing, and where what follows begins."""
    match = _FRAMES.match(text)
    if match is None:
        return 0, 0
    if not re.fullmatch(rb"-?\d+(\.0*)?", match[1]):
        raise FileError(path, "is not a whole number", field="Frames", remedy="write 'Frames: 120'")
    return max(0, int(match[1].split(b".")[0][:20])), match.end()


def _frame_rate(path: str | Path, text: bytes, begin: int, remarks: list[str]) -> tuple[float, int]:
    """Frames a second, and where the rows begin."""
    match = _FRAME_TIME.match(text, begin)
    if match is None:
        remarks.append("the Frame Time is missing: taken for 30 frames a second; --fps says otherwise")
        return _USUAL_FPS, begin
    word = match[1].decode("latin-1").replace(",", ".")
    seconds = finite_number(path, "Frame Time", word)
    if seconds < MINIMUM_FRAME_TIME:
        problem = f"expected seconds above zero, got {seconds}"
        raise FileError(path, problem, field="Frame Time", remedy="write 1 / fps")
    if _NO_SECONDS[0] <= seconds <= _NO_SECONDS[1]:
        fps, meant = _rate_of(seconds)
        remarks.append(f"Frame Time {seconds:g} is taken for {meant}: {fps:g} frames a second; see --fps")
        return fps, match.end()
    if 1 / seconds < _SLOW:
        remarks.append(f"Frame Time {seconds:g} makes {1 / seconds:.3g} frames a second, which is slow; see --fps")
    return _before_rounding(1 / seconds, word), match.end()


def _before_rounding(fps: float, word: str) -> float:
    """The usual rate whose frame time was rounded to the digits written: 0.0333 and 0.033 are 30 frames a second."""
    digits = len(word.partition(".")[2]) if "e" not in word.lower() else 17
    off = 0.5 * 10.0**-digits * fps
    if not _ROUNDED_SECONDS[0] < off < _ROUNDED_SECONDS[1]:
        return fps
    usual = min(_USUAL_RATES, key=lambda rate: abs(1 - fps / rate))
    return usual if abs(fps / usual - 1) <= off else fps


def _rate_of(number: float) -> tuple[float, str]:
    """Frames a second of a frame time that is none: milliseconds, unless only the number itself is a usual rate."""
    usual = min(_USUAL_RATES, key=lambda rate: abs(rate - 1000 / number))
    if abs(usual - 1000 / number) < _ROUNDED * usual:
        return usual, "milliseconds"
    if number in _USUAL_RATES:
        return number, "the frame rate"
    return 1000 / number, "milliseconds"


# -- the rows ----------------------------------------------------------------------------------------------------


def _plain_numbers(rows: bytes, frames: int, channels: int) -> Float64[Array, "frames channels"] | None:
    """The values where the rows are numbers with spaces between them, as many as the header says; else None.

    It takes a fifth of the memory of the words, which are looked at one by one where something is wrong.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)  # numpy's way to say that a word is no number
        try:
            values = np.fromstring(rows, dtype=np.float64, sep=" ")
        except (DeprecationWarning, ValueError):
            return None
    return values.reshape(frames, channels) if frames and values.size == frames * channels else None


def _words(rows: bytes, frames: int, channels: int, remarks: list[str]) -> list[bytes]:
    """The words of the rows; numbers with commas or without spaces between them are taken apart."""
    rows = rows.replace(b";", b" ")
    if b"," in rows:
        decimal = _DECIMAL_COMMA.sub(b".", rows).replace(b",", b" ")
        if b"." not in rows and abs(len(decimal.split()) - frames * channels) <= channels:
            remarks.append("the numbers have decimal commas; they are read as points")
            rows = decimal
        else:
            rows = rows.replace(b",", b" ")
    words = rows.split()
    glued = _GLUED.search(rows)
    if glued is not None and len(words) % channels:
        apart = _GLUED.sub(b" ", rows).split()
        if len(apart) % channels == 0:
            begin = max(rows.rfind(mark, 0, glued.start()) for mark in (b" ", b"\t", b"\n")) + 1
            word = rows[begin : begin + QUOTED].split()[0].decode("latin-1")
            remarks.append(f"a space is missing between numbers, as in '{word}'; {len(apart) - len(words)} added")
            return apart
    return words


def _whole_frames(
    path: str | Path, rows: bytes, words: list[bytes], frames: int, channels: int, remarks: list[str]
) -> int:
    """How many frames to take where the header's count does not fit."""
    if len(words) == frames * channels:
        return frames
    found, rest = divmod(len(words), channels)
    lengths = [len(line.split()) for line in rows.splitlines() if line.strip()]
    one_a_line = all(length == channels for length in lengths[:found])
    if rest == 0 and found and not frames:
        remarks.append(f"the header says no number of frames; {found} are read")
        return found
    if rest == 0 and found and found >= frames - 1:
        remarks.append(f"the header says {frames} frames, {found} follow; all {found} are read")
        return found
    if found >= frames > 0 and one_a_line and not _is_number(words[frames * channels]):
        remarks.append(f"{words[frames * channels][:QUOTED].decode('latin-1')!r} behind the last frame is left out")
        return frames
    if rest and one_a_line and found and found in (frames - 1, frames) and lengths[-1] < channels:
        remarks.append(f"the last frame is cut off and left out; {found} are read")
        return found
    _explain_count(path, words, lengths, frames, channels)


def _is_number(word: bytes) -> bool:
    return _NUMBER.fullmatch(word) is not None


def _explain_count(path: str | Path, words: list[bytes], lengths: list[int], frames: int, channels: int) -> NoReturn:
    """Say which word or frame is wrong, or how many frames there are in truth."""
    wrong = next((word for word in words if not _is_number(word)), None)
    if wrong is not None and wrong.lower() not in (b"nan", b"inf"):
        glued = _GLUED.search(wrong) is not None
        what = "numbers without a space between them" if glued else "not a number"
        problem = f"{wrong[:QUOTED].decode('latin-1')!r}: {what}"
        raise FileError(path, problem, field="MOTION", remedy="correct it, or export the file again")
    if len(set(lengths)) == 1 and len(lengths) > 1 and lengths[0] != channels:
        raise FileError(
            path,
            f"each row has {lengths[0]} values, the joints have {channels} channels",
            field="MOTION",
            remedy="the two parts are not of one file, or a column too many or too few was written",
        )
    for place, length in enumerate(lengths):
        if length != channels and len(words) % channels:
            raise FileError(
                path,
                f"{length} values, expected {channels} (one for each channel)",
                field=f"frame {place + 1}",
                remedy="the file may be cut off; get it again or remove that frame",
            )
    raise FileError(
        path,
        f"says {frames}, but {len(words) / channels:g} frames of {channels} values follow",
        field="Frames",
        remedy="get the whole file, or correct the number",
    )


def _numbers(path: str | Path, words: list[bytes], channels: int) -> Float64[Array, "frames channels"]:
    try:
        return np.fromiter(map(float, words), dtype=np.float64, count=len(words)).reshape(-1, channels)
    except ValueError:
        place = next(place for place, word in enumerate(words) if not _is_float(word))
    problem = f"value {place % channels + 1} is {words[place][:QUOTED].decode('latin-1')!r}, which is not a number"
    raise FileError(path, problem, field=f"frame {place // channels + 1}", remedy="remove or repair that frame")


def _is_float(word: bytes) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _finite(path: str | Path, values: Float64[Array, "frames channels"]) -> Float64[Array, "frames channels"]:
    wrong = ~(np.abs(values) <= MAXIMUM_VALUE)
    if wrong.any():
        frame, channel = (int(place[0]) for place in np.nonzero(wrong))
        raise FileError(
            path,
            f"value {channel + 1} is {values[frame, channel]}, expected a finite number",
            field=f"frame {frame + 1}",
            remedy="remove or repair that frame",
        )
    return values
