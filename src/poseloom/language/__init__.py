"""Words by rule: exact statements about geometry (posecodes), descriptions of poses, instructions between poses.

The names below are imported when they are first used, so that the tables of one are not read for another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseloom.lazy import names_of

if TYPE_CHECKING:
    from poseloom.language.description import Fact, describe, facts, swap_sides
    from poseloom.language.instruction import Change, changes, instruct, instructions
    from poseloom.language.paircodes import Paircodes, evaluate_pairs
    from poseloom.language.posecodes import Code, Posecodes, evaluate, prepare

_HOME = {
    "Fact": "description",
    "describe": "description",
    "facts": "description",
    "swap_sides": "description",
    "Change": "instruction",
    "changes": "instruction",
    "instruct": "instruction",
    "instructions": "instruction",
    "Paircodes": "paircodes",
    "evaluate_pairs": "paircodes",
    "Code": "posecodes",
    "Posecodes": "posecodes",
    "evaluate": "posecodes",
    "prepare": "posecodes",
}
__all__ = [
    "Change",
    "Code",
    "Fact",
    "Paircodes",
    "Posecodes",
    "changes",
    "describe",
    "evaluate",
    "evaluate_pairs",
    "facts",
    "instruct",
    "instructions",
    "prepare",
    "swap_sides",
]

__getattr__ = names_of(__name__, _HOME)
