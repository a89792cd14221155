"""Step 5 of BEDLAM-Script: three descriptions a person, as PoseEmbroider words them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from poseloom.data.build import Unit, Written
from poseloom.data.builders.tables import opened
from poseloom.data.manifest import PartKind, fingerprint
from poseloom.data.numerics import one_thread
from poseloom.data.schema import Text, TextKind
from poseloom.data.shards import write_texts
from poseloom.data.sources.bedlam_body import mark_of, whole_body
from poseloom.data.table import Table
from poseloom.language.posescript import automatic_descriptions
from poseloom.language.posescript.contacts import contacts_of
from poseloom.pose import Pose

VERSIONS = ("embroider-plain", "embroider-simplified", "embroider-ripple")
_AT_ONCE = 256


def shards_of(table: Table, part: str) -> list[str]:
    """Names of the shards of rows that a part holds."""
    return [name for name in table.shard_names() if name.startswith(f"{part}/")]


@dataclass(frozen=True)
class BedlamTexts:
    """Adds to each row a plain description, a simplified one, and one that leaves out what follows from the rest.

    Args:
        rows: name of the part whose rows are described.
        model: SMPL-X's file: joints and touches are those of its average body.
    """

    table: Path
    rows: str
    model: Path
    seed: int = 0
    kind: PartKind = PartKind.TEXTS

    @property
    def name(self) -> str:
        return f"bedlam-captions-{fingerprint(self.options())}"

    def options(self) -> Mapping[str, Any]:
        return {"rows": self.rows, "body": mark_of(self.model), "versions": list(VERSIONS), "seed": self.seed}

    def units(self) -> list[Unit]:
        table = opened(self.table)
        return [Unit(name, len(table.rows_in_shard(name)), None) for name in shards_of(table, self.rows)]

    def write(self, unit: Unit, folder: Path) -> Written:
        table = opened(self.table)
        texts: list[list[Text]] = []
        with one_thread():
            for _, pose in table.batches(_AT_ONCE, table.rows_in_shard(unit.name)):
                texts += self._texts(Pose(pose.rotations))
        write_texts(folder, texts)
        return Written(len(texts))

    def _texts(self, pose: Pose) -> list[list[Text]]:
        body = whole_body(self.model)
        touches = contacts_of(pose, body)
        seeds = range(len(VERSIONS) * self.seed, len(VERSIONS) * (self.seed + 1))  # each skips other codes
        written = list(zip(VERSIONS, seeds, strict=True))
        told = [automatic_descriptions(pose, version, seed, contacts=touches, body=body) for version, seed in written]
        return [[_text(*one) for one in zip(written, three, strict=True)] for three in zip(*told, strict=True)]


def _text(written: tuple[str, int], words: str) -> Text:
    version, seed = written
    return Text(words, TextKind.AUTOMATIC.value, f"captions-{version}", seed)
