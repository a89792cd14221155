"""Frozen features of a table's rows, kept on disk: their key is the encoder's content and the item's content.

Nothing else counts: features cannot be taken for those of another model, another picture, or another box, and a fill
that was stopped goes on where it stopped.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.tasks.embedding.encoders.frozen import FrozenEncoder, Item
from poseloom.training.feature_cache import FeatureCache

_WRITTEN_AFTER = 256
"""Items after which what was computed is written."""
Report = Callable[[int, int], None]
"""Is told (done, of)."""


class _ByKey:
    """A frozen encoder of items, asked by their keys."""

    def __init__(self, encoder: FrozenEncoder):
        self.encoder = encoder
        self.digest, self.width = encoder.digest_key(), encoder.width
        self.items: dict[str, Item] = {}

    def encode(self, texts: Sequence[str]) -> list[Float[Tensor, "_tokens width"]]:
        return self.encoder.encode([self.items[one] for one in texts])


class KeptFeatures:
    """Features of one frozen encoder, computed once for each item.

    Args:
        encoder: computes what is missing.
        folder: where they are kept; a folder that vanishes with this object if it is None.

    Raises:
        FileError: the folder cannot be used.
    """

    def __init__(self, encoder: FrozenEncoder, folder: str | Path | None = None):
        self._own = tempfile.TemporaryDirectory(prefix="poseloom-features-") if folder is None else None
        place = Path(self._own.name) if self._own is not None else Path(str(folder))
        self.encoder = encoder
        self._by_key = _ByKey(encoder)
        self._cache = FeatureCache(place, self._by_key)

    def fill(self, items: Sequence[Item], report: Report | None = None) -> list[str]:
        """The keys of items, whose features are there afterwards."""
        keys = [item.key for item in items]
        by_key = dict(zip(keys, items, strict=True))
        missing = [key for key in by_key if key not in self._cache]
        for first in range(0, len(missing), _WRITTEN_AFTER):
            part = missing[first : first + _WRITTEN_AFTER]
            self._by_key.items = {key: by_key[key] for key in part}
            self._cache.fill(part)
            if report:
                report(min(first + _WRITTEN_AFTER, len(missing)), len(missing))
        self._by_key.items = {}
        return keys

    def found(self, key: str) -> bool:
        """Whether there is anything: nothing is of a picture without a person."""
        return len(self._cache[key]) > 0

    def batch(self, keys: Sequence[str]) -> Tensor:
        """Tokens (batch, tokens, width) of keys that `fill` gave, single vectors as (batch, width).

        Raises:
            PoseloomError: they have different numbers of tokens.
        """
        rows = [torch.from_numpy(self._cache[key].astype("float32")) for key in keys]
        counts = {len(row) for row in rows}
        if len(counts) != 1:
            raise PoseloomError(f"{self.encoder.name}: features of {min(counts)} and {max(counts)} tokens in one batch")
        together = torch.stack(rows)
        return together[:, 0] if counts == {1} else together


def in_parts(count: int, size: int) -> Iterator[range]:
    """Places of parts of a set."""
    return (range(first, min(first + size, count)) for first in range(0, count, size))


def encoded(encoder: FrozenEncoder, items: Sequence[Item]) -> list[Float[Tensor, "_tokens width"]]:
    """Features of items that are not kept."""
    found = []
    for places in in_parts(len(items), encoder.at_once):
        found += encoder.encode([items[place] for place in places])
    return found


def check_same_features(expected: Mapping[str, Any], given: Mapping[str, Any], what: str) -> None:
    """Refuse features that another encoder made.

    Args:
        expected: modality -> digest of the encoder that a model was trained on; several, where the same encoder is kept
            with numbers of other precisions, between whose vectors the model sees no difference.
        given: those of the features.
        what: that is refused, for the message.

    Raises:
        PoseloomError: a digest differs.
    """
    for modality, digest in given.items():
        known = expected.get(modality, digest)
        known = [known] if isinstance(known, str) else list(known)
        if digest not in known:
            problem = f"{what}: the {modality} features were made by another encoder ({str(digest)[:12]}) than the"
            remedy = "name the encoder's files that it was trained with"
            raise PoseloomError(f"{problem} model's ({str(known[0])[:12]}); {remedy}")
