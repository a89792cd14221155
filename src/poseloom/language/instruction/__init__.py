"""Instructions that lead from one pose to another: our own, and PoseFix's by paircodes."""

from poseloom.language.instruction.changes import Change
from poseloom.language.instruction.instruct import changes, instruct
from poseloom.language.instruction.pipeline import PairCodes, instructions, pair_codes
from poseloom.language.instruction.versions import VERSIONS, Options, Style

__all__ = ["VERSIONS", "Change", "Options", "PairCodes", "Style", "changes", "instruct", "instructions", "pair_codes"]
