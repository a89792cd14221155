"""Ham2Pose (Shalev-Arkushin, Moryossef & Fried, CVPR 2023, arXiv 2211.13613): each step blends in a predicted sequence.

``x <- (1 - size) x + size * net(x, step)``. Encoder input: [frames | text | step].
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from poseloom.base.errors import PoseloomError
from poseloom.base.ranges import DEEPEST, WIDEST, within
from poseloom.tasks.sign.drafts import Draft
from poseloom.tasks.sign.models.parts import Encoder, SignModel, TextEncoding, check_steps, head
from poseloom.tasks.sign.models.steps import between_rows, blend_sizes, whole_blend_sizes
from poseloom.tasks.sign.tokens import Tokens


@dataclass(frozen=True)
class Ham2PoseConfig:
    """Sizes of Ham2Pose as its scripts set them; `published` restores what its code did.

    Args:
        keypoints: number of keypoints of a frame.
        dims: coordinates of a keypoint.
        width: how many numbers an encoder's vectors have.
        text_layers: layers of the text encoder.
        layers: number of layers of the joint encoder.
        heads: number of heads of attention.
        feed_forward: width of feed-forward layers.
        max_frames: longest sequence and text.
        min_frames: shortest sequence.
        steps: refinements; rows of the step table.
        separate_positions: a position table for frames and one for texts; else one, scaled by two learned factors.
        deep_projection: Linear, SiLU, Linear of the frames instead of one Linear.
        add: a step adds size x output instead of blending.
        teacher_forcing: probability with which a training step goes on from its target.
        length_weight: weight of the squared error of the length, in frames.
        usual_frames: length with which training begins; published: whatever the first weights say.
        published: steps of which a third of the start is left, targets that go further than the steps, the length from
            padded means, known points not kept, losses averaged over missing points too, at most `steps` steps.
    """

    keypoints: int = within(137, 1, 9999)
    dims: int = within(2, 2, 3)
    width: int = within(128, 1, WIDEST)
    text_layers: int = within(2, 1, DEEPEST)
    layers: int = within(4, 1, DEEPEST)
    heads: int = within(2, 1, 999)
    feed_forward: int = within(2048, 1, WIDEST)
    max_frames: int = within(200, 1, 100_000)
    min_frames: int = within(20, 1, 100_000)
    steps: int = within(10, 1, 1000)
    separate_positions: bool = True
    deep_projection: bool = False
    add: bool = False
    teacher_forcing: float = within(0.5, 0, 1)
    length_weight: float = within(2e-5, 0, 1e6)
    usual_frames: float = within(60.0, 1, 100_000)
    published: bool = False


class Ham2Pose(SignModel):
    """Ham2Pose."""

    def __init__(self, config: Ham2PoseConfig):
        super().__init__(config)
        self.config = config
        self.max_symbols, self.default_steps = config.max_frames, config.steps
        width, numbers = config.width, config.keypoints * config.dims
        self.embedding = nn.Embedding(len(self.tokenizer), width, padding_idx=self.tokenizer.pad)
        self.step_embedding = nn.Embedding(config.steps, width)
        if config.separate_positions:
            self.pos_positional_embeddings = nn.Embedding(config.max_frames, width)
            self.text_positional_embeddings = nn.Embedding(config.max_frames, width)
        else:
            self.positional_embeddings = nn.Embedding(config.max_frames, width)
            self.alpha_pose = nn.Parameter(torch.ones(1))
            self.alpha_text = nn.Parameter(torch.ones(1))
        deep = config.deep_projection
        self.pose_projection = head(numbers, width, width, nn.SiLU) if deep else nn.Linear(numbers, width)
        self.text_encoder = Encoder(width, config.text_layers, config.heads, config.feed_forward)
        self.pose_encoder = Encoder(width, config.layers, config.heads, config.feed_forward)
        self.step_encoder = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU())
        self.seq_length = nn.Linear(width, 1)
        self.pose_diff_projection = head(width, width, numbers, nn.SiLU)
        if not config.published:
            nn.init.constant_(self.seq_length.bias, config.usual_frames)

    def encode_text(self, tokens: Tokens) -> TextEncoding:
        table = self.text_positional_embeddings if self.config.separate_positions else self.positional_embeddings
        positions = table(tokens.positions)
        if not self.config.separate_positions:
            positions = self.alpha_text * positions
        rows = self.embedding(tokens.ids) + positions
        return TextEncoding(self.text_encoder(rows, tokens.padding), tokens.padding)

    def lengths(self, text: TextEncoding) -> Float[Tensor, "batch"]:
        return self.seq_length(text.mean(with_padding=self.config.published)).squeeze(-1)

    def frames_of(self, text: TextEncoding) -> Int[Tensor, "batch"]:
        return self.lengths(text).round().clamp(self.config.min_frames, self.config.max_frames).long()

    def output(
        self,
        text: TextEncoding,
        values: Float[Tensor, "batch frames keypoints d"],
        padding: Bool[Tensor, "batch frames"],
        place: float,
    ) -> Float[Tensor, "batch frames keypoints d"]:
        """What the network makes of a sequence.

        Args:
            text: encodings.
            values: the sequence so far.
            padding: true where it has no frame.
            place: row of the step table, also between two.
        """
        frames, batch = values.shape[1], len(values)
        separate = self.config.separate_positions
        table = self.pos_positional_embeddings if separate else self.positional_embeddings
        positions = table.weight[:frames] if separate else self.alpha_pose * table.weight[:frames]
        rows = self.pose_projection(values.flatten(2)) + positions
        step = self.step_encoder(between_rows(self.step_embedding.weight, place)).expand(batch, 1, -1)
        joint = torch.cat([rows, text.values, step], 1)
        absent = torch.cat([padding, text.padding, padding.new_zeros(batch, 1)], 1)
        return self.pose_diff_projection(self.pose_encoder(joint, absent, frames)).view_as(values)

    def refinements(
        self, text: TextEncoding, draft: Draft, steps: int, guidance: float = 0.0
    ) -> Iterator[Float[Tensor, "batch frames keypoints d"]]:
        check_steps(steps)
        published = self.config.published
        if published and steps > self.config.steps:
            problem = f"steps is {steps}, the published model has {self.config.steps}"
            raise PoseloomError(f"{problem}; set published to false for more")
        sizes = blend_sizes(self.config.steps)[:steps] if published else whole_blend_sizes(steps)
        values = draft.values
        yield values
        for step, size in enumerate(sizes):
            values = self.moved(values, size, self.output(text, values, draft.padding, self._place(step, steps)))
            if not published:
                values = draft.keeping(values)
            yield values

    def moved(self, values: Tensor, size: float, output: Tensor) -> Tensor:
        """A sequence after a step of a size."""
        return values + size * output if self.config.add else torch.lerp(values, output, size)

    def _place(self, step: int, steps: int) -> float:
        if self.config.published or steps == 1:
            return step
        return step * (self.config.steps - 1) / (steps - 1)
