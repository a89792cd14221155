"""Pairs to learn lifting from: drawn people through the network that finds landmarks, with the truth beside.

They lie in a folder of shards, which may be made by several processes and go on where they were stopped: a shard's
numbers follow from its number alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import FileError
from poseloom.base.files import atomic_write
from poseloom.images.roi import Roi
from poseloom.pose.joints import JOINT_INDEX
from poseloom.tasks.keypoints.body import body_points
from poseloom.tasks.keypoints.finding import CROWD_THRESHOLD, candidates
from poseloom.tasks.keypoints.predict import KeypointReader
from poseloom.tasks.lifting.drawing import DrawnPerson, draw_person
from poseloom.tasks.lifting.poses import varied_poses

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


def make_shard(reader: KeypointReader, number: int, captured: Float[Tensor, "poses 22 3"] | None) -> dict[str, Tensor]:
    """The pairs of one shard, each array with a row a person."""
    poses = varied_poses(SHARD, 7_919 + number, captured)
    rows: list[dict[str, Tensor]] = []
    for place, rotations in enumerate(poses):
        seed = number * SHARD + place
        person = draw_person(rotations, seed)
        pair = look_at(reader, person, seed)
        if pair is not None:
            rows.append(pair)
    return {name: torch.stack([row[name] for row in rows]) for name in rows[0]}


@torch.inference_mode()
def look_at(reader: KeypointReader, person: DrawnPerson, seed: int) -> dict[str, Tensor] | None:
    """What the body network says of a drawn person, and the truth; None where it sees nobody."""
    generator = torch.Generator().manual_seed(seed + 1)
    chance = torch.rand(2, generator=generator)
    roi = None
    if chance[0] < _DETECTED:
        found = candidates(reader.detector, person.picture, several=True, tiled=False)
        roi = _nearest(found.roi, person) if len(found) and found.scores[0] >= CROWD_THRESHOLD else None
    roi = region_of(person, generator) if roi is None else roi
    seen = body_points(reader.body, person.picture, roi)
    if chance[1] < _SECOND and seen.score[0] >= _LEAST_SCORE:
        roi = seen.next_roi
        seen = body_points(reader.body, person.picture, roi)
    if seen.score[0] < _LEAST_SCORE:
        return None
    size = torch.tensor([person.picture.shape[-1], person.picture.shape[-2]])
    return {
        "points": seen.points[0],
        "world": seen.world[0],
        "visibility": seen.visibility[0],
        "roi": torch.cat([roi.centre[0], roi.side, roi.turn]),
        "size": size.float(),
        "rotations": person.rotations,
        "joints": person.joints,
        "pixels": person.pixels,
        "visible": person.visible,
        "shape": person.shape,
        "lens": torch.cat([torch.tensor([person.focal]), person.centre]),
        "azimuth": torch.tensor(person.azimuth),
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
) -> None:
    """Make the shards that a folder lacks.

    Args:
        reader: the networks.
        folder: made if it is not there.
        shards: numbers of the shards; several processes take different ones.
        captured: body poses of motion capture.
        progress: called with the number of each shard that is there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number in shards:
        path = shard_path(folder, number)
        if not path.exists():
            arrays = {name: _compact(values) for name, values in make_shard(reader, number, captured).items()}
            with atomic_write(path) as temporary:
                np.savez(temporary, **arrays)  # type: ignore[arg-type]
        if progress is not None:
            progress(number)


def _compact(values: Tensor) -> np.ndarray:
    array = values.numpy()
    return array.astype(np.float32) if values.is_floating_point() else array


def read_pairs(folder: Path, chosen: Callable[[int], bool] = lambda number: True) -> dict[str, Tensor]:
    """The pairs of a folder.

    Args:
        folder: as `make_pairs` makes it.
        chosen: of which shards, by their numbers.

    Raises:
        FileError: there are none.
    """
    paths = [path for path in sorted(folder.glob("pairs-*.npz")) if chosen(int(path.stem.rpartition("-")[2]))]
    if not paths:
        raise FileError(folder, "holds no pairs", remedy="make them by tools/lifting_pairs.py")
    shards = [dict(np.load(path)) for path in paths]
    return {name: torch.from_numpy(np.concatenate([shard[name] for shard in shards])) for name in shards[0]}
