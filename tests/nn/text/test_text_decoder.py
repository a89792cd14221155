"""Text decoders: golden cases, and the cache against the whole text."""

from __future__ import annotations

import pytest
import torch

from poseloom.nn.losses import caption_loss, mismatched_caption_loss
from poseloom.nn.text.decoder import DecoderMode, TextDecoderConfig, build_text_decoder
from poseloom.nn.text.decoding import Greedy, Limits

SMALL = TextDecoderConfig(words=24, width=64, layers=2, heads=4)
MODES = list(DecoderMode)


@pytest.mark.parametrize("mode", MODES)
def test_golden(mode, filled):
    decoder, arrays, check = filled(f"text-pose/decoder_{mode.value}", build_text_decoder(mode, SMALL))
    tokens = arrays["tokens"]
    logits = decoder(tokens, arrays["lengths"], arrays["memory"])
    check(logits, "logits")
    check(caption_loss(logits, tokens), "loss")
    check(mismatched_caption_loss(logits, tokens), "fake_loss")
    said = Greedy(Limits(longest=40))(decoder, arrays["memory"])
    assert torch.equal(said.tokens, arrays["greedy_ids"])
    assert torch.equal(said.lengths, arrays["greedy_lengths"])
    check(said.scores, "greedy_scores")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("poses", [1, 3])
def test_one_word_at_a_time_gives_the_logits_of_the_whole_text(mode, poses):
    torch.manual_seed(0)
    decoder = build_text_decoder(mode, SMALL).eval()
    memory, tokens = torch.randn(3, poses, 64), torch.randint(4, 24, (3, 9))
    with torch.no_grad():
        whole = decoder(tokens, torch.full((3,), 9), memory)
        cache = decoder.begin(memory, longest=9)
        steps = torch.stack([decoder.advance(cache, word) for word in tokens.T], dim=1)
    torch.testing.assert_close(steps, whole, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("mode", MODES)
def test_rows_of_a_cache_can_be_chosen_and_repeated(mode):
    torch.manual_seed(0)
    decoder = build_text_decoder(mode, SMALL).eval()
    memory, tokens, rows = torch.randn(3, 2, 64), torch.randint(4, 24, (3, 5)), torch.tensor([2, 0, 2])
    with torch.no_grad():
        cache, other = decoder.begin(memory, longest=5), decoder.begin(memory, longest=5).select(rows)
        for place, word in enumerate(tokens.T):
            logits, chosen = decoder.advance(cache, word), decoder.advance(other, word[rows])
            torch.testing.assert_close(chosen, logits[rows])
            if place == 2:
                other = other.select(torch.tensor([0, 1, 2]))


@pytest.mark.parametrize("mode", MODES)
def test_padding_changes_nothing(mode):
    torch.manual_seed(0)
    decoder = build_text_decoder(mode, SMALL).eval()
    memory, tokens = torch.randn(2, 1, 64), torch.randint(4, 24, (2, 6))
    lengths = torch.tensor([6, 4])
    padded = torch.cat([tokens, tokens.new_zeros(2, 3)], dim=1)
    with torch.no_grad():
        short, long = decoder(tokens, lengths, memory), decoder(padded, lengths, memory)
    torch.testing.assert_close(long[1, :4], short[1, :4], atol=1e-5, rtol=1e-4)
