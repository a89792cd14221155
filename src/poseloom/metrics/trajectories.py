"""Trajectories of keypoints with missing points, the form in which signing is measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

from poseloom.base.errors import PoseloomError


@dataclass(frozen=True, eq=False)
class Trajectories:
    """One keypoint over time, for many keypoints.

    Args:
        values: coordinates. Under a missing point anything may stand; some published measures read it.
        missing: points that were not seen.
    """

    values: Float[ndarray, "keypoints frames d"]
    missing: Bool[ndarray, "keypoints frames"]

    def __post_init__(self) -> None:
        if self.values.ndim != 3 or self.missing.shape != self.values.shape[:2] or not self.missing.size:
            raise PoseloomError(
                f"trajectories: expected values (keypoints, frames, d) and missing (keypoints, frames) with at least "
                f"one frame, got {self.values.shape} and {self.missing.shape}"
            )
        if not np.isfinite(self.values[~self.missing]).all():
            raise PoseloomError("trajectories: a point that is not missing is NaN or infinite; mark it as missing")

    @classmethod
    def of(
        cls,
        frames: Float[ndarray, "frames keypoints d"],
        missing: Bool[ndarray, "frames keypoints"] | None = None,
        keypoints: Sequence[int] | None = None,
    ) -> Trajectories:
        """From frames of keypoints, some of them selected; nothing is missing where `missing` is not given."""
        values = np.asarray(frames, np.float64)
        absent = np.zeros(values.shape[:2], bool) if missing is None else np.asarray(missing, bool)
        chosen = slice(None) if keypoints is None else list(keypoints)
        return cls(values[:, chosen].swapaxes(0, 1), absent[:, chosen].T)

    @property
    def keypoints(self) -> int:
        return self.values.shape[0]

    @property
    def frames(self) -> int:
        return self.values.shape[1]

    def padded(self, frames: int) -> Trajectories:
        """Zeros appended at the end, which count as seen, up to a number of frames."""
        extra = max(0, frames - self.frames)
        values = np.pad(self.values, ((0, 0), (0, extra), (0, 0)))
        return Trajectories(values, np.pad(self.missing, ((0, 0), (0, extra))))

    def all_seen(self) -> Trajectories:
        """The same values with nothing marked as missing; what is not finite becomes 0."""
        return Trajectories(np.nan_to_num(self.values, posinf=0, neginf=0), np.zeros_like(self.missing))


def same_keypoints(a: Trajectories, b: Trajectories) -> None:
    """Refuse series of different keypoints or dimensions."""
    if (a.keypoints, a.values.shape[-1]) != (b.keypoints, b.values.shape[-1]):
        raise PoseloomError(
            f"trajectories: {a.keypoints} keypoints of {a.values.shape[-1]} dimensions cannot be compared with "
            f"{b.keypoints} of {b.values.shape[-1]}; select the keypoints that both have"
        )
