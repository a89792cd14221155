"""The released regime: frozen encoders that are left in training mode, so that features differ from step to step.

Dropout and stochastic depth draw anew, and the statistics of batch normalisation move. What moves is lost with the
run, as in the release: checkpoints hold no encoder, and a resumed run begins with the encoders of the files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from poseloom.base.streams import mix_numbers
from poseloom.tasks.embedding.encoders.frozen import FrozenEncoder, TextItem
from poseloom.tasks.embedding.modalities import IMAGE, POSE, TEXT
from poseloom.tasks.embedding.rows import PeopleRows, as_it_is
from poseloom.training import DatasetBatches, Share


@dataclass(frozen=True, eq=False)
class RawBatch:
    """What the encoders take of a batch.

    Args:
        prepared: modality -> tensors.
    """

    prepared: Mapping[str, tuple[Tensor, ...]]


class MovingRows:
    """Rows as the encoders take them, with one of each row's texts drawn.

    Args:
        rows: the rows.
        encoders: modality -> frozen encoder.
        seed: draws texts, from seed, epoch and row alone.

    Raises:
        PoseloomError: an encoder is no network that can be left in training.
    """

    def __init__(self, rows: PeopleRows, encoders: Mapping[str, FrozenEncoder], seed: int):
        for one in encoders.values():
            if one.module is None:
                one.prepare([])
        self.encoders, self.seed, self.epoch = encoders, seed, 0
        self._items = {IMAGE: rows.pictures(), POSE: rows.poses()}
        self._texts, self._numbers = rows.texts(), rows.rows.tolist()

    def __len__(self) -> int:
        return len(self._numbers)

    def set_epoch(self, epoch: int) -> None:
        """Draw other texts."""
        self.epoch = epoch

    def __getitems__(self, places: Sequence[int]) -> RawBatch:
        """A training batch."""
        return RawBatch({one: encoder.prepare(self._of(one, places)) for one, encoder in self.encoders.items()})

    def _of(self, modality: str, places: Sequence[int]) -> list[Any]:
        if modality != TEXT:
            return [self._items[modality][place] for place in places]
        found = []
        for place in places:
            texts = self._texts[place]
            found.append(TextItem(texts[mix_numbers(self.seed, self.epoch, self._numbers[place]) % len(texts)]))
        return found


class MovingBatches(DatasetBatches):
    """Batches of `MovingRows`."""

    def __init__(self, rows: MovingRows, share: Share):
        super().__init__(rows, share, as_it_is)


def moved_features(encoders: Mapping[str, FrozenEncoder], batch: RawBatch) -> dict[str, Tensor]:
    """Features by encoders in training mode, without gradients."""
    found = {}
    for one, prepared in batch.prepared.items():
        encoder = encoders[one]
        assert encoder.module is not None  # MovingRows refuses others
        encoder.module.to(prepared[0].device).train()
        with torch.no_grad():
            tokens = encoder.forward(*prepared)
        encoder.module.eval()
        found[one] = tokens[:, 0] if tokens.shape[1] == 1 else tokens
    return found
