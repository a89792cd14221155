"""Networks of one space: the core at its first place is the whole layer there; tokens are averaged as if one by one."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from poseloom.checkpoints.places import WEIGHTS
from poseloom.nn.image.graph import read_graph
from poseloom.tasks.embedding.encoders.blazepose import BlazePose
from poseloom.tasks.embedding.encoders.frozen import PictureItem
from poseloom.tasks.embedding.modalities import DUALS, MODALITIES, SINGLES, TRIPLE
from poseloom.tasks.embedding.networks.config import EmbeddingConfig
from poseloom.tasks.embedding.networks.embroider import PoseEmbroider
from poseloom.tasks.embedding.networks.front import Projected
from poseloom.tasks.embedding.networks.mean_of_tokens import MeanOfTokens
from poseloom.tasks.embedding.networks.projections import LayerPlus

SUBSETS = (*SINGLES, *DUALS, *TRIPLE)


@pytest.fixture
def embroider():
    """A small PoseEmbroider with encodings that differ, and vectors of five people."""
    torch.manual_seed(0)
    model = PoseEmbroider(EmbeddingConfig(latent=32))
    for name, value in model.named_parameters():
        if name.startswith(("modality_encoding", "intermodality")):
            nn.init.normal_(value)
    return model, {one: torch.randn(5, 32) for one in MODALITIES}


def _whole(model, vectors, asked):
    """The core as published: a sequence of all tokens through the layer, of which the first is taken."""
    told = model.with_encodings(vectors)
    start = model.intermodality_token.expand(5, -1, -1)
    sequence = torch.cat([start, torch.stack([told[one] for one in asked], dim=1)], dim=1)
    first, layer, last = model.embroider_core
    return model.norm(last(layer(first(sequence))))[:, 0]


@pytest.mark.parametrize("asked", SUBSETS, ids="+".join)
def test_the_core_is_the_whole_layer_at_its_first_place(embroider, asked):
    model, vectors = embroider
    model.eval()
    torch.testing.assert_close(model.tokens(vectors, SUBSETS)[asked], _whole(model, vectors, asked))


def test_its_gradients_are_those_of_the_whole_layer(embroider):
    model, vectors = embroider
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    model.embroider_core[1].self_attn.dropout = 0.0
    weights = [value for name, value in model.named_parameters() if name.startswith(("embroider", "norm", "inter"))]
    asked = ("image", "text")
    found = torch.autograd.grad(model.tokens(vectors, [asked])[asked].square().sum(), weights)
    whole = torch.autograd.grad(_whole(model, vectors, asked).square().sum(), weights)
    for one, other in zip(found, whole, strict=True):
        torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-4)


def test_dropout_acts_in_training(embroider):
    model, vectors = embroider
    first, second = (model.train().tokens(vectors, SINGLES)[("pose",)] for _ in range(2))
    assert not torch.allclose(first, second)


def _people(latent=32):
    return {one: torch.nn.functional.normalize(torch.randn(5, latent), dim=-1) for one in MODALITIES}


def test_in_the_core_of_slots_each_modality_has_its_own_layer():
    torch.manual_seed(0)
    model, vectors = PoseEmbroider(EmbeddingConfig(latent=32, core="slots")).eval(), _people()
    core, asked = model.embroider_core, ("image", "text")
    added = core.slots["image"](vectors["image"]) + core.slots["text"](vectors["text"])
    torch.testing.assert_close(model.tokens(vectors, [asked])[asked], core.last(added.relu()))


@pytest.mark.parametrize("core", ["transformer", "mlp", "slots"])
def test_questions_for_one_target_are_those_among_all(core):
    torch.manual_seed(0)
    model, vectors = PoseEmbroider(EmbeddingConfig(latent=32, core=core, lead=1.5)).eval(), _people()
    whole = model.questions(vectors, SUBSETS)
    for target in MODALITIES:
        alone = model.questions(vectors, SUBSETS, [target])
        assert list(alone) == list(SUBSETS) and all(list(found) == [target] for found in alone.values())
        for asked in SUBSETS:
            torch.testing.assert_close(alone[asked][target], whole[asked][target])


def test_what_finds_best_leads_where_it_is_one_of_several():
    torch.manual_seed(0)
    vectors = _people()
    model = PoseEmbroider(EmbeddingConfig(latent=32, core="slots", lead=2.0))
    plain = PoseEmbroider(EmbeddingConfig(latent=32, core="slots"))
    plain.load_state_dict(model.state_dict())
    for training in (False, True):
        led, found = (one.train(training).questions(vectors, SUBSETS) for one in (model, plain))
        for asked in SUBSETS:
            for target, leader in (("image", "pose"), ("pose", "text"), ("text", "pose")):
                expected = found[asked][target]
                if not training and asked in DUALS and leader in asked and target not in asked:
                    expected = model.unit(expected + 2 * found[(leader,)][target])
                torch.testing.assert_close(led[asked][target], expected)


def test_the_mean_of_tokens_has_exact_gradients():
    torch.manual_seed(0)
    layer = LayerPlus(5, 4).double()
    tokens = torch.randn(3, 7, 5, dtype=torch.double, requires_grad=True)
    arguments = (tokens, layer[0].weight, layer[0].bias)
    assert torch.autograd.gradcheck(lambda *given: MeanOfTokens.apply(*given, 0.0), arguments)
    torch.testing.assert_close(MeanOfTokens.apply(*arguments, 0.0), layer.eval()(tokens).mean(1))


def test_the_mean_of_tokens_drops_a_tenth_and_scales_the_rest():
    torch.manual_seed(0)
    layer, tokens = LayerPlus(3, 64).train(), torch.zeros(8, 400, 3)
    layer[0].bias.data.fill_(1.0)
    means = layer.mean_of_tokens(tokens).detach()
    assert float(means.mean()) == pytest.approx(1.0, abs=3e-3), "what is kept makes up for what is dropped"
    assert float(means.std()) == pytest.approx((0.1 / 0.9 / 400) ** 0.5, rel=0.15), "each number is dropped by itself"


def test_standardised_features_have_mean_0_and_deviation_1():
    front = Projected("image", EmbeddingConfig(latent=8, image_width=3, standardised_images=True))
    rows = torch.randn(500, 3) * 40 + torch.tensor([5.0, -300.0, 0.0])
    front.standardise(rows)
    seen = []
    front.image_projection.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    front(rows)
    torch.testing.assert_close(seen[0].mean(0), torch.zeros(3), atol=1e-3, rtol=0)
    torch.testing.assert_close(seen[0].std(0), torch.ones(3), atol=0.01, rtol=0)
    assert not any(name.startswith("feature") for name in Projected("pose", front_config()).state_dict())


def front_config():
    return EmbeddingConfig(latent=8, pose_width=3, standardised_images=True)


def test_a_network_of_some_outputs_gives_what_the_whole_one_gives():
    whole = read_graph(WEIGHTS / "mediapipe_pose_landmark_full.safetensors")
    picture = torch.rand(1, 3, 256, 256, generator=torch.Generator().manual_seed(0))
    landmarks, world = whole.outputs[0], whole.outputs[4]
    smaller = whole.only([world, landmarks])
    expected = whole(picture)
    for found, one in zip(smaller(picture), (expected[4], expected[0]), strict=True):
        assert torch.equal(found, one)
    assert len(smaller._plan(tuple(smaller.outputs))) < len(whole._plan(tuple(whole.outputs)))
    assert len(whole(picture)) == 5, "the whole one stays whole"
    with pytest.raises(ValueError, match="made by no operator"):
        whole.source_of(whole.source)


def test_what_blazepose_sees_moves_with_the_person(shared_data):
    from poseloom.images.read import read_picture

    encoder = BlazePose(WEIGHTS)
    picture = read_picture(shared_data("photos") / "astronaut.jpg")
    box = (60.0, 0.0, 400.0, 500.0)
    wider = torch.full((3, picture.shape[1] + 40, picture.shape[2] + 40), 0.5)
    wider[:, 40:, 40:] = picture
    first, second = encoder.encode([PictureItem(picture, box), PictureItem(wider, (100.0, 40.0, 400.0, 500.0))])
    assert first.shape == (1, encoder.width)
    assert float((first - second).abs().mean()) < 0.1 * float((first - first.mean()).abs().mean())
    assert encoder.encode([PictureItem(torch.rand(3, 64, 64))])[0].shape == (0, encoder.width)
