"""text-to-pose, last generation ("diffusion", 2023-2024): each step predicts the clean sequence from a blend.

``x(t) = beta(t) * start + (1 - beta(t)) * clean``. Encoder input: [frames | step | text].
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from poseloom.base.ranges import DEEPEST, WIDEST, within
from poseloom.tasks.sign.drafts import Draft
from poseloom.tasks.sign.models.parts import Encoder, SignModel, TextEncoding, check_steps, head
from poseloom.tasks.sign.models.steps import between_rows, cosine_betas, cosine_proportions
from poseloom.tasks.sign.tokens import GENERIC_TOKENS, Tokens

_UNUSED = ("pose_encoder.encoder_layer.", "text_encoder.dummy_param")
"""Names of the released state dict that no computation uses."""


@dataclass(frozen=True)
class GenerationCConfig:
    """Sizes of the diffusion generation, by default those of its command line; `published` restores what its code did.

    Args:
        keypoints: number of keypoints of a frame.
        dims: coordinates of a keypoint.
        width: how many numbers an encoder's vectors have.
        text_layers: layers of the text encoder.
        layers: number of layers of the joint encoder.
        heads: number of heads of attention.
        feed_forward: width of feed-forward layers.
        max_frames: longest sequence and text.
        steps: number of steps of the schedule; rows of the step table.
        dropout: share of the coordinates that enter and rest in training.
        noise: strength of the noise on proportions and coordinates, in training.
        no_text: share of the training texts that are left out.
        length_weight: weight of the squared error of the length, in frames.
        smoothness_weight: weight of the change from frame to frame.
        usual_frames: length with which training begins; published: whatever the first weights say.
        published: proportions of which most are almost 0, the length from padded means and a random sample, known
            points not kept, losses averaged over missing points too and closed to a circle.
    """

    keypoints: int = within(75, 1, 9999)
    dims: int = within(3, 2, 3)
    width: int = within(512, 1, WIDEST)
    text_layers: int = within(2, 1, DEEPEST)
    layers: int = within(4, 1, DEEPEST)
    heads: int = within(8, 1, 999)
    feed_forward: int = within(2048, 1, WIDEST)
    max_frames: int = within(200, 1, 100_000)
    steps: int = within(100, 1, 1000)
    dropout: float = within(0.0, 0, 1)
    noise: float = within(1e-2, 0, 100)
    no_text: float = within(0.1, 0, 1)
    length_weight: float = within(2e-5, 0, 1e6)
    smoothness_weight: float = within(1e-3, 0, 1e6)
    usual_frames: float = within(60.0, 1, 100_000)
    published: bool = False


class _TextEncoder(nn.Module):
    """Embedding, positions, encoder, under their published names."""

    def __init__(self, config: GenerationCConfig):
        super().__init__()
        self.embedding = nn.Embedding(len(GENERIC_TOKENS), config.width)
        self.positional_embedding = nn.Embedding(config.max_frames, config.width)
        self.encoder = Encoder(config.width, config.text_layers, config.heads, config.feed_forward)


class _PoseEncoder(nn.Module):
    """Projection, positions, encoder, under their published names."""

    def __init__(self, config: GenerationCConfig):
        super().__init__()
        self.dropout = nn.Dropout(config.dropout)
        self.pose_projection = nn.Linear(config.keypoints * config.dims, config.width)
        self.positional_embeddings = nn.Embedding(config.max_frames, config.width)
        self.pose_encoder = Encoder(config.width, config.layers, config.heads, config.feed_forward)


class _LengthDistribution(nn.Module):
    """Mean and logarithm of the variance of the number of frames."""

    def __init__(self, width: int):
        super().__init__()
        self.fc_mu = nn.Linear(width, 1)
        self.fc_var = nn.Linear(width, 1)


class GenerationC(SignModel):
    """The diffusion generation."""

    tokenizer = GENERIC_TOKENS
    betas: Tensor

    def __init__(self, config: GenerationCConfig):
        super().__init__(config)
        self.config = config
        self.max_symbols, self.default_steps = config.max_frames, config.steps
        width, numbers = config.width, config.keypoints * config.dims
        self.text_encoder = _TextEncoder(config)
        self.pose_encoder = _PoseEncoder(config)
        self.step_embedding = nn.Embedding(config.steps, width)
        self.seq_length = _LengthDistribution(width)
        self.pose_correction = head(numbers, numbers, numbers, nn.SiLU)
        self.pose_diff_projection = head(width, width, numbers, nn.SiLU)
        if not config.published:
            nn.init.constant_(self.seq_length.fc_mu.bias, config.usual_frames)
        proportions = cosine_betas if config.published else cosine_proportions
        self.register_buffer("betas", proportions(config.steps), persistent=False)
        self.register_load_state_dict_pre_hook(_without_unused)

    def encode_text(self, tokens: Tokens) -> TextEncoding:
        own = self.text_encoder
        rows = own.embedding(tokens.ids) + own.positional_embedding(tokens.positions)
        return TextEncoding(own.encoder(rows, tokens.padding), tokens.padding)

    def lengths(self, text: TextEncoding) -> Float[Tensor, "batch"]:
        return self.seq_length.fc_mu(self.mean_of(text)).squeeze(-1)

    def clean(
        self,
        text: TextEncoding,
        values: Float[Tensor, "batch frames keypoints d"],
        padding: Bool[Tensor, "batch frames"],
        step: Float[Tensor, "batch width"],
    ) -> Float[Tensor, "batch frames keypoints d"]:
        """The predicted clean sequence.

        Args:
            text: encodings.
            values: the blend.
            padding: true where it has no frame.
            step: embedding of the blend's step.
        """
        own, frames = self.pose_encoder, values.shape[1]
        rows = own.pose_projection(own.dropout(values).flatten(2)) + own.positional_embeddings.weight[:frames]
        joint = torch.cat([rows, step[:, None], text.values], 1)
        absent = torch.cat([padding, padding.new_zeros(len(values), 1), text.padding], 1)
        return self.pose_diff_projection(own.pose_encoder(joint, absent, frames)).view_as(values)

    def corrected(self, frames: Float[Tensor, "*batch keypoints d"]) -> Float[Tensor, "*batch keypoints d"]:
        """Frames with what a network says in place of coordinates that are exactly 0, which means missing."""
        return torch.where(frames == 0, self.pose_correction(frames.flatten(-2)).view_as(frames), frames)

    def blended(
        self,
        start: Float[Tensor, "batch frames keypoints d"],
        clean: Float[Tensor, "batch frames keypoints d"],
        proportions: Float[Tensor, "batch"],
    ) -> Float[Tensor, "batch frames keypoints d"]:
        """The blend at shares of the start."""
        return torch.lerp(clean, start, proportions[:, None, None, None])

    def refinements(
        self, text: TextEncoding, draft: Draft, steps: int, guidance: float = 0.0
    ) -> Iterator[Float[Tensor, "batch frames keypoints d"]]:
        check_steps(steps)
        start = self.corrected(draft.values)
        without = self._without_text(len(start)) if guidance else None
        places = torch.linspace(self.config.steps - 1, 0, steps).tolist()
        values = start
        yield values
        for index, place in enumerate(places):
            step = between_rows(self.step_embedding.weight, place).expand(len(start), -1)
            found = self.clean(text, values, draft.padding, step)
            if without is not None:
                plain = self.clean(without, values, draft.padding, step)
                found = plain + guidance * (found - plain)
            if not self.config.published:
                found = draft.keeping(found)
            yield found
            if index + 1 < steps:
                share = between_rows(self.betas[:, None], places[index + 1])
                values = self.blended(start, found, share.expand(len(start)))

    def mean_of(self, text: TextEncoding) -> Float[Tensor, "batch width"]:
        """What the length is read from."""
        return text.mean(with_padding=self.config.published)

    def _without_text(self, batch: int) -> TextEncoding:
        one = self.encode_text(self.tokens([""]))
        return TextEncoding(one.values.expand(batch, -1, -1), one.padding.expand(batch, -1))


def _without_unused(module: nn.Module, state: dict[str, Any], prefix: str, *_: Any) -> None:
    for name in [name for name in state if name.removeprefix(prefix).startswith(_UNUSED)]:
        del state[name]
