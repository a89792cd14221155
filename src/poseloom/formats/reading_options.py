"""What a user may say about a motion file that the file does not say, or says wrongly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from poseloom.base.errors import PoseloomError, closest

REMARKS = "remarks"
"""Key of `Clip.notes` for what a reader had to guess: one line each, told by the command line."""

METRES = {
    "m": 1.0,
    "metre": 1.0,
    "meter": 1.0,
    "dm": 0.1,
    "decimetre": 0.1,
    "cm": 0.01,
    "centimetre": 0.01,
    "centimeter": 0.01,
    "mm": 0.001,
    "millimetre": 0.001,
    "millimeter": 0.001,
    "inch": 0.0254,
    "in": 0.0254,
    "foot": 0.3048,
    "ft": 0.3048,
    "cmu": 0.0254 / 0.45,
}
"""Length units by name; ``cmu`` is the one of the CMU database, 1/0.45 inch."""

UP_AXES = ("x", "y", "z", "-x", "-y", "-z")
_HIGHEST_FPS = 100_000.0


@dataclass(frozen=True)
class ReadingOptions:
    """Options of every reader; None leaves it to the file.

    Args:
        joint_map: {our joint: the file's joint}, or the path of a JSON file with that table.
        up: the axis of the file that points up: one of `UP_AXES`.
        unit: a name in `METRES`, or metres a unit.
        fps: frames a second.

    Raises:
        PoseloomError: an unknown axis or unit, or a rate that is not positive.
    """

    joint_map: Mapping[str, str] | str | Path | None = None
    up: str | None = None
    unit: str | float | None = None
    fps: float | None = None

    def __post_init__(self) -> None:
        if self.up is not None and self.plain_up not in UP_AXES:
            raise PoseloomError(f"up: expected one of {', '.join(UP_AXES)}, got {str(self.up)[:40]!r}")
        if self.fps is not None and not (isinstance(self.fps, int | float) and 0 < self.fps <= _HIGHEST_FPS):
            raise PoseloomError(f"fps: expected frames a second, above 0, got {str(self.fps)[:40]!r}")
        if self.unit is not None:
            self.metres_per_unit  # noqa: B018 - checks it

    @property
    def plain_up(self) -> str | None:
        """The axis in lower case, without a plus."""
        return None if self.up is None else str(self.up).strip().lower().removeprefix("+")

    @property
    def metres_per_unit(self) -> float | None:
        """Metres a unit of the file, if the user said it."""
        if self.unit is None:
            return None
        text = str(self.unit).strip().lower()
        if text in METRES:
            return METRES[text]
        try:
            metres = float(text)
        except ValueError:
            metres = -1.0
        if not 1e-6 <= metres <= 1e6:
            names = ("m", "dm", "cm", "mm", "inch", "foot", "cmu")
            problem = f"unit: expected {', '.join(names)} or metres a unit, got {str(self.unit)[:40]!r}"
            raise PoseloomError(f"{problem}{closest(text[:40], names)}")
        return metres

    @property
    def given(self) -> tuple[str, ...]:
        """Names of the options that the user gave."""
        return tuple(name for name in ("joint_map", "up", "unit", "fps") if getattr(self, name) is not None)
