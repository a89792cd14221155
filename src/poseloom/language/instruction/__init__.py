"""Instructions that lead from one pose to another, in our own words."""

from poseloom.language.instruction.change import Change
from poseloom.language.instruction.instruct import changes, instruct
from poseloom.language.instruction.style import Style

__all__ = ["Change", "Style", "changes", "instruct"]
