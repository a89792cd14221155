"""Descriptions of poses in English, and texts read back."""

from poseloom.language.description.agreement import Agreement, fact_agreement
from poseloom.language.description.describe import describe, facts
from poseloom.language.description.fact import Fact
from poseloom.language.description.phrases import swap_sides
from poseloom.language.description.reading import Reading, read_description

__all__ = ["Agreement", "Fact", "Reading", "describe", "fact_agreement", "facts", "read_description", "swap_sides"]
