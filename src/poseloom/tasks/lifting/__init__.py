"""Landmarks of a person in a picture -> rotations and joints in three dimensions, with how sure each is.

The names below are imported when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseloom.base.lazy import names_of
from poseloom.tasks.declaration import Declaration

if TYPE_CHECKING:
    from poseloom.tasks.lifting.predict import Lifted, PoseLifter, open_model

_HOME = {"Lifted": "predict", "PoseLifter": "predict", "open_model": "predict"}
__all__ = ["DECLARATION", "Lifted", "PoseLifter", "open_model"]

__getattr__ = names_of(__name__, _HOME)

DECLARATION = Declaration(
    __name__,
    "landmarks of people in pictures -> their poses in three dimensions",
    model="PoseLifter",
    offers=("lift",),
    place=8,
    shipped=True,
)
