"""Instructions that lead from one pose to another."""

from poseloom.language.instruction.changes import Change
from poseloom.language.instruction.instruct import changes, instruct

__all__ = ["Change", "changes", "instruct"]
