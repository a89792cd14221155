"""The JSON files that text-pose data sets are released as: found in a folder, read and checked."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from poseloom.base.errors import FileError, PoseloomError
from poseloom.base.files import read_text
from poseloom.data.manifest import checksum
from poseloom.data.schema import Text
from poseloom.data.sources.recordings import Lean, existing_folder, files_below, some

SPLITS = ("train", "val", "test")
_MAXIMUM_BYTES = 1 << 30
"""The largest released file, 135,305 pairs with three texts each, has about a tenth of it."""
_NUMBER = re.compile(r"\d+k?")

T = TypeVar("T")
Frame = tuple[str, int]
"""An AMASS sequence and a frame of it, from 0."""


@dataclass(frozen=True)
class TextFile:
    """A file of texts.

    Args:
        option: what a user calls these texts.
        file: its name.
        kind: who wrote the texts, a `TextKind` value.
        source: by which the texts are known in tables.
    """

    option: str
    file: str
    kind: str
    source: str


@dataclass(frozen=True)
class ReleaseFolder(Lean):
    """The files of a release, in a folder or any of its subfolders.

    Args:
        folder: where they are.
        title: what the data set is, for readers.
        origin: where to get it.
    """

    folder: Path
    title: str
    origin: str

    def __post_init__(self) -> None:
        existing_folder(self.folder, f"name the folder of {self.title}; get {self.origin}")

    def path(self, name: str) -> Path:
        """The file of that name.

        Raises:
            FileError: it is missing (and perhaps one of another version is there), or there twice with other content.
        """
        found = [self.folder / one for one in self._below.get(name, ())]
        if not found:
            like = [one for one in self._below if _NUMBER.sub("", one) == _NUMBER.sub("", name)]
            problem = f"does not exist; the folder has {like[0]}, of another version" if like else "does not exist"
            raise FileError(self.folder / name, problem, remedy=f"it is part of {self.title}: {self.origin}")
        if len({checksum(one).sha256 for one in found}) > 1:
            problem = f"is there {len(found)} times with different content, also as {found[1]}"
            raise FileError(found[0], problem, remedy="keep one of them")
        return found[0]

    def has(self, name: str) -> bool:
        """Whether a file of that name is there."""
        return name in self._below

    def checksums(self, names: Sequence[str]) -> dict[str, str]:
        """SHA-256 of files, by name."""
        return {name: checksum(self.path(name)).sha256 for name in names}

    def table(self, name: str) -> dict[int, Any]:
        """A file ``{"number": value}``."""
        path = self.path(name)
        content = _json(path, dict)
        return {_number(path, key, key): value for key, value in content.items()}

    def numbers(self, name: str) -> list[int]:
        """A file ``[number, ...]``."""
        path = self.path(name)
        found = [_number(path, one, f"entry {place}") for place, one in enumerate(_json(path, list))]
        seen: set[int] = set()
        for one in found:
            if one in seen:
                raise FileError(path, "is there twice", field=f"id {one}", remedy=self._again)
            seen.add(one)
        return found

    def frames(self, name: str) -> dict[int, Frame]:
        """A file ``{"pose id": ["AMASS", sequence, frame]}``.

        Raises:
            FileError: an entry is something else, or of another data set.
        """
        path = self.path(name)
        return {number: self._frame(path, number, value) for number, value in self.table(name).items()}

    def texts(self, name: str) -> tuple[dict[int, list[str]], int]:
        """A file ``{"id": text or [text, ...]}``: the texts of every id, and how many were empty and left out."""
        path = self.path(name)
        found: dict[int, list[str]] = {}
        empty = 0
        for number, value in self.table(name).items():
            listed = [value] if isinstance(value, str) else value
            if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
                raise FileError(path, "expected a text or a list of texts", field=f"id {number}", remedy=self._again)
            kept = [words for one in listed if (words := " ".join(one.split()))]
            empty += len(listed) - len(kept)
            if kept:
                found[number] = kept
        return found, empty

    def pairs(self, name: str) -> list[tuple[int, int]]:
        """A file ``[[id of A, id of B], ...]``; a pair's own id is its place."""
        path = self.path(name)
        found = []
        for place, value in enumerate(_json(path, list)):
            if not isinstance(value, list) or len(value) != 2:
                raise FileError(path, "expected two pose ids", field=f"pair {place}", remedy=self._again)
            first, second = (_number(path, one, f"pair {place}") for one in value)
            found.append((first, second))
        return found

    @cached_property
    def _below(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for one in files_below(self.folder):
            if one.endswith(".json"):
                found.setdefault(one.rpartition("/")[2], []).append(one)
        return {name: sorted(paths, key=lambda path: (path.count("/"), path)) for name, paths in found.items()}

    @property
    def _again(self) -> str:
        return f"get {self.title} again: {self.origin}"

    def _frame(self, path: Path, number: int, value: Any) -> Frame:
        match value:
            case [str(data_set), str(sequence), int(frame)] if not isinstance(frame, bool):
                if data_set != "AMASS":
                    raise FileError(path, f"is of {data_set!r}, expected 'AMASS'", field=f"id {number}")
                return sequence, frame
        problem = 'expected ["AMASS", sequence, frame index]'
        raise FileError(path, problem, field=f"id {number}", remedy=self._again)


def requested_files(files: Sequence[TextFile], words: str | None) -> list[TextFile]:
    """The files of texts that a user asked for, ``human,automatic``; all by default.

    Raises:
        PoseloomError: a word that names none of them.
    """
    known = {one.option: one for one in files}
    if words is None:
        return list(files)
    asked = [word.strip() for word in words.split(",")]
    for word in asked:
        if word not in known:
            raise PoseloomError(f"texts: unknown {word!r}; expected some of {','.join(known)}")
    return [one for one in files if one.option in asked]


def texts_of(release: ReleaseFolder, files: Sequence[TextFile]) -> tuple[dict[int, list[Text]], list[str]]:
    """The texts of every id from several files, in the order of the files; and lines on what was left out."""
    found: dict[int, list[Text]] = {}
    problems = []
    for one in files:
        texts, empty = release.texts(one.file)
        for number, words in texts.items():
            found.setdefault(number, []).extend(Text(text, one.kind, one.source) for text in words)
        if empty:
            problems.append(f"{one.file}: {empty:,} texts are empty; left out")
    return found, problems


@dataclass
class ReleaseProblems:
    """What of a release cannot be used, one line each.

    Args:
        problems: ids that point nowhere; they end a strict build.
        notes: what is left out for a good reason, such as empty texts.
    """

    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def problem(self, ids: Sequence[Any], what: str) -> None:
        """Tell of ids, if there are any: ``3 ids WHAT: 1, 2, 3``."""
        if ids:
            self.problems.append(f"{len(ids):,} {what}: {some(ids)}")

    def lines(self, folder: Path, strict: bool) -> list[str]:
        """All lines.

        Raises:
            FileError: there are problems, and the build is strict.
        """
        if strict and self.problems:
            raise FileError(folder, self.problems[0], remedy="without --strict it is reported, and the rest is used")
        return [*self.problems, *self.notes]


def split_by_id(lists: Mapping[str, Sequence[int]], where: Callable[[str], Path]) -> dict[int, str]:
    """The split of every id.

    Args:
        lists: the ids of each split.
        where: the file of a split, for the message.

    Raises:
        FileError: an id is in two splits.
    """
    found: dict[int, str] = {}
    for split, ids in lists.items():
        for one in ids:
            before = found.setdefault(one, split)
            if before != split:
                problem = f"is also in {before}, expected every id in one split"
                raise FileError(where(split), problem, field=f"id {one}")
    return found


def _json(path: Path, expected: type[T]) -> T:
    text = read_text(path, maximum_bytes=_MAXIMUM_BYTES)
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FileError(path, f"is no JSON: {error}", remedy="get the file again") from None
    if not isinstance(content, expected):
        shape = "a table by id" if issubclass(expected, dict) else "a list"
        raise FileError(path, f"holds a {type(content).__name__}, expected {shape}", remedy="get the file again")
    return content


def _number(path: Path, value: Any, field: str) -> int:
    """An id, which may be written as a word."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    raise FileError(path, f"expected a number, got {value!r}", field=field, remedy="get the file again")
