"""People in other poses: the published generators, poseloom's own, a step of training, an evaluation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.measure import Case, Work, in_seconds, milliseconds

HEIGHT, WIDTH = 128, 64
_PAIRS = 50
"""Pairs of a measured evaluation; the figure is that of a thousand."""


def _inputs(batch: int) -> Any:
    import torch

    from poseloom.tasks.transfer.models.inputs import TransferInputs

    noise = torch.Generator().manual_seed(0)
    joints = [torch.rand(batch, 18, 2, generator=noise) * torch.tensor([HEIGHT - 1.0, WIDTH - 1.0]) for _ in range(2)]
    return TransferInputs(
        torch.rand(batch, 3, HEIGHT, WIDTH, generator=noise) * 2 - 1, *(one.round() for one in joints)
    )


def _generator(build: Callable[[], Any], batch: int) -> Work:
    import torch

    model, inputs = build().eval(), _inputs(batch)

    def make() -> None:
        with torch.inference_mode():
            model.generate(inputs)

    return make


def _pg2() -> Any:
    from poseloom.tasks.transfer.models.pg2 import Pg2

    return Pg2()


def _mobile() -> Any:
    from poseloom.tasks.transfer.models.pg2 import CoarseConfig, DetailConfig, Pg2, Pg2Config

    return Pg2(Pg2Config(CoarseConfig(separable=True), DetailConfig(separable=True)))


def _patn() -> Any:
    from poseloom.tasks.transfer.models.patn import PatnGenerator

    return PatnGenerator()


def _shipped() -> Any:
    from poseloom.checkpoints.registry import load_model

    return load_model("transfer").module


def _joints() -> Work:
    from poseloom.tasks.transfer.models.limb_warp import limb_warp

    inputs = _inputs(16)
    return lambda: limb_warp(inputs.source_keypoints, inputs.target_keypoints, inputs.size)


def _step() -> Work:
    import torch

    from poseloom.tasks.transfer.losses import masked_l1
    from poseloom.tasks.transfer.masks import training_mask
    from poseloom.tasks.transfer.models.pg2 import CoarseConfig, CoarseGenerator

    model, inputs = CoarseGenerator(CoarseConfig()), _inputs(4)
    optimizer = torch.optim.Adam(model.parameters(), 2e-5, (0.5, 0.999))

    def step() -> None:
        mask = training_mask(inputs.target_keypoints, inputs.size)
        made = model(model.inputs(inputs.source, inputs.target_map("gaussian")))
        masked_l1(made, inputs.source, mask).backward()
        optimizer.step()
        optimizer.zero_grad()

    return step


def _evaluation() -> Work:
    import torch

    from poseloom.metrics.ssim import ssim
    from poseloom.tasks.transfer.masks import evaluation_mask
    from poseloom.tasks.transfer.pictures import as_bytes

    inputs = _inputs(_PAIRS)
    target = as_bytes(torch.rand(inputs.source.shape) * 2 - 1)

    def measure() -> None:
        made = as_bytes(inputs.source)
        mask = evaluation_mask(inputs.target_keypoints, inputs.size).byte()
        ssim(target, made).mean()
        ssim(target * mask, made * mask).mean()

    return measure


def _thousand(seconds: float) -> str:
    return in_seconds(seconds * 1000 / _PAIRS)


CASES = (
    Case("PG2, both stages, 8 people", lambda: _generator(_pg2, 8), in_seconds, "<= 6.5 s (original 9.2)"),
    Case("Mobile PG2, both stages, 8 people", lambda: _generator(_mobile, 8), in_seconds),
    Case("PATN, one person", lambda: _generator(_patn, 1), milliseconds, "<= 330 ms (original 475)"),
    Case("poseloom's generator, one person", lambda: _generator(_shipped, 1), milliseconds, "<= 60 ms"),
    Case("limbs carried by the joints, 16 people", _joints, milliseconds),
    Case("training step of PG2's stage 1, 4 people", _step, in_seconds, "<= 7 s (original 9.8)"),
    Case("SSIM and mask-SSIM of 1,000 pairs", _evaluation, _thousand, "<= 20 s"),
)
