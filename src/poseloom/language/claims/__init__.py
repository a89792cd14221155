"""Instructions read as claims, ours, PoseFix's and a user's, and judged by pairs of poses."""

from poseloom.language.claims.checking import CheckedInstruction, check_instructions
from poseloom.language.claims.claim import Claim, InstructionReading, Measure, Source
from poseloom.language.claims.reading import read_instruction

__all__ = [
    "CheckedInstruction",
    "Claim",
    "InstructionReading",
    "Measure",
    "Source",
    "check_instructions",
    "read_instruction",
]
