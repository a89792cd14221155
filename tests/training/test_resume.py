"""A run that was stopped, however, and taken up again gives the very figures and weights of one that was not."""

import multiprocessing
import os
import signal

import pytest
import torch
from toy import TASK, ToyLearner

from poseloom.base.errors import FileError
from poseloom.training import checkpoint, fit

IN_FIRST_EPOCH, IN_SECOND_STAGE, AT_A_VALIDATION = 3, 19, 12
"""Calls of `losses` in a run of 12 steps, and 7 with two batches each."""


class Interrupted(ToyLearner):
    """Something happens in the middle of a step."""

    def __init__(self, recipe, call, happens):
        super().__init__(recipe)
        self.calls, self.call, self.happens = 0, call, happens

    def losses(self, batch):
        self.calls += 1
        if self.calls == self.call:
            self.happens()
        return super().losses(batch)


def interrupt():
    os.kill(os.getpid(), signal.SIGINT)


def terminate():
    os.kill(os.getpid(), signal.SIGTERM)


def interrupt_twice():
    interrupt()
    interrupt()


def raise_interrupt():
    raise KeyboardInterrupt


@pytest.fixture(scope="session")
def whole(tmp_path_factory):
    """Folder of the uninterrupted run, made once."""
    return tmp_path_factory.mktemp("whole") / "run"


def same_run(folder, whole):
    assert (folder / "metrics.csv").read_bytes() == (whole / "metrics.csv").read_bytes()
    first, second = (torch.load(one / "checkpoints/last.ckpt", weights_only=True) for one in (folder, whole))
    for part in ("weights", "optimizers", "average", "progress"):
        torch.testing.assert_close(first[part], second[part], rtol=0, atol=0)
    assert (folder / "model.safetensors").read_bytes() == (whole / "model.safetensors").read_bytes()
    return True


def interrupted(recipe, call, happens):
    learner = TASK.build(recipe)
    other = Interrupted(recipe, call, happens)
    other.load_state_dict(learner.state_dict())
    return other


@pytest.mark.parametrize("happens", [interrupt, terminate, interrupt_twice, raise_interrupt])
@pytest.mark.parametrize("call", [IN_FIRST_EPOCH, AT_A_VALIDATION, IN_SECOND_STAGE])
def test_a_stopped_run_continues_exactly(recipe, run, whole, tmp_path, call, happens, disturbed, recorder):
    if not whole.exists():
        run(recipe, whole)
    folder = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        fit(interrupted(recipe, call, happens), recipe, folder)
    disturbed()
    run(recipe, folder, observer=recorder)
    assert same_run(folder, whole)
    if happens is interrupt and call == IN_FIRST_EPOCH:
        assert recorder.heard[0] == ("pretrain", IN_FIRST_EPOCH, True)


@pytest.mark.parametrize(
    ("call", "workers"),
    [(IN_FIRST_EPOCH, 0), (7, 0), (IN_SECOND_STAGE, 0), pytest.param(15, 1, marks=pytest.mark.slow)],
)
def test_a_killed_run_continues_exactly(recipe, run, whole, tmp_path, with_engine, call, workers):
    """Also at once after the kill, while the worker processes of the killed one are still there."""
    if not whole.exists():
        run(recipe, whole)
    folder = tmp_path / "run"

    def killed():
        working = with_engine(recipe, workers=workers)
        fit(interrupted(working, call, lambda: os.kill(os.getpid(), signal.SIGKILL)), working, folder)

    process = multiprocessing.get_context("fork").Process(target=killed)
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    run(recipe, folder)
    assert same_run(folder, whole)


def test_handlers_of_signals_are_put_back(recipe, run, tmp_path):
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    run(recipe, tmp_path / "run")
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_a_full_disk_leaves_the_last_checkpoint(recipe, run, whole, tmp_path, monkeypatch):
    if not whole.exists():
        run(recipe, whole)
    folder, writes = tmp_path / "run", []

    def full(handle):
        writes.append(handle)
        if len(writes) == 4:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint.os, "fsync", full)
    with pytest.raises(FileError, match="No space left on device"):
        run(recipe, folder)
    assert not [path for path in (folder / "checkpoints").iterdir() if path.name.startswith(".")]
    checkpoint.read_checkpoint(folder / "checkpoints/last.ckpt", "toy")
    monkeypatch.undo()
    run(recipe, folder)
    assert same_run(folder, whole)


def test_a_finished_run_is_returned_as_it_is(recipe, run, tmp_path, recorder):
    first = run(recipe, tmp_path / "run")
    again = run(recipe, tmp_path / "run", observer=recorder)
    assert (again.figures, recorder.heard) == (first.figures, [])


def test_workers_prepare_the_same_batches(recipe, run, with_engine, whole, tmp_path):
    if not whole.exists():
        run(recipe, whole)
    run(with_engine(recipe, workers=1), tmp_path / "run")
    assert same_run(tmp_path / "run", whole)
