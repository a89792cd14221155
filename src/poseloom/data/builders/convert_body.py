"""`convert_body`: a table on another body of the SMPL family, such as PoseFix on SMPL-X; texts and pairs stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import FileError
from poseloom.body.smpl import SmplBody
from poseloom.body.transfer import BodyTransfer, Transferred
from poseloom.data.build import Report, Unit
from poseloom.data.builders.rows import prepare
from poseloom.data.builders.tables import opened
from poseloom.data.executors import Executor
from poseloom.data.manifest import MANIFEST, Part, checksum
from poseloom.data.schema import Layout, RowBlock
from poseloom.data.sources.source import NamedPair, PairBlock
from poseloom.data.table import Table
from poseloom.pose import BODY_JOINTS, Pose

WORST = 0.02
"""Metres of mean distance of the two surfaces from which a row is reported."""
_MARK_DIGITS = 8
_PAIRS_A_UNIT = 4096
_LOOKED_AT = 256


@dataclass(frozen=True)
class ConvertedBody:
    """The rows of a table with their poses fitted to another body.

    Shapes that belong to the first body are fitted too; other rows are taken to have its average shape.

    Args:
        table: where the rows are.
        source, target: the files of the two bodies.

    Raises:
        PoseloomError: there is no table, or a file is no body of the SMPL family.
    """

    table: Path
    source: Path
    target: Path
    name: str = "converted"

    def __post_init__(self) -> None:
        layout, body = opened(self.table).layout, self.transfer.source
        if layout.shape and layout.shape_model not in (body.shape_model, ""):
            problem = f"holds shapes of {layout.shape_model}, not of {body.shape_model} as {self.source.name}"
            raise FileError(self.table, problem, remedy="give the body that the poses were made for")

    @property
    def transfer(self) -> BodyTransfer:
        return _transfer(self.source, self.target)

    @cached_property
    def layout(self) -> Layout:
        transfer, held = self.transfer, opened(self.table).layout
        joints = held.joints if len(transfer.target.parents) > _WITHOUT_FINGERS else BODY_JOINTS
        return Layout(joints, face=held.face, shape=transfer.coefficients, shape_model=transfer.target.shape_model)

    def options(self) -> Mapping[str, Any]:
        files = {"table": self.table / MANIFEST, "from": self.source, "to": self.target}
        return {name: checksum(path).sha256[:_MARK_DIGITS] for name, path in files.items()}

    def units(self) -> Sequence[Unit]:
        table = opened(self.table)
        shards = [table.rows_in_shard(name) for name in table.shard_names()]
        return [Unit(f"{place:05d}", len(rows), rows) for place, rows in enumerate(shards)]

    def read(self, unit: Unit) -> RowBlock:
        table = opened(self.table)
        numbers = table.posed(unit.content)
        bare = len(unit.content) - len(numbers)
        left_out = [f"{bare} rows without a pose were left out"] if bare else []
        if not len(numbers):
            return RowBlock("", [], [], [], [], None, problems=left_out)
        found = self._converted(table.poses(numbers))
        rows = [table.row(number) for number in numbers.tolist()]
        far = [(row.id, error) for row, error in zip(rows, found.error.tolist(), strict=True) if error > WORST]
        return RowBlock(
            data_set=rows[0].origin.data_set,
            ids=[row.id for row in rows],
            files=[row.origin.file for row in rows],
            frames=[row.origin.frame for row in rows],
            splits=[row.split for row in rows],
            pose=found.pose if self.layout.joints > BODY_JOINTS else found.pose.body(),
            joints=[min(row.joints, self.layout.joints) for row in rows],
            texts=[list(row.texts) for row in rows],
            images=[list(row.images) for row in rows],
            keypoints=[list(row.keypoints) for row in rows],
            cameras=[row.camera for row in rows],
            problems=[
                *left_out,
                *(f"{name}: the two surfaces are {error * 1000:.0f} mm apart" for name, error in far),
            ],
        )

    def pair_units(self) -> Sequence[Unit]:
        """The pairs of the table, some thousand a shard."""
        count = len(opened(self.table).pairs)
        parts = [range(first, min(first + _PAIRS_A_UNIT, count)) for first in range(0, count, _PAIRS_A_UNIT)]
        return [Unit(f"{place:05d}", len(part), part) for place, part in enumerate(parts)]

    def read_pairs(self, unit: Unit) -> PairBlock:
        """The same pairs, of the new rows."""
        held = [opened(self.table).pairs[number] for number in unit.content]
        return PairBlock([NamedPair(one.id, one.id_a, one.id_b, one.in_sequence, one.split, one.texts) for one in held])

    def _converted(self, pose: Pose) -> Transferred:
        """Poses on the other body; each shape is fitted once."""
        transfer = self.transfer
        given = pose.shape if pose.shape_model == transfer.source.shape_model else None
        if given is None:
            shape = transfer.shape().expand(len(pose), -1)
            return transfer(replace(pose, shape=None, shape_model=""), shape)
        kinds, kind = given[:, : transfer.source.coefficients].unique(dim=0, return_inverse=True)
        cut = replace(pose, shape=kinds[kind])
        return transfer(cut, transfer.shape(kinds)[kind])


_WITHOUT_FINGERS = 24


@lru_cache(maxsize=1)
def _transfer(source: Path, target: Path) -> BodyTransfer:
    return BodyTransfer.load(source, target)


def convert_body(
    table: str | Path,
    source: str | Path,
    target: str | Path,
    out: str | Path,
    executor: Executor | None = None,
    *,
    restart: bool = False,
    report: Report | None = None,
) -> Part:
    """Write a table whose poses are on another body. Run again after a stop, it continues.

    Args:
        table: whose poses are on the body `source`.
        source, target: model files of the SMPL family, such as SMPL-H's and SMPL-X's.
        out: folder of the new table.

    Raises:
        PoseloomError: as `ConvertedBody` and `prepare`.
    """
    rows = ConvertedBody(Path(table), Path(source), Path(target))
    return prepare(rows, out, executor, restart=restart, report=report)


def joint_distances(
    table: Path, source: Path, out: Path, target: Path, most: int = _LOOKED_AT
) -> Float[Tensor, "n 22"]:
    """Distances of the body joints of two tables' rows, each on its own body; metres, for rows spread over both."""
    first, second = Table.open(table), Table.open(out)
    numbers = np.unique(np.linspace(0, len(first) - 1, min(most, len(first))).astype(np.int64))
    with torch.no_grad():
        joints = [
            SmplBody.load(body).joints(_fitting(one.poses(numbers), SmplBody.load(body)))[:, :BODY_JOINTS]
            for one, body in ((first, source), (second, target))
        ]
    return (joints[0] - joints[1]).norm(dim=-1)


def _fitting(pose: Pose, body: SmplBody) -> Pose:
    """With no more coefficients than the body has."""
    return pose if pose.shape is None else replace(pose, shape=pose.shape[:, : body.coefficients])
