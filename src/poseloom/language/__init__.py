"""Words by rule: exact statements about geometry (posecodes), descriptions of poses, instructions between poses.

The names below are imported when they are first used, so that the tables of one are not read for another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseloom.base.lazy import names_of

if TYPE_CHECKING:
    from poseloom.language.claims import CheckedInstruction, check_instructions, read_instruction
    from poseloom.language.description import (
        Agreement,
        Fact,
        describe,
        fact_agreement,
        facts,
        read_description,
        swap_sides,
    )
    from poseloom.language.instruction import Change, changes, instruct
    from poseloom.language.paircodes import Paircodes, evaluate_pairs
    from poseloom.language.posecodes import Code, Posecodes, evaluate, prepare
    from poseloom.language.posefix import instructions

_HOME = {
    "Agreement": "description",
    "Fact": "description",
    "describe": "description",
    "fact_agreement": "description",
    "facts": "description",
    "read_description": "description",
    "swap_sides": "description",
    "Change": "instruction",
    "CheckedInstruction": "claims",
    "changes": "instruction",
    "check_instructions": "claims",
    "instruct": "instruction",
    "instructions": "posefix",
    "read_instruction": "claims",
    "Paircodes": "paircodes",
    "evaluate_pairs": "paircodes",
    "Code": "posecodes",
    "Posecodes": "posecodes",
    "evaluate": "posecodes",
    "prepare": "posecodes",
}
__all__ = [
    "Agreement",
    "Change",
    "CheckedInstruction",
    "Code",
    "Fact",
    "Paircodes",
    "Posecodes",
    "changes",
    "check_instructions",
    "describe",
    "evaluate",
    "evaluate_pairs",
    "fact_agreement",
    "facts",
    "instruct",
    "instructions",
    "prepare",
    "read_description",
    "read_instruction",
    "swap_sides",
]

__getattr__ = names_of(__name__, _HOME)
