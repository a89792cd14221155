"""Which losses a generator learns by; a new generator is one line in the table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor

from poseloom.tasks.sign.clips import SignBatch
from poseloom.tasks.sign.models.generation_a import GenerationA
from poseloom.tasks.sign.models.generation_c import GenerationC
from poseloom.tasks.sign.models.ham2pose import Ham2Pose
from poseloom.tasks.sign.models.parts import SignModel
from poseloom.tasks.sign.models.refiner import Refiner
from poseloom.tasks.sign.objectives.generation_a import generation_a_losses
from poseloom.tasks.sign.objectives.generation_c import generation_c_losses
from poseloom.tasks.sign.objectives.ham2pose import ham2pose_losses
from poseloom.tasks.sign.objectives.refiner import refiner_losses

LOSSES: dict[type[SignModel], Callable[[Any, SignBatch], dict[str, Tensor]]] = {
    Refiner: refiner_losses,
    GenerationA: generation_a_losses,
    GenerationC: generation_c_losses,
    Ham2Pose: ham2pose_losses,
}


def sign_losses(model: SignModel, batch: SignBatch) -> dict[str, Tensor]:
    """Scalar losses of a training batch; ``total`` is minimised."""
    return LOSSES[type(model)](model, batch)
