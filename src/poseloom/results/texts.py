"""Texts: descriptions and instructions by rule or by a model, captions by a model."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from poseloom.base.errors import PoseloomError
from poseloom.results.result import Items

S = TypeVar("S", bound="Texts")
_DECIMALS = 3
"""Of seconds."""


@dataclass(frozen=True, eq=False)
class Texts(Items[str]):
    """One text for each pose, or for each pair of poses; used as a sequence of them.

    Args:
        texts: in the order of the flattened batch.
        frames: where each pose stands in its clip; empty for poses of no clip.
        seconds: when that is.
    """

    texts: tuple[str, ...]
    frames: tuple[int, ...] = field(default=(), kw_only=True)
    seconds: tuple[float, ...] = field(default=(), kw_only=True)

    def __post_init__(self) -> None:
        for name in ("frames", "seconds"):
            given = len(getattr(self, name))
            if given not in (0, len(self.texts)):
                raise PoseloomError(f"{name}: expected one for each of {len(self.texts)} texts, got {given}")

    @property
    def _items(self) -> tuple[str, ...]:
        return self.texts

    def at(self: S, frames: list[int] | range, fps: float) -> S:
        """The same texts as those of frames of a clip.

        Raises:
            PoseloomError: another number of frames than of texts.
        """
        seconds = tuple(round(frame / fps, _DECIMALS) for frame in frames)
        return replace(self, frames=tuple(frames), seconds=seconds)

    def as_json(self) -> dict[str, Any]:
        """``texts``: rows of ``text``, with ``frame`` and ``seconds`` where they are known; ``notes``."""
        rows: list[dict[str, Any]] = [{"text": text} for text in self.texts]
        if self.frames:
            places = zip(self.frames, self.seconds, self.texts, strict=True)
            rows = [{"frame": frame, "seconds": seconds, "text": text} for frame, seconds, text in places]
        return {"texts": rows, "notes": list(self.notes)}


class Described(Texts):
    """Descriptions of poses by rule."""


class Captioned(Texts):
    """Captions of poses by a learned model."""


class Instructed(Texts):
    """How to get from each pose of one batch to its counterpart in another, by rule or by a learned model."""
