"""Where a signal turns: peaks and valleys that differ by enough, and excursions from a base to a peak and back."""

from __future__ import annotations

from typing import NamedTuple

from jaxtyping import Float
from numpy import ndarray

FULL = 0.45
"""Share of the usual rise and fall that both sides of an excursion must have to be a whole one."""


class Turn(NamedTuple):
    """A peak or a valley."""

    place: int
    is_peak: bool


class Excursion(NamedTuple):
    """From a base to a peak and back; places in time."""

    before: int
    """The lowest place before the peak."""
    peak: int
    after: int
    rise: float
    fall: float


def turns_of(values: Float[ndarray, " times"], least: float) -> list[Turn]:
    """Peaks and valleys in turn, each at least `least` away from its neighbours; ends of the series count.

    Values turn where they have come back by `least` from the farthest so far, so that noise below it has no turns.
    """
    found: list[Turn] = []
    low = high = 0
    rising: bool | None = None
    for place, value in enumerate(values.tolist()):
        if value > values[high]:
            high = place
        if value < values[low]:
            low = place
        if rising is not False and values[high] - value >= least:
            if rising is None and low < high and values[high] - values[low] >= least:
                found.append(Turn(low, False))
            found.append(Turn(high, True))
            rising, low, high = False, place, place
        elif rising is not True and value - values[low] >= least:
            if rising is None and high < low and values[high] - values[low] >= least:
                found.append(Turn(high, True))
            found.append(Turn(low, False))
            rising, low, high = True, place, place
    if rising is not None:
        found.append(Turn(high, True) if rising else Turn(low, False))
    return found


def excursions_of(values: Float[ndarray, " times"], least: float) -> list[Excursion]:
    """Every peak with its way up and down. At the ends of the series rise or fall may be small: see `is_whole`."""
    turns = turns_of(values, least)
    made = []
    for number, turn in enumerate(turns):
        if not turn.is_peak:
            continue
        before = turns[number - 1].place if number else 0
        after = turns[number + 1].place if number + 1 < len(turns) else len(values) - 1
        peak = values[turn.place]
        made.append(Excursion(before, turn.place, after, float(peak - values[before]), float(peak - values[after])))
    return made


def is_whole(one: Excursion, usual: float) -> bool:
    """Whether both its rise and its fall were seen."""
    return min(one.rise, one.fall) >= FULL * usual
