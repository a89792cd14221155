"""Bodies from photos: a photo from the file to the body, and the fit alone."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.measure import Case, Work

_PIXELS = 512


def _photo() -> Path:
    from poseloom.pose.stances import stance
    from poseloom.render import View, render, save_picture

    path = Path(tempfile.mkdtemp()) / "person.png"
    return save_picture(render(stance("lunge left"), _PIXELS, view=View(azimuth=20.0, elevation=5.0)), path)


def _whole() -> Work:
    import poseloom

    path = _photo()
    return lambda: poseloom.recover(path)


def _fit() -> Work:
    import poseloom
    from poseloom.tasks.mesh_recovery.predict import recover_bodies

    keypoints = poseloom.keypoints(_photo(), people=1)
    return lambda: recover_bodies(keypoints)


def _words() -> Work:
    import poseloom

    clip = poseloom.load(_photo())
    return lambda: poseloom.describe(clip)


CASES = (
    Case("a photo to a body with hands, networks open", _whole, lambda s: f"{1000 * s:.0f} ms"),
    Case("the fit of one person to keypoints, with hands", _fit, lambda s: f"{1000 * s:.0f} ms"),
    Case("the words of a recovered pose", _words, lambda s: f"{1000 * s:.0f} ms"),
)
