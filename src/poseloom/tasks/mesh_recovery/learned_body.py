"""The body that networks learn to tell: SMPL from the user's files, or the free body; one face for both.

Joints are always the 54 of SPIN (`poseloom.body.joint_sets.smpl_54`); the free body has those that it knows, the others
are unknown and count in no loss. Metres, in the axes of the rotations that are given.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from poseloom.base.errors import FileError, PoseloomError
from poseloom.base.files import readable_file
from poseloom.body import AnnyBody, default_body
from poseloom.body.anny import ShapedAnny
from poseloom.body.joint_sets import SMPL_VERTICES, smpl_54
from poseloom.body.phenotype import AVERAGE
from poseloom.body.smpl import SmplBody
from poseloom.fitting.smplify import PoseMixture
from poseloom.formats.pickles import load_pickle
from poseloom.pose import ALL_JOINTS, BODY_JOINTS
from poseloom.tasks.mesh_recovery.mesh_levels import MeshPyramid, mesh_pyramid, read_mesh_pyramid
from poseloom.tasks.mesh_recovery.networks.choice import BodyAtRest

JOINTS = 54
MEASURED = (6, 5, 4, 1, 2, 3, 16, 15, 14, 11, 12, 13, 8, 10)
"""Of the 17 joints of Human3.6M, the 14 on which is measured: right ankle to hip, left hip to ankle, right wrist to
shoulder, left shoulder to wrist, neck, top of the head."""
H36M = 17
_NEUTRAL, _GENDERED = "SMPL_NEUTRAL", {"m": "SMPL_MALE", "f": "SMPL_FEMALE"}
_EXTRA, _H36M, _MEAN, _MIXTURE, _MESHES = (
    "J_regressor_extra.npy",
    "J_regressor_h36m.npy",
    "smpl_mean_params.npz",
    "gmm_08.pkl",
    "mesh_downsampling.npz",
)
_EXTRA_ROWS = 9
_OTHER_NAMES = {
    _NEUTRAL: "basicModel_neutral_lbs_10_207_0_v1.0.0",
    "SMPL_MALE": "basicModel_m_lbs_10_207_0_v1.0.0",
    "SMPL_FEMALE": "basicModel_f_lbs_10_207_0_v1.0.0",
}
_NEAREST = 24
"""Vertices of the free body of which a joint is a weighted mean."""


@dataclass(frozen=True, eq=False)
class BodyPoints:
    """A posed body.

    Args:
        vertices: its surface.
        joints: the 54; zeros where a body does not know one.
    """

    vertices: Float[Tensor, "batch vertices 3"]
    joints: Float[Tensor, "batch 54 3"]


class LearnedBody(Protocol):
    """A body that a network learns to tell."""

    name: str
    """``smpl`` or ``anny``, as `Pose.shape_model`."""
    rotations: int
    """Rotations of a pose."""
    betas: int
    """Shape coefficients."""
    known: Bool[Tensor, "54"]
    """Which of the 54 joints it has."""

    def posed(
        self, rotations: Float[Tensor, "batch joints 3 3"], betas: Float[Tensor, "batch coefficients"]
    ) -> BodyPoints:
        """The body in poses and shapes."""
        ...

    def measured(self, points: BodyPoints) -> tuple[Float[Tensor, "batch 14 3"], Float[Tensor, "batch 3"]]:
        """The 14 joints on which is measured, and the pelvis."""
        ...

    def joints_of(self, vertices: Float[Tensor, "batch vertices 3"]) -> Float[Tensor, "batch 54 3"]:
        """The 54 joints of a surface that is bent freely."""
        ...

    @property
    def average(self) -> Float[Tensor, " coefficients"]:
        """Coefficients of the average shape."""
        ...

    @property
    def faces(self) -> Int[Tensor, "faces 3"]:
        """Triangles of the surface."""
        ...

    @property
    def weights(self) -> Float[Tensor, "vertices joints"]:
        """How much each of the rotations moves each vertex; they sum to 1."""
        ...

    def at_rest(self) -> BodyAtRest:
        """What networks that bend its mesh know of it."""
        ...


class FreeBody:
    """The free body: 22 rotations, 6 phenotypes."""

    name = "anny"
    rotations = BODY_JOINTS
    betas = len(AVERAGE)

    def __init__(self, body: AnnyBody | None = None):
        self.body = body or default_body()
        self.known = torch.zeros(JOINTS, dtype=torch.bool)
        self.known[list(_FREE)] = True
        self.known[list(_FREE_EXTRA)] = True

    @property
    def average(self) -> Float[Tensor, " coefficients"]:
        return torch.tensor(AVERAGE)

    @property
    def faces(self) -> Int[Tensor, "faces 3"]:
        return self.body.faces

    @cached_property
    def weights(self) -> Float[Tensor, "vertices joints"]:
        """Fingers count for the wrists."""
        every = self.body.rig().weights
        found = every[:, : self.rotations].clone()
        for wrist, fingers in _FINGERS.items():
            found[:, wrist] += every[:, fingers].sum(-1)
        return found

    def posed(
        self, rotations: Float[Tensor, "batch joints 3 3"], betas: Float[Tensor, "batch coefficients"]
    ) -> BodyPoints:
        full = torch.eye(3).to(rotations).expand(len(rotations), ALL_JOINTS, 3, 3)
        full = torch.cat([rotations, full[:, rotations.shape[1] :]], dim=1)
        posed = self._with(betas).turned(full)
        return BodyPoints(posed.vertices, self._in_54(posed.joints))

    def measured(self, points: BodyPoints) -> tuple[Float[Tensor, "batch 14 3"], Float[Tensor, "batch 3"]]:
        joints = points.joints
        top = points.vertices[:, self._top]
        return torch.cat([joints[:, _FREE_MEASURED], top[:, None]], dim=1), joints[:, 0]

    def joints_of(self, vertices: Float[Tensor, "batch vertices 3"]) -> Float[Tensor, "batch 54 3"]:
        return self._regressor.to(vertices) @ vertices

    def at_rest(self) -> BodyAtRest:
        still = torch.eye(3).expand(1, self.rotations, 3, 3)
        points = self.posed(still, self.average[None])
        joints, pelvis = self.measured(points)
        return BodyAtRest(mesh_pyramid(points.vertices[0], self.body.faces, self.weights), joints[0], pelvis[0])

    def _with(self, betas: Tensor) -> ShapedAnny:
        if not betas.requires_grad and bool((betas == betas[:1]).all()):
            return self.body.shaped(betas[0])
        return self.body.shaped(betas)

    @staticmethod
    def _in_54(joints: Tensor) -> Tensor:
        found = joints.new_zeros(len(joints), JOINTS, 3)
        found[:, list(_FREE)] = joints[:, list(_FREE)]
        found[:, list(_FREE_EXTRA)] = joints[:, list(_FREE_EXTRA.values())]
        return found

    @cached_property
    def _top(self) -> int:
        return int(self.body.rig().vertices[:, 1].argmax())

    @cached_property
    def _regressor(self) -> Float[Tensor, "54 vertices"]:
        """Each joint as a mean of the vertices around it, with weights that give it at rest."""
        rig = self.body.rig()
        joints = self._in_54(rig.skeleton.positions[None])[0]
        return _weighted_means(rig.vertices, joints, self.known)


_FREE = range(BODY_JOINTS)
_FREE_EXTRA = {45: 2, 46: 1, 47: 12, 49: 0}
"""Hips, neck and pelvis of data sets, for which the free body's own stand."""
_FINGERS = {20: slice(22, 37), 21: slice(37, 52)}
"""Left and right wrist, and their fingers among the 52 joints."""
_FREE_MEASURED = [8, 5, 2, 1, 4, 7, 21, 19, 17, 16, 18, 20, 12]


def _weighted_means(
    vertices: Float[Tensor, "vertices 3"], joints: Float[Tensor, "54 3"], known: Bool[Tensor, "54"]
) -> Float[Tensor, "54 vertices"]:
    regressor = vertices.new_zeros(len(joints), len(vertices))
    for joint in known.nonzero()[:, 0].tolist():
        near = (vertices - joints[joint]).norm(dim=-1).topk(_NEAREST, largest=False).indices
        system = torch.cat([vertices[near].T, torch.ones(1, _NEAREST)]).double()
        wanted = torch.cat([joints[joint], torch.ones(1)]).double()
        even = torch.full((_NEAREST,), 1 / _NEAREST, dtype=torch.float64)
        regressor[joint, near] = (even + torch.linalg.pinv(system) @ (wanted - system @ even)).float()
    return regressor


class SmplLearnedBody:
    """SMPL from a folder of the user: 24 rotations, 10 shape coefficients.

    Args:
        folder: with ``SMPL_NEUTRAL`` (.pkl or .npz), ``J_regressor_extra.npy`` and ``J_regressor_h36m.npy``.
        model: another model file of the folder, without its suffix; see `gendered`.

    Raises:
        FileError: one of them is missing, damaged or of another size.
    """

    name = "smpl"
    rotations = 24
    betas = 10

    def __init__(self, folder: str | Path, model: str = _NEUTRAL):
        self.folder = Path(folder)
        self.body = SmplBody.load(_model_file(self.folder, model))
        self.extra = self._regressor(_EXTRA)[-_EXTRA_ROWS:]
        self.h36m = self._regressor(_H36M)
        self.known = torch.ones(JOINTS, dtype=torch.bool)

    @property
    def average(self) -> Float[Tensor, " coefficients"]:
        return torch.zeros(self.betas)

    @property
    def faces(self) -> Int[Tensor, "faces 3"]:
        return self.body.faces

    @property
    def weights(self) -> Float[Tensor, "vertices joints"]:
        return self.body.rig().weights

    def gendered(self, gender: str) -> SmplLearnedBody:
        """That of a gender: ``m``, anything else is female, as the protocol of 3DPW has it."""
        return SmplLearnedBody(self.folder, _GENDERED.get(gender, _GENDERED["f"]))

    def posed(
        self, rotations: Float[Tensor, "batch joints 3 3"], betas: Float[Tensor, "batch coefficients"]
    ) -> BodyPoints:
        posed = self.body.shaped(betas).turned(rotations)
        vertices = posed.mesh().vertices
        return BodyPoints(vertices, smpl_54(posed.joints, vertices, self.extra.to(vertices)))

    def measured(self, points: BodyPoints) -> tuple[Float[Tensor, "batch 14 3"], Float[Tensor, "batch 3"]]:
        joints = self.h36m.to(points.vertices) @ points.vertices
        return joints[:, list(MEASURED)], joints[:, 0]

    def joints_of(self, vertices: Float[Tensor, "batch vertices 3"]) -> Float[Tensor, "batch 54 3"]:
        skeleton = self.body.joint_regressor.to(vertices) @ vertices
        return smpl_54(skeleton, vertices, self.extra.to(vertices))

    def at_rest(self) -> BodyAtRest:
        points = self.posed(torch.eye(3).expand(1, self.rotations, 3, 3), self.average[None])
        joints, pelvis = self.measured(points)
        return BodyAtRest(self._pyramid(points.vertices[0]), joints[0], pelvis[0])

    def mean(self) -> dict[str, Tensor] | None:
        """``pose``, ``shape``, ``cam`` of ``smpl_mean_params.npz``; None where the folder has none."""
        path = self.folder / _MEAN
        if not path.exists():
            return None
        with np.load(readable_file(path)) as content:
            missing = [name for name in ("pose", "shape", "cam") if name not in content]
            if missing:
                raise FileError(path, "is missing", field=missing[0], remedy=f"expected {_MEAN} of SPIN")
            return {name: torch.from_numpy(np.asarray(content[name])).float() for name in ("pose", "shape", "cam")}

    def mixture(self) -> PoseMixture | None:
        """The prior of ``gmm_08.pkl``; None where the folder has none."""
        path = self.folder / _MIXTURE
        if not path.exists():
            return None
        content = load_pickle(path)
        values = [torch.as_tensor(np.asarray(content[name])).double() for name in ("means", "covars", "weights")]
        return PoseMixture.of(*values)

    def _pyramid(self, template: Float[Tensor, "6890 3"]) -> MeshPyramid:
        path = self.folder / _MESHES
        if path.exists():
            return read_mesh_pyramid(path, template, self.weights)
        return mesh_pyramid(template, self.body.faces, self.weights)

    def _regressor(self, name: str) -> Float[Tensor, "rows 6890"]:
        path = readable_file(self.folder / name)
        try:
            found = np.load(path, allow_pickle=False)
        except ValueError as error:
            raise FileError(path, f"is no array: {error}", remedy="get it again") from None
        if found.ndim != 2 or found.shape[1] != SMPL_VERTICES or len(found) < _EXTRA_ROWS:
            raise FileError(path, f"is {found.shape}, expected (rows, {SMPL_VERTICES})", remedy="get it again")
        return torch.from_numpy(found.astype(np.float32))


def learned_body(folder: str | Path = "") -> LearnedBody:
    """SMPL of a folder, or the free body where none is named."""
    return SmplLearnedBody(folder) if str(folder) else FreeBody()


def _model_file(folder: Path, model: str) -> Path:
    names = [f"{stem}{suffix}" for stem in (model, _OTHER_NAMES[model]) for suffix in (".npz", ".pkl")]
    found = next((folder / name for name in names if (folder / name).is_file()), None)
    if found is None:
        raise PoseloomError(f"{folder}: holds no {model}.pkl or .npz; get it at smpl.is.tue.mpg.de")
    return found
