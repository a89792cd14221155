"""Posecodes: exact statements about a pose's geometry, after PoseScript."""

from poseloom.language.posecodes.evaluation import Code, Posecodes, evaluate
from poseloom.language.posecodes.points import POINT_INDEX, POINT_NAMES, prepare
from poseloom.language.posecodes.tables import PosecodeTables, posecode_tables

__all__ = [
    "POINT_INDEX",
    "POINT_NAMES",
    "Code",
    "PosecodeTables",
    "Posecodes",
    "evaluate",
    "posecode_tables",
    "prepare",
]
