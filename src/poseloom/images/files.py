"""Pictures between tensors, Pillow and files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from poseloom.base.errors import FileError, PoseloomError
from poseloom.base.files import atomic_write

PICTURE_OPTIONS: dict[str, dict[str, Any]] = {
    ".png": {"optimize": True},
    ".jpg": {"quality": 92, "subsampling": 0},
    ".jpeg": {"quality": 92, "subsampling": 0},
    ".webp": {"quality": 90, "method": 4},
}
"""Suffixes of picture files, with Pillow's options for each."""


def to_pil(image: Float[Tensor, "channels height width"]) -> Image.Image:
    """One picture (1, 3 or 4 channels in [0, 1]) as a Pillow image of 8 bits."""
    if image.ndim != 3 or image.shape[0] not in (1, 3, 4):
        raise PoseloomError(f"to_pil: expected one picture (1, 3 or 4, height, width), got shape {tuple(image.shape)}")
    data = to_bytes(image).permute(1, 2, 0).cpu().numpy()
    return Image.fromarray(data[..., 0] if data.shape[-1] == 1 else data)


def to_bytes(image: Float[Tensor, "*any"]) -> Tensor:
    """Values in [0, 1] as whole numbers from 0 to 255."""
    return (image.detach().clamp(0, 1) * 255).round().to(torch.uint8)


def save_picture(picture: Float[Tensor, "channels height width"] | Image.Image, path: str | Path) -> Path:
    """Write a picture as PNG, JPEG or WebP, as the suffix says; nothing half-written is left behind.

    Raises:
        FileError: another suffix, a folder that does not exist, a full disk.
    """
    suffix = checked_suffix(path, PICTURE_OPTIONS)
    image = picture if isinstance(picture, Image.Image) else to_pil(picture)
    if suffix in (".jpg", ".jpeg") and image.mode != "L":
        image = image.convert("RGB")
    with atomic_write(path) as temporary:
        image.save(temporary, **PICTURE_OPTIONS[suffix])
    return Path(path)


def checked_suffix(path: str | Path, known: dict[str, Any]) -> str:
    """The path's suffix in small letters if it is a known one."""
    suffix = Path(path).suffix.lower()
    if suffix not in known:
        wanted = ", ".join(known)
        raise FileError(path, f"the suffix {suffix or '(none)'} names no picture format", remedy=f"use one of {wanted}")
    return suffix
