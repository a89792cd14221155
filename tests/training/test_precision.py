import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.training.precision import lightning_precision


@pytest.mark.parametrize(("gpu", "halves", "expected"), [(1, 1, "bf16-mixed"), (1, 0, "32-true"), (0, 1, "32-true")])
def test_auto_halves_on_a_gpu_that_knows_it(monkeypatch, gpu, halves, expected):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: bool(gpu))
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: bool(halves))
    assert lightning_precision("auto", "auto") == expected
    assert lightning_precision("auto", "cpu") == "32-true"


def test_what_is_asked_for_is_given():
    assert lightning_precision("32", "cpu") == "32-true" and lightning_precision("bf16-mixed", "cpu") == "bf16-mixed"
    with pytest.raises(PoseloomError, match="16-mixed needs a GPU"):
        lightning_precision("16-mixed", "cpu")
