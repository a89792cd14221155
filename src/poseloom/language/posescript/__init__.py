"""Captions in the manner of PoseScript: posecodes skipped, merged, grouped, ordered and worded."""

from poseloom.language.posescript.caption import captions
from poseloom.language.posescript.checking import Finding, findings
from poseloom.language.posescript.options import PoseScriptOptions, versions
from poseloom.language.posescript.reading import Reading, read_posescript

__all__ = ["Finding", "PoseScriptOptions", "Reading", "captions", "findings", "read_posescript", "versions"]
