"""`Index`: answers questions in words, finds poses like one pose, finds vectors near a vector."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import NDArray

from poseloom.base.errors import PoseloomError
from poseloom.pose.descriptor import Embedder, GeometricDescriptor
from poseloom.pose.types import Pose
from poseloom.results.found import Found, Hit
from poseloom.search import neighbours, store
from poseloom.search.build import FEATURES, open_vectors, unit_vectors
from poseloom.search.features import COLUMNS, FEATURES_VERSION
from poseloom.search.files import TextColumn, read_array
from poseloom.search.metadata import Filter, MetadataColumn, parse_filter, unknown_column
from poseloom.search.query.answer import Scored, answer
from poseloom.search.query.lexicon import meanings
from poseloom.search.query.parse import Query, parse
from poseloom.search.words import STOP, WordScorer, words_of

Filters = Iterable[Filter | str]
_LONGEST_QUERY = 10_000
_EXAMPLES = 3


Answer = Found
"""Of a question in words."""


class OpenSegment:
    """The files of rows that were added together, opened as they are needed."""

    def __init__(self, folder: Path, told: store.Segment):
        self._folder, self._told = folder / told.name, told
        self.rows = told.rows

    @cached_property
    def ids(self) -> TextColumn:
        return TextColumn(self._folder, "ids", self.rows)

    @cached_property
    def texts(self) -> TextColumn:
        return TextColumn(self._folder, "texts", self.rows)

    @cached_property
    def words(self) -> WordScorer:
        return WordScorer(self._folder, self.rows)

    @cached_property
    def features(self) -> NDArray[np.int16]:
        return read_array(self._folder / FEATURES, (len(COLUMNS), self.rows), np.int16)

    @cached_property
    def metadata(self) -> dict[str, MetadataColumn]:
        return {one["name"]: MetadataColumn(self._folder, one, self.rows) for one in self._told.metadata}


_NO_STATEMENT = "no statement about poses is understood: the words are looked for in the texts alone"


class Index:
    """An index on disk. Opening reads its table of contents alone; arrays are mapped when they are first used.

    Raises:
        FileError: the folder holds no index, a damaged one, or one of another version.
    """

    def __init__(self, folder: str | Path):
        self.folder = Path(folder)
        self.manifest = store.read_manifest(self.folder)
        self.segments = tuple(OpenSegment(self.folder, one) for one in self.manifest.segments)
        self._starts = np.cumsum([0, *(one.rows for one in self.segments)])

    def __len__(self) -> int:
        return self.manifest.rows

    def __repr__(self) -> str:
        return f"Index({str(self.folder)!r}, rows={len(self):,}, embedder={self.manifest.embedder!r})"

    # -- questions --------------------------------------------------------------------------------------------------

    def search(self, text: str, k: int = 10, where: Filters = (), near: bool = False) -> Found:
        """Rows that meet a question in words, the best first.

        Statements about poses ("left hand above the head, both knees bent") must hold; other words are looked for in
        the texts and only rank the rows, unless nothing else is asked.

        Args:
            text: the question.
            k: most results.
            where: conditions on the metadata, as `Filter` or ``"split=train"``.
            near: give the nearest rows, with `Hit.holds` false, where no row meets the question.

        Raises:
            PoseloomError: an empty question, nothing of which is understood; k below one; an unknown filter.
        """
        _check_k(k)
        asked = self._read(text)
        notes = self._notes()
        words = [word for word in words_of(" ".join(asked.unknown)) if word not in STOP]
        plain = tuple(word for word in words if any(one.words.known([word]) for one in self.segments))
        unknown = tuple(word for word in words if word not in plain)
        if not asked.conditions and not plain:
            raise PoseloomError(self._not_understood(text))
        if not asked.conditions and self.manifest.features == FEATURES_VERSION:
            notes += (_NO_STATEMENT,)
        filters = _filters(where)
        mask = self._mask(filters)
        found = [
            answer(
                one.features if asked.conditions else None,
                one.words,
                asked,
                words if plain else [],
                words_of(text),
                k,
                None if mask is None else mask[start : start + one.rows],
                near,
            )
            for one, start in zip(self.segments, self._starts.tolist(), strict=False)
        ]
        holding = any(len(part.rows) and part.holds for part in found)
        if asked.conditions and not holding:
            notes += (f"no row meets all of: {'; '.join(asked.understood)}",)
        parts = [part for part in found if part.holds == holding or not asked.conditions]
        shown = holding or near or not asked.conditions
        hits = self._merged(found, parts, k, filters) if shown else ()
        return Found(hits, asked.understood, plain, unknown, notes=notes)

    def _read(self, text: str) -> Query:
        if not text.strip():
            raise PoseloomError(f"an empty question; ask for instance {self._examples()}")
        if len(text) > _LONGEST_QUERY:
            raise PoseloomError(f"a question of {len(text):,} characters; at most {_LONGEST_QUERY:,} are read")
        if self.manifest.features != FEATURES_VERSION:
            return Query((), (), (text,))
        return parse(text)

    def _not_understood(self, text: str) -> str:
        shown = " ".join(text.split())[:80]
        kind = "no text of the index has these words"
        if self.manifest.features != FEATURES_VERSION:
            return f"nothing found for {shown!r}: {kind}, and the index holds no poses to ask about"
        return f"nothing in {shown!r} was understood, and {kind}; ask for instance {self._examples()}"

    @staticmethod
    def _examples() -> str:
        return ", ".join(repr(one) for one in meanings()["examples"][:_EXAMPLES])

    def _notes(self) -> tuple[str, ...]:
        if self.manifest.features not in (0, FEATURES_VERSION):
            note = (
                f"the index was built by another version of poseloom (columns {self.manifest.features}, expected "
                f"{FEATURES_VERSION}): only its texts are searched; build it again"
            )
            return (note,)
        return ()

    def _merged(
        self, found: Sequence[Scored], chosen: Sequence[Scored], k: int, filters: Sequence[Filter]
    ) -> tuple[Hit, ...]:
        rows, scores, holds = [], [], {}
        for part, start in zip(found, self._starts.tolist(), strict=False):
            if part in chosen:
                rows.append(part.rows + start)
                scores.append(part.scores)
                holds.update(dict.fromkeys((part.rows + start).tolist(), part.holds))
        if not rows:
            return ()
        best = neighbours.best(np.concatenate(rows), np.concatenate(scores), k)
        return tuple(
            self._hit(int(row), float(score), holds[int(row)], filters)
            for row, score in zip(best.rows, best.scores, strict=True)
        )

    # -- vectors ----------------------------------------------------------------------------------------------------

    def like(
        self, pose: Pose, k: int = 10, where: Filters = (), mirrored: bool = False, embedder: Embedder | None = None
    ) -> Found:
        """Rows whose poses are like one pose.

        Args:
            pose: a single pose, or one of a leading axis of one.
            k: most results.
            where: conditions on the metadata.
            mirrored: rows like the mirrored pose count as well; `Hit.mirrored` tells which.
            embedder: the one that the index was built with; the geometric descriptor by default.

        Raises:
            PoseloomError: the index was built with another embedder; more than one pose; k below one.
        """
        embedder = embedder or GeometricDescriptor()
        if embedder.name != self.manifest.embedder:
            raise PoseloomError(
                f"{self.folder}: the index has vectors made by {self.manifest.embedder or 'nothing'}, the query is "
                f"made by {embedder.name}; use the same one for both"
            )
        if pose.rotations[..., 0, 0].numel() != 1:
            raise PoseloomError(f"expected one pose to compare with, got a batch of {pose.batch_shape}")
        one = pose.reshape(1)
        found = self.nearest(embedder(one)[0], k, where)
        if not mirrored:
            return found
        known = {hit.row: hit for hit in found}
        for hit in self.nearest(embedder(one.mirror())[0], k, where):
            if hit.row not in known or hit.score > known[hit.row].score:
                known[hit.row] = replace(hit, mirrored=True)
        return Found(tuple(sorted(known.values(), key=lambda hit: (-hit.score, hit.row))[:k]))

    def nearest(self, vector: Float[np.ndarray, " dimensions"], k: int = 10, where: Filters = ()) -> Found:
        """Rows whose vectors point most nearly the same way.

        Raises:
            PoseloomError: a vector of another length, of zeros, or with NaN; k below one; an unknown filter.
        """
        _check_k(k)
        given = np.asarray(vector)
        if given.shape != (self.manifest.dimensions,) or not self.manifest.dimensions:
            held = f"vectors of {self.manifest.dimensions}" if self.manifest.dimensions else "no vectors"
            raise PoseloomError(f"{self.folder}: the index holds {held} numbers, the query has shape {given.shape}")
        query = unit_vectors(given[None])[0]
        filters = _filters(where)
        mask = self._mask(filters)
        if self._cells is not None:
            found = self._cells.nearest(self._vectors, query, k, mask)
        else:
            found = neighbours.nearest_exact(self._vectors, query, k, mask)
        scored = zip(found.rows.tolist(), found.scores.tolist(), strict=True)
        return Found(tuple(self._hit(row, score, filters=filters) for row, score in scored))

    def ranked(self, hits: Sequence[Hit], vector: Float[np.ndarray, " dimensions"], k: int = 10) -> tuple[Hit, ...]:
        """Rows that are known to meet a question, by how nearly their vectors point the same way as one of the index.

        Args:
            hits: the rows.
            vector: of the length that the index holds, not zero.
            k: most results.
        """
        if not hits:
            return ()
        vectors = self._vectors.take(np.array([hit.row for hit in hits], np.int64))
        cosines = unit_vectors(vectors) @ unit_vectors(np.asarray(vector)[None])[0]
        order = np.argsort(-cosines, kind="stable")[:k].tolist()
        return tuple(replace(hits[place], score=float(cosines[place])) for place in order)

    def states(self, text: str) -> bool:
        """Whether most of a question is understood as statements about poses, which the rows of the index answer."""
        if self.manifest.features != FEATURES_VERSION or not text.strip() or len(text) > _LONGEST_QUERY:
            return False
        asked = parse(text)
        return len(asked.conditions) > len(asked.unknown)

    @property
    def exact(self) -> bool:
        """Whether vectors are compared one by one."""
        return self._cells is None

    @cached_property
    def _vectors(self) -> neighbours.Vectors:
        return open_vectors(self.folder, self.manifest)

    @cached_property
    def _cells(self) -> neighbours.Cells | None:
        faiss = neighbours.faiss_or_none() if self.manifest.cells else None
        if faiss is None:
            return None
        path = self.folder / self.manifest.cells
        return neighbours.Cells.read(faiss, path, len(self), self.manifest.dimensions)

    # -- rows -------------------------------------------------------------------------------------------------------

    def metadata_names(self) -> list[str]:
        """Names of the columns that can be filtered by."""
        return list(dict.fromkeys(name for one in self.manifest.segments for name in (m["name"] for m in one.metadata)))

    def check(self) -> None:
        """Compare every file with its checksum.

        Raises:
            FileError: the first damaged one.
        """
        store.check_contents(self.folder, self.manifest)

    def hit(self, row: int) -> Hit:
        """A row as a result with score one."""
        if not 0 <= row < len(self):
            raise PoseloomError(f"{self.folder}: row {row} is out of range; the index has {len(self)} rows")
        return self._hit(row, 1.0)

    def _hit(self, row: int, score: float, holds: bool | None = None, filters: Sequence[Filter] = ()) -> Hit:
        place = int(np.searchsorted(self._starts, row, side="right")) - 1
        segment, local = self.segments[place], row - int(self._starts[place])
        metadata = {name: column[local] for name, column in segment.metadata.items()}
        text = self._text(segment, local, filters)
        return Hit(segment.ids[local], score, text, row, metadata, holds)

    @staticmethod
    def _text(segment: OpenSegment, local: int, filters: Sequence[Filter]) -> str:
        """The first text of a row; where texts of a kind or source are asked for, the first of those."""
        texts = segment.texts[local].split("\n")
        asked = [one for one in filters if one.sign == "=" and one.name in segment.metadata]
        labels = [(one.value, segment.metadata[one.name].labels(local)) for one in asked]
        fitting = [(value, column) for value, column in labels if len(column) == len(texts)]
        places = (place for place in range(len(texts)) if all(column[place] == value for value, column in fitting))
        return texts[next(places, 0)]

    def _mask(self, filters: Sequence[Filter]) -> Bool[np.ndarray, " rows"] | None:
        if not filters:
            return None
        known = self.metadata_names()
        for one in filters:
            if one.name not in known:
                raise unknown_column(one.name, known)
        mask = np.ones(len(self), bool)
        for segment, start in zip(self.segments, self._starts.tolist(), strict=False):
            here = mask[start : start + segment.rows]
            for one in filters:
                column = segment.metadata.get(one.name)
                here &= column.mask(one) if column is not None else one.sign == "!="
        if not mask.any():
            told = "; ".join(f"{one.name}{one.sign}{one.value}" for one in filters)
            raise PoseloomError(f"no row meets the filter {told}{self._known_values(filters)}")
        return mask

    def _known_values(self, filters: Sequence[Filter]) -> str:
        """What the first of the filters that no row meets could have asked for."""
        for one in filters:
            columns = [segment.metadata[one.name] for segment in self.segments if one.name in segment.metadata]
            if columns and not any(column.mask(one).any() for column in columns):
                examples = ", ".join(columns[0].examples())
                return f"{columns[0].meant(one.value)}; {one.name} is for instance {examples}" if examples else ""
        return ""


def _filters(where: Filters) -> list[Filter]:
    return [parse_filter(one) if isinstance(one, str) else one for one in where]


def _check_k(k: int) -> None:
    if k < 1:
        raise PoseloomError(f"k = {k}: expected the number of results, 1 or more")
