"""SignWriting (FSW) read as HamNoSys, as far as hand shapes, orientation, contact, place and movement go."""

from poseloom.language.hamnosys.signwriting.convert import sign_of_fsw
from poseloom.language.hamnosys.signwriting.fsw import is_fsw

__all__ = ["is_fsw", "sign_of_fsw"]
