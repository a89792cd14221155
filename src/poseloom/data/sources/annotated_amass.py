"""What releases of texts about poses of AMASS share: which files are needed, how rows are read, what they depend on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Protocol

from poseloom.data.build import Unit
from poseloom.data.manifest import fingerprint
from poseloom.data.schema import Layout, RowBlock
from poseloom.data.sources.amass_files import AmassFolder, Release
from poseloom.data.sources.amass_poses import WantedSequence, fingerprint_of, read_unit, units_of
from poseloom.data.sources.recordings import Lean
from poseloom.data.sources.release import ReleaseFolder, ReleaseProblems, TextFile, requested_files
from poseloom.pose import ALL_JOINTS


class Plan(Protocol):
    """The rows to be made, and what of the release cannot be used."""

    @property
    def sequences(self) -> list[WantedSequence]: ...

    @property
    def findings(self) -> ReleaseProblems: ...


class AnnotatedAmass(Lean):
    """A release of texts; its sources are data classes with these fields, and say which rows are wanted in `_plan`.

    Raises:
        PoseloomError: a folder or a file is missing or of another version.
    """

    title: ClassVar[str]
    """Of the release, for messages."""
    origin: ClassVar[str]
    """Where it is to be had."""
    lists: ClassVar[tuple[str, ...]]
    """Files that it needs besides its texts."""
    text_files: ClassVar[tuple[TextFile, ...]]

    folder: Path
    amass: Path
    texts: str | None
    strict: bool
    name: str

    def __post_init__(self) -> None:
        for file in self._files:
            self._release.path(file)
        _ = self._amass

    @property
    def layout(self) -> Layout:
        return Layout(joints=ALL_JOINTS)

    def options(self) -> Mapping[str, Any]:
        return self._options

    def units(self) -> Sequence[Unit]:
        return units_of(self._plan.sequences, self._plan.findings.lines(self.folder, self.strict))

    def read(self, unit: Unit) -> RowBlock:
        return read_unit(unit, self.amass, self.name, self.strict)

    @cached_property
    def _options(self) -> Mapping[str, Any]:
        return {
            "texts": [one.option for one in self._texts],
            "strict": self.strict,
            "release": fingerprint(self._release.checksums(self._files)),
            "amass": fingerprint_of(self._plan.sequences, self.amass),
        }

    @cached_property
    def _release(self) -> ReleaseFolder:
        return ReleaseFolder(self.folder, self.title, self.origin)

    @cached_property
    def _texts(self) -> list[TextFile]:
        return requested_files(self.text_files, self.texts)

    @property
    def _files(self) -> list[str]:
        return [*self.lists, *(one.file for one in self._texts)]

    @cached_property
    def _amass(self) -> AmassFolder:
        return AmassFolder(self.amass, Release.SMPL_H)

    @cached_property
    def _plan(self) -> Plan:
        raise NotImplementedError
