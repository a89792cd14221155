"""Animations of a glTF file: which there are, and the transforms of its nodes at any time.

Specification: Khronos glTF 2.0, section 3.11 and appendix C (interpolation).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64
from numpy.typing import NDArray

from poseloom.base.errors import closest
from poseloom.formats.gltf_document import GltfDocument, Json

_WIDTHS = {"translation": 3, "rotation": 4, "scale": 3}
_TANGENTS = 3
"""A cubic spline stores in-tangent, value and out-tangent for each key."""
_NEARLY_PARALLEL = 0.9995
"""Cosine of half an angle above which a chord is taken for the arc."""


@dataclass(frozen=True, eq=False)
class Channel:
    """How one property of one node changes.

    Args:
        times: when the keys are, seconds, never falling.
        values: at the keys; of a cubic spline in-tangent, value and out-tangent of each.
        interpolation: ``LINEAR``, ``STEP`` or ``CUBICSPLINE``.
        path: ``translation``, ``rotation`` or ``scale``.
    """

    times: Float64[np.ndarray, " keys"]
    values: Float64[np.ndarray, "rows width"]
    interpolation: str
    path: str

    def at(self, times: Float64[np.ndarray, " frames"]) -> Float64[np.ndarray, "frames width"]:
        """Values at the given times; before the first and after the last key they keep still."""
        cubic = self.interpolation == "CUBICSPLINE"
        values = self.values[1::_TANGENTS] if cubic else self.values
        if len(self.times) == 1:
            return _unit_if(self.path, np.repeat(values, len(times), axis=0))
        right = np.clip(np.searchsorted(self.times, times, side="right"), 1, len(self.times) - 1)
        left = right - 1
        step = self.times[right] - self.times[left]
        share = np.where(step > 0, (times - self.times[left]) / np.where(step > 0, step, 1), 1.0).clip(0, 1)[:, None]
        if self.interpolation == "STEP":
            sampled = np.where(share >= 1, values[right], values[left])
        elif cubic:
            sampled = self._spline(left, right, share, step[:, None])
        elif self.path == "rotation":
            sampled = slerp(values[left], values[right], share)
        else:
            sampled = values[left] + share * (values[right] - values[left])
        return _unit_if(self.path, sampled)

    def _spline(self, left: Any, right: Any, t: NDArray[Any], step: NDArray[Any]) -> NDArray[np.float64]:
        """Hermite's basis, with tangents for one second."""
        start, leaving = self.values[left * _TANGENTS + 1], self.values[left * _TANGENTS + 2] * step
        end, arriving = self.values[right * _TANGENTS + 1], self.values[right * _TANGENTS] * step
        t2, t3 = t**2, t**3
        curve: NDArray[np.float64] = (
            (2 * t3 - 3 * t2 + 1) * start + (t3 - 2 * t2 + t) * leaving + (3 * t2 - 2 * t3) * end + (t3 - t2) * arriving
        )
        return curve


def slerp(
    start: Float64[np.ndarray, "*batch 4"], end: Float64[np.ndarray, "*batch 4"], share: Float64[np.ndarray, "*batch 1"]
) -> Float64[np.ndarray, "*batch 4"]:
    """Unit quaternions on the shorter arc between two."""
    cosine = (start * end).sum(-1, keepdims=True)
    end = np.where(cosine < 0, -end, end)
    cosine = np.abs(cosine).clip(0, 1)
    angle = np.arccos(cosine)
    sine = np.sin(angle)
    near = cosine > _NEARLY_PARALLEL
    sine = np.where(near, 1, sine)
    first = np.where(near, 1 - share, np.sin((1 - share) * angle) / sine)
    second = np.where(near, share, np.sin(share * angle) / sine)
    return _unit_if("rotation", first * start + second * end)


def _unit_if(path: str, values: NDArray[np.float64]) -> NDArray[np.float64]:
    if path != "rotation":
        return values
    length = np.linalg.norm(values, axis=-1, keepdims=True)
    unit: NDArray[np.float64] = np.where(length > 0, values / np.where(length > 0, length, 1), (0.0, 0.0, 0.0, 1.0))
    return unit


def animation_names(document: GltfDocument) -> list[str]:
    """Names of a file's animations in its order; one without a name is called by its number."""
    return [str(row.get("name") or f"animation {number}") for number, row in enumerate(document.rows("animations"))]


def read_channels(document: GltfDocument, name: str | None = None) -> dict[int, dict[str, Channel]]:
    """Channels of an animation, by node and path; the first one where no name is given.

    Raises:
        FileError: there is none of that name, or its keys are damaged.
    """
    names = animation_names(document)
    if name is None:
        number = 0
    elif name in names:
        number = names.index(name)
    else:
        known = ", ".join(names[:10]) or "none"
        document.fail("animations", f"none is called {name!r}{closest(name, names)}", f"it has: {known}")
    if not names:
        return {}
    animation = document.rows("animations")[number]
    samplers = document.objects(animation, "samplers", f"animation {number}")
    found: dict[int, dict[str, Channel]] = {}
    for place, row in enumerate(document.objects(animation, "channels", f"animation {number}")):
        target = row.get("target")
        if not isinstance(target, dict) or target.get("path") not in tuple(_WIDTHS) or "node" not in target:
            continue  # weights of morph targets, pointers into other objects
        field = f"animation {number}, channel {place}"
        node = document.index(target["node"], len(document.rows("nodes")), field, "node")
        sampler = samplers[document.index(row.get("sampler"), len(samplers), field, "sampler")]
        found.setdefault(node, {})[target["path"]] = _channel(document, sampler, target["path"], field)
    return found


def _channel(document: GltfDocument, sampler: Json, path: str, field: str) -> Channel:
    times = document.accessor(sampler.get("input"), field)
    values = document.accessor(sampler.get("output"), field)
    interpolation = sampler.get("interpolation", "LINEAR")
    if interpolation not in ("LINEAR", "STEP", "CUBICSPLINE"):
        document.fail(field, f"unknown interpolation {str(interpolation)[:20]!r}")
    rows = len(times) * (_TANGENTS if interpolation == "CUBICSPLINE" else 1)
    if times.shape[1] != 1 or values.shape != (rows, _WIDTHS[path]) or not len(times):
        document.fail(field, f"{len(times)} keys with values {values.shape}, expected ({rows}, {_WIDTHS[path]})")
    if (np.diff(times[:, 0]) < 0).any():
        document.fail(field, "its times go backwards")
    return Channel(times[:, 0], values, str(interpolation), path)
