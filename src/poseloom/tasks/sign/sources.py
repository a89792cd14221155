"""Where signed clips come from: published JSON files with folders of ``.pose`` files, or any function that makes them.

A clip is held out by its text: the same strings are never in training, wherever the clips come from.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import ClassVar

import numpy as np
from jaxtyping import Int
from numpy import ndarray

from poseloom.base.errors import FileError, PoseloomError, closest
from poseloom.base.files import atomic_write, read_text
from poseloom.base.ranges import within
from poseloom.base.streams import mix_numbers, text_key
from poseloom.formats.pose_file import read_pose_file, write_pose_file
from poseloom.language.hamnosys.errors import UnknownNameError
from poseloom.language.hamnosys.symbols import notation
from poseloom.tasks.sign.clips import SignClip
from poseloom.tasks.sign.layouts import SignLayout, sign_layout, to_clip

ClipMaker = Callable[[int, int], Sequence[SignClip]]
"""(seed, count) -> clips that depend on these two alone."""

SOURCES: dict[str, str] = {
    "signer": "poseloom.tasks.sign.composed.clips:signer_clips",
    "strokes": "poseloom.tasks.sign.strokes:strokes",
}
"""Name -> ``module:function`` of a `ClipMaker` in a known place; imported when it is used."""
_HELD_OUT_ONE_IN = 10
"""Strings of which one is held out."""
_POOL_SEED, _HELD_OUT_SEED = 31, 32
_MAXIMUM_JSON_BYTES = 1 << 28
_LENGTHS = 8
"""Groups of different lengths into which many draws are split, of which one becomes a batch."""
_MOST_DRAWS = 200
"""Calls of a maker before it is taken to give nothing new."""


@dataclass(frozen=True)
class SignData:
    """Clips to learn from, and clips that are held out.

    Args:
        source: name of a maker of clips; not used where `index` or `textless` is given.
        index: JSON file of texts: id -> {hamnosys: ...}, or a list of {id, hamnosys}.
        poses: folder of the index's ``.pose`` files, named by id.
        textless: folders of ``.pose`` files without text; they join the training clips.
        layout: keypoints: holistic-75 or openpose-137.
        pool: clips that a maker makes once, of which training draws; 0 makes new ones for every batch.
        longest: frames; longer clips are left out.
        with_text: whether training sees the texts; pretraining does not.
        held_out: clips to validate on.
        quick: how many of them are validated on between epochs.
        gallery: training clips among which the nearest string is looked for.
        batches: number of batches that count as an epoch.
    """

    stage_keys: ClassVar[tuple[str, ...]] = ("batches", "with_text")

    source: str = "strokes"
    index: str = ""
    poses: str = ""
    textless: list[str] = field(default_factory=list)
    layout: str = "holistic-75"
    pool: int = within(0, 0, 10_000_000)
    longest: int = within(200, 1, 100_000)
    with_text: bool = True
    held_out: int = within(100, 1, 1_000_000)
    quick: int = within(32, 1, 1_000_000)
    gallery: int = within(1000, 1, 10_000_000)
    batches: int = within(100, 1, 10_000_000)


class ClipSource:
    """The clips of a recipe's data section.

    Args:
        data: where they come from.
        maker: makes clips; by default that which `data` names.
    """

    def __init__(self, data: SignData, maker: ClipMaker | None = None):
        self.data = data
        self.layout = sign_layout(data.layout)
        self._given = maker

    def sample(self, seed: int, count: int) -> list[SignClip]:
        """Training clips that depend on the seed alone."""
        if self._is_fresh:
            return self._made(seed, count, held_out=False)
        rows = np.random.default_rng(seed).integers(len(self.training), size=count)
        return [self.training[row] for row in rows]

    def sample_alike(self, seed: int, count: int) -> list[SignClip]:
        """As `sample`, of clips about equally long, so that a batch of them has little padding; any clip as often."""
        if self._is_fresh:
            return self._made(seed, count, held_out=False)
        generator = np.random.default_rng(seed)
        rows = generator.integers(len(self.training), size=count * _LENGTHS)
        rows = rows[np.argsort(self._lengths[rows], kind="stable")]
        first = count * int(generator.integers(_LENGTHS))
        return [self.training[row] for row in rows[first : first + count]]

    @cached_property
    def training(self) -> list[SignClip]:
        """All training clips of files, or those of a maker's pool.

        Raises:
            PoseloomError: there are none.
        """
        if not self._from_files:
            return self._made(_POOL_SEED, self.data.pool or self.data.gallery, held_out=False)
        clips = [clip for clip in self._read if not is_held_out(clip.text)] + self._without_text
        if not clips:
            raise PoseloomError("data: index and textless give no training clip; name folders with .pose files")
        return clips

    @cached_property
    def held_out(self) -> list[SignClip]:
        """Clips whose texts training never sees, `data.held_out` of them at most."""
        if not self._from_files:
            return self._made(_HELD_OUT_SEED, self.data.held_out, held_out=True)
        clips = [clip for clip in self._read if is_held_out(clip.text)] or self._without_text[::_HELD_OUT_ONE_IN]
        if not clips:
            raise PoseloomError("data: none of the texts is held out; a data set needs more than a few different texts")
        return clips[: self.data.held_out]

    @cached_property
    def _lengths(self) -> Int[ndarray, " clips"]:
        return np.array([len(clip) for clip in self.training])

    @property
    def _from_files(self) -> bool:
        return self._given is None and bool(self.data.index or self.data.textless)

    @property
    def _is_fresh(self) -> bool:
        return not self._from_files and not self.data.pool

    @cached_property
    def _read(self) -> list[SignClip]:
        if not self.data.index:
            return []
        return read_clips(Path(self.data.index), Path(self.data.poses), self.layout, self.data.longest)

    @cached_property
    def _without_text(self) -> list[SignClip]:
        paths = [path for folder in self.data.textless for path in sorted(Path(folder).glob("*.pose"))]
        return _usable([(path, "") for path in paths], self.layout, self.data.longest)

    def _made(self, seed: int, count: int, *, held_out: bool) -> list[SignClip]:
        """Clips of a maker on one side of the split, in the order in which they are made."""
        maker = self._given or _maker(self.data.source)
        kept: list[SignClip] = []
        for call in range(_MOST_DRAWS):
            missing = count - len(kept)
            if missing <= 0:
                return kept[:count]
            asked = missing * _HELD_OUT_ONE_IN if held_out else missing + missing // 5 + 1
            made = maker(mix_numbers(seed, call) >> 1, asked)
            self._check(made)
            kept += [one for one in made if is_held_out(one.text) == held_out and len(one) <= self.data.longest]
        side = "held out" if held_out else "for training"
        raise PoseloomError(f"data: the source gave {len(kept)} of {count} clips {side}; raise data.longest")

    def _check(self, clips: Sequence[SignClip]) -> None:
        expected = self.layout.keypoints, self.layout.dims
        other = next((clip for clip in clips if clip.values.shape[1:] != expected), None)
        if other is not None:
            got = f"{other.values.shape[1]} keypoints of {other.values.shape[2]} dims"
            raise PoseloomError(
                f"data.source: gives {got}, data.layout {self.layout.name} has {expected[0]} of {expected[1]}; "
                "choose another layout or read clips of it from files (data.index, data.poses)"
            )


def is_held_out(text: str) -> bool:
    """Whether a text belongs to the tenth that training never sees; the empty text does not."""
    return bool(text.strip()) and text_key(text.strip()) % _HELD_OUT_ONE_IN == 0


def read_texts(index: Path) -> dict[str, str]:
    """Id -> HamNoSys of a JSON file: id -> {hamnosys: ...} as Ham2Pose publishes it, or a list of {id, hamnosys}.

    Symbols may be given by their names.

    Raises:
        FileError: it is no such file, or names what is no symbol.
    """
    try:
        content = json.loads(read_text(index, maximum_bytes=_MAXIMUM_JSON_BYTES))
        rows = content.items() if isinstance(content, dict) else [(row["id"], row) for row in content]
        texts = {str(name): row["hamnosys"] for name, row in rows}
    except (json.JSONDecodeError, KeyError, TypeError, AttributeError, RecursionError):
        remedy = "expected id -> {hamnosys: ...}, or a list of {id, hamnosys}"
        raise FileError(index, "holds no signs", remedy=remedy) from None
    wrong = next((name for name, text in texts.items() if not isinstance(text, str)), None)
    if wrong is not None:
        raise FileError(index, "is no text", field=f"{wrong}.hamnosys", remedy="expected a HamNoSys string")
    return {name: _notation(text, f"{name}.hamnosys", index) for name, text in texts.items()}


def _notation(text: str, field: str, index: Path) -> str:
    try:
        return notation(text)
    except UnknownNameError as error:
        raise FileError(index, str(error), field=field) from None


def read_clips(index: Path, poses: Path, layout: SignLayout, longest: int) -> list[SignClip]:
    """The clips of a JSON file and a folder with a ``.pose`` file for each id; ids without a file are left out.

    Args:
        index: see `read_texts`.
        poses: the folder.
        layout: keypoints to take.
        longest: frames; longer clips are left out, and so are those in which the shoulders or all points are missing.

    Raises:
        FileError: the index is no such file, or no id has a usable file.
    """
    paths = [(poses / f"{name}.pose", text) for name, text in read_texts(index).items()]
    there = [(path, text) for path, text in paths if path.is_file()]
    clips = _usable(there, layout, longest)
    if not clips:
        problem = f"of its {len(paths)} ids {len(there)} have a file, and none is usable"
        raise FileError(index, problem, remedy=f"expected files ID.pose of layout {layout.name} in {poses}")
    return clips


def write_clips(clips: Sequence[SignClip], index: Path, poses: Path, layout: SignLayout) -> None:
    """Write clips so that `read_clips` reads them: a JSON file of texts and one ``.pose`` file each."""
    poses.mkdir(parents=True, exist_ok=True)
    texts = {}
    for number, clip in enumerate(clips):
        name = f"{number:06d}"
        write_pose_file(layout.sequence(clip.values, clip.confidence), poses / f"{name}.pose")
        texts[name] = {"hamnosys": clip.text}
    with atomic_write(index) as temporary:
        temporary.write_text(json.dumps(texts, indent=1) + "\n", encoding="utf-8")


def _usable(paths: Sequence[tuple[Path, str]], layout: SignLayout, longest: int) -> list[SignClip]:
    clips = []
    for path, text in paths:
        sequence = read_pose_file(path)
        try:
            clip = to_clip(sequence, layout, text, path.stem)
        except PoseloomError:
            continue  # nobody is seen, or too little of them
        if len(clip) <= longest:
            clips.append(clip)
    return clips


def _maker(name: str) -> ClipMaker:
    if name not in SOURCES:
        raise PoseloomError(f"data.source: {name!r} is unknown (of {', '.join(SOURCES)}){closest(name, list(SOURCES))}")
    module, function = SOURCES[name].split(":")
    return getattr(import_module(module), function)
