"""What is kept as the best of a stage: the averaged weights of the best figure."""

from types import SimpleNamespace

import pytest
import torch

from poseloom.training import Monitor
from poseloom.training.average import MovingAverage
from poseloom.training.stage_run import StageRun


def averaged():
    """A weight that was 0 and is 1, and its average after one step: an early one trusts the new weight most."""
    module = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.zeros_(module.weight)
    average = MovingAverage(module, 0.9)
    torch.nn.init.ones_(module.weight)
    average.update()
    return module, average


def test_the_average_moves_toward_the_weights():
    module, average = averaged()
    assert average.averages["weight"].item() == pytest.approx(1 - 2 / 11)
    average.update()
    assert average.averages["weight"].item() == pytest.approx(1 - 2 / 11 * 3 / 12)
    with average.applied():
        assert module.weight.item() == pytest.approx(1 - 2 / 11 * 3 / 12)
    assert module.weight.item() == 1


def test_the_averaged_weights_are_kept():
    module, average = averaged()
    module.kept_elsewhere = ()
    kept = []
    journal = SimpleNamespace(save_best=lambda stage, content: kept.append(content["weights"]["weight"].item()))
    run = object.__new__(StageRun)
    run.learner, run.average, run.journal = module, average, journal
    run.progress, run.stage = SimpleNamespace(step=1), SimpleNamespace(name="t")
    run._save_best({})
    assert kept == [pytest.approx(9 / 11)] and module.weight.item() == 1


@pytest.mark.parametrize("best, better, worse", [("max", 2.0, 0.5), ("min", 0.5, 2.0)])
def test_the_better_figure_is_the_best(best, better, worse):
    monitor = Monitor("figure", best)
    assert monitor.better(better, 1.0) and monitor.better(worse, None)
    assert not monitor.better(worse, 1.0) and not monitor.better(1.0, 1.0) and not monitor.better(float("nan"), None)
