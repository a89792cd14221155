"""People's pictures out of several tables, each with its share: how mesh recovery mixes its data sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Float64, Int64
from numpy import ndarray as Array
from torch import Tensor
from torch.utils.data import Dataset

from poseloom.base.errors import PoseloomError, closest
from poseloom.base.streams import mix_numbers, uniform
from poseloom.data.people_views import PeopleBatch, PeopleDataset
from poseloom.images.augment import Geometry
from poseloom.pose import Pose

_SEED_BITS = (1 << 62) - 1


class MixedPeople(Dataset[PeopleBatch]):
    """Each sample is drawn by itself: its data set by the shares, then a row of it, each as likely.

    What sample a place holds depends on seed, epoch and place alone. An epoch has as many samples as the longest data
    set, or a number that is given.

    Args:
        members: data set -> its view. All have one size of crops and one convention.
        shares: data set -> its part of the samples; they need not sum to 1.
        length: samples of an epoch.
        seed: another one draws other samples.

    Raises:
        PoseloomError: a share without a data set, or views that do not go together.
    """

    def __init__(
        self,
        members: Mapping[str, PeopleDataset],
        shares: Mapping[str, float],
        length: int | None = None,
        seed: int = 0,
    ):
        for name in shares:
            if name not in members:
                known = ", ".join(members)
                raise PoseloomError(f"mix: there is no data set {name!r} (of {known}){closest(name, list(members))}")
        if not shares or min(shares.values()) <= 0:
            raise PoseloomError("mix: expected at least one data set, with shares above 0")
        self.members = {name: members[name] for name in shares}
        plans = {(one.plan.size, one.plan.convention) for one in self.members.values()}
        if len(plans) > 1:
            raise PoseloomError("mix: the views have several sizes of crops or conventions; give all the same plan")
        total = sum(shares.values())
        self._edges: Float64[Array, " members"] = np.cumsum([share / total for share in shares.values()])
        self.length = length or max(map(len, self.members.values()))
        self.seed, self.epoch = seed, 0

    def set_epoch(self, epoch: int) -> None:
        """Draw other samples, crops and augmentations; call it before each epoch."""
        self.epoch = epoch
        for one in self.members.values():
            one.set_epoch(epoch)

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, place: int) -> PeopleBatch:
        if not -len(self) <= place < len(self):
            raise IndexError(f"place {place} is out of range; there are {len(self)} samples")
        return self.__getitems__([place])

    def __getitems__(self, places: Sequence[int]) -> PeopleBatch:
        """Those of one data set stand together, in the order of the members."""
        which, rows = self.drawn(np.asarray(places, dtype=np.int64))
        parts = []
        for number, member in enumerate(self.members.values()):
            own = rows[which == number]
            if len(own):
                parts.append(member.batch(member.rows[own % len(member)]))
        return joined(parts)

    def drawn(self, places: Int64[Array, " n"]) -> tuple[Int64[Array, " n"], Int64[Array, " n"]]:
        """The number of the data set of each place, and the place in that."""
        seed = mix_numbers(self.seed, self.epoch) & _SEED_BITS
        first, second = (uniform(seed, places, 2).astype(np.float64) + 1) / 2
        which = np.searchsorted(self._edges, first, side="right").clip(max=len(self._edges) - 1)
        lengths = np.array([len(one) for one in self.members.values()])[which]
        return which.astype(np.int64), (second * lengths).astype(np.int64).clip(max=lengths - 1)


def joined(parts: Sequence[PeopleBatch]) -> PeopleBatch:
    """Several batches as one. Rows count in their own tables.

    Of poses the 22 body joints are kept, and the shapes of one body: rows of others have the average, zero.
    """
    first = parts[0]
    if len(parts) == 1:
        return first

    def of(name: str) -> Tensor:
        return torch.cat([getattr(part, name) for part in parts])

    geometry = Geometry(*(torch.cat([getattr(part.geometry, name) for part in parts]) for name in vars(first.geometry)))
    return PeopleBatch(
        rows=of("rows"),
        places=of("places"),
        pictures=of("pictures"),
        keypoints=of("keypoints"),
        points=of("points"),
        pose=_joined_poses(parts),
        posed=of("posed"),
        matrices=of("matrices"),
        geometry=geometry,
        data_sets=tuple(name for part in parts for name in part.data_sets),
        problems=tuple(line for part in parts for line in part.problems),
    )


def _joined_poses(parts: Sequence[PeopleBatch]) -> Pose | None:
    poses = [part.pose for part in parts]
    if all(pose is None for pose in poses):
        return None
    shaped = next((pose for pose in poses if pose is not None and pose.shape is not None), None)
    count = 0 if shaped is None or shaped.shape is None else shaped.shape.shape[-1]
    rotations, shapes = [], []
    for part, pose in zip(parts, poses, strict=True):
        body = Pose.identity(len(part), joints=22) if pose is None else pose.body()
        rotations.append(body.rotations)
        own = body.shape if shaped is not None and body.shape_model == shaped.shape_model else None
        shapes.append(torch.zeros(len(part), count) if own is None else own)
    if shaped is None:
        return Pose(torch.cat(rotations))
    return Pose(torch.cat(rotations), None, torch.cat(shapes), shaped.shape_model)
