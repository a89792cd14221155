"""Rotations in any of the encodings that are in use, as axis-angle (frames, joints, 3)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from poseloom.base.errors import FileError
from poseloom.formats.arrays import FRAMES, LARGEST_ANGLE, numbers
from poseloom.pose import rotations as rot

ORTHONORMAL = 1e-2
"""Largest error of a rotation matrix that rounding to 16 bits explains."""
_FLAT = {3: "axis-angle", 6: "6D", 9: "matrices"}


def axis_angles(path: Path, field: str, array: NDArray[Any], joints: Sequence[int]) -> NDArray[np.float32]:
    """One field as axis-angle.

    6D numbers are taken as the first two rows of the matrix, as PyTorch3D writes them.

    Args:
        path, field: where it is from, for the message.
        array: with the frames first, or of a single frame; axis-angle, 6D or matrices, joints apart or flat.
        joints: how many there may be.

    Raises:
        FileError: another size, or no rotations.
    """
    if array.ndim >= 3 and array.shape[0] == 1 and not _fits(array, joints):
        array = array[0]  # a batch of one
    by_joint, size = _by_joint(path, field, array, joints)
    checked = numbers(path, field, by_joint, (FRAMES, "joints", size), largest=LARGEST_ANGLE)
    if size == 3:
        return checked
    if size == 6:
        first, second = torch.from_numpy(checked).unflatten(-1, (2, 3)).unbind(-2)
        matrices = rot.from_sixd(torch.stack([first, second], dim=-1).flatten(-2)).mT
    else:
        matrices = torch.from_numpy(checked).unflatten(-1, (3, 3))
        _check_matrices(path, field, matrices)
    result: NDArray[np.float32] = rot.to_axis_angle(matrices).numpy()
    return result


def _by_joint(path: Path, field: str, array: NDArray[Any], joints: Sequence[int]) -> tuple[NDArray[Any], int]:
    """(frames, joints, numbers a joint), and that last number."""
    shape = array.shape
    for count in joints:
        for size in _FLAT:
            per_frame = count * size
            apart = (count, 3, 3) if size == 9 else (count, size)
            single = shape in ((per_frame,), apart) or (count == 1 and shape == (3, 3) and size == 9)
            flat = len(shape) >= 2 and int(np.prod(shape[1:])) == per_frame and _ends_well(shape, count, size)
            if single and not (flat and len(shape) == 2 and shape[0] != 1 and count > 1 and shape[1] == per_frame):
                return array.reshape(1, count, size), size
            if flat:
                return array.reshape(shape[0], count, size), size
    wanted = " or ".join(f"{3 * count}" for count in joints)
    raise FileError(
        path,
        f"has shape {shape}, expected (frames, {wanted}) of axis-angle, or as many 6D rotations or matrices",
        field=field,
    )


def _fits(array: NDArray[Any], joints: Sequence[int]) -> bool:
    """Whether everything behind the first axis is one frame."""
    return int(np.prod(array.shape[1:])) in {count * size for count in joints for size in _FLAT}


def _ends_well(shape: tuple[int, ...], count: int, size: int) -> bool:
    """Whether the last axes are a joint's numbers, or everything of a frame is flat."""
    if len(shape) == 2:
        return True
    return (
        shape[-2:] == (3, 3)
        if size == 9 and len(shape) > 3
        else shape[-1] in (size, count * size) or (size == 9 and shape[1:] == (3, 3))
    )


def _check_matrices(path: Path, field: str, matrices: torch.Tensor) -> None:
    defect = (matrices.mT @ matrices - torch.eye(3)).abs().amax(dim=(1, 2, 3)) + (torch.linalg.det(matrices) < 0).any(1)
    if not bool((defect < ORTHONORMAL).all()):
        frame = int((~(defect < ORTHONORMAL)).nonzero()[0])
        raise FileError(path, f"frame {frame} is no rotation matrix", field=field, remedy="export axis-angle")
