"""The best fit of the body to each photo so far, which SPIN keeps while it trains (Kolotouros et al., ICCV 2019).

Fits stand as 72 axis-angle numbers (or as many as the body has) and the shape, in the axes of the whole picture: a crop
that was turned and flipped sees them so, and gives its own back untwisted.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from poseloom.base.errors import FileError
from poseloom.base.files import readable_file
from poseloom.pose.rotations import rotmat_to_rotvec, rotvec_to_rotmat
from poseloom.tasks.mesh_recovery.objectives.batch import MeshBatch, in_crop, out_of_crop
from poseloom.training import SampleStore

POSE, BETAS = "pose", "betas"


@dataclass(frozen=True, eq=False)
class Fits:
    """Fits of the samples of a batch, as their crops show them.

    Args:
        rotations: of the body's joints.
        betas: shape coefficients.
        known: whether there is one.
    """

    rotations: Float[Tensor, "batch joints 3 3"]
    betas: Float[Tensor, "batch coefficients"]
    known: Bool[Tensor, " batch"]


class FitStore:
    """The fits of all samples.

    Args:
        samples: how many there are.
        joints: rotations of the body.
        average: coefficients of the average shape, that of samples without a fit.
    """

    def __init__(self, samples: int, joints: int, average: Float[Tensor, " coefficients"]):
        self.average = average
        self.store = SampleStore(samples, {POSE: (joints, 3), BETAS: (len(average),)})

    def read(self, batch: MeshBatch) -> Fits:
        """Those of a batch; where there is none, the average body upright before the camera."""
        values, known = self.store.read(batch.samples)
        rotations = rotvec_to_rotmat(values[POSE])
        upright = torch.diag(torch.tensor([1.0, -1.0, -1.0])).to(rotations)
        rotations = torch.where(known[:, None, None, None], rotations, torch.eye(3).to(rotations))
        rotations[:, 0] = torch.where(known[:, None, None], rotations[:, 0], upright)
        betas = torch.where(known[:, None], values[BETAS], self.average.to(rotations))
        return Fits(in_crop(rotations, batch.turned, batch.flipped), betas, known)

    def write(self, batch: MeshBatch, fits: Fits, better: Bool[Tensor, " batch"]) -> None:
        """Keep those that are better and finite."""
        rotations = out_of_crop(fits.rotations, batch.turned, batch.flipped)
        pose = rotmat_to_rotvec(rotations)
        finite = pose.isfinite().flatten(1).all(-1) & fits.betas.isfinite().all(-1)
        chosen = better & finite
        self.store.write(batch.samples[chosen], **{POSE: pose[chosen], BETAS: fits.betas[chosen]})

    def load_static(self, path: Path, rows: Tensor, first: int) -> None:
        """Begin with fits of SPIN's ``static_fits``: rows of pose and shape, in the order of the annotation file.

        Args:
            path: ``NAME_fits.npy``.
            rows: row of the file for each sample.
            first: number of the first sample.

        Raises:
            FileError: no such array, or too short.
        """
        joints, numbers = self.store.values[POSE].shape[1], self.store.values[BETAS].shape[1]
        try:
            found = np.load(readable_file(path), allow_pickle=False)
        except ValueError as error:
            raise FileError(path, f"is no array: {error}", remedy="get it again") from None
        if found.ndim != 2 or found.shape[1] != 3 * joints + numbers or len(found) <= int(rows.max()):
            wanted = f"(at least {int(rows.max()) + 1}, {3 * joints + numbers})"
            raise FileError(path, f"is {found.shape}, expected {wanted}", remedy="fits are of this data set and body")
        values = torch.from_numpy(found.astype(np.float32))[rows]
        good = values.isfinite().all(-1)
        samples = (torch.arange(len(rows)) + first)[good]
        pose, betas = values[good].split([3 * joints, numbers], dim=1)
        self.store.write(samples, **{POSE: pose.unflatten(1, (joints, 3)), BETAS: betas})
