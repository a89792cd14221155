"""Features of a frozen text encoder, computed once a text and kept on disk for all later steps, runs and processes.

A cache is a folder of an encoder's digest. In it lie segments: folders that are written beside and renamed when they
are complete, so that any number of processes may add to a cache at once and a killed one leaves nothing half-written.
Two processes that add the same text waste its room once and change nothing. Features are read through memory maps.
"""

from __future__ import annotations

import hashlib
import secrets
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64, UInt8
from numpy import ndarray as Array
from torch import Tensor, nn

from poseloom.base.errors import FileError
from poseloom.base.files import reason

_KEY_BYTES = 16
"""Of a text's SHA-256: two of a billion texts share them with a chance of 1e-21."""
_DIGEST_CHARACTERS = 16
_UNWRITTEN = 4096
"""Texts that are kept in memory before they make a segment."""
_BATCH = 64
_KEYS, _STARTS, _VALUES = "keys.npy", "starts.npy", "values.npy"
_PREFIX, _HIDDEN = "segment-", "."
_DTYPES = {"fp16": np.float16, "fp32": np.float32}


class FrozenEncoder(Protocol):
    """What the cache asks of an encoder."""

    @property
    def digest(self) -> str:
        """Differs where the features differ: of weights, tokeniser and settings; see `weights_digest`."""

    @property
    def width(self) -> int:
        """Numbers of one token's feature."""

    def encode(self, texts: Sequence[str]) -> list[Float[Tensor, "_tokens width"]]:
        """The features of each text; one row where a text has a single vector."""


@dataclass(frozen=True)
class Features:
    """The features of several texts.

    Args:
        values: zero behind a text's end.
        mask: true where a token is.
    """

    values: Float[Tensor, "texts tokens width"]
    mask: Bool[Tensor, "texts tokens"]

    def to(self, device: torch.device | str) -> Features:
        return Features(self.values.to(device), self.mask.to(device))


class FeatureCache:
    """Features of texts, from memory maps where they are known and from the encoder where they are not.

    Args:
        folder: where all caches lie; each encoder gets a folder in it.
        encoder: computes what is missing; it is never asked twice for a text.
        precision: how numbers are stored: fp16, which keeps three digits, or fp32.

    Raises:
        FileError: the folder cannot be used.
    """

    def __init__(self, folder: str | Path, encoder: FrozenEncoder, precision: str = "fp16"):
        self.encoder = encoder
        self.dtype = _DTYPES[precision]
        self.folder = Path(folder) / f"{encoder.digest[:_DIGEST_CHARACTERS]}-{precision}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            remedy = "choose another place for features"
            raise FileError(self.folder, f"cannot be made: {reason(error)}", remedy=remedy) from None
        self._segments: dict[str, Array] = {}
        self._places: dict[bytes, tuple[str, int, int]] = {}
        self._unwritten: dict[bytes, Array] = {}
        self.refresh()

    def __len__(self) -> int:
        """Texts that are known."""
        return len(self._places) + len(self._unwritten)

    def __contains__(self, text: str) -> bool:
        key = _key(text)
        return key in self._places or key in self._unwritten

    def __getstate__(self) -> dict[str, Any]:
        """Worker processes map the files themselves; what is not yet written they get with the cache."""
        return {**self.__dict__, "_segments": {}, "_places": {}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.refresh()

    def fill(self, texts: Iterable[str], report: Callable[[int, int], None] | None = None) -> int:
        """Encode and write what is missing; returns how many texts that were.

        Args:
            texts: any number, in any order, repeated or not.
            report: is told (done, of) after each batch of the encoder.
        """
        missing = [text for text in dict.fromkeys(texts) if text not in self]
        missing.sort(key=len)  # texts of like length waste little padding
        for first in range(0, len(missing), _BATCH):
            self._encode(missing[first : first + _BATCH])
            if report:
                report(min(first + _BATCH, len(missing)), len(missing))
        self.flush()
        return len(missing)

    def batch(self, texts: Sequence[str]) -> Features:
        """The features of texts in single precision; the missing ones are encoded and kept."""
        missing = [text for text in dict.fromkeys(texts) if text not in self]
        for first in range(0, len(missing), _BATCH):
            self._encode(missing[first : first + _BATCH])
        rows = [self[text] for text in texts]
        longest = max((len(row) for row in rows), default=0)
        values = torch.zeros(len(rows), longest, self.encoder.width)
        mask = torch.zeros(len(rows), longest, dtype=torch.bool)
        for number, row in enumerate(rows):
            values[number, : len(row)] = torch.from_numpy(row.astype(np.float32))
            mask[number, : len(row)] = True
        return Features(values, mask)

    def __getitem__(self, text: str) -> Float[Array, "tokens width"]:
        """The stored features of a text.

        Raises:
            KeyError: it is not known.
        """
        key = _key(text)
        if key in self._unwritten:
            return self._unwritten[key]
        segment, first, end = self._places[key]
        return self._segments[segment][first:end]

    def flush(self) -> None:
        """Write what is only in memory, as one segment.

        Raises:
            FileError: the disk is full or the folder may not be written.
        """
        if not self._unwritten:
            return
        name = f"{_PREFIX}{secrets.token_hex(8)}"
        rows = list(self._unwritten.values())
        starts = np.cumsum([0, *(len(row) for row in rows)], dtype=np.int64)
        keys = np.frombuffer(b"".join(self._unwritten), dtype=np.uint8).reshape(-1, _KEY_BYTES)
        beside = self.folder / f"{_HIDDEN}{name}"
        try:
            beside.mkdir()
            np.save(beside / _KEYS, keys)
            np.save(beside / _STARTS, starts)
            np.save(beside / _VALUES, np.concatenate(rows))
            beside.rename(self.folder / name)
        except OSError as error:
            shutil.rmtree(beside, ignore_errors=True)
            remedy = "check the disk; features may be deleted at any time"
            raise FileError(self.folder, f"cannot be written: {reason(error)}", remedy=remedy) from None
        self._unwritten = {}
        self._add(name)

    def refresh(self) -> None:
        """Take in what other processes have written since."""
        for path in sorted(self.folder.glob(f"{_PREFIX}*")):
            if path.name not in self._segments:
                self._add(path.name)

    def _add(self, name: str) -> None:
        keys, starts, values = _read(self.folder / name, self.encoder.width, self.dtype)
        self._segments[name] = values
        places = zip(_split(keys), starts[:-1].tolist(), starts[1:].tolist(), strict=True)
        self._places.update({key: (name, first, end) for key, first, end in places})

    def _encode(self, texts: Sequence[str]) -> None:
        for text, feature in zip(texts, self.encoder.encode(texts), strict=True):
            self._unwritten[_key(text)] = feature.detach().cpu().numpy().astype(self.dtype)
        if len(self._unwritten) >= _UNWRITTEN:
            self.flush()


def weights_digest(module: nn.Module, *settings: str) -> str:
    """A digest of a module's weights and of settings (a tokeniser's file, a maximal length)."""
    digest = hashlib.sha256()
    for name, value in sorted(module.state_dict().items()):
        digest.update(f"{name} {tuple(value.shape)} {value.dtype}".encode())
        digest.update(value.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    for setting in settings:
        digest.update(b"\0" + setting.encode())
    return digest.hexdigest()


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()[:_KEY_BYTES]


def _split(keys: UInt8[Array, "texts bytes"]) -> list[bytes]:
    joined = keys.tobytes()
    return [joined[first : first + _KEY_BYTES] for first in range(0, len(joined), _KEY_BYTES)]


def _read(
    path: Path, width: int, dtype: type
) -> tuple[UInt8[Array, "texts bytes"], Int64[Array, " ends"], Float[Array, "tokens width"]]:
    """The three arrays of a segment, the values mapped.

    Raises:
        FileError: they do not belong together.
    """
    try:
        keys, starts = (np.load(path / name, allow_pickle=False) for name in (_KEYS, _STARTS))
        values = np.load(path / _VALUES, mmap_mode="r", allow_pickle=False)
        fits = keys.shape == (len(starts) - 1, _KEY_BYTES) and values.shape == (starts[-1], width)
    except (OSError, ValueError, EOFError, IndexError):
        fits = False
    if not fits or values.dtype != dtype:
        raise FileError(path, "is damaged", remedy="delete this folder; its texts are encoded again")
    return keys, starts, values
