"""Instructions in the manner of PoseFix: paircodes skipped, joined, ordered and worded in the imperative."""

from poseloom.language.posefix.pipeline import PairCodes, instructions, pair_codes
from poseloom.language.posefix.versions import VERSIONS, Options

__all__ = ["VERSIONS", "Options", "PairCodes", "instructions", "pair_codes"]
