"""How PoseVAE is trained as published: PoseEmbroider (arXiv 2409.06535), an auto-encoder of poses without words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import FileError, PoseloomError
from poseloom.data.splits import TRAIN, VAL
from poseloom.data.table import Table
from poseloom.data.views import Sample, TableDataset
from poseloom.nn.layers.gaussian import divergence
from poseloom.nn.losses import free_bits, per_coefficient_bound
from poseloom.pose.types import Pose
from poseloom.tasks.common.configs import config_to_plain
from poseloom.tasks.common.frames import to_published_rotations
from poseloom.tasks.common.published_data import BATCH
from poseloom.tasks.common.published_learner import mean_of
from poseloom.tasks.common.published_models import CONFIG, KIND, SOURCE
from poseloom.tasks.common.published_recipe import PublishedRecipe
from poseloom.tasks.common.reconstruction import SampleProtocol, reconstruction_terms, training_bounds, vae_figures
from poseloom.tasks.common.stage_data import check_effect, stage_data
from poseloom.tasks.common.surfaces import Wearer
from poseloom.tasks.editing.published_objective import EditingLoss
from poseloom.tasks.generation.published import PoseVae, PoseVaeConfig
from poseloom.tasks.retrieval.published_evaluate import PoseJudge
from poseloom.training import Batches, DatasetBatches, Learner, Monitor, Share, Task


@dataclass(frozen=True)
class PoseTableData:
    """A table of poses, and the body that wears them.

    Args:
        table: folder of the table, with splits train, val and test; its texts are not read.
        body: model file of SMPL-X or SMPL-H; the free body, whose figures are its own, where it is empty.
    """

    stage_keys: ClassVar[tuple[str, ...]] = ("table",)

    table: str = ""
    body: str = ""


@dataclass(frozen=True)
class PoseVaeJudges:
    """Models that judge drawn poses.

    Args:
        retrieval: text-pose retrieval model in whose space FID is measured; none where it is empty.
    """

    retrieval: str = ""


@dataclass(frozen=True)
class PoseVaeRecipe(PublishedRecipe):
    """How PoseVAE is trained and measured.

    Args:
        algorithm: tells these recipes from those of models that read texts.
        model: its sizes.
        data: the table.
        loss: weights; the divergence is that from N(0, 1), so that pose_prior only adds to it.
        protocol: how many samples are drawn.
        judges: a retrieval model.
    """

    algorithm: str = "posevae"
    model: PoseVaeConfig = field(default_factory=PoseVaeConfig)
    data: PoseTableData = field(default_factory=PoseTableData)
    loss: EditingLoss = field(default_factory=EditingLoss)
    protocol: SampleProtocol = field(default_factory=SampleProtocol)
    judges: PoseVaeJudges = field(default_factory=PoseVaeJudges)


@dataclass(frozen=True)
class Poses:
    """A batch.

    Args:
        poses: axis-angle, radians, as published models see them: Z up, without heading.
    """

    poses: Float[Tensor, "batch joints 3"]


class PoseVaeLearner(Learner):
    """PoseVAE on the poses of a table."""

    monitor = Monitor("total", "min")
    recipe: PoseVaeRecipe
    model: PoseVae

    def __init__(self, recipe: PoseVaeRecipe):
        super().__init__(recipe)
        check_effect(recipe)
        self.model = PoseVae(recipe.model)
        self.wearer = Wearer(recipe.data.body)

    def batches(self, share: Share) -> Batches:
        view = self._view(stage_data(self.recipe, share.stage), TRAIN)
        return DatasetBatches(view, share, self._batch)

    def losses(self, batch: Any) -> dict[str, Tensor]:
        return self._measured(batch.poses, self.recipe.loss.floor)

    def validate(self) -> dict[str, float]:
        data = stage_data(self.recipe, self.recipe.stages[self.position.stage])
        return mean_of([(len(poses), self._measured(poses, 0.0)) for poses in self._held_out(data, VAL)])

    def evaluate(self, split: str) -> dict[str, float]:
        """ELBO, errors of samples of N(0, 1) against each pose, and FID by the judge."""
        batches = list(self._held_out(stage_data(self.recipe, self.recipe.stages[-1]), split))
        items = ((poses, self.model.encode_poses(poses), self.model.prior(len(poses))) for poses in batches)
        found = vae_figures(self.model, self.wearer, items, self.recipe.protocol)
        if not self.recipe.judges.retrieval:
            return found.figures
        judge = PoseJudge(self.recipe.judges.retrieval)
        return {**found.figures, "fid": judge.frechet(torch.cat([poses.cpu() for poses in batches]), found.drawn)}

    def extras(self) -> dict[str, Any]:
        source = {"recipe": f"{self.recipe.task}/{self.recipe.name}"}
        return {KIND: "PoseVAE", CONFIG: config_to_plain(self.model.config), SOURCE: source}

    def _measured(self, poses: Float[Tensor, "batch joints 3"], floor: float) -> dict[str, Tensor]:
        posterior = self.model.encode_poses(poses)
        decoded = self.model.decode(posterior.rsample())
        terms, apart = reconstruction_terms(self.model, self.wearer, poses, decoded), divergence(posterior)
        weights = self.recipe.loss
        total = per_coefficient_bound(terms, free_bits(apart, floor), weights.reconstruction)
        total = total + weights.pose_prior * apart.mean()
        return {"total": total, "kl_prior": apart.mean(), **training_bounds(terms, apart)}

    def _view(self, data: PoseTableData, split: str) -> TableDataset:
        if not data.table:
            remedy = "name a table with --data.table; 'poseloom data prepare SOURCE' makes one"
            raise PoseloomError(f"recipe: data.table is empty; {remedy}")
        table = Table.open(data.table)
        rows = table.rows_of(split)
        if not len(rows):
            raise FileError(
                data.table, f"has no rows in split {split!r}", remedy="name a table with train, val and test"
            )
        return TableDataset(table, rows)

    def _held_out(self, data: PoseTableData, split: str) -> Iterator[Float[Tensor, "batch joints 3"]]:
        view = self._view(data, split)
        for first in range(0, len(view), BATCH):
            places = range(first, min(first + BATCH, len(view)))
            yield self._batch(view.__getitems__(places)).poses.to(self.device)

    def _batch(self, samples: Sequence[Sample]) -> Poses:
        poses = Pose(torch.stack([one.rotations for one in samples])).without_heading()
        return Poses(to_published_rotations(poses, self.recipe.model.joints))


TASK = Task("generation", "poses without words, as published", PoseVaeRecipe, PoseVaeLearner)
