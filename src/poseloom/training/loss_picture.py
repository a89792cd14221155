"""``losses.png``: how a run's losses and its monitored figure went, drawn with Pillow alone."""

from __future__ import annotations

from pathlib import Path

from poseloom.base.files import atomic_write
from poseloom.training.line_plot import Line, Panel, draw_panels
from poseloom.training.metrics_log import RATE, TRAINING, VALIDATION, MetricRow, read_metrics
from poseloom.training.turns import TOTAL

_MOST_LINES = 6


def draw_losses(metrics: Path, picture: Path, monitor: str) -> None:
    """Draw the rows of a metrics.csv: the training losses above, the monitored validation figure below.

    The stages follow one another on the horizontal axis. Nothing is drawn where there is nothing yet.
    """
    rows = read_metrics(metrics)
    offsets, marks = _stages(rows)
    losses = _lines(rows, TRAINING, offsets, lambda name: _base(name) != RATE)
    losses.sort(key=lambda line: _base(line.name) != TOTAL)
    figures = _lines(rows, VALIDATION, offsets, lambda name: name == monitor)
    panels = [Panel("training losses", losses[:_MOST_LINES], marks), Panel(f"validation: {monitor}", figures, marks)]
    panels = [panel for panel in panels if panel.lines]
    if panels:
        with atomic_write(picture) as temporary:
            draw_panels(panels, "optimiser steps").save(temporary)


def _stages(rows: list[MetricRow]) -> tuple[dict[str, int], dict[str, int]]:
    """Stage -> where it begins, in steps of the whole run; and the same without the first, to be marked."""
    ends: dict[str, int] = {}
    for row in rows:
        ends[row.stage] = max(ends.get(row.stage, 0), row.step)
    offsets, total = {}, 0
    for stage, end in ends.items():
        offsets[stage] = total
        total += end
    return offsets, dict(offsets) if len(offsets) > 1 else {}


def _lines(rows: list[MetricRow], split: str, offsets: dict[str, int], wanted) -> list[Line]:  # type: ignore[no-untyped-def]
    points: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        if row.split == split and wanted(row.name):
            points.setdefault(row.name, []).append((offsets[row.stage] + row.step, row.value))
    return [Line(name, values) for name, values in points.items()]


def _base(name: str) -> str:
    """The name of a loss without that of its turn."""
    return name.rpartition("/")[2]
