"""Instructions that lead from one pose to another: our own, and PoseFix's by paircodes; both are read and checked."""

from poseloom.language.instruction.change import Change
from poseloom.language.instruction.checking import Checked, check_instructions
from poseloom.language.instruction.claim import Claim, InstructionReading, Measure, Source
from poseloom.language.instruction.instruct import changes, instruct
from poseloom.language.instruction.pipeline import PairCodes, instructions, pair_codes
from poseloom.language.instruction.reading import read_instruction
from poseloom.language.instruction.versions import VERSIONS, Options, Style

__all__ = [
    "VERSIONS",
    "Change",
    "Checked",
    "Claim",
    "InstructionReading",
    "Measure",
    "Options",
    "PairCodes",
    "Source",
    "Style",
    "changes",
    "check_instructions",
    "instruct",
    "instructions",
    "pair_codes",
    "read_instruction",
]
