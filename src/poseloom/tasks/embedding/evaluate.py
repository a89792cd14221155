"""Any-to-any retrieval (PoseEmbroider, arXiv 2409.06535): nine types of questions over one gallery."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import torch
from torch import Tensor

from poseloom.metrics.recall import RECALL_K, any_to_any_recall, mean_recall, own_ranks, recall_at
from poseloom.tasks.embedding.modalities import DUALS, QUERIES, SINGLES, Query
from poseloom.tasks.embedding.networks.front import SharedSpace

PUBLISHED = {
    "PoseEmbroider, BEDLAM-Script val (second-hand)": {"mrecall": 74.6, "mrecall_dual": 82.2},
    "Aligner (second-hand)": {"mrecall": 72.4, "mrecall_dual": 78.5},
    "PoseEmbroider, MLP core (second-hand)": {"mrecall": 73.0},
    "PoseEmbroider, no projection heads (second-hand)": {"mrecall": 73.1},
}
"""Of the paper, as others summarise it."""


def gathered(
    model: SharedSpace, batches: Iterable[Mapping[str, Tensor]], seen: Sequence[str]
) -> tuple[dict[Query, Tensor], dict[str, Tensor]]:
    """Questions and collections of a set, batch by batch: only the vectors stay in memory.

    Args:
        model: in evaluation mode.
        batches: frozen features by modality.
        seen: modalities that the model was trained on.

    Returns:
        Question -> its vectors, and modality -> what is found, (items, latent) each, on the CPU.
    """
    asked = [one for one in (*SINGLES, *DUALS) if set(one) <= set(seen)]
    wanted = [one for one in QUERIES if {*one.asked, one.target} <= set(seen)]
    questions: dict[Query, list[Tensor]] = {one: [] for one in wanted}
    found: dict[str, list[Tensor]] = {one: [] for one in seen}
    for features in batches:
        vectors = model.embed(features)
        made = model.questions(vectors, asked)
        for query in wanted:
            questions[query].append(made[query.asked][query.target].float().cpu())
        for one in seen:
            found[one].append(vectors[one].float().cpu())
    return (
        {query: torch.cat(parts) for query, parts in questions.items()},
        {one: torch.cat(parts) for one, parts in found.items()},
    )


@torch.no_grad()
def retrieval_figures(
    model: SharedSpace, batches: Iterable[Mapping[str, Tensor]], seen: Sequence[str]
) -> dict[str, float]:
    """R@1, R@5, R@10 of every type of question, percent, and their means.

    ``mrecall`` is half the mean of single questions and half that of double ones. A model of two modalities has no
    double questions: its ``mrecall`` is that of the single ones, where the release halved it.
    """
    questions, found = gathered(model, batches, seen)
    figures: dict[str, float] = {}
    single: list[float] = []
    dual: list[float] = []
    for query, vectors in questions.items():
        values = recall_at(own_ranks(vectors, found[query.target])).tolist()
        figures |= {f"{query.name}_r{k}": value for k, value in zip(RECALL_K, values, strict=True)}
        (single if len(query.asked) == 1 else dual).extend(values)
    means = {"mrecall_single": mean_recall(single)}
    if dual:
        means |= {"mrecall_dual": mean_recall(dual)}
    means["mrecall"] = any_to_any_recall(single, dual) if dual else means["mrecall_single"]
    return {"mrecall": means.pop("mrecall"), **means, **figures}
