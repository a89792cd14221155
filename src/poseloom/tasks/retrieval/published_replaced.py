"""Training poses that a generator made from their texts: recall G/R."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jaxtyping import Float
from torch import Tensor

from poseloom.base.streams import mix_numbers, text_key
from poseloom.tasks.common.frames import from_published
from poseloom.tasks.common.published_data import Chance, PoseBatch, PoseItems


class Replaced:
    """Items whose training poses a generator drew from their texts; held-out poses stay the real ones.

    Args:
        items: what the table gives.
        generator: path of a trained text-to-pose model.
        count: poses for each text, always the same ones, of which one is taken.
    """

    def __init__(self, items: PoseItems, generator: str, count: int):
        self.items, self.count, self.maker = items, count, items.maker
        self.view, self.held_out = items.view, items.held_out
        from poseloom.tasks.generation.published_evaluate import TextSampler

        self.sampler = TextSampler(generator)
        self._made: dict[str, Tensor] = {}

    def training_batch(self, items: Sequence[tuple[Any, int]], chance: Chance) -> PoseBatch:
        """A training batch."""
        made = [self._poses(sample.text)[mix_numbers(draw, self.count) % self.count] for sample, draw in items]
        replaced = [(sample._replace(rotations=pose), draw) for (sample, draw), pose in zip(items, made, strict=True)]
        return self.items.training_batch(replaced, chance)

    def _poses(self, text: str) -> Float[Tensor, "samples joints 3"]:
        if text not in self._made:
            sampled = self.sampler([text], self.count, text_key(text) % (1 << 31))[0]
            self._made[text] = from_published(sampled).rotations
        return self._made[text]
