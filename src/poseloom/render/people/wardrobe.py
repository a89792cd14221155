"""People drawn by chance: bodies over the whole range of the free body, dressed as people dress."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar, get_args

import numpy as np

from poseloom.render.people.appearance import (
    Appearance,
    Beard,
    Colour,
    Fabric,
    Garment,
    Hair,
    HairStyle,
    Headwear,
    Pattern,
    Shoes,
)
from poseloom.render.people.fabrics import LOGOS

T = TypeVar("T")
Rng = np.random.Generator

SKINS: tuple[Colour, ...] = (
    (0.89, 0.75, 0.68),
    (0.87, 0.71, 0.62),
    (0.84, 0.66, 0.55),
    (0.79, 0.60, 0.48),
    (0.74, 0.55, 0.42),
    (0.64, 0.45, 0.33),
    (0.55, 0.38, 0.28),
    (0.46, 0.31, 0.23),
    (0.39, 0.265, 0.20),
    (0.32, 0.22, 0.175),
)
"""Tones from light to dark, after the ten of the Monk scale; a person's lies between two of them."""
HAIRS: tuple[Colour, ...] = (
    (0.07, 0.06, 0.06),
    (0.11, 0.085, 0.075),
    (0.19, 0.13, 0.10),
    (0.28, 0.19, 0.13),
    (0.40, 0.28, 0.18),
    (0.58, 0.43, 0.27),
    (0.76, 0.62, 0.42),
    (0.46, 0.22, 0.12),
)
_DYED: tuple[Colour, ...] = ((0.55, 0.16, 0.18), (0.58, 0.33, 0.50), (0.25, 0.33, 0.55))
EYES: tuple[Colour, ...] = (
    (0.20, 0.12, 0.08),
    (0.33, 0.21, 0.12),
    (0.42, 0.36, 0.20),
    (0.36, 0.44, 0.36),
    (0.38, 0.50, 0.60),
)
_NATURAL: tuple[Colour, ...] = (
    (0.08, 0.08, 0.09),
    (0.16, 0.17, 0.20),
    (0.93, 0.93, 0.91),
    (0.80, 0.80, 0.79),
    (0.46, 0.47, 0.49),
    (0.13, 0.18, 0.31),
    (0.22, 0.31, 0.47),
    (0.47, 0.36, 0.25),
    (0.72, 0.63, 0.48),
    (0.30, 0.34, 0.22),
    (0.42, 0.12, 0.14),
)
"""Colours that most clothes have."""
_JEANS: tuple[Colour, ...] = ((0.16, 0.22, 0.34), (0.28, 0.37, 0.52), (0.47, 0.57, 0.69), (0.10, 0.11, 0.13))


def random_person(seed: int | Sequence[int]) -> Appearance:
    """A person; the same for the same seed."""
    rng = np.random.default_rng(seed)
    gender = float(np.clip(rng.beta(0.35, 0.35), 0, 1))
    age = _age(rng)
    shape = (gender, age, *_figure(rng))
    child, female = age < 0.5, gender > 0.5
    tone = float(rng.beta(1.0, 1.1))
    skin = _between(SKINS, tone, rng)
    hair = _hair(rng, tone, age, female)
    top = _top(rng, female)
    bottom = _bottom(rng, female, child)
    if bottom.kind == "dress":
        top = Garment(
            _pick(rng, ("tank", "tee", "blouse", "long")), bottom.fabric, 0.15, 0.0, rng.random(), rng.random()
        )
    headwear: Headwear = _pick(rng, get_args(Headwear), _headwear_odds(female))
    return Appearance(
        shape=tuple(round(value, 4) for value in shape),
        skin=skin,
        eyes=EYES[min(int(rng.integers(0, 2 if tone > 0.5 else len(EYES))), len(EYES) - 1)],
        hair=hair,
        top=top,
        bottom=bottom,
        outer=_outer(rng) if rng.random() < (0.12 if bottom.kind == "dress" else 0.27) else None,
        tucked=bool(rng.random() < 0.3),
        shoes=_pick(rng, get_args(Shoes), (0.05, 0.5, 0.18, 0.15, 0.08 if female else 0.0, 0.06)),
        shoe_colour=_colour(rng) if rng.random() < 0.35 else _NATURAL[int(rng.integers(len(_NATURAL)))],
        sole_colour=(0.92, 0.91, 0.88) if rng.random() < 0.6 else (0.08, 0.07, 0.07),
        beard=_beard(rng, gender, age),
        headwear=headwear,
        head_fabric=_fabric(rng, patterned=0.3) if headwear != "none" else None,
        glasses=bool(rng.random() < 0.07),
        redness=float(round(rng.uniform(0.2, 0.9), 3)),
        wrinkles=float(round(np.clip((age - 0.7) * 3, 0, 1), 3)),
    )


def _age(rng: Rng) -> float:
    kind = rng.random()
    if kind < 0.015:
        return float(rng.uniform(0.0, 0.15))
    if kind < 0.11:
        return float(rng.uniform(0.2, 0.5))
    if kind < 0.82:
        return float(rng.uniform(0.55, 0.82))
    return float(rng.uniform(0.82, 1.0))


def _figure(rng: Rng) -> tuple[float, ...]:
    """Muscle, weight, height, proportions: most are ordinary, a sixth are anything."""
    if rng.random() < 1 / 6:
        return tuple(float(value) for value in rng.random(4))
    spread = np.clip(rng.normal(0.5, (0.18, 0.2, 0.18, 0.2)), 0, 1)
    return tuple(float(value) for value in spread)


def _hair(rng: Rng, tone: float, age: float, female: bool) -> Hair:
    old = max(0.0, age - 0.78) / 0.22
    dark = tone > 0.55
    colour = _between(HAIRS[:3] if dark else HAIRS, rng.random(), rng)
    if rng.random() < old:
        grey = float(rng.uniform(0.45, 0.9))
        colour = (grey, grey * 0.99, grey * 0.97)
    elif female and rng.random() < 0.04:
        colour = _DYED[int(rng.integers(len(_DYED)))]
    styles = get_args(HairStyle)
    odds = dict.fromkeys(styles, 0.0)
    if female:
        odds |= {"short": 0.10, "curly": 0.12, "bob": 0.20, "long": 0.28, "ponytail": 0.16, "bun": 0.12, "buzz": 0.02}
    else:
        odds |= {"bald": 0.05, "buzz": 0.20, "short": 0.36, "quiff": 0.18, "curly": 0.12, "long": 0.04, "bun": 0.02}
        odds["receding"] = 0.25 * old + 0.03
        odds["bald"] += 0.15 * old
    if dark:
        odds["afro"] = 0.22
        odds["curly"] += 0.1
    style: HairStyle = _pick(rng, styles, tuple(odds[name] for name in styles))
    return Hair(style, colour, float(round(rng.uniform(0.04, 0.38), 3)), float(round(rng.random(), 3)))


def _beard(rng: Rng, gender: float, age: float) -> Beard:
    if gender > 0.4 or age < 0.6:
        return "none"
    return _pick(rng, get_args(Beard), (0.48, 0.24, 0.06, 0.08, 0.14))


def _headwear_odds(female: bool) -> tuple[float, ...]:
    return (0.80, 0.05, 0.04, 0.06, 0.03, 0.02) if female else (0.80, 0.10, 0.06, 0.0, 0.02, 0.02)


def _top(rng: Rng, female: bool) -> Garment:
    kinds = ("tank", "tee", "long", "shirt", "sweater", "hoodie", "blouse")
    kind = _pick(
        rng, kinds, (0.09, 0.38, 0.13, 0.13, 0.10, 0.11, 0.10) if female else (0.05, 0.42, 0.12, 0.17, 0.10, 0.14, 0.0)
    )
    fabric = _fabric(rng, patterned=0.42 if kind in ("tee", "long", "blouse", "shirt") else 0.25)
    if kind in ("tee", "hoodie", "sweater") and fabric.pattern == "plain" and rng.random() < 0.45:
        fabric = replace(fabric, logo=int(rng.integers(1, LOGOS)))
    if kind == "sweater" and rng.random() < 0.5:
        fabric = replace(fabric, pattern="knit", scale=0.05)
    return Garment(kind, fabric, *_fit(rng))


def _outer(rng: Rng) -> Garment:
    kind = _pick(rng, ("jacket", "coat", "vest", "cardigan"), (0.5, 0.2, 0.12, 0.18))
    return Garment(kind, _fabric(rng, patterned=0.1, natural=0.75), *_fit(rng))


def _bottom(rng: Rng, female: bool, child: bool) -> Garment:
    kinds = ("trousers", "jeans", "leggings", "shorts", "joggers", "skirt", "long_skirt", "dress")
    odds = (0.18, 0.26, 0.13, 0.12, 0.07, 0.10, 0.04, 0.10) if female else (0.28, 0.34, 0.01, 0.20, 0.17, 0.0, 0.0, 0.0)
    kind = _pick(rng, kinds, odds)
    if child and kind == "long_skirt":
        kind = "skirt"
    if kind == "jeans":
        colour = _JEANS[int(rng.integers(len(_JEANS)))]
        fabric = Fabric(colour, pattern="denim", rough=0.6, seed=int(rng.integers(1000)))
    elif kind in ("skirt", "long_skirt", "dress"):
        fabric = _fabric(rng, patterned=0.5, natural=0.45)
    else:
        fabric = _fabric(rng, patterned=0.12, natural=0.8)
    return Garment(kind, fabric, *_fit(rng))


def _fit(rng: Rng) -> tuple[float, float, float, float]:
    loose, hem, sleeve, neck = (float(round(value, 3)) for value in rng.random(4))
    return loose, hem, sleeve, neck


def _fabric(rng: Rng, patterned: float, natural: float = 0.5) -> Fabric:
    colour = _NATURAL[int(rng.integers(len(_NATURAL)))] if rng.random() < natural else _colour(rng)
    colour = _shifted(colour, rng)
    second = _colour(rng) if rng.random() < 0.5 else _NATURAL[int(rng.integers(len(_NATURAL)))]
    if abs(sum(colour) - sum(second)) < 0.5:  # a pattern that can be seen
        second = (0.93, 0.92, 0.9) if sum(colour) < 1.5 else (0.1, 0.1, 0.13)
    pattern: Pattern = "plain"
    if rng.random() < patterned:
        kinds: tuple[Pattern, ...] = ("bands", "stripes", "checks", "dots", "flowers", "camouflage", "photo")
        pattern = _pick(rng, kinds, (0.28, 0.16, 0.18, 0.10, 0.16, 0.06, 0.06))
    return Fabric(
        colour,
        second,
        pattern,
        scale=float(round(rng.uniform(0.035, 0.11), 4))
        if pattern != "photo"
        else float(round(rng.uniform(0.15, 0.5), 3)),
        rough=float(round(rng.uniform(0.3, 1.0), 3)),
        seed=int(rng.integers(1000)),
    )


def _colour(rng: Rng) -> Colour:
    hue, saturation, value = rng.random(), rng.uniform(0.15, 0.68), rng.uniform(0.22, 0.85)
    return tuple(round(part, 3) for part in colorsys.hsv_to_rgb(hue, saturation, value))  # type: ignore[return-value]


def _shifted(colour: Colour, rng: Rng) -> Colour:
    return tuple(round(float(np.clip(part + rng.normal(0, 0.025), 0.03, 0.97)), 3) for part in colour)  # type: ignore[return-value]


def _between(tones: Sequence[Colour], place: float, rng: Rng) -> Colour:
    """A colour between two neighbours of a row."""
    exact = min(max(place, 0.0), 1.0) * (len(tones) - 1)
    low = min(int(exact), len(tones) - 2)
    share = exact - low
    mixed = [a + share * (b - a) for a, b in zip(tones[low], tones[low + 1], strict=True)]
    return tuple(round(float(np.clip(part * rng.normal(1, 0.015), 0.02, 0.98)), 4) for part in mixed)  # type: ignore[return-value]


def _pick(rng: Rng, values: Sequence[T], odds: Sequence[float] | None = None) -> T:
    weights = None if odds is None else np.asarray(odds, float) / sum(odds)
    return values[int(rng.choice(len(values), p=weights))]
