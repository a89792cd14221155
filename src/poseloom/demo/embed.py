"""Pictures, animations and bodies as text that stands in an HTML page."""

from __future__ import annotations

import base64
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from jaxtyping import Float
from torch import Tensor

from poseloom import api
from poseloom.pose import Clip
from poseloom.render import to_pil

Picture = Float[Tensor, "3 height width"]

_QUALITY = 82
BODY_FRAMES = 600
"""Of the body that turns in the page; a longer clip is thinned out to these."""


def picture(image: Picture) -> str:
    """The picture as a data URI."""
    buffer = BytesIO()
    to_pil(image).save(buffer, "WEBP", quality=_QUALITY)
    return webp(buffer.getvalue())


def animation(images: Float[Tensor, "frames 3 height width"], fps: float) -> str:
    """The pictures as an animation, a data URI."""
    buffer = BytesIO()
    first, *others = [to_pil(image) for image in images]
    milliseconds = max(1, round(1000 / fps))
    first.save(buffer, "WEBP", save_all=True, append_images=others, duration=milliseconds, loop=0, quality=_QUALITY)
    return webp(buffer.getvalue())


def webp(content: bytes) -> str:
    """The content of a WebP file as a data URI."""
    return "data:image/webp;base64," + base64.b64encode(content).decode("ascii")


def body(clip: Clip) -> str:
    """The body that moves as the clip does: a GLB file, base64."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "motion.glb"
        api.save(clip[:: -(-len(clip) // BODY_FRAMES)], path)
        return base64.b64encode(path.read_bytes()).decode("ascii")
