"""Named poses: what people call them, what must hold of them, and how a body takes them.

The tables stand in ``named/*.json``, one file a field (yoga, fitness ...); a linguist can edit them. An entry:

- ``aliases``: other names, in any inflection; ``{side}`` stands for left, right, one, either. Small words (the, his, a)
  are left out. The name itself is one too.
- ``says``: what must hold, in sentences that the fact reader reads; only what makes the pose what it is.
- ``from``: one of the stances of ``pose/stances.json`` (default: quiet standing); ``angles`` by part in degrees over
  that one, ``both_`` before a part for both sides.
- ``decides``: which of root, trunk, head, left_arm, right_arm, left_leg, right_leg the entry sets; arms, legs and body
  (root, trunk, legs) and all for several. Default: those of which it or its stance gives an angle; where that is a leg
  or the root, all of them.
- ``support``: feet, floor, seat or air; ``contacts``: the points of ``pose/contact.json`` on the floor.
- ``touch``: pairs of places of ``pose/touch_points.json`` that must meet: ["left_hand", "left_waist"].
- ``side``: left or right, where the entry is written for one side: what "to the left", "with the left arm", "left ..."
  call it. ``on``: the same for "on the left leg, foot, knee, arm, side", where that is another side. Named for the
  other side it is mirrored.
- ``lends``: beside another posture it lends its arms and head alone (a T-pose of somebody who sits).
- ``general``: it gives way to a more exact name in the same text (sitting, standing).
- ``supple``: the hips keep the angles that are written even where few people can follow (splits).
- ``handed``: people do it with the side that is written (a salute); samples are not mirrored.
- ``told``: whether `describe` and search name it where somebody is in it (see recognising.py).
- ``gaze``, ``hands`` (shapes of the left and right hand) and ``loose`` (how far samples vary, 1 as usual) are optional.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from poseloom.base.datafiles import entry, read_table
from poseloom.base.errors import FileError

NAMED = Path(__file__).parent / "named"
LIMBS = ("root", "trunk", "head", "left_arm", "right_arm", "left_leg", "right_leg")
_GROUPS = {
    "arms": ("left_arm", "right_arm"),
    "legs": ("left_leg", "right_leg"),
    "body": ("root", "trunk", "left_leg", "right_leg"),
    "all": LIMBS,
}
_FIELDS = frozenset(
    {
        *("aliases", "says", "from", "angles", "decides", "support", "contacts", "touch", "side", "on", "general"),
        *("lends", "gaze", "hands", "loose", "supple", "told", "handed"),
    }
)
_SUPPORTS = ("feet", "floor", "seat", "air")
_SIDES = ("left", "right")
_PARTS_OF = {
    "arm": ("collar", "shoulder", "elbow", "wrist"),
    "leg": ("hip", "knee", "ankle", "toe"),
}


@dataclass(frozen=True)
class NamedPose:
    """An entry as it is written; see the module for its fields."""

    name: str
    field: str
    aliases: tuple[str, ...]
    says: tuple[str, ...]
    start: str
    angles: tuple[tuple[str, tuple[float, ...]], ...]
    decides: frozenset[str]
    support: str
    contacts: tuple[str, ...]
    touch: tuple[tuple[str, str], ...]
    side: str
    on: str
    general: bool
    lends: bool
    gaze: str
    hands: tuple[str, str] | None
    loose: float
    supple: bool
    told: bool
    handed: bool = False

    @property
    def whole(self) -> bool:
        """Whether it says how the whole body is carried, not only what arms or head do."""
        return "root" in self.decides


@cache
def named_poses(folder: Path = NAMED) -> MappingProxyType[str, NamedPose]:
    """All entries by name, in the order of the files.

    Raises:
        FileError: an entry that cannot be used, with the file and the entry.
    """
    found: dict[str, NamedPose] = {}
    for path in sorted(folder.glob("*.json")):
        for name, row in entry(path, read_table(path), "poses", dict).items():
            if name in found:
                raise FileError(path, f"{name!r} is already in {found[name].field}.json", field=name)
            found[name] = _entry(path, name, row)
    return MappingProxyType(found)


def _entry(path: Path, name: str, row: dict[str, Any]) -> NamedPose:
    def refuse(problem: str) -> FileError:
        return FileError(path, problem, field=name)

    unknown = set(row) - _FIELDS
    if unknown:
        raise refuse(f"unknown fields {sorted(unknown)}; known: {', '.join(sorted(_FIELDS))}")
    angles = tuple(_angles(row.get("angles", {})))
    start = row.get("from", "stand")
    stance = _stance_row(start)
    if stance is None:
        raise refuse(f"no stance {start!r}")
    for part, degrees in angles:
        if part not in _sizes() or len(degrees) != _sizes()[part]:
            raise refuse(f"angles: {part} has {len(degrees)} numbers, expected {_sizes().get(part, 'another part')}")
    side, on = row.get("side", ""), row.get("on", row.get("side", ""))
    if not {side, on} <= {"", *_SIDES} or (on and not side):
        raise refuse(f"side and on are left or right, got {side!r} and {on!r}")
    support = row.get("support", stance.get("support", "feet"))
    if support not in _SUPPORTS:
        raise refuse(f"support {support!r}, expected {', '.join(_SUPPORTS)}")
    given = (*(part for part, _ in angles), *(stance["angles"] if start != "stand" else ()))
    decides = _decided(row["decides"]) if "decides" in row else _decided_by(given)
    if not decides <= set(LIMBS):
        raise refuse(f"decides {sorted(decides - set(LIMBS))}, expected {', '.join((*LIMBS, *_GROUPS))}")
    contacts = tuple(row.get("contacts", stance.get("contacts", ("sole",) if support in ("feet", "seat") else ())))
    return NamedPose(
        name,
        field=path.stem,
        aliases=tuple(row.get("aliases", ())),
        says=tuple(row.get("says", ())),
        start=start,
        angles=angles,
        decides=decides,
        support=support,
        contacts=contacts,
        touch=tuple((first, second) for first, second in row.get("touch", ())),
        side=side,
        on=on,
        general=bool(row.get("general", False)),
        lends=bool(row.get("lends", False)),
        gaze=row.get("gaze", ""),
        hands=(row["hands"][0], row["hands"][1]) if "hands" in row else None,
        loose=float(row.get("loose", 1.0)),
        supple=bool(row.get("supple", False)),
        told=bool(row.get("told", False)),
        handed=bool(row.get("handed", False)),
    )


def _angles(rows: dict[str, list[float]]) -> Iterator[tuple[str, tuple[float, ...]]]:
    for part, degrees in rows.items():
        for side in _SIDES if part.startswith("both_") else ("",):
            yield (f"{side}_{part.removeprefix('both_')}" if side else part), tuple(map(float, degrees))


def _decided(names: str | list[str]) -> frozenset[str]:
    listed = [names] if isinstance(names, str) else names
    return frozenset(limb for name in listed for limb in _GROUPS.get(name, (name,)))


def _decided_by(parts: tuple[str, ...]) -> frozenset[str]:
    """The limbs of some parts; all of them where one is a leg, the root or nothing at all."""
    limbs = {limb_of(part) for part in parts}
    return frozenset(LIMBS if not limbs or any("leg" in one or one == "root" for one in limbs) else limbs)


def limb_of(part: str) -> str:
    """The limb that a part of the table of angles belongs to."""
    side, _, joint = part.partition("_")
    return next((f"{side}_{limb}" for limb, joints in _PARTS_OF.items() if joint in joints), part)


@cache
def _table() -> dict[str, Any]:
    from importlib import resources

    return read_table(Path(str(resources.files("poseloom.pose") / "stances.json")))


def _stance_row(name: str) -> dict[str, Any] | None:
    row: dict[str, Any] | None = _table()["stances"].get(name)
    return row


@cache
def _sizes() -> dict[str, int]:
    """How many angles a part has."""
    return {part: len(movements) for part, movements in _table()["parts"].items()}
