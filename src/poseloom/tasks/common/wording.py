"""How a model that speaks chooses its words: the options of captioning and instruction for users."""

from __future__ import annotations

from dataclasses import dataclass

from poseloom.base.errors import PoseloomError
from poseloom.base.ranges import MAXIMUM_SEED, whole_number
from poseloom.nn.text.decoding import Beam, Greedy, Limits, Sampling, Strategy

_MOST_BEAMS = 64


@dataclass(frozen=True)
class Wording:
    """The most probable word each time, unless words are sampled or several texts are followed side by side.

    Args:
        beams: texts that are followed side by side; 1 is the most probable word each time.
        top_k: draw words, among this many most probable ones.
        top_p: draw words, among the most probable ones that together have this probability (nucleus sampling).
        temperature: divides the logits when words are sampled; above 1 flatter, below 1 sharper.
        seed: the same seed draws the same words.
        checked: leave out sentences of a small model that cannot be read or that the poses deny, and say the pose by
            rule where less than half of a text is left; False gives what the model says.

    Raises:
        PoseloomError: a value that has no meaning, or beams and drawn words at once.
    """

    beams: int = 1
    top_k: int = 0
    top_p: float = 1.0
    temperature: float = 1.0
    seed: int = 0
    checked: bool = True

    def __post_init__(self) -> None:
        for name in ("beams", "top_k", "seed"):
            whole_number(name, getattr(self, name), -MAXIMUM_SEED, MAXIMUM_SEED)
        expected = {
            "beams": (1 <= self.beams <= _MOST_BEAMS, f"1 to {_MOST_BEAMS}"),
            "top_k": (self.top_k >= 0, "1 or more words"),
            "top_p": (0 < self.top_p <= 1, "a probability above 0, up to 1"),
            "temperature": (0.01 <= self.temperature <= 100, "a number from 0.01 to 100"),
        }
        for name, (right, what) in expected.items():
            if not right:
                raise PoseloomError(f"{name} is {getattr(self, name)}, expected {what}")
        if self.beams > 1 and self.draws:
            raise PoseloomError(
                "beams and drawn words (top_k, top_p, temperature) exclude each other; give one of them"
            )

    @property
    def draws(self) -> bool:
        """Whether words are drawn at random."""
        return self.top_k > 0 or self.top_p < 1 or self.temperature != 1

    def strategy(self, limits: Limits) -> Strategy:
        """The way of decoding."""
        if self.draws:
            return Sampling(self.top_k, self.top_p, self.temperature, self.seed, limits)
        return Beam(self.beams, limits=limits) if self.beams > 1 else Greedy(limits)
