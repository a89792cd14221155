"""The published protocol of text-to-pose models, and such models as judges of descriptions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Normal

from poseloom.nn.layers.gaussian import gaussian
from poseloom.tasks.common.published_data import BATCH, PoseBatch
from poseloom.tasks.common.published_models import open_published
from poseloom.tasks.common.published_text import encode_texts
from poseloom.tasks.common.reconstruction import SampleProtocol, vae_figures
from poseloom.tasks.common.surfaces import Wearer
from poseloom.tasks.generation.published import CondTextPoser, CondTextPoserConfig
from poseloom.tasks.retrieval.published_evaluate import PoseJudge


@dataclass(frozen=True)
class GenerationJudges:
    """Retrieval models that judge drawn poses. What is not named is not measured.

    Args:
        retrieval: trained on real poses: FID, and recall of drawn poses (R/G).
        retrieval_of_generated: trained on poses that this model drew (data.generator of its recipe): recall of real
            poses (G/R).
    """

    retrieval: str = ""
    retrieval_of_generated: str = ""


def held_out_figures(
    model: CondTextPoser, wearer: Wearer, batches: list[PoseBatch], protocol: SampleProtocol, judges: GenerationJudges
) -> dict[str, float]:
    """ELBO, errors of the samples, and what the judges say.

    Args:
        model: in evaluation mode.
        wearer: the body.
        batches: held-out poses with texts.
        protocol: how many samples.
        judges: for FID and recall.

    Returns:
        ``elbo_jts``, ``elbo_vert``, ``elbo_rot``; ``mpjpe``, ``mpvpe`` (mm), ``geodesic`` (degrees), each also
        ``_top1`` and ``_best6``; ``fid`` and ``..._rg``, ``..._gr`` where there are judges.
    """
    items = ((batch.poses, model.encode_poses(batch.poses), encode_texts(model, batch.texts)) for batch in batches)
    found = vae_figures(model, wearer, items, protocol)
    return {**found.figures, **_judged(batches, found.drawn, judges)}


def _judged(
    batches: list[PoseBatch], made: Float[Tensor, "poses joints 3"], judges: GenerationJudges
) -> dict[str, float]:
    words = [text for batch in batches for text in batch.words]
    real = torch.cat([batch.poses.cpu() for batch in batches])
    figures: dict[str, float] = {}
    if judges.retrieval:
        judge = PoseJudge(judges.retrieval)
        figures |= {"fid": judge.frechet(real, made), **judge.recall(words, made, "rg")}
    if judges.retrieval_of_generated:
        figures |= PoseJudge(judges.retrieval_of_generated).recall(words, real, "gr")
    return figures


class TextSampler:
    """A text-to-pose model of the published architecture that others use: to judge descriptions, or to make poses.

    Args:
        path: a trained or imported model.

    Raises:
        FileError: it is of another task or architecture, or damaged.
    """

    def __init__(self, path: str | Path):
        opened = open_published(path, "generation", CondTextPoserConfig, CondTextPoser)
        assert opened.reader is not None  # every CondTextPoser reads
        self.model, self._read = opened.module, opened.reader

    def __call__(self, words: Sequence[str], count: int, seed: int) -> Float[Tensor, "texts samples joints 3"]:
        """Poses for each text as published models see them: Z up, without heading."""
        noise = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            return torch.cat([samples_of(self.model, conditional, count, noise) for conditional in self._parts(words)])

    def distribution(self, words: Sequence[str]) -> Normal:
        """The Gaussians of texts over the model's latents."""
        with torch.no_grad():
            parts = list(self._parts(words))
        return gaussian(torch.cat([one.mean for one in parts]), torch.cat([one.stddev for one in parts]))

    def _parts(self, words: Sequence[str]) -> Iterator[Normal]:
        for first in range(0, len(words), BATCH):
            reading = self._read(words[first : first + BATCH])
            yield self.model.encode_texts(reading.ids, reading.lengths)


def samples_of(
    model: Any, conditional: Normal, count: int, noise: torch.Generator
) -> Float[Tensor, "batch samples joints 3"]:
    """Poses of a published model, drawn from Gaussians over its latents."""
    shape = (len(conditional.mean), count, conditional.mean.shape[-1])
    latents = conditional.mean[:, None] + conditional.stddev[:, None] * torch.randn(shape, generator=noise)
    return model.decode(latents).axis_angle
