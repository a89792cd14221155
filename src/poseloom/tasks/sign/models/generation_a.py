"""text-to-pose, first generation (March 2022): the sequence plus a predicted change, again and again.

``sequence += step_size * change``. Encoder input: [frames | text], one table of positions for both.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from poseloom.base.ranges import DEEPEST, WIDEST, within
from poseloom.tasks.sign.drafts import Draft
from poseloom.tasks.sign.models.parts import Encoder, SignModel, TextEncoding, check_steps, head
from poseloom.tasks.sign.tokens import Tokens


@dataclass(frozen=True)
class GenerationAConfig:
    """Sizes of the first generation; `published` restores what its code did.

    Args:
        keypoints: number of keypoints of a frame.
        dims: coordinates of a keypoint.
        width: how many numbers an encoder's vectors have.
        text_layers: layers of the text encoder.
        layers: number of layers of the joint encoder.
        heads: number of heads of attention.
        feed_forward: width of feed-forward layers.
        max_frames: longest sequence and text; rows of the position table.
        step_size: share of the predicted change that one step takes.
        training_steps: refinements of one training batch.
        length_weight: weight of the squared error of the length, in frames.
        usual_frames: length with which training begins; published: whatever the first weights say.
        published: no limit of the predicted length, known points are not kept, every step of the same size, and losses
            averaged over missing points too.
    """

    keypoints: int = within(75, 1, 9999)
    dims: int = within(3, 2, 3)
    width: int = within(128, 1, WIDEST)
    text_layers: int = within(2, 1, DEEPEST)
    layers: int = within(4, 1, DEEPEST)
    heads: int = within(2, 1, 999)
    feed_forward: int = within(2048, 1, WIDEST)
    max_frames: int = within(200, 1, 100_000)
    step_size: float = within(0.5, 0, 1)
    training_steps: int = within(10, 1, 1000)
    length_weight: float = within(1e-4, 0, 1e6)
    usual_frames: float = within(60.0, 1, 100_000)
    published: bool = False


class GenerationA(SignModel):
    """The first generation."""

    def __init__(self, config: GenerationAConfig):
        super().__init__(config)
        self.config = config
        self.max_symbols = config.max_frames
        width, numbers = config.width, config.keypoints * config.dims
        self.positional_embeddings = nn.Embedding(config.max_frames, width)
        self.embedding = nn.Embedding(len(self.tokenizer), width, padding_idx=self.tokenizer.pad)
        self.pose_projection = nn.Linear(numbers, width)
        self.text_encoder = Encoder(width, config.text_layers, config.heads, config.feed_forward)
        self.pose_encoder = Encoder(width, config.layers, config.heads, config.feed_forward)
        self.seq_length = nn.Linear(width, 1)
        self.pose_diff_projection = head(width, width, numbers, nn.ReLU)
        if not config.published:
            nn.init.constant_(self.seq_length.bias, config.usual_frames)

    def encode_text(self, tokens: Tokens) -> TextEncoding:
        rows = self.embedding(tokens.ids) + self.positional_embeddings(tokens.positions)
        return TextEncoding(self.text_encoder(rows, tokens.padding), tokens.padding)

    def lengths(self, text: TextEncoding) -> Float[Tensor, "batch"]:
        return self.seq_length(text.values[:, 0]).squeeze(-1)

    def change(
        self,
        text: TextEncoding,
        values: Float[Tensor, "batch frames keypoints d"],
        padding: Bool[Tensor, "batch frames"],
    ) -> Float[Tensor, "batch frames keypoints d"]:
        """The predicted change of each point."""
        frames = values.shape[1]
        rows = self.pose_projection(values.flatten(2)) + self.positional_embeddings.weight[:frames]
        joint = torch.cat([rows, text.values], 1), torch.cat([padding, text.padding], 1)
        return self.pose_diff_projection(self.pose_encoder(*joint, frames)).view_as(values)

    def refinements(
        self, text: TextEncoding, draft: Draft, steps: int, guidance: float = 0.0
    ) -> Iterator[Float[Tensor, "batch frames keypoints d"]]:
        check_steps(steps)
        values = draft.values
        yield values
        for step in range(steps):
            whole = step == steps - 1 and not self.config.published
            size = 1.0 if whole else self.config.step_size
            values = values + size * self.change(text, values, draft.padding)
            if not self.config.published:
                values = draft.keeping(values)
            yield values
