"""Synthetic people: random persons in any pose, drawn with everything that is known of them."""

from poseloom.render.people.appearance import Appearance, Fabric, Garment, Hair
from poseloom.render.people.wardrobe import random_person
from poseloom.render.people_overlay import LEFT, MIDDLE, RIGHT, draw_people

__all__ = ["LEFT", "MIDDLE", "RIGHT", "Appearance", "Fabric", "Garment", "Hair", "draw_people", "random_person"]
