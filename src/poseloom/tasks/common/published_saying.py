"""What the two published text generators share: losses, and the protocol of their texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Normal

from poseloom.base.ranges import DEEPEST, WIDEST, within
from poseloom.metrics.bleu import corpus_bleu
from poseloom.metrics.elbo import gaussian_kl
from poseloom.metrics.meteor import meteor_es
from poseloom.metrics.precision import POOL_SIZE, REPETITIONS
from poseloom.metrics.rouge import rouge_l
from poseloom.metrics.samples import BEST, SAMPLES
from poseloom.nn.losses import caption_loss, mismatched_caption_loss
from poseloom.nn.text.decoder import DecoderMode, TextDecoderConfig
from poseloom.nn.text.decoding import Greedy, Limits
from poseloom.nn.text.vocabulary import Vocabulary
from poseloom.tasks.common.published_data import PairBatch, PoseBatch
from poseloom.tasks.common.published_learner import SayingLearner, mean_of
from poseloom.tasks.common.ranking import RankProtocol
from poseloom.tasks.common.reconstruction import GatheredSampleErrors
from poseloom.tasks.common.surfaces import Wearer
from poseloom.training import Monitor


@dataclass(frozen=True)
class DecoderSizes:
    """Sizes of the text decoder.

    Args:
        mode: how it is shown the pose: crossattention (released) or prompt.
        width: how many numbers a word's vector has.
        layers: number of layers of the transformer.
        heads: number of heads of its attention.
        feed_forward: width inside its layers.
    """

    mode: Literal["crossattention", "prompt"] = "crossattention"
    width: int = within(512, 1, WIDEST)
    layers: int = within(4, 1, DEEPEST)
    heads: int = within(8, 1, 999)
    feed_forward: int = within(1024, 1, WIDEST)

    def config(self, words: Vocabulary) -> TextDecoderConfig:
        """As the model takes it."""
        return TextDecoderConfig(len(words), self.width, self.layers, self.heads, self.feed_forward)

    @property
    def kind(self) -> DecoderMode:
        return DecoderMode(self.mode)


@dataclass(frozen=True)
class SayingProtocol:
    """Texts as published: words against references, retrieval, and the way back to poses.

    Args:
        longest: ids of a text, start included.
        pool: candidates of R-precision, the own one among them.
        repetitions: pools for each text.
        samples: poses that are drawn of each text for the way back, of which the best counts.
        best: number of best samples whose mean is given besides.
        body: model file of SMPL-H that wears the poses; the free body, whose figures are its own, where it is empty.
    """

    longest: int = within(200, 1, 100_000)
    pool: int = within(POOL_SIZE, 2, 1_000_000)
    repetitions: int = within(REPETITIONS, 1, 1000)
    samples: int = within(SAMPLES, 1, 10_000)
    best: int = within(BEST, 1, 10_000)
    body: str = ""

    @property
    def ranks(self) -> RankProtocol:
        return RankProtocol(self.pool, self.repetitions)


@dataclass(frozen=True, eq=False)
class Spoken:
    """Texts that a model said.

    Args:
        texts: one for each item.
        scores: mean log-probability of their tokens.
    """

    texts: list[str]
    scores: Float[Tensor, " items"]


class PublishedSayingLearner(SayingLearner):
    """A text generator with teacher forcing; monitored by its loss."""

    monitor = Monitor("total", "min")

    def seen(self, batch: Any) -> tuple[Tensor, ...]:
        """What the model says of a batch: its pose, or its two poses."""
        raise NotImplementedError

    def losses(self, batch: Any) -> dict[str, Tensor]:
        return {"total": caption_loss(self._logits(batch), batch.texts.tokens)}

    def validated(self, batches: Iterator[Any]) -> dict[str, float]:
        figures = []
        for batch in batches:
            logits, tokens = self._logits(batch), batch.texts.tokens
            losses = {"total": caption_loss(logits, tokens), "mismatched": mismatched_caption_loss(logits, tokens)}
            figures.append((len(tokens), losses))
        return mean_of(figures)

    def spoken(self, batches: list[PoseBatch] | list[PairBatch]) -> Spoken:
        """Greedy texts of held-out items."""
        strategy = Greedy(Limits(longest=self.recipe.protocol.longest))
        decoded = [self.model.say(*self.seen(batch), strategy) for batch in batches]
        texts = [text for one in decoded for text in self.said(one.tokens)]
        return Spoken(texts, torch.cat([one.scores.cpu() for one in decoded]))

    def _logits(self, batch: Any) -> Tensor:
        return self.model(*self.seen(batch), batch.texts.tokens, batch.texts.lengths)


def text_figures(spoken: Spoken, batches: list[PoseBatch] | list[PairBatch]) -> dict[str, float]:
    """Words against all references: BLEU-4, ROUGE-L (median of bootstrap means), METEOR without synonyms; 0 to 100."""
    references = [texts for batch in batches for texts in batch.references]
    seed = int(torch.randint(1 << 31, ()))
    return {
        "bleu": corpus_bleu(spoken.texts, references),
        "rouge_l": rouge_l(spoken.texts, references, seed).median,
        "meteor_es": meteor_es(spoken.texts, references),
        "likelihood": float(spoken.scores.mean()),
    }


def way_back(
    real: Float[Tensor, "items joints 3"],
    made: Float[Tensor, "items samples joints 3"],
    protocol: SayingProtocol,
) -> dict[str, float]:
    """Errors of poses that a generator drew of the texts, millimetres and degrees; ``mpjpe_top1`` is MPJE_30."""
    errors = GatheredSampleErrors(Wearer(protocol.body), protocol.best)
    for poses, samples in zip(real.split(32), made.split(32), strict=True):
        errors.add(poses, samples)
    return errors.figures()


def heard_divergence(posterior: Normal, original: Normal, said: Normal) -> dict[str, float]:
    """What a generator hears of said texts: ``kld_a`` from people's, ``kld_b`` how much farther from the poses.

    Args:
        posterior: what the poses themselves say of the latents.
        original: distributions of people's texts.
        said: distributions of the model's texts.
    """

    def kl(first: Normal, second: Normal) -> Tensor:
        return gaussian_kl(first.mean, first.stddev, second.mean, second.stddev)

    return {
        "kld_a": float(kl(original, said).mean()),
        "kld_b": float((kl(posterior, said) - kl(posterior, original)).mean()),
    }


def words_of(batches: Sequence[PoseBatch | PairBatch]) -> list[str]:
    """People's texts of held-out items."""
    return [text for batch in batches for text in batch.words]
