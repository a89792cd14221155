"""``metrics.csv``: every figure of a run, one a row. A resumed run cuts off what came after its checkpoint."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from poseloom.base.errors import FileError
from poseloom.base.files import read_text, reason

COLUMNS = ("stage", "epoch", "step", "split", "name", "value")
TRAINING, VALIDATION = "train", "val"
RATE = "lr"
"""Name of the learning rate among the losses."""


@dataclass(frozen=True)
class MetricRow:
    """One figure.

    Args:
        stage: name of the stage.
        epoch: epochs done in the stage.
        step: optimiser steps done in the stage.
        split: train or val.
        name: what the loss or figure is called.
        value: its value.
    """

    stage: str
    epoch: int
    step: int
    split: str
    name: str
    value: float


class MetricsLog:
    """Appends to the file.

    Args:
        path: the file.
        size: bytes that are kept of an earlier session.
    """

    def __init__(self, path: Path, size: int = 0):
        self.path = path
        try:
            self._file = path.open("a", encoding="utf-8", newline="")
            if self._file.tell() > size:
                self._file.truncate(size)
                self._file.seek(size)
        except OSError as error:
            raise self._unwritable(error) from None
        self._writer = csv.writer(self._file, lineterminator="\n")
        if self._file.tell() == 0:
            self._writer.writerow(COLUMNS)
            self._file.flush()

    def write(self, stage: str, epoch: int, step: int, split: str, figures: Mapping[str, float]) -> None:
        """Append figures."""
        try:
            self._writer.writerows((stage, epoch, step, split, name, repr(v)) for name, v in figures.items())
            self._file.flush()
        except OSError as error:
            raise self._unwritable(error) from None

    def size(self) -> int:
        """Bytes written so far."""
        self._file.flush()
        return self._file.tell()

    def close(self) -> None:
        self._file.close()

    def _unwritable(self, error: OSError) -> FileError:
        remedy = "check the disk; the run continues from its last checkpoint"
        return FileError(self.path, f"cannot be written: {reason(error)}", remedy=remedy)


def read_metrics(path: Path) -> list[MetricRow]:
    """The rows of a file.

    Raises:
        FileError: a row cannot be read.
    """
    return [_row(path, number, one) for number, one in enumerate(csv.DictReader(read_text(path).splitlines()), start=2)]


def _row(path: Path, number: int, record: dict[str, str]) -> MetricRow:
    try:
        epoch, step, value = int(record["epoch"]), int(record["step"]), float(record["value"])
        return MetricRow(record["stage"], epoch, step, record["split"], record["name"], value)
    except (KeyError, TypeError, ValueError):
        raise FileError(path, "cannot be read", field=f"line {number}", remedy="remove the line") from None
