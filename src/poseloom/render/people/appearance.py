"""What a synthetic person looks like: body, skin, face, hair, clothes, as plain values that go through JSON."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from typing import Any, Literal

from poseloom.base.errors import PoseloomError

Colour = tuple[float, float, float]
"""sRGB, each in [0, 1]."""

Pattern = Literal["plain", "stripes", "bands", "checks", "dots", "flowers", "camouflage", "denim", "knit", "photo"]
Top = Literal["none", "tank", "tee", "long", "shirt", "sweater", "hoodie", "blouse"]
Outer = Literal["none", "jacket", "coat", "vest", "cardigan"]
Bottom = Literal["trousers", "jeans", "leggings", "shorts", "joggers", "skirt", "long_skirt", "dress"]
Shoes = Literal["bare", "trainers", "leather", "boots", "ballet", "sandals"]
HairStyle = Literal["bald", "buzz", "short", "quiff", "curly", "afro", "bob", "long", "ponytail", "bun", "receding"]
Beard = Literal["none", "stubble", "moustache", "goatee", "full"]
Headwear = Literal["none", "cap", "beanie", "headscarf", "sunhat", "helmet"]


@dataclass(frozen=True)
class Fabric:
    """What a garment is made of.

    Args:
        colour, second: of the cloth and of its pattern.
        pattern: see `Pattern`.
        scale: size of one repeat, metres.
        rough: how much creases show, 0 to 1.
        logo: number of the print on the chest, 0 for none.
        seed: where in the noise the cloth was cut.
    """

    colour: Colour
    second: Colour = (1.0, 1.0, 1.0)
    pattern: Pattern = "plain"
    scale: float = 0.06
    rough: float = 0.5
    logo: int = 0
    seed: int = 0


@dataclass(frozen=True)
class Hair:
    """Args:
    style: see `HairStyle`.
    colour: of the hair and the brows.
    length: metres that long hair hangs below the ears.
    volume: 0 close to the skull, 1 full.
    """

    style: HairStyle
    colour: Colour
    length: float = 0.2
    volume: float = 0.5


@dataclass(frozen=True)
class Garment:
    """A kind of garment with its cloth and its fit.

    Args:
        kind: see `Top`, `Outer`, `Bottom`.
        fabric: its cloth.
        loose: 0 close to the skin, 1 wide.
        hem, sleeve: where it ends, 0 short to 1 long within what the kind allows.
        neck: depth of the neckline, 0 closed to 1 deep.
    """

    kind: str
    fabric: Fabric
    loose: float = 0.4
    hem: float = 0.5
    sleeve: float = 0.5
    neck: float = 0.3


@dataclass(frozen=True)
class Appearance:
    """A person, whatever the pose. Two pictures with the same `Appearance` show the same person.

    Args:
        shape: phenotypes of the free body, see `poseloom.body.phenotype.PHENOTYPES`.
        skin: its colour in even light.
        redness: of cheeks, lips and knuckles, 0 to 1.
        wrinkles: lines and spots of age, 0 to 1.
        eyes: colour of the irises.
        hair, beard, headwear, glasses: what is on the head.
        head_fabric: of the headwear.
        top, outer, bottom: clothes.
        tucked: whether the top goes into the bottom.
        shoes, shoe_colour, sole_colour: on the feet.
    """

    shape: tuple[float, ...]
    skin: Colour
    eyes: Colour
    hair: Hair
    top: Garment
    bottom: Garment
    outer: Garment | None = None
    tucked: bool = False
    shoes: Shoes = "trainers"
    shoe_colour: Colour = (0.2, 0.2, 0.22)
    sole_colour: Colour = (0.9, 0.9, 0.88)
    beard: Beard = "none"
    headwear: Headwear = "none"
    head_fabric: Fabric | None = None
    glasses: bool = False
    redness: float = 0.4
    wrinkles: float = 0.0

    @property
    def code(self) -> str:
        """Twelve letters that are the same for the same appearance."""
        return hashlib.sha256(self.as_json().encode()).hexdigest()[:12]

    def as_json(self) -> str:
        """All of it as one line of JSON."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Appearance:
        """What `as_json` wrote.

        Raises:
            PoseloomError: other text.
        """
        try:
            values = json.loads(text)
            made = _built(values)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise PoseloomError(f"appearance: expected what Appearance.as_json wrote, got {text[:60]!r}") from error
        return made


def _built(values: dict[str, Any]) -> Appearance:
    plain = _tuples(values)
    plain["hair"] = Hair(**_tuples(values["hair"]))
    for name in ("top", "bottom", "outer"):
        if values.get(name) is not None:
            plain[name] = Garment(**{**values[name], "fabric": Fabric(**_tuples(values[name]["fabric"]))})
    if values.get("head_fabric") is not None:
        plain["head_fabric"] = Fabric(**_tuples(values["head_fabric"]))
    return Appearance(**plain)


def _tuples(values: dict[str, Any]) -> dict[str, Any]:
    """JSON's lists as the tuples that they were."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
