"""Ways of choosing words, on a decoder whose probabilities are a table."""

from __future__ import annotations

import itertools

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from poseloom.nn.text.decoder import DecoderMode, TextDecoderConfig, build_text_decoder
from poseloom.nn.text.decoding import Beam, Greedy, Limits, Sampling

SMALL = TextDecoderConfig(words=24, width=64, layers=2, heads=4)
PAD, START, END = 0, 1, 2


class Bigrams:
    """The next word depends on the last one only, by a table of logits of each row."""

    config = TextDecoderConfig(words=6)

    def __init__(self, seed: int = 0):
        self.table = 2 * torch.randn(6, 6, generator=torch.Generator().manual_seed(seed))

    def begin(self, memory, *, longest):
        return self

    def select(self, rows):
        return self

    def advance(self, cache, tokens):
        return self.table[tokens]


def _memory(rows: int = 2) -> torch.Tensor:
    return torch.zeros(rows, 1, 1)


def test_greedy_without_a_cache_says_the_same():
    torch.manual_seed(3)
    decoder = build_text_decoder(DecoderMode.CROSS_ATTENTION, SMALL).eval()
    memory = torch.randn(3, 1, 64)
    said = Greedy(Limits(longest=30))(decoder, memory)
    tokens = said.tokens[:, :1]
    with torch.no_grad():
        for length in range(1, said.tokens.shape[1]):
            logits = decoder(tokens, torch.full((3,), length), memory)[:, -1]
            logits[:, END] = logits[:, END] if length >= 10 else -torch.inf
            tokens = torch.cat([tokens, logits.argmax(-1, keepdim=True)], dim=1)
    kept = torch.arange(tokens.shape[1]) < said.lengths[:, None]
    assert torch.equal(tokens * kept, said.tokens)


@pytest.mark.parametrize("strategy", [Greedy, Sampling, Beam])
def test_lengths_limits_and_scores(strategy):
    limits = Limits(shortest=5, longest=9, never=(3,))
    said = strategy(limits=limits)(Bigrams(), _memory(8))
    assert (said.tokens[:, 0] == START).all()
    assert not (said.tokens == 3).any()
    log_probabilities = Bigrams().table.log_softmax(-1)
    for row, length, score in zip(said.tokens.tolist(), said.lengths.tolist(), said.scores.tolist(), strict=True):
        assert END not in row[:5]
        assert 6 <= length <= 9
        assert not any(row[length:])
        assert row[length - 1] == END or length == 9
        total = sum(log_probabilities[a, b].item() for a, b in itertools.pairwise(row[:length]))
        assert score == pytest.approx(total / length, rel=1e-4)


@given(st.integers(0, 50))
def test_a_beam_of_one_is_greedy(seed):
    limits = Limits(shortest=3, longest=12)
    decoder = Bigrams(seed)
    one, greedy = Beam(1, limits=limits)(decoder, _memory()), Greedy(limits)(decoder, _memory())
    assert torch.equal(one.tokens, greedy.tokens)
    torch.testing.assert_close(one.scores, greedy.scores)


@given(st.integers(0, 50))
def test_a_wide_beam_finds_the_most_probable_text(seed):
    limits = Limits(shortest=1, longest=4)
    decoder = Bigrams(seed)
    found = Beam(6**3, length_power=0.0, limits=limits)(decoder, _memory(1))
    table = decoder.table.log_softmax(-1)

    def total(words: tuple[int, ...]) -> float:
        text = words[: words.index(END) + 1] if END in words else words
        return sum(table[a, b].item() for a, b in itertools.pairwise((START, *text)))

    best = max(total(words) for words in itertools.product(range(6), repeat=3))
    assert float(found.scores * found.lengths) == pytest.approx(best, rel=1e-4)


def test_sampling_repeats_with_its_seed_and_differs_with_another():
    decoder, memory = Bigrams(), _memory(32)
    first, again, other = (Sampling(seed=seed)(decoder, memory).tokens for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert first.shape != other.shape or not torch.equal(first, other)


@given(st.integers(1, 24), st.integers(0, 99))
def test_top_k_keeps_k_words(k, seed):
    logits = torch.randn(3, 24, generator=torch.Generator().manual_seed(seed))
    assert (Sampling(top_k=k).kept(logits).isfinite().sum(-1) == k).all()


@given(st.floats(0.01, 0.99), st.integers(0, 99))
def test_nucleus_is_the_smallest_set_of_that_probability(p, seed):
    logits = 3 * torch.randn(3, 24, generator=torch.Generator().manual_seed(seed))
    kept = Sampling(top_p=p).kept(logits).isfinite()
    share = logits.softmax(-1)
    assert ((share * kept).sum(-1) >= p - 1e-5).all()
    least = share.masked_fill(~kept, 2).min(-1).values
    assert ((share * kept).sum(-1) - least < p + 1e-5).all()


def test_only_one_word_left_is_greedy():
    decoder, memory = Bigrams(), _memory()
    assert torch.equal(Sampling(top_k=1)(decoder, memory).tokens, Greedy()(decoder, memory).tokens)
