"""BABEL: frames of AMASS with labels of what the person does (Punnakkal et al., CVPR 2021; babel.is.tue.mpg.de)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from poseloom.base.errors import FileError
from poseloom.data.build import Unit
from poseloom.data.manifest import fingerprint
from poseloom.data.schema import Layout, RowBlock
from poseloom.data.sources.amass import Recording, read_recordings, recording_units
from poseloom.data.sources.amass_files import AmassFolder
from poseloom.data.sources.babel_labels import Labels, by_file, checksums, read_babel
from poseloom.data.sources.recordings import FrameChoice, Lean, sizes_of, some
from poseloom.pose import ALL_JOINTS, BODY_JOINTS


@dataclass(frozen=True)
class Babel(Lean):
    """Poses from the sequences of AMASS that BABEL has labels of; its splits, ids as those of `Amass`.

    Texts have the kind ``label``: what annotators wrote from the source ``babel words``, categories from ``babel``;
    those of a whole sequence say so.

    Args:
        folder: where BABEL's files are.
        amass: the folder of AMASS, either release.
        every, fps, limit: which frames; see `FrameChoice`.
        hands: keep the fingers: 52 joints instead of 22.
        strict: what cannot be used ends the build, instead of being reported.

    Raises:
        PoseloomError: a folder or a file is missing, AMASS has none of the sequences, or a number is out of range.
    """

    folder: Path
    amass: Path
    every: int | None = None
    fps: float | None = None
    limit: int | None = None
    hands: bool = False
    strict: bool = False
    name: str = "babel"

    def __post_init__(self) -> None:
        _ = self._choice
        here, lost = self._found
        if not here:
            problem = f"holds none of the {len(lost):,} sequences of BABEL, such as {lost[0].path}"
            raise FileError(self.amass, problem, remedy="download those parts of AMASS")
        if lost and self.strict:
            raise FileError(self.amass, self._lost(lost), remedy="download the missing parts of AMASS")

    @property
    def layout(self) -> Layout:
        return Layout(joints=ALL_JOINTS if self.hands else BODY_JOINTS)

    def options(self) -> Mapping[str, Any]:
        chosen = {**self._choice.options(), "hands": self.hands, "strict": self.strict}
        files = {"files": len(self._sizes), "fingerprint": fingerprint(self._sizes)}
        return {**chosen, **files, "babel": fingerprint(checksums(self.folder))}

    def units(self) -> Sequence[Unit]:
        here, lost = self._found
        recordings = [Recording(file, here[file].split, here[file]) for file in sorted(here)]
        return recording_units(recordings, self._sizes, [self._lost(lost)] if lost else [])

    def read(self, unit: Unit) -> RowBlock:
        return read_recordings(unit, self.amass, self._choice, self.name, self.layout, self.strict)

    @cached_property
    def _choice(self) -> FrameChoice:
        return FrameChoice(self.every, self.fps, self.limit)

    @cached_property
    def _found(self) -> tuple[dict[str, Labels], list[Labels]]:
        return by_file(read_babel(self.folder), AmassFolder(self.amass))

    @cached_property
    def _sizes(self) -> dict[str, int]:
        return sizes_of(self.amass, self._found[0])

    def _lost(self, lost: Sequence[Labels]) -> str:
        return f"{len(lost):,} sequences of BABEL are not in the folder of AMASS: {some([one.path for one in lost])}"
