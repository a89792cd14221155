"""The one-euro filter (Casiez et al., CHI 2012): smooth where a value rests, prompt where it moves."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True)
class OneEuro:
    """How strongly a kind of value is smoothed.

    Args:
        minimum: cutoff frequency of a value that rests, Hz; lower is smoother.
        beta: by how much the cutoff rises with speed.
        derivative: cutoff frequency of the speed, Hz.
    """

    minimum: float
    beta: float
    derivative: float = 1.0


PICTURE = OneEuro(0.05, 80.0)
"""Of points in the picture, in sizes of the person (MediaPipe's numbers, as those below)."""
REGION = OneEuro(0.01, 10.0)
"""Of the two points that give the next region."""
WORLD = OneEuro(0.1, 40.0)
"""Of points in metres."""
VISIBILITY_SHARE = 0.1
"""How much of a new visibility is taken."""
MASK_SHARE = 0.7
"""How much of a new mask is taken."""


@dataclass(eq=False)
class Smoother:
    """A one-euro filter over values that come one after the other.

    Args:
        kind: how strongly it smooths.
        rate: values a second.
    """

    kind: OneEuro
    rate: float
    _raw: Tensor | None = field(default=None, init=False)
    _speed: Tensor | None = field(default=None, init=False)
    _smooth: Tensor | None = field(default=None, init=False)

    def __call__(self, value: Float[Tensor, "*any"], scale: float = 1.0) -> Float[Tensor, "*any"]:
        """The next value, smoothed. A place that was not finite before or is not now starts anew.

        Args:
            value: what is to be smoothed, of the same shape each time.
            scale: by which speeds are multiplied: one over the size of the thing.
        """
        if self._raw is None or self._speed is None or self._smooth is None:
            self._raw, self._speed, self._smooth = value, torch.zeros_like(value), value
            return value
        known = self._smooth.isfinite() & value.isfinite()
        speed = (value - self._raw) * scale * self.rate
        share = alpha(torch.tensor(self.kind.derivative), self.rate)
        speed = torch.where(known, self._speed + share * (speed - self._speed), 0.0)
        share = alpha(self.kind.minimum + self.kind.beta * speed.abs(), self.rate)
        smooth = torch.where(known, self._smooth + share * (value - self._smooth), value)
        self._raw, self._speed, self._smooth = value, speed, smooth
        return smooth


def alpha(cutoff: Float[Tensor, "*any"], rate: float) -> Float[Tensor, "*any"]:
    """The share of a new value that a low-pass filter of this cutoff frequency (Hz) takes."""
    return 1 / (1 + rate / (2 * math.pi * cutoff))
