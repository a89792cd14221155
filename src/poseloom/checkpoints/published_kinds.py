"""The published text-pose models: all that the tasks declare."""

from __future__ import annotations

from poseloom.base.errors import PoseloomError
from poseloom.tasks import TASKS
from poseloom.tasks.common.released_kinds import ReleasedKind


def published_kinds() -> tuple[ReleasedKind, ...]:
    """All kinds, in the order of the tasks."""
    return tuple(kind for one in TASKS.values() for kind in one.released_kinds())


def kind_named(name: str) -> ReleasedKind:
    """The kind of a class name; only its task is imported.

    Raises:
        PoseloomError: no such kind.
    """
    for one in TASKS.values():
        if name in one.released:
            return one.released_kinds()[one.released.index(name)]
    known = [kind for one in TASKS.values() for kind in one.released]
    raise PoseloomError(f"kind of model: {name!r} is unknown, expected one of {', '.join(known)}")
