"""What captioning and instruction share: a few tokens of a pose or of a pair, and a decoder that says them in words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from poseloom.base.ranges import DEEPEST, WIDEST, within
from poseloom.nn.text.decoder import CrossAttentionDecoder, TextDecoderConfig
from poseloom.nn.text.decoding import Decoded, Limits, Strategy
from poseloom.nn.text.reading import no_vocabulary
from poseloom.nn.text.words import PAD, UNKNOWN, WordList
from poseloom.pose.types import Pose
from poseloom.tasks.common.frames import to_published_rotations
from poseloom.tasks.common.wording import Wording

if TYPE_CHECKING:
    from poseloom.nn.text.vocabulary import Vocabulary

LIMITS = Limits(shortest=4, longest=200, never=(PAD, UNKNOWN))
"""The unknown word is never said."""
_PUBLISHED_AT_ONCE = 64
"""Poses or pairs; a published model says them together."""


@dataclass(frozen=True)
class SpeakerConfig:
    """Sizes of the decoder.

    Args:
        width: how many numbers a word's vector has.
        layers: number of layers of attention.
        heads: number of heads of attention.
        tokens: vectors that tell the decoder of the pose or the pair as a whole.
        side_tokens: vectors that tell it what is measured of the left side, of the right one, and of no side, each.
        dropout: share of units that rest in training.
    """

    width: int = within(192, 1, WIDEST)
    layers: int = within(2, 1, DEEPEST)
    heads: int = within(4, 1, 999)
    tokens: int = within(4, 1, 999)
    side_tokens: int = within(2, 1, 999)
    dropout: float = within(0.0, 0, 1)

    def decoder(self, words: int) -> TextDecoderConfig:
        """The decoder's own configuration."""
        sizes = {"width": self.width, "layers": self.layers, "heads": self.heads, "feed_forward": 2 * self.width}
        return TextDecoderConfig(words=words, dropout=self.dropout, **sizes)


Seen = Float[Tensor, "rows joints 3"] | Float[Tensor, "rows facts"]
"""What an encoder takes: rotations of one or two poses, then their measured facts."""


class SideTokens(nn.Module):
    """Measured facts -> vectors of the left side, of the right side, and of neither.

    Both sides go through the same network and are told apart by a vector of their own: what is learned of the left arm
    is known of the right one.

    Args:
        sided, common: facts of each side, and of neither.
        config: sizes.
    """

    def __init__(self, sided: int, common: int, config: SpeakerConfig):
        super().__init__()
        self.parts, self.width = (sided, sided, common), config.width
        size = config.side_tokens * config.width
        self.sided, self.common = (
            nn.Sequential(nn.Linear(facts, size), nn.GELU(), nn.Linear(size, size)) for facts in (sided, common)
        )
        self.sides = nn.Parameter(torch.randn(2, size) * config.width**-0.5)

    def forward(self, facts: Float[Tensor, "batch facts"]) -> Float[Tensor, "batch tokens width"]:
        left, right, common = facts.split(self.parts, dim=-1)
        vectors = [self.sided(left) + self.sides[0], self.sided(right) + self.sides[1], self.common(common)]
        return torch.cat(vectors, dim=-1).unflatten(-1, (-1, self.width))


class Speaker(nn.Module):
    """An encoder of poses, and words that follow from it.

    Args:
        encoder: rotations of poses -> (batch, tokens * width).
        sides: measured facts -> more tokens.
        words: size of the vocabulary, special words included.
        config: sizes.
    """

    def __init__(self, encoder: nn.Module, sides: SideTokens, words: int, config: SpeakerConfig):
        super().__init__()
        self.config = config
        self.encoder, self.sides = encoder, sides
        self.decoder = CrossAttentionDecoder(config.decoder(words), saved_positions=False)

    def memory(self, *seen: Seen) -> Float[Tensor, "batch tokens width"]:
        """What the decoder sees of the poses."""
        *rotations, facts = seen
        whole = self.encoder(*rotations).unflatten(-1, (self.config.tokens, self.config.width))
        return torch.cat([whole, self.sides(facts)], dim=1)

    def forward(self, words: Int[Tensor, "batch length"], *seen: Seen) -> Float[Tensor, "batch length words"]:
        """Logits of the next word at every place."""
        return self.logits(words, self.memory(*seen))

    def logits(
        self, words: Int[Tensor, "batch length"], memory: Float[Tensor, "batch tokens width"]
    ) -> Float[Tensor, "batch length words"]:
        """Logits of the next word at every place, from what the decoder sees."""
        return self.decoder(words, (words != PAD).sum(1), memory)

    @torch.no_grad()
    def say(self, strategy: Strategy, *seen: Seen) -> Decoded:
        """Word ids of a text for each row."""
        return strategy(self.decoder, self.memory(*seen))


def texts_of(model: Speaker, words: WordList, strategy: Strategy, *seen: Seen, at_once: int = 128) -> list[str]:
    """Texts for any number of poses or pairs."""
    parts = zip(*(one.split(at_once) for one in seen), strict=True)
    return [words.decode(row) for part in parts for row in model.say(strategy, *part).tokens.tolist()]


def published_texts(model: Any, words: Vocabulary | None, path: Path, wording: Wording, *poses: Pose) -> list[str]:
    """Texts of a published model; without drawn words or beams it decodes as published, token by token.

    Args:
        model: in evaluation mode; its ``say`` takes one or two poses.
        words: its vocabulary; None where it was imported without it.
        path: where its weights lie.
        wording: how words are chosen.
        poses: what is said, or the first and second poses of pairs; without heading, one leading axis.

    Raises:
        PoseloomError: the model was imported without its vocabulary.
    """
    from poseloom.nn.text.tokenizers import WordTokenizer

    if words is None:
        raise no_vocabulary(path)
    tokenizer, strategy = WordTokenizer(words), wording.strategy(Limits())
    seen = (to_published_rotations(one, model.config.joints).split(_PUBLISHED_AT_ONCE) for one in poses)
    return [tokenizer.decode(row) for part in zip(*seen, strict=True) for row in model.say(*part, strategy).tokens]
