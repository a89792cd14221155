"""People's pictures out of a table for training: read, cut out, augmented, with their keypoints and poses.

Any table with pictures feeds the same view, whichever keypoints its rows have: they are brought into one convention by
name. What is drawn depends on seed, epoch and the row's id alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from jaxtyping import Bool, Float, Float32, Int64
from numpy import ndarray as Array
from torch import Tensor
from torch.utils.data import Dataset

from poseloom.base.errors import PoseloomError
from poseloom.base.streams import mix_numbers, text_key
from poseloom.data.sources.picture_people import boxes_of_points
from poseloom.data.table import Rows, Table
from poseloom.images.augment import Augmentation, Geometry, GeometryLaw, PeoplePictures, augmented
from poseloom.images.crop import Size, inverse, transformed
from poseloom.images.normalise import Normalisation
from poseloom.images.read import picture_size
from poseloom.images.read_crop import read_crop
from poseloom.pose import Pose
from poseloom.pose.keypoints import convert, names

T = TypeVar("T")
CROP: Size = (224, 224)
BOX_SCALE = 1.2
"""Of the keypoints' box, for rows without a box of their own."""
_SEED_BITS = (1 << 62) - 1


@dataclass(frozen=True)
class CropPlan:
    """How rows become crops.

    Args:
        size: height and width, pixels.
        convention: that keypoints are brought into.
        approximate: whether near-synonyms count, such as a detector's hip for a body model's.
        law: how flip, scale and turn are drawn; none of them if None.
        augmentations: done to the crops, one after the other.
        normalisation: done at the end; pictures stay in [0, 1] if None.
        smooth: average pixels where a crop shrinks its region by more than two.
    """

    size: Size = CROP
    convention: str = "smpl_54"
    approximate: bool = False
    law: GeometryLaw | None = None
    augmentations: tuple[Augmentation, ...] = ()
    normalisation: Normalisation | None = None
    smooth: bool = True

    def __post_init__(self) -> None:
        names(self.convention)
        if min(self.size) < 1:
            raise PoseloomError(f"CropPlan: size: expected at least 1 x 1, got {self.size}")


@dataclass(frozen=True, eq=False)
class PeopleBatch:
    """Crops of people.

    Args:
        rows: their numbers in the table.
        places: of each in its annotation file, as its fits are counted.
        pictures: RGB, normalised as the plan says.
        keypoints: x, y in pixels of the crop, and confidence.
        points: x, y, z in metres in the camera's axes, flipped and turned with the crop, and confidence.
        pose: flipped and turned with the crop; None where the table has none.
        posed: which rows have one.
        matrices: from the stored picture to the crop.
        geometry: how each was flipped, scaled and turned.
        data_sets: where each is from.
        problems: pictures that could not be read, one line each; their rows are not in the batch.
    """

    rows: Int64[Tensor, " people"]
    places: Int64[Tensor, " people"]
    pictures: Float[Tensor, "people 3 height width"]
    keypoints: Float[Tensor, "people points 3"]
    points: Float[Tensor, "people points 4"]
    pose: Pose | None
    posed: Bool[Tensor, " people"]
    matrices: Float[Tensor, "people 2 3"]
    geometry: Geometry
    data_sets: tuple[str, ...]
    problems: tuple[str, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.rows)


class PeopleDataset(Dataset[PeopleBatch]):
    """The rows of a table that have a picture, as batches of crops.

    `DataLoader` fetches a whole batch at once: give it ``collate_fn=whole_batch``.

    Args:
        table: may lie anywhere; the workers of a `DataLoader` open it themselves.
        folder: that the pictures' paths are relative to.
        plan: how rows become crops.
        rows: which; all by default.
        seed: another one draws other crops and augmentations.
        strict: a picture that cannot be read is an error, instead of a line in the batch's problems.

    Raises:
        PoseloomError: no row has a picture.
    """

    def __init__(
        self,
        table: Table,
        folder: str | Path,
        plan: CropPlan | None = None,
        rows: Rows = None,
        seed: int = 0,
        strict: bool = False,
    ):
        self.table, self.folder = table, Path(folder)
        self.plan = plan or CropPlan()
        numbers = table.numbers(rows)
        self.rows = numbers[[bool(path) for path in table.pictures(numbers).paths]]
        if not len(self.rows):
            raise PoseloomError(f"{table.path}: no row has a picture")
        self.seed, self.strict, self.epoch = seed, strict, 0

    def set_epoch(self, epoch: int) -> None:
        """Draw other crops and augmentations; call it before each epoch."""
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, place: int) -> PeopleBatch:
        if not -len(self) <= place < len(self):
            raise IndexError(f"place {place} is out of range; there are {len(self)} rows")
        return self.__getitems__([place])

    def __getitems__(self, places: Sequence[int]) -> PeopleBatch:
        return self.batch(self.rows[np.asarray(places, dtype=np.int64)])

    def batch(self, rows: Int64[Array, " people"]) -> PeopleBatch:
        """The crops of rows.

        Raises:
            PoseloomError: none of their pictures can be read, or one of them where the view is strict.
        """
        table, plan = self.table, self.plan
        pictures = table.pictures(rows)
        seed = mix_numbers(self.seed, self.epoch) & _SEED_BITS
        keys = torch.tensor([text_key(table.id(row)) >> 1 for row in rows.tolist()])
        flat = _keypoints(table, rows, plan, 2)
        sizes, problems = self._sizes(pictures.paths, pictures.size)
        boxes = _boxes(pictures.box, flat, sizes)
        geometry = plan.law.draw(keys, seed) if plan.law else Geometry.none(len(rows))
        side = plan.law.zoom_side if plan.law else 1.0
        matrices = geometry.matrices(torch.from_numpy(boxes), torch.from_numpy(sizes[:, 1]).float(), plan.size, side)
        crops, read = self._crops(pictures.paths, matrices, problems)
        if not read.any():
            raise PoseloomError(f"none of {len(rows)} pictures can be read, such as {next(iter(problems.values()))}")
        shown = torch.from_numpy(np.flatnonzero(read))
        geometry = Geometry(*(part[shown] for part in vars(geometry).values()))
        rows, matrices, keys = rows[read], matrices[shown], keys[shown]
        points = geometry.pixels(torch.from_numpy(flat[read]), matrices, plan.convention)
        sets = tuple(table.row_sets(rows))
        changed = PeoplePictures(torch.stack(crops), points, _moved_boxes(boxes[read], matrices), keys, sets)
        changed = augmented(changed, plan.augmentations, seed)
        deep = torch.from_numpy(_keypoints(table, rows, plan, 3))
        pose, posed = self._poses(rows, geometry)
        return PeopleBatch(
            rows=torch.from_numpy(rows),
            places=torch.from_numpy(table.places(rows)),
            pictures=plan.normalisation.apply(changed.pictures) if plan.normalisation else changed.pictures,
            keypoints=changed.keypoints,
            points=geometry.metres(deep, plan.convention),
            pose=pose,
            posed=posed,
            matrices=matrices,
            geometry=geometry,
            data_sets=sets,
            problems=tuple(problems.values()),
        )

    def _sizes(
        self, paths: list[str], told: Int64[Array, "people 2"]
    ) -> tuple[Int64[Array, "people 2"], dict[int, str]]:
        """Height and width of the stored pictures; what is wrong with those that cannot be read, by their place."""
        sizes, problems = np.array(told), {}
        for place in np.flatnonzero(~told.all(1)).tolist():
            size = self._tried(partial(picture_size, self.folder / paths[place]))
            if isinstance(size, str):
                problems[place] = size
            sizes[place] = (1, 1) if isinstance(size, str) else size
        return sizes, problems

    def _crops(
        self, paths: list[str], matrices: Float[Tensor, "people 2 3"], problems: dict[int, str]
    ) -> tuple[list[Tensor], Bool[Array, " people"]]:
        crops: list[Tensor] = []
        read = np.zeros(len(paths), dtype=bool)
        for place, path in enumerate(paths):
            crop = problems.get(place) or self._tried(partial(self._crop, path, matrices[place]))
            if isinstance(crop, str):
                problems[place] = crop
            else:
                crops.append(crop)
                read[place] = True
        return crops, read

    def _crop(self, path: str, matrix: Float[Tensor, "2 3"]) -> Tensor:
        return read_crop(self.folder / path, matrix, self.plan.size, smooth=self.plan.smooth)

    def _tried(self, read: Callable[[], T]) -> T | str:
        """What is read of a picture, or what is wrong with it."""
        try:
            return read()
        except PoseloomError as error:
            if self.strict:
                raise
            return str(error)

    def _poses(self, rows: Int64[Array, " people"], geometry: Geometry) -> tuple[Pose | None, Bool[Tensor, " people"]]:
        if not self.table.layout.joints:
            return None, torch.zeros(len(rows), dtype=torch.bool)
        arrays = {name: torch.from_numpy(self.table.array(name, rows)) for name in self.table.layout.arrays()}
        pose = Pose(**arrays, shape_model=self.table.layout.shape_model if "shape" in arrays else "")
        return geometry.pose(pose), torch.from_numpy(np.isin(rows, self.table.posed(rows)))


def whole_batch(batch: PeopleBatch) -> PeopleBatch:
    """What `DataLoader` calls to collate: a batch is read as a whole already."""
    return batch


def _keypoints(
    table: Table, rows: Int64[Array, " people"], plan: CropPlan, dimensions: int
) -> Float32[Array, "people points d"]:
    """The rows' points in the plan's convention; of several the more certain."""
    found = np.zeros((len(rows), len(names(plan.convention)), dimensions + 1), np.float32)
    for convention in sorted(name for name, axes in table.conventions() if axes == dimensions):
        own = torch.from_numpy(table.keypoints(convention, rows, dimensions=dimensions))
        made = convert(own, convention, plan.convention, plan.approximate)[0].numpy()
        found = np.where(made[..., -1:] > found[..., -1:], made, found)
    return found


def _boxes(
    told: Float32[Array, "people 4"], points: Float32[Array, "people points 3"], sizes: Int64[Array, "people 2"]
) -> Float32[Array, "people 4"]:
    """As the rows have them; else about the keypoints; else the whole picture."""
    seen = boxes_of_points(points, BOX_SCALE)
    whole = np.concatenate([np.zeros((len(told), 2)), sizes[:, ::-1]], 1).astype(np.float32)
    about = np.where((seen[:, 2:] > 1).all(1, keepdims=True), seen, whole)
    return np.where((told[:, 2:] > 0).all(1, keepdims=True), told, about).astype(np.float32)


def _moved_boxes(boxes: Float32[Array, "people 4"], matrices: Float[Tensor, "people 2 3"]) -> Float[Tensor, "people 4"]:
    """Upright boxes in the crops about what the boxes of the pictures become."""
    corner, extent = torch.from_numpy(boxes).split(2, dim=1)
    shares = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    moved = transformed(matrices, corner[:, None] + shares * extent[:, None])
    low, high = moved.amin(1), moved.amax(1)
    return torch.cat([low, high - low], dim=1)


def stored_pixels(points: Float[Tensor, "people points 2"], batch: PeopleBatch) -> Float[Tensor, "people points 2"]:
    """Points of the crops in the stored pictures."""
    return transformed(inverse(batch.matrices), points)
