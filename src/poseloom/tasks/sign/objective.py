"""How sign generators are trained: first to refine and repair clips without their texts, then to sign texts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.tasks.sign.clips import SignBatch, collate
from poseloom.tasks.sign.evaluate import held_out_figures, quick_figures
from poseloom.tasks.sign.layouts import SignLayout
from poseloom.tasks.sign.models.choice import SignModelChoice, build_sign_model
from poseloom.tasks.sign.models.parts import SignModel
from poseloom.tasks.sign.models.start import learn_on
from poseloom.tasks.sign.objectives.choice import sign_losses
from poseloom.tasks.sign.sources import ClipMaker, ClipSource, SignData
from poseloom.training import Batches, Learner, MadeBatches, Monitor, Recipe, Share, Stage, Task, overlaid

_MEASURED_ON = 512
"""Clips from which scales and the usual first frame are taken."""


@dataclass(frozen=True)
class SignStart:
    """Weights to begin with; drawn at random where the path is empty.

    Args:
        model: an exported generator that learns on; sign is the one that poseloom ships.
    """

    model: str = ""


@dataclass(frozen=True)
class SignRecipe(Recipe):
    """How a sign generator is trained.

    Args:
        model: which one, and its sizes.
        data: clips to learn from.
        start: weights to begin with.
    """

    model: SignModelChoice = field(default_factory=SignModelChoice)
    data: SignData = field(default_factory=SignData)
    start: SignStart = field(default_factory=SignStart)


class SignLearner(Learner):
    """A sign generator, and the clips that it learns from.

    Args:
        recipe: the recipe.
        maker: makes clips, in place of what the recipe's data section names.
    """

    monitor = Monitor("dtw", "min")
    recipe: SignRecipe
    model: SignModel

    def __init__(self, recipe: SignRecipe, maker: ClipMaker | None = None):
        super().__init__(recipe)
        self.source = ClipSource(recipe.data, maker)
        self.model = build_sign_model(recipe.model)
        layout, sizes = self.source.layout, self.model.sizes
        if (sizes.keypoints, sizes.dims) != (layout.keypoints, layout.dims):
            raise PoseloomError(
                f"recipe: model: {sizes.keypoints} keypoints of {sizes.dims} dims do not fit data.layout "
                f"{layout.name}: {layout.keypoints} of {layout.dims}; change one of them"
            )
        _check_hands(recipe.model, layout)
        if recipe.data.longest > sizes.max_frames:
            raise PoseloomError(
                f"recipe: data.longest: {recipe.data.longest} frames are more than the model's {sizes.max_frames}; "
                "lower it or raise max_frames"
            )

    def batches(self, share: Share) -> Batches:
        data = overlaid(self.recipe.data, share.stage.data)

        def make(seed: int, count: int) -> SignBatch:
            batch = collate(self.source.sample_alike(seed, count))
            return batch if data.with_text else batch.with_texts([""] * count)

        return MadeBatches(make, share, data.batches)

    def begin(self, stage: Stage) -> None:
        if stage is not self.recipe.stages[0]:
            return
        if self.recipe.start.model:
            learn_on(self.model, self.recipe.start.model)
        else:
            self.model.measure(self._sample())

    def losses(self, batch: SignBatch) -> dict[str, Tensor]:
        return sign_losses(self.model, batch)

    def validate(self) -> dict[str, float]:
        return quick_figures(self.model, self.source.held_out[: self.recipe.data.quick], self.model.default_steps)

    def evaluate(self, split: str) -> dict[str, float]:
        gallery = self.source.training[: self.recipe.data.gallery]
        steps, layout = self.model.default_steps, self.source.layout
        return held_out_figures(self.model, self.source.held_out, gallery, steps, layout)

    def extras(self) -> dict[str, Any]:
        """The layout, the usual first frame, and the points that the training clips have."""
        batch = self._sample()
        seen = batch.seen[:, 0, :, None].to(batch.values.dtype)
        start = (batch.values[:, 0] * seen).sum(0) / seen.sum(0).clamp(min=1)
        used = batch.seen.any(1).any(0)
        return {"layout": self.recipe.data.layout, "start": start.tolist(), "used": used.tolist()}

    def _sample(self) -> SignBatch:
        return collate(self.source.sample(self.recipe.seed, _MEASURED_ON))


def _check_hands(choice: SignModelChoice, layout: SignLayout) -> None:
    """Refuse a refiner that would take other points for hands and wrists than the layout does."""
    if choice.kind != "refiner":
        return
    wrists = tuple(arm.wrist for arm in layout.arms)
    for name, own, expected in (
        ("hands", choice.refiner.hands, layout.hands),
        ("wrists", choice.refiner.wrists, wrists),
    ):
        if own and _plain(own) != _plain(expected):
            raise PoseloomError(
                f"recipe: model.refiner.{name}: {own} are not those of data.layout {layout.name}; give {expected}"
            )


def _plain(points: Any) -> Any:
    """Tuples as lists, as recipes from files have them."""
    return [_plain(one) for one in points] if isinstance(points, (list, tuple)) else points


TASK = Task("sign", "HamNoSys -> signing", SignRecipe, SignLearner)
