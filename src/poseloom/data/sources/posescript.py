"""PoseScript: poses of AMASS in words (Delmas et al., ECCV 2022; arXiv 2210.11795), the release of 100,000 poses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from poseloom.data.manifest import fingerprint
from poseloom.data.schema import TextKind
from poseloom.data.sources import babel_labels
from poseloom.data.sources.amass_poses import WantedPose, WantedSequence, sequences_of
from poseloom.data.sources.annotated_amass import AnnotatedAmass
from poseloom.data.sources.release import SPLITS, ReleaseProblems, TextFile, split_by_id, texts_of

ORIGIN = "the data release with 100,000 poses, linked from PoseScript's page at europe.naverlabs.com"
FRAMES = "ids_2_dataset_sequence_and_frame_index_100k.json"
SPLIT_FILES = {split: f"{split}_ids_100k.json" for split in SPLITS}
TEXTS = (
    TextFile("human", "posescript_human_6293.json", TextKind.HUMAN.value, "posescript-H2"),
    TextFile("automatic", "posescript_auto_100k.json", TextKind.AUTOMATIC.value, "posescript-A2"),
)


@dataclass(frozen=True)
class _Plan:
    """The rows to be made, and what of the release cannot be used."""

    sequences: list[WantedSequence]
    findings: ReleaseProblems


@dataclass(frozen=True)
class PoseScript(AnnotatedAmass):
    """Every pose that has a text, heading removed, with all its texts; ids are ``posescript/POSE ID``.

    People's descriptions come first (``posescript-H2``), then those by rule (``posescript-A2``).

    Args:
        folder: where the release's files are, in subfolders of any depth.
        amass: the folder of AMASS, SMPL+H.
        texts: ``human``, ``automatic`` or both, with a comma; poses without any are left out.
        babel: the folder of BABEL, whose labels are added, with the kind ``label``.
        strict: ids that point nowhere and files that cannot be read end the build, instead of being reported.

    Raises:
        PoseloomError: a folder or a file is missing or of another version.
    """

    title: ClassVar[str] = "PoseScript"
    origin: ClassVar[str] = ORIGIN
    lists: ClassVar[tuple[str, ...]] = (FRAMES, *SPLIT_FILES.values())
    text_files: ClassVar[tuple[TextFile, ...]] = TEXTS

    folder: Path
    amass: Path
    texts: str | None = None
    babel: Path | None = None
    strict: bool = False
    name: str = "posescript"

    @cached_property
    def _options(self) -> Mapping[str, Any]:
        labels = fingerprint(babel_labels.checksums(self.babel)) if self.babel else ""
        return {**super()._options, "babel": labels}

    @cached_property
    def _plan(self) -> _Plan:
        release = self._release
        frames = release.frames(FRAMES)
        lists = {split: release.numbers(file) for split, file in SPLIT_FILES.items()}
        splits = split_by_id(lists, lambda split: release.path(SPLIT_FILES[split]))
        texts, notes = texts_of(release, self._texts)
        findings = ReleaseProblems(notes=notes)
        findings.problem([one for one in texts if one not in frames], f"ids with texts are not in {FRAMES}")
        findings.problem([one for one in splits if one not in frames], f"ids of the splits are not in {FRAMES}")
        loose = [one for one in texts if one in frames and one not in splits]
        findings.problem(loose, "ids with texts are in no split; theirs is empty")
        bare = sum(one in frames and one not in texts for one in splits)
        if bare and len(self._texts) == len(TEXTS):  # else the user did not want the others
            findings.notes.append(f"{bare:,} poses of the splits have no text; left out")
        wanted = (
            (frames[one], WantedPose(f"{self.name}/{one}", frames[one][1], splits.get(one, ""), tuple(words)))
            for one, words in texts.items()
            if one in frames
        )
        labels = None
        if self.babel is not None:
            labels, _ = babel_labels.by_file(babel_labels.read_babel(self.babel), self._amass)
        sequences, lost = sequences_of(wanted, self._amass, labels)
        findings.problems += lost
        return _Plan(sequences, findings)
