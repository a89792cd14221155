"""Words by rule: exact statements about geometry (posecodes), descriptions of poses, instructions between poses.

The names below are imported when they are first used, so that the tables of one are not read for another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseloom.lazy import names_of

if TYPE_CHECKING:
    from poseloom.language.description import (
        Agreement,
        Fact,
        describe,
        fact_agreement,
        facts,
        read_description,
        swap_sides,
    )
    from poseloom.language.instruction import (
        Change,
        Checked,
        changes,
        check_instructions,
        instruct,
        instructions,
        read_instruction,
    )
    from poseloom.language.paircodes import Paircodes, evaluate_pairs
    from poseloom.language.posecodes import Code, Posecodes, evaluate, prepare

_HOME = {
    "Agreement": "description",
    "Fact": "description",
    "describe": "description",
    "fact_agreement": "description",
    "facts": "description",
    "read_description": "description",
    "swap_sides": "description",
    "Change": "instruction",
    "Checked": "instruction",
    "changes": "instruction",
    "check_instructions": "instruction",
    "instruct": "instruction",
    "instructions": "instruction",
    "read_instruction": "instruction",
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
    "Checked",
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
