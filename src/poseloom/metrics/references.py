"""The check that all measures of texts against references begin with."""

from __future__ import annotations

from collections.abc import Sequence

from poseloom.base.errors import PoseloomError


def check_references(measure: str, candidates: Sequence[str], references: Sequence[Sequence[str]]) -> None:
    """Refuse an empty corpus, items without references, and a plain text where a list of texts belongs."""
    if isinstance(candidates, str) or not candidates:
        raise PoseloomError(f"{measure}: expected a list of at least one candidate text")
    if len(candidates) != len(references):
        raise PoseloomError(
            f"{measure}: {len(candidates)} candidates but {len(references)} lists of references; give one list each"
        )
    for item, texts in enumerate(references):
        if isinstance(texts, str) or not texts:
            raise PoseloomError(
                f"{measure}: references[{item}]: expected a list of at least one text, got {str(texts)[:40]!r}"
            )
