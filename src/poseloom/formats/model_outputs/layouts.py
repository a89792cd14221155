"""The table of layouts (`layouts.json`): which fields a program writes, for how many people, in which axes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from poseloom.base.datafiles import entry, read_table
from poseloom.base.errors import FileError
from poseloom.formats.axes import TO_Y_UP
from poseloom.formats.smpl_origin import REST_PELVIS

_FILE = Path(__file__).with_name("layouts.json")
PEOPLE = ("one", "by id", "by frame", "rows", "first axis", "list", "lists")
ROLES = ("whole", "root", "body", "left_hand", "right_hand", "hands", "jaw", "trans", "betas", "scale", "points")
MEASURED = "measured"
_OPTIONAL = ("enter", "inner", "points", "joints", "frames", "fps", "origin")


@dataclass(frozen=True)
class Layout:
    """What one program writes.

    Args:
        title: what a note calls it.
        people: how several are told apart, one of `PEOPLE`: ``by id`` is a table of records by person, ``by frame``
            records of all people by frame, ``rows`` one row for every person in every frame, ``lists`` fields that are
            lists with an entry for every person.
        needs: fields that must be there, each under one of its names.
        fields: names of a field by its role, the first that is there is taken.
        body: whose shape coefficients and origin, ``""`` where the number of joints tells.
        up: axis of the file's world, or ``measured`` where points tell.
        enter: the table to go into first.
        ids: names of the field that numbers the people.
        inner: in ``by frame`` records, the field with a record of each person.
        points: convention of the points; by their number where there is none.
        joints: how many the first of the needed fields must have; any number if 0.
        frames: the axis of the frames, ``first`` or ``last``; ``records`` where records of one pose each may be frames
            as well as people.
        fps: frames per second of the program, where the file does not tell.
        origin: what the translation moves: ``body``, which is decided by the floor, or the ``pelvis``.
    """

    title: str
    people: str
    needs: tuple[tuple[str, ...], ...]
    fields: dict[str, tuple[str, ...]]
    body: str
    up: str
    enter: str = ""
    ids: tuple[str, ...] = ()
    inner: str = ""
    points: str = ""
    joints: int = 0
    frames: str = "first"
    fps: float | None = None
    origin: str = "body"


@dataclass(frozen=True)
class Layouts:
    """All layouts, names of frame rates, and tables that only wrap what matters."""

    layouts: tuple[Layout, ...]
    rates: tuple[str, ...]
    wrappers: tuple[str, ...]


@lru_cache(maxsize=1)
def layouts() -> Layouts:
    """The checked table.

    Raises:
        FileError: an entry is missing, of another type, or names what does not exist.
    """
    table = read_table(_FILE)
    rows = tuple(_layout(index, row) for index, row in enumerate(entry(_FILE, table, "layouts", list)))
    return Layouts(rows, tuple(entry(_FILE, table, "rates", list)), tuple(entry(_FILE, table, "wrappers", list)))


def _layout(index: int, row: dict[str, Any]) -> Layout:
    where = f"layouts[{index}]"
    fields = {role: tuple(names) for role, names in entry(_FILE, row, "fields", dict, where).items()}
    needs = tuple(tuple(one) if isinstance(one, list) else (one,) for one in entry(_FILE, row, "needs", list, where))
    layout = Layout(
        title=entry(_FILE, row, "title", str, where),
        people=entry(_FILE, row, "people", str, where),
        needs=needs,
        fields=fields,
        body=row.get("body", ""),
        up=entry(_FILE, row, "up", str, where),
        ids=tuple(row.get("ids", ())),
        **{
            name: row[name] for name in ("enter", "inner", "points", "joints", "frames", "fps", "origin") if name in row
        },
    )
    wrong = [role for role in fields if role not in ROLES]
    if wrong or layout.people not in PEOPLE or layout.up not in (*TO_Y_UP, MEASURED):
        raise FileError(_FILE, f"unknown role, people or axis: {wrong}, {layout.people}, {layout.up}", field=where)
    if layout.body and layout.body not in REST_PELVIS:
        raise FileError(_FILE, f"unknown body {layout.body!r}", field=where)
    return layout
