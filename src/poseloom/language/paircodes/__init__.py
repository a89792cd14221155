"""Paircodes: exact statements about the difference of two poses, after PoseFix."""

from poseloom.language.paircodes.evaluation import Paircodes, evaluate_pairs
from poseloom.language.paircodes.rotation import RotationChange, rotation_change
from poseloom.language.paircodes.tables import PaircodeTables, paircode_tables
from poseloom.language.paircodes.targets import concerned, stated_targets, target_eligibility

__all__ = [
    "PaircodeTables",
    "Paircodes",
    "RotationChange",
    "concerned",
    "evaluate_pairs",
    "paircode_tables",
    "rotation_change",
    "stated_targets",
    "target_eligibility",
]
