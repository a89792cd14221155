"""What every frozen encoder offers, and the items that they take."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from poseloom.base.errors import PoseloomError
from poseloom.base.files import read_bytes
from poseloom.images.read import read_picture

MOST_BYTES = 1 << 30
"""Of a picture's file."""


@dataclass(frozen=True, eq=False)
class PictureItem:
    """A person in a picture.

    Args:
        source: path of the picture, or RGB floats (3, height, width) in [0, 1].
        box: where the person is: x, y, width, height in pixels; the largest person is looked for if None.
    """

    source: Path | Tensor
    box: tuple[float, float, float, float] | None = None

    @property
    def key(self) -> str:
        """Of the picture's content and the box: the same file under another name has the same key.

        Raises:
            FileError: the picture cannot be read.
        """
        if isinstance(self.source, Tensor):
            content = self.source.detach().cpu().contiguous().numpy().tobytes()
            content += str(tuple(self.source.shape)).encode()
        else:
            content = read_bytes(self.source, maximum_bytes=MOST_BYTES)
        return f"picture {hashlib.sha256(content).hexdigest()} {self.box}"

    @property
    def name(self) -> str:
        """For messages."""
        return self.source.name if isinstance(self.source, Path) else "the picture"

    def pixels(self) -> Float[Tensor, "3 height width"]:
        """RGB in [0, 1].

        Raises:
            FileError: the picture cannot be read.
        """
        return self.source if isinstance(self.source, Tensor) else read_picture(self.source)


@dataclass(frozen=True, eq=False)
class PoseItem:
    """A pose without heading.

    Args:
        rotations: axis-angle, radians, +Y up.
    """

    rotations: Float[Tensor, "joints 3"]

    @property
    def key(self) -> str:
        """Of its numbers."""
        numbers = self.rotations.detach().cpu().float().contiguous()
        return f"pose {tuple(numbers.shape)} {hashlib.sha256(numbers.numpy().tobytes()).hexdigest()}"


@dataclass(frozen=True)
class TextItem:
    """A description.

    Args:
        text: in plain English.
    """

    text: str

    @property
    def key(self) -> str:
        """The words themselves."""
        return f"text {self.text}"


Item = PictureItem | PoseItem | TextItem


class FrozenEncoder(ABC):
    """Features of one modality. It is never trained; where it has a `module`, the released training moves its
    statistics all the same, see `EmbeddingLearner`.

    Args:
        name: in recipes.
        modality: image, pose or text.
        width: numbers of a token.
        digest: differs where the features differ: of weights and settings.
        module: None where the features are no network's of one pass.
    """

    name: str
    modality: str
    width: int
    digest: str
    module: nn.Module | None = None
    at_once: int = 64

    def digest_key(self) -> str:
        """As hexadecimal characters of which the first differ as well."""
        return hashlib.sha256(f"{self.name} {self.width} {self.digest}".encode()).hexdigest()

    @abstractmethod
    def encode(self, items: Sequence[Any]) -> list[Float[Tensor, "_tokens width"]]:
        """Tokens of each item, one row for a single vector; no row for a picture without a person."""

    def prepare(self, items: Sequence[Any]) -> tuple[Tensor, ...]:
        """What `forward` takes of items.

        Raises:
            PoseloomError: its features are kept, not made anew in each step.
        """
        raise PoseloomError(
            f"recipe: quirks.moving_encoders: {self.name} is not a network that can be left in training"
        )

    def forward(self, *prepared: Tensor) -> Float[Tensor, "batch tokens width"]:
        """Features by the module as it is, in training or evaluation mode."""
        raise NotImplementedError

    def _in_evaluation(self, items: Sequence[Any]) -> list[Tensor]:
        assert self.module is not None
        self.module.eval()
        with torch.no_grad():
            return list(self.forward(*self.prepare(items)))


def vectors_as_tokens(vectors: Float[Tensor, "items width"]) -> list[Float[Tensor, "1 width"]]:
    """One row each."""
    return list(vectors[:, None])
