"""GIF: one palette for all frames, gradients without rings, durations that do not drift."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from jaxtyping import Int16, UInt8
from numpy import ndarray
from PIL import Image

from poseloom.base.files import atomic_write

_PALETTE_FRAMES = 12
_PALETTE_COLOURS, _BODY_COLOURS = 256, 144
_KEPT_BITS = 0xFE
"""Colours that differ by less are one."""
_GREY = 24
"""Difference between the largest and the smallest of red, green and blue (of 255) up to which a pixel counts as grey,
as all of the studio does."""
_BITS = 7
"""Of a channel, that count when the nearest colour of the palette is looked up."""


def write_gif(path: Path, frames: Iterator[Image.Image], count: int, fps: float) -> None:
    """All frames with one palette, so that colours do not flicker; durations in hundredths of a second."""
    pictures = list(frames)
    palette = Palette(_palette(pictures[:: max(1, count // _PALETTE_FRAMES)]))
    indexed = [palette.indexed(picture) for picture in pictures]
    ends = [round((k + 1) * 100 / fps) for k in range(count)]
    durations = [10 * (end - start) for start, end in zip([0, *ends], ends, strict=False)]
    with atomic_write(path) as temporary:
        indexed[0].save(
            temporary, save_all=True, append_images=indexed[1:], duration=durations, loop=0, optimize=False, disposal=1
        )


class Palette:
    """Pictures in a few colours, mixed pixel by pixel where they are grey.

    The pattern of the mixture is fixed, so that what stands still stays the same from frame to frame. Pillow's own
    mapping is coarser than the steps of the studio's greys, which would show as rings.
    """

    def __init__(self, colours: UInt8[ndarray, "colours 3"]):
        self.colours = colours
        self._nearest = np.full(1 << 3 * _BITS, -1, dtype=np.int16)

    def indexed(self, picture: Image.Image) -> Image.Image:
        """The picture with the palette's colours."""
        pixels = np.asarray(picture.convert("RGB")).astype(np.int16)
        rows, columns = (-(-side // len(_PATTERN)) for side in pixels.shape[:2])
        pattern = np.tile(_PATTERN, (rows, columns))[: pixels.shape[0], : pixels.shape[1], None]
        grey = np.ptp(pixels, axis=-1, keepdims=True) <= _GREY
        mixed = np.clip(pixels + pattern * grey, 0, 255).astype(np.int32) >> (8 - _BITS)
        codes = (mixed[..., 0] << 2 * _BITS) | (mixed[..., 1] << _BITS) | mixed[..., 2]
        self._look_up(codes)
        found = Image.fromarray(self._nearest[codes].astype(np.uint8))
        found.putpalette(self.colours.tobytes())
        return found

    def _look_up(self, codes: ndarray) -> None:
        """Find the nearest colour of the codes that have not been met before."""
        new = np.unique(codes[self._nearest[codes] < 0])
        if not len(new):
            return
        channel = (1 << _BITS) - 1
        low = np.stack([new >> 2 * _BITS, (new >> _BITS) & channel, new & channel], axis=-1)
        middles = (low.astype(np.float32) + 0.5) * (1 << (8 - _BITS)) - 0.5
        colours = self.colours.astype(np.float32)
        distance = (colours**2).sum(-1) - 2 * middles @ colours.T
        self._nearest[new] = distance.argmin(-1)


def _ordered_pattern(levels: int, spread: float) -> Int16[ndarray, "side side"]:
    """Bayer's matrix of 2^levels a side, its values spread evenly about zero."""
    matrix = np.zeros((1, 1))
    for _ in range(levels):
        matrix = np.block([[4 * matrix, 4 * matrix + 2], [4 * matrix + 3, 4 * matrix + 1]])
    return np.round(((matrix + 0.5) / matrix.size - 0.5) * spread).astype(np.int16)


_PATTERN = _ordered_pattern(3, 4.0)
"""As wide as the steps between the greys of the palette."""


def _palette(samples: list[Image.Image]) -> UInt8[ndarray, "colours 3"]:
    """Colours for body and background, chosen apart; every colour counts by the square root of its pixels.

    So the body, which is few of the pixels and has most of the colours, and soft shadows get their share.
    """
    pixels = np.concatenate([np.asarray(sample.convert("RGB")).reshape(-1, 3) for sample in samples])
    pixels, counts = np.unique(pixels & _KEPT_BITS, axis=0, return_counts=True)
    pixels = np.repeat(pixels, np.ceil(np.sqrt(counts)).astype(int), axis=0)
    colourful = np.ptp(pixels.astype(np.int16), axis=-1) > _GREY
    colours: list[int] = []
    for chosen, count in ((pixels[colourful], _BODY_COLOURS), (pixels[~colourful], _PALETTE_COLOURS - _BODY_COLOURS)):
        if len(chosen):
            found = Image.fromarray(chosen[None]).quantize(count, Image.Quantize.MEDIANCUT).getpalette() or []
            colours += found[: 3 * count]
    return np.array(colours, dtype=np.uint8).reshape(-1, 3)
