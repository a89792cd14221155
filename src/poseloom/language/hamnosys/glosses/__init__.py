"""Sentences of glosses by a lexicon, and words spelt by fingers."""

from poseloom.language.hamnosys.glosses.lexicon import Lexicon
from poseloom.language.hamnosys.glosses.spelling import alphabets, spelt

__all__ = ["Lexicon", "alphabets", "spelt"]
