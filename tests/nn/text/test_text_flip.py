"""Left and right in texts: the golden case, both kinds of tokens, and laws."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from released import GOLDEN, case_of

from poseloom.base.errors import PoseloomError
from poseloom.nn.text.language_models import minilm_file
from poseloom.nn.text.side_flip import SideFlip
from poseloom.nn.text.tokenizers import WordPieceTokenizer, WordTokenizer
from poseloom.nn.text.vocabulary import build_vocabulary

_FREE = ["left", "the", "arm", "rightward", "left-hand", "front-right", "knee", "anticlockwise", "raised"]


def test_golden():
    assert GOLDEN.exists()
    case, arrays = case_of("text-pose/text_flip")
    ids = {word: place for place, word in enumerate(case["config"]["vocabulary"])}
    flip = SideFlip(lambda word: (ids[word],) if word in ids else ())
    done = flip.flip(arrays["tokens"], (arrays["tokens"] != 0).sum(1), "counterclockwise")
    assert torch.equal(done.tokens, arrays["flipped"])
    assert torch.equal(done.lengths, arrays["lengths"])
    assert torch.equal(done.was_flipped, arrays["was_flipped"])


@given(st.lists(st.sampled_from(_FREE), max_size=12))
def test_twice_is_the_same_text(words):
    tokenizer = WordTokenizer(build_vocabulary([" ".join(_FREE)]))
    batch = tokenizer.encode([" ".join(words)])
    once = tokenizer.side_flip()(batch.tokens, batch.lengths)
    again = tokenizer.side_flip().flip(once.tokens, once.lengths, "anticlockwise")
    assert once.was_flipped.all()
    assert torch.equal(again.tokens, batch.tokens)


def test_a_row_whose_opposite_word_is_lacking_stays():
    tokenizer = WordTokenizer(build_vocabulary(["the left arm", "the knee"], with_side_words=False))
    batch = tokenizer.encode(["the left arm", "the knee"])
    done = tokenizer.side_flip()(batch.tokens, batch.lengths)
    assert done.was_flipped.tolist() == [False, True]
    assert torch.equal(done.tokens, batch.tokens)


def test_the_seed_decides_the_word_for_counterclockwise():
    tokenizer = WordTokenizer(build_vocabulary(["turn clockwise"]))
    batch = tokenizer.encode(["turn clockwise"])
    said = {tokenizer.decode(tokenizer.side_flip()(batch.tokens, batch.lengths, seed=n).tokens[0]) for n in range(30)}
    assert len(said) == 4
    first, again = (tokenizer.side_flip()(batch.tokens, batch.lengths, seed=5).tokens for _ in range(2))
    assert torch.equal(first, again)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Move your right-hand rightwards, left knee up.", "Move your left-hand leftwards, right knee up."),
        ("The hand is right beside the left knee.", "The hand is right beside the right knee."),
        ("Turn clockwise", "Turn anti-clockwise"),
        ("Turn anti-clockwise", "Turn clockwise"),
        ("At three o'clock the right arm", "At three o'clock the right arm"),
        ("It's right behind", "It's right behind"),
    ],
)
def test_words_of_several_pieces(text, expected):
    pytest.importorskip("tokenizers")
    try:
        tokenizer = WordPieceTokenizer(minilm_file("vocab.txt"))
    except PoseloomError as error:
        pytest.skip(str(error))
    batch = tokenizer.encode([text])
    done = tokenizer.side_flip().flip(batch.tokens, batch.lengths, "anti-clockwise")
    assert tokenizer.decode(done.tokens[0]) == expected
    assert done.was_flipped.item() == ("o'clock" not in text)
