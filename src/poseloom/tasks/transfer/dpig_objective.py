"""How DPIG is trained: pictures taken apart and put together, poses coded, and codes sampled, stage after stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from poseloom.base.errors import PoseloomError
from poseloom.base.ranges import within
from poseloom.data.splits import VAL
from poseloom.tasks.transfer.learning import TransferLearner, TransferRecipe, all_of
from poseloom.tasks.transfer.losses import logits_are, masked_l1
from poseloom.tasks.transfer.maps import pose_maps
from poseloom.tasks.transfer.masks import published_mask
from poseloom.tasks.transfer.models.critic import Critic
from poseloom.tasks.transfer.models.dpig import NOISE, Dpig, DpigConfig
from poseloom.tasks.transfer.models.dpig_poses import PoseCoderConfig, joint_numbers
from poseloom.tasks.transfer.models.inputs import FINAL
from poseloom.tasks.transfer.models.pg2_discriminator import DcganConfig, DcganDiscriminator
from poseloom.tasks.transfer.pairs import TransferBatch
from poseloom.tasks.transfer.start import start_with
from poseloom.training import Stage, Task, Turn, TurnOptions

APPEARANCE, POSE = "appearance", "pose"
SAMPLED = {"sample_foreground": "map_foreground", "sample_background": "map_background", "sample_pose": "map_pose"}
"""Stages in which codes are sampled -> mapping function that learns."""
_CLIP = 0.01
"""Largest weight of a critic (Arjovsky et al. 2017)."""
_CRITIC_STEPS = 5
_MASK_RADIUS = 7


@dataclass(frozen=True)
class DpigModel:
    """Sizes of DPIG; the defaults are those for Market-1501.

    Args:
        base: channels of the first level of encoders and decoder.
        levels: scales of the encoders.
        decoder_levels: scales of the decoder; 6 for pictures of 256 x 256.
        box_code, background_code, pose_code: numbers of the codes.
        code: bottleneck of the decoder.
        hidden, background_hidden: widths of pose coder and mapping functions; of the background's mapping.
        split: foreground and background apart; not for DeepFashion.
        published_boxes: boxes slightly too small, as published.
        judge_base: channels of the discriminator's first convolution.
        judge_layers: its convolutions; 5 for 256 x 256.
    """

    base: int = within(128, 1, 1024)
    levels: int = within(5, 1, 12)
    decoder_levels: int = within(5, 1, 12)
    box_code: int = within(32, 1, 4096)
    background_code: int = within(128, 1, 4096)
    pose_code: int = within(32, 1, 65_536)
    code: int = within(64, 1, 65_536)
    hidden: int = within(512, 1, 65_536)
    background_hidden: int = within(256, 1, 65_536)
    split: bool = True
    published_boxes: bool = False
    judge_base: int = within(64, 1, 4096)
    judge_layers: int = within(4, 1, 10)


@dataclass(frozen=True)
class DpigLoss:
    """Weights.

    Args:
        image: of L1 in the stage ``appearance``.
        mask_ratio: of L1 within the mask, times `image`; the original computes it and leaves it out (0).
        adversarial: of the discriminator's verdict.
        pose: of the mean squared error in the stage ``pose``.
    """

    image: float = within(20.0, 0, 1e6)
    mask_ratio: float = within(1.0, 0, 1e6)
    adversarial: float = within(1.0, 0, 1e6)
    pose: float = within(20.0, 0, 1e6)


@dataclass(frozen=True)
class DpigStart:
    """Weights to begin with; drawn at random where a path is empty.

    Args:
        model: a model of ours, all parts.
    """

    model: str = ""


@dataclass(frozen=True)
class DpigRecipe(TransferRecipe):
    """How DPIG is trained and measured.

    Args:
        algorithm: tells these recipes from others of the task.
        model: its sizes.
        loss: weights.
        start: weights to begin with.
    """

    algorithm: str = "dpig"
    model: DpigModel = field(default_factory=DpigModel)
    loss: DpigLoss = field(default_factory=DpigLoss)
    start: DpigStart = field(default_factory=DpigStart)


class DpigLearner(TransferLearner):
    """All parts of DPIG, the discriminator of pictures, and the critics of codes."""

    kind = "DPIG"
    stage_names = (APPEARANCE, POSE, *SAMPLED)
    recipe: DpigRecipe
    model: Dpig

    def __init__(self, recipe: DpigRecipe):
        super().__init__(recipe)
        sizes, config = recipe.model, self.model.config
        start_with(self.model, recipe.start.model)
        self.discriminator = DcganDiscriminator(DcganConfig(sizes.judge_base, sizes.judge_layers, *recipe.data.size))
        widths = {"sample_foreground": config.foreground, "sample_background": config.background_code}
        widths["sample_pose"] = sizes.pose_code
        named = [stage.name for stage in recipe.stages if stage.name in SAMPLED]
        if not sizes.split and "sample_background" in named:
            raise PoseloomError("recipe: stages: 'sample_background' needs model.split, which is off; remove the stage")
        self.critics = nn.ModuleDict({name: Critic(widths[name]) for name in dict.fromkeys(named)})

    def built(self) -> nn.Module:
        sizes, (height, width) = self.recipe.model, self.recipe.data.size
        return Dpig(
            DpigConfig(
                base=sizes.base,
                levels=sizes.levels,
                decoder_levels=sizes.decoder_levels,
                box_code=sizes.box_code,
                background_code=sizes.background_code,
                code=sizes.code,
                height=height,
                width=width,
                split=sizes.split,
                published_boxes=sizes.published_boxes,
                pose=PoseCoderConfig(sizes.pose_code, sizes.hidden),
                hidden=sizes.hidden,
                background_hidden=sizes.background_hidden,
            )
        )

    def turns(self, stage: Stage) -> Sequence[Turn]:
        if stage.name == APPEARANCE:
            return [
                Turn("generator", all_of(self.model.appearance, self.model.decoder), self._image_losses),
                Turn("discriminator", all_of(self.discriminator), self._judge_losses),
            ]
        if stage.name == POSE:
            return [Turn("pose", all_of(self.model.pose), self._pose_losses)]
        mapping: Any = getattr(self.model, SAMPLED[stage.name])
        critic: Any = self.critics[stage.name]

        def critic_losses(batch: TransferBatch) -> dict[str, Tensor]:
            critic.clip(_CLIP)
            with torch.no_grad():
                real, made = self._codes(stage.name, batch), mapping(self._noise(mapping, batch))
            return {"total": critic(made).mean() - critic(real).mean()}

        def mapping_losses(batch: TransferBatch) -> dict[str, Tensor]:
            critic.clip(_CLIP)
            return {"total": -critic(mapping(self._noise(mapping, batch))).mean()}

        return [
            Turn("critic", all_of(critic), critic_losses),
            Turn("mapping", all_of(mapping), mapping_losses, TurnOptions(every=_CRITIC_STEPS)),
        ]

    def validate(self) -> dict[str, float]:
        """As for all generators, and the error of the pose coder."""
        errors = [self._pose_error(batch) for batch in self._held_out(VAL, self.recipe.data.held_out)]
        return {**super().validate(), "pose_mse": float(torch.stack(errors).mean())}

    def _image_losses(self, batch: TransferBatch) -> dict[str, Tensor]:
        """The source put together again of its own appearance and pose."""
        weights, source = self.recipe.loss, batch.inputs.source
        person = batch.inputs.person
        codes = self.model.codes(source, person, batch.inputs.source_keypoints)
        made = self.model(codes, pose_maps(batch.inputs.source_keypoints, batch.inputs.size, "disc"))
        self.keep_made(batch, {FINAL: made})
        mask = published_mask(batch.inputs.source_keypoints, batch.inputs.size, _MASK_RADIUS)
        image = masked_l1(made, source, mask, weights.mask_ratio)
        fooled = logits_are(self.discriminator(made), 1.0)
        return {"total": weights.image * image + weights.adversarial * fooled, "image": image, "fooled": fooled}

    def _judge_losses(self, batch: TransferBatch) -> dict[str, Tensor]:
        wrong = logits_are(self.discriminator(self.made(batch)), 0.0)
        right = logits_are(self.discriminator(batch.inputs.source), 1.0)
        return {"total": (wrong + right) / 2, "made": wrong, "real": right}

    def _pose_losses(self, batch: TransferBatch) -> dict[str, Tensor]:
        return {"total": self.recipe.loss.pose * self._pose_error(batch)}

    def _pose_error(self, batch: TransferBatch) -> Tensor:
        poses = joint_numbers(batch.inputs.target_keypoints, batch.inputs.size)
        return functional.mse_loss(self.model.pose(poses), poses)

    def _codes(self, stage: str, batch: TransferBatch) -> Tensor:
        """Codes of pictures, or of poses, that samples should be like."""
        inputs, foreground = batch.inputs, self.model.config.foreground
        if stage == "sample_pose":
            return self.model.pose.encode(joint_numbers(inputs.source_keypoints, inputs.size))
        codes = self.model.codes(inputs.source, inputs.person, inputs.source_keypoints)
        return codes[:, :foreground] if stage == "sample_foreground" else codes[:, foreground:]

    def _noise(self, mapping: Any, batch: TransferBatch) -> Tensor:
        return NOISE * torch.randn(len(batch), mapping.config.noise, device=self.device)


TASK = Task("transfer", "DPIG", DpigRecipe, DpigLearner)
