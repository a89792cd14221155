"""The published protocol of pose editing, its special settings, and editing models as judges of instructions."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.distributions import Normal

from poseloom.nn.layers.gaussian import gaussian
from poseloom.tasks.common.published_data import BATCH, PairBatch
from poseloom.tasks.common.published_models import open_published
from poseloom.tasks.common.published_text import TextMaker, encode_texts
from poseloom.tasks.common.reconstruction import SampleProtocol, VaeFigures, vae_figures
from poseloom.tasks.common.surfaces import Wearer
from poseloom.tasks.editing.published import PoseBGenerator, PoseBGeneratorConfig
from poseloom.tasks.generation.published_evaluate import samples_of
from poseloom.tasks.retrieval.published_evaluate import PoseJudge
from poseloom.training.feed import on_device

_STANDING = math.pi / 2
"""Turn about x of a person who stands, Z up: the root of "no pose"."""


@dataclass(frozen=True)
class EditingJudges:
    """Models that judge edited poses.

    Args:
        retrieval: text-pose retrieval model in whose space FID is measured; none where it is empty.
    """

    retrieval: str = ""


def pose_b_distribution(model: PoseBGenerator, batch: PairBatch) -> Normal:
    """The Gaussian of pose B that pose A and the instruction give."""
    vectors = model.fuse(model.embed_poses(batch.before), encode_texts(model, batch.texts))
    return model.pose_text_fusion_distribution_layer(vectors)


def no_pose(poses: Float[Tensor, "batch joints 3"]) -> Float[Tensor, "batch joints 3"]:
    """As many poses that tell nothing: the rest pose, standing."""
    empty = torch.zeros_like(poses)
    empty[:, 0, 0] = _STANDING
    return empty


def held_out_figures(
    model: PoseBGenerator,
    wearer: Wearer,
    batches: list[PairBatch],
    maker: TextMaker,
    protocol: SampleProtocol,
    judges: EditingJudges,
) -> dict[str, float]:
    """ELBO and errors of the samples, also with less than both inputs and on parts of the pairs, and FID.

    Args:
        model: in evaluation mode.
        wearer: the body.
        batches: held-out pairs with instructions.
        maker: turns empty instructions into numbers.
        protocol: how many samples.
        judges: for FID.

    Returns:
        ``elbo_jts``, ``elbo_vert``, ``elbo_rot``; ``mpjpe``, ``mpvpe`` (mm), ``geodesic`` (degrees), each also
        ``_top1`` and ``_best6``; ``fid`` with a judge. The same with ``pose_similarity_`` (pose A alone, by the
        posterior), ``pose_only_`` (empty instruction), ``text_only_`` (no pose A), and with ``in_sequence_`` and
        ``out_of_sequence_`` where there are such pairs.
    """

    def without_text(batch: PairBatch) -> Normal:
        texts = maker([""] * len(batch.before))
        return pose_b_distribution(model, replace(batch, texts=on_device(texts, batch.before.device)))

    def measured(pairs: list[PairBatch], predict: Callable[[PairBatch], Normal]) -> VaeFigures:
        items = ((one.after, model.posterior(model.embed_poses(one.after)), predict(one)) for one in pairs)
        return vae_figures(model, wearer, items, protocol)

    settings: dict[str, Callable[[PairBatch], Normal]] = {
        "": lambda batch: pose_b_distribution(model, batch),
        "pose_similarity_": lambda batch: model.posterior(model.embed_poses(batch.before)),
        "pose_only_": without_text,
        "text_only_": lambda batch: pose_b_distribution(model, replace(batch, before=no_pose(batch.before))),
    }
    figures: dict[str, float] = {}
    for prefix, predict in settings.items():
        found = measured(batches, predict)
        figures |= {f"{prefix}{name}": value for name, value in found.figures.items()}
        if not prefix and judges.retrieval:
            real = torch.cat([batch.after.cpu() for batch in batches])
            figures["fid"] = PoseJudge(judges.retrieval).frechet(real, found.drawn)
    for name, kept in (("in_sequence_", True), ("out_of_sequence_", False)):
        some = [part for batch in batches if (part := _rows(batch, batch.in_sequence == kept)) is not None]
        if some:
            found = measured(some, settings[""])
            figures |= {f"{name}{key}": value for key, value in found.figures.items()}
    return figures


def _rows(batch: PairBatch, kept: Bool[Tensor, " batch"]) -> PairBatch | None:
    """Some of the pairs of a batch; None where there are none."""
    if not bool(kept.any()):
        return None
    texts = batch.texts
    features = None if texts.features is None else texts.features[kept]
    lengths = texts.lengths[kept]
    longest = int(lengths.max())
    some = replace(
        texts,
        tokens=texts.tokens[kept][:, :longest],
        lengths=lengths,
        features=None if features is None else features[:, :longest],
    )
    return replace(
        batch, before=batch.before[kept], after=batch.after[kept], texts=some, in_sequence=batch.in_sequence[kept]
    )


class EditSampler:
    """An editing model of the published architecture that judges instructions by the poses that it makes of them.

    Args:
        path: a trained or imported model.

    Raises:
        FileError: it is of another task or architecture, or damaged.
    """

    def __init__(self, path: str | Path):
        opened = open_published(path, "editing", PoseBGeneratorConfig, PoseBGenerator)
        assert opened.reader is not None  # every PoseBGenerator reads
        self.model, self._read = opened.module, opened.reader

    def __call__(
        self, before: Float[Tensor, "pairs joints 3"], words: Sequence[str], count: int, seed: int
    ) -> Float[Tensor, "pairs samples joints 3"]:
        """Poses for each pose A and instruction, as published models see them: Z up."""
        noise = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            return torch.cat(
                [samples_of(self.model, conditional, count, noise) for conditional in self._parts(before, words)]
            )

    def distribution(self, before: Float[Tensor, "pairs joints 3"], words: Sequence[str]) -> Normal:
        """The Gaussians of pose A and instructions over the model's latents."""
        with torch.no_grad():
            parts = list(self._parts(before, words))
        return gaussian(torch.cat([one.mean for one in parts]), torch.cat([one.stddev for one in parts]))

    def _parts(self, before: Float[Tensor, "pairs joints 3"], words: Sequence[str]) -> Iterator[Normal]:
        for first in range(0, len(words), BATCH):
            part = slice(first, first + BATCH)
            reading = self._read(words[part])
            yield self.model.predict(before[part], reading.ids, reading.lengths)
