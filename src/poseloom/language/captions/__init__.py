"""Captions in the manner of PoseScript: posecodes skipped, merged, grouped, ordered and worded."""

from poseloom.language.captions.caption import captions
from poseloom.language.captions.checking import Finding, findings
from poseloom.language.captions.options import CaptionOptions, versions
from poseloom.language.captions.reading import Reading, read_caption

__all__ = ["CaptionOptions", "Finding", "Reading", "captions", "findings", "read_caption", "versions"]
