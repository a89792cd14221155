"""Reading and checking the model files of the SMPL family."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from poseloom.base.errors import FileError
from poseloom.formats.npz_files import open_npz
from poseloom.formats.pickles import load_pickle

_SHAPE_COLUMNS = {20: 10, 400: 300}
"""SMPL-X stores shape and expression side by side: total columns -> those of shape (10 of 20, 300 of 400)."""
_KNOWN_JOINTS = (24, 52, 55)
_NEEDED = ("v_template", "shapedirs", "posedirs", "J_regressor", "weights", "kintree_table", "f")
_REMEDY = "expected a model file of SMPL, SMPL-H or SMPL-X as published, .npz or .pkl"
_NO_PARENT = 2**31
"""Parent indices are unsigned in the files; the root's is 2**32 - 1."""


@dataclass(frozen=True, eq=False)
class SmplArrays:
    """What the body needs of a model file, float32 and int64, shapes checked against each other."""

    template: Float[Tensor, "vertices 3"]
    shape_basis: Float[Tensor, "vertices 3 coefficients"]
    pose_basis: Float[Tensor, "features vertices*3"]
    joint_regressor: Float[Tensor, "joints vertices"]
    weights: Float[Tensor, "vertices joints"]
    faces: Int[Tensor, "faces 3"]
    parents: tuple[int, ...]


def read_smpl_arrays(path: Path) -> SmplArrays:
    """Read a ``.pkl`` or ``.npz`` model file.

    Raises:
        FileError: names the array that is missing or of the wrong shape.
    """
    suffix = path.suffix.lower()
    if suffix not in (".pkl", ".npz"):
        raise FileError(path, f"unknown kind of body model {suffix or 'without suffix'!r}", remedy=_REMEDY)
    return check_smpl_arrays(path, load_pickle(path) if suffix == ".pkl" else open_npz(path))


def check_smpl_arrays(path: Path, raw: Mapping[str, Any]) -> SmplArrays:
    """Turn the raw arrays of a model file into checked tensors."""
    missing = [name for name in _NEEDED if name not in raw]
    if missing:
        raise FileError(path, "is missing", field=", ".join(missing), remedy=_REMEDY)
    tree = _array(path, raw, "kintree_table", (2, None)).astype(np.int64)
    joints = tree.shape[1]
    if joints not in _KNOWN_JOINTS:
        raise FileError(path, f"has {joints} joints", field="kintree_table", remedy="expected 24, 52 or 55")
    template = _array(path, raw, "v_template", (None, 3))
    vertices = len(template)
    shape_basis = _array(path, raw, "shapedirs", (vertices, 3, None))
    pose_basis = _array(path, raw, "posedirs", (vertices, 3, 9 * (joints - 1)))
    faces = _array(path, raw, "f", (None, 3)).astype(np.int64)
    if faces.size and not 0 <= faces.min() <= faces.max() < vertices:
        raise FileError(path, f"points outside the {vertices} vertices", field="f", remedy=_REMEDY)
    columns = _SHAPE_COLUMNS.get(shape_basis.shape[-1], shape_basis.shape[-1]) if joints == 55 else None
    return SmplArrays(
        template=_float(template),
        shape_basis=_float(shape_basis[..., :columns]),
        pose_basis=_float(pose_basis.reshape(vertices * 3, -1).T),
        joint_regressor=_float(_array(path, raw, "J_regressor", (joints, vertices))),
        weights=_float(_array(path, raw, "weights", (vertices, joints))),
        faces=torch.from_numpy(faces),
        parents=_parents(path, tree[0]),
    )


def _parents(path: Path, row: np.ndarray) -> tuple[int, ...]:
    parents = [
        -1 if joint == 0 or parent >= _NO_PARENT or parent < 0 else int(parent) for joint, parent in enumerate(row)
    ]
    if any(not 0 <= parent < joint for joint, parent in enumerate(parents) if joint):
        raise FileError(path, "a joint stands before its parent", field="kintree_table", remedy=_REMEDY)
    return tuple(parents)


def _array(path: Path, raw: Mapping[str, Any], name: str, shape: tuple[int | None, ...]) -> np.ndarray:
    array = np.asarray(raw[name])
    wanted = tuple("any" if size is None else size for size in shape)
    fits = array.ndim == len(shape) and all(size in (None, got) for size, got in zip(shape, array.shape, strict=True))
    if not fits or array.dtype.kind not in "fiu":
        got = f"{array.dtype} of shape {array.shape}"
        raise FileError(path, f"is {got}, expected numbers of shape {wanted}", field=name, remedy=_REMEDY)
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise FileError(path, "holds NaN or infinity", field=name, remedy=_REMEDY)
    return array


def _float(array: np.ndarray) -> Tensor:
    return torch.from_numpy(np.array(array, dtype=np.float32, order="C"))
