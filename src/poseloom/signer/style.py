"""How signs are signed: quick or slow, large or small, right- or left-handed."""

from __future__ import annotations

from dataclasses import dataclass

from poseloom.base.errors import PoseloomError

SLOWEST, FASTEST = 0.25, 4.0
SMALLEST, LARGEST = 0.4, 1.6
LONGEST_HOLD = 10.0


@dataclass(frozen=True)
class SigningStyle:
    """What the notation leaves to the signer.

    Args:
        speed: 2 is twice as fast, 0.25 to 4.
        space: size of movements, 0.4 (whispered) to 1.6 (for a hall).
        hold: how long a posture without movement is held, seconds, 0.04 to 10.
        left_handed: the left hand is the dominant one, and all is mirrored.

    Raises:
        PoseloomError: a number outside its range.
    """

    speed: float = 1.0
    space: float = 1.0
    hold: float = 0.24
    left_handed: bool = False

    def __post_init__(self) -> None:
        ranges = {"speed": (SLOWEST, FASTEST), "space": (SMALLEST, LARGEST), "hold": (0.04, LONGEST_HOLD)}
        for name, (low, high) in ranges.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise PoseloomError(f"signing style: {name} {value:g}; expected {low:g} to {high:g}")
