"""Descriptions of poses in English, and texts read back."""

from typing import TYPE_CHECKING

from poseloom.base.lazy import names_of
from poseloom.language.description.describe import describe, facts
from poseloom.language.description.fact import Fact
from poseloom.language.description.phrases import swap_sides
from poseloom.language.description.reading import Reading, read_description

if TYPE_CHECKING:
    from poseloom.language.description.agreement import Agreement, fact_agreement

__all__ = ["Agreement", "Fact", "Reading", "describe", "fact_agreement", "facts", "read_description", "swap_sides"]

__getattr__ = names_of(__name__, {"Agreement": "agreement", "fact_agreement": "agreement"})
"""Judging texts needs the lexicon, which itself reads descriptions."""
