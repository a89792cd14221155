"""How made pictures are measured: one process, pair by pair, the same numbers whenever it is done again.

A protocol says which variants are reported; numbers of different protocols cannot be compared. ``poseloom`` clips,
rounds, and measures with the pictures' own 255 levels; ``pg2``, ``patn`` and ``gfla`` are those of the papers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

import torch
from jaxtyping import Float, UInt8
from torch import Tensor
from torch.nn import functional

from poseloom.metrics.pckh import Pckh, pckh
from poseloom.metrics.picture_error import picture_l1, psnr
from poseloom.metrics.ssim import (
    GAUSSIAN,
    INHERITED,
    INHERITED_LEGACY,
    UNIFORM,
    UNIFORM_51,
    SsimVariant,
    multi_scale_ssim,
    ssim,
)
from poseloom.tasks.transfer.judges import FoundKeypoints, Judges, NetworkFigures, open_judges
from poseloom.tasks.transfer.masks import evaluation_mask, published_mask
from poseloom.tasks.transfer.models.inputs import COARSE, FINAL, Generator, Picture
from poseloom.tasks.transfer.pairs import TransferBatch
from poseloom.tasks.transfer.pictures import Saving, saved

ProtocolName = Literal["poseloom", "pg2", "patn", "gfla"]
Bytes = UInt8[Tensor, "batch 3 height width"]
Made = Callable[[TransferBatch], dict[str, Picture]]

AT_ONCE = 16
"""Pairs that a generator makes at once."""
_SQUARE_WIDTH, _SQUARE = 176, 256
"""Pictures so wide get white columns at both sides up to the square: the script that PATN inherited."""
_VARIANTS: dict[str, SsimVariant] = {"poseloom": GAUSSIAN, "pg2": UNIFORM, "patn": INHERITED, "gfla": UNIFORM_51}


@dataclass(frozen=True)
class Protocol:
    """Which measures, in which variants.

    Args:
        name: poseloom (SSIM with a Gaussian window of 11 pixels and 255 levels), pg2 (uniform 7 x 7 window, PG2's own
            mask), patn (the data range of the made picture, pictures 176 wide in white), gfla (uniform window of 51
            pixels; FID against training pictures, LPIPS).
        old_window: patn: the 13 pixels of scikit-image before 0.16, under which the published numbers came about.
        saving: what happens to pictures before they are measured; nothing but clipping and rounding by default.
    """

    name: ProtocolName = "poseloom"
    old_window: bool = False
    saving: Saving = field(default_factory=Saving)

    @property
    def variant(self) -> SsimVariant:
        """Of SSIM."""
        return INHERITED_LEGACY if self.name == "patn" and self.old_window else _VARIANTS[self.name]


class Sums:
    """Means of figures that come in batches, over all that was added."""

    def __init__(self) -> None:
        self._sums: dict[str, float] = {}
        self._count = 0

    def add(self, values: dict[str, Float[Tensor, " batch"]]) -> None:
        """Values of pictures by name of the figure."""
        sizes = {len(value) for value in values.values()}
        assert len(sizes) == 1
        self._count += sizes.pop()
        for name, value in values.items():
            self._sums[name] = self._sums.get(name, 0.0) + float(value.double().sum())

    def means(self) -> dict[str, float]:
        """By name."""
        return {name: value / self._count for name, value in self._sums.items()}


def held_out_figures(
    made: Made,
    batches: Iterable[TransferBatch],
    protocol: Protocol | None = None,
    judges: Judges | None = None,
    references: Iterable[Bytes] = (),
) -> dict[str, float]:
    """The protocol's figures of what a generator makes of pairs.

    Args:
        made: batch -> pictures by stage, not clipped.
        batches: held-out pairs.
        protocol: poseloom's own by default.
        judges: networks of the user's for FID, inception score and LPIPS, and whether PCKh is measured.
        references: pictures that FID compares with; the targets where there are none.

    Returns:
        ``ssim``, ``mask_ssim``, ``l1``; with ``poseloom`` and ``pg2`` ``psnr``, with ``poseloom`` also ``ms_ssim``;
        ``coarse_ssim`` of stage 1 where there is one; ``copy_ssim``, ``copy_mask_ssim`` of the source taken as it is;
        ``pckh``, ``is``, ``is_std``, ``mask_is``, ``fid``, ``lpips`` as far as there are judges.
    """
    protocol, judges = protocol or Protocol(), judges or Judges()
    sums, networks, joints = Sums(), open_judges(judges), Pckh(0, 0)
    networks.refer_to(references)
    finder = FoundKeypoints() if judges.keypoints else None
    for batch in batches:
        pictures = made(batch)
        target, final = saved(batch, pictures[FINAL], protocol.saving)
        sums.add(_values(batch, target, final, pictures, protocol))
        networks.add(*_in_white(protocol, target, final), _mask(protocol, batch))
        if finder is not None:
            joints = joints + pckh(batch.inputs.target_keypoints.cpu(), finder(final))
    figures = sums.means() | networks.figures()
    return figures | ({"pckh": joints.share} if finder is not None else {})


def _values(
    batch: TransferBatch, target: Tensor, final: Tensor, pictures: dict[str, Picture], protocol: Protocol
) -> dict[str, Tensor]:
    mask, variant = _mask(protocol, batch), protocol.variant
    white_target, white_final = _in_white(protocol, target, final)
    found = {
        "ssim": ssim(white_target, white_final, variant),
        "mask_ssim": ssim(target * mask, final * mask, variant),
        "l1": picture_l1(target, final),
    }
    if protocol.name in ("poseloom", "pg2"):
        found["psnr"] = psnr(target, final)
    if protocol.name == "poseloom":
        found["ms_ssim"] = multi_scale_ssim(target, final, variant)
    _, source = saved(batch, batch.inputs.source, protocol.saving)
    found["copy_ssim"] = ssim(*_in_white(protocol, target, source), variant)
    found["copy_mask_ssim"] = ssim(target * mask, source * mask, variant)
    if COARSE in pictures:
        _, coarse = saved(batch, pictures[COARSE], protocol.saving)
        found["coarse_ssim"] = ssim(*_in_white(protocol, target, coarse), variant)
        found["coarse_mask_ssim"] = ssim(target * mask, coarse * mask, variant)
    return found


def _mask(protocol: Protocol, batch: TransferBatch) -> Tensor:
    """Where the person counts: 0 or 1, bytes."""
    draw = published_mask if protocol.name == "pg2" else evaluation_mask
    return draw(batch.inputs.target_keypoints, batch.inputs.size).byte()


def _in_white(protocol: Protocol, target: Tensor, made: Tensor) -> tuple[Tensor, Tensor]:
    if protocol.name != "patn" or target.shape[-1] != _SQUARE_WIDTH:
        return target, made
    side = (_SQUARE - _SQUARE_WIDTH) // 2
    return functional.pad(target, (side, side), value=255), functional.pad(made, (side, side), value=255)


def generated_by(model: Generator) -> Made:
    """What a model makes of a batch, without gradients."""

    @torch.no_grad()
    def made(batch: TransferBatch) -> dict[str, Picture]:
        return model.generate(batch.inputs)

    return made


__all__ = ["AT_ONCE", "Judges", "NetworkFigures", "Protocol", "Sums", "generated_by", "held_out_figures"]
