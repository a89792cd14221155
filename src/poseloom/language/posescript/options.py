"""What goes into a description: named versions, each a set of switches."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache

from poseloom.base.errors import FileError, PoseloomError, closest
from poseloom.language.posescript.rules import rules_of


@dataclass(frozen=True)
class PoseScriptOptions:
    """The switches of a description; the versions are named sets of them (``tables/posescript_rules.json``)."""

    random_skip: bool = False
    """Leave out each common code with probability 0.15, so that descriptions of one pose differ in what they tell."""
    transitive_rule: bool = True
    """Leave out a relation that follows from two others: a < b and b < c make a < c."""
    statistical_rules: bool = True
    """Leave out what nearly always goes with what is told already (54 rules)."""
    simplified: bool = False
    """One statement a code: nothing is merged or grouped, and every compared part is named in full."""
    activity: bool = False
    """Begin with a sentence on the activity, for poses that have activity labels."""
    dancing: bool = False
    """Poses from a collection of dances (label ``__dancing__``) count as labelled ``dance``."""
    contacts: bool = False
    """Tell which parts of the body touch each other; found on the body's mesh where they are not given."""
    noise: bool = False
    """Blur thresholds by up to 5 degrees or 5 cm, as the original always does: statements then are not exact."""
    faithful: bool = False
    """Reproduce the original's stages with their defects: unclamped angles, symmetry aggregation that does not look
    at sides, mirrored statistical rules that remove both sides' codes, statements that depend on a direction even
    of poses that do not face +z. Wording, order and duplicates are not affected."""


@cache
def versions() -> dict[str, PoseScriptOptions]:
    """All named versions: ``complete`` (ours), the released ones of PoseScript and of PoseEmbroider."""
    rules = rules_of()
    known = tuple(one.name for one in fields(PoseScriptOptions))
    made = {}
    for name, switches in rules.versions.items():
        for switch in switches:
            if switch not in known:
                raise FileError(
                    rules.path, f"unknown switch{closest(switch, known)}", field=f"versions.{name}.{switch}"
                )
        made[name] = PoseScriptOptions(**switches)
    return made


def version(name: str) -> PoseScriptOptions:
    """The switches of a version.

    Raises:
        PoseloomError: there is no such version; suggests the nearest name.
    """
    known = versions()
    if name not in known:
        guess = closest(name, tuple(known))
        raise PoseloomError(f"unknown version {name!r}; expected one of {', '.join(known)}{guess}")
    return known[name]
