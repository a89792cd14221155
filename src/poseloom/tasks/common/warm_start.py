"""Begin with the text encoder of a trained retrieval model, which knows already what the words mean."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from poseloom.base.errors import FileError
from poseloom.base.ranges import within
from poseloom.nn.text.convolutions import ConvTextEncoder
from poseloom.nn.text.words import WordList
from poseloom.training import read_card, read_model

_PREFIX = "text_encoder."


@dataclass(frozen=True)
class WarmStart:
    """Weights to begin with.

    Args:
        text: exported retrieval model (safetensors) whose text encoder and vocabulary are taken; none where it is
            empty.
        model: exported model of the same task that learns on, with its words and facts; none where it is empty. What it
            has
            no weights of begins afresh.
        more_words: whether words of the new texts that the start does not know are added to its vocabulary.
        lr_factor: multiplies the learning rate of the text encoder; 0 leaves it as it is.
        frozen: stages in which the text encoder stays as it is, which makes their steps cheaper.
    """

    text: str = ""
    model: str = ""
    more_words: bool = False
    lr_factor: float = within(1.0, 0, 1000)
    frozen: list[str] = field(default_factory=list)

    def learns_in(self, stage: str) -> bool:
        """Whether the text encoder learns in a stage."""
        return self.lr_factor > 0 and stage not in self.frozen


def words_of_start(start: WarmStart) -> WordList | None:
    """The vocabulary of the model that is begun with.

    Raises:
        FileError: the model is not there or has no words.
    """
    source = start.model or start.text
    if not source:
        return None
    extras = read_card(source).extras
    if "words" not in extras:
        raise FileError(source, "has no words", field="extras", remedy="name a default retrieval model")
    return WordList(extras["words"])


def known_facts(start: WarmStart) -> list[str]:
    """The facts of the model that learns on; none where there is no such model."""
    return list(read_card(start.model).extras.get("facts", [])) if start.model else []


def give_weights(start: WarmStart, model: nn.Module) -> None:
    """Put the weights of the model that learns on into a model; words that were added begin afresh.

    Raises:
        FileError: they do not fit.
    """
    if not start.model:
        return
    _, weights = read_model(start.model)
    if start.more_words:
        weights = {name: _grown(value, model.state_dict().get(name)) for name, value in weights.items()}
    try:
        _, unknown = model.load_state_dict(weights, strict=False)
    except RuntimeError:
        unknown = ["sizes"]
    if unknown:
        raise FileError(start.model, "is of other sizes", field="model", remedy="give model the sizes of that model")


def _grown(old: Tensor, own: Tensor | None) -> Tensor:
    """Rows of known words, then the model's own for those that were added."""
    if own is None or old.ndim != 2 or own.shape[1:] != old.shape[1:] or len(own) <= len(old):
        return old
    return torch.cat([old, own[len(old) :].to(old)])


def give_text_encoder(start: WarmStart, encoder: ConvTextEncoder) -> None:
    """Put the weights of the model that is begun with into a text encoder.

    Raises:
        FileError: they are of another size.
    """
    if not start.text:
        return
    _, weights = read_model(start.text)
    own = {name.removeprefix(_PREFIX): value for name, value in weights.items() if name.startswith(_PREFIX)}
    try:
        encoder.load_state_dict(own)
    except RuntimeError:
        remedy = "give model.text the sizes of that model"
        raise FileError(start.text, "has another text encoder", field="model.text", remedy=remedy) from None
