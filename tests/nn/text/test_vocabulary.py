"""Vocabularies and tokenisers."""

from __future__ import annotations

import json
import pickle

import pytest
import torch

from poseloom.base.errors import FileError, PoseloomError
from poseloom.nn.text.glove import glove_table
from poseloom.nn.text.language_models import minilm_file
from poseloom.nn.text.side_flip import side_words
from poseloom.nn.text.tokenizers import WordPieceTokenizer, WordTokenizer
from poseloom.nn.text.vocabulary import SPECIAL_WORDS, UNKNOWN, Vocabulary, build_vocabulary, read_vocabulary

TEXTS = ["The left arm is up. He isn't bent.", "Both arms, up."]


def _vocabulary() -> Vocabulary:
    return build_vocabulary(TEXTS)


def test_words_come_in_the_order_of_first_appearance():
    words = _vocabulary().words
    assert " ".join(words[4:18]) == "the left arm is up . he n't bent both arms , right rightward"
    assert set(side_words()) <= set(words)
    assert len(build_vocabulary(TEXTS, with_side_words=False)) == 16
    assert build_vocabulary([], extra_words=["sit-up", "the dance"]).words[4:7] == ("sit-up", "the", "dance")


def test_texts_go_to_ids_and_back():
    tokenizer = WordTokenizer(_vocabulary())
    batch = tokenizer.encode(["the left arm, is up. both arms bent.", "", "The purple arm"])
    assert batch.lengths.tolist() == [13, 2, 5]
    assert batch.tokens[1].tolist() == [1, 2] + [0] * 11
    assert batch.tokens[2, 2] == UNKNOWN
    assert batch.unknown == ((), (), ("purple",))
    assert tokenizer.decode(batch.tokens[0]) == "The left arm, is up. Both arms bent."
    assert tokenizer.decode(batch.tokens[1]) == ""


def test_a_text_that_is_too_long_is_cut_and_that_is_told():
    batch = WordTokenizer(_vocabulary(), longest=6).encode(["arm " * 10_000, "arm"])
    assert batch.tokens.shape == (2, 6)
    assert batch.tokens[0, -1] == 2
    assert batch.cut == (9996, 0)


@pytest.mark.parametrize("suffix", [".txt", ".json", ".pkl"])
def test_vocabularies_are_read_from_files(suffix, tmp_path):
    words = list(_vocabulary().words)
    path = tmp_path / f"words{suffix}"
    if suffix == ".pkl":
        table = {"idx": len(words), "word2idx": {word: place for place, word in enumerate(words)}}
        path.write_bytes(pickle.dumps({**table, "idx2word": dict(enumerate(words))}))
    else:
        path.write_text(json.dumps(words) if suffix == ".json" else "\n".join(words[4:]) + "\n")
    assert read_vocabulary(path).words == tuple(words)


class _Attack:
    def __reduce__(self):
        return (print, ("executed",))


def test_files_that_are_no_vocabulary_are_refused(tmp_path, capsys):
    attack, empty, twice = tmp_path / "a.pkl", tmp_path / "b.json", tmp_path / "c.txt"
    attack.write_bytes(pickle.dumps({"word2idx": _Attack()}))
    empty.write_text('{"a": 1}')
    twice.write_text("arm\nleg\narm\n")
    for path, words in ((attack, "refused"), (empty, "no list of words"), (twice, "'arm' is in it twice")):
        with pytest.raises(FileError, match=words):
            read_vocabulary(path)
    assert not capsys.readouterr().out
    with pytest.raises(PoseloomError, match="begins with"):
        Vocabulary(("a", "b"))


@pytest.fixture(scope="module")
def pieces() -> WordPieceTokenizer:
    pytest.importorskip("tokenizers")
    try:
        return WordPieceTokenizer(minilm_file("vocab.txt"))
    except PoseloomError as error:
        pytest.skip(str(error))


def test_wordpieces_are_those_of_bert(pieces):
    batch = pieces.encode(["The person's left-hand is up.", ""])
    assert pieces.words == 30_522
    assert batch.tokens[0].tolist() == [101, 1996, 2711, 1005, 1055, 2187, 1011, 2192, 2003, 2039, 1012, 102]
    assert batch.tokens[1, :2].tolist() == [101, 102]
    assert pieces.encode(["a ☃ b"]).unknown == (("☃",),)


def test_wordpieces_become_text_again(pieces):
    text = "The person's knees are bent, arms up. Turn counter-clockwise in an l-shape, shoulder-width apart."
    assert pieces.decode(pieces.encode([text]).tokens[0]) == text


def test_long_texts_in_wordpieces(pieces):
    batch = pieces.encode(["arm " * 10_000])
    assert batch.tokens.shape == (1, 512)
    assert batch.cut == (9490,)


def test_vectors_of_glove_by_word(tmp_path):
    path = tmp_path / "glove.txt"
    row = " ".join(["0.5"] * 300)
    path.write_text(f"left {row}\nother {row}\n. . . {row}\n")
    vocabulary = Vocabulary((*SPECIAL_WORDS, "left", "left</w>", "knee"))
    table = glove_table(vocabulary, path)
    assert (table[4:6] == 0.5).all()
    assert table[6].std() > 0.5
    path.write_text("left 0.5 0.5\n")
    with pytest.raises(FileError, match="line 1"):
        glove_table(Vocabulary((*SPECIAL_WORDS, "left")), path)
    assert torch.equal(table[6], glove_table(vocabulary, _empty(tmp_path))[6])


def _empty(folder):
    path = folder / "none.txt"
    path.write_text("\n")
    return path
