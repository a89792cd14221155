"""The user's SMPL-X body, cut down to the points of its surface that BEDLAM's boxes are drawn around."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from poseloom.base.errors import FileError, PoseloomError
from poseloom.base.files import read_bytes
from poseloom.body.reduced import with_vertices
from poseloom.body.smpl import SmplBody
from poseloom.body.smpl_files import SmplArrays, read_smpl_arrays
from poseloom.data.manifest import checksum
from poseloom.formats.pickles import load_data
from poseloom.pose import BODY_JOINTS, JOINT_INDEX, PARENTS, Pose, farthest_points
from poseloom.pose.kinematics import forward_kinematics
from poseloom.pose.rotations import axis_to_rotmat

MODEL_FILE = Path("smplx") / "SMPLX_NEUTRAL.npz"
"""Where the model file is sought in the folder of the data set."""
MODEL_SITE = "smpl-x.is.tue.mpg.de"
DOWNSAMPLING_FILE = "downsample_mat_smplx.pkl"
BOX_POINTS = 437
"""Points of the surface around which a box is drawn."""
SMPLX_JOINTS = 55

_LEFT_HIP, _RIGHT_HIP = JOINT_INDEX["left_hip"], JOINT_INDEX["right_hip"]
_MARK_DIGITS = 8


@dataclass(frozen=True, eq=False)
class BoxBody:
    """SMPL-X with 437 points of its surface.

    Args:
        problem: why these are not the points that the data set's authors chose; empty if they are.
    """

    body: SmplBody
    problem: str

    def seen(self, pose: Pose) -> tuple[Float[Tensor, "*batch 52 3"], Float[Tensor, "*batch points 3"]]:
        """Joints in SMPL-H order and surface points of poses: 437, or as many as the file of the points chooses."""
        posed = self.body.shaped(self._shape(pose)).posed(pose)
        return posed.joints, posed.vertices[..., : -len(self.body.parents), :]

    def pelvis(self, pose: Pose) -> Float[Tensor, "*batch 3"]:
        """Where the model puts the pelvis before the translation of a file moves it."""
        return self.body.shaped(self._shape(pose)).rest_pelvis

    def canonical(self, pose: Pose) -> Float[Tensor, "*batch 22 3"]:
        """Body joints of the average body with its pelvis at rest and its hips facing +z.

        The body is turned until the line from its right to its left hip, seen from above, points along +x.
        """
        offsets = self.body.skeleton().offsets[..., :BODY_JOINTS, :]
        _, joints = forward_kinematics(pose.body().matrices(), offsets, PARENTS[:BODY_JOINTS])
        return joints @ turn_of_hips(joints[..., _LEFT_HIP, :], joints[..., _RIGHT_HIP, :]).mT

    def _shape(self, pose: Pose) -> Tensor | None:
        return None if pose.shape is None else pose.shape[..., : self.body.coefficients]


def turn_of_hips(left: Float[Tensor, "*batch 3"], right: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3 3"]:
    """The turn about the vertical after which the line from the right to the left hip, seen from above, points to +x.

    BEDLAM's poses are normalised so; it is another turn than that of `Pose.without_heading`.
    """
    across = left - right
    return axis_to_rotmat(torch.atan2(across[..., 2], across[..., 0]), "Y")


def model_file(folder: Path, given: Path | None) -> Path:
    """The body model: the one that was given, else that in the folder of the data set.

    Raises:
        FileError: it is not there.
    """
    path = given or folder / MODEL_FILE
    if not path.is_file():
        remedy = f"get SMPLX_NEUTRAL.npz at {MODEL_SITE} and put it there, or name it with --body"
        raise FileError(path, "does not exist", remedy=remedy)
    return path


@lru_cache(maxsize=4)
def mark_of(model: Path) -> str:
    """A short name for the content of a model file."""
    return checksum(model).sha256[:_MARK_DIGITS]


@lru_cache(maxsize=1)
def whole_body(model: Path) -> SmplBody:
    """The body with all of its surface."""
    return SmplBody.load(model)


@lru_cache(maxsize=1)
def box_body(path: Path, folder: Path) -> BoxBody:
    """The body of a model file, with the points that the data set's matrix names, else with as many of our choice.

    Raises:
        FileError: the file is no SMPL-X model.
    """
    arrays = read_smpl_arrays(path)
    if len(arrays.parents) != SMPLX_JOINTS:
        problem = f"has {len(arrays.parents)} joints, expected SMPL-X with {SMPLX_JOINTS}"
        raise FileError(path, problem, field="kintree_table", remedy="give SMPLX_NEUTRAL.npz")
    points, problem = _points(folder / DOWNSAMPLING_FILE, arrays)
    return BoxBody(with_vertices(arrays, points), problem)


def _points(path: Path, arrays: SmplArrays) -> tuple[Int[Tensor, " points"], str]:
    """Vertices around which boxes are drawn. The matrix picks vertices: each of its rows has one entry."""
    vertices = len(arrays.template)
    own = farthest_points(arrays.template[:, None], min(BOX_POINTS, vertices))
    if not path.exists():
        return own, ""
    try:
        matrix = np.asarray(load_data(read_bytes(path), path), dtype=np.float32)
        if matrix.ndim != 2 or matrix.shape[1] != vertices:
            raise FileError(path, f"has shape {matrix.shape}, expected ({BOX_POINTS}, {vertices})")
    except (PoseloomError, ValueError, TypeError) as error:
        problem = error.problem if isinstance(error, FileError) else "holds no matrix"
        return own, f"{path.name}: {problem}; boxes are drawn around {len(own)} other points of the body"
    return torch.from_numpy(matrix.argmax(1)), ""
