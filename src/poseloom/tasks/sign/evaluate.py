"""The protocol of sign generation: how near to held-out clips, against what needs no learning.

Every clip is signed from its own first frame. Distances are Ham2Pose's nDTW-MJE in shoulder widths, over the keypoints
that are seen in the held-out clips; between epochs with exact time warping, which is faster, in the protocol with
FastDTW as published.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray

from poseloom.metrics import Trajectories, exact_dtw_mje, length_error, ndtw_mje
from poseloom.tasks.sign.bones import with_constant_bones
from poseloom.tasks.sign.clips import SignBatch, SignClip, collate
from poseloom.tasks.sign.drafts import fill_missing_points
from poseloom.tasks.sign.layouts import SignLayout
from poseloom.tasks.sign.models.parts import SignModel
from poseloom.tasks.sign.neighbours import nearest_text

Distance = Callable[[Trajectories, Trajectories], float]

_AT_ONCE = 32
_LOST = 0.3
"""Share of the points that are taken away before a repair."""
_LOST_SEED = 7
_MOVING = 0.5
"""Shoulder widths that a wrist goes which is not at rest."""
_NEAR = 0.15
"""Of a path's length."""


def quick_figures(model: SignModel, clips: Sequence[SignClip], steps: int) -> dict[str, float]:
    """Figures between epochs.

    Returns:
        ``dtw``: nDTW-MJE, exact warping; ``still``: of the first frame held still; ``length_error``: mean, percent of
        the true length; ``repair``, ``linear``: see `repair_figures`.
    """
    made, lengths = signed(model, clips, steps)
    seen = _seen_in(clips)
    still = [np.repeat(clip.values[:1], len(clip), 0) for clip in clips]
    figures = {
        "dtw": mean_distance(made, clips, seen, exact_dtw_mje),
        "still": mean_distance(still, clips, seen, exact_dtw_mje),
        "length_error": _length_error(lengths, clips),
    }
    return figures | repair_figures(model, clips, steps)


def held_out_figures(
    model: SignModel,
    clips: Sequence[SignClip],
    gallery: Sequence[SignClip],
    steps: int,
    layout: SignLayout | None = None,
) -> dict[str, float]:
    """The whole protocol.

    Args:
        model: in evaluation mode.
        clips: whose texts it has not seen.
        gallery: training clips, for the nearest string.
        steps: refinements.
        layout: of the clips; with it bones get constant lengths before anything is measured, as users get them.

    Returns:
        ``ndtw_mje`` of what the model signs, ``still`` of the first frame held still, ``neighbour`` of the training
        clip with the nearest string; ``length_error``, percent; ``repair`` and ``linear``: see `repair_figures`; with a
        layout those of `movement_figures`.
    """
    made, lengths = signed(model, clips, steps)
    if layout is not None:
        made = [with_constant_bones(one, one[0], layout) for one in made]
    texts = [clip.text for clip in gallery]
    near = [gallery[nearest_text(clip.text, texts)].values for clip in clips]
    still = [np.repeat(clip.values[:1], len(clip), 0) for clip in clips]
    seen = _seen_in(clips)
    distances = {"ndtw_mje": made, "still": still, "neighbour": near}
    figures = {name: mean_distance(found, clips, seen, ndtw_mje) for name, found in distances.items()}
    figures |= {"length_error": _length_error(lengths, clips)} | repair_figures(model, clips, steps)
    return figures if layout is None else figures | movement_figures(made, clips, [arm.wrist for arm in layout.arms])


def movement_figures(
    made: Sequence[Float[ndarray, "_ keypoints d"]], clips: Sequence[SignClip], wrists: Sequence[int]
) -> dict[str, float]:
    """How far wrists go and how much they tremble, of those that go further than half a shoulder width in the clips.

    Returns:
        ``path``: median of made path by the clip's, percent; ``path_near``: wrists whose path is within 15 percent,
        percent; ``jitter``: mean size of the third differences by the clips', percent. Nothing where no wrist moves.
    """
    pairs = [(one[:, wrist], clip.values[:, wrist]) for one, clip in zip(made, clips, strict=True) for wrist in wrists]
    moving = [(own, true) for own, true in pairs if len(own) > 3 and len(true) > 3 and _path(true) > _MOVING]
    if not moving:
        return {}
    ratios = np.array([_path(own) / _path(true) for own, true in moving])
    trembling = [[float(np.abs(np.diff(one, n=3, axis=0)).mean()) for one in pair] for pair in moving]
    own, true = np.mean(trembling, axis=0)
    near = np.mean((ratios >= 1 - _NEAR) & (ratios <= 1 + _NEAR))
    return {"path": 100 * float(np.median(ratios)), "path_near": 100 * float(near), "jitter": 100 * float(own / true)}


@torch.no_grad()
def signed(
    model: SignModel, clips: Sequence[SignClip], steps: int
) -> tuple[list[Float[ndarray, "_frames keypoints d"]], list[int]]:
    """What the model signs for the clips' texts from their first frames, and the lengths that it chose."""
    made: list[ndarray] = []
    for batch in _batches(clips, model):
        text = model.encode_text(model.tokens(list(batch.texts)))
        lengths = model.frames_of(text)
        values, seen = batch.values[:, 0], batch.seen[:, 0]
        draft = model.start(values, seen, lengths)
        *_, last = model.refinements(text, draft, steps)
        made += [row[:frames].cpu().numpy() for row, frames in zip(last, lengths.tolist(), strict=True)]
    return made, [len(one) for one in made]


@torch.no_grad()
def repair_figures(model: SignModel, clips: Sequence[SignClip], steps: int) -> dict[str, float]:
    """Thirty percent of the seen points are taken away at random and put back without looking at the text.

    Returns:
        ``repair``, ``linear``: mean distance of the points that were taken, percent of a shoulder width, of the model
        and of straight lines between the frames that are left.
    """
    errors: dict[str, list[torch.Tensor]] = {"repair": [], "linear": []}
    generator = torch.Generator().manual_seed(_LOST_SEED)
    for batch in _batches(clips, model):
        lost = (torch.rand(batch.seen.shape, generator=generator) < _LOST).to(batch.values.device) & batch.seen
        known = batch.seen & ~lost
        text = model.encode_text(model.tokens([""] * len(batch.texts)))
        draft = model.draft(batch.values, known, batch.padding)
        *_, last = model.refinements(text, draft, steps)
        found = {"repair": last, "linear": fill_missing_points(batch.values, known, batch.padding).values}
        for name, values in found.items():
            errors[name].append((values - batch.values).norm(dim=-1)[lost])
    return {name: 100 * float(torch.cat(parts).mean()) for name, parts in errors.items()}


def mean_distance(
    made: Sequence[Float[ndarray, "_ keypoints d"]],
    clips: Sequence[SignClip],
    keypoints: Sequence[int],
    distance: Distance,
) -> float:
    """Mean over the clips of a distance on some keypoints."""
    return float(
        np.mean(
            [
                distance(
                    Trajectories.of(one, None, keypoints),
                    Trajectories.of(clip.values, clip.confidence == 0, keypoints),
                )
                for one, clip in zip(made, clips, strict=True)
            ]
        )
    )


def _path(points: Float[ndarray, "frames d"]) -> float:
    return float(np.linalg.norm(np.diff(points, axis=0), axis=-1).sum())


def _length_error(lengths: Sequence[int], clips: Sequence[SignClip]) -> float:
    true = np.array([len(clip) for clip in clips], np.float64)
    return 100 * length_error(np.array(lengths, np.float64), true).relative_mean


def _seen_in(clips: Sequence[SignClip]) -> list[int]:
    return np.flatnonzero(np.any([(clip.confidence > 0).any(0) for clip in clips], axis=0)).tolist()


def _batches(clips: Sequence[SignClip], model: SignModel) -> list[SignBatch]:
    device = next(model.parameters()).device
    parts = [collate(clips[first : first + _AT_ONCE]) for first in range(0, len(clips), _AT_ONCE)]
    return [
        SignBatch(one.texts, one.values.to(device), one.confidence.to(device), one.padding.to(device)) for one in parts
    ]
