"""Synthetic people: pictures with all their labels, drawn and written."""

from __future__ import annotations

from benchmarks.measure import Case, Work, per_second

PICTURES = 24
"""Drawn in one run, all of them other people in other poses."""


def _pictures(mesh: str) -> Work:
    import tempfile
    from pathlib import Path

    from poseloom.data import open_source, prepare
    from poseloom.data.build import Unit
    from poseloom.data.builders.people import People

    folder = Path(tempfile.mkdtemp(prefix="poseloom-bench-"))
    prepare(open_source("procedural", {"rows": 256}), folder / "poses")
    people = People(folder / "poses", folder / "people", mesh=mesh)
    people.read(Unit("first", 2, range(2)))
    return lambda: people.read(Unit("bench", PICTURES, range(PICTURES)))


CASES = tuple(
    Case(
        f"synthetic people: 256 x 256 pixels with labels, {mesh} body",
        lambda mesh=mesh: _pictures(mesh),
        per_second(PICTURES, "pictures"),
        f">= {least} on one core",
        3,
    )
    for mesh, least in (("preview", 12.5), ("full", 4))
)
