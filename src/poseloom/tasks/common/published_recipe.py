"""What the recipes of the published models share: which texts of which table, how texts are read, when poses learn."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from poseloom.base.errors import PoseloomError, closest
from poseloom.data.schema import TextKind
from poseloom.tasks import PUBLISHED
from poseloom.training import Recipe

WORD_ENCODERS = ("glovebigru", "glovetransf")
"""Text encoders with a trainable table of words."""


@dataclass(frozen=True)
class TableData:
    """A table of poses, or of pairs, and which of its texts count.

    Args:
        table: folder of the table, with splits train, val and test.
        texts: kinds that count: human, automatic, paraphrase, label.
        sources: only texts of these sources, as posescript-H2; all where it is empty.
        flip: mirror half of the training poses, with left and right exchanged in their texts.
        vocabulary: file of words (one a line, JSON, the original's pickle), or a trained model whose words are taken;
            made of the texts of all splits, as published, where it is empty.
    """

    stage_keys: ClassVar[tuple[str, ...]] = ("table", "texts", "sources", "flip")

    table: str = ""
    texts: list[str] = field(default_factory=lambda: [TextKind.HUMAN.value])
    sources: list[str] = field(default_factory=list)
    flip: bool = False
    vocabulary: str = ""


@dataclass(frozen=True)
class ReadingData(TableData):
    """A table of poses, or of pairs, whose texts are read by a text encoder.

    Args:
        features: folder in which features of the frozen language model are kept, once for each text; nothing is kept
            where it is empty.
    """

    features: str = ""


@dataclass(frozen=True)
class TextReaderModel:
    """How texts are read.

    Args:
        encoder: distilbertUncased (the released models), glovebigru (the papers), glovetransf, minilm, or huggingface.
        weights: folder of the DistilBERT or BERT (config.json, model.safetensors, vocab.txt); for huggingface its name
            or folder.
        pooling: end of the transformers: mean over the tokens (avgp) or learned tokens in front (augtokens).
        frozen_dropout: leave the dropout of the frozen language model on in training, as published; off where features
            are kept.
        glove: file of GloVe vectors of size 300 to begin the word table with; random where it is empty.
    """

    encoder: Literal["distilbertUncased", "glovebigru", "glovetransf", "minilm", "huggingface"] = "distilbertUncased"
    weights: str = ""
    pooling: Literal["avgp", "augtokens"] = "avgp"
    frozen_dropout: bool = True
    glove: str = ""

    @property
    def has_words(self) -> bool:
        """Whether it has a trainable table of words; the others are frozen language models."""
        return self.encoder in WORD_ENCODERS


@dataclass(frozen=True)
class PublishedRecipe(Recipe):
    """A published model, trained and measured as published.

    Args:
        algorithm: tells these recipes from those of poseloom's own small models.
    """

    algorithm: str = PUBLISHED

    def __post_init__(self) -> None:
        super().__post_init__()
        own = type(self).algorithm
        if self.algorithm != own:
            raise PoseloomError(f"recipe: algorithm: expected {own!r} here, got {self.algorithm!r}")
        data: Any = getattr(self, "data", None)
        if isinstance(data, ReadingData):
            check_reading(self.model.text, data)  # type: ignore[attr-defined]


def check_reading(text: TextReaderModel, data: ReadingData) -> None:
    """Refuse values of a text encoder that would have no effect with it.

    Raises:
        PoseloomError: with what to change.
    """
    wrong = {
        "model.text.weights": (text.has_words or text.encoder == "minilm") and text.weights,
        "model.text.glove": not text.has_words and text.glove,
        "data.vocabulary": not text.has_words and data.vocabulary,
        "data.features": text.has_words and data.features,
        "model.text.pooling": text.encoder == "glovebigru" and text.pooling != TextReaderModel.pooling,
        "model.text.frozen_dropout": text.has_words and not text.frozen_dropout,
    }
    for key, given in wrong.items():
        if given:
            raise PoseloomError(f"recipe: {key} has no effect with model.text.encoder {text.encoder}; remove it")
    if data.features and text.frozen_dropout:
        remedy = "set model.text.frozen_dropout false, or leave data.features empty"
        raise PoseloomError(f"recipe: data.features: features that dropout changes cannot be kept; {remedy}")


def check_stages(recipe: Recipe, key: str, factors: dict[str, float]) -> None:
    """Refuse factors of stages that the recipe does not have.

    Raises:
        PoseloomError: with the nearest name.
    """
    names = [stage.name for stage in recipe.stages]
    for name, factor in factors.items():
        if name not in names:
            raise PoseloomError(f"recipe: {key}: no stage {name!r}, there are {', '.join(names)}{closest(name, names)}")
        if not factor >= 0:
            raise PoseloomError(f"recipe: {key}.{name}: expected 0 or more, got {factor}")
