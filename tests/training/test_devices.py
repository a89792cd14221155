"""Devices by name: those that are here, and one line for those that are not."""

import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.training.devices import chosen_device, device_named, on_device
from poseloom.training.evaluation import evaluation_device
from poseloom.training.fitting import make_fabric
from poseloom.training.recipe import Engine


@pytest.fixture(autouse=True)
def machine(monkeypatch):
    """One with two CUDA devices, or with none: what the tests say of it."""

    def has(count: int) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)

    has(0)
    return has


@pytest.mark.parametrize("name", ["cuda", "gpu", "cuda:0", "mps", "CUDA"])
def test_a_device_that_is_not_here_is_named_with_the_remedy(name):
    with pytest.raises(
        PoseloomError, match=r"^--device: (cuda|cuda:0|mps) asked for, none here; leave it out, or say cpu"
    ):
        device_named(name, "--device")


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(PoseloomError, match=r"unknown device 'cuda1'; expected cpu, cuda, cuda:N, mps or auto.*'cuda'"):
        device_named("cuda1")


def test_auto_takes_what_is_here(machine):
    assert device_named("auto") == torch.device("cpu")
    machine(2)
    assert device_named("auto") == device_named("gpu") == torch.device("cuda")
    assert device_named("cuda:1") == torch.device("cuda", 1)
    with pytest.raises(PoseloomError, match=r"cuda:2 asked for, none here"):
        device_named("cuda:2")


def test_models_are_opened_on_the_device_of_the_block_around(machine):
    machine(2)
    with on_device("cuda:1"):
        with on_device("cpu"):
            assert chosen_device() == torch.device("cpu")
        assert chosen_device() == torch.device("cuda", 1)
    assert chosen_device() == torch.device("cpu")


def test_training_and_evaluation_say_the_same_of_a_device_that_is_not_here():
    for ask in (evaluation_device, make_fabric):
        with pytest.raises(PoseloomError, match=r"^engine.accelerator: cuda asked for, none here"):
            ask(Engine(accelerator="gpu"))
    assert evaluation_device(Engine()) == torch.device("cpu")
