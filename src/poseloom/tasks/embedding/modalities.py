"""Pictures, poses and texts; the sets of them that are asked with, and what is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from poseloom.base.errors import PoseloomError, closest

IMAGE, POSE, TEXT = "image", "pose", "text"
MODALITIES = (IMAGE, POSE, TEXT)
"""In the order in which every model takes them."""
Subset = tuple[str, ...]
"""Some of the modalities, in their order."""
SINGLES: tuple[Subset, ...] = ((IMAGE,), (POSE,), (TEXT,))
DUALS: tuple[Subset, ...] = ((POSE, TEXT), (IMAGE, TEXT), (IMAGE, POSE))
TRIPLE: tuple[Subset, ...] = (MODALITIES,)

LEADERS = {IMAGE: POSE, POSE: TEXT, TEXT: POSE}
"""What is looked for -> the modality that finds it best alone."""


def leads(modality: str, asked: Subset, target: str) -> bool:
    """Whether a modality is one of several that another one is looked for with."""
    return len(asked) > 1 and modality in asked and target not in asked


class Query(NamedTuple):
    """What is asked with, and what is looked for."""

    asked: Subset
    target: str

    @property
    def name(self) -> str:
        """As ``pose+text_to_image``."""
        return f"{'+'.join(self.asked)}_to_{self.target}"


SINGLE_QUERIES = tuple(Query((one,), other) for one in MODALITIES for other in MODALITIES if other != one)
"""I->P, I->T, P->I, P->T, T->I, T->P."""
DUAL_QUERIES = tuple(Query(two, one) for two, one in zip(DUALS, MODALITIES, strict=True))
"""PT->I, IT->P, IP->T: what is looked for never takes part in the question."""
QUERIES = (*SINGLE_QUERIES, *DUAL_QUERIES)


def subset_of(names: Iterable[str]) -> Subset:
    """Modalities in their order, each once.

    Raises:
        PoseloomError: none, or an unknown one.
    """
    given = set(names)
    for name in sorted(given):
        if name not in MODALITIES:
            known = f"expected some of {', '.join(MODALITIES)}{closest(name, list(MODALITIES))}"
            raise PoseloomError(f"modality {name!r} is unknown; {known}")
    if not given:
        raise PoseloomError(f"no modality is given; give at least one of {', '.join(MODALITIES)}")
    return tuple(one for one in MODALITIES if one in given)


def check_seen(asked: Mapping[str, Any] | Iterable[str], seen: Iterable[str]) -> None:
    """Refuse modalities that a model has never seen.

    Raises:
        PoseloomError: one of them is not among those that the model was trained on.
    """
    known = tuple(seen)
    for name in asked:
        if name not in known:
            problem = f"the model has never seen the modality {name!r}; it was trained on {', '.join(known)}"
            raise PoseloomError(f"{problem}: leave it out, or name a model of all three")
