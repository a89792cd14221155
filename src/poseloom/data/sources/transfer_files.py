"""Annotations and pairs of pose transfer as CSV files: 18 joints of each picture, and which pictures are pairs.

Annotations: ``name:keypoints_y:keypoints_x``, lists of 18 integers as JSON, rows first, -1 for a missing joint. Pairs:
``from,to``. Pairs that nobody wrote follow from the rule of PG2's and PATN's splits (`all_pairs`).
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from itertools import permutations
from pathlib import Path

import numpy as np
from jaxtyping import Int64
from numpy import ndarray as Array

from poseloom.base.errors import FileError
from poseloom.base.files import read_text
from poseloom.data.sources.annotations import safe_name

JOINTS = 18
CONVENTION = "openpose_18"
MISSING = -1
NEEDED = (8, 11, 5, 2)
"""Right hip, left hip, left shoulder, right shoulder: pictures without one of them are in no pair."""
DISTRACTORS = ("-1", "0000")
"""People of Market-1501 that are nobody."""
_HEADER = ["name", "keypoints_y", "keypoints_x"]
_AGAIN = "expected name:keypoints_y:keypoints_x with lists of 18 integers"
_LARGEST = 100_000


def read_annotations_csv(path: Path) -> tuple[list[str], Int64[Array, "pictures 18 2"]]:
    """Names of the pictures, and the joints of each: row (y) first, then column (x), -1 where one is missing.

    Raises:
        FileError: another header, a number of joints that is not 18, the same picture twice.
    """
    lines = read_text(path).splitlines()
    if not lines or [one.strip() for one in lines[0].split(":")] != _HEADER:
        raise FileError(path, f"begins with {(lines or [''])[0][:60]!r}", field="line 1", remedy=_AGAIN)
    names, joints = [], []
    seen: set[str] = set()
    for number, line in enumerate(lines[1:], 2):
        if not line.strip():
            continue
        parts = [one.strip() for one in line.rsplit(":", 2)]
        if len(parts) != len(_HEADER):
            raise FileError(path, "has too few values", field=f"line {number}", remedy=_AGAIN)
        name = safe_name(path, parts[0])
        if not name or name in seen:
            problem = "is there twice" if name else "names no picture"
            raise FileError(path, f"{name[:80]} {problem}".strip(), field=f"line {number}", remedy="keep one of them")
        seen.add(name)
        names.append(name)
        joints.append([_numbers(path, number, one) for one in parts[1:]])
    found = np.array(joints, np.int64).reshape(len(names), 2, JOINTS).transpose(0, 2, 1)
    return names, np.ascontiguousarray(found)


def read_pairs_csv(path: Path) -> list[tuple[str, str]]:
    """Names of the pictures of each pair.

    Raises:
        FileError: another header, or a line without two names.
    """
    rows = list(csv.reader(read_text(path).splitlines()))
    if not rows or [one.strip() for one in rows[0]] != ["from", "to"]:
        raise FileError(path, f"begins with {','.join((rows or [['']])[0])[:60]!r}", remedy="expected from,to")
    for number, row in enumerate(rows[1:], 2):
        if len(row) != 2:
            raise FileError(path, f"has {len(row)} values", field=f"line {number}", remedy="expected from,to")
    return [(first.strip(), second.strip()) for first, second in rows[1:]]


def person_of(name: str) -> str:
    """Who a picture shows: its name up to the first underscore."""
    return name.rpartition("/")[2].partition("_")[0]


def all_pairs(names: Sequence[str], joints: Int64[Array, "pictures 18 2"]) -> Iterator[tuple[str, str]]:
    """Both orders of any two pictures of a person, without distractors and pictures that lack hips or shoulders."""
    complete = (joints[:, NEEDED] != MISSING).all((1, 2))
    people: dict[str, list[str]] = {}
    for name, fit in zip(names, complete.tolist(), strict=True):
        person = person_of(name)
        if fit and person not in DISTRACTORS:
            people.setdefault(person, []).append(name)
    return (pair for pictures in people.values() for pair in permutations(pictures, 2))


def _numbers(path: Path, line: int, text: str) -> list[int]:
    try:
        values = json.loads(text)
    except ValueError:
        values = None
    if not isinstance(values, list) or not all(isinstance(one, int) and abs(one) < _LARGEST for one in values):
        raise FileError(path, "expected a list of whole numbers", field=f"line {line}", remedy=_AGAIN)
    if len(values) != JOINTS:
        raise FileError(path, f"has {len(values)} numbers, expected {JOINTS}", field=f"line {line}", remedy=_AGAIN)
    return values
