"""Builds an index, or adds rows to one. A build that is killed leaves the index as it was before."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int16
from numpy.typing import NDArray

from poseloom.base.errors import PoseloomError
from poseloom.pose.comparison import chunks_of, joints_of
from poseloom.pose.descriptor import Embedder, GeometricDescriptor
from poseloom.search import neighbours
from poseloom.search.features import COLUMNS, FEATURES_VERSION, features_of_joints
from poseloom.search.files import SUFFIX, ArrayWriter, RowReader, TextColumn, TextWriter, read_array
from poseloom.search.metadata import MetadataWriter
from poseloom.search.rows import Block, Rows
from poseloom.search.store import (
    IndexManifest,
    Segment,
    checksum,
    clear,
    files_of,
    new_cells,
    new_segment,
    read_manifest,
    settled,
    write_manifest,
    writing,
)
from poseloom.search.words import WordsWriter

VECTORS, FEATURES = f"vectors{SUFFIX}", f"features{SUFFIX}"
_WORKERS = 2
_AHEAD = 2
"""Blocks computed while another is written."""
_UNIT = 1e-3
"""How far a given vector's length may be from one before it is put right."""

Progress = Callable[[int, int], None]
"""Called with the rows done and the rows in all."""


@dataclass(frozen=True)
class Built:
    """What a build did.

    Args:
        rows: in the index now.
        added: by this build.
        notes: what the user should know, one line each.
    """

    rows: int
    added: int
    notes: tuple[str, ...] = field(default=())


class _Computed(NamedTuple):
    block: Block
    vectors: Float[np.ndarray, "rows dimensions"] | None
    features: Int16[np.ndarray, "columns rows"] | None


def build_index(
    rows: Rows | Sequence[Rows],
    out: str | Path,
    *,
    add: bool = False,
    embedder: Embedder | None = None,
    progress: Progress | None = None,
) -> Built:
    """Write an index over rows.

    Args:
        rows: a table (`tables.TableRows`), `MemoryRows`, or several of them, with other ids each. Rows with vectors of
            their own keep those.
        out: folder of the index; an index that is there is replaced when the new one is whole.
        add: add to the index that is there. Of a table that is in it already, only the rows that came since.
        embedder: makes the vectors from the poses; the geometric descriptor by default. For rows with vectors of
            their own it says by its name what made those.
        progress: told after each block.

    Raises:
        PoseloomError: no rows, rows of another kind than the index has, ids that are in the index already, NaN in
            vectors, a folder that cannot be written or that another process builds in.
    """
    tables = list(rows) if isinstance(rows, Sequence) else [rows]
    if not tables or not all(len(table) for table in tables):
        raise PoseloomError("the table has no rows; there is nothing to search")
    folder, embedder = Path(out), embedder or GeometricDescriptor()
    if add:
        read_manifest(folder)  # a missing or damaged one is told before anything is made
    with writing(folder):
        old = read_manifest(folder) if add else None
        before, manifest = old.rows if old else 0, old
        for table in tables:
            first = _first_new_row(table, manifest, folder)
            if first < len(table):
                manifest = _with_segment(folder, table, first, embedder, manifest, progress)
        if manifest is None or manifest.rows == before:
            return Built(before, 0, ("the index holds every row of the table already",))
        manifest, notes = _with_cells(folder, manifest, old)
        write_manifest(folder, manifest)
        clear(folder)
    return Built(manifest.rows, manifest.rows - before, notes)


def _first_new_row(rows: Rows, old: IndexManifest | None, folder: Path) -> int:
    if old is None:
        return 0
    known = old.sources().get(rows.source, 0)
    if known > len(rows):
        raise PoseloomError(
            f"{folder}: the index holds {known:,} rows of this table, the table has {len(rows):,}; they do not fit, "
            f"build the index again without --add"
        )
    return known


def _with_segment(
    folder: Path, rows: Rows, first: int, embedder: Embedder, old: IndexManifest | None, progress: Progress | None
) -> IndexManifest:
    """Write the rows from `first` on as a segment; the manifest with it."""
    path = new_segment(folder)
    total = len(rows) - first
    writer = _SegmentWriter(path, total, _known_ids(folder, old) if old else set())
    with writer:
        for done in _computed(rows.blocks(first), embedder):
            writer.append(done)
            if progress is not None:
                progress(writer.rows, total)
    if writer.rows != total:
        raise PoseloomError(
            f"the table said that it has {total:,} rows and gave {writer.rows:,}; build the index again"
        )
    named = embedder.name if writer.dimensions else ""
    features = FEATURES_VERSION if writer.has_features else 0
    manifest = IndexManifest(named, writer.dimensions, features, ())
    if old is not None:
        _check_alike(folder, old, manifest)
        manifest = replace(old, cells="", cells_file=None)
    path = settled(path)
    segment = Segment(path.name, total, rows.source, first, tuple(writer.metadata_told), files_of(path))
    return replace(manifest, segments=(*manifest.segments, segment))


def _check_alike(folder: Path, old: IndexManifest, new: IndexManifest) -> None:
    for what, before, now in (
        ("vectors made by", old.embedder or "nothing", new.embedder or "nothing"),
        ("vectors of dimension", old.dimensions, new.dimensions),
        ("columns about poses of version", old.features, new.features),
    ):
        if before != now:
            raise PoseloomError(
                f"{folder}: the index has {what} {before}, the new rows have {now}; build an index of its own for them"
            )


def _known_ids(folder: Path, old: IndexManifest) -> set[str]:
    return {one for segment in old.segments for one in TextColumn(folder / segment.name, "ids", segment.rows).all()}


def _computed(blocks: Iterator[Block], embedder: Embedder) -> Iterator[_Computed]:
    """Blocks with their vectors and features, some computed ahead; in order."""
    with _one_thread_each(), ThreadPoolExecutor(_WORKERS) as pool:
        waiting: deque[Future[_Computed]] = deque()
        for block in blocks:
            waiting.append(pool.submit(_compute, block, embedder))
            if len(waiting) > _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Blocks are computed side by side; torch's own threads within each would only wait for one another."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@torch.no_grad()
def _compute(block: Block, embedder: Embedder) -> _Computed:
    vectors = None if block.vectors is None else unit_vectors(block.vectors)
    if block.pose is None:
        return _Computed(block, vectors, None)
    if vectors is None and not isinstance(embedder, GeometricDescriptor):
        vectors = unit_vectors(embedder(block.pose))
    features, own = [], []
    for chunk in chunks_of(block.pose):
        joints = joints_of(chunk)
        features.append(features_of_joints(joints, chunk.rotations))
        if vectors is None and isinstance(embedder, GeometricDescriptor):
            own.append(embedder.of_joints(joints).numpy())
    return _Computed(block, np.concatenate(own) if own else vectors, np.concatenate(features, axis=1))


def unit_vectors(vectors: NDArray[np.floating]) -> Float[np.ndarray, "rows dimensions"]:
    """Vectors of length one in float32.

    Raises:
        PoseloomError: not two axes, NaN or infinity, or a vector of zeros.
    """
    given = np.asarray(vectors, np.float32)
    if given.ndim != 2 or given.shape[1] == 0:
        raise PoseloomError(f"vectors: expected an array (rows, dimensions), got {given.shape}")
    lengths = np.linalg.norm(given, axis=1)
    wrong = np.flatnonzero(~np.isfinite(lengths) | (lengths == 0))
    if len(wrong):
        kind = "zeros alone" if lengths[wrong[0]] == 0 else "NaN or infinity"
        raise PoseloomError(f"vectors: row {wrong[0]} of a block holds {kind}; remove or repair it first")
    if np.abs(lengths - 1).max(initial=0) < _UNIT:
        return given
    return given / lengths[:, None]


class _SegmentWriter:
    """Writes the files of one segment, block by block."""

    def __init__(self, path: Path, rows: int, known_ids: set[str]):
        self._path, self._total = path, rows
        self._open = ExitStack()
        self._ids, self._texts = (self._open.enter_context(TextWriter(path, name, rows)) for name in ("ids", "texts"))
        self._words, self._metadata = WordsWriter(), MetadataWriter(rows)
        self._vectors: ArrayWriter | None = None
        self._features: ArrayWriter | None = None
        self._known_ids = known_ids
        self.rows = self.dimensions = 0
        self.metadata_told: list[dict[str, str]] = []

    @property
    def has_features(self) -> bool:
        return self._features is not None

    def __enter__(self) -> _SegmentWriter:
        return self

    def append(self, done: _Computed) -> None:
        block, vectors, features = done
        if self.rows + len(block) > self._total:
            raise PoseloomError("the table grew while it was read; build the index again")
        if self.rows == 0:
            self._begin(vectors, features)
        self._check(block, vectors, features)
        self._ids.append(block.ids)
        self._texts.append("\n".join(" ".join(text.split()) for text in texts) for texts in block.texts)
        self._words.append(block.texts)
        self._metadata.append(block.metadata, len(block))
        if self._vectors is not None:
            self._vectors.append(vectors)  # type: ignore[arg-type]
        if self._features is not None:
            self._features.put_columns(features, self.rows)  # type: ignore[arg-type]
        self.rows += len(block)

    def _begin(self, vectors: NDArray | None, features: NDArray | None) -> None:
        if vectors is not None:
            self.dimensions = vectors.shape[1]
            shape = (self._total, self.dimensions)
            self._vectors = self._open.enter_context(ArrayWriter(self._path / VECTORS, shape, np.float32))
        if features is not None:
            shape = (len(COLUMNS), self._total)
            self._features = self._open.enter_context(ArrayWriter(self._path / FEATURES, shape, np.int16))

    def _check(self, block: Block, vectors: NDArray | None, features: NDArray | None) -> None:
        for what, begun, given in (("vectors", self._vectors, vectors), ("poses", self._features, features)):
            if (begun is None) != (given is None):
                raise PoseloomError(f"rows from {self.rows} on: expected {what} for all rows or for none")
        if vectors is not None and vectors.shape != (len(block), self.dimensions):
            raise PoseloomError(
                f"rows from {self.rows} on: expected vectors of shape {(len(block), self.dimensions)}, "
                f"got {vectors.shape}"
            )
        if self._known_ids:
            twice = next((one for one in block.ids if one in self._known_ids), None)
            if twice is not None:
                raise PoseloomError(
                    f"row {twice!r} is in the index already; add rows with other ids, or name all tables in one build"
                )

    def __exit__(self, *fault: object) -> None:
        self._open.__exit__(None, None, None)
        if fault[0] is None:
            self._words.write(self._path)
            self.metadata_told = self._metadata.write(self._path)


def open_vectors(folder: Path, manifest: IndexManifest) -> neighbours.Vectors:
    """The vectors of an index, mapped into memory."""
    paths = [folder / one.name / VECTORS for one in manifest.segments]
    shapes = [(one.rows, manifest.dimensions) for one in manifest.segments]
    parts = tuple(read_array(path, shape, np.float32) for path, shape in zip(paths, shapes, strict=True))
    readers = tuple(RowReader(path, part) for path, part in zip(paths, parts, strict=True))
    return neighbours.Vectors(parts, readers)


def _with_cells(
    folder: Path, manifest: IndexManifest, old: IndexManifest | None
) -> tuple[IndexManifest, tuple[str, ...]]:
    """The manifest with a faiss index, where there are enough vectors for one."""
    if not manifest.dimensions or manifest.rows < neighbours.EXACT_ROWS:
        return manifest, ()
    faiss = neighbours.faiss_or_none()
    if faiss is None:
        note = f"faiss is not installed, every query will compare all {manifest.rows:,} rows; {neighbours.INSTALL}"
        return manifest, (note,)
    vectors = open_vectors(folder, manifest)
    cells, start = None, 0
    if old is not None and old.cells:
        cells = neighbours.Cells.read(faiss, folder / old.cells, old.rows, old.dimensions)
        cells, start = cells.writable(folder / old.cells), old.rows
    cells = cells or neighbours.Cells.learn(faiss, vectors)
    cells.add(vectors, start)
    path = new_cells(folder)
    cells.write(path)
    path = settled(path)
    return replace(manifest, cells=path.name, cells_file=checksum(path)), ()
