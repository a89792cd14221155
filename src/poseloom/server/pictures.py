"""Pictures as bytes."""

from __future__ import annotations

import io

from jaxtyping import Float
from PIL import Image
from torch import Tensor

from poseloom.images.files import to_pil


def png_of(picture: Float[Tensor, "3 height width"] | Image.Image) -> bytes:
    """The bytes of a PNG."""
    stream = io.BytesIO()
    (picture if isinstance(picture, Image.Image) else to_pil(picture)).save(stream, "PNG")
    return stream.getvalue()
