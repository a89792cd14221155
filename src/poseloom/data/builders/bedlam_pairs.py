"""Steps 6 and 7 of BEDLAM-Fix: pairs of similar people who differ in many ways, with three instructions each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Int8, Int64
from numpy import ndarray as Array
from torch import Tensor

from poseloom.base.files import atomic_write
from poseloom.body.types import Body
from poseloom.data.build import Unit, Written
from poseloom.data.builders.bedlam_texts import shards_of
from poseloom.data.builders.tables import opened
from poseloom.data.manifest import PartKind, fingerprint
from poseloom.data.numerics import one_thread
from poseloom.data.schema import Pair, Text, TextKind
from poseloom.data.shards import write_pairs
from poseloom.data.sources.bedlam_body import mark_of, whole_body
from poseloom.data.sources.bedlam_files import FPS
from poseloom.data.splits import TRAIN, VAL
from poseloom.data.table import Table
from poseloom.formats.npz_files import open_npz
from poseloom.language import instructions
from poseloom.language.posecodes import evaluate
from poseloom.language.posefix.wording import INSTRUCTION_PHRASES, words_of
from poseloom.pose import Pose
from poseloom.pose.descriptor import Embedder, GeometricDescriptor
from poseloom.pose.mining import MiningRules, PoseTable, mine_pairs

VERSIONS = (("embroider", 0), ("embroider-simplified", 0), ("embroider", 1))
"""Version of each of the three instructions, and what is added to the seed."""
_SHARD_PAIRS = 1024
_AT_ONCE = 2048

Found = Int64[Array, "pairs 3"]
"""Row of the first pose, row of the second pose, 1 where both are of one recording."""


@dataclass(frozen=True, eq=False)
class BedlamPairs:
    """Adds pairs among the rows of a part.

    Args:
        rows: name of the part.
        model: SMPL-X's file: joints are those of its average body.
        mining: which pairs.
        embedder: see `build_bedlam`.
        found: the pairs; not needed to tell the name of the part.
    """

    table: Path
    rows: str
    model: Path
    mining: MiningRules
    seed: int = 0
    embedder: Embedder | None = None
    found: Found = field(default_factory=lambda: np.zeros((0, 3), np.int64))
    kind: PartKind = PartKind.PAIRS

    @property
    def name(self) -> str:
        return f"bedlam-fix-{fingerprint(self.options())}"

    def options(self) -> Mapping[str, Any]:
        features = f"{GeometricDescriptor.name} centred" if self.embedder is None else self.embedder.name
        own = {"rows": self.rows, "body": mark_of(self.model), "features": features, "seed": self.seed}
        return {**own, "mining": asdict(self.mining)}

    def of(self, found: Found) -> BedlamPairs:
        """The same with the pairs to be written."""
        return replace(self, found=found)

    def units(self) -> list[Unit]:
        parts = [self.found[first : first + _SHARD_PAIRS] for first in range(0, len(self.found), _SHARD_PAIRS)]
        return [Unit(f"{place:05d}", len(part), part) for place, part in enumerate(parts)]

    def write(self, unit: Unit, folder: Path) -> Written:
        table = opened(self.table)
        with one_thread():
            told = self._written_instructions(table, unit.content)
        pairs = [self._pair(table, found, texts) for found, texts in zip(unit.content, told, strict=True)]
        kept = [replace(pair, number=place) for place, pair in enumerate(pair for pair in pairs if pair.texts)]
        write_pairs(folder, kept)
        silent = len(pairs) - len(kept)
        return Written(len(kept), (f"{silent} pairs without a difference to tell were left out",) if silent else ())

    def _written_instructions(self, table: Table, found: Found) -> list[list[str]]:
        first, second = (Pose(table.poses(found[:, side]).rotations) for side in (0, 1))
        body = whole_body(self.model)
        told = [instructions(first, second, version, self.seed + more, body=body) for version, more in VERSIONS]
        return [list(three) for three in zip(*told, strict=True)]

    def _pair(self, table: Table, found: Int64[Array, " 3"], words: list[str]) -> Pair:
        row_a, row_b = int(found[0]), int(found[1])
        id_a, id_b = table.id(row_a), table.id(row_b)
        kind = TextKind.AUTOMATIC.value
        silent = all(text in ("", *words_of(INSTRUCTION_PHRASES).same) for text in words)
        told = () if silent else zip(VERSIONS, words, strict=True)
        return Pair(
            number=0,
            id=f"{id_a}>{id_b}",
            id_a=id_a,
            id_b=id_b,
            row_a=row_a,
            row_b=row_b,
            in_sequence=bool(found[2]),
            split=table.split(row_b),
            texts=tuple(Text(text, kind, f"instructions-{name}", self.seed + more) for (name, more), text in told),
        )


def mined_pairs(pairs: BedlamPairs, kept: Path) -> Found:
    """Step 6: the pairs of each split, within recordings and across; from the file `kept` where it exists."""
    if not kept.exists():
        with one_thread():
            found = np.concatenate([_mined(pairs, split) for split in (TRAIN, VAL)])
        with atomic_write(kept) as temporary, temporary.open("wb") as stream:
            np.savez(stream, found=found)
    return np.array(open_npz(kept)["found"], dtype=np.int64).reshape(-1, 3)


def _mined(pairs: BedlamPairs, split: str) -> Found:
    table = opened(pairs.table)
    rows = np.concatenate(
        [np.zeros(0, np.int64), *(table.rows_in_shard(name) for name in shards_of(table, pairs.rows))]
    )
    rows = np.intersect1d(rows, table.rows_of(split), assume_unique=True)
    if len(rows) < 2:
        return np.zeros((0, 3), np.int64)
    rules = replace(pairs.mining, neighbours=min(pairs.mining.neighbours, len(rows)))
    mined = mine_pairs(_pose_table(pairs, table, rows), rules, seed=pairs.seed)
    sides = [(mined.within_pairs, 1), (mined.across_pairs, 0)]
    return np.concatenate(
        [np.column_stack([rows[places.numpy()], np.full(len(places), within)]) for places, within in sides]
    )


def _pose_table(pairs: BedlamPairs, table: Table, rows: Int64[Array, " n"]) -> PoseTable:
    body = whole_body(pairs.model)
    features, categories = [], []
    for _, pose in table.batches(_AT_ONCE, rows):
        bare = Pose(pose.rotations).without_heading()
        features.append(torch.from_numpy((pairs.embedder or GeometricDescriptor())(bare)))
        categories.append(_categories(bare, body))
    vectors = torch.cat(features)
    if pairs.embedder is None:
        vectors = torch.nn.functional.normalize(vectors - vectors.mean(0), dim=-1)
    files, frames = (table.column(name).take(rows).to_pylist() for name in ("file", "frame"))
    number = {name: place for place, name in enumerate(dict.fromkeys(files))}
    return PoseTable(
        vectors,
        torch.tensor([number[name] for name in files]),
        torch.tensor(frames),
        torch.full((len(rows),), float(FPS)),
        torch.cat(categories),
    )


def _categories(pose: Pose, body: Body) -> Int8[Tensor, "poses posecodes"]:
    """What all posecodes say of poses that face +z; super-posecodes as 0 or 1."""
    codes = evaluate(body.joints(pose), pose.rotations)
    produced = (codes.super_eligibility_rows > 0).to(torch.int8)
    return torch.cat([codes.all_categories, produced]).T.contiguous()
