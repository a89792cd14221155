"""Descriptions of poses in English."""

from poseloom.language.description.describe import describe, facts
from poseloom.language.description.fact import Fact
from poseloom.language.description.phrases import swap_sides

__all__ = ["Fact", "describe", "facts", "swap_sides"]
