"""Weights as int8: near to what they were, expanded when they are read, refused where they do not fit."""

import json

import pytest
import torch
from safetensors.torch import load, save

from poseloom.base.errors import FileError, PoseloomError
from poseloom.training.export import card_path, read_model, weights_file
from poseloom.training.quantised import SCALE, expanded, is_quantised, quantised, to_int8


def weights():
    made = torch.Generator().manual_seed(3)
    return {
        "matrix": torch.randn(32, 64, generator=made) * torch.logspace(-3, 1, 32)[:, None],
        "filters": torch.randn(16, 8, 9, generator=made),
        "bias": torch.randn(32, generator=made),
        "small": torch.randn(4, 4, generator=made),
        "numbers": torch.arange(5),
    }


def test_every_number_is_within_half_a_step_of_its_own_channel():
    assert to_int8(weights()["filters"])[1].dtype == torch.float16
    values, scale = to_int8(weights()["matrix"])  # some of its channels are small
    back = values.float() * scale.float()[:, None]
    steps = weights()["matrix"].abs().amax(1) / 127
    assert values.dtype == torch.int8 and scale.dtype == torch.float32
    assert ((back - weights()["matrix"]).abs().amax(1) <= 0.51 * steps + 1e-7).all()


def test_whole_numbers_of_steps_come_back_exactly():
    whole = torch.randint(-127, 128, (40, 50), generator=torch.Generator().manual_seed(1)).float()
    whole[:, 0] = 127
    assert torch.equal(expanded(quantised({"a": whole / 8}))["a"], whole / 8)


def test_what_cannot_be_quantised_stays_in_the_precision_that_it_needs():
    stored = quantised({**weights(), "zeros": torch.zeros(64, 64), "huge": torch.full((64, 64), 1e6)})
    kinds = {name: value.dtype for name, value in stored.items()}
    assert kinds["bias"] == kinds["small"] == torch.float16 and kinds["numbers"] == torch.int64
    assert kinds["huge"] == torch.float32 and kinds["filters"] == torch.int8
    assert not expanded(stored)["zeros"].any()


def test_a_file_says_what_it_is_and_is_half_of_half_precision():
    large = {"a": torch.randn(512, 512)}
    content = weights_file(large, "int8")
    assert is_quantised(content) and not is_quantised(weights_file(large, "fp16"))
    assert len(content) < 0.51 * len(weights_file(large, "fp16"))
    assert not is_quantised(b"") and not is_quantised(b"\xff" * 64)


@pytest.mark.parametrize(
    "change",
    [
        lambda stored: stored | {"nothing" + SCALE: torch.ones(2)},
        lambda stored: stored | {"matrix" + SCALE: torch.ones(3)},
        lambda stored: stored | {"matrix": torch.ones(32, 64)},
    ],
)
def test_scales_that_do_not_fit_are_refused(change):
    with pytest.raises(PoseloomError, match=r"belongs to no tensor|its scales are"):
        expanded(change(quantised(weights())))


def test_a_quantised_model_is_read_and_answers_nearly_the_same(tiny_models, tmp_path, tool):
    import poseloom

    out = tmp_path / "small.safetensors"
    before, after = tool("quantise").quantise(str(tiny_models["retrieval"]), out)
    card, read = read_model(out, "retrieval")
    assert card.precision == "int8" and after < 0.5 * before
    assert all(value.dtype == torch.float32 for value in read.values() if value.is_floating_point())
    texts = ["someone stands", "the left arm is raised"]
    vectors = [poseloom.load_model(path).embed_texts(texts).vectors for path in (tiny_models["retrieval"], out)]
    assert torch.nn.functional.cosine_similarity(*vectors).min() > 0.98
    with pytest.raises(PoseloomError, match="is the file that is read"):
        tool("quantise").quantise(str(out), out)


def test_a_damaged_quantised_model_is_refused_in_one_line(tiny_models, tmp_path, tool):
    import hashlib

    out = tmp_path / "small.safetensors"
    tool("quantise").quantise(str(tiny_models["retrieval"]), out)
    stored = load(out.read_bytes())
    name = next(name for name in stored if name.endswith(SCALE))
    stored[name] = stored[name][:-1]
    content = save(stored, {"format": "poseloom model", "quantised": "int8 per output channel"})
    out.write_bytes(content)
    card = json.loads(card_path(out).read_text())
    card_path(out).write_text(json.dumps({**card, "sha256": hashlib.sha256(content).hexdigest()}))
    with pytest.raises(FileError, match=r"its scales are .*; export or get both files again"):
        read_model(out)


@pytest.fixture
def tool():
    """Modules of tools/ by name."""
    import importlib.util
    from pathlib import Path

    def load_tool(name):
        path = Path(__file__).resolve().parents[2] / "tools" / f"{name}.py"
        spec = importlib.util.spec_from_file_location(name, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load_tool
