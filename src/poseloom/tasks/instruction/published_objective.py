"""How FeedbackGenerator is trained as published: PoseFix (arXiv 2309.08480), teacher forcing in two stages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from torch import Tensor, nn

from poseloom.base.errors import PoseloomError
from poseloom.base.ranges import WIDEST, within
from poseloom.tasks.common.published_recipe import PublishedRecipe, TableData
from poseloom.tasks.common.published_saying import DecoderSizes, PublishedSayingLearner, SayingProtocol
from poseloom.tasks.instruction.published import FeedbackGenerator, FeedbackGeneratorConfig
from poseloom.tasks.instruction.published_evaluate import InstructionJudges, held_out_figures
from poseloom.training import Task


@dataclass(frozen=True)
class FeedbackGeneratorModel:
    """Sizes of FeedbackGenerator.

    Args:
        latent: size of a pose's vector and of the comparison.
        joints: 52, or 22 without hands.
        fusion: tirg (released) or concat-mlp.
        decoder: says the difference.
    """

    latent: int = within(32, 1, WIDEST)
    joints: int = within(52, 1, 999)
    fusion: Literal["tirg", "concat-mlp"] = "tirg"
    decoder: DecoderSizes = field(default_factory=DecoderSizes)


@dataclass(frozen=True)
class FeedbackGeneratorRecipe(PublishedRecipe):
    """How FeedbackGenerator is trained and measured.

    Args:
        model: its sizes.
        data: the table; stages choose its texts.
        protocol: how its texts are measured.
        judges: a pair retrieval model, an editing model, a retrieval model.
    """

    model: FeedbackGeneratorModel = field(default_factory=FeedbackGeneratorModel)
    data: TableData = field(default_factory=TableData)
    protocol: SayingProtocol = field(default_factory=SayingProtocol)
    judges: InstructionJudges = field(default_factory=InstructionJudges)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.judges.retrieval and not self.judges.editing:
            raise PoseloomError("recipe: judges.retrieval has no effect without judges.editing, which makes the poses")


class FeedbackGeneratorLearner(PublishedSayingLearner):
    """FeedbackGenerator on pairs and instructions of a table."""

    kind = "FeedbackGenerator"
    pairs = True
    recipe: FeedbackGeneratorRecipe
    model: FeedbackGenerator

    def _model(self) -> nn.Module:
        sizes = self.recipe.model
        decoder = sizes.decoder.config(self._known)
        return FeedbackGenerator(
            FeedbackGeneratorConfig(sizes.latent, sizes.joints, sizes.fusion, sizes.decoder.kind, decoder)
        )

    def seen(self, batch: Any) -> tuple[Tensor, ...]:
        return batch.before, batch.after

    def evaluated(self, batches: list[Any]) -> dict[str, float]:
        return held_out_figures(self.spoken(batches), batches, self.recipe.protocol, self.recipe.judges)


TASK = Task("instruction", "pose pair -> text, as published", FeedbackGeneratorRecipe, FeedbackGeneratorLearner)
