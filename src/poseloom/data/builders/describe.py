"""`describe_table`: a text for every row, written by rule, with any number of workers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from jaxtyping import Int64
from numpy import ndarray as Array

from poseloom.data.build import Report, Unit, Written, build
from poseloom.data.builders.tables import opened
from poseloom.data.executors import Executor
from poseloom.data.manifest import Part, PartKind, fingerprint
from poseloom.data.numerics import one_thread
from poseloom.data.schema import Text, TextKind
from poseloom.data.shards import write_texts
from poseloom.data.sources.babel_labels import activity_labels
from poseloom.data.table import Table
from poseloom.language import describe
from poseloom.language.posescript import automatic_descriptions, options
from poseloom.pose import Pose

AT_ONCE = 512
"""Poses described together: memory does not grow with the table."""

Describe = Callable[[Pose, int, "Int64[Array, ' n']"], list[str]]
"""(poses, seed, row numbers) -> one text a pose. A function of a module, since it is pickled; the text of a row may
depend on its pose, the seed and its number alone."""
Labels = list[list[str] | None]
"""What is known of what the person of each row does."""
LabelledDescribe = Callable[[Pose, int, "Int64[Array, ' n']", Labels], list[str]]
"""The same, told the activity labels of the rows too."""


def _by_rule(pose: Pose, seed: int, rows: Int64[Array, " n"]) -> list[str]:
    return describe(pose, seed=seed)


@dataclass(frozen=True)
class Describer:
    """A way to put poses into words.

    Args:
        name: kept as the source of its texts.
        function: see `Describe`.
        options: what else the texts depend on, such as a version's name.
        labelled: see `LabelledDescribe`; told instead of `function` where rows have labels.
    """

    name: str
    function: Describe
    options: Mapping[str, Any] = field(default_factory=dict)
    labelled: LabelledDescribe | None = None


BY_RULE = Describer("describe", _by_rule)


def posescript_describer(version: str) -> Describer:
    """Writes in the manner of PoseScript; versions that tell activities take them from the rows' labels.

    The source of the texts is called ``captions-`` and the version, as in tables that are there.

    Raises:
        PoseloomError: there is no such version.
    """
    labelled = partial(_by_posescript, version) if options.version(version).activity else None
    return Describer(f"captions-{version}", partial(_by_posescript, version), {"version": version}, labelled)


def _by_posescript(
    version: str, pose: Pose, seed: int, rows: Int64[Array, " n"], labels: Labels | None = None
) -> list[str]:
    return automatic_descriptions(pose, version, seed, activity_labels=labels)


@dataclass(frozen=True)
class TextsBuilder:
    """Adds a text to every row of a table; after rows were appended, to those."""

    table: Path
    describer: Describer = BY_RULE
    seed: int = 0
    kind: PartKind = PartKind.TEXTS

    @property
    def name(self) -> str:
        return f"{self.describer.name}-{fingerprint(self.options())}"

    def options(self) -> Mapping[str, Any]:
        return {"describer": self.describer.name, **self.describer.options, "seed": self.seed}

    def units(self) -> list[Unit]:
        table = opened(self.table)
        return [Unit(name, len(table.rows_in_shard(name)), None) for name in table.shard_names()]

    def write(self, unit: Unit, folder: Path) -> Written:
        table = opened(self.table)
        rows = table.rows_in_shard(unit.name)
        texts: list[list[Text]] = [[] for _ in rows]
        kind = TextKind.AUTOMATIC.value
        with one_thread():
            for numbers, pose in table.batches(AT_ONCE, rows):
                words = self._words(table, unit.name, pose, numbers)
                for number, one in zip(numbers.tolist(), words, strict=True):
                    texts[number - rows.start] = [Text(one, kind, self.describer.name, self.seed)]
        bare = len(rows) - len(table.posed(rows))
        table.release()
        write_texts(folder, texts)
        return Written(len(texts), (f"{bare} rows without a pose were not described",) if bare else ())

    def _words(self, table: Table, shard: str, pose: Pose, numbers: Int64[Array, " n"]) -> list[str]:
        told = self.describer.labelled
        if told is not None:
            labels = _labels(table, shard, numbers.tolist())
            if any(labels):
                return told(pose, self.seed, numbers, labels)
        return self.describer.function(pose, self.seed, numbers)


def _labels(table: Table, shard: str, rows: list[int]) -> Labels:
    first = table.rows_in_shard(shard).start
    files = table.column("file", [shard]).to_pylist()
    return [activity_labels(table.texts(row), files[row - first]) for row in rows]


def describe_table(
    table: str | Path,
    seed: int = 0,
    executor: Executor | None = None,
    *,
    describer: Describer = BY_RULE,
    report: Report | None = None,
) -> Part:
    """Add a description to every row of a table. The same seed gives the same texts with any number of workers.

    With another seed or describer the rows get one more text. Run again, it continues, or does what was appended.

    Raises:
        PoseloomError: there is no table, a shard is damaged, or see `build`.
    """
    return build(table, TextsBuilder(Path(table), describer, seed), executor, report=report)
