"""The tour of a motion: one HTML page with pictures, words, differences and timings."""

from poseloom.demo.motion import embedded_clip
from poseloom.demo.page import page
from poseloom.demo.tour import Tour, take_tour

__all__ = ["Tour", "embedded_clip", "page", "take_tour"]
