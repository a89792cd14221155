"""How HPSEstimator is trained: pose and shape from vectors of a frozen space (PoseEmbroider, arXiv 2409.06535)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.ranges import WIDEST, within
from poseloom.data.splits import TRAIN, VAL
from poseloom.metrics.procrustes import procrustes_align
from poseloom.metrics.rotation_error import geodesic_degrees
from poseloom.pose.joints import BODY_JOINTS
from poseloom.pose.rotations import nearest_rotmat, rotmat_to_rotvec, rotvec_to_rotmat
from poseloom.tasks.common.published_models import VOCABULARY
from poseloom.tasks.common.stage_data import stage_data
from poseloom.tasks.common.surfaces import Wearer
from poseloom.tasks.embedding.features import in_parts
from poseloom.tasks.embedding.head_learning import HeadLearner, HeadRecipe
from poseloom.tasks.embedding.head_predict import SHAPE_MODEL
from poseloom.tasks.embedding.modalities import IMAGE, TEXT, Subset, check_seen, subset_of
from poseloom.tasks.embedding.networks.estimator import EstimatorConfig, HpsEstimator, angle_loss, shape_loss
from poseloom.tasks.embedding.rows import EmbeddingData, PeopleRows, RowFeatures, as_it_is, table_of
from poseloom.training import Batches, DatasetBatches, Monitor, Share, Task
from poseloom.training.feed import on_device

_AT_ONCE, _MILLIMETRES = 256, 1000
_QUERIES: tuple[Subset, ...] = ((IMAGE,), (TEXT,), (IMAGE, TEXT))
"""What bodies are told from in the protocol; one space takes them all."""


@dataclass(frozen=True)
class EstimatorModel:
    """Of the network.

    Args:
        iterations: corrections of the pose.
        released_angles: cut the loss of angles off above 163.8 degrees, as released.
        limit: shape coefficients that are learned, at most; as many as the table has.
    """

    iterations: int = within(3, 1, 100)
    released_angles: bool = False
    limit: int = within(10, 0, WIDEST)


@dataclass(frozen=True)
class BodyRecipe(HeadRecipe):
    """How HPSEstimator is trained and measured.

    Args:
        algorithm: tells these recipes from those of spaces.
        model: of the network.
        body: model file of SMPL-H that wears the poses in the protocol; the free body where it is empty.
        mixtures: what is learned from besides `inputs`, each as image+text; all count alike in every batch.
    """

    algorithm: str = "bodies"
    model: EstimatorModel = field(default_factory=EstimatorModel)
    body: str = ""
    mixtures: list[str] = field(default_factory=list)

    @property
    def learned(self) -> list[Subset]:
        """Sets of modalities that are learned from, each once.

        Raises:
            PoseloomError: an unknown modality.
        """
        return list(dict.fromkeys([subset_of(self.inputs), *(subset_of(one.split("+")) for one in self.mixtures)]))


@dataclass(frozen=True, eq=False)
class BodyBatch:
    """Frozen features of people and their bodies.

    Args:
        features: by modality.
        rotations: without heading.
        betas: shape coefficients; none where the table has none.
    """

    features: dict[str, Tensor]
    rotations: Float[Tensor, "batch joints 3 3"]
    betas: Float[Tensor, "batch shapes"]


class BodyRows:
    """Rows with their bodies, by place; see `RowFeatures`."""

    def __init__(self, data: EmbeddingData, split: str, learner: BodyLearner, modalities: Subset, limit: int | None):
        rows = PeopleRows(data, split, limit)
        encoders = {one: learner.space.encoder(one) for one in modalities}
        self.kept = RowFeatures(rows, encoders, data.features or None, learner.recipe.seed)
        poses = rows.table.poses(self.kept.numbers)
        self.rotations = rotvec_to_rotmat(poses.without_heading().rotations[:, :BODY_JOINTS])
        shapes = learner.shapes
        self.betas = torch.zeros(len(poses), 0) if poses.shape is None or not shapes else poses.shape[:, :shapes]

    def __len__(self) -> int:
        return len(self.kept)

    def set_epoch(self, epoch: int) -> None:
        """Draw other texts."""
        self.kept.set_epoch(epoch)

    def __getitems__(self, places: Sequence[int]) -> BodyBatch:
        return self.batch(places, None)

    def batch(self, places: Sequence[int], which: int | None) -> BodyBatch:
        """Some rows; `which` chooses texts as in `RowFeatures.batch`."""
        chosen = np.asarray(places)
        return BodyBatch(dict(self.kept.batch(places, which).features), self.rotations[chosen], self.betas[chosen])


class BodyLearner(HeadLearner):
    """HPSEstimator on vectors of pictures; monitored by the aligned error of joints."""

    kind = "HPSEstimator"
    monitor = Monitor("image_pa_mpjpe", "min")
    recipe: BodyRecipe
    model: HpsEstimator

    def __init__(self, recipe: BodyRecipe):
        super().__init__(recipe)
        self.monitor = Monitor(f"{'+'.join(self._queries()[0])}_pa_mpjpe", "min")
        table = table_of(recipe.data)
        layout = table.layout
        self.learned = recipe.learned
        for one in self.learned:
            check_seen(one, self.space.seen)
        self.shapes = min(layout.shape, recipe.model.limit) if IMAGE in self.inputs else 0
        self.shape_model = layout.shape_model
        sizes = recipe.model
        latent = self.space.dimensions
        self.model = HpsEstimator(
            EstimatorConfig(latent, BODY_JOINTS, self.shapes, sizes.iterations, sizes.released_angles)
        )
        posed = table.posed(table.rows_of(TRAIN))
        if len(posed):  # a table to measure on may have no rows to train on
            self.model.start_from(mean_pose(table.poses(posed)))
        self._held: dict[str, BodyRows] = {}
        self._worn: Wearer | None = None

    def _queries(self) -> list[Subset]:
        known = [one for one in _QUERIES if set(one) <= set(self.space.seen)]
        return [self.inputs, *(one for one in known if one != self.inputs)]

    def batches(self, share: Share) -> Batches:
        data = stage_data(self.recipe, share.stage)
        needed = subset_of(name for one in self.learned for name in one)
        return DatasetBatches(BodyRows(data, TRAIN, self, needed, None), share, as_it_is)

    def losses(self, batch: BodyBatch) -> dict[str, Tensor]:
        """Angles and, of pictures, shapes; the mean over what is learned from."""
        angles, shapes = [], []
        for asked in self.learned:
            found = self.model(self.tokens(batch.features, asked))
            angles.append(angle_loss(found.rotations, batch.rotations, clamped=self.recipe.model.released_angles))
            if self.shapes and batch.betas.shape[1] and IMAGE in asked:
                shapes.append(shape_loss(found.betas, batch.betas))
        parts = {"angles": torch.stack(angles).mean()}
        if shapes:
            parts["shapes"] = torch.stack(shapes).mean()
        return {"total": torch.stack(list(parts.values())).mean(), **parts}

    def validate(self) -> dict[str, float]:
        return self._figures(VAL, -1)

    def evaluate(self, split: str) -> dict[str, float]:
        """Errors of bodies from pictures, from words, and from both: degrees, millimetres."""
        return self._figures(split, 0)

    def _figures(self, split: str, which: int) -> dict[str, float]:
        if split not in self._held:
            data = stage_data(self.recipe, self.recipe.stages[-1])
            wanted = tuple(one for one in (IMAGE, "pose", TEXT) if any(one in query for query in self._queries()))
            self._held[split] = BodyRows(data, split, self, wanted, data.held_out)
        rows, sums = self._held[split], dict[str, float]()
        for places in in_parts(len(rows), _AT_ONCE):
            batch = on_device(rows.batch(places, which), self.device)
            for query in self._queries():
                found = self.model(self.tokens(batch.features, query))
                for name, value in self._errors(found.rotations, batch.rotations).items():
                    key = f"{'+'.join(query)}_{name}"
                    sums[key] = sums.get(key, 0.0) + float(value.sum())
        return {name: value / len(rows) for name, value in sums.items()}

    def _errors(self, found: Tensor, true: Tensor) -> dict[str, Float[Tensor, " batch"]]:
        """Of bodies of average shape, at the origin, as they stand; ``pa`` after a similarity."""
        self._worn = self._worn or Wearer(self.recipe.body)
        told, real = self._worn(rotmat_to_rotvec(found)), self._worn(rotmat_to_rotvec(true))
        first, second = told.joints[:, :BODY_JOINTS], real.joints[:, :BODY_JOINTS]
        return {
            "pa_mpjpe": _MILLIMETRES * (procrustes_align(first, second) - second).norm(dim=-1).mean(-1),
            "mpjpe": _MILLIMETRES * (first - second).norm(dim=-1).mean(-1),
            "pve": _MILLIMETRES * (told.vertices - real.vertices).norm(dim=-1).mean(-1),
            "degrees": geodesic_degrees(found, true).mean(-1),
        }

    def extras(self) -> dict[str, Any]:
        return {**super().extras(), VOCABULARY: None, SHAPE_MODEL: self.shape_model}


def mean_pose(poses: Any) -> Float[Tensor, "joints 3 3"]:
    """The rotation nearest to the sum of all, joint by joint; without heading (special Procrustes)."""
    return mean_rotations(rotvec_to_rotmat(poses.without_heading().rotations[:, :BODY_JOINTS]))


def mean_rotations(rotations: Float[Tensor, "n joints 3 3"]) -> Float[Tensor, "joints 3 3"]:
    """The rotation nearest to the sum of all, joint by joint."""
    return nearest_rotmat(rotations.double().sum(0)).to(rotations)


TASK = Task("embedding", "bodies from a photo, words, or both", BodyRecipe, BodyLearner)
