"""BABEL's labels: what people do in AMASS, and when (Punnakkal et al., CVPR 2021; babel.is.tue.mpg.de).

A file is ``{sid: {"feat_p": path, "dur": seconds, "seq_ann": ..., "frame_ann": ...}}``. Labels of frames have
``start_t`` and ``end_t`` in seconds, both included; labels of the sequence hold for all of it. The dense files have one
annotation, the extra ones a list of them (``seq_anns``, ``frame_anns``). Both forms are read in every file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from poseloom.base.errors import FileError
from poseloom.data.schema import Text, TextKind
from poseloom.data.sources.amass_files import AmassFolder, subset_of
from poseloom.data.sources.release import ReleaseFolder

ORIGIN = "babel.is.tue.mpg.de, release 1.0"
FILES = {"train.json": "train", "val.json": "val", "test.json": "test"}
EXTRA = {"extra_train.json": "train", "extra_val.json": "val"}
"""More annotations; read where they are there."""
WORDS, CATEGORIES = "babel words", "babel"
"""Sources of the texts: what people wrote, and the categories that it was sorted into."""
DANCING = "__dancing__"
"""The label of a pose from a collection of dances; see `PoseScriptOptions.dancing`."""
_DANCES = "DanceDB"
WHOLE = " (sequence)"
"""Added to the sources of labels that hold for a whole sequence."""


@dataclass(frozen=True)
class Span:
    """A label.

    Args:
        start, end: seconds, both included; None for the whole sequence.
        words: what an annotator wrote.
        categories: kinds of action that are seen.
    """

    words: str
    categories: tuple[str, ...]
    start: float | None = None
    end: float | None = None


@dataclass(frozen=True)
class Labels:
    """All labels of one sequence, and the split that BABEL has it in."""

    path: str
    split: str
    spans: tuple[Span, ...] = ()

    def at(self, seconds: float) -> tuple[Text, ...]:
        """The labels of a moment as texts: first those of the moment, then those of the whole sequence."""
        here = [one for one in self.spans if one.start is not None and one.end is not None]
        texts = list(_texts([one for one in here if one.start <= seconds <= one.end], ""))  # type: ignore[operator]
        texts += _texts([one for one in self.spans if one.start is None], WHOLE)
        return tuple(texts)


@dataclass
class _Open:
    """A sequence whose labels are still being collected."""

    path: str
    split: str
    spans: list[Span] = field(default_factory=list)


def read_babel(folder: Path) -> dict[str, Labels]:
    """The labels of every sequence, by BABEL's path of it.

    Raises:
        FileError: a file is missing, or its entries are not BABEL's.
    """
    release = ReleaseFolder(folder, "BABEL", ORIGIN)
    found: dict[str, _Open] = {}
    paths = {name: release.path(name) for name in _files(release)}
    for name, split in _files(release).items():
        path = paths[name]
        for sid, entry in release.table(name).items():
            if not isinstance(entry, dict) or not isinstance(entry.get("feat_p"), str):
                problem = "has no 'feat_p', the path of a sequence of AMASS"
                raise FileError(path, problem, field=f"entry {sid}", remedy=f"get {ORIGIN}")
            sequence = found.setdefault(entry["feat_p"], _Open(entry["feat_p"], split))
            sequence.spans += _spans(path, sid, entry)
    return {one.path: Labels(one.path, one.split, tuple(one.spans)) for one in found.values()}


def checksums(folder: Path) -> dict[str, str]:
    """SHA-256 of the files that `read_babel` reads."""
    release = ReleaseFolder(folder, "BABEL", ORIGIN)
    return release.checksums(list(_files(release)))


def by_file(labels: Mapping[str, Labels], amass: AmassFolder) -> tuple[dict[str, Labels], list[Labels]]:
    """Labels by the file in a folder of AMASS, and those whose sequence is not there."""
    found: dict[str, Labels] = {}
    lost = []
    for one in labels.values():
        file = amass.find(one.path)
        if file is None:
            lost.append(one)
        else:
            found[file] = one
    return found, lost


def activity_labels(texts: Sequence[Text], file: str = "") -> list[str] | None:
    """The categories among a row's texts, for descriptions; None where nothing is known.

    Those of the moment; where a sequence has labels as a whole alone, these. A dance of DanceDB, which BABEL does not
    label, has the label that descriptions know it by.

    Args:
        texts: the row's texts.
        file: where its pose is from.
    """
    for source in (CATEGORIES, CATEGORIES + WHOLE):
        found = [one.text for one in texts if one.kind == TextKind.LABEL.value and one.source == source]
        if found:
            return found
    return [DANCING] if subset_of(file) == _DANCES else None


def _files(release: ReleaseFolder) -> dict[str, str]:
    return {**FILES, **{name: split for name, split in EXTRA.items() if release.has(name)}}


def _texts(spans: Sequence[Span], suffix: str) -> Iterator[Text]:
    """What was written, then the categories, each once."""
    for source, words in (
        (WORDS, [one.words for one in spans]),
        (CATEGORIES, [category for one in spans for category in one.categories]),
    ):
        for one in dict.fromkeys(words):
            if one:
                yield Text(one, TextKind.LABEL.value, source + suffix)


def _spans(path: Path, sid: int, entry: Mapping[str, Any]) -> Iterator[Span]:
    for key in ("frame", "seq"):
        for annotation in _annotations(path, sid, entry, key):
            for place, label in enumerate(annotation.get("labels") or ()):
                where = f"entry {sid}: {key} label {place}"
                if not isinstance(label, dict):
                    raise FileError(path, "expected a table", field=where, remedy=f"get {ORIGIN}")
                yield _span(path, where, label, timed=key == "frame")


def _annotations(path: Path, sid: int, entry: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    one, many = entry.get(f"{key}_ann"), entry.get(f"{key}_anns")
    found = [*([one] if one is not None else []), *(many or [])]
    if not all(isinstance(annotation, dict) for annotation in found):
        raise FileError(path, "expected an annotation", field=f"entry {sid}: {key}_ann", remedy=f"get {ORIGIN}")
    return found


def _span(path: Path, where: str, label: Mapping[str, Any], *, timed: bool) -> Span:
    words = label.get("raw_label") or label.get("proc_label") or ""
    categories = label.get("act_cat") or []
    if not isinstance(words, str) or not all(isinstance(one, str) for one in categories):
        raise FileError(path, "expected words in raw_label and act_cat", field=where, remedy=f"get {ORIGIN}")
    words, categories = " ".join(words.split()), tuple(" ".join(one.split()) for one in categories)
    if not timed:
        return Span(words, categories)
    times = [label.get(name) for name in ("start_t", "end_t")]
    if not all(isinstance(one, int | float) and not isinstance(one, bool) for one in times):
        raise FileError(path, "expected seconds in start_t and end_t", field=where, remedy=f"get {ORIGIN}")
    return Span(words, categories, float(times[0]), float(times[1]))  # type: ignore[arg-type]
