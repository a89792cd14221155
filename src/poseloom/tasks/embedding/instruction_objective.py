"""How InstructionGenerator is trained: instructions between two vectors of a frozen space (arXiv 2409.06535)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.base.ranges import DEEPEST, WIDEST, within
from poseloom.base.streams import mix_numbers
from poseloom.data.splits import TRAIN, VAL
from poseloom.data.text_views import PairTextDataset
from poseloom.metrics.bleu import corpus_bleu
from poseloom.metrics.meteor import meteor_es
from poseloom.metrics.rouge import rouge_l
from poseloom.nn.losses import caption_loss, mismatched_caption_loss
from poseloom.nn.text.decoder import DecoderMode, TextDecoderConfig
from poseloom.nn.text.decoding import Greedy, Limits
from poseloom.nn.text.tokenizers import Tokenizer, WordPieceTokenizer, WordTokenizer
from poseloom.nn.text.vocabulary import Vocabulary, build_vocabulary
from poseloom.tasks.common.published_models import PIECES, VOCABULARY
from poseloom.tasks.common.stage_data import stage_data
from poseloom.tasks.embedding.encoders.frozen import Item, PoseItem
from poseloom.tasks.embedding.features import KeptFeatures, in_parts
from poseloom.tasks.embedding.head_learning import HeadLearner, HeadRecipe
from poseloom.tasks.embedding.modalities import IMAGE, POSE, Subset
from poseloom.tasks.embedding.networks.instructor import InstructionGenerator, InstructorConfig, piece_decoder
from poseloom.tasks.embedding.rows import EmbeddingData, as_it_is, picture_item
from poseloom.training import Batches, DatasetBatches, Monitor, Share, Task
from poseloom.training.feed import on_device

_AT_ONCE = 64
_QUERIES: tuple[tuple[Subset, Subset], ...] = (
    ((POSE,), (POSE,)),
    ((IMAGE,), (IMAGE,)),
    ((POSE,), (IMAGE,)),
    ((IMAGE,), (POSE,)),
    ((IMAGE, POSE), (IMAGE, POSE)),
)
"""What instructions are told between in the protocol."""


@dataclass(frozen=True)
class InstructorModel:
    """Of the network.

    Args:
        fusion: tirg (released) or concat-mlp.
        words: table (a vocabulary of the table's instructions), or pieces (BERT's, as released).
        width: numbers of a word's vector.
        layers: of the decoder.
        heads: of its attention.
        feed_forward: width inside its layers.
    """

    fusion: Literal["tirg", "concat-mlp"] = "tirg"
    words: Literal["table", "pieces"] = "table"
    width: int = within(512, 2, WIDEST)
    layers: int = within(4, 1, DEEPEST)
    heads: int = within(8, 1, 999)
    feed_forward: int = within(1024, 1, WIDEST)


@dataclass(frozen=True)
class InstructorRecipe(HeadRecipe):
    """How InstructionGenerator is trained and measured.

    Args:
        algorithm: tells these recipes from those of spaces.
        model: of the network.
        pieces: BERT's uncased vocab.txt, where model.words is pieces.
        longest: ids of a text, start included.
    """

    algorithm: str = "instructions"
    inputs: list[str] = field(default_factory=lambda: [POSE])
    model: InstructorModel = field(default_factory=InstructorModel)
    pieces: str = ""
    longest: int = within(200, 2, 100_000)


@dataclass(frozen=True, eq=False)
class PairFeatures:
    """Frozen features of pairs of people, and an instruction of each.

    Args:
        first, second: by modality.
        tokens: ids, padded.
        lengths: of each text.
    """

    first: dict[str, Tensor]
    second: dict[str, Tensor]
    tokens: Tensor
    lengths: Tensor


class PairRows:
    """Pairs of a table's rows with instructions, by place.

    Raises:
        PoseloomError: no pair has an instruction, or the pictures that are asked for.
    """

    def __init__(self, data: EmbeddingData, split: str, learner: InstructorLearner, modalities: Subset):
        self.view = PairTextDataset(_table(data), data.texts, split, sources=data.sources or None)
        table, self._tokenizer = self.view.table, learner.tokenizer
        self.seed, self.epoch = learner.recipe.seed, 0
        ends = [np.asarray(table.pairs.column(name), dtype=np.int64)[self.view.pairs] for name in ("row_a", "row_b")]
        rows = np.unique(np.concatenate(ends)) if len(self.view.pairs) else np.zeros(0, np.int64)
        if not len(rows):
            raise PoseloomError(f"{data.table}: split {split!r} has no pairs with instructions")
        self._place = [np.searchsorted(rows, one) for one in ends]
        self._kept, self._keys = dict[str, KeptFeatures](), dict[str, list[str]]()
        there = np.ones(len(rows), bool)
        for one in modalities:
            self._kept[one] = KeptFeatures(learner.space.encoder(one), data.features or None)
            items, has = _end_items(table, data, rows, one)
            there &= has
            found = iter(self._kept[one].fill([item for item in items if item is not None]))
            self._keys[one] = [next(found) if item is not None else "" for item in items]
            there &= np.array([bool(key) and self._kept[one].found(key) for key in self._keys[one]])
        self.places = np.flatnonzero(there[self._place[0]] & there[self._place[1]])
        if not len(self.places):
            raise PoseloomError(f"{data.table}: split {split!r} has no pairs whose people are found in their pictures")

    def __len__(self) -> int:
        return len(self.places)

    def set_epoch(self, epoch: int) -> None:
        """Draw other instructions."""
        self.epoch = epoch

    def texts_of(self, place: int) -> list[str]:
        """All instructions of a pair."""
        return self.view.texts_of(int(self.view.pairs[self.places[place]]))

    def __getitems__(self, places: Sequence[int]) -> PairFeatures:
        return self.batch(places, None)

    def batch(self, places: Sequence[int], which: int | None) -> PairFeatures:
        """Some pairs, with the instruction that `which` counts, or a drawn one."""
        texts = []
        for place in places:
            known = self.texts_of(place)
            drawn = mix_numbers(self.seed, self.epoch, int(self.places[place])) if which is None else which
            texts.append(known[drawn % len(known)])
        encoded = self._tokenizer.encode(texts)
        first, second = ({one: self._features(one, end, places) for one in self._kept} for end in (0, 1))
        return PairFeatures(first, second, encoded.tokens, encoded.lengths)

    def _features(self, modality: str, end: int, places: Sequence[int]) -> Tensor:
        rows = self._place[end][self.places[np.asarray(places)]]
        return self._kept[modality].batch([self._keys[modality][row] for row in rows.tolist()])


class InstructorLearner(HeadLearner):
    """InstructionGenerator by teacher forcing; monitored by its loss."""

    kind = "InstructionGenerator"
    monitor = Monitor("total", "min")
    recipe: InstructorRecipe
    model: InstructionGenerator

    def __init__(self, recipe: InstructorRecipe):
        super().__init__(recipe)
        self.words: Vocabulary | None = _words(recipe) if recipe.model.words == "table" else None
        self.tokenizer: Tokenizer = WordTokenizer(self.words) if self.words else _pieces(recipe)
        sizes = recipe.model
        shape = (sizes.width, sizes.layers, sizes.heads, sizes.feed_forward)
        decoder = (
            TextDecoderConfig(len(self.words), *shape) if self.words else piece_decoder(self.tokenizer.words, *shape)
        )
        latent = self.space.dimensions
        config = InstructorConfig(latent, latent, sizes.fusion, DecoderMode.CROSS_ATTENTION, decoder)
        self.model = InstructionGenerator(config)
        self._held: dict[tuple[str, Subset], PairRows] = {}

    def batches(self, share: Share) -> Batches:
        data = stage_data(self.recipe, share.stage)
        return DatasetBatches(PairRows(data, TRAIN, self, self.inputs), share, as_it_is)

    def losses(self, batch: PairFeatures) -> dict[str, Tensor]:
        return {"total": caption_loss(self._logits(batch), batch.tokens)}

    def _logits(self, batch: PairFeatures) -> Tensor:
        first, second = (self.tokens(one) for one in (batch.first, batch.second))
        return self.model(first, second, batch.tokens, batch.lengths)

    def validate(self) -> dict[str, float]:
        """The loss, and that against the texts of others, which should stay high."""
        rows, sums, count = self._rows(VAL, self.inputs), {"total": 0.0, "mismatched": 0.0}, 0
        for places in in_parts(len(rows), _AT_ONCE):
            batch = on_device(rows.batch(places, 0), self.device)
            logits = self._logits(batch)
            sums["total"] += len(places) * float(caption_loss(logits, batch.tokens))
            sums["mismatched"] += len(places) * float(mismatched_caption_loss(logits, batch.tokens))
            count += len(places)
        return {name: value / count for name, value in sums.items()}

    def evaluate(self, split: str) -> dict[str, float]:
        """BLEU-4, ROUGE-L, METEOR of greedy instructions from poses, photos, and one of each; 0 to 100."""
        figures: dict[str, float] = {}
        for first, second in _QUERIES:
            used = tuple(one for one in (IMAGE, POSE) if one in (*first, *second))
            if not set(used) <= set(self.space.seen) or (IMAGE in used and not self._has_pictures(split)):
                continue
            name = f"{'+'.join(first)}_to_{'+'.join(second)}"
            figures |= {f"{name}_{key}": value for key, value in self._said(split, used, first, second).items()}
        return figures

    def _said(self, split: str, used: Subset, first: Subset, second: Subset) -> dict[str, float]:
        rows, texts = self._rows(split, used), list[str]()
        strategy = Greedy(Limits(longest=self.recipe.longest))
        for places in in_parts(len(rows), _AT_ONCE):
            batch = on_device(rows.batch(places, 0), self.device)
            ends = self.tokens(batch.first, first), self.tokens(batch.second, second)
            texts += [self.tokenizer.decode(row) for row in self.model.say(*ends, strategy).tokens.cpu()]
        known = [rows.texts_of(place) for place in range(len(rows))]
        seed = int(torch.randint(1 << 31, ()))
        return {
            "bleu": corpus_bleu(texts, known),
            "rouge_l": rouge_l(texts, known, seed).median,
            "meteor_es": meteor_es(texts, known),
        }

    def _has_pictures(self, split: str) -> bool:
        table = _table(stage_data(self.recipe, self.recipe.stages[-1]))
        return any(table.pictures(table.rows_of(split)).paths)

    def _rows(self, split: str, modalities: Subset) -> PairRows:
        if (split, modalities) not in self._held:
            data = stage_data(self.recipe, self.recipe.stages[-1])
            self._held[split, modalities] = PairRows(data, split, self, modalities)
        return self._held[split, modalities]

    def extras(self) -> dict[str, Any]:
        pieces = self.tokenizer.pieces if isinstance(self.tokenizer, WordPieceTokenizer) else None
        words = None if self.words is None else list(self.words.words)
        return {**super().extras(), VOCABULARY: words, PIECES: pieces}


def _table(data: EmbeddingData) -> Any:
    from poseloom.data.table import Table

    if not data.table:
        raise PoseloomError("recipe: data.table is empty; name a table with pairs and instructions: --data.table DIR")
    return Table(data.table)


def _end_items(table: Any, data: EmbeddingData, rows: Any, modality: str) -> tuple[list[Item | None], Any]:
    """Items of the ends of pairs, and which rows have one."""
    if modality == POSE:
        poses = table.poses(rows).without_heading().rotations
        return [PoseItem(one) for one in poses], np.ones(len(rows), bool)
    if modality != IMAGE:
        raise PoseloomError(f"recipe: inputs: instructions are told between pictures and poses, not {modality}s")
    from pathlib import Path

    found, folder = table.pictures(rows), Path(data.pictures or data.table)
    items: list[Item | None] = [
        picture_item(folder / path, box) if path else None for path, box in zip(found.paths, found.box, strict=True)
    ]
    return items, np.array([item is not None for item in items])


def _words(recipe: InstructorRecipe) -> Vocabulary:
    """The words of all instructions of the table."""
    views = [PairTextDataset(_table(recipe.data), recipe.data.texts, sources=recipe.data.sources or None)]
    texts = [text for view in views for pair in view.pairs.tolist() for text in view.texts_of(pair)]
    if not texts:
        raise PoseloomError(f"{recipe.data.table}: has no pairs with instructions of the kinds in data.texts")
    return build_vocabulary(texts)


def _pieces(recipe: InstructorRecipe) -> WordPieceTokenizer:
    from pathlib import Path

    from poseloom.tasks.embedding.head_predict import packaged_pieces

    return WordPieceTokenizer(recipe.pieces or packaged_pieces(Path(recipe.space)))


TASK = Task("embedding", "instructions between photos or poses", InstructorRecipe, InstructorLearner)
