"""What hangs on the space, for users: bodies from a photo, words or both; instructions between two photos or poses."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import FileError, PoseloomError
from poseloom.nn.text.decoding import Limits
from poseloom.nn.text.tokenizers import Tokenizer, WordPieceTokenizer, WordTokenizer
from poseloom.nn.text.vocabulary import Vocabulary
from poseloom.pose.rotations import rotmat_to_rotvec
from poseloom.pose.types import Pose
from poseloom.results.texts import Instructed
from poseloom.results.vectors import Embedded
from poseloom.tasks.common.frames import from_published
from poseloom.tasks.common.published_models import PIECES, VOCABULARY
from poseloom.tasks.common.wording import Wording
from poseloom.tasks.embedding.networks.estimator import EstimatedBody, HpsEstimator
from poseloom.tasks.embedding.networks.instructor import InstructionGenerator
from poseloom.tasks.embedding.predict import ModalitySpace, open_space
from poseloom.training.export import ModelCard

SPACE, SPACE_DIGEST = "representation", "representation_sha256"
"""Keys of a card's ``extras``: path and checksum of the space that a model was trained on."""

AXES, Y_UP, SHAPE_MODEL = "axes", "y up", "shape_model"
"""The axes of told poses and the body of told shapes, as keys and values of a card's ``extras``."""


class OnSpace(ModalitySpace):
    """A model that takes vectors of a space, which lies in a file of its own.

    Args:
        head: the network.
        card: what is known of it.
        path: where its weights lie; the path of its space may be relative to that.
        space: that it hangs on; the one that its card names by default.

    Raises:
        PoseloomError: the space is another one than that of its training.
    """

    def __init__(self, head: Any, card: ModelCard, path: Path, space: ModalitySpace | None = None):
        self.head, self.card, self._path = head, card, path
        self._given = space
        if space is not None:
            check_same_space(card, space)

    @cached_property
    def space(self) -> ModalitySpace:
        """The space that it hangs on.

        Raises:
            FileError: it is not named, missing, or not that of the training.
        """
        if self._given is not None:
            return self._given
        named = self.card.extras.get(SPACE)
        if not isinstance(named, str) or not named:
            remedy = "give it: --space MODEL, or with_space in Python"
            raise FileError(self._path, "does not name the space that it was trained on", remedy=remedy)
        place = Path(named) if Path(named).is_absolute() or Path(named).exists() else self._path.parent / named
        if not place.exists():
            remedy = "give it: --space MODEL, or with_space in Python"
            raise FileError(self._path, f"hangs on the space {named}, which is missing", remedy=remedy)
        opened = open_space(place)
        check_same_space(self.card, opened)
        return opened

    def with_space(self, space: ModalitySpace) -> Any:
        """The same model on a space that was opened before.

        Raises:
            PoseloomError: the space is another one than that of its training.
        """
        return type(self)(self.head, self.card, self._path, space)

    @property
    def model(self) -> Any:  # type: ignore[override]
        """The network of the space."""
        return self.space.model

    @property
    def seen(self) -> tuple[str, ...]:  # type: ignore[override]
        """Modalities that the space was trained on."""
        return self.space.seen

    @property
    def name(self) -> str:
        return self.space.name

    def encoder(self, modality: str) -> Any:
        return self.space.encoder(modality)

    def embed(self, **given: Any) -> Embedded:
        return self.space.embed(**given)


def check_same_space(card: ModelCard, space: ModalitySpace) -> None:
    """Refuse vectors of another space.

    Raises:
        PoseloomError: the checksum differs.
    """
    expected = card.extras.get(SPACE_DIGEST)
    if expected is not None and expected != space.card.sha256:
        problem = (
            f"the model was trained on vectors of the space {expected[:12]}, these are of {space.card.sha256[:12]}"
        )
        raise PoseloomError(f"{problem}; vectors of two spaces cannot be compared: name the model's own space")
    wanted = space.model.config.latent
    latent = card.extras.get("config", {}).get("latent", wanted)
    if latent != wanted:
        raise PoseloomError(f"the model takes vectors of {latent} numbers, those of the space have {wanted}")


class SpaceBodies(OnSpace):
    """Pose and shape of a body from a photo, from words, or from both (HPSEstimator)."""

    head: HpsEstimator

    def estimate(self, **given: Any) -> Pose:
        """Poses (n,) of what is given, without heading; arguments and errors as for `embed`.

        The shape is that of the training's body, and only of pictures.
        """
        return self.of_features(self.space.features(**given))

    def of_features(self, features: Mapping[str, Tensor]) -> Pose:
        """Poses of frozen features by modality."""
        found = self.of_tokens(self.space.tokens(features))
        rotations = rotmat_to_rotvec(found.rotations)
        if self.card.extras.get(AXES) != Y_UP:  # released heads tell AMASS's axes
            rotations = from_published(rotations).rotations
        if not found.betas.shape[1] or "image" not in features:
            return Pose(rotations)
        return Pose(rotations, shape=found.betas, shape_model=self.card.extras.get(SHAPE_MODEL, "smplx"))

    def of_tokens(self, tokens: Float[Tensor, "batch latent"]) -> EstimatedBody:
        """Bodies of vectors of the space."""
        with torch.no_grad():
            found: EstimatedBody = self.head(tokens)
        return found


class InstructorOfSpace(OnSpace):
    """How one person becomes another, in words, from two photos, two poses, or one of each (InstructionGenerator)."""

    head: InstructionGenerator

    def instruct(
        self, first: Mapping[str, Any], second: Mapping[str, Any], wording: Wording | None = None
    ) -> Instructed:
        """Instructions from each first to its second.

        Args:
            first: what `embed` takes, by name: ``{"image": "a.jpg"}``, ``{"pose": pose}``.
            second: the same of what is to be reached.
            wording: how words are chosen; the most probable one each time by default.

        Raises:
            PoseloomError: as for `embed`, or different numbers of firsts and seconds.
        """
        tokens = [self.space.tokens(self.space.features(**one)) for one in (first, second)]
        if len(tokens[0]) != len(tokens[1]):
            raise PoseloomError(f"expected as many seconds as firsts, got {len(tokens[0])} and {len(tokens[1])}")
        return Instructed(tuple(self.of_tokens(tokens[0], tokens[1], wording)))

    def of_tokens(
        self,
        first: Float[Tensor, "batch latent"],
        second: Float[Tensor, "batch latent"],
        wording: Wording | None = None,
    ) -> list[str]:
        """Instructions between vectors of the space."""
        with torch.no_grad():
            decoded = self.head.say(first, second, (wording or Wording()).strategy(Limits()))
        return [self.tokenizer.decode(row) for row in decoded.tokens]

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """Makes words of ids: the model's own, or BERT's pieces."""
        words, pieces = self.card.extras.get(VOCABULARY), self.card.extras.get(PIECES)
        if words is not None:
            return WordTokenizer(Vocabulary(tuple(map(str, words))))
        if pieces is not None:
            return WordPieceTokenizer(tuple(map(str, pieces)))
        return WordPieceTokenizer(packaged_pieces(self._path))


def packaged_pieces(model: Path) -> Path:
    """BERT's uncased ``vocab.txt``: beside a model, or that of the package with MiniLM.

    Raises:
        FileError: it is in neither place.
    """
    from poseloom.nn.text.language_models import minilm_file

    beside = model.with_name("vocab.txt")
    if beside.is_file():
        return beside
    try:
        return minilm_file("vocab.txt")
    except PoseloomError as mistake:
        remedy = f"lay the vocab.txt of an uncased BERT beside it, or: {mistake}"
        raise FileError(model, "says BERT's word pieces, which are not here", remedy=remedy) from None
