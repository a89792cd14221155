"""One space for users: pictures, poses and texts in any mixture become one vector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.pose.types import Pose
from poseloom.results.vectors import Embedded
from poseloom.tasks.common.exported import section_of
from poseloom.tasks.common.frames import flat
from poseloom.tasks.common.published_models import open_published
from poseloom.tasks.embedding.encoders.choice import PUBLISHED, Encoders
from poseloom.tasks.embedding.encoders.frozen import FrozenEncoder, Item, PictureItem, PoseItem, TextItem
from poseloom.tasks.embedding.features import check_same_features, encoded
from poseloom.tasks.embedding.modalities import IMAGE, MODALITIES, POSE, TEXT, Subset, check_seen, subset_of
from poseloom.tasks.embedding.networks.aligner import build_space
from poseloom.tasks.embedding.networks.config import EmbeddingConfig
from poseloom.tasks.embedding.networks.front import SharedSpace
from poseloom.training.export import ModelCard

ENCODERS, SEEN, DIGESTS = "encoders", "modalities", "encoder_digests"
"""Keys of a card's ``extras``: the frozen encoders, the modalities trained on, what the encoders' content was."""
LEARNED = "embedding-"
"""How the names of the vectors of these models begin."""
_DIGITS = 12
Picture: TypeAlias = "str | Path | Tensor"


class ModalitySpace:
    """Any of picture, pose and text -> one vector; any vector finds any modality.

    Args:
        model: PoseEmbroider or Aligner.
        card: what is known of it.
        encoders: what makes features of what users give; opened when they are first needed.
    """

    task = "embedding"

    def __init__(self, model: SharedSpace, card: ModelCard, encoders: Encoders | None = None):
        self.model, self.card = model, card
        self.encoders = encoders or encoders_of(card)
        self._open: dict[str, FrozenEncoder] = {}
        self.seen: tuple[str, ...] = tuple(card.extras.get(SEEN, MODALITIES))

    @property
    def name(self) -> str:
        """Names these very weights: vectors of others cannot be compared."""
        return f"{LEARNED}{self.card.sha256[:_DIGITS]}"

    @property
    def dimensions(self) -> int:
        """Numbers of a vector."""
        return self.model.config.latent

    def with_encoders(self, encoders: Encoders) -> ModalitySpace:
        """The same space with other files of the frozen encoders."""
        return ModalitySpace(self.model, self.card, encoders)

    def encoder(self, modality: str) -> FrozenEncoder:
        """The frozen encoder of a modality, opened once.

        Raises:
            PoseloomError: its file is not named, is missing, or is not that of the model's training.
        """
        if modality not in self._open:
            opened = self.encoders.open(modality)
            check_same_features(self.card.extras.get(DIGESTS, {}), {modality: opened.digest_key()}, self.name)
            self._open[modality] = opened
        return self._open[modality]

    def embed(
        self,
        *,
        image: Picture | Sequence[Picture] | None = None,
        pose: Pose | None = None,
        text: str | Sequence[str] | None = None,
        boxes: Sequence[Sequence[float] | None] | None = None,
        target: str | None = None,
    ) -> Embedded:
        """Unit vectors of what is given together: each of one picture, one pose and one text, or of some of them.

        Args:
            image: path of a picture, or RGB floats (3, height, width); several for several vectors.
            pose: a pose, or a batch of them; heading, translation and shape do not count.
            text: a description, or several.
            boxes: of the person in each picture: x, y, width, height in pixels; the largest person by default.
            target: image, pose or text that is looked for with it: the vector is then compared with `collection` of
                that modality. By default it is the vector that all that is given has in common.

        Raises:
            PoseloomError: nothing is given, different numbers, a modality that the model never saw, nobody in a
                picture.
        """
        features, notes = self._features(self._items(image, pose, text, boxes))
        asked = subset_of(features)
        with torch.no_grad():
            vectors = self.model.embed(features)
            if target is None:
                found = self.model.tokens(vectors, [asked])[asked]
            else:
                check_seen([subset_of([target])[0]], self.seen)
                found = self.model.questions(vectors, [asked], [target])[asked][target]
        return Embedded(torch.nn.functional.normalize(found, dim=-1), notes=notes)

    def collection(self, modality: str, items: Any, boxes: Any = None) -> Float[Tensor, "items latent"]:
        """Unit vectors of many pictures, poses or texts: what questions with that `target` are compared with."""
        given = {IMAGE: None, POSE: None, TEXT: None, modality: items}
        features, _ = self._features(self._items(given[IMAGE], given[POSE], given[TEXT], boxes))
        with torch.no_grad():
            return self.model.embed(features)[modality]

    def tokens(self, features: Mapping[str, Tensor], asked: Subset | None = None) -> Float[Tensor, "items latent"]:
        """The vectors that models which hang on this space take, of frozen features; not brought to length 1.

        Raises:
            PoseloomError: no modality, one that the model never saw, or features of another size.
        """
        check_seen(features, self.seen)
        chosen = asked or subset_of(features)
        with torch.no_grad():
            vectors = self.model.embed({one: features[one] for one in chosen})
            return self.model.tokens(vectors, [chosen])[chosen]

    def features(
        self,
        *,
        image: Picture | Sequence[Picture] | None = None,
        pose: Pose | None = None,
        text: str | Sequence[str] | None = None,
        boxes: Sequence[Sequence[float] | None] | None = None,
    ) -> dict[str, Tensor]:
        """Frozen features of what is given, by modality; arguments and errors as for `embed`."""
        return self.features_with_notes(image=image, pose=pose, text=text, boxes=boxes)[0]

    def features_with_notes(
        self, *, image: Any = None, pose: Pose | None = None, text: Any = None, boxes: Any = None
    ) -> tuple[dict[str, Tensor], tuple[str, ...]]:
        """The same, with what a user should know of how the words were read."""
        return self._features(self._items(image, pose, text, boxes))

    def _items(self, image: Any, pose: Pose | None, text: Any, boxes: Any) -> dict[str, list[Item]]:
        found: dict[str, list[Item]] = {}
        if image is not None:
            found[IMAGE] = picture_items(image, boxes)
        elif boxes is not None:
            raise PoseloomError("boxes: there is no picture that they belong to")
        if pose is not None:
            found[POSE] = [PoseItem(one) for one in flat(pose).without_heading().rotations]
        if text is not None:
            texts = [text] if isinstance(text, str) else list(text)
            if any(not one.strip() for one in texts):
                raise PoseloomError("text: is empty; say what is looked for, or leave it out")
            found[TEXT] = [TextItem(one) for one in texts]
        subset_of(found)
        check_seen(found, self.seen)
        counts = {name: len(items) for name, items in found.items()}
        if len(set(counts.values())) != 1 or 0 in counts.values():
            told = ", ".join(f"{count} of {name}" for name, count in counts.items())
            raise PoseloomError(f"expected as many of each modality, at least one, got {told}")
        return found

    def _features(self, items: Mapping[str, list[Item]]) -> tuple[dict[str, Tensor], tuple[str, ...]]:
        found, notes = {}, []
        for modality, some in items.items():
            encoder = self.encoder(modality)
            rows = encoded(encoder, some)
            for row, item in zip(rows, some, strict=True):
                if not len(row):
                    name = item.name if isinstance(item, PictureItem) else modality
                    raise PoseloomError(
                        f"{name}: nobody is found in it; give a box around the person, or another picture"
                    )
            found[modality] = _stacked(rows)
            if modality == TEXT and hasattr(encoder, "notes"):
                notes += [note for item in some if isinstance(item, TextItem) for note in encoder.notes(item.text)]
        return found, tuple(dict.fromkeys(notes))


def picture_items(image: Picture | Sequence[Picture], boxes: Any = None) -> list[Item]:
    """Pictures with the boxes of their people.

    Raises:
        PoseloomError: another number of boxes than of pictures.
    """
    pictures: list[Any] = [image] if isinstance(image, str | Path | Tensor) else list(image)
    given = list(boxes) if boxes is not None else [None] * len(pictures)
    if len(given) != len(pictures):
        raise PoseloomError(f"boxes: expected one for each of {len(pictures)} pictures, got {len(given)}")
    return [
        PictureItem(one if isinstance(one, Tensor) else Path(one), None if box is None else _box(box))
        for one, box in zip(pictures, given, strict=True)
    ]


def _box(box: Sequence[float]) -> tuple[float, float, float, float]:
    try:
        x, y, width, height = (float(one) for one in box)
    except (TypeError, ValueError):
        raise PoseloomError(f"boxes: expected x, y, width, height in pixels, got {box!r}") from None
    return x, y, width, height


def encoders_of(card: ModelCard) -> Encoders:
    """The encoders that a model's card names; those of the release where it names none."""
    named = card.extras.get(ENCODERS)
    return PUBLISHED if named is None else section_of(Encoders, named, where="extras.encoders")


def _stacked(rows: Sequence[Float[Tensor, "_tokens width"]]) -> Tensor:
    together = torch.stack(list(rows))
    return together[:, 0] if together.shape[1] == 1 else together


def open_space(path: str | Path) -> ModalitySpace:
    """A space, imported or trained here.

    Raises:
        FileError: damaged, of another task, or a model that hangs on a space.
    """
    opened = open_published(path, "embedding", EmbeddingConfig, build_space)
    return ModalitySpace(opened.module, opened.card)


def open_model(path: Path) -> ModalitySpace:
    """A space of exported weights.

    Raises:
        FileError: they are of another task, or damaged.
    """
    return open_space(path)
