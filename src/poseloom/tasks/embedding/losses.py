"""Contrastive losses of PoseEmbroider and Aligner (arXiv 2409.06535), each term by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.nn.losses import symmetric_bbc
from poseloom.tasks.embedding.modalities import DUALS, MODALITIES, SINGLES, TRIPLE, Subset
from poseloom.tasks.embedding.networks.aligner import Aligner
from poseloom.tasks.embedding.networks.embroider import PoseEmbroider
from poseloom.tasks.embedding.networks.front import SharedSpace

PARTIALS = {"single": SINGLES, "dual": DUALS, "triplet": TRIPLE}
"""Sets of modalities that are asked with, by the size of the set."""
Gather = Callable[[Tensor], Tensor]
"""Brings the vectors of all processes together."""


def _alone(vectors: Tensor) -> Tensor:
    return vectors


def embroider_terms(
    model: PoseEmbroider,
    vectors: Mapping[str, Tensor],
    partials: Sequence[str],
    *,
    encodings_in_targets: bool = False,
    gather: Gather = _alone,
) -> dict[str, Float[Tensor, ""]]:
    """For each set that is asked with, the token's projection into each of the three modalities finds its own.

    Those that are asked with are looked for as well. The released code adds the modality encodings to the very
    vectors that it compares with.

    Args:
        model: gives tokens and projections.
        vectors: of the modalities that are trained, usually all three.
        partials: keys of `PARTIALS`.
        encodings_in_targets: compare as released.
        gather: of vectors of several processes.
    """
    subsets = [one for name in partials for one in PARTIALS[name] if set(one) <= set(vectors)]
    targets = model.with_encodings(vectors) if encodings_in_targets else vectors
    targets = {one: gather(value) for one, value in targets.items()}
    found = {}
    for asked, made in model.questions(vectors, subsets).items():
        for one in vectors:
            scores = model.temperature * gather(made[one]) @ targets[one].T
            found[f"{'+'.join(asked)}_to_{one}"] = symmetric_bbc(scores)
    return found


def aligner_terms(
    model: Aligner, vectors: Mapping[str, Tensor], partials: Sequence[str], *, gather: Gather = _alone
) -> dict[str, Float[Tensor, ""]]:
    """Pairs of modalities (single), two against the third (dual), all three against each (triplet)."""
    asked: list[tuple[Subset, str]] = []
    for name in partials:
        if name == "single":
            asked += [((first,), second) for first, second in combinations(MODALITIES, 2)]
        elif name == "dual":
            asked += list(zip(DUALS, MODALITIES, strict=True))
        else:
            asked += [(MODALITIES, one) for one in MODALITIES]
    asked = [(one, target) for one, target in asked if {*one, target} <= set(vectors)]
    mixed = model.tokens(vectors, list(dict.fromkeys(one for one, _ in asked)))
    sides = {one: gather(value) for one, value in vectors.items()}
    mixes = {one: gather(value) for one, value in mixed.items()}
    return {
        f"{'+'.join(one)}_to_{target}": symmetric_bbc(model.temperature * mixes[one] @ sides[target].T)
        for one, target in asked
    }


def contrastive_terms(
    model: SharedSpace,
    vectors: Mapping[str, Tensor],
    partials: Sequence[str],
    *,
    encodings_in_targets: bool = False,
    gather: Gather = _alone,
) -> dict[str, Float[Tensor, ""]]:
    """The terms of either model; the loss is their plain mean, see `mean_of_terms`."""
    if isinstance(model, PoseEmbroider):
        return embroider_terms(model, vectors, partials, encodings_in_targets=encodings_in_targets, gather=gather)
    assert isinstance(model, Aligner)
    return aligner_terms(model, vectors, partials, gather=gather)


def mean_of_terms(terms: Mapping[str, Float[Tensor, ""]]) -> Float[Tensor, ""]:
    """The training loss: a mean, where the paper writes a sum."""
    return torch.stack(list(terms.values())).mean()
