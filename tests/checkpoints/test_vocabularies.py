"""Vocabularies of the published text generators, from the files that a user may have."""

from __future__ import annotations

import json
import pickle

import pytest

from poseloom.base.errors import FileError, PoseloomError
from poseloom.checkpoints.vocabularies import find_vocabulary, published_vocabularies, texts_in_order
from poseloom.nn.text.side_flip import side_words
from poseloom.nn.text.vocabulary import build_vocabulary

FIX = {
    "posefix_human_6157.json": {"7": "Raise the arm.", "2": ["Bend it.", "Raise it."]},
    "posefix_auto_135305.json": {"0": ["Lower both arms."]},
    "posefix_paraphrases_4284.json": {"2": ["Lift it higher."]},
}
SCRIPT = {"posescript_human_6293.json": {"0": "A man."}, "posescript_auto_100k.json": {"0": ["His arm.", "An arm."]}}


def _release(folder, files):
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content))
    return folder


def test_words_follow_the_order_of_the_files(tmp_path):
    size = 4 + 11 + len(side_words())
    vocabulary = find_vocabulary("vocPFAHPP", size, source=_release(tmp_path, FIX))
    assert " ".join(vocabulary.words[4:15]) == "raise the arm . bend it lower both arms lift higher"


def test_the_size_must_be_that_of_the_model(tmp_path):
    with pytest.raises(FileError, match="words, the model has 2374"):
        find_vocabulary("vocPFAHPP", 2374, source=_release(tmp_path, FIX))


def test_what_is_missing_is_said(tmp_path):
    with pytest.raises(PoseloomError, match=r"posefix_human_6157.json.*vocab_posefix_6157_pp4284_auto.pkl.*word list"):
        find_vocabulary("vocPFAHPP", 2374)
    with pytest.raises(PoseloomError, match="'other' of this model is not in the checkpoint"):
        find_vocabulary("other", 10)
    with pytest.raises(PoseloomError, match="'other' cannot be built"):
        find_vocabulary("other", 10, source=tmp_path)
    _release(tmp_path, {"posefix_human_6157.json": {}})
    with pytest.raises(FileError, match=r"lacks posefix_auto_135305.json, posefix_paraphrases_4284.json"):
        find_vocabulary("vocPFAHPP", 2374, source=tmp_path)


def test_action_words_come_from_a_file(tmp_path):
    folder = _release(tmp_path, SCRIPT)
    with pytest.raises(FileError, match="560 action words"):
        find_vocabulary("vocPSA2H2", 2158, source=folder)
    extra = tmp_path / "actions.txt"
    extra.write_text("sit-up\nwarm up\n")
    vocabulary = find_vocabulary("vocPSA2H2", 4 + 6 + 3 + len(side_words()), source=folder, extra_words=extra)
    assert " ".join(vocabulary.words[4:13]) == "a man . his arm an sit-up warm up"


def test_the_pickle_of_the_original_and_a_word_list(tmp_path):
    vocabulary = build_vocabulary(["one two"])
    listed = tmp_path / "words.txt"
    listed.write_text("\n".join(vocabulary.words))
    assert find_vocabulary("any", len(vocabulary), source=listed) == vocabulary
    table = {"idx": len(vocabulary), "word2idx": vocabulary.ids, "idx2word": dict(enumerate(vocabulary.words))}
    (tmp_path / "vocab_posescript_6293_auto100k.pkl").write_bytes(pickle.dumps(table))
    assert find_vocabulary("vocPSA2H2", len(vocabulary), source=tmp_path) == vocabulary
    with pytest.raises(FileError, match="the model has 3"):
        find_vocabulary("any", 3, source=listed)


def test_files_that_hold_no_texts(tmp_path):
    path = tmp_path / "a.json"
    for content, message in (("[1]", "holds a list"), ('{"4": 1}', "id 4"), ("{", "is no JSON")):
        path.write_text(content)
        with pytest.raises(FileError, match=message):
            list(texts_in_order(path))


def test_the_known_vocabularies():
    known = published_vocabularies()
    assert {key: entry.words for key, entry in known.items()} == {
        "vocPSA2H2": 2158,
        "vocPFAHPP": 2374,
        "vocMixPSA2H2PFAHPP": None,
    }
