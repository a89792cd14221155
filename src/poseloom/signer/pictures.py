"""Pictures of signing: a camera that sees the signing space, and strips of the frames that matter."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import torch
from PIL import Image

from poseloom.pose import Clip
from poseloom.render import Camera, animate, render, to_pil

_SIGNING_SPACE = ((0.38, 0.02, 0.2), (-0.38, 0.02, 0.2), (0.0, 0.8, 0.1), (0.0, 0.05, 0.0))
"""Metres from the pelvis: hips to the top of the head, elbow to elbow."""
AZIMUTH = -18.0
"""Degrees: a little from the signer's right, so that movements to the front are seen too."""
_ELEVATION = 7.0


def signing_camera(azimuth: float = AZIMUTH) -> Camera:
    """A camera in front of the signer that shows the upper body.

    Args:
        azimuth: degrees; 0 from the front, negative from the signer's right.
    """
    points = torch.tensor([_SIGNING_SPACE])
    angle, rise = (torch.tensor([math.radians(degrees)]) for degrees in (azimuth, _ELEVATION))
    return Camera.framing(points, angle, rise, margin=0.02)


def animate_signing(clip: Clip, path: str | Path, size: int = 384, azimuth: float = AZIMUTH) -> Path:
    """Draw a clip of `sign_clip` to a GIF, WebP or MP4 file, upper body alone.

    Raises:
        FileError: an unknown suffix, an MP4 without an encoder, a place that cannot be written.
    """
    return animate(_placed(clip), path, size, camera=signing_camera(azimuth), ground="translation")


def film_strip(clip: Clip, count: int = 6, size: int = 160, azimuth: float = AZIMUTH) -> Image.Image:
    """Moments of the signing side by side: from the first posture to the end of the last action.

    Args:
        clip: as `sign_clip` gives it.
        count: pictures.
        size: side of each, pixels.
    """
    spans = clip.notes.get("signs") or [[0, len(clip)]]
    first, last = spans[0][0], spans[-1][1] - 1
    frames = [round(first + (last - first) * place / max(1, count - 1)) for place in range(count)]
    pictures = render(_placed(clip).pose[frames], size, camera=signing_camera(azimuth), ground="translation")
    strip = Image.new("RGB", (size * count, size))
    for place, picture in enumerate(pictures):
        strip.paste(to_pil(picture), (place * size, 0))
    return strip


def _placed(clip: Clip) -> Clip:
    """The pelvis at the world's origin, from which the camera counts."""
    return replace(clip, pose=replace(clip.pose, translation=torch.zeros(len(clip), 3)))
