"""What the small network learns from: people of a table of pictures as the trunk sees them, with the truth beside.

They lie in a folder of shards, one a run of rows of the table, which several processes may make; a shard's numbers
follow from its rows and the seed alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import FileError
from poseloom.base.files import atomic_write
from poseloom.data.table import Table
from poseloom.images.read import read_picture
from poseloom.images.roi import Roi
from poseloom.nn.image.graph import OperatorGraph
from poseloom.pose import BODY_JOINTS, MIRROR
from poseloom.pose import rotations as rot
from poseloom.pose.mirroring import mirrored_rotmats
from poseloom.tasks.mesh_recovery.small_maps import look_and_read

SHARD = 64
"""Rows of a shard; fewer people where some are hidden or too small."""
_UPRIGHT = (1.0, -1.0, -1.0)
_REACH, _REACH_SPREAD, _TURN_SPREAD, _SHIFT = 1.31, 0.13, math.radians(7), 0.025
"""How regions lie about a person's joints: half side over the farthest joint, turn, and shift, of the side."""
_FOLLOWS = 0.8
"""Share of regions that are turned with the trunk, as the reader's are."""
_LEAST_SEEN, _SMALLEST, _LEAST_SCORE = 8, 64.0, 0.3
_HIPS, _SHOULDERS = [1, 2], [16, 17]


def shard_path(folder: Path, number: int) -> Path:
    """File of a shard."""
    return folder / f"people-{number:05d}.npz"


def make_people(
    trunk: OperatorGraph,
    table: Path,
    folder: Path,
    shards: range,
    seed: int = 0,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Make the shards that a folder lacks.

    Args:
        trunk: the network whose maps are kept.
        table: of pictures with people whose poses, points and cameras are known, as `poseloom data render` makes it.
        folder: made if it is not there.
        shards: numbers of the shards.
        seed: another one cuts, colours and mirrors the pictures in other ways.
        progress: called with the number of each shard that is there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    opened = Table(table)
    for number in shards:
        path = shard_path(folder, number)
        if not path.exists():
            rows = range(number * SHARD, min((number + 1) * SHARD, len(opened)))
            found = [row for row in (look_at(trunk, opened, row, seed) for row in rows) if row is not None]
            if found:
                arrays = {name: np.stack([one[name] for one in found]) for name in found[0]}
                with atomic_write(path) as temporary:
                    np.savez(temporary, **arrays)  # type: ignore[arg-type]
        if progress is not None:
            progress(number)


@torch.inference_mode()
def look_at(trunk: OperatorGraph, table: Table, row: int, seed: int) -> dict[str, np.ndarray] | None:
    """What the trunk says of the person of a row, and the truth in the region's axes; None where it sees nobody."""
    keypoints = torch.from_numpy(table.keypoints("smplh", [row])[0, :BODY_JOINTS])
    box, path = table.pictures([row]).box[0], table.pictures([row]).paths[0]
    if int((keypoints[:, 2] >= 1).sum()) < _LEAST_SEEN or float(max(box[2:])) < _SMALLEST:
        return None
    generator = torch.Generator().manual_seed((seed << 40) + row)
    picture = coloured(read_picture(table.path / path), generator)
    pixels, local, focal, centre = _truth(table, row, keypoints)
    if float(torch.rand((), generator=generator)) < 0.5:
        picture, across = picture.flip(-1), picture.shape[-1] - 1.0
        pixels, local = _mirrored(pixels, local, across)
        centre = torch.stack([across - centre[0], centre[1]])
    roi = region_of(pixels, generator)
    body, people, maps = look_and_read(trunk, picture, roi, focal[None], centre[None])
    if float(body.score[0]) < _LEAST_SCORE:
        return None
    local = torch.cat([(people.axes() @ local[0])[0][None], local[1:]])
    shape = table.poses([row]).shape
    assert shape is not None
    values = {
        "deep": maps.deep[0].half(),
        "fine": maps.fine[0].half(),
        "numbers": maps.numbers[0],
        "local": local,
        "flat": 2 * roi.to_crop(pixels[None])[0] - 1,
        "shape": shape[0],
    }
    return {name: value.contiguous().numpy() for name, value in values.items()}


def _truth(table: Table, row: int, keypoints: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Pixels of the joints, local rotations with the root's in the camera's axes, focal length, principal point."""
    camera = table.cameras([row])
    local = rot.rotvec_to_rotmat(table.poses([row]).rotations[0, :BODY_JOINTS])
    root = torch.diag(torch.tensor(_UPRIGHT)) @ torch.from_numpy(camera.rotation[0]) @ local[0]
    inner = torch.from_numpy(camera.intrinsics[0])
    return keypoints[:, :2] - 0.5, torch.cat([root[None], local[1:]]), inner[0, 0], inner[:2, 2] - 0.5


def _mirrored(
    pixels: Float[Tensor, "22 2"], local: Float[Tensor, "22 3 3"], across: float
) -> tuple[Float[Tensor, "22 2"], Float[Tensor, "22 3 3"]]:
    swapped = pixels[list(MIRROR[:BODY_JOINTS])]
    return torch.stack([across - swapped[:, 0], swapped[:, 1]], dim=-1), mirrored_rotmats(local)


def region_of(pixels: Float[Tensor, "22 2"], generator: torch.Generator) -> Roi:
    """A region about the person such as the reader's detector and its landmarks give."""
    hips = pixels[_HIPS].mean(0)
    reach = (pixels - hips).norm(dim=-1).amax()
    noise = torch.randn(4, generator=generator)
    side = 2 * reach * (_REACH + _REACH_SPREAD * noise[0]).clamp_min(1.0)
    trunk = pixels[_SHOULDERS].mean(0) - hips
    turn = noise[3] * _TURN_SPREAD
    if float(torch.rand((), generator=generator)) < _FOLLOWS and float(trunk.norm()) > 0.25 * float(reach):
        turn = turn + torch.atan2(trunk[0], -trunk[1])
    return Roi((hips + noise[1:3] * _SHIFT * side)[None], side[None], turn[None])


def coloured(picture: Float[Tensor, "3 height width"], generator: torch.Generator) -> Float[Tensor, "3 height width"]:
    """Another light and contrast, at times grey, noisy, or with something before a part of it."""
    chance = torch.rand(8, generator=generator)
    tint = 1 + 0.2 * (torch.rand(3, 1, 1, generator=generator) - 0.5)
    seen = (picture * (0.7 + 0.6 * chance[0]) + 0.2 * (chance[1] - 0.5)) * tint
    middle = seen.mean((1, 2), keepdim=True)
    seen = (seen - middle) * (0.7 + 0.6 * chance[2]) + middle
    if chance[3] < 0.07:
        seen = seen.mean(0, keepdim=True).expand(3, -1, -1)
    if chance[4] < 0.3:
        seen = seen + 0.04 * chance[5] * torch.randn(seen.shape, generator=generator)
    if chance[6] < 0.15:
        seen = _covered(seen, 0.1 + 0.25 * float(chance[7]), generator)
    return seen.clamp(0, 1)


def _covered(picture: Tensor, share: float, generator: torch.Generator) -> Tensor:
    height, width = picture.shape[1:]
    place = torch.rand(2, generator=generator)
    top, left = int(0.8 * place[0] * height), int(0.8 * place[1] * width)
    hidden = torch.zeros(height, width, dtype=torch.bool)
    hidden[top : top + int(share * height), left : left + int(share * width)] = True
    return torch.where(hidden, torch.rand(3, 1, 1, generator=generator), picture)


def read_people(folder: Path, chosen: Callable[[int], bool] = lambda number: True) -> dict[str, Tensor]:
    """The people of a folder and of those within it.

    Args:
        folder: as `make_people` makes it, or one that holds such folders.
        chosen: of which shards, by their numbers.

    Raises:
        FileError: there are none, or a shard is damaged.
    """
    paths = [path for path in sorted(folder.rglob("people-*.npz")) if chosen(int(path.stem.rpartition("-")[2]))]
    if not paths:
        raise FileError(folder, "holds no people", remedy="make them by tools/small_people.py")
    shards = [_shard(path) for path in paths]
    return {name: torch.from_numpy(np.concatenate([shard[name] for shard in shards])) for name in shards[0]}


def _shard(path: Path) -> dict[str, np.ndarray]:
    try:
        return dict(np.load(path))
    except (OSError, ValueError, BadZipFile) as error:
        raise FileError(path, f"is damaged: {error}", remedy="remove it and make it again") from None
