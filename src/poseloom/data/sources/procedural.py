"""The embedded source: poses drawn by `poseloom.pose.sample`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from poseloom.base.errors import PoseloomError
from poseloom.base.streams import mix_numbers
from poseloom.data.build import Unit
from poseloom.data.schema import Layout, RowBlock
from poseloom.data.splits import split_of
from poseloom.pose import ALL_JOINTS, Pose, concatenate, sample

SAMPLED_TOGETHER = 1024
"""Poses drawn with one seed. Row n of a seed is the same pose in a table of any size and any shards."""
SHARD_ROWS = 2 * SAMPLED_TOGETHER
_SEED_BITS = (1 << 63) - 1
_NAMED_DRAWS = 1
"""Tells the seeds of named poses from those of sampled ones."""


@dataclass(frozen=True)
class Procedural:
    """Random poses with hands, on the floor, with any heading.

    Args:
        rows: how many.
        seed: another one draws other poses.
        named: share of rows that are named poses of the lexicon, varied; the other rows are the same as without.
        shard_rows: rows of a shard, a multiple of `SAMPLED_TOGETHER`.

    Raises:
        PoseloomError: a number is out of range.
    """

    rows: int = 20_000
    seed: int = 0
    named: float = 0.0
    shard_rows: int = SHARD_ROWS
    name: str = "procedural"

    def __post_init__(self) -> None:
        if self.rows < 1:
            raise PoseloomError(f"rows: expected at least 1, got {self.rows}")
        if not 0 <= self.named <= 1:
            raise PoseloomError(f"named: expected a share from 0 to 1, got {self.named}")
        if self.shard_rows < 1 or self.shard_rows % SAMPLED_TOGETHER:
            raise PoseloomError(f"shard_rows: expected a multiple of {SAMPLED_TOGETHER}, got {self.shard_rows}")

    @property
    def layout(self) -> Layout:
        return Layout(joints=ALL_JOINTS)

    def options(self) -> Mapping[str, Any]:
        share = {"named": self.named} if self.named else {}
        return {"rows": self.rows, "seed": self.seed, **share, "shard_rows": self.shard_rows}

    def units(self) -> Sequence[Unit]:
        firsts = range(0, self.rows, self.shard_rows)
        parts = [range(first, min(first + self.shard_rows, self.rows)) for first in firsts]
        return [Unit(f"{place:05d}", len(part), part) for place, part in enumerate(parts)]

    def read(self, unit: Unit) -> RowBlock:
        numbers: range = unit.content
        draws = range(numbers.start // SAMPLED_TOGETHER, -(-numbers.stop // SAMPLED_TOGETHER))
        drawn = [self._drawn(mix_numbers(self.seed, draw) & _SEED_BITS) for draw in draws]
        ids = [f"procedural/{self.seed}/{number}" for number in numbers]
        count = len(ids)
        return RowBlock(
            data_set=self.name,
            ids=ids,
            files=[""] * count,
            frames=list(numbers),
            splits=[split_of(one) for one in ids],
            pose=concatenate(drawn)[:count],
        )

    def _drawn(self, seed: int) -> Pose:
        """The poses of one seed, a share of them named ones."""
        poses = sample(SAMPLED_TOGETHER, seed)
        if not self.named:
            return poses
        import torch

        from poseloom.data.sources.named_draws import draw_named

        generator = torch.Generator().manual_seed(mix_numbers(seed, _NAMED_DRAWS) & _SEED_BITS)
        wanted = torch.rand(SAMPLED_TOGETHER, generator=generator) < self.named
        everyone = concatenate([poses, draw_named(SAMPLED_TOGETHER, generator)])
        rows = torch.arange(SAMPLED_TOGETHER)
        return everyone[torch.where(wanted, rows + SAMPLED_TOGETHER, rows)]
