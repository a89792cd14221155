"""How a picture looks: colours of skin and clothes, lights, background. All colours are sRGB in [0, 1]."""

from __future__ import annotations

from dataclasses import dataclass

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Clothes:
    """Colours of what the figure is and wears."""

    skin: Colour = (0.87, 0.70, 0.60)
    hair: Colour = (0.30, 0.22, 0.19)
    shirt: Colour = (0.36, 0.55, 0.72)
    trousers: Colour = (0.27, 0.30, 0.37)
    shoes: Colour = (0.87, 0.70, 0.60)
    """By default the skin's: the fine mesh has toes."""
    left_sleeve: Colour | None = None
    """Colour of the left half of the shirt's sleeves and of the left trouser leg where the sides are told apart."""
    left_leg: Colour | None = None
    eyes: Colour | None = (0.36, 0.26, 0.19)
    """Colour of the irises; None leaves the face unpainted."""

    @classmethod
    def uniform(cls, colour: Colour) -> Clothes:
        """All in one colour, the face unpainted."""
        return cls(colour, colour, colour, colour, colour, eyes=None)


@dataclass(frozen=True)
class Light:
    """A distant light; its direction is counted from the camera, so that every view is lit alike."""

    azimuth: float
    """Degrees about the vertical from the camera towards the right of the picture."""
    elevation: float
    """Degrees above the horizontal."""
    colour: Colour
    """Strength in linear light."""


@dataclass(frozen=True)
class Style:
    """Everything about the look that is not geometry."""

    clothes: Clothes = Clothes()
    key: Light = Light(-38.0, 52.0, (0.80, 0.77, 0.72))
    fill: Light = Light(62.0, 18.0, (0.13, 0.145, 0.17))
    sky: Colour = (0.40, 0.42, 0.45)
    """Linear light that comes from above, from all around."""
    bounce: Colour = (0.24, 0.23, 0.22)
    """Linear light that comes back from the ground."""
    rim: float = 0.10
    """Linear light added where the surface turns away from the camera: lifts the outline off the background."""
    wall: Colour = (0.855, 0.872, 0.890)
    floor: Colour = (0.962, 0.960, 0.952)
    ground: bool = True
    """A floor at height 0 that runs into the wall without an edge; without it the background is the wall alone."""
    grid: bool = False
    """Thin lines on the floor, half a metre apart: they show how far a person moves."""
    shadows: bool = True
    """The key light's shadow on body and floor, and the dark seam where the body touches the floor."""


STUDIO = Style()
"""A clothed figure on a light studio floor: for pages, sheets and the demo."""

SIDES = Style(clothes=Clothes(left_sleeve=(0.90, 0.56, 0.30), left_leg=(0.52, 0.36, 0.26)))
"""The studio, with the person's left sleeve and trouser leg in orange and brown: for reading left and right."""

CLAY = Style(
    clothes=Clothes.uniform((0.78, 0.77, 0.75)),
    ground=False,
    shadows=False,
)
"""One colour and plain light on an even background: the fastest."""
