import pytest
import torch

from poseloom.nn.text.convolutions import ConvTextConfig, ConvTextEncoder
from poseloom.nn.text.words import PAD


@pytest.fixture
def encoder():
    torch.manual_seed(0)
    return ConvTextEncoder(50, ConvTextConfig(width=16, layers=2, outputs=8)).eval()


def test_padding_changes_nothing(encoder):
    short = torch.randint(4, 50, (1, 9))
    long = torch.cat([short, torch.full((1, 30), PAD)], dim=1)
    torch.testing.assert_close(encoder(short), encoder(long))


def test_texts_of_a_batch_do_not_disturb_each_other(encoder):
    rows = torch.randint(4, 50, (5, 12))
    rows[1:3, 6:] = PAD
    torch.testing.assert_close(encoder(rows), torch.cat([encoder(row[None]) for row in rows]))


def test_the_order_of_words_counts(encoder):
    words = torch.arange(4, 20)[None]
    assert (encoder(words) - encoder(words.flip(1))).abs().max() > 1e-3


def test_an_empty_text_has_a_finite_vector_and_gradients_are_finite(encoder):
    words = torch.tensor([[PAD, PAD, PAD], [5, 6, PAD]])
    encoder.train()
    result = encoder(words)
    result.square().sum().backward()
    assert result.isfinite().all()
    assert all(one.grad is None or one.grad.isfinite().all() for one in encoder.parameters())
