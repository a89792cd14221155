"""Captions in the manner of PoseScript: posecodes skipped, merged, grouped, ordered and worded."""

from poseloom.language.posescript.caption import captions
from poseloom.language.posescript.checking import Finding, findings
from poseloom.language.posescript.options import CaptionOptions, versions
from poseloom.language.posescript.reading import Reading, read_caption

__all__ = ["CaptionOptions", "Finding", "Reading", "captions", "findings", "read_caption", "versions"]
