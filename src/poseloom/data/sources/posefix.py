"""PoseFix: instructions from one pose to another (Delmas et al., ICCV 2023; arXiv 2309.08480), poses of AMASS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from poseloom.data.build import Unit
from poseloom.data.schema import Text, TextKind
from poseloom.data.sources.amass_poses import WantedPose, WantedSequence, sequences_of
from poseloom.data.sources.annotated_amass import AnnotatedAmass
from poseloom.data.sources.posescript import FRAMES
from poseloom.data.sources.recordings import some
from poseloom.data.sources.release import (
    SPLITS,
    Frame,
    ReleaseProblems,
    TextFile,
    split_by_id,
    texts_of,
)
from poseloom.data.sources.source import NamedPair, PairBlock

ORIGIN = (
    "the data release linked from PoseFix's page at europe.naverlabs.com; "
    "the file of pose ids also comes with PoseScript, and may lie in any subfolder"
)
PAIRS = "pair_id_2_pose_ids.json"
SPLIT_FILES = {
    f"{split} {place}": f"{split}_{place}_sequence_pair_ids.json" for split in SPLITS for place in ("in", "out")
}
TEXTS = (
    TextFile("human", "posefix_human_6157.json", TextKind.HUMAN.value, "posefix-H"),
    TextFile("paraphrase", "posefix_paraphrases_4284.json", TextKind.PARAPHRASE.value, "posefix-PP"),
    TextFile("automatic", "posefix_auto_135305.json", TextKind.AUTOMATIC.value, "posefix-A"),
)
SHARD_PAIRS = 4096


@dataclass(frozen=True)
class _Plan:
    """Pairs, the rows that they need, and what of the release cannot be used."""

    pairs: list[NamedPair]
    sequences: list[WantedSequence]
    findings: ReleaseProblems


@dataclass(frozen=True)
class PoseFix(AnnotatedAmass):
    """Pairs with all their texts, and the poses that they need; ids are ``posefix/PAIR ID`` and ``posefix/POSE ID``.

    Headings are removed from both poses. Within a recording the second one keeps its turn against the first: its row
    is ``posefix/POSE ID@FIRST POSE'S ID``, since it belongs to that pair alone. Pairs lie in the order of the splits'
    lists, those within recordings first.

    Args:
        folder: where the release's files are, in subfolders of any depth.
        amass: the folder of AMASS, SMPL+H.
        texts: some of ``human,paraphrase,automatic``; pairs without any are left out.
        strict: ids that point nowhere and files that cannot be read end the build, instead of being reported.

    Raises:
        PoseloomError: a folder or a file is missing or of another version.
    """

    title: ClassVar[str] = "PoseFix"
    origin: ClassVar[str] = ORIGIN
    lists: ClassVar[tuple[str, ...]] = (FRAMES, PAIRS, *SPLIT_FILES.values())
    text_files: ClassVar[tuple[TextFile, ...]] = TEXTS

    folder: Path
    amass: Path
    texts: str | None = None
    strict: bool = False
    name: str = "posefix"

    def pair_units(self) -> Sequence[Unit]:
        pairs = self._plan.pairs
        parts = [pairs[first : first + SHARD_PAIRS] for first in range(0, len(pairs), SHARD_PAIRS)]
        return [Unit(f"{place:05d}", len(part), part) for place, part in enumerate(parts)]

    def read_pairs(self, unit: Unit) -> PairBlock:
        return PairBlock(unit.content)

    @cached_property
    def _plan(self) -> _Plan:
        release = self._release
        frames, poses = release.frames(FRAMES), release.pairs(PAIRS)
        lists = {part: release.numbers(file) for part, file in SPLIT_FILES.items()}
        splits = split_by_id(lists, lambda part: release.path(SPLIT_FILES[part]))
        texts, notes = texts_of(release, self._texts)
        findings = ReleaseProblems(notes=notes)
        for what, ids in (("with texts", texts), ("of the splits", splits)):
            findings.problem([one for one in ids if not 0 <= one < len(poses)], f"pairs {what} are not in {PAIRS}")
        loose = [one for one in texts if one < len(poses) and one not in splits]
        findings.problem(loose, "pairs with texts are in no split; theirs is empty")
        bare = sum(one < len(poses) and one not in texts for one in splits)
        if bare and len(self._texts) == len(TEXTS):  # else the user did not want the others
            findings.notes.append(f"{bare:,} pairs of the splits have no text; left out")
        ordered = [one for one in (*splits, *loose) if one in texts and one < len(poses)]
        unknown = {pose for one in ordered for pose in poses[one] if pose not in frames}
        findings.problem(sorted(unknown), f"poses of pairs are not in {FRAMES}")
        pairs = [
            self._pair(one, poses[one], frames, splits.get(one, "").partition(" ")[0], texts[one]) for one in ordered
        ]
        wanted = self._wanted(pairs, [poses[one] for one in ordered], frames, findings)
        sequences, lost = sequences_of(wanted, self._amass)
        findings.problems += lost
        return _Plan(pairs, sequences, findings)

    def _pair(
        self, number: int, poses: tuple[int, int], frames: Mapping[int, Frame], split: str, texts: Sequence[Text]
    ) -> NamedPair:
        pose_a, pose_b = poses
        in_sequence = pose_a in frames and pose_b in frames and frames[pose_a][0] == frames[pose_b][0]
        turned = f"@{pose_a}" if in_sequence else ""
        id_a, id_b = f"{self.name}/{pose_a}", f"{self.name}/{pose_b}{turned}"
        return NamedPair(f"{self.name}/{number}", id_a, id_b, in_sequence, split, tuple(texts))

    def _wanted(
        self,
        pairs: Sequence[NamedPair],
        poses: Sequence[tuple[int, int]],
        frames: Mapping[int, Frame],
        findings: ReleaseProblems,
    ) -> Iterator[tuple[Frame, WantedPose]]:
        """Every row once, in the split of the first pair that needs it."""
        found: dict[str, tuple[Frame, WantedPose]] = {}
        several: dict[str, None] = {}
        for pair, (pose_a, pose_b) in zip(pairs, poses, strict=True):
            facing = frames[pose_a][1] if pair.in_sequence else None
            for name, pose, faced in ((pair.id_a, pose_a, None), (pair.id_b, pose_b, facing)):
                if pose not in frames:
                    continue
                row = WantedPose(name, frames[pose][1], pair.split, (), faced)
                if found.setdefault(name, (frames[pose], row))[1].split != pair.split:
                    several[name] = None
        if several:
            findings.notes.append(f"{len(several):,} poses are in pairs of several splits: {some(list(several))}")
        return iter(found.values())
