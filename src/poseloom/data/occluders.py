"""The objects that hide people in training, from whichever form they are in."""

from __future__ import annotations

from pathlib import Path

from poseloom.formats.npz_files import read_npy
from poseloom.images.augment.objects import Objects, objects_of_arrays, read_objects


def open_objects(path: str | Path) -> Objects:
    """A folder of cut-outs, or ``pascal_occluders.npy``: an array of RGBA arrays, read as data.

    Raises:
        FileError: there is none, a file is no picture, or an array is no RGBA picture.
    """
    if Path(path).suffix.lower() != ".npy":
        return read_objects(path)
    array = read_npy(path)
    return objects_of_arrays(list(array) if array.dtype == object or array.ndim == 4 else [array], path)
