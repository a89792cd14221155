import pytest
import torch

from poseloom.errors import PoseloomError
from poseloom.training.precision import lightning_precision


@pytest.mark.parametrize(
    ("capabilities", "expected"), [({"amx_bf16": True}, "bf16-mixed"), ({"avx2": True}, "32-true")]
)
def test_auto_halves_where_the_processor_is_fast_at_it(monkeypatch, capabilities, expected):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities, raising=False)
    assert lightning_precision("auto", "cpu") == expected


def test_what_is_asked_for_is_given():
    assert lightning_precision("32", "cpu") == "32-true" and lightning_precision("bf16-mixed", "cpu") == "bf16-mixed"
    with pytest.raises(PoseloomError, match="16-mixed needs a GPU"):
        lightning_precision("16-mixed", "cpu")
