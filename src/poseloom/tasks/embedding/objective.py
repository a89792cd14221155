"""How one space is trained: frozen features of pictures, poses and texts, brought together by contrast."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.base.ranges import WIDEST, within
from poseloom.data.splits import TRAIN, VAL
from poseloom.tasks.common.configs import config_to_plain
from poseloom.tasks.common.published_models import CONFIG, KIND, SOURCE, VOCABULARY
from poseloom.tasks.common.stage_data import check_effect, stage_data
from poseloom.tasks.embedding.encoders.choice import Encoders
from poseloom.tasks.embedding.encoders.frozen import FrozenEncoder
from poseloom.tasks.embedding.evaluate import PUBLISHED, retrieval_figures
from poseloom.tasks.embedding.features import in_parts
from poseloom.tasks.embedding.losses import contrastive_terms, mean_of_terms
from poseloom.tasks.embedding.modalities import IMAGE
from poseloom.tasks.embedding.moving import MovingBatches, MovingRows, RawBatch, moved_features
from poseloom.tasks.embedding.networks.aligner import build_space
from poseloom.tasks.embedding.networks.config import EmbeddingConfig
from poseloom.tasks.embedding.networks.front import Projected, SharedSpace
from poseloom.tasks.embedding.networks.projections import EncoderProjection, ExternalProjection
from poseloom.tasks.embedding.predict import DIGESTS, ENCODERS, SEEN
from poseloom.tasks.embedding.rows import EmbeddingData, FeatureBatch, PeopleRows, RowFeatures, as_it_is
from poseloom.training import Batches, DatasetBatches, Learner, Monitor, Recipe, Share, Task, gather_features
from poseloom.training.feed import on_device

AT_ONCE = 256
"""Rows at a time in evaluation."""
_MEASURED = 4096
"""Rows whose pictures' features are measured for their mean and deviation."""


@dataclass(frozen=True)
class EmbeddingModel:
    """Which model.

    Args:
        kind: embroider (PoseEmbroider), or aligner (the paper's baseline).
        latent: size of the space.
        unit: bring every vector to length 1.
        encoder_projection: from frozen features into the space.
        external_projection: after it; the Aligner's is mediummlpxs.
        core: of embroider: transformer (released), mlp, or slots: a layer for each modality before they are added.
        heads: of embroider: project the token back into each modality.
        standardised_images: bring features of pictures to mean 0 and deviation 1, as training has them.
        lead: of embroider: how much the answer of the modality that finds the target best alone (pose for pictures and
            texts, text for poses) counts beside that of several together, whose fusion trusts each alike.
    """

    kind: Literal["embroider", "aligner"] = "embroider"
    latent: int = within(512, 8, WIDEST)
    unit: bool = True
    encoder_projection: EncoderProjection = "layerplus"
    external_projection: ExternalProjection = "none"
    core: Literal["transformer", "mlp", "slots"] = "transformer"
    heads: bool = True
    standardised_images: bool = False
    lead: float = within(0.0, 0.0, 100.0)


@dataclass(frozen=True)
class Quirks:
    """What the released training does besides what the paper says.

    Args:
        encodings_in_targets: compare with vectors to which the modality encodings are added, in training alone.
        moving_encoders: leave frozen encoders in training mode: dropout and stochastic depth are active, and the
            statistics of the pose encoder's normalisation move. Features are then made anew in each step.
    """

    encodings_in_targets: bool = False
    moving_encoders: bool = False


@dataclass(frozen=True)
class EmbeddingRecipe(Recipe):
    """How one space is trained and measured.

    Args:
        model: which model.
        encoders: the frozen encoders.
        data: people in pictures, with poses and texts.
        partials: sets that are asked with: single, dual, triplet.
        quirks: what the released training does besides.
    """

    model: EmbeddingModel = field(default_factory=EmbeddingModel)
    encoders: Encoders = field(default_factory=Encoders)
    data: EmbeddingData = field(default_factory=EmbeddingData)
    partials: list[str] = field(default_factory=lambda: ["single", "dual"])
    quirks: Quirks = field(default_factory=Quirks)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in self.partials:
            if name not in ("single", "dual", "triplet"):
                raise PoseloomError(f"recipe: partials: {name!r} is unknown, expected some of single, dual, triplet")
        if not self.partials:
            raise PoseloomError("recipe: partials is empty; name some of single, dual, triplet")
        if self.model.kind == "aligner" and self.quirks.encodings_in_targets:
            raise PoseloomError("recipe: quirks.encodings_in_targets has no effect with the aligner; remove it")
        if self.model.kind == "aligner" and self.model.lead:
            raise PoseloomError("recipe: model.lead has no effect with the aligner; remove it")
        if self.model.kind == "aligner" and not self.model.heads:
            raise PoseloomError("recipe: model.heads has no effect with the aligner; remove it")
        if self.model.standardised_images and self.quirks.moving_encoders:
            raise PoseloomError(
                "recipe: model.standardised_images needs kept features; set quirks.moving_encoders false"
            )
        if self.model.latent % 8:
            raise PoseloomError(f"recipe: model.latent: expected a multiple of 8, got {self.model.latent}")


class EmbeddingLearner(Learner):
    """PoseEmbroider or Aligner on frozen features; monitored by mRecall over all types of questions."""

    monitor = Monitor("mrecall", "max")
    recipe: EmbeddingRecipe
    model: SharedSpace

    def __init__(self, recipe: EmbeddingRecipe):
        super().__init__(recipe)
        check_effect(recipe)
        self.seen = recipe.data.subset
        self._encoders: dict[str, FrozenEncoder] = {one: recipe.encoders.open(one) for one in self.seen}
        self.model = build_space(self._config())
        self._held: dict[tuple[str, str], RowFeatures] = {}

    def _config(self) -> EmbeddingConfig:
        sizes, widths = self.recipe.model, {one: encoder.width for one, encoder in self._encoders.items()}
        return EmbeddingConfig(
            sizes.kind,
            sizes.latent,
            widths.get("image", 1),
            widths.get("pose", 1),
            widths.get("text", 1),
            sizes.unit,
            sizes.encoder_projection,
            sizes.external_projection,
            sizes.core,
            sizes.heads,
            sizes.standardised_images,
            sizes.lead,
        )

    def batches(self, share: Share) -> Batches:
        data = stage_data(self.recipe, share.stage)
        rows = PeopleRows(data, TRAIN)
        if self.recipe.quirks.moving_encoders:
            return MovingBatches(MovingRows(rows, self._encoders, share.seed), share)
        kept = RowFeatures(rows, self._encoders, data.features or None, share.seed)
        if self.recipe.model.standardised_images:
            front = self.model.get_submodule(f"{IMAGE}_encoder")
            assert isinstance(front, Projected)
            front.standardise(kept.batch(range(min(len(kept), _MEASURED)), 0).features[IMAGE])
        return DatasetBatches(kept, share, as_it_is)

    def losses(self, batch: FeatureBatch | RawBatch) -> dict[str, Tensor]:
        features = moved_features(self._encoders, batch) if isinstance(batch, RawBatch) else batch.features
        terms = contrastive_terms(
            self.model,
            self.model.embed(features),
            self.recipe.partials,
            encodings_in_targets=self.recipe.quirks.encodings_in_targets,
            gather=gather_features,
        )
        return {"total": mean_of_terms(terms), "temperature": self.model.temperature.detach().mean(), **terms}

    def validate(self) -> dict[str, float]:
        data = stage_data(self.recipe, self.recipe.stages[self.position.stage])
        return retrieval_figures(self.model, self._features(VAL, data, -1), self.seen)

    def evaluate(self, split: str) -> dict[str, float]:
        """Any-to-any retrieval over a split, with the first text of each row."""
        data = stage_data(self.recipe, self.recipe.stages[-1])
        return retrieval_figures(self.model, self._features(split, data, 0), self.seen)

    def published(self) -> Mapping[str, Mapping[str, float]]:
        return PUBLISHED

    def _features(self, split: str, data: EmbeddingData, which: int) -> Iterator[Mapping[str, Tensor]]:
        """Features of a split in the table's order, part by part."""
        if (split, data.table) not in self._held:
            rows = PeopleRows(data, split, data.held_out)
            self._held[split, data.table] = RowFeatures(rows, self._encoders, data.features or None)
        kept = self._held[split, data.table]
        for places in in_parts(len(kept), AT_ONCE):
            yield on_device(kept.batch(places, which), self.device).features

    def extras(self) -> dict[str, Any]:
        return {
            KIND: "PoseEmbroider" if self.recipe.model.kind == "embroider" else "Aligner",
            CONFIG: config_to_plain(self.model.config),
            VOCABULARY: None,
            SOURCE: {"recipe": f"{self.recipe.task}/{self.recipe.name}"},
            ENCODERS: config_to_plain(self.recipe.encoders),
            SEEN: list(self.seen),
            DIGESTS: {one: encoder.digest_key() for one, encoder in self._encoders.items()},
        }


TASK = Task("embedding", "pictures, poses and texts in one space", EmbeddingRecipe, EmbeddingLearner)
"""The learner of all recipes of spaces, released and poseloom's own."""
