"""Published checkpoints as models of ours."""

from __future__ import annotations

import json

import pytest
import torch
from released import case_of

from poseloom.base.errors import FileError, PoseloomError
from poseloom.checkpoints.converted import load_converted, write_converted
from poseloom.checkpoints.published_kinds import published_kinds
from poseloom.checkpoints.released import build_released, read_released
from poseloom.nn.text.decoding import Greedy, Limits
from poseloom.nn.text.tokenizers import WordTokenizer
from poseloom.nn.text.vocabulary import SPECIAL_WORDS, Vocabulary
from poseloom.tasks.common.configs import config_from_plain, config_to_plain

SMALL = "embroider/posevae"
CAPTIONS = "text-pose/generative_caption"


def _vocabulary(words: int = 2158) -> Vocabulary:
    return Vocabulary((*SPECIAL_WORDS, *(f"word{place}" for place in range(4, words))))


def test_a_converted_model_says_the_same(released_file, tmp_path):
    checkpoint = read_released(released_file(CAPTIONS))
    pose = case_of(CAPTIONS)[1]["pose"]
    strategy = Greedy(Limits(longest=15))
    expected = build_released(checkpoint).say(pose, strategy)
    card = write_converted(checkpoint, tmp_path / "captions.safetensors", _vocabulary())
    converted = load_converted(tmp_path / "captions.safetensors", task="captioning")
    said = converted.module.say(pose, strategy)
    assert torch.equal(said.tokens, expected.tokens)
    assert torch.equal(said.scores, expected.scores)
    assert converted.kind.name == "DescriptionGenerator"
    assert WordTokenizer(converted.vocabulary).decode(said.tokens[0]).startswith("Word")
    assert "NC" in converted.card.card.licence
    assert "output_dir" not in card.recipe
    assert "somewhere" not in (tmp_path / "captions.json").read_text()


def test_a_vocabulary_is_optional_but_must_fit(released_file, tmp_path):
    checkpoint = read_released(released_file(CAPTIONS))
    with pytest.raises(PoseloomError, match="has 100 words, the model 2158"):
        write_converted(checkpoint, tmp_path / "a.safetensors", _vocabulary(100))
    assert not list(tmp_path.glob("a.*"))
    write_converted(checkpoint, tmp_path / "a.safetensors")
    assert load_converted(tmp_path / "a.safetensors").vocabulary is None


def test_nothing_is_left_where_it_cannot_be_written(released_file, tmp_path):
    checkpoint = read_released(released_file(SMALL))
    with pytest.raises(FileError, match=r"does not end in .safetensors"):
        write_converted(checkpoint, tmp_path / "model.bin")
    with pytest.raises(FileError, match="does not exist"):
        write_converted(checkpoint, tmp_path / "none" / "model.safetensors")
    (tmp_path / "model.json").mkdir()
    with pytest.raises(FileError, match="is a folder"):
        write_converted(checkpoint, tmp_path / "model.safetensors")
    assert not list(tmp_path.glob("*.safetensors"))


def test_files_that_are_not_converted_models(released_file, tmp_path):
    path = tmp_path / "model.safetensors"
    write_converted(read_released(released_file(SMALL)), path)
    with pytest.raises(FileError, match="expected 'retrieval'"):
        load_converted(path, task="retrieval")
    whole = json.loads((tmp_path / "model.json").read_text())
    cases = [
        ({"config": {"latent": 32, "jionts": 22}}, "config.jionts is unknown; did you mean 'joints'"),
        ({"config": {"latent": "32"}}, "config.latent is '32', expected int"),
        ({"config": {"latent": 16}}, "by its args"),
        ({"published_kind": "Poet"}, "'Poet' is unknown"),
    ]
    for changes, message in cases:
        (tmp_path / "model.json").write_text(json.dumps({**whole, "extras": {**whole["extras"], **changes}}))
        with pytest.raises(FileError, match=message):
            load_converted(path)


@pytest.mark.parametrize("kind", published_kinds(), ids=lambda kind: kind.name)
def test_configurations_survive_json(kind):
    config = kind.config_class()
    assert config_from_plain(kind.config_class, json.loads(json.dumps(config_to_plain(config)))) == config
