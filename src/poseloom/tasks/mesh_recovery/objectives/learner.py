"""What the learners of the five networks share: body, backbone, first weights, data, measures."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn

from poseloom.base.errors import FileError, PoseloomError
from poseloom.nn.image.backbones import BACKBONES, load_backbone, weights_in
from poseloom.tasks.common.configs import config_to_plain
from poseloom.tasks.mesh_recovery.learned_body import MEASURED, BodyPoints, LearnedBody, SmplLearnedBody, learned_body
from poseloom.tasks.mesh_recovery.networks.choice import NetworkChoice, build_network
from poseloom.tasks.mesh_recovery.objectives.batch import FEMALE, MALE, MeshBatch
from poseloom.tasks.mesh_recovery.objectives.recipe import MeshRecipe
from poseloom.tasks.mesh_recovery.objectives.tables import STILL, CropForm, PeopleTable, table_folder
from poseloom.tasks.mesh_recovery.protocols import Measured, MeshErrors, about, surface_errors
from poseloom.tasks.mesh_recovery.published_results import rows_beside
from poseloom.training import Batches, DatasetBatches, Learner, MixedBatches, Monitor, ParameterGroup, Share, Stage
from poseloom.training.batches import concatenate_batches
from poseloom.training.feed import on_device

NETWORK, BODY = "network", "body"
"""Keys of a card's extras: the choice of the network, and the body's name."""
H36M, H36M_CAMERA = "h36m", "60457274"
"""Convention of the joints of Human3.6M, and the camera of its second protocol."""
_MEASURED_AT_ONCE = 32
_SMPL_ROTATIONS = 24


class MeshLearner(Learner):
    """A network, and the tables that it learns from. A subclass says its losses, and what it takes for the joints."""

    convention: ClassVar[str] = "smpl_54"
    """Of the keypoints in its batches."""
    monitor = Monitor("pa_mpjpe", "min")
    recipe: MeshRecipe

    def __init__(self, recipe: MeshRecipe):
        super().__init__(recipe)
        self.body: LearnedBody = learned_body(recipe.body)
        self.choice = NetworkChoice(recipe.algorithm, recipe.backbone, self.body.rotations, self.body.betas)
        rest = self.body.at_rest() if self.choice.bends_mesh else None
        self.model = build_network(self.choice, rest)
        self._give_means()
        self._give_first_weights()
        self.form = CropForm(self.choice.size, self.choice.normalisation, self.convention)

    # -- first weights -----------------------------------------------------------------------------------------------

    @property
    def backbone(self) -> nn.Module:
        """The part of the model that sees pictures."""
        found = self.model.graph_cnn.resnet if hasattr(self.model, "graph_cnn") else self.model.backbone
        assert isinstance(found, nn.Module)
        return found

    def _give_means(self) -> None:
        """An iterative regressor begins at the mean of the body."""
        head: Any = getattr(self.model, "head", None)
        if not hasattr(head, "set_mean"):
            return
        mean = self.body.mean() if isinstance(self.body, SmplLearnedBody) else None
        if mean is not None:
            head.set_mean(mean)
        else:
            head.init_shape.copy_(self.body.average[None])

    def _give_first_weights(self) -> None:
        path = self.recipe.init.file(self.choice.network)
        if path is None:
            return
        state = {name.removeprefix("model."): value for name, value in weights_in(path).items()}
        own = self.model.state_dict()
        whole = [name for name in own if name.startswith("head.")]
        if whole and all(name in state for name in whole):  # a whole network of this kind
            fitting = {name: state[name] for name in own if name in state and state[name].shape == own[name].shape}
            if len(fitting) < len(own):
                lacking = next(name for name in own if name not in fitting)
                problem = f"is of another network: {lacking} differs"
                raise FileError(path, problem, remedy="name weights of this network")
            self.model.load_state_dict(fitting)
            return
        load_backbone(self.backbone, path)

    # -- data --------------------------------------------------------------------------------------------------------

    @cached_property
    def offsets(self) -> dict[str, int]:
        """Data set -> number of its first sample among those of all."""
        found, first = {}, 0
        for name in sorted(self.recipe.data.share_of_each().normalised()):
            found[name] = first
            first += len(self.people(name, 0, STILL).table)
        found[""] = first
        return found

    def people(self, name: str, seed: int, changes: Any, **more: Any) -> PeopleTable:
        """The people of a data set."""
        data = self.recipe.data
        folder = table_folder(data.tables, name)
        pictures = Path(data.pictures) / name if data.pictures else folder
        return PeopleTable(name, folder, pictures, self.body, self.form, changes, seed=seed, **more)

    def batches(self, share: Share) -> Batches:
        mix = self.recipe.data.share_of_each()
        longest: list[int] = []

        def source(name: str) -> Any:
            def make(part: Share) -> Batches:
                people = self.people(name, part.seed, self.recipe.changes, first=self.offsets[name])
                longest.append(len(people))
                return DatasetBatches(people, part, _as_it_is)

            return make

        found = MixedBatches({name: source(name) for name in mix.shares}, mix, share, join=concatenate_batches)
        samples = self.recipe.data.samples or max(longest)
        found.per_epoch = max(1, samples // share.stage.batch_size)
        return found

    # -- training ----------------------------------------------------------------------------------------------------

    def begin(self, stage: Stage) -> None:
        stages: Any = getattr(self.backbone, "stages", [])
        if self.recipe.frozen_stages > len(stages):
            raise PoseloomError(f"recipe: frozen_stages: {self.choice.network} has {len(stages)} stages")
        for part in stages[: self.recipe.frozen_stages]:
            for parameter in part.parameters():
                parameter.requires_grad_(False)

    def train(self, mode: bool = True) -> MeshLearner:
        """Some backbones keep the statistics of their normalisations, as in the benchmark."""
        super().train(mode)
        if mode and hasattr(self, "choice") and self._keeps_statistics:
            for part in self.backbone.modules():
                if isinstance(part, nn.BatchNorm2d):
                    part.eval()
        return self

    @property
    def _keeps_statistics(self) -> bool:
        if self.recipe.statistics != "auto":
            return self.recipe.statistics == "kept"
        kind = BACKBONES.get(self.choice.network)
        return kind is not None and kind.keeps_statistics

    def network_groups(self) -> list[ParameterGroup]:
        """The network's parameters; a gentle backbone has a lower rate."""
        kind = BACKBONES.get(self.choice.network)
        factor = self.recipe.gentle if kind is not None and kind.gentle else 1.0
        if factor == 1.0:
            return [ParameterGroup(list(self.model.parameters()))]
        own = list(self.backbone.parameters())
        known = {id(parameter) for parameter in own}
        others = [parameter for parameter in self.model.parameters() if id(parameter) not in known]
        return [ParameterGroup(others), ParameterGroup(own, lr_factor=factor)]

    # -- measures ----------------------------------------------------------------------------------------------------

    @abstractmethod
    def recovered(self, pictures: Float[Tensor, "batch 3 height width"]) -> BodyPoints:
        """The bodies that the network sees."""

    def truth(self, batch: MeshBatch) -> BodyPoints:
        """The true bodies; on 3DPW those of the person's gender."""
        neutral = self.body.posed(batch.rotations, batch.betas)
        if not isinstance(self.body, SmplLearnedBody) or not bool((batch.gender > 0).any()):
            return neutral
        vertices, joints = neutral.vertices.clone(), neutral.joints.clone()
        for number, letter in ((MALE, "m"), (FEMALE, "f")):
            chosen = batch.gender == number
            if bool(chosen.any()):
                own = self._gendered(letter).posed(batch.rotations[chosen], batch.betas[chosen])
                vertices[chosen], joints[chosen] = own.vertices, own.joints
        return BodyPoints(vertices, joints)

    def _gendered(self, letter: str) -> SmplLearnedBody:
        assert isinstance(self.body, SmplLearnedBody)
        if letter not in self._of_gender:
            self._of_gender[letter] = self.body.gendered(letter)
        return self._of_gender[letter]

    @cached_property
    def _of_gender(self) -> dict[str, SmplLearnedBody]:
        return {}

    def validate(self) -> dict[str, float]:
        return self.measured(self.recipe.data.split, self.recipe.data.measured)

    def evaluate(self, split: str) -> dict[str, float]:
        """The protocol on a split of the data set on which is validated."""
        return self.measured(split, 0)

    @torch.no_grad()
    def measured(self, split: str, most: int) -> dict[str, float]:
        """Figures of the people of a split whose truth is known; of an even choice of `most`, where that is not 0."""
        protocol = self.recipe.data.protocol
        of_body = protocol == BODY
        only = H36M_CAMERA if protocol == "h36m-p2" else ""
        people = self.people(self.recipe.data.validation, 0, STILL, split=split, posed=of_body, only=only)
        if not of_body:
            people.form = replace(people.form, convention=H36M)
        chosen = torch.arange(len(people))
        if most and len(chosen) > most:
            chosen = chosen[torch.linspace(0, len(chosen) - 1, most).long()]
        errors = MeshErrors()
        for places in chosen.split(_MEASURED_AT_ONCE):
            batch: MeshBatch = on_device(people.__getitems__(places.tolist()), self.device)
            errors.add(self._measured(batch) if of_body else self._measured_in_space(batch))
        expected = torch.from_numpy(people.rows[chosen.numpy()])
        return errors.figures(expected)

    def _measured(self, batch: MeshBatch) -> Measured:
        found, true = self.recovered(batch.pictures), self.truth(batch)
        joints, pelvis = self.body.measured(found)
        true_joints, true_pelvis = self.body.measured(true)
        return Measured(
            batch.samples.cpu(),
            about(joints, pelvis).cpu(),
            about(true_joints, true_pelvis).cpu(),
            surface_errors(found.vertices, true.vertices, batch.has_shape).cpu(),
        )

    def _measured_in_space(self, batch: MeshBatch) -> Measured:
        """By the joints of Human3.6M that the data set gives."""
        if not bool((batch.keypoints3d[..., 3] > 0).all()):
            problem = f"a sample has no 3D joints of {H36M}; measure it by --data.protocol body"
            raise PoseloomError(f"{self.recipe.data.validation}: {problem}")
        joints, pelvis = self.body.measured(self.recovered(batch.pictures))
        true = batch.keypoints3d[..., :3]
        nothing = torch.full((len(batch),), torch.nan)
        return Measured(
            batch.samples.cpu(),
            about(joints, pelvis).cpu(),
            about(true[:, list(MEASURED)], true[:, 0]).cpu(),
            nothing,
        )

    def published(self) -> Mapping[str, Mapping[str, float]]:
        """What the benchmark published of this algorithm, and of its backbone, first weights and mix."""
        return rows_beside(self.recipe)

    def extras(self) -> dict[str, Any]:
        return {NETWORK: config_to_plain(self.choice), BODY: self.body.name}


def _as_it_is(batch: Any) -> Any:
    """Tables give whole batches."""
    return batch
