"""Pairs to learn lifting from: drawn people through the network that finds landmarks, with the truth beside.

They lie in a folder of shards, which may be made by several processes and go on where they were stopped: a shard's
numbers follow from its number alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import FileError
from poseloom.base.files import atomic_write
from poseloom.images.roi import Roi
from poseloom.pose.joints import JOINT_INDEX
from poseloom.tasks.keypoints.finding import CROWD_THRESHOLD, candidates
from poseloom.tasks.keypoints.predict import KeypointReader
from poseloom.tasks.lifting.drawing import LOOKS_APART, DrawnPerson, draw_looks
from poseloom.tasks.lifting.poses import varied_poses
from poseloom.tasks.mesh_recovery.small_maps import look_and_read, shipped_trunk

MAPS = ("deep", "fine")
"""Names of the network's maps in a shard."""
SHARD = 250
"""Pictures of a shard; fewer pairs where the network sees nobody."""
_DETECTED, _SECOND = 0.2, 0.2
"""Shares of regions that the detector gives, and of second looks, as in a video."""
_REACH, _REACH_SPREAD, _TURN_SPREAD = 1.31, 0.10, math.radians(4.5)
"""How the detector's regions lie about a person's joints: half side over the farthest joint, and turn."""
_SHIFT = 0.02
"""Of the side."""
_LEAST_SCORE = 0.5


def shard_path(folder: Path, number: int) -> Path:
    """File of a shard."""
    return folder / f"pairs-{number:05d}.npz"


def make_shard(
    reader: KeypointReader,
    number: int,
    captured: Float[Tensor, "poses 22 3"] | None,
    looks: int = 1,
    maps: bool = False,
) -> dict[str, Tensor]:
    """The pairs of one shard, each array with a row a look at a person."""
    poses = varied_poses(SHARD, 7_919 + number, captured)
    rows: list[dict[str, Tensor]] = []
    for place, rotations in enumerate(poses):
        seed = number * SHARD + place
        for look, person in enumerate(draw_looks(rotations, seed, looks)):
            pair = look_at(reader, person, seed + look * LOOKS_APART, maps)
            if pair is not None:
                rows.append(pair)
    return {name: torch.stack([row[name] for row in rows]) for name in rows[0]}


@torch.inference_mode()
def look_at(reader: KeypointReader, person: DrawnPerson, seed: int, maps: bool = False) -> dict[str, Tensor] | None:
    """What the body network says of a drawn person, and the truth; None where it sees nobody.

    Args:
        reader: the networks.
        person: drawn.
        seed: of the region in which the person is looked for.
        maps: keep what the network's maps hold (`poseloom.tasks.mesh_recovery.small_maps`) beside what it says.
    """
    generator = torch.Generator().manual_seed(seed + 1)
    chance = torch.rand(2, generator=generator)
    trunk, roi = shipped_trunk(), None
    if chance[0] < _DETECTED:
        found = candidates(reader.detector, person.picture, several=True, tiled=False)
        roi = _nearest(found.roi, person) if len(found) and found.scores[0] >= CROWD_THRESHOLD else None
    roi = region_of(person, generator) if roi is None else roi
    lens = torch.tensor([person.focal]), person.centre[None]
    seen, people, held = look_and_read(trunk, person.picture, roi, *lens)
    if chance[1] < _SECOND and seen.score[0] >= _LEAST_SCORE:
        seen, people, held = look_and_read(trunk, person.picture, seen.next_roi, *lens)
    if seen.score[0] < _LEAST_SCORE:
        return None
    roi = people.roi
    kept = {"deep": held.deep[0].half(), "fine": held.fine[0].half()} if maps else {}
    return {
        "points": seen.points[0],
        "world": seen.world[0],
        "visibility": seen.visibility[0],
        "roi": torch.cat([roi.centre[0], roi.side, roi.turn]),
        "size": people.size[0],
        "rotations": person.rotations,
        "joints": person.joints,
        "pixels": person.pixels,
        "visible": person.visible,
        "shape": person.shape,
        "lens": torch.cat([torch.tensor([person.focal]), person.centre]),
        "azimuth": torch.tensor(person.azimuth),
        **kept,
    }


def region_of(person: DrawnPerson, generator: torch.Generator) -> Roi:
    """A region about the person such as the detector gives."""
    hips = [JOINT_INDEX["left_hip"], JOINT_INDEX["right_hip"]]
    middle = person.pixels[hips].mean(0)
    reach = (person.pixels - middle).norm(dim=-1).amax()
    noise = torch.randn(4, generator=generator)
    side = 2 * reach * (_REACH + _REACH_SPREAD * noise[0]).clamp_min(1.0)
    return Roi((middle + noise[1:3] * _SHIFT * side)[None], side[None], (noise[3:] * _TURN_SPREAD))


def _nearest(found: Roi, person: DrawnPerson) -> Roi | None:
    """The region at the person's hips, if the detector has one there."""
    hips = person.pixels[[JOINT_INDEX["left_hip"], JOINT_INDEX["right_hip"]]].mean(0)
    apart = (found.centre - hips).norm(dim=-1) / found.side
    best = int(apart.argmin())
    return found[best : best + 1] if float(apart[best]) < 0.15 else None


def make_pairs(
    reader: KeypointReader,
    folder: Path,
    shards: range,
    captured: Float[Tensor, "poses 22 3"] | None = None,
    progress: Callable[[int], None] | None = None,
    looks: int = 1,
    maps: bool = False,
) -> None:
    """Make the shards that a folder lacks.

    Args:
        reader: the networks.
        folder: made if it is not there.
        shards: numbers of the shards; several processes take different ones.
        captured: body poses of motion capture.
        progress: called with the number of each shard that is there.
        looks: pictures of each drawn person.
        maps: keep the network's maps too, 5.5 kB a look, from which the small network of mesh recovery learns.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number in shards:
        path = shard_path(folder, number)
        if not path.exists():
            made = make_shard(reader, number, captured, looks, maps)
            arrays = {name: _compact(values) for name, values in made.items()}
            with atomic_write(path) as temporary:
                np.savez(temporary, **arrays)  # type: ignore[arg-type]
        if progress is not None:
            progress(number)


def _compact(values: Tensor) -> np.ndarray:
    array = values.numpy()
    return array.astype(np.float32) if values.dtype == torch.float64 else array


def read_pairs(
    folder: Path, chosen: Callable[[int], bool] = lambda number: True, names: Collection[str] | None = None
) -> dict[str, Tensor]:
    """The pairs of a folder and of those within it.

    Args:
        folder: as `make_pairs` makes it, or one that holds such folders.
        chosen: of which shards, by their numbers.
        names: of what is read; everything but the maps if they are left out.

    Raises:
        FileError: there are none, or a shard is damaged or lacks what is asked for.
    """
    paths = [path for path in sorted(folder.rglob("pairs-*.npz")) if chosen(int(path.stem.rpartition("-")[2]))]
    if not paths:
        raise FileError(folder, "holds no pairs", remedy="make them by tools/lifting_pairs.py")
    shards = [_read(path, names) for path in paths]
    return {name: torch.from_numpy(np.concatenate([shard.pop(name) for shard in shards])) for name in list(shards[0])}


def _read(path: Path, names: Collection[str] | None) -> dict[str, np.ndarray]:
    try:
        with np.load(path) as shard:
            wanted = names or [name for name in shard if name not in MAPS]
            lacking = [name for name in wanted if name not in shard]
            found = {name: shard[name] for name in wanted if name in shard}
    except (OSError, ValueError, BadZipFile) as error:
        raise FileError(path, f"is no shard of pairs: {error}", remedy="remove it and make it again") from None
    if lacking:
        remedy = "make the pairs again by tools/lifting_pairs.py --maps"
        raise FileError(path, f"lacks {', '.join(lacking)}", remedy=remedy)
    return found
