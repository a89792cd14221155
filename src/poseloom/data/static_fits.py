"""SPIN's fits (Kolotouros et al., ICCV 2019): the best body found so far for each sample, which training improves.

A file ``NAME_fits.npy`` has 72 pose and 10 shape numbers for each sample, in the order of the data set's annotation
file. They are those of the picture as it is stored: what a flipped and turned crop needs is moved there and back.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float, Float32, Int
from numpy import ndarray as Array
from torch import Tensor

from poseloom.base.errors import FileError, PoseloomError
from poseloom.base.files import atomic_write
from poseloom.formats.arrays import LARGEST_ANGLE, numbers
from poseloom.formats.npz_files import read_npy
from poseloom.images.augment.geometry import Geometry, flipped_smpl, rotated_smpl

POSE_NUMBERS, SHAPE_NUMBERS = 72, 10
ENDING = "_fits.npy"


@dataclass(frozen=True, eq=False)
class StaticFits:
    """The fits of a data set, changed in place.

    Args:
        values: pose, then shape, of each sample.
    """

    values: Float32[Array, "samples 82"]

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.shape[1] != POSE_NUMBERS + SHAPE_NUMBERS:
            raise PoseloomError(f"StaticFits: expected (samples, 82), got {self.values.shape}")

    def __len__(self) -> int:
        return len(self.values)

    @classmethod
    def read(cls, path: Path, samples: int | None = None) -> StaticFits:
        """Read a file.

        Args:
            path: ``NAME_fits.npy``.
            samples: how many the data set has; not checked if None.

        Raises:
            FileError: another shape, another number of samples, NaN.
        """
        count = "samples" if samples is None else samples
        remedy = "it belongs to another version of the data set's annotation file"
        values = numbers(path, "fits", read_npy(path), (count, 82), largest=LARGEST_ANGLE, remedy=remedy)
        return cls(np.array(values, np.float32))

    def write(self, path: Path) -> None:
        """Write a file of the same form.

        Raises:
            FileError: the name does not end with ``_fits.npy``, or the place cannot be written.
        """
        if not path.name.endswith(ENDING):
            raise FileError(path, f"expected a name that ends with {ENDING}", remedy="as in coco_fits.npy")
        with atomic_write(path) as temporary, temporary.open("wb") as stream:
            np.save(stream, self.values)

    def of_crops(
        self, places: Int[Tensor, " people"], geometry: Geometry
    ) -> tuple[Float[Tensor, "people 72"], Float[Tensor, "people 10"]]:
        """Pose and shape of samples as crops show them: flipped, then turned."""
        values = torch.from_numpy(self.values[self._checked(places)])
        pose = values[:, :POSE_NUMBERS]
        pose = torch.where(geometry.flip[:, None], flipped_smpl(pose), pose)
        return rotated_smpl(pose, geometry.rotation), values[:, POSE_NUMBERS:]

    def update(
        self,
        places: Int[Tensor, " people"],
        geometry: Geometry,
        pose: Float[Tensor, "people 72"],
        shape: Float[Tensor, "people 10"],
        better: Bool[Tensor, " people"],
    ) -> None:
        """Put better fits, as crops show them, in the place of those that are there: turned back, then flipped."""
        back = rotated_smpl(pose, -geometry.rotation)
        back = torch.where(geometry.flip[:, None], flipped_smpl(back), back)
        new = torch.cat([back, shape], dim=1)[better].detach().cpu().numpy()
        self.values[self._checked(places)[better.numpy()]] = new

    def _checked(self, places: Int[Tensor, " people"]) -> Array:
        found = places.numpy()
        if found.size and not 0 <= found.min() <= found.max() < len(self):
            raise PoseloomError(f"StaticFits: place {int(found.max())} is out of range; there are {len(self)} fits")
        return np.asarray(found)
