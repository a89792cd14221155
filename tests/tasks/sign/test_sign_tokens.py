"""Token ids of HamNoSys and SignWriting: golden cases, laws, and mistakes."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from poseloom.base.errors import PoseloomError
from poseloom.tasks.sign.signwriting import (
    COMBINED_SIZE,
    SIGNWRITING_SIZE,
    combined_ids,
    detokenize,
    join_signs,
    parse_sign,
    signwriting_ids,
    signwriting_text,
    signwriting_tokens,
)
from poseloom.tasks.sign.tokens import FONT_SYMBOLS, GENERIC_TOKENS, HAM2POSE_TOKENS

_place = st.integers(250, 749)
_symbol = st.builds(
    "S{:x}{}{:x}{}x{}".format, st.integers(0x100, 0x38B), st.integers(0, 5), st.integers(0, 15), _place, _place
)
_sign = st.builds(
    lambda box, x, y, symbols: f"{box}{x}x{y}{''.join(symbols)}",
    st.sampled_from("BLMR"),
    _place,
    _place,
    st.lists(_symbol, max_size=3),
)


def test_ids_of_the_released_tokenizers(golden):
    case, _ = golden("sign/tokenizers")
    given_texts, expected = case["inputs"], case["outputs"]
    texts = ["".join(chr(int(code, 16)) for code in row) for row in given_texts["hamnosys"]]
    fsw = given_texts["fsw"]
    assert [GENERIC_TOKENS.ids(text) for text in texts] == expected["hamnosys_generic"]
    assert [GENERIC_TOKENS.ids(t, bos=True, eos=True) for t in texts[:2]] == expected["hamnosys_generic_bos_eos"]
    assert [HAM2POSE_TOKENS.ids(text) for text in texts] == expected["ham2pose"]
    assert [signwriting_tokens(text) for text in fsw] == expected["signwriting_tokens"]
    assert [signwriting_ids(text) for text in fsw] == expected["signwriting"]
    assert [detokenize(tokens) for tokens in expected["signwriting_tokens"]] == expected["signwriting_detokenized"]
    assert [combined_ids(text, bos=True, eos=True) for text in texts[:2]] == expected["sign_language_hamnosys"]
    assert [combined_ids(text, bos=True, eos=True) for text in fsw[:2]] == expected["sign_language_fsw"]
    assert combined_ids("") == expected["sign_language_empty"]


def test_sizes_of_the_vocabularies():
    assert (len(FONT_SYMBOLS), len(HAM2POSE_TOKENS), len(GENERIC_TOKENS)) == (210, 212, 214)
    assert (SIGNWRITING_SIZE, COMBINED_SIZE) == (1182, 1392)


@given(st.lists(st.text(st.sampled_from(FONT_SYMBOLS), max_size=12), min_size=1, max_size=4))
def test_a_batch_is_the_texts_and_padding(texts):
    tokens = HAM2POSE_TOKENS.batch(texts)
    for row, text in enumerate(texts):
        ids = HAM2POSE_TOKENS.ids(text)
        assert tokens.ids[row, : len(ids)].tolist() == ids
        assert tokens.positions[row, : len(ids)].tolist() == list(range(len(ids)))
        assert (~tokens.padding[row]).sum() == len(ids) and not tokens.padding[row, : len(ids)].any()
        assert (tokens.ids[row, len(ids) :] == 0).all() and (tokens.positions[row, len(ids) :] == 0).all()
    assert tokens.ids.dtype == torch.int64


@given(st.lists(_sign, min_size=1, max_size=3))
def test_signwriting_comes_back(signs):
    text = " ".join(signs)
    assert signwriting_text(signwriting_ids(text)) == text
    assert str(parse_sign(signs[0])) == signs[0]


def test_joined_signs_stand_below_each_other():
    joined = join_signs("M507x507S1f720487x492", "M507x507S14720493x485")
    assert joined == "M500x500S1f720487x493S14720493x508"
    assert join_signs() == "M500x500"


def test_mistakes_name_the_place():
    with pytest.raises(PoseloomError, match=r"character 3 is 'x' \(U\+0078\)"):
        HAM2POSE_TOKENS.ids(" \ue000x")
    with pytest.raises(PoseloomError, match="no end mark"):
        HAM2POSE_TOKENS.ids("\ue000", eos=True)
    with pytest.raises(PoseloomError, match="character 9 of"):
        parse_sign("M507x507X")
    with pytest.raises(PoseloomError, match="100 has no token; expected places 250 to 749"):
        signwriting_ids("M100x500")
    with pytest.raises(PoseloomError, match="ids go up to 1181"):
        signwriting_text([5000])
