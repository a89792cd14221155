"""Ways of choosing words one after the other: greedy as published, sampling (top-k, nucleus), beams.

They work on any `StepDecoder`. A text begins with the start token; its length counts start and end; its score is the
mean log-probability over that length, as in the released text generators.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from poseloom.nn.text.decoder import LONGEST_TEXT


class StepDecoder(Protocol):
    """A text decoder that can be asked for one word at a time."""

    @property
    def config(self) -> Any:
        """Has the ids `pad`, `start`, `end`."""
        ...

    def begin(self, memory: Tensor, *, longest: int) -> Any: ...

    def advance(self, cache: Any, tokens: Int[Tensor, "batch"]) -> Float[Tensor, "batch words"]: ...


@dataclass(frozen=True)
class Limits:
    """Bounds of a text.

    Args:
        shortest: while fewer tokens than this stand, start included, the end is not allowed.
        longest: most tokens, start included.
        never: ids that are never said (the unknown word, for one); none in the published decoding.
    """

    shortest: int = 10
    longest: int = LONGEST_TEXT
    never: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class Decoded:
    """Texts as token ids.

    Args:
        tokens: start first, pads after the end; as wide as the longest text.
        lengths: tokens of each text, start and end included.
        scores: summed log-probability / length.
    """

    tokens: Int[Tensor, "batch length"]
    lengths: Int[Tensor, "batch"]
    scores: Float[Tensor, "batch"]


class Strategy(Protocol):
    """A way of decoding: `Greedy`, `Sampling`, `Beam`."""

    def __call__(self, decoder: StepDecoder, memory: Float[Tensor, "batch poses width"]) -> Decoded: ...


@dataclass(frozen=True)
class Greedy:
    """The most probable word each time: the published decoding, token by token the same."""

    limits: Limits = field(default_factory=Limits)

    def __call__(self, decoder: StepDecoder, memory: Float[Tensor, "batch poses width"]) -> Decoded:
        return _one_word_each(decoder, memory, self.limits, lambda log_probabilities: log_probabilities.argmax(-1))


@dataclass(frozen=True)
class Sampling:
    """Words drawn at random.

    Args:
        top_k: only among this many most probable words; 0 for all.
        top_p: only among the most probable words that together have this probability (nucleus sampling, Holtzman et
            al., 2020); 1 for all.
        temperature: above 1 flatter, below 1 sharper.
        seed: the same seed gives the same texts.
    """

    top_k: int = 0
    top_p: float = 1.0
    temperature: float = 1.0
    seed: int = 0
    limits: Limits = field(default_factory=Limits)

    def __call__(self, decoder: StepDecoder, memory: Float[Tensor, "batch poses width"]) -> Decoded:
        generator = torch.Generator(device=memory.device).manual_seed(self.seed)

        def draw(log_probabilities: Tensor) -> Tensor:
            kept = self.kept(log_probabilities / self.temperature)
            return torch.multinomial(kept.softmax(-1), 1, generator=generator)[:, 0]

        return _one_word_each(decoder, memory, self.limits, draw)

    def kept(self, logits: Float[Tensor, "batch words"]) -> Float[Tensor, "batch words"]:
        """The logits with minus infinity for the words that are not drawn from."""
        if self.top_k:
            least = logits.topk(min(self.top_k, logits.shape[-1]), dim=-1).values[:, -1:]
            logits = logits.masked_fill(logits < least, -torch.inf)
        if self.top_p < 1:
            ordered, order = logits.sort(dim=-1, descending=True)
            share = ordered.softmax(-1)
            beyond = share.cumsum(-1) - share >= self.top_p  # of what stands before: the first word always stays
            logits = logits.masked_fill(torch.zeros_like(beyond).scatter(-1, order, beyond), -torch.inf)
        return logits


@dataclass(frozen=True)
class Beam:
    """The best of several texts that are followed side by side.

    Args:
        width: number of texts followed for each pose; 1 is greedy.
        length_power: finished texts compete by summed log-probability / length ** length_power.
    """

    width: int = 4
    length_power: float = 1.0
    limits: Limits = field(default_factory=Limits)

    def __call__(self, decoder: StepDecoder, memory: Float[Tensor, "batch poses width"]) -> Decoded:
        return _beams(decoder, memory, self)


@torch.no_grad()
def _one_word_each(decoder: StepDecoder, memory: Tensor, limits: Limits, choose: Any) -> Decoded:
    """One text for each row; `choose` picks the next word of each from log-probabilities."""
    ids, batch = decoder.config, len(memory)
    cache = decoder.begin(memory, longest=limits.longest)
    tokens = torch.full((batch, limits.longest), ids.pad, dtype=torch.long, device=memory.device)
    tokens[:, 0] = ids.start
    lengths = torch.ones(batch, dtype=torch.long, device=memory.device)
    totals = memory.new_zeros(batch)
    finished = torch.zeros(batch, dtype=torch.bool, device=memory.device)
    for step in range(1, limits.longest):
        log_probabilities = _allowed(decoder.advance(cache, tokens[:, step - 1]), step, ids.end, limits)
        word = choose(log_probabilities)
        gained = log_probabilities.gather(1, word[:, None])[:, 0]
        totals = totals + gained.masked_fill(finished, 0)
        tokens[:, step] = word.masked_fill(finished, ids.pad)
        lengths += ~finished
        finished |= word == ids.end
        if bool(finished.all()):
            break
    return Decoded(tokens[:, : int(lengths.max())], lengths, totals / lengths)


def _allowed(logits: Tensor, length: int, end: int, limits: Limits) -> Float[Tensor, "batch words"]:
    """Log-probabilities, minus infinity for what may not be said now; the others are not raised for it."""
    log_probabilities = logits.log_softmax(-1)
    never = list(limits.never) + ([end] if length < limits.shortest else [])
    if never:
        log_probabilities[:, never] = -torch.inf
    return log_probabilities


@torch.no_grad()
def _beams(decoder: StepDecoder, memory: Tensor, beam: Beam) -> Decoded:
    ids, width, limits = decoder.config, beam.width, beam.limits
    batch, device = len(memory), memory.device
    cache = decoder.begin(memory.repeat_interleave(width, dim=0), longest=limits.longest)
    tokens = torch.full((batch * width, limits.longest), ids.pad, dtype=torch.long, device=device)
    tokens[:, 0] = ids.start
    lengths = torch.ones(batch * width, dtype=torch.long, device=device)
    finished = torch.zeros(batch * width, dtype=torch.bool, device=device)
    totals = memory.new_full((batch, width), -torch.inf)
    totals[:, 0] = 0  # all beams of a row are the same at first: only one of them counts
    first_row = torch.arange(batch, device=device)[:, None] * width
    for step in range(1, limits.longest):
        gained = _allowed(decoder.advance(cache, tokens[:, step - 1]), step, ids.end, limits)
        gained = _only_pad(gained, finished, ids.pad)
        candidates = (totals[..., None] + gained.unflatten(0, (batch, width))).flatten(1)
        totals, best = candidates.topk(width, dim=1)
        rows = (first_row + best // gained.shape[1]).flatten()
        word = (best % gained.shape[1]).flatten()
        cache, tokens, lengths, finished = cache.select(rows), tokens[rows], lengths[rows], finished[rows]
        tokens[:, step] = word
        lengths = lengths + ~finished
        finished = finished | (word == ids.end)
        if bool(finished.all()):
            break
    by_length = totals / lengths.view(batch, width) ** beam.length_power
    winner = (first_row[:, 0] + by_length.argmax(1)).flatten()
    lengths = lengths[winner]
    scores = totals.flatten()[winner] / lengths
    return Decoded(tokens[winner][:, : int(lengths.max())], lengths, scores)


def _only_pad(gained: Tensor, finished: Bool[Tensor, "rows"], pad: int) -> Tensor:
    """A finished text goes on with a pad at no cost and with nothing else."""
    ending = torch.full_like(gained, -torch.inf)
    ending[:, pad] = 0
    return torch.where(finished[:, None], ending, gained)
