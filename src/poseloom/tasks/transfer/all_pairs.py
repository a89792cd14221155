"""What a generator makes of all pairs of a table: pictures, strips and grids as files, features in packed shards."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.base.files import atomic_write
from poseloom.images.files import save_picture
from poseloom.tasks.transfer.evaluate import AT_ONCE
from poseloom.tasks.transfer.models.inputs import FINAL
from poseloom.tasks.transfer.models.pg2 import Pg2
from poseloom.tasks.transfer.pairs import PairData, PairPictures, TransferBatch
from poseloom.tasks.transfer.pictures import grid, strip

Progress = Callable[[int, int], None]
SHARD = 256
"""Pairs whose features lie in one file."""
INDEX = "index.json"
_JOINT = "___"
"""Between the names of source and target, as the originals have it."""


@dataclass(frozen=True)
class PairFiles:
    """What was written.

    Args:
        folder: where.
        pairs: how many.
        files: files of this call; those that were there already are not made again.
        bytes: of these files.
    """

    folder: Path
    pairs: int
    files: int
    bytes: int


def write_pictures(
    model: Any,
    data: PairData,
    split: str,
    folder: Path,
    *,
    limit: int = 0,
    strips: bool = False,
    progress: Progress | None = None,
) -> PairFiles:
    """The made picture of every pair as a PNG, clipped and rounded; or a strip of source, pose, target and result.

    Args:
        model: a generator in evaluation mode.
        data: the pairs.
        split: of the table.
        folder: is made where it is missing; pictures that are there are not made again.
        limit: the first pairs alone; all where it is 0.
        strips: strips in place of single pictures.
        progress: told how many pairs are done, and of how many.
    """
    files, written = 0, 0
    for batch, done, count in _batches(data, split, limit, AT_ONCE):
        folder.mkdir(parents=True, exist_ok=True)
        paths = [folder / f"{name}.png" for name in _names(batch)]
        if not all(path.is_file() for path in paths):
            with torch.no_grad():
                made = model.generate(batch.inputs)
            rows = strip(batch, made) if strips else (made[FINAL].clamp(-1, 1) + 1) / 2
            for path, row in zip(paths, rows, strict=True):
                if not path.is_file():
                    save_picture(row, path)
                    files, written = files + 1, written + path.stat().st_size
        if progress is not None:
            progress(done, count)
    return PairFiles(folder, done, files, written)


def grid_of(
    model: Any, data: PairData, split: str, *, rows: int = 8, columns: int = 1, seed: int = 0
) -> Float[Tensor, "3 height width"]:
    """Strips of some pairs that are drawn at random, below each other; 0 to 1.

    Args:
        model: a generator in evaluation mode.
        data: the pairs.
        split: of the table.
        rows, columns: how many.
        seed: of the draw.
    """
    pairs = PairPictures(data, split)
    drawn = torch.randperm(len(pairs), generator=torch.Generator().manual_seed(seed))[: rows * columns]
    batch = pairs.batch(pairs.__getitems__(drawn.tolist()))
    with torch.no_grad():
        return grid(list(strip(batch, model.generate(batch.inputs))), columns)


def write_features(
    model: Any, data: PairData, split: str, folder: Path, *, limit: int = 0, progress: Progress | None = None
) -> PairFiles:
    """The features of stage 2's encoder ("GFV") of every pair, in compressed files of 256 pairs each.

    ``features-00000.npz`` holds ``features`` (float16, pairs x channels x rows x columns) and ``source``, ``target``
    (names); ``index.json`` says shape and pairs. The originals write a file of 786 KB for each pair.

    Args:
        model: PG2 of two stages, in evaluation mode.
        data: the pairs.
        split: of the table.
        folder: is made where it is missing; files that are there are not made again.
        limit: the first pairs alone; all where it is 0.
        progress: told how many pairs are done, and of how many.

    Raises:
        PoseloomError: a generator without these features.
    """
    if not isinstance(model, Pg2) or model.generator2 is None:
        raise PoseloomError("features: only PG2 of two stages has them (GFV); name such a model")
    files, written, shape, done = 0, 0, [], 0
    for number, (batch, done, count) in enumerate(_batches(data, split, limit, SHARD)):
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"features-{number:05d}.npz"
        if not path.is_file():
            values = torch.cat([features_of(model, part) for part in _parts(batch)])
            written += _write_shard(path, values, batch)
            files, shape = files + 1, list(values.shape[1:])
        if progress is not None:
            progress(done, count)
    shape = shape or _shape_in(folder)
    index = {"pairs": done, "shape": shape, "shard": SHARD, "split": split, "dtype": "float16"}
    with atomic_write(folder / INDEX) as temporary:
        temporary.write_text(json.dumps(index, indent=1) + "\n", encoding="utf-8")
    return PairFiles(folder, done, files, written)


@torch.no_grad()
def features_of(model: Pg2, batch: TransferBatch) -> Float[Tensor, "batch channels rows columns"]:
    """The features of a batch."""
    assert model.generator2 is not None
    coarse = model.coarse(batch.inputs.source, batch.inputs.target_map(model.config.maps))
    return model.generator2.encode(batch.inputs.source, coarse)[0]


def read_features(folder: Path) -> Iterator[tuple[Float[Tensor, "pairs channels rows columns"], list[str], list[str]]]:
    """What `write_features` wrote, file by file: features, names of sources, names of targets."""
    for path in sorted(folder.glob("features-*.npz")):
        with np.load(path, allow_pickle=False) as held:
            features = torch.from_numpy(held["features"]).float()
            yield features, held["source"].tolist(), held["target"].tolist()


def _write_shard(path: Path, values: Tensor, batch: TransferBatch) -> int:
    memory = io.BytesIO()
    source, target = np.array(batch.source_names), np.array(batch.target_names)
    np.savez_compressed(memory, features=values.half().numpy(), source=source, target=target)
    with atomic_write(path) as temporary:
        temporary.write_bytes(memory.getbuffer())
    return memory.getbuffer().nbytes


def _parts(batch: TransferBatch) -> Iterator[TransferBatch]:
    from dataclasses import fields, replace

    for first in range(0, len(batch), AT_ONCE):
        part = slice(first, first + AT_ONCE)
        inputs = replace(
            batch.inputs, **{one.name: getattr(batch.inputs, one.name)[part] for one in fields(batch.inputs)}
        )
        own = {one.name: getattr(batch, one.name)[part] for one in fields(batch) if one.name != "inputs"}
        yield TransferBatch(inputs, **own)


def _batches(data: PairData, split: str, limit: int, size: int) -> Iterator[tuple[TransferBatch, int, int]]:
    pairs = PairPictures(data, split)
    count, done = min(len(pairs), limit or len(pairs)), 0
    for batch in pairs.batches(size, count):
        done += len(batch)
        yield batch, done, count


def _names(batch: TransferBatch) -> list[str]:
    stems = [[PurePosixPath(name).name for name in names] for names in (batch.source_names, batch.target_names)]
    return [f"{source}{_JOINT}{target}" for source, target in zip(*stems, strict=True)]


def _shape_in(folder: Path) -> list[int]:
    features = next(read_features(folder), None)
    return [] if features is None else list(features[0].shape[1:])
