"""BEDLAM-Script and BEDLAM-Fix (PoseEmbroider, Delmas et al., ECCV 2024): what a user may say about them.

The seven steps: (1) people are projected into the pictures, (2) grouped by picture, (3) chosen by how well they are
seen, (4) thinned out by farthest-point selection, (5) described; (6) pairs are mined, (7) told as instructions.
BEDLAM-Script is the first five, BEDLAM-Fix all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from poseloom.base.errors import PoseloomError
from poseloom.data.build import Report
from poseloom.data.builders.bedlam import build_bedlam, pairs_of_bedlam
from poseloom.data.executors import Executor
from poseloom.data.manifest import Part
from poseloom.data.sources.bedlam import Bedlam
from poseloom.data.sources.bedlam_people import PeopleRules
from poseloom.pose.mining import MiningRules

_PEOPLE, _MINING = PeopleRules(), MiningRules()


@dataclass(frozen=True)
class BedlamScript:
    """Some 60,000 people who stand as differently as possible, each with three descriptions by rule.

    Args:
        folder, body, limit, strict: as in `Bedlam`.
        overlap, joints, pixels, scale: as in `PeopleRules`.
        train, val: how many people of each split are chosen; all of them if there are fewer.
        seed: another seed words the texts differently.
    """

    folder: Path
    body: Path | None = None
    limit: int | None = None
    strict: bool = False
    overlap: float = _PEOPLE.overlap
    joints: int = _PEOPLE.joints
    pixels: int = _PEOPLE.pixels
    scale: float = _PEOPLE.scale
    train: int = 50_000
    val: int = 10_000
    seed: int = 0
    name: str = "bedlam-script"

    def __post_init__(self) -> None:
        for option in ("train", "val"):
            if getattr(self, option) < 0:
                raise PoseloomError(f"{option}: expected 0 or more, got {getattr(self, option)}")
        assert self.people

    @property
    def people(self) -> Bedlam:
        """Everyone who is seen well enough: steps 1 to 3."""
        rules = PeopleRules(self.overlap, self.joints, self.pixels, self.scale)
        return Bedlam(self.folder, self.body, self.limit, self.strict, rules)

    @property
    def mining(self) -> MiningRules | None:
        """Which pairs are made; None for none."""
        return None

    def build_into(
        self,
        table: Path,
        executor: Executor | None = None,
        *,
        append: bool = False,
        restart: bool = False,
        report: Report | None = None,
    ) -> Part:
        """All steps, one after the other; run again after a stop, it continues. Returns the rows."""
        return build_bedlam(self, table, executor, append=append, restart=restart, report=report)

    def pairs_in(self, table: Path) -> Part | None:
        """The pairs that were made, if any."""
        return pairs_of_bedlam(self, table)


@dataclass(frozen=True)
class BedlamFix(BedlamScript):
    """The same people, and pairs of them with three instructions by rule each.

    Args:
        seconds: two poses of one person are less than that apart.
        neighbours, least_similarity, most_similarity, within, across: as in `MiningRules`: first poses looked at for
            each second one, bounds of their similarity, and posecodes that must differ within and across recordings.
    """

    seconds: float = _MINING.seconds
    neighbours: int = _MINING.neighbours
    least_similarity: float = _MINING.least_similarity
    most_similarity: float = _MINING.most_similarity
    within: int = _MINING.least_difference_within
    across: int = _MINING.least_difference_across
    name: str = "bedlam-fix"

    @property
    def mining(self) -> MiningRules:
        return MiningRules(
            self.seconds, self.neighbours, self.least_similarity, self.most_similarity, self.within, self.across
        )
