"""What generation and editing share: a flow that a text conditions, guided by a classifier of what the text claims."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor, nn

from poseloom.base.ranges import within
from poseloom.nn.pose.fact_classifier import Wanted, doubt_of, toward
from poseloom.nn.pose.features import joint_positions
from poseloom.nn.pose.flow import FlowConfig, Guidance, Numbers, OriginalPose, PoseFlow
from poseloom.nn.text.convolutions import ConvTextConfig, ConvTextEncoder

MILLIMETRES = 1000.0
_SEED = 42
"""Of the noise of an evaluation."""


@dataclass(frozen=True)
class FlowModelConfig:
    """What the models have in common.

    Args:
        text: the text encoder.
        flow: what moves noise to poses.
        steps: how many there are from noise to a pose.
        guidance: strength of classifier-free guidance by the text; 1 as it was learned.
        temperature: factor on the noise that a path begins with; less than 1 for likelier poses.
        guidance_steps: steps of classifier guidance toward what the text claims, in each later step of the path.
        guidance_step_size: length of one step of classifier guidance, in normalised rotation numbers.
    """

    text: ConvTextConfig = field(default_factory=ConvTextConfig)
    flow: FlowConfig = field(default_factory=FlowConfig)
    steps: int = within(4, 1, 1000)
    guidance: float = within(1.0, 0, 100)
    temperature: float = within(0.7, 0, 100)
    guidance_steps: int = within(2, 0, 1000)
    guidance_step_size: float = within(0.7, 0, 100)


class FlowModel(nn.Module):
    """Text encoder, flow and classifier; a subclass makes the condition and says what the classifier looks at.

    Args:
        words: size of the vocabulary, special words included.
        config: sizes, and how poses are sampled.
    """

    flow: PoseFlow
    classifier: nn.Module

    def __init__(self, words: int, config: FlowModelConfig):
        super().__init__()
        self.config = config
        self.text_encoder = ConvTextEncoder(words, config.text)

    def sample(
        self,
        condition: Float[Tensor, "texts condition"],
        unconditional: Callable[[], Float[Tensor, "rows condition"]],
        wanted: Wanted,
        classified: Callable[[Numbers], Float[Tensor, "poses facts"]],
        samples: int,
        generator: torch.Generator | Sequence[torch.Generator] | None,
        origin: OriginalPose | None = None,
    ) -> Float[Tensor, "texts samples 22 3 3"]:
        """Rotations of several poses for each text.

        Args:
            condition: what each text asks for.
            unconditional: gives the condition that says nothing, for one row or for all; called where guidance needs
                it.
            wanted: what the texts claim.
            classified: numbers of the flow -> logits of the facts that hold.
            samples: poses for each text.
            generator: draws the noise; or one for each text.
            origin: the poses that are changed, `samples` times each.
        """
        settings = self.config
        guidance = Guidance(temperature=settings.temperature)
        if settings.guidance != 1:
            guidance = Guidance(settings.guidance, unconditional(), settings.temperature)

        def guided(numbers: Numbers) -> Numbers:
            return toward(
                lambda one: doubt_of(classified(one), wanted),
                numbers,
                settings.guidance_step_size,
                settings.guidance_steps,
            )

        guide = guided if settings.guidance_steps and bool(wanted.any()) else None
        rows = condition.repeat_interleave(samples, dim=0)
        return self.flow.sample(rows, settings.steps, generator, origin, guidance, guide).unflatten(0, (-1, samples))


def sampled_in_parts(
    sample: Callable[..., Float[Tensor, "part samples 22 3 3"]],
    inputs: Sequence[Tensor],
    samples: int,
    device: torch.device,
    at_once: int,
) -> Float[Tensor, "texts samples 22 3 3"]:
    """Samples of any number of texts, on the CPU, with the noise of one evaluation.

    Args:
        sample: inputs of a part, number of samples and generator -> rotations.
        inputs: what the model takes of each text.
        samples: for each text.
        device: where the model is.
        at_once: texts of a part.
    """
    generator = torch.Generator().manual_seed(_SEED)
    parts = zip(*(one.to(device).split(at_once) for one in inputs), strict=True)
    return torch.cat([sample(*part, samples, generator).cpu() for part in parts])


def joint_errors(
    found: Float[Tensor, "*batch 22 3 3"], true: Float[Tensor, "*#batch 22 3 3"], offsets: Float[Tensor, "22 3"]
) -> Float[Tensor, " *batch"]:
    """Mean distance of the 22 body joints, pelvis at the origin, mm.

    Args:
        found, true: rotations.
        offsets: offset of each joint from its parent, metres.
    """
    places = [joint_positions(one, offsets) for one in (found, true)]
    return (places[0] - places[1]).norm(dim=-1).mean(-1) * MILLIMETRES
