"""Instructions in the manner of PoseFix: paircodes skipped, joined, ordered and worded in the imperative."""

from poseloom.language.posefix.pipeline import PairCodes, instructions, pair_codes
from poseloom.language.posefix.versions import VERSIONS, PoseFixOptions

__all__ = ["VERSIONS", "PairCodes", "PoseFixOptions", "instructions", "pair_codes"]
