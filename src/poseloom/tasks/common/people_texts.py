"""Texts that people wrote, of a recipe's tables, among those by rule: of poses, or of pairs of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import torch

from poseloom.base.errors import PoseloomError
from poseloom.language.description.phrases import swap_sides
from poseloom.pose.types import Pose
from poseloom.tasks.common.pair_examples import pair_poses

_STREAM = 2
"""Stream of the numbers that choose whose texts are by people."""

Seen = tuple[Pose, ...]


class PeopleTexts:
    """What people wrote of the poses, or pairs, of some tables' split train.

    Args:
        tables: folders of tables.
        pairs: whether instructions between two poses are meant.
    """

    def __init__(self, tables: Sequence[str], pairs: bool):
        self.tables, self.pairs = tables, pairs

    @cached_property
    def rows(self) -> tuple[Seen, list[list[str]]]:
        """Poses (rows,), one or two of them, without heading; and all texts of each row.

        Raises:
            PoseloomError: no table has such a text.
        """
        parts = [self._of(Path(path)) for path in self.tables]
        texts = [written for _, found in parts for written in found]
        if not texts:
            kind = "instructions" if self.pairs else "descriptions"
            raise PoseloomError(
                f"data.human_texts: no {kind} by people in {', '.join(self.tables) or 'data.tables, which is empty'}; "
                "name a table with them (poseloom data prepare posescript or posefix), or set it to 0"
            )
        seen = [poses for poses, found in parts if found]
        return tuple(Pose(torch.cat([one[side].rotations for one in seen])) for side in range(len(seen[0]))), texts

    def _of(self, path: Path) -> tuple[Seen, list[list[str]]]:
        from poseloom.data.splits import TRAIN
        from poseloom.data.table import Table
        from poseloom.data.text_views import PairTextDataset, TextDataset

        table = Table(path)
        if self.pairs:
            pairs = PairTextDataset(table, split=TRAIN)
            found = pairs.__getitems__(range(len(pairs)))
            if not found:
                return (), []
            turns = torch.tensor([table.pairs[one.pair].in_sequence for one in found])
            before, after = (Pose(torch.stack(one)).body() for one in _columns(found, "rotations_a", "rotations_b"))
            return pair_poses(before, after, turns), [pairs.texts_of(int(pair)) for pair in pairs.pairs]
        poses = TextDataset(table, rows=table.rows_of(TRAIN))
        samples = poses.__getitems__(range(len(poses)))
        if not samples:
            return (), []
        (rotations,) = _columns(samples, "rotations")
        return (Pose(torch.stack(rotations)).body().without_heading(),), [
            poses.texts_of(int(row)) for row in poses.rows
        ]

    def among(self, seen: Seen, texts: list[str], share: float, seed: int) -> tuple[Seen, list[str]]:
        """Examples of which a share is one that people wrote of, half of those mirrored.

        Args:
            seen: poses (count,), one or two of them.
            texts: one for each.
            share: of the examples that are exchanged.
            seed: the same seed chooses the same.
        """
        generator = np.random.default_rng((seed, _STREAM))
        own, written = self.rows
        places = np.flatnonzero(generator.random(len(texts)) < share)
        rows = generator.integers(len(written), size=len(places))
        turned = generator.random(len(places)) < 0.5
        said = [written[row][int(generator.integers(len(written[row])))] for row in rows]
        texts = list(texts)
        for place, text, mirrored in zip(places, said, turned, strict=True):
            texts[place] = swap_sides(text) if mirrored else text
        return tuple(_put(one, its, places, rows, turned) for one, its in zip(seen, own, strict=True)), texts


def _columns(samples: Sequence[object], *names: str) -> list[list[torch.Tensor]]:
    return [[getattr(one, name) for one in samples] for name in names]


def _put(seen: Pose, own: Pose, places: np.ndarray, rows: np.ndarray, turned: np.ndarray) -> Pose:
    chosen = Pose(own.rotations[torch.from_numpy(rows)])
    mirrored = torch.from_numpy(turned)[:, None, None]
    rotations = seen.rotations.clone()
    rotations[torch.from_numpy(places)] = torch.where(mirrored, chosen.mirror().rotations, chosen.rotations)
    return Pose(rotations)
