"""Text encoders: golden cases of the papers' variants, and what holds for all of them."""

from __future__ import annotations

import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.nn.pose.encoder import Role
from poseloom.nn.text.bert import Bert, BertConfig
from poseloom.nn.text.encoder_choice import TextEncoderChoice, build_text_encoder
from poseloom.nn.text.encoders import FrozenTextEncoder, Pooling, WordGruEncoder, WordTransformerEncoder

WORDS = 120
TINY = BertConfig(vocabulary=WORDS, width=16, layers=2, heads=2, feed_forward=32, positions=40)


def test_gru_for_retrieval_golden(filled):
    encoder, arrays, check = filled(
        "text-pose/text_encoder_bigru_retrieval", WordGruEncoder(WORDS, 512, role=Role.RETRIEVAL)
    )
    check(encoder(arrays["tokens"], arrays["lengths"]), "embedding")


def test_gru_for_generation_golden(filled):
    encoder, arrays, check = filled(
        "text-pose/text_encoder_bigru_generative", WordGruEncoder(WORDS, 32, role=Role.GENERATIVE)
    )
    distribution = encoder(arrays["tokens"], arrays["lengths"])
    check(distribution.mean, "mean")
    check(distribution.stddev, "std")


def test_word_transformer_with_its_own_token_golden(filled):
    encoder, arrays, check = filled(
        "text-pose/text_encoder_glovetransf_augtokens_retrieval",
        WordTransformerEncoder(WORDS, 512, role=Role.RETRIEVAL, pooling=Pooling.TOKENS),
    )
    check(encoder(arrays["tokens"], arrays["lengths"]), "embedding")


def _encoders(role: Role) -> list[torch.nn.Module]:
    torch.manual_seed(0)
    pools = list(Pooling)
    return [
        WordGruEncoder(WORDS, 8, role=role),
        *(WordTransformerEncoder(WORDS, 8, role=role, pooling=pooling) for pooling in pools),
        *(FrozenTextEncoder(Bert(TINY), 8, role=role, pooling=pooling) for pooling in pools),
    ]


def _numbers(output) -> torch.Tensor:
    return output.mean + output.stddev if isinstance(output, torch.distributions.Normal) else output


@pytest.mark.parametrize("role", list(Role))
def test_padding_and_order_of_the_batch_change_nothing(role):
    tokens = torch.randint(4, WORDS, (4, 9), generator=torch.Generator().manual_seed(1))
    lengths = torch.tensor([5, 9, 3, 7])
    for encoder in _encoders(role):
        encoder.eval()
        with torch.no_grad():
            together = _numbers(encoder(tokens, lengths))
            wider = _numbers(encoder(torch.cat([tokens, tokens], dim=1), lengths))
            turned = _numbers(encoder(tokens.flip(0), lengths.flip(0)))
            alone = _numbers(encoder(tokens[2:3], lengths[2:3]))
        assert together.shape == (4, 8)
        torch.testing.assert_close(wider, together, atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(turned.flip(0), together, atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(alone, together[2:3], atol=1e-5, rtol=1e-4)
        if role is Role.RETRIEVAL:
            torch.testing.assert_close(together.norm(dim=-1), torch.ones(4))


def test_features_that_were_kept_give_the_same_output():
    encoder = FrozenTextEncoder(Bert(TINY), 8, role=Role.RETRIEVAL).eval()
    tokens, lengths = torch.randint(4, WORDS, (3, 6)), torch.tensor([6, 2, 4])
    hidden, padding = encoder.features(tokens, lengths)
    torch.testing.assert_close(encoder.finish(hidden, padding), encoder(tokens, lengths))


@pytest.mark.parametrize("published", [True, False])
def test_the_frozen_model_learns_nothing_and_its_dropout_follows_the_choice(published):
    encoder = FrozenTextEncoder(Bert(TINY), 8, role=Role.MODIFIER, frozen_dropout=published).train()
    tokens, lengths = torch.randint(4, WORDS, (3, 6)), torch.tensor([6, 2, 4])
    encoder(tokens, lengths).sum().backward()
    assert all(value.grad is None for value in encoder.pretrained_text_encoder.parameters())
    assert encoder.projection[1].weight.grad is not None
    first, second = (encoder.features(tokens, lengths)[0] for _ in range(2))
    assert torch.equal(first, second) is not published


@pytest.mark.parametrize(
    ("name", "expected"), [("glovebigru_vocPSA2H2", "vocPSA2H2"), ("distilbertUncased", ""), ("glovetransf_a", "a")]
)
def test_names_hold_a_module_and_a_vocabulary(name, expected):
    assert TextEncoderChoice.parse(name).vocabulary == expected


def test_unknown_names_are_told():
    with pytest.raises(PoseloomError, match="did you mean 'glovebigru'"):
        TextEncoderChoice.parse("glovebigrru_x")
    with pytest.raises(PoseloomError, match="topping"):
        TextEncoderChoice.parse("distilbertUncased", topping="max")
    with pytest.raises(PoseloomError, match="number of words"):
        build_text_encoder(TextEncoderChoice("glovebigru"), 8, Role.RETRIEVAL)
