"""Poses fitted to points: rotations of the body's joints from where its joints or landmarks are.

`fit_tracks` is what users of the room call; energies (`terms`), the body that they see (`chain`), the solver
(`levenberg_marquardt`) and the start (`start`) are apart, so that further kinds of points need new terms only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseloom.base.lazy import names_of

if TYPE_CHECKING:
    from poseloom.fitting.fit import Fitted, fit_tracks
    from poseloom.fitting.weights import FitWeights

_HOME = {"FitWeights": "weights", "Fitted": "fit", "fit_tracks": "fit"}
__all__ = ["FitWeights", "Fitted", "fit_tracks"]

__getattr__ = names_of(__name__, _HOME)
