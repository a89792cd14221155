"""Made pictures as bytes, files, strips and grids; the habits of the original scripts beside sound ones."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, UInt8
from PIL import Image
from torch import Tensor

from poseloom.images.files import to_pil
from poseloom.images.read import read_picture
from poseloom.tasks.transfer.maps import pose_maps
from poseloom.tasks.transfer.models.inputs import COARSE, FINAL, Picture
from poseloom.tasks.transfer.pairs import TransferBatch

_LEVELS = 127.5
JPEG_QUALITY = 75
"""Pillow's own, with which the originals save strips."""


@dataclass(frozen=True)
class Saving:
    """How made pictures become bytes before they are measured.

    Args:
        strip: source, target and made picture share their darkest and brightest value, as where they are saved in one
            strip: one bright pixel that was not clipped dims all three.
        cut: numbers are cut, not rounded.
        jpeg: pass through JPEG of quality 75.
    """

    strip: bool = False
    cut: bool = False
    jpeg: bool = False


def as_bytes(
    picture: Float[Tensor, "*batch 3 height width"], *, cut: bool = False
) -> UInt8[Tensor, "*batch 3 height width"]:
    """Pictures of -1 to 1, clipped, as 0 to 255: rounded, or cut as some scripts do."""
    scaled = (picture.detach().clamp(-1, 1) + 1) * _LEVELS
    return (scaled if cut else scaled.round()).to(torch.uint8)


def saved(batch: TransferBatch, made: Picture, saving: Saving) -> tuple[Tensor, Tensor]:
    """Bytes of targets and of made pictures as they are after being saved."""
    target = batch.target
    if saving.strip:
        target, made = _dimmed(batch.inputs.source, target, made)
    found = [as_bytes(one, cut=saving.cut) for one in (target, made)]
    if saving.jpeg:
        found = [torch.stack([_through_jpeg(one) for one in part]) for part in found]
    return found[0], found[1]


def _dimmed(source: Tensor, target: Tensor, made: Tensor) -> tuple[Tensor, Tensor]:
    """All three of a strip between their common darkest and brightest value."""
    together = torch.stack([source, target, made]).flatten(2)
    low, high = together.amin((0, 2)), together.amax((0, 2))
    low, span = low[:, None, None, None], (high - low).clamp(min=1e-5)[:, None, None, None]
    return 2 * (target - low) / span - 1, 2 * (made - low) / span - 1


def _through_jpeg(picture: Tensor) -> Tensor:
    memory = io.BytesIO()
    Image.fromarray(picture.cpu().movedim(0, -1).numpy()).save(memory, "JPEG", quality=JPEG_QUALITY)
    back = read_picture(memory.getvalue())
    return (back * 255).round().to(picture)


def strip(batch: TransferBatch, made: dict[str, Picture]) -> Float[Tensor, "rows 3 height wide"]:
    """A row for each pair, 0 to 1: source, target pose, target, coarse picture where there is one, made picture."""
    pose = pose_maps(batch.inputs.target_keypoints, batch.inputs.size, "skeleton")
    parts = [batch.inputs.source, pose, batch.target]
    parts += [made[name] for name in (COARSE, FINAL) if name in made]
    return (torch.cat([part.detach().clamp(-1, 1).cpu() for part in parts], dim=-1) + 1) / 2


def grid(rows: Sequence[Float[Tensor, "3 _height _wide"]], columns: int = 1) -> Float[Tensor, "3 height width"]:
    """Pictures of one size beside and below each other; black where the last row is not full."""
    blank = torch.zeros_like(rows[0])
    full = [*rows, *[blank] * (-len(rows) % columns)]
    lines = [torch.cat(full[first : first + columns], dim=-1) for first in range(0, len(full), columns)]
    return torch.cat(lines, dim=-2)


def picture_of(picture: Float[Tensor, "3 height width"]) -> Image.Image:
    """One picture of -1 to 1 for a file."""
    return to_pil((picture.clamp(-1, 1) + 1) / 2)
