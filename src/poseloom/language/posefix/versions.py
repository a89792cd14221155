"""The released versions of PoseFix's instructions as named options, and the default."""

from __future__ import annotations

from dataclasses import dataclass

from poseloom.base.errors import PoseloomError, closest


@dataclass(frozen=True)
class PoseFixOptions:
    """What the pipeline does."""

    random_skip: bool = False
    """Leave out each code that is not rare with probability 0.15, so that texts of one pair differ in content."""
    simplified: bool = False
    """Tell code by code: do not join parts of a limb, both sides, or what is said of one part; no pronouns."""
    targets: bool = True
    """Also tell what holds of the moved parts in the second pose, such as *straight*."""
    turn: bool = True
    """Begin with the turn of the whole person, in pairs of one recording."""
    head: bool = False
    """Tell turns of the head, which need rotations."""
    contacts: bool = False
    """Tell touches that begin and end, found on the body's mesh where poses are given; some 50 pairs a second."""
    noise: bool = False
    """Blur thresholds by up to 5 degrees, 5 cm or 10 degrees of turn, as the original can: texts then are not exact."""


DEFAULT_VERSION = "full"
VERSIONS: dict[str, PoseFixOptions] = {
    "full": PoseFixOptions(head=True),
    "full-contacts": PoseFixOptions(head=True, contacts=True),
    "pfA": PoseFixOptions(),
    "pfB": PoseFixOptions(random_skip=True),
    "pfC": PoseFixOptions(random_skip=True, simplified=True),
    "embroider": PoseFixOptions(random_skip=True, targets=False, turn=False, head=True, contacts=True),
    "embroider-simplified": PoseFixOptions(
        random_skip=True, simplified=True, targets=False, turn=False, head=True, contacts=True
    ),
}
"""``pfA`` to ``pfC`` are the three texts of PoseFix, ``embroider`` those of PoseEmbroider's BEDLAM-Fix."""


def version_of(name: str | PoseFixOptions) -> PoseFixOptions:
    """The options of a version; options of one's own stay as they are.

    Raises:
        PoseloomError: no version of that name.
    """
    if isinstance(name, PoseFixOptions):
        return name
    if name not in VERSIONS:
        raise PoseloomError(
            f"version: expected one of {', '.join(VERSIONS)}, got {name!r}{closest(name, tuple(VERSIONS))}"
        )
    return VERSIONS[name]
