"""Encoders that leave padding out give what torch's own layers give."""

from __future__ import annotations

import pytest
import torch

from poseloom.nn.layers.dropout import dropout
from poseloom.nn.layers.transformers import encoder_stack, padding_mask
from poseloom.nn.text.buckets import Buckets, encode

WIDTH = 16


@pytest.fixture
def stack():
    torch.manual_seed(0)
    return encoder_stack(WIDTH, layers=2, heads=4, feed_forward=32, dropout=0.1)


def _batch(*lengths: int):
    generator = torch.Generator().manual_seed(1)
    sequence = torch.randn(len(lengths), max(lengths), WIDTH, generator=generator)
    return sequence, padding_mask(torch.tensor(lengths), max(lengths))


@pytest.mark.parametrize("lengths", [(5,), (3, 3, 3), (1, 9, 4, 2, 9, 7), tuple(range(1, 80))])
def test_what_torch_gives_at_every_element_that_is_no_padding(stack, lengths):
    sequence, padding = _batch(*lengths)
    stack.eval()
    expected = stack(sequence, src_key_padding_mask=padding)
    torch.testing.assert_close(encode(stack, sequence, padding)[~padding], expected[~padding], rtol=1e-4, atol=1e-5)


def test_gradients_are_those_of_torch(stack):
    sequence, padding = _batch(4, 11, 1, 6)
    for layer in stack.layers:
        layer.dropout.p = layer.dropout1.p = layer.dropout2.p = layer.self_attn.dropout = 0.0
    weights = torch.randn(sequence.shape)[~padding]
    gradients = []
    for run in (encode, lambda stack, sequence, padding: stack(sequence, src_key_padding_mask=padding)):
        stack.zero_grad()
        (run(stack, sequence, padding)[~padding] * weights).sum().backward()
        gradients.append([one.grad.clone() for one in stack.parameters()])
    torch.testing.assert_close(gradients[0], gradients[1], rtol=1e-4, atol=1e-5)


def test_texts_of_like_length_share_a_bucket():
    _, padding = _batch(*range(1, 65))
    buckets = Buckets.of(padding)
    computed = sum(
        (rows.stop - rows.start) * length for rows, length in zip(buckets.rows, buckets.lengths, strict=True)
    )
    assert computed < 1.02 * int((~padding).sum())


def test_a_text_of_padding_alone_does_no_harm(stack):
    sequence, padding = _batch(3, 5)
    padding[0] = True
    alone = encode(stack.eval(), sequence, padding)
    torch.testing.assert_close(alone[1], encode(stack, sequence[1:], padding[1:])[0])


def test_dropout_keeps_the_mean_and_drops_its_share():
    torch.manual_seed(0)
    values = torch.ones(1003, 1001)
    kept = dropout(values, 0.1)
    assert abs(float((kept == 0).float().mean()) - 0.1) < 1e-3
    assert abs(float(kept.mean()) - 1.0) < 1e-3


def test_dropout_is_repeated_by_its_seed_and_passes_the_gradient_of_what_is_kept():
    values = torch.ones(37, requires_grad=True)
    torch.manual_seed(3)
    first = dropout(values, 0.5)
    torch.manual_seed(3)
    assert torch.equal(first, dropout(values, 0.5))
    first.sum().backward()
    assert torch.equal(values.grad, first.detach())
