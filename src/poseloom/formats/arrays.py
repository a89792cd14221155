"""Checks that every reader makes on the arrays it finds: type, shape, finiteness, plausible size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from poseloom.base.errors import FileError

if TYPE_CHECKING:
    from torch import Tensor

LARGEST_ANGLE = 1e4
"""Radians. Published motions stay below a few turns; beyond this float32 no longer holds the angle within a turn."""
LARGEST_LENGTH = 1e6
"""Metres. Larger positions are damage or another unit."""
LARGEST_COEFFICIENT = 1e4
"""Shape coefficients are standard deviations: single digits in real files."""
MAXIMUM_COEFFICIENTS = 400
"""SMPL-X has 300 for shape and 100 for expression."""
HIGHEST_RATE = 100_000.0
"""Frames a second; optical capture reaches a few thousand."""
DEFAULT_RATE = 30.0
"""Frames a second that are assumed, and noted, where a file gives none."""

FRAMES = "frames"
"""The name of the first axis in an expected shape."""


def numbers(
    path: str | Path,
    field: str,
    array: Any,
    shape: Sequence[int | str],
    *,
    largest: float,
    remedy: str | None = None,
) -> NDArray[np.float32]:
    """Return `array` as float32 after checking it.

    Args:
        path, field: where it is from, for the message.
        shape: expected sizes; a word stands for any size. The word ``"frames"`` allows any size but zero.
        largest: magnitude beyond which a value is absurd.
        remedy: what to do about a wrong shape.

    Raises:
        FileError: not numbers, another shape, no frames, NaN or infinity (with the first bad frame), absurd values.
    """
    array = np.asarray(array)
    expected = f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"
    if array.dtype.kind not in "fiu":
        raise FileError(path, f"holds {array.dtype} values, expected numbers of shape {expected}", field=field)
    matches = array.ndim == len(shape) and all(
        isinstance(want, str) or want == got for want, got in zip(shape, array.shape, strict=True)
    )
    if not matches:
        raise FileError(path, f"has shape {array.shape}, expected {expected}", field=field, remedy=remedy)
    if shape and shape[0] == FRAMES and len(array) == 0:
        raise FileError(path, "holds no frames, expected at least one", field=field, remedy="record or export it again")
    if array.dtype == np.float16:  # its largest number is smaller than some limits
        array = array.astype(np.float32)
    _refuse_bad_values(path, field, array, largest, framed=bool(shape) and shape[0] == FRAMES)
    return np.require(array, np.float32, ["C_CONTIGUOUS", "WRITEABLE"])


def _refuse_bad_values(path: str | Path, field: str, array: NDArray[Any], largest: float, *, framed: bool) -> None:
    with np.errstate(invalid="ignore"):
        good = (array <= largest) & (array >= -largest)  # NaN compares false
    if good.all():
        return
    index = tuple(int(part) for part in np.argwhere(~good)[0])
    value = array[index]
    where = f"in frame {index[0]}" if framed else f"at index {list(index)}" if index else "in it"
    if np.isfinite(value):
        problem, remedy = f"{value:g} {where} is absurd, expected at most {largest:g}", "check the units"
    else:
        problem, remedy = f"NaN or infinity {where}", "remove or repair those frames"
    raise FileError(path, problem, field=field, remedy=remedy)


def same_frames(path: str | Path, arrays: Mapping[str, NDArray[Any] | None]) -> int:
    """The number of frames that all given arrays share.

    Raises:
        FileError: they differ; the message names the first two that do.
    """
    counts = {field: len(array) for field, array in arrays.items() if array is not None}
    first, frames = next(iter(counts.items()))
    for field, count in counts.items():
        if count != frames:
            raise FileError(
                path, f"holds {count} frames where {first} holds {frames}", field=field, remedy="export the file again"
            )
    return frames


def coefficients(path: str | Path, field: str, array: Any, frames: int) -> NDArray[np.float32]:
    """Shape coefficients, given once (k,) or (1, k) or for every frame (frames, k), as (frames, k)."""
    array = np.asarray(array)
    if array.ndim == 1:
        array = array[None]
    checked = numbers(path, field, array, ("1 or frames", "coefficients"), largest=LARGEST_COEFFICIENT)
    if len(checked) not in (1, frames):
        raise FileError(path, f"has {len(checked)} rows for {frames} frames, expected 1 or {frames}", field=field)
    if checked.shape[1] > MAXIMUM_COEFFICIENTS:
        raise FileError(path, f"has {checked.shape[1]} coefficients, at most {MAXIMUM_COEFFICIENTS}", field=field)
    return np.array(np.broadcast_to(checked, (frames, checked.shape[-1])))


def frame_rate(path: str | Path, field: str, value: float) -> float:
    """A frame rate in frames a second, checked to be positive and plausible."""
    if not 0 < value <= HIGHEST_RATE:
        raise FileError(
            path, f"{value:g} frames a second, expected more than 0 and at most {HIGHEST_RATE:g}", field=field
        )
    return float(value)


def to_numpy(tensor: Tensor) -> NDArray[Any]:
    """A tensor's values on the CPU; a kind of float that numpy does not know becomes float32."""
    values = tensor.detach().cpu()
    try:
        array: NDArray[Any] = values.numpy()
    except TypeError:
        array = values.float().numpy()
    return array
