"""Automatic descriptions, as PoseScript calls them: posecodes skipped, merged, grouped, ordered and worded."""

from poseloom.language.posescript.automatic import automatic_descriptions
from poseloom.language.posescript.checking import Finding, findings
from poseloom.language.posescript.options import PoseScriptOptions, versions
from poseloom.language.posescript.reading import Reading, read_posescript

captions = automatic_descriptions
"""The older name of `automatic_descriptions`; a caption is what a learned model says."""

__all__ = [
    "Finding",
    "PoseScriptOptions",
    "Reading",
    "automatic_descriptions",
    "findings",
    "read_posescript",
    "versions",
]
