"""Which generator a recipe trains; a new one is a file, a line in the table and a field of the choice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from poseloom.base.errors import PoseloomError, closest
from poseloom.tasks.sign.models.generation_a import GenerationA, GenerationAConfig
from poseloom.tasks.sign.models.generation_c import GenerationC, GenerationCConfig
from poseloom.tasks.sign.models.ham2pose import Ham2Pose, Ham2PoseConfig
from poseloom.tasks.sign.models.parts import SignModel
from poseloom.tasks.sign.models.refiner import Refiner, RefinerConfig


@dataclass(frozen=True)
class SignModelChoice:
    """Which generator, and its sizes.

    Args:
        kind: refiner (poseloom's own), generation_a, generation_c (text-to-pose) or ham2pose.
        refiner: sizes of that kind; those of the other kinds are not used.
        generation_a: sizes.
        generation_c: sizes.
        ham2pose: sizes.
    """

    kind: str = "refiner"
    refiner: RefinerConfig = field(default_factory=RefinerConfig)
    generation_a: GenerationAConfig = field(default_factory=GenerationAConfig)
    generation_c: GenerationCConfig = field(default_factory=GenerationCConfig)
    ham2pose: Ham2PoseConfig = field(default_factory=Ham2PoseConfig)


KINDS: dict[str, Callable[[Any], SignModel]] = {
    "refiner": Refiner,
    "generation_a": GenerationA,
    "generation_c": GenerationC,
    "ham2pose": Ham2Pose,
}


def build_sign_model(choice: SignModelChoice) -> SignModel:
    """The chosen generator, with first weights.

    Raises:
        PoseloomError: there is no such kind, or its sizes do not fit each other.
    """
    if choice.kind not in KINDS:
        near = closest(choice.kind, list(KINDS))
        raise PoseloomError(f"recipe: model.kind: {choice.kind!r} is unknown (of {', '.join(KINDS)}){near}")
    sizes = getattr(choice, choice.kind)
    if sizes.width % sizes.heads:
        raise PoseloomError(
            f"recipe: model.{choice.kind}: width {sizes.width} cannot be split into {sizes.heads} heads"
        )
    return KINDS[choice.kind](sizes)
