"""poseloom's own generator, after text-to-pose's first generation: change by change towards the signed sequence.

What differs from the first generation, and why:

- The text is read once; frames attend to it without writing into it, so that a refinement costs the frames alone.
- A draft says which points are known. Known points stay, and near a known frame the change is small: a start frame is
  followed without a jump, and repairing a clip is the same task as signing a text.
- Positions are sinusoids of the frame and of the share of the sequence that has passed: any length, the end in sight.
- What is added to the draft is a curve, cubic B-splines (de Boor 1978) with a knot every few frames. The network sees
  the draft once and then only the curve's knots, which are fewer than the frames, and no curve trembles.
- The network tells the curve at the end; step k of n goes 1 / (n - k) of the way to it, so that errors of the steps do
  not add up, however many they are.
- Lengths are learned as logarithms; scales of coordinates are measured, not learned.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from poseloom.base.errors import PoseloomError
from poseloom.base.ranges import DEEPEST, WIDEST, within
from poseloom.tasks.sign.clips import SignBatch
from poseloom.tasks.sign.drafts import Draft, fill_missing_points, gaps, held_still
from poseloom.tasks.sign.models.parts import SignModel, TextEncoding, check_steps
from poseloom.tasks.sign.tokens import Tokens

_REACH = 4.0
"""Frames from a known one at which a point may move almost freely."""
_LEAST_SCALE = 0.02
"""Shoulder widths: below this a coordinate counts as still."""
_LOWEST_WAVE, _HIGHEST_WAVE = 0.25, 64.0
"""Cycles of the slowest and fastest sinusoid over a whole sequence."""
_SLOWEST = 10_000.0
"""Ratio of the wavelengths of the frame's sinusoids (Vaswani et al. 2017)."""


@dataclass(frozen=True)
class RefinerConfig:
    """Sizes of the model.

    Args:
        keypoints: number of keypoints of a frame.
        dims: coordinates of a keypoint.
        hands: first and end of the points of each hand, whose shape is weighed by itself.
        wrists: the body's wrist at each hand; none where the two need not be one.
        width: how many numbers an encoder's vectors have.
        text_layers: layers of the text encoder.
        layers: number of layers that refine.
        heads: number of heads of attention.
        feed_forward: width of feed-forward layers.
        dropout: share of hidden units that rest in training.
        patch: frames of one token.
        knot: frames between two knots of the curve; it divides `patch`.
        max_frames: longest sequence.
        max_text: longest text, the begin mark included.
        no_text: share of the training texts that are left out.
        repairs: share of the training drafts that are damaged clips; the others are a start frame held still.
        other_starts: share of the training clips that begin in a pose of another clip.
        shape_weight: weight of the hands' points relative to their wrists.
        speed_weight: weight of the change from frame to frame.
        path_weight: weight of the relative error of the wrists' path lengths.
        tremble_weight: weight of what the wrists tremble beyond the clip's own.
        length_weight: weight of the squared error of the length's logarithm.
    """

    keypoints: int = within(75, 1, 9999)
    dims: int = within(3, 2, 3)
    hands: tuple[tuple[int, int], ...] = ((33, 54), (54, 75))
    wrists: tuple[int, ...] = (15, 16)
    width: int = within(192, 1, WIDEST)
    text_layers: int = within(3, 1, DEEPEST)
    layers: int = within(4, 1, DEEPEST)
    heads: int = within(4, 1, 999)
    feed_forward: int = within(384, 1, WIDEST)
    dropout: float = within(0.1, 0, 1)
    patch: int = within(8, 1, 999)
    knot: int = within(2, 1, 999)
    max_frames: int = within(400, 1, 100_000)
    max_text: int = within(256, 1, 100_000)
    no_text: float = within(0.1, 0, 1)
    repairs: float = within(0.3, 0, 1)
    other_starts: float = within(0.3, 0, 1)
    shape_weight: float = within(1.0, 0, 1e6)
    speed_weight: float = within(1.0, 0, 1e6)
    path_weight: float = within(0.3, 0, 1e6)
    tremble_weight: float = within(0.3, 0, 1e6)
    length_weight: float = within(0.2, 0, 1e6)

    def __post_init__(self) -> None:
        if self.patch % self.knot:
            raise PoseloomError(f"recipe: model.refiner: knot {self.knot} does not divide patch {self.patch}")


class _Attention(nn.Module):
    """Frames attend to themselves and to the text in one softmax."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.own = nn.Linear(width, 3 * width)
        self.text = nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)

    def of_text(self, text: Tensor) -> tuple[Tensor, Tensor]:
        """Keys and values of the text, the same for every refinement."""
        keys, values = self.text(text).chunk(2, -1)
        return self._split(keys), self._split(values)

    def forward(self, rows: Tensor, text: tuple[Tensor, Tensor], seen: Tensor | None) -> Tensor:
        queries, keys, values = map(self._split, self.own(rows).chunk(3, -1))
        keys, values = torch.cat([keys, text[0]], 2), torch.cat([values, text[1]], 2)
        found = F.scaled_dot_product_attention(queries, keys, values, attn_mask=seen)
        return self.out(found.transpose(1, 2).flatten(2))

    def _split(self, rows: Tensor) -> Tensor:
        return rows.unflatten(-1, (self.heads, -1)).transpose(1, 2)


class _Layer(nn.Module):
    """Pre-norm attention and feed-forward."""

    def __init__(self, config: RefinerConfig):
        super().__init__()
        width = config.width
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = _Attention(width, config.heads)
        self.linear1, self.linear2 = nn.Linear(width, config.feed_forward), nn.Linear(config.feed_forward, width)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, rows: Tensor, text: tuple[Tensor, Tensor], seen: Tensor | None) -> Tensor:
        rows = rows + self.dropout(self.attention(self.norm1(rows), text, seen))
        return rows + self.dropout(self.linear2(F.relu(self.linear1(self.norm2(rows)))))


class Refiner(SignModel):
    """poseloom's own generator."""

    middle: Tensor
    scale: Tensor
    rest: Tensor
    used: Tensor
    typical: Tensor

    def __init__(self, config: RefinerConfig):
        super().__init__(config)
        self.config = config
        self.max_symbols = config.max_text
        width, per_frame = config.width, config.keypoints * config.dims
        self.embedding = nn.Embedding(len(self.tokenizer), width)
        self.text_positions = nn.Embedding(config.max_text, width)
        layer = nn.TransformerEncoderLayer(
            width, config.heads, config.feed_forward, config.dropout, batch_first=True, norm_first=True
        )
        self.text_layers = nn.TransformerEncoder(
            layer, config.text_layers, nn.LayerNorm(width), enable_nested_tensor=False
        )
        self.length = nn.Linear(2 * width, 1)
        self.project = nn.Linear(config.patch * (per_frame + config.keypoints), width)
        knots = config.patch // config.knot * per_frame
        self.curve = nn.Linear(knots, width, bias=False)
        self.progress = nn.Linear(width, width)
        self.layers = nn.ModuleList([_Layer(config) for _ in range(config.layers)])
        self.last_norm = nn.LayerNorm(width)
        self.output = nn.Linear(width, knots)
        for still in (self.output.weight, self.output.bias, self.length.weight, self.length.bias):
            nn.init.zeros_(still)  # the first change is none, the first length the typical one
        shape = config.keypoints, config.dims
        self.register_buffer("middle", torch.zeros(shape))
        self.register_buffer("scale", torch.ones(shape))
        self.register_buffer("rest", torch.zeros(shape))
        self.register_buffer("used", torch.ones(config.keypoints, dtype=torch.bool))
        self.register_buffer("typical", torch.tensor([config.max_frames / 4]))

    @torch.no_grad()
    def measure(self, batch: SignBatch) -> None:
        """Take middle and scale of each coordinate, the usual first frame, the points in use and the usual length."""
        weight = batch.seen[..., None].to(batch.values.dtype)
        count = weight.sum((0, 1)).clamp(min=1)
        middle = (batch.values * weight).sum((0, 1)) / count
        spread = ((batch.values - middle).square() * weight).sum((0, 1)) / count
        first, seen = batch.values[:, 0], weight[:, 0]
        usual = (first * seen).sum(0) / seen.sum(0).clamp(min=1)
        self.middle.copy_(middle)
        self.scale.copy_(spread.sqrt().clamp(min=_LEAST_SCALE))
        self.rest.copy_(torch.where(seen.sum(0) > 0, usual, middle))
        self.used.copy_(batch.seen.any(1).any(0))
        self.typical.copy_(batch.lengths.log().mean().exp())

    def encode_text(self, tokens: Tokens) -> TextEncoding:
        rows = self.embedding(tokens.ids) + self.text_positions(tokens.positions)
        return TextEncoding(self.text_layers(rows, src_key_padding_mask=tokens.padding), tokens.padding)

    def lengths(self, text: TextEncoding) -> Float[Tensor, "batch"]:
        return self.log_length(text).exp()

    def draft(
        self,
        values: Float[Tensor, "batch frames keypoints d"],
        known: Bool[Tensor, "batch frames keypoints"],
        padding: Bool[Tensor, "batch frames"],
    ) -> Draft:
        """What is missing filled in; points that are never known lie where they usually do."""
        return fill_missing_points(values, known, padding, self.rest, curved=True)

    def start(
        self,
        first: Float[Tensor, "batch keypoints d"],
        seen: Bool[Tensor, "batch keypoints"],
        lengths: Int[Tensor, "batch"],
    ) -> Draft:
        """A draft of start frames that are held still; points that are not known lie where they usually do."""
        return held_still(torch.where(seen[..., None], first, self.rest), seen, lengths)

    def refinements(
        self, text: TextEncoding, draft: Draft, steps: int, guidance: float = 0.0
    ) -> Iterator[Float[Tensor, "batch frames keypoints d"]]:
        check_steps(steps)
        given = self.given(text, draft)
        curve = self.no_curve(given)
        yield draft.values
        for step in range(steps):
            passed = curve.new_full((len(curve),), step / steps)
            curve = torch.lerp(curve, self.end_of(given, curve, passed), 1 / (steps - step))
            yield given.drawn(curve)

    def log_length(self, text: TextEncoding) -> Float[Tensor, "batch"]:
        """Natural logarithm of the predicted number of frames."""
        features = torch.cat([text.values[:, 0], text.mean()], -1)
        return self.length(features).squeeze(-1) + self.typical.log()

    def given(self, text: TextEncoding, draft: Draft) -> RefinerContext:
        """What stays the same through all refinements of a draft."""
        patch = self.config.patch
        over = -draft.known.shape[1] % patch
        absent = F.pad(draft.padding, (0, over), value=True).unflatten(1, (-1, patch)).all(2)
        seen = ~torch.cat([absent, text.padding], 1)[:, None, None]
        distance = gaps(draft.known)
        free = 1 - torch.exp(-((distance / _REACH) ** 2))
        lengths = (~draft.padding).sum(1).clamp(min=1)
        numbers = ((draft.values - self.middle) / self.scale).flatten(2)
        features = torch.cat([numbers, 1 / (1 + distance)], -1).masked_fill(draft.padding[..., None], 0)
        tokens = F.pad(features, (0, 0, 0, over)).reshape(len(lengths), -1, patch * features.shape[-1])
        rows = self.project(tokens) + self._positions(absent.shape[1], lengths, text.values)
        knots = (~absent).sum(1).clamp(min=1) * (patch // self.config.knot)
        return RefinerContext(
            draft=draft.values,
            text=[layer.attention.of_text(text.values) for layer in self.layers],
            seen=None if bool(seen.all()) else seen,
            reach=(free[..., None] * self.scale).flatten(2),
            rows=rows,
            weights=spline_weights(draft.known.shape[1], knots, self.config.knot).to(draft.values),
        )

    def no_curve(self, given: RefinerContext) -> Float[Tensor, "batch knots coordinates"]:
        """The curve that changes nothing."""
        batch, tokens = given.rows.shape[:2]
        per_frame = self.config.keypoints * self.config.dims
        return given.draft.new_zeros(batch, tokens * self.config.patch // self.config.knot, per_frame)

    def end_of(
        self, given: RefinerContext, curve: Float[Tensor, "batch knots coordinates"], passed: Float[Tensor, "batch"]
    ) -> Float[Tensor, "batch knots coordinates"]:
        """The curve at the end, as the model sees it from where refinement stands.

        Args:
            given: of the draft.
            curve: knots as they are now, in scales of their coordinates.
            passed: share of the refinement that is done.
        """
        rows = given.rows + self.curve(curve.reshape(*given.rows.shape[:2], -1))
        rows = rows + self.progress(sinusoids(passed * _HIGHEST_WAVE, rows.shape[-1]))[:, None]
        for layer, text in zip(self.layers, given.text, strict=True):
            rows = layer(rows, text, given.seen)
        return self.output(self.last_norm(rows)).reshape(curve.shape)

    def _positions(self, tokens: int, lengths: Tensor, like: Tensor) -> Float[Tensor, "batch tokens width"]:
        frame = torch.arange(tokens, device=like.device, dtype=like.dtype) * self.config.patch
        share = frame / lengths[:, None].to(like.dtype)
        half = self.config.width // 2
        by_frame = sinusoids(frame, half).expand(len(lengths), -1, -1)
        waves = torch.logspace(
            math.log2(_LOWEST_WAVE), math.log2(_HIGHEST_WAVE), half // 2, base=2.0, device=like.device
        )
        angle = share[..., None] * waves * 2 * math.pi
        return torch.cat([by_frame, angle.sin(), angle.cos()], -1)


@dataclass(frozen=True, eq=False)
class RefinerContext:
    """What stays the same through all refinements of a draft.

    Args:
        draft: the draft itself.
        text: each layer's keys and values of the text.
        seen: mask of what may be attended to; none where nothing is padding.
        reach: how far each coordinate moves by a curve of 1: 0 where it is known, its scale far from there.
        rows: the draft as tokens.
        weights: of each frame on the knots.
    """

    draft: Float[Tensor, "batch frames keypoints d"]
    text: list[tuple[Tensor, Tensor]]
    seen: Tensor | None
    reach: Float[Tensor, "batch frames coordinates"]
    rows: Float[Tensor, "batch tokens width"]
    weights: Float[Tensor, "batch frames knots"]

    def drawn(self, curve: Float[Tensor, "batch knots coordinates"]) -> Float[Tensor, "batch frames keypoints d"]:
        """The draft with a curve added, in the draft's precision: in bf16 it would tremble."""
        with torch.autocast(curve.device.type, enabled=False):
            curve = curve.to(self.weights.dtype)
            moved = torch.addcmul(self.draft.flatten(2), self.weights @ curve, self.reach)
        return moved.reshape(self.draft.shape)


def spline_weights(frames: int, knots: Int[Tensor, "batch"], spacing: int) -> Float[Tensor, "batch frames most_knots"]:
    """Weights of uniform cubic B-splines; beyond a sequence's first and last knot lie copies of them.

    Args:
        frames: how many.
        knots: of each sequence; the first is at the first frame.
        spacing: frames from one to the next.
    """
    at = torch.arange(frames, device=knots.device) / spacing
    around = at.floor()[:, None] + torch.arange(-1, 3, device=knots.device)
    far = (at[:, None] - around).abs()
    weights = torch.where(far < 1, 2 / 3 - far**2 + far**3 / 2, (2 - far).clamp(min=0) ** 3 / 6)
    places = torch.minimum(around.clamp(min=0).long()[None], (knots - 1)[:, None, None])
    table = weights.new_zeros(len(knots), frames, int(knots.max()))
    return table.scatter_add_(2, places, weights.expand(len(knots), -1, -1))


def sinusoids(values: Float[Tensor, "*batch"], width: int) -> Float[Tensor, "*batch width"]:
    """Sines and cosines of values, of wavelengths from 2 pi to 10,000 times that."""
    half = width // 2
    rates = torch.exp(torch.arange(half, device=values.device) * (-math.log(_SLOWEST) / half))
    angle = values[..., None] * rates
    return torch.cat([angle.sin(), angle.cos()], -1)
