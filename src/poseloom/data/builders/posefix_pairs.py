"""`posefix_pairs`: pairs by the rules of PoseFix, sought among all rows of a split at once.

Delmas et al., PoseFix, ICCV 2023; the rules are in `poseloom.pose.mining`. The search holds a block of the matrix of
similarities at a time; what it found is kept, so that a build that was stopped does not seek again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int8, Int64
from numpy import ndarray as Array
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.base.files import atomic_write
from poseloom.body import default_body
from poseloom.data.build import WORKSHOP, Report, Unit, Written, build, manifest_of
from poseloom.data.builders.neighbours import Mined
from poseloom.data.builders.pairs import AT_ONCE, BY_RULE, Pairing, instructed_pairs
from poseloom.data.builders.tables import opened
from poseloom.data.executors import Executor
from poseloom.data.manifest import Part, PartKind, fingerprint
from poseloom.data.numerics import one_thread
from poseloom.data.shards import write_pairs
from poseloom.data.table import Table
from poseloom.formats.npz_files import open_npz
from poseloom.language.posecodes import evaluate
from poseloom.pose import Pose
from poseloom.pose.descriptor import Embedder, GeometricDescriptor
from poseloom.pose.mining import MiningRules, PoseTable, mine_pairs

FRAME_RATE = 120.0
"""Frames a second that most recordings of AMASS and all of CMU were made with."""
_SHARD_PAIRS = 2048

Sought = Callable[[int, int], None]
"""Told (poses done, poses in all) while pairs are sought."""


@dataclass(frozen=True, eq=False)
class PoseFixPairs:
    """Adds the pairs of which at least one row is new.

    Args:
        table: to which they are added.
        pairing: its `instruct` writes the texts.
        rules: which pairs.
        frame_rate: frames a second of the recordings, for the time between two rows.
        first, last: rows from `first` on are new, of `last` in all.
        features: name of what similarity is judged by.
        found: the pairs; not needed to tell the name of the part.
    """

    table: Path
    pairing: Pairing
    rules: MiningRules
    frame_rate: float
    seed: int
    first: int
    last: int
    features: str
    found: Mined = field(default_factory=lambda: _nothing())
    kind: PartKind = PartKind.PAIRS

    @property
    def name(self) -> str:
        return f"posefix-{self.pairing.name}-{fingerprint(self.options())}"

    def same(self) -> Mapping[str, Any]:
        """The options that do not depend on how many rows there are."""
        own = {"miner": "posefix", "pairing": self.pairing.name, "features": self.features, "seed": self.seed}
        return {**own, "frame_rate": self.frame_rate, "rules": asdict(self.rules)}

    def options(self) -> Mapping[str, Any]:
        return {**self.same(), "first": self.first, "last": self.last}

    def units(self) -> list[Unit]:
        firsts = range(0, len(self.found.row_a), _SHARD_PAIRS)
        parts = [Mined(*(column[first : first + _SHARD_PAIRS] for column in self.found)) for first in firsts]
        return [Unit(f"{place:05d}", len(part.row_a), part) for place, part in enumerate(parts)]

    def write(self, unit: Unit, folder: Path) -> Written:
        table = opened(self.table)
        with one_thread():
            pairs = instructed_pairs(table, unit.content, self.pairing, self.seed)
        table.release()
        write_pairs(folder, pairs)
        return Written(len(pairs))


def posefix_pairs(
    table: str | Path,
    seed: int = 0,
    executor: Executor | None = None,
    *,
    rules: MiningRules | None = None,
    frame_rate: float = FRAME_RATE,
    pairing: Pairing = BY_RULE,
    embedder: Embedder | None = None,
    sought: Sought | None = None,
    report: Report | None = None,
) -> Part:
    """Add pairs with instructions to a table, mined as for PoseFix within each split.

    Two poses are alike by the cosine of their features, less the mean of the split's: those of a retrieval model in
    the paper, the geometric descriptor where no embedder is given. Run again after rows were appended, it adds the
    pairs that these make possible.

    Args:
        table: folder.
        seed: chooses among possible first poses, and words.
        executor: where the texts are written; pairs are sought in this process.
        rules: bounds; those of the paper by default.
        frame_rate: frames a second of the recordings.
        pairing: whose `instruct` writes the texts.
        embedder: makes the features.
        sought: told about the search.
        report: called after every shard of texts.

    Raises:
        PoseloomError: there is no table, no pair was found, or see `build`.
    """
    folder = Path(table)
    if not 0 < frame_rate < float("inf"):
        raise PoseloomError(f"frame_rate: expected a positive number of frames a second, got {frame_rate}")
    manifest_of(folder)
    embedder = embedder or GeometricDescriptor()
    rows = len(Table.open(folder))
    whole = PoseFixPairs(folder, pairing, rules or MiningRules(), frame_rate, seed, 0, rows, embedder.name)
    before = _before(whole)
    if before is not None and before.options["last"] == rows:
        whole = replace(whole, first=before.options["first"])
    elif before is not None:
        whole = replace(whole, first=before.options["last"])
    return build(folder, replace(whole, found=_found(whole, embedder, sought)), executor, report=report)


def _before(builder: PoseFixPairs) -> Part | None:
    """The last part that was made with the same options."""
    same = builder.same()
    parts = [
        part for part in manifest_of(builder.table).of_kind(PartKind.PAIRS) if same.items() <= part.options.items()
    ]
    return max(parts, key=lambda part: part.options["last"], default=None)


def _found(builder: PoseFixPairs, embedder: Embedder, sought: Sought | None) -> Mined:
    """The pairs; from the file in which they were kept where there is one."""
    kept = builder.table / WORKSHOP / f"{builder.name}.npz"
    if not kept.exists():
        with one_thread():
            found = _mined(builder, embedder, sought)
        kept.parent.mkdir(exist_ok=True)
        with atomic_write(kept) as temporary, temporary.open("wb") as stream:
            np.savez(stream, **found._asdict())
    arrays = open_npz(kept)
    return Mined(*(np.array(arrays[name]) for name in Mined._fields))


def _mined(builder: PoseFixPairs, embedder: Embedder, sought: Sought | None) -> Mined:
    table = Table.open(builder.table)
    splits = np.asarray(table.column("split").to_pylist())
    parts, done = [_nothing()], 0
    for split in dict.fromkeys(splits.tolist()):
        among = np.flatnonzero(splits == split)
        rows = table.posed(among)

        def told(count: int, _: int, before: int = done) -> None:
            if sought is not None:
                sought(before + count, len(table))

        if len(rows) > 1:
            parts.append(_mined_among(builder, table, rows, embedder, told))
        done += len(among)
    whole = Mined(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    new = np.maximum(whole.row_a, whole.row_b) >= builder.first
    if not new.any():
        rules = f"{builder.rules.least_similarity:g} to {builder.rules.most_similarity:g}"
        raise PoseloomError(
            f"{builder.table}: no two rows meet the rules of PoseFix (similarity {rules}); add more rows"
        )
    return Mined(*(column[new] for column in whole))


def _mined_among(
    builder: PoseFixPairs, table: Table, rows: Int64[Array, " n"], embedder: Embedder, told: Sought
) -> Mined:
    rules = replace(builder.rules, neighbours=min(builder.rules.neighbours, len(rows)))
    poses = pose_table(table, rows, builder.frame_rate, embedder)
    mined = mine_pairs(poses, rules, seed=builder.seed, progress=told)
    places = np.concatenate([mined.within_pairs.numpy(), mined.across_pairs.numpy()])
    within = np.arange(len(places)) < len(mined.within_pairs)
    return Mined(rows[places[:, 0]], rows[places[:, 1]], within)


def pose_table(table: Table, rows: Int64[Array, " n"], frame_rate: float, embedder: Embedder) -> PoseTable:
    """What mining knows of rows: features, recordings and posecodes, on the free body.

    The mean of the features is taken away: vectors of poses all point roughly the same way, and only without it do
    similarities of 0.7 to 0.9 belong to poses that differ by a step.
    """
    features, categories = [], []
    for _, pose in table.batches(AT_ONCE, rows):
        bare = Pose(pose.rotations).without_heading()
        features.append(torch.from_numpy(embedder(bare)))
        categories.append(_categories(bare))
    vectors = torch.cat(features)
    files, frames = (table.column(name).take(rows).to_pylist() for name in ("file", "frame"))
    number = {name: place for place, name in enumerate(dict.fromkeys(files))}
    # rows of no recording are each one of their own
    sequence = [number[name] if name else len(number) + place for place, name in enumerate(files)]
    return PoseTable(
        _unit(vectors - vectors.mean(0)),
        torch.tensor(sequence),
        torch.tensor(frames),
        torch.full((len(rows),), frame_rate),
        torch.cat(categories),
    )


def _unit(vectors: Float[Tensor, "poses width"]) -> Float[Tensor, "poses width"]:
    return torch.nn.functional.normalize(vectors, dim=-1)


def _categories(pose: Pose) -> Int8[Tensor, "poses posecodes"]:
    """What all posecodes say of poses that face +z; super-posecodes as 0 or 1."""
    codes = evaluate(default_body("preview").joints(pose), pose.rotations)
    produced = (codes.super_eligibility_rows > 0).to(torch.int8)
    return torch.cat([codes.all_categories, produced]).T.contiguous()


def _nothing() -> Mined:
    none = np.zeros(0, np.int64)
    return Mined(none, none, np.zeros(0, bool))
