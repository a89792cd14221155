"""The people in a file: which layout it has, and for each person a record of fields with the frames first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poseloom.base.errors import FileError, PoseloomError, closest
from poseloom.formats.model_outputs.content import as_array, unwrapped
from poseloom.formats.model_outputs.layouts import Layout, layouts

Record = Mapping[str, Any]
_LOOKED_AT = 50
"""Frames or people that are looked at to find the layout: the first may be empty."""
_DEEPEST = 3
_RECORDS = "records"


def find_layout(content: Any) -> tuple[Layout, Any] | None:
    """The first layout that fits, and the part of the content that it fits."""
    places = list(_places(content))
    for layout in layouts().layouts:
        for place in places:
            entered = place
            if layout.enter:
                entered = unwrapped(place.get(layout.enter)) if isinstance(place, Mapping) else None
            if entered is not None and _fits(entered, layout):
                return layout, entered
    return None


def people_of(content: Any, layout: Layout, path: Path) -> dict[str, dict[str, NDArray[Any]]]:
    """For every person the fields of the layout as arrays, frames first, by role."""
    gather = {
        "one": _one,
        "by id": _by_id,
        "by frame": _by_frame,
        "rows": _rows,
        "first axis": _first_axis,
        "list": _list,
        "lists": _lists,
    }[layout.people]
    people = {name: record for name, record in gather(content, layout).items() if record}
    if layout.frames == _RECORDS and len(people) > 1 and all(_is_one_pose(record) for record in people.values()):
        people = {"0": _stacked(list(people.values()))}
    if not people:
        raise FileError(path, f"looks like {layout.title}, but no person is in it", remedy="export it again")
    return people


def requested_person(path: Path, people: Mapping[str, Any], person: int | str | None) -> str:
    """The name of the person that a user asks for; without a wish the one who is seen longest.

    Raises:
        PoseloomError: there is no such person.
    """
    names = list(people)
    if person is None:
        return max(names, key=lambda name: _length(people[name]))
    if str(person) in people:
        return str(person)
    if str(person).isdigit() and int(person) < len(names):
        return names[int(person)]
    known = ", ".join(names)[:120]
    raise PoseloomError(f"{path}: no person {person!r}{closest(str(person), tuple(names))}; there are: {known}"[:400])


def _is_one_pose(record: Mapping[str, NDArray[Any]]) -> bool:
    """Whether a record has one pose with no axis of frames; or one of length one, and as many of everything."""
    poses = record.get("whole", record.get("body"))
    if poses is None:
        return False
    return poses.ndim == 1 or len(poses) == 1 or poses.shape in _ONE_POSE


_ONE_POSE = {(joints, *size) for joints in (21, 22, 23, 24, 52, 55) for size in ((3,), (6,), (3, 3))}


def _length(record: Any) -> int:
    return max((len(array) for array in record.values() if array.ndim), default=0)


def _places(content: Any, depth: int = 0) -> Iterator[Any]:
    """The content, and what is in it under names that only wrap."""
    content = unwrapped(content)
    yield content
    if isinstance(content, Mapping) and depth < _DEEPEST:
        for name in layouts().wrappers:
            if name in content:
                inner = unwrapped(content[name])
                if isinstance(inner, Mapping | list):
                    yield from _places(inner, depth + 1)


def _has(record: Any, layout: Layout) -> bool:
    if not isinstance(record, Mapping) or not all(any(name in record for name in names) for names in layout.needs):
        return False
    first = as_array(record[layout.needs[0][0]]) if layout.joints else None
    return not layout.joints or (first is not None and first.ndim > 1 and first.shape[-2] == layout.joints)


def _some(values: Any) -> list[Any]:
    return [unwrapped(value) for value in islice(values, _LOOKED_AT)]


def _fits(content: Any, layout: Layout) -> bool:
    if layout.people == "list" and isinstance(content, list | tuple | np.ndarray):
        return len(content) > 0 and all(_has(one, layout) for one in _some(content))
    if layout.people in ("by id", "by frame"):
        inner = _inner(content)
        if layout.people == "by id" and isinstance(content, Mapping) and _has(content, layout):
            return True  # a single person without an id
        return bool(inner) and any(_has(one, layout) for one in inner) and all(isinstance(o, Mapping) for o in inner)
    if not _has(content, layout):
        return False
    if layout.people == "first axis" and layout.frames == "first":
        body = as_array(content[layout.fields["body"][0]])
        return body is not None and body.ndim >= 3
    return True


def _inner(content: Any) -> list[Any]:
    if isinstance(content, Mapping):
        keys = list(islice(content, _LOOKED_AT))
        return [unwrapped(content[key]) for key in keys]
    return _some(content) if isinstance(content, list | tuple) else []


def _take(record: Record, layout: Layout) -> dict[str, NDArray[Any]]:
    """The fields of a record that are there and are numbers, by role."""
    found = {}
    for role, names in layout.fields.items():
        for name in names:
            array = as_array(record[name]) if name in record else None
            if array is not None:
                found[role] = array
                break
    return found


def _one(content: Any, layout: Layout) -> dict[str, dict[str, NDArray[Any]]]:
    record = _take(content, layout)
    if layout.frames == "last":
        record = {role: np.moveaxis(array, -1, 0) for role, array in record.items()}
    return {"0": record}


def _by_id(content: Any, layout: Layout) -> dict[str, dict[str, NDArray[Any]]]:
    if _has(content, layout):
        return _one(content, layout)
    named = content.items() if isinstance(content, Mapping) else enumerate(content)
    people = {str(key): unwrapped(record) for key, record in named}
    return {name: _take(record, layout) for name, record in people.items() if _has(record, layout)}


def _list(content: Any, layout: Layout) -> dict[str, dict[str, NDArray[Any]]]:
    if isinstance(content, Mapping):
        content = [content]
    return {str(index): _take(unwrapped(record), layout) for index, record in enumerate(content)}


def _lists(content: Any, layout: Layout) -> dict[str, dict[str, NDArray[Any]]]:
    """Fields that are lists with an entry for every person, each of its own length."""
    people: dict[str, dict[str, Any]] = {}
    for role, names in layout.fields.items():
        values = next((unwrapped(content[name]) for name in names if name in content), ())
        for index, value in enumerate(values):
            array = as_array(value)
            if array is not None:
                people.setdefault(str(index), {})[role] = array
    return people


def _first_axis(content: Any, layout: Layout) -> dict[str, dict[str, NDArray[Any]]]:
    record = _take(content, layout)
    lengths = as_array(content["lengths"]) if layout.frames == "last" else None
    count = max(len(array) for array in record.values())
    people = {}
    for index in range(count):
        one = {role: array[index] for role, array in record.items() if len(array) == count}
        if lengths is not None:
            end = int(lengths.reshape(-1)[index]) if index < lengths.size else None
            one = {role: np.moveaxis(array, -1, 0)[:end] for role, array in one.items()}
        people[str(index)] = one
    return people


def _rows(content: Any, layout: Layout) -> dict[str, dict[str, NDArray[Any]]]:
    record = _take(content, layout)
    count = len(next(iter(record.values())))
    ids = _ids(content, layout)
    if ids is None or len(ids) != count:
        ids = [str(index) for index in range(count)]  # one picture: every row is a person
    rows: dict[str, list[int]] = {}
    for index, name in enumerate(ids):
        rows.setdefault(name, []).append(index)
    framed = {role: array for role, array in record.items() if len(array) == count}
    return {name: {role: array[own] for role, array in framed.items()} for name, own in rows.items()}


def _by_frame(content: Any, layout: Layout) -> dict[str, dict[str, NDArray[Any]]]:
    frames = [content[key] for key in sorted(content, key=str)] if isinstance(content, Mapping) else content
    people: dict[str, list[dict[str, NDArray[Any]]]] = {}
    for frame in frames:
        frame = unwrapped(frame)
        if not _has(frame, layout):
            continue
        rows = [_person_row(frame, layout, index) for index in range(_count(frame, layout))]
        ids = _ids(frame, layout) or [str(index) for index in range(len(rows))]
        for name, row in zip(ids, rows, strict=False):
            people.setdefault(name, []).append(row)
    return {name: _stacked(rows) for name, rows in people.items()}


def _count(frame: Record, layout: Layout) -> int:
    """How many people a frame has."""
    field = _rows_in(frame[layout.inner or layout.needs[0][0]])
    return 0 if field is None else len(field)


def _rows_in(value: Any) -> Any:
    """A list or an array with a row for every person; None for anything else."""
    value = unwrapped(value)
    if isinstance(value, list | tuple):
        return value
    if isinstance(value, np.ndarray) and value.dtype.hasobject:
        return list(value.reshape(-1))
    array = as_array(value)
    return array if array is not None and array.ndim else None


def _person_row(frame: Record, layout: Layout, index: int) -> dict[str, NDArray[Any]]:
    """The fields of one person in one frame."""
    fields: dict[str, Any] = {}
    for names in layout.fields.values():
        for name in names:
            value = _rows_in(frame[name]) if name in frame else None
            if value is not None and len(value) > index:
                fields[name] = value[index]
    if layout.inner:
        rows = _rows_in(frame[layout.inner])
        inner = unwrapped(rows[index]) if rows is not None else None
        fields |= dict(inner) if isinstance(inner, Mapping) else {}
    return _take(fields, layout)


def _stacked(rows: list[dict[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    """Frames on a first axis; a field that some frame lacks or that changes its shape is left out."""
    roles = [role for role in rows[0] if all(role in row and row[role].shape == rows[0][role].shape for row in rows)]
    return {role: np.stack([row[role] for row in rows]) for role in roles}


def _ids(record: Record, layout: Layout) -> list[str] | None:
    for name in layout.ids:
        array = as_array(record[name]) if name in record else None
        if array is not None:
            return [str(int(value)) for value in array.reshape(-1)]
    return None
