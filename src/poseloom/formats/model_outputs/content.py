"""What a file of any of the containers holds: tables, lists and arrays, nothing of it executed.

npz and npy of numpy, pickles (also joblib's, compressed or not), torch's zip files and its old ones, JSON.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poseloom.base.errors import FileError
from poseloom.base.files import read_bytes, read_text, readable_file, reason
from poseloom.formats.json_file import MAXIMUM_JSON_BYTES
from poseloom.formats.npz_files import open_npz, read_npy
from poseloom.formats.pickles import MAXIMUM_PICKLE_BYTES, load_data

_NPY, _ZIP = b"\x93NUMPY", b"PK"
_OLD_TORCH = b"\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"
"""The number with which torch's files began before they were zip archives, as a pickled integer."""
_DEEPEST = 4
_LISTED = 12


def read_content(path: Path) -> Any:
    """The content, by the first bytes of the file: a suffix may be wrong.

    Raises:
        FileError: damaged, or a pickle that names anything but data.
    """
    file = readable_file(path)
    with file.open("rb") as stream:
        head = stream.read(32)
    if head.startswith(_NPY):
        return unwrapped(read_npy(file))
    if head.startswith(_ZIP) and not _is_torch(file):
        return open_npz(file)
    if head.startswith(_ZIP) or _OLD_TORCH in head:
        from poseloom.formats.torch_files import load_torch_data

        return load_torch_data(file)
    if head.lstrip().startswith((b"{", b"[")):
        return _read_json(file)
    return unwrapped(load_data(read_bytes(file, maximum_bytes=MAXIMUM_PICKLE_BYTES), file))


def _read_json(file: Path) -> Any:
    try:
        return json.loads(read_text(file, maximum_bytes=MAXIMUM_JSON_BYTES))
    except (ValueError, RecursionError, MemoryError) as error:
        raise FileError(file, f"is not JSON: {reason(error)}", remedy="write it again") from None


def unwrapped(value: Any) -> Any:
    """The one object in an array of Python objects that holds nothing else, else the value itself."""
    for _ in range(_DEEPEST):
        if not (isinstance(value, np.ndarray) and value.dtype.hasobject and value.size == 1):
            break
        value = value.reshape(-1)[0]
    return value


def as_array(value: Any) -> NDArray[Any] | None:
    """Numbers as an array: numpy's, torch's, nested lists of them; None for anything else."""
    value = unwrapped(value)
    if type(value).__module__.startswith("torch"):
        from poseloom.formats.arrays import to_numpy

        return to_numpy(value)
    if isinstance(value, np.ndarray) and value.dtype.hasobject:
        value = list(value.reshape(-1))
    if isinstance(value, list) and _first_leaf(value) in (int, float):
        try:
            array = np.array(value)  # all at once where all are numbers, as in JSON
        except (ValueError, OverflowError):
            return None
        return array if array.dtype.kind in "fiu" else None
    if isinstance(value, list | tuple):
        parts = [as_array(part) for part in value]
        shapes = {part.shape for part in parts if part is not None}
        if not parts or any(part is None for part in parts) or len(shapes) != 1:
            return None
        return np.stack([part for part in parts if part is not None])
    if isinstance(value, np.ndarray | np.generic | int | float) and np.asarray(value).dtype.kind in "fiu":
        return np.asarray(value)
    return None


def _first_leaf(value: Any) -> type:
    for _ in range(_DEEPEST):
        if type(value) is list and value:
            value = value[0]
    return type(value)


def keys_of(content: Any) -> str:
    """What is in there, in a few words, for an error."""
    if isinstance(content, Mapping):
        names = [str(key) for key in content]
        inner = next((value for value in content.values() if isinstance(value, Mapping)), None)
        below = f" with {', '.join(str(key) for key in list(inner)[:_LISTED])}" if inner else ""
        return (f"holds {', '.join(names[:_LISTED])}" + (", ..." if len(names) > _LISTED else "") + below)[:170]
    if isinstance(content, np.ndarray):
        return f"holds an array of shape {content.shape}"
    if isinstance(content, list | tuple) and content:
        return f"holds a list of {len(content)}; its first {keys_of(content[0])}"[:170]
    return f"holds a {type(content).__name__}"


def _is_torch(file: Path) -> bool:
    try:
        with zipfile.ZipFile(file) as archive:
            return any(name.endswith("data.pkl") for name in archive.namelist()[:2000])
    except Exception:  # zipfile raises a dozen kinds on damaged input; open_npz tells what is wrong
        return False


def unknown(path: Path, content: Any) -> FileError:
    """No layout fits."""
    return FileError(
        path,
        f"{keys_of(content)}: no known motion",
        remedy="expected poses or smpl_poses with trans, global_orient with body_pose, or joints (frames, 22, 3)",
    )
