"""Signing: refinements of the learned generators, the signer by rule, and the parser."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from benchmarks.measure import Case, Work, in_seconds, per_second

if TYPE_CHECKING:
    from collections.abc import Callable

    from poseloom.tasks.sign.models.parts import SignModel

BATCH, FRAMES, SYMBOLS, STEPS = 32, 77, 16, 10
"""Sequences at once, frames of each, symbols of each text, refinements."""
_SYMBOLS = [chr(code) for code in range(0xE000, 0xE00F)]
SIGNED = 40
PARSED = 2000


def _refined(build: Callable[[], SignModel]) -> Work:
    """A batch of texts to sequences, the encoding of the texts included."""
    import torch

    model = build().eval()
    generator = torch.Generator().manual_seed(0)
    rows = torch.randint(len(_SYMBOLS), (BATCH, SYMBOLS), generator=generator).tolist()
    tokens = model.tokenizer.batch(["".join(_SYMBOLS[i] for i in row) for row in rows])
    first = torch.randn(BATCH, model.sizes.keypoints, model.sizes.dims, generator=generator)
    seen = torch.ones(first.shape[:2], dtype=torch.bool)
    lengths = torch.full((BATCH,), FRAMES)

    def work() -> object:
        text = model.encode_text(tokens)
        *_, last = model.refinements(text, model.start(first, seen, lengths), STEPS)
        return last

    return torch.no_grad()(work)


def _shipped() -> SignModel:
    from poseloom.checkpoints.registry import load_model

    return load_model("sign").model


def _generation_a() -> SignModel:
    from poseloom.tasks.sign.models.generation_a import GenerationA, GenerationAConfig

    return GenerationA(GenerationAConfig(max_frames=100, published=True))


def _generation_c() -> SignModel:
    from poseloom.tasks.sign.models.generation_c import GenerationC, GenerationCConfig

    return GenerationC(GenerationCConfig(published=True, steps=STEPS))


def _ham2pose() -> SignModel:
    from poseloom.tasks.sign.models.ham2pose import Ham2Pose, Ham2PoseConfig

    return Ham2Pose(Ham2PoseConfig(published=True))


def _strings(count: int) -> list[str]:
    from poseloom.tasks.sign.composed.strings import composed_strings

    return list(islice(composed_strings(0), count))


def _signed() -> Work:
    from poseloom.signer import sign_clip

    texts = _strings(SIGNED)
    return lambda: [sign_clip(text) for text in texts]


def _parsed() -> Work:
    from poseloom.language.hamnosys import parse

    texts = _strings(PARSED)
    return lambda: [parse(text) for text in texts]


_WHAT = f"{STEPS} refinements of {BATCH} x {FRAMES} frames"

CASES = (
    Case(f"sign, shipped model: {_WHAT}", lambda: _refined(_shipped), in_seconds, "<= 0.6 s", runs=5),
    Case(f"sign, `generation_a` as published: {_WHAT}", lambda: _refined(_generation_a), in_seconds, "<= 1.8 s", 5),
    Case(f"sign, `generation_c` as published: {_WHAT}", lambda: _refined(_generation_c), in_seconds, runs=3),
    Case(f"sign, `ham2pose` as published: {_WHAT}", lambda: _refined(_ham2pose), in_seconds, "<= 2.0 s", 5),
    Case(f"signs by rule, {SIGNED} composed strings", _signed, per_second(SIGNED, "signs"), ">= 20 signs/s", runs=3),
    Case(f"HamNoSys parsed, {PARSED:,} composed strings", _parsed, per_second(PARSED, "strings"), runs=3),
)
