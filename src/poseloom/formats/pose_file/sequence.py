"""`PoseSequence`: what a ``.pose`` file holds, keypoints of people over time with a confidence each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

from poseloom.base.errors import PoseloomError, closest


@dataclass(frozen=True)
class Component:
    """A group of points that one estimator gives: a body, a face, a hand.

    Args:
        name: ``POSE_LANDMARKS``, ``pose_keypoints_2d``, ...
        points: names of its points.
        limbs: pairs of indices within the component, for drawing.
        colors: red, green, blue from 0 to 255; limbs take them in turn.
        format: one letter for each stored number, coordinates first, the last one C for confidence: ``XYC``, ``XYZC``;
            between them others that a program keeps, as in ``XYZKC``.
    """

    name: str
    points: tuple[str, ...]
    limbs: tuple[tuple[int, int], ...] = ()
    colors: tuple[tuple[int, int, int], ...] = ((255, 255, 255),)
    format: str = "XYZC"

    @property
    def dimensions(self) -> int:
        """Coordinates a point: 2 or 3."""
        return 3 if self.format.startswith("XYZ") else 2

    @property
    def others(self) -> str:
        """Letters of what is stored beside coordinates and confidence."""
        return self.format[self.dimensions : -1]


@dataclass(frozen=True, eq=False)
class PoseSequence:
    """Keypoints over time, in the coordinates of their file (pixels, x to the right, y down).

    Args:
        components: what the points are, in order.
        values: coordinates; whatever stands under a missing point is kept.
        confidence: 0 where a point is missing, usually up to 1.
        fps: frames a second.
        width, height, depth: width, height and depth of the picture or space in which the coordinates are given.
        others: what the points' formats have beside coordinates and confidence, in their order; None where they have
            nothing.
        undefined: NaN or infinity where a file has it under missing points, 0 elsewhere; `values` has 0 there.
        notes: what a reader had to change.

    Raises:
        PoseloomError: shapes that do not belong together, or a value or confidence that is not finite.
    """

    components: tuple[Component, ...]
    values: Float[ndarray, "frames people points d"]
    confidence: Float[ndarray, "frames people points"]
    fps: float = 25.0
    width: int = 1000
    height: int = 1000
    depth: int = 1000
    others: Float[ndarray, "frames people points others"] | None = None
    undefined: Float[ndarray, "frames people points d"] | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        points = sum(len(component.points) for component in self.components)
        if self.values.ndim != 4 or self.confidence.shape != self.values.shape[:3]:
            raise PoseloomError(
                f"PoseSequence: expected values (frames, people, points, d) and confidence (frames, people, points), "
                f"got {self.values.shape} and {self.confidence.shape}"
            )
        for name in ("others", "undefined"):
            given = getattr(self, name)
            if given is not None and given.shape[:3] != self.values.shape[:3]:
                raise PoseloomError(
                    f"PoseSequence.{name}: expected (frames, people, points, n) as values have, got {given.shape}"
                )
        if self.values.shape[2] != points:
            raise PoseloomError(
                f"PoseSequence: its components name {points} points, values hold {self.values.shape[2]}"
            )
        if not (np.isfinite(self.values).all() and np.isfinite(self.confidence).all()):
            raise PoseloomError(
                "PoseSequence: holds NaN or infinity; give missing points the confidence 0 and any value"
            )
        if not 0 < self.fps < float("inf"):
            raise PoseloomError(f"PoseSequence.fps: expected a positive number of frames a second, got {self.fps}")

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, frames: slice) -> PoseSequence:
        """Some of the frames; a step makes the frame rate lower."""
        step = abs(frames.step or 1)
        more: dict[str, Any] = {name: None if given is None else given[frames] for name, given in self.more.items()}
        values, confidence = self.values[frames], self.confidence[frames]
        return replace(self, values=values, confidence=confidence, fps=self.fps / step, **more)

    @property
    def more(self) -> dict[str, Any]:
        """What a file holds beside values and confidence."""
        return {"others": self.others, "undefined": self.undefined}

    def without_more(self) -> PoseSequence:
        """The same points without what only their file had: other numbers than coordinates, and NaN."""
        components = tuple(replace(one, format=f"{one.format[: one.dimensions]}C") for one in self.components)
        return replace(self, components=components, others=None, undefined=None)

    @property
    def missing(self) -> Bool[ndarray, "frames people points"]:
        """Points that were not seen: those of confidence 0."""
        return self.confidence == 0

    @cached_property
    def _places(self) -> dict[tuple[str, str], int]:
        named = ((component.name, point) for component in self.components for point in component.points)
        return {name: index for index, name in enumerate(named)}

    def point(self, component: str, name: str) -> int:
        """Index of a point among all.

        Raises:
            PoseloomError: no such component, or no such point in it.
        """
        if (component, name) not in self._places:
            own = self.component(component)
            raise PoseloomError(f"component {component} has no point {name!r}{closest(name, own.points)}")
        return self._places[component, name]

    def has(self, component: str, name: str) -> bool:
        """Whether there is such a point."""
        return (component, name) in self._places

    def component(self, name: str) -> Component:
        """A component by its name.

        Raises:
            PoseloomError: no such component.
        """
        for component in self.components:
            if component.name == name:
                return component
        known = [component.name for component in self.components]
        raise PoseloomError(f"no component {name!r}{closest(name, known)}; there are: {', '.join(known)}")

    def select(self, wanted: dict[str, Sequence[str] | None]) -> PoseSequence:
        """Some components, and of each some points (None: all), in the order that is given.

        Limbs keep their ends; those that lose one are dropped.

        Raises:
            PoseloomError: no such component or point.
        """
        components, indices = [], []
        for name, points in wanted.items():
            source = self.component(name)
            chosen = source.points if points is None else tuple(points)
            components.append(_part(source, chosen))
            indices += [self.point(name, point) for point in chosen]
        more: dict[str, Any] = {
            name: None if given is None else given[:, :, indices] for name, given in self.more.items()
        }
        return replace(
            self,
            components=tuple(components),
            values=self.values[:, :, indices],
            confidence=self.confidence[:, :, indices],
            **more,
        )

    def masked(self, missing: Bool[ndarray, "frames people points"]) -> PoseSequence:
        """The same values with more points missing."""
        return replace(self, confidence=np.where(missing, 0, self.confidence).astype(self.confidence.dtype))


def _part(component: Component, points: tuple[str, ...]) -> Component:
    place = {name: index for index, name in enumerate(points)}
    names = component.points
    limbs = tuple(
        (place[names[a]], place[names[b]]) for a, b in component.limbs if names[a] in place and names[b] in place
    )
    return replace(component, points=points, limbs=limbs)
