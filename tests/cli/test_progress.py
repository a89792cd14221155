"""What is shown of long work, with a clock of the test's own."""

import importlib.util
import sys

import pytest

from poseloom.base.progress import Step, advance, listening, report, tracked, working
from poseloom.cli import messages, progress
from poseloom.cli.progress import Bar, Lines, PlainBar, listener_for


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def shown(kind, total=20, seconds=1.0, **options):
    """A listener that has heard of every step."""
    clock = Clock()
    listener = kind(clock=clock, **options)
    for done in range(total + 1):
        listener(Step("drawing", done, total, "frames"))
        clock.now += seconds
    return listener


def test_a_log_gets_at_most_ten_lines_with_what_is_left(capsys):
    shown(Lines, total=100)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 9
    assert lines[0] == "poseloom: drawing: 10 of 100 frames, 2 min left"
    assert lines[-1] == "poseloom: drawing: 90 of 100 frames, 10 s left"


@pytest.mark.parametrize("kind", [Lines, PlainBar])
def test_short_work_is_not_shown(capsys, kind):
    shown(kind, seconds=0.01)
    assert capsys.readouterr().err == ""


def test_the_pace_is_that_of_the_work_itself(capsys):
    clock = Clock()
    listener = Lines(clock=clock)
    listener(Step("first", 0, 10, "parts"))
    clock.now += 1000
    listener(Step("second", 5, 10, "parts"))  # half of it was there before
    clock.now += 6
    listener(Step("second", 8, 10, "parts"))
    assert capsys.readouterr().err == "poseloom: second: 8 of 10 parts, 4 s left\n"


def test_minutes_are_told_as_minutes():
    assert (progress.duration(89), progress.duration(91), progress.duration(600)) == ("89 s", "2 min", "10 min")


def test_a_line_on_a_terminal_is_written_anew_and_vanishes(capsys):
    shown(PlainBar)
    err = capsys.readouterr().err
    assert "\n" not in err and err.endswith("\r\x1b[K") and "10 of 20 frames, 10 s left" in err


@pytest.mark.skipif(importlib.util.find_spec("rich") is None, reason="rich is not here")
def test_a_bar_ends_with_its_work_or_when_the_command_fails():
    assert shown(Bar)._progress is None
    clock = Clock()
    bar = Bar(clock=clock)
    bar(Step("drawing", 0, 9, "frames"))
    clock.now += 2
    bar(Step("drawing", 1, 9, "frames"))
    assert bar._progress is not None
    bar.close()
    assert bar._progress is None


def test_nobody_is_told_with_quiet_or_json(monkeypatch):
    from argparse import Namespace

    assert listener_for(as_json=True) is None
    messages.set_loudness(Namespace(quiet=True))
    assert listener_for(as_json=False) is None
    messages.set_loudness(Namespace())
    assert isinstance(listener_for(as_json=False), Lines)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert isinstance(listener_for(as_json=False), (Bar, PlainBar))


def test_work_tells_whoever_listens_and_nobody_else():
    heard = []
    report(Step("alone", 1, 2, "parts"))
    advance(3)
    with listening(heard.append):
        assert list(tracked("abc", 3, "reading", "letters")) == ["a", "b", "c"]
        with working("fitting", 10, "steps"):
            advance(4)
            advance(9)
        advance(1)
    assert [(step.what, step.done, step.total) for step in heard] == [
        *(("reading", done, 3) for done in range(4)),
        *(("fitting", done, 10) for done in (0, 4, 10)),
    ]


def test_rendering_a_fit_and_drawing_from_a_model_tell_how_far_they_are(command, motion_file, tmp_path, monkeypatch):
    heard = []
    monkeypatch.setattr("poseloom.cli.main.listener_for", lambda _: Heard(heard))
    command("render", motion_file, "--every", "8", "--out", tmp_path / "a.gif", "--size", "32")
    assert ("drawing", 5, 5) in {(step.what, step.done, step.total) for step in heard}
    command("convert", motion_file, tmp_path / "a.pose")
    heard.clear()
    command("describe", tmp_path / "a.pose", "--frame", "0")
    assert {step.what for step in heard} == {"fitting the body"}
    assert heard[-1].done == heard[-1].total > 0


class Heard(list):
    """A listener that keeps what it is told."""

    def __init__(self, heard):
        self._heard = heard

    def __call__(self, step):
        self._heard.append(step)

    def close(self):
        """Nothing to end."""
