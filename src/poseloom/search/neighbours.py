"""Nearest vectors by angle: exact products in torch for up to 200,000 rows, a faiss index of cells above."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray

from poseloom.base.errors import FileError
from poseloom.base.files import reason
from poseloom.search.files import REMEDY, RowReader

EXACT_ROWS = 200_000
"""Below, every row is compared: a few milliseconds, nothing to train, nothing to go wrong."""
CELLS = 1024
PROBED_CELLS = 16
CANDIDATES = 100
"""Best ones by the 8-bit vectors, ranked again by the vectors themselves."""
TRAINING_ROWS_A_CELL = 64
SUBSET_COMPARED = 20_000
"""Rows that pass a filter, up to which they are compared one by one instead of asking the cells."""
_BLOCK = 65_536

INSTALL = "pip install 'poseloom[search]'"


def faiss_or_none() -> Any | None:
    """The library, where it is installed."""
    try:
        import faiss
    except ImportError:
        return None
    return faiss


@dataclass(frozen=True, eq=False)
class Vectors:
    """Memory-mapped vectors of an index: one array a segment, with a reader of single rows."""

    parts: tuple[Float[np.ndarray, "rows dimensions"], ...]
    readers: tuple[RowReader, ...]

    def __len__(self) -> int:
        return sum(len(part) for part in self.parts)

    @property
    def dimensions(self) -> int:
        return int(self.parts[0].shape[1])

    def blocks(self, size: int = _BLOCK) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """(first row, vectors) in order."""
        first = 0
        for part in self.parts:
            for start in range(0, len(part), size):
                yield first + start, part[start : start + size]
            first += len(part)

    def read(self, size: int = _BLOCK) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """The same, read from the files: what goes through once need not be mapped."""
        first = 0
        for part, reader in zip(self.parts, self.readers, strict=True):
            for start in range(0, len(part), size):
                yield first + start, reader.part(start, min(start + size, len(part)))
            first += len(part)

    def take(self, rows: Int[np.ndarray, " some"]) -> Float[np.ndarray, "some dimensions"]:
        """The vectors of some rows, read from the files."""
        return self._taken(rows, [reader.take for reader in self.readers])

    def take_mapped(self, rows: Int[np.ndarray, " some"]) -> Float[np.ndarray, "some dimensions"]:
        """The same through the maps: faster for thousands of rows."""
        return self._taken(rows, [part.__getitem__ for part in self.parts])

    def _taken(self, rows: Int[np.ndarray, " some"], takes: Sequence[Callable]) -> NDArray[np.float32]:
        if len(takes) == 1:
            return np.asarray(takes[0](rows))
        taken = np.empty((len(rows), self.dimensions), np.float32)
        first = 0
        for part, take in zip(self.parts, takes, strict=True):
            here = (rows >= first) & (rows < first + len(part))
            taken[here] = take(rows[here] - first)
            first += len(part)
        return taken


@dataclass(frozen=True)
class Neighbours:
    """Rows and their cosines, the best first."""

    rows: Int[np.ndarray, " found"]
    scores: Float[np.ndarray, " found"]


def nearest_exact(
    vectors: Vectors, query: Float[np.ndarray, " dimensions"], k: int, mask: Bool[np.ndarray, " rows"] | None = None
) -> Neighbours:
    """Compare every row, or every row of the mask."""
    if mask is not None and np.count_nonzero(mask) <= SUBSET_COMPARED:
        rows = np.flatnonzero(mask)
        return best(rows, vectors.take_mapped(rows) @ query, k)
    wanted = torch.from_numpy(query)
    scores = np.empty(len(vectors), np.float32)
    for first, block in vectors.blocks():
        scores[first : first + len(block)] = (_tensor(block) @ wanted).numpy()
    if mask is not None:
        rows = np.flatnonzero(mask)
        return best(rows, scores[rows], k)
    return best(None, scores, k)


def _tensor(block: NDArray[np.float32]) -> torch.Tensor:
    """Without a copy: the map is read-only, and so is what is done with it."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return torch.from_numpy(block)


def best(rows: Int[np.ndarray, " some"] | None, scores: Float[np.ndarray, " some"], k: int) -> Neighbours:
    """The k best; equal scores in the order of the rows."""
    places = np.arange(len(scores))
    if len(scores) > k:
        least = np.partition(scores, len(scores) - k)[len(scores) - k]
        above = np.flatnonzero(scores > least)
        places = np.concatenate([above, np.flatnonzero(scores == least)[: k - len(above)]])
    order = places[np.lexsort((places, -scores[places]))]
    return Neighbours(order if rows is None else rows[order], scores[order])


class Cells:
    """The faiss index of an index: IVF with 8-bit vectors."""

    def __init__(self, faiss: Any, inner: Any):
        self._faiss, self._inner = faiss, inner

    @classmethod
    def learn(cls, faiss: Any, vectors: Vectors, seed: int = 0) -> Cells:
        """Find the cells from a sample of the vectors; the index holds no rows yet."""
        cells = min(CELLS, max(1, len(vectors) // TRAINING_ROWS_A_CELL))
        inner = faiss.index_factory(vectors.dimensions, f"IVF{cells},SQ8", faiss.METRIC_INNER_PRODUCT)
        inner.cp.seed = seed
        count = min(len(vectors), cells * TRAINING_ROWS_A_CELL)
        rows = np.sort(np.random.default_rng(seed).choice(len(vectors), count, replace=False))
        inner.train(np.ascontiguousarray(vectors.take(rows)))
        return cls(faiss, inner)

    @classmethod
    def read(cls, faiss: Any, path: Path, rows: int, dimensions: int) -> Cells:
        """The index of a file, its lists mapped into memory.

        Raises:
            FileError: missing, damaged, or of other rows than the index has.
        """
        if not path.is_file():
            raise FileError(path, "is missing", remedy=REMEDY)
        try:
            inner = faiss.read_index(str(path), faiss.IO_FLAG_MMAP | faiss.IO_FLAG_READ_ONLY)
        except RuntimeError as error:
            problem = reason(error).splitlines()[-1][-120:]
            raise FileError(path, f"is damaged: {problem}", remedy=REMEDY) from None
        if (inner.ntotal, inner.d) != (rows, dimensions):
            problem = f"holds {inner.ntotal} rows of {inner.d} numbers, expected {rows} of {dimensions}"
            raise FileError(path, problem, remedy=REMEDY)
        return cls(faiss, inner)

    def writable(self, path: Path) -> Cells:
        """The same index, in memory, to add to."""
        return Cells(self._faiss, self._faiss.read_index(str(path)))

    def __len__(self) -> int:
        return int(self._inner.ntotal)

    def add(self, vectors: Vectors, start: int = 0) -> None:
        """Add the rows from `start` on."""
        for first, block in vectors.read():
            if first + len(block) > start:
                self._inner.add(np.ascontiguousarray(block[max(0, start - first) :]))

    def write(self, path: Path) -> None:
        """Write the index to a file."""
        try:
            self._faiss.write_index(self._inner, str(path))
        except RuntimeError as error:
            problem = reason(error).splitlines()[-1][-120:]
            raise FileError(path, f"cannot be written: {problem}", remedy="check the disk") from None

    def nearest(
        self,
        vectors: Vectors,
        query: Float[np.ndarray, " dimensions"],
        k: int,
        mask: Bool[np.ndarray, " rows"] | None = None,
    ) -> Neighbours:
        """Ask the cells for candidates, rank those by their vectors."""
        faiss = self._faiss
        options = {"nprobe": min(PROBED_CELLS, self._inner.nlist)}
        if mask is not None:
            passing = np.count_nonzero(mask)
            if passing <= SUBSET_COMPARED:
                return nearest_exact(vectors, query, k, mask)
            bits = np.packbits(mask, bitorder="little")
            options["sel"] = faiss.IDSelectorBitmap(bits)
            # rows that pass are thinner in every cell: look into as many more of them
            options["nprobe"] = min(self._inner.nlist, round(options["nprobe"] * len(mask) / passing))
        parameters = faiss.SearchParametersIVF(**options)
        _, rows = self._inner.search(query[None], max(k, CANDIDATES), params=parameters)
        found = np.sort(rows[0][rows[0] >= 0])
        return best(found, vectors.take(found) @ query, k)
