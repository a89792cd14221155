"""By how much the whole person turns from one pose to the other (PoseFix, "global rotation change")."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float, Int8
from numpy.typing import NDArray
from torch import Tensor

from poseloom.base.datafiles import entry, read_table
from poseloom.base.errors import FileError, PoseloomError
from poseloom.base.streams import mix_numbers, text_key, uniform
from poseloom.language.paircodes.evaluation import pair_keys
from poseloom.language.tables import TABLES
from poseloom.pose.rotations import axis_to_rotmat, rotmat_to_rotvec, rotvec_to_rotmat
from poseloom.pose.types import heading

_NOISE_STREAM = text_key("rotation change")
_UP = 1
FULL_TURN = 360.0


@dataclass(frozen=True)
class TurnTable:
    """Categories of a turn, in degrees; the last one is the first one again."""

    categories: tuple[str, ...]
    thresholds: tuple[float, ...]
    noise: float
    switch: str


@dataclass(frozen=True, eq=False)
class RotationChange:
    """Orientations of pairs after the first pose was made to face +z, and the turn between them."""

    first: Float[Tensor, "pairs 3 3"]
    """Root orientation of the first pose, its heading removed."""
    second: Float[Tensor, "pairs 3 3"]
    """That of the second pose: turned along with the first within a sequence, else its own heading removed."""
    applied: Float[Tensor, "pairs 3 3"]
    """The rotation that the first pose was turned by."""
    degrees: Float[Tensor, "pairs 3"]
    """Rotation vector from the first to the second orientation."""
    turn: Float[Tensor, " pairs"]
    """Degrees about the vertical that the categories rest on; positive to the left."""
    all_categories: Int8[Tensor, " pairs"]

    def names(self) -> list[str]:
        """Category of each pair."""
        known = turn_table().categories
        return [known[category] for category in self.all_categories.tolist()]


@cache
def turn_table(path: Path = TABLES / "paircodes.json") -> TurnTable:
    """The categories of a file, checked.

    Raises:
        FileError: an entry is missing or contradicts another; names the entry.
    """
    where = "rotation"
    row = entry(path, read_table(path), where, dict)
    categories, thresholds = (entry(path, row, name, list, where) for name in ("categories", "thresholds"))
    if len(categories) != len(thresholds) + 1 or any(low >= high for low, high in pairwise(thresholds)):
        raise FileError(path, f"{len(categories)} categories need one increasing threshold less", field=where)
    switch = entry(path, row, "switch", str, where)
    if switch not in categories:
        raise FileError(path, f"{switch!r} is no category", field=f"{where}.switch")
    noise = float(entry(path, row, "noise", int | float, where))
    return TurnTable(tuple(categories), tuple(thresholds), noise, switch)


def rotation_change(
    first: Float[Tensor, "pairs 3"],
    second: Float[Tensor, "pairs 3"],
    in_sequence: bool | Bool[Tensor, " pairs"],
    *,
    faithful: bool = False,
    noise_seed: int | None = None,
    noise_keys: NDArray[np.int64] | None = None,
) -> RotationChange:
    """How the orientation of the whole person changes.

    Args:
        first, second: root orientations as axis-angle, radians, y up.
        in_sequence: whether both poses are of one recording, so that their headings can be compared.
        faithful: take the vertical component of the rotation vector, as the original does, instead of the turn of
            the heading; the two differ where the person also bends over or lies down.
        noise_seed: blurs the thresholds as the original does; None: no noise.
        noise_keys: numbers of all first and then of all second poses, that noise depends on instead of positions.

    Raises:
        PoseloomError: orientations that are not (pairs, 3) for both.
    """
    if first.shape != second.shape or first.ndim != 2 or first.shape[-1] != 3:
        raise PoseloomError(
            f"root orientations: expected (pairs, 3) twice, got {tuple(first.shape)} and {tuple(second.shape)}"
        )
    together = torch.as_tensor(in_sequence, device=first.device).expand(len(first))
    away, own = heading(first), heading(second)
    applied = axis_to_rotmat(-away, "Y")
    ahead = applied @ rotvec_to_rotmat(first)
    later = axis_to_rotmat(-torch.where(together, away, own), "Y") @ rotvec_to_rotmat(second)
    degrees = torch.rad2deg(rotmat_to_rotvec(later @ ahead.mT))
    turn = degrees[:, _UP] if faithful else torch.where(together, _wrapped(torch.rad2deg(own - away)), 0.0)
    return RotationChange(ahead, later, applied, degrees, turn, _categorise(turn, noise_seed, noise_keys))


def _wrapped(degrees: Tensor) -> Tensor:
    return (degrees + FULL_TURN / 2) % FULL_TURN - FULL_TURN / 2


def _categorise(turn: Tensor, noise_seed: int | None, noise_keys: NDArray[np.int64] | None) -> Tensor:
    table = turn_table()
    if noise_seed is not None:
        keys = np.arange(len(turn)) if noise_keys is None else pair_keys(*noise_keys.reshape(2, -1))
        draws = uniform(mix_numbers(noise_seed, _NOISE_STREAM), keys, 1)[0]
        turn = turn + torch.from_numpy(draws).to(turn) * table.noise
    category = torch.bucketize(turn.contiguous(), turn.new_tensor(table.thresholds))
    category[category == len(table.categories) - 1] = 0
    return category.to(torch.int8)
