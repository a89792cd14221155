import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poseloom.base.errors import FileError
from poseloom.training.line_plot import Line, Panel, draw_panels, ticks
from poseloom.training.loss_picture import draw_losses
from poseloom.training.metrics_log import MetricsLog, read_metrics

numbers = st.floats(allow_nan=True, allow_infinity=True, width=32)


def test_a_line_is_where_its_values_are():
    falling = np.asarray(draw_panels([Panel("a", [Line("a", [(0, 1.0), (50, 0.5), (100, 0.0)])])], "x"))
    drawn = (np.abs(falling.astype(int) - (0x00, 0x72, 0xB2)).sum(-1) < 60)[:, 84:800]
    heights = [np.flatnonzero(column).mean() for column in drawn.T if column.any()]
    assert len(heights) > 600 and all(np.diff(heights) > -3) and heights[-1] > heights[0] + 150


@settings(max_examples=40)
@given(values=st.lists(numbers, max_size=30))
def test_any_values_are_drawn(values):
    picture = draw_panels([Panel("a", [Line("a", list(enumerate(values)))], {"pretrain": 0})], "steps")
    assert picture.size[0] == 960


@given(low=st.floats(-1e6, 1e6), span=st.floats(1e-3, 1e6))
def test_ticks_are_few_and_within(low, span):
    marks = ticks(low, low + span)
    assert 1 <= len(marks) <= 8 and all(low - span * 1e-6 <= mark <= low + span * (1 + 1e-6) for mark in marks)


def test_the_picture_of_a_log(tmp_path):
    log = MetricsLog(tmp_path / "metrics.csv")
    draw_losses(log.path, tmp_path / "losses.png", "error")
    assert not (tmp_path / "losses.png").exists()
    for step in range(1, 5):
        log.write("a", 0, step, "train", {"total": math.exp(-step), "lr": 1.0})
    log.write("b", 1, 2, "val", {"error": 0.25})
    draw_losses(log.path, tmp_path / "losses.png", "error")
    assert (tmp_path / "losses.png").exists()
    log.close()


def test_a_log_is_cut_to_what_a_checkpoint_knew(tmp_path):
    log = MetricsLog(tmp_path / "metrics.csv")
    log.write("a", 0, 1, "train", {"total": 0.1})
    size = log.size()
    log.write("a", 0, 2, "train", {"total": 0.2})
    log.close()
    MetricsLog(tmp_path / "metrics.csv", size).close()
    assert [row.step for row in read_metrics(tmp_path / "metrics.csv")] == [1]


def test_a_damaged_log_is_told(tmp_path):
    (tmp_path / "metrics.csv").write_text("stage,epoch,step,split,name,value\na,0,one,train,total,3\n")
    with pytest.raises(FileError, match="line 2: cannot be read"):
        read_metrics(tmp_path / "metrics.csv")
