"""Tables as HumanData files: pictures, boxes, keypoints and bodies of the rows, for programs of mesh recovery."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float32, Int64
from numpy import ndarray as Array

from poseloom.base.errors import FileError
from poseloom.data.sources.threedpw import CAMERA_TO_WORLD, REST_PELVIS
from poseloom.data.table import Table
from poseloom.formats.human_data import CONVENTION, BodyParameters, HumanData, write_human_data
from poseloom.pose.joints import BODY_JOINTS
from poseloom.pose.keypoints import convert, names
from poseloom.pose.rotations import rotmat_to_rotvec, rotvec_to_rotmat

_COEFFICIENTS = 10
_BODIES = ("smpl", "smplh", "smplx")
_SMPL_JOINTS = 23


@dataclass(frozen=True, eq=False)
class _Points:
    values: Float32[Array, "rows names columns"]
    mask: Bool[Array, " names"]


def export_human_data(table: Table, path: Path) -> int:
    """Write the rows that have pictures, as HumanData with compressed keypoints; returns how many.

    Keypoints of every convention go to the 190 names by exact name; where a row has a point in two, the more certain
    one is taken, and the mask has the names that any row has. Bodies of the SMPL family are turned into the camera's
    axes.

    Raises:
        FileError: no row has a picture, or the place cannot be written.
    """
    pictures = table.pictures()
    rows = np.flatnonzero([bool(one) for one in pictures.paths])
    if not len(rows):
        raise FileError(table.path, "has no rows with pictures", remedy="HumanData files are about pictures")
    flat, deep = (_points(table, rows, dimensions) for dimensions in (2, 3))
    boxes = np.concatenate([pictures.box[rows], (pictures.box[rows, 2:3] > 0).astype(np.float32)], 1)
    sets = table.column("data_set").to_pylist()
    data = HumanData(
        image_path=[pictures.paths[row] for row in rows],
        boxes=boxes,
        keypoints2d=None if flat is None else flat.values,
        keypoints3d=None if deep is None else deep.values,
        mask2d=None if flat is None else flat.mask,
        mask3d=None if deep is None else deep.mask,
        body=_body(table, rows),
        config="+".join(sorted(set(sets))),
    )
    write_human_data(data, path)
    return len(rows)


def _points(table: Table, rows: Int64[Array, " rows"], dimensions: int) -> _Points | None:
    """The points of all conventions of the table; None where it has none."""
    count = len(names(CONVENTION))
    together = np.zeros((len(rows), count, dimensions + 1), np.float32)
    for convention in sorted(name for name, axes in table.conventions() if axes == dimensions):
        own = torch.from_numpy(table.keypoints(convention, rows, dimensions=dimensions))
        found, _ = convert(own, convention, CONVENTION)
        values = found.numpy()
        better = values[..., -1:] > together[..., -1:]
        together = np.where(better, values, together)
    known = np.asarray((together[..., -1] > 0).any(0))
    return _Points(together, known) if known.any() else None


def _body(table: Table, rows: Int64[Array, " rows"]) -> BodyParameters | None:
    layout = table.layout
    if not layout.joints or layout.shape_model not in ("", *_BODIES):
        return None
    present = np.isin(rows, table.posed(rows))
    rotations = torch.from_numpy(table.array("rotations", rows))[:, :BODY_JOINTS]
    cameras = table.cameras(rows)
    turn = torch.from_numpy(cameras.rotation).double()
    turn[~torch.from_numpy(cameras.known)] = torch.tensor(CAMERA_TO_WORLD, dtype=torch.float64)  # its own inverse
    root = rotmat_to_rotvec(turn @ rotvec_to_rotmat(rotations[:, 0].double())).float()
    smplx = layout.shape_model == "smplx"
    body = torch.nn.functional.pad(rotations[:, 1:], (0, 0, 0, 0 if smplx else _SMPL_JOINTS - BODY_JOINTS + 1))
    betas = np.zeros((len(rows), _COEFFICIENTS), np.float32)
    if layout.shape:
        shape = table.array("shape", rows)[:, :_COEFFICIENTS]
        betas[:, : shape.shape[1]] = shape
    transl = None
    if layout.translation:
        there = turn @ torch.from_numpy(table.array("translation", rows)).double()[..., None]
        moved = there[..., 0] + torch.from_numpy(cameras.translation) - torch.tensor(REST_PELVIS)
        transl = moved.float().numpy()
    return BodyParameters("smplx" if smplx else "smpl", root.numpy(), body.numpy(), betas, transl, present)
