"""Pairs of pictures of a person for pose transfer: pictures, pose maps and masks, made while a network trains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64
from numpy import ndarray as Array
from torch import Tensor
from torch.utils.data import Dataset

from poseloom.base.errors import PoseloomError
from poseloom.base.streams import mix_numbers, text_key, uniform
from poseloom.data.sources.transfer_files import CONVENTION
from poseloom.data.table import Table
from poseloom.images.crop import Size
from poseloom.images.normalise import SIGNED
from poseloom.images.pose_maps import MAP_KINDS, MISSING, TRAINING_MASK, MapKind, MaskRule, pose_maps, pose_mask
from poseloom.images.read import read_picture
from poseloom.pose.keypoints import flip_pairs

_SEED_BITS = (1 << 62) - 1


@dataclass(frozen=True)
class TransferPlan:
    """How pictures are given to a network.

    Args:
        size: height and width; pictures of another size are scaled, and their joints with them.
        maps: kind of the pose maps.
        mask: rule of the masks.
        flip: probability of each picture to be mirrored, of condition and target by themselves.
        swap_sides: whether left and right joints change places in mirrored pictures. Human-Pose-Transfer leaves them.
    """

    size: Size = (128, 64)
    maps: MapKind = "gaussian"
    mask: MaskRule = TRAINING_MASK
    flip: float = 0.0
    swap_sides: bool = False

    def __post_init__(self) -> None:
        if self.maps not in MAP_KINDS:
            raise PoseloomError(f"TransferPlan: maps: expected one of {', '.join(MAP_KINDS)}, got {self.maps!r}")
        if not 0 <= self.flip <= 1 or min(self.size) < 1:
            raise PoseloomError(f"TransferPlan: expected flip from 0 to 1 and a size, got {self.flip} and {self.size}")


@dataclass(frozen=True, eq=False)
class PosedPictures:
    """Pictures of people with their poses.

    Args:
        paths: as the data set names them.
        pictures: RGB in [-1, 1].
        maps: pose maps, in [0, 1].
        masks: the part that the person covers.
        joints: row and column of the 18 joints in the pictures as they are stored, scaled; -1 where one is missing.
    """

    paths: tuple[str, ...]
    pictures: Float[Tensor, "pairs 3 height width"]
    maps: Float[Tensor, "pairs 18 height width"]
    masks: Bool[Tensor, "pairs 1 height width"]
    joints: Float[Tensor, "pairs 18 2"]


@dataclass(frozen=True, eq=False)
class TransferBatch:
    """Pairs: whose picture is given, and in which pose it is wanted.

    Args:
        pairs: their numbers in the table.
    """

    pairs: Int64[Tensor, " pairs"]
    condition: PosedPictures
    target: PosedPictures


class TransferPairs(Dataset[TransferBatch]):
    """The pairs of a table of which both rows have a picture; `DataLoader` needs ``collate_fn=whole_batch``.

    Args:
        table: as the sources ``market1501`` and ``deepfashion`` make it.
        folder: that the pictures' paths are relative to.
        plan: how pictures are given to a network.
        split: only its pairs; all by default.
        seed: another one draws other flips.

    Raises:
        PoseloomError: there are no such pairs.
    """

    def __init__(
        self,
        table: Table,
        folder: str | Path,
        plan: TransferPlan | None = None,
        split: str | None = None,
        seed: int = 0,
    ):
        self.table, self.folder, self.plan = table, Path(folder), plan or TransferPlan()
        self.seed, self.epoch = seed, 0
        rows = [np.asarray(table.pairs.column(name), dtype=np.int64) for name in ("row_a", "row_b")]
        kept = np.minimum(*rows) >= 0
        shown = np.array([bool(path) for path in table.pictures().paths], dtype=bool)
        for ends in rows:
            kept[kept] = shown[ends[kept]]
        if split is not None:
            kept &= np.asarray(table.pairs.column("split")) == split
        self.pairs = np.flatnonzero(kept)
        if not len(self.pairs):
            raise PoseloomError(f"{table.path}: has no pairs of pictures" + (f" in split {split!r}" if split else ""))
        self._ends = [one[kept] for one in rows]

    def set_epoch(self, epoch: int) -> None:
        """Draw other flips; call it before each epoch."""
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, place: int) -> TransferBatch:
        if not -len(self) <= place < len(self):
            raise IndexError(f"place {place} is out of range; there are {len(self)} pairs")
        return self.__getitems__([place])

    def __getitems__(self, places: Sequence[int]) -> TransferBatch:
        chosen = np.asarray(places, dtype=np.int64)
        numbers = self.pairs[chosen]
        ends = zip(("condition", "target"), self._ends, strict=True)
        condition, target = (self._side(rows[chosen], self._flips(numbers, name)) for name, rows in ends)
        return TransferBatch(torch.from_numpy(numbers), condition, target)

    def _flips(self, pairs: Int64[Array, " pairs"], name: str) -> list[bool]:
        seed = mix_numbers(self.seed, self.epoch, text_key(name)) & _SEED_BITS
        flips: list[bool] = ((uniform(seed, pairs, 1)[0] + 1) / 2 < self.plan.flip).tolist()
        return flips

    def _side(self, rows: Int64[Array, " pairs"], flips: list[bool]) -> PosedPictures:
        paths = self.table.pictures(rows).paths
        points = torch.from_numpy(self.table.keypoints(CONVENTION, rows))
        joints = torch.where(points[..., 2:] > 0, points[..., :2].flip(-1), float(MISSING))
        read = [self._read(path, own) for path, own in zip(paths, joints, strict=True)]
        joints = torch.stack([own for _, own in read])
        pictures = torch.stack([picture for picture, _ in read])
        maps = pose_maps(joints, self.plan.size, self.plan.maps)
        masks = torch.stack([pose_mask(own, self.plan.size, self.plan.mask) for own in joints])[:, None]
        mirrored = torch.tensor(flips)[:, None, None, None]
        sides = _other_sides() if self.plan.swap_sides else list(range(joints.shape[1]))
        return PosedPictures(
            paths=tuple(paths),
            pictures=SIGNED.apply(torch.where(mirrored, pictures.flip(-1), pictures)),
            maps=torch.where(mirrored, maps[:, sides].flip(-1), maps),
            masks=torch.where(mirrored, masks.flip(-1), masks),
            joints=joints,
        )

    def _read(self, path: str, joints: Float[Tensor, "18 2"]) -> tuple[Tensor, Float[Tensor, "18 2"]]:
        """A picture at the plan's size, and its joints with it."""
        picture = read_picture(self.folder / path)
        old, new = tuple(picture.shape[-2:]), self.plan.size
        if old == new:
            return picture, joints
        scale = torch.tensor([new[0] / old[0], new[1] / old[1]])
        scaled = torch.where(joints == MISSING, joints, (joints * scale).round())
        resized = torch.nn.functional.interpolate(picture[None], size=new, mode="bilinear", antialias=True)[0]
        return resized.clamp(0, 1), scaled


def _other_sides() -> list[int]:
    places = list(range(18))
    for left, right in flip_pairs(CONVENTION):
        places[left], places[right] = right, left
    return places
