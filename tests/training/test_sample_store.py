import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.training import SampleStore


@pytest.fixture
def store():
    made = SampleStore(6, {"pose": (2, 3), "error": ()})
    made.write(torch.tensor([4, 1]), pose=torch.arange(12.0).view(2, 2, 3), error=torch.tensor([0.5, 0.25]))
    return made


def test_what_is_written_is_read_by_number(store):
    found, known = store.read(torch.tensor([1, 2, 4]))
    assert known.tolist() == [True, False, True]
    assert found["error"].tolist() == [0.25, 0, 0.5]
    assert torch.equal(found["pose"][0], torch.arange(6.0, 12).view(2, 3)) and not found["pose"][1].any()


def test_what_is_written_again_is_replaced(store):
    store.write(torch.tensor([1]), pose=torch.ones(1, 2, 3, requires_grad=True), error=torch.tensor([9.0]))
    found, _ = store.read(torch.tensor([1, 4]))
    assert found["error"].tolist() == [9.0, 0.5] and not found["pose"].requires_grad


def test_the_state_is_given_without_copies_and_taken_back(store):
    state = store.state()
    assert state["values"]["pose"].data_ptr() == store.values["pose"].data_ptr()
    other = SampleStore(6, {"pose": (2, 3), "error": ()})
    other.load(state)
    other.write(torch.tensor([0]), pose=torch.ones(1, 2, 3), error=torch.ones(1))
    assert torch.equal(other.values["pose"][1:], store.values["pose"][1:]) and other.filled.sum() == 3
    assert not store.filled[0]  # nor does the other one write into it
    other.load({})
    assert other.filled.sum() == 3


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda store: store.read(torch.tensor([6])), "samples 6 to 6 of 6 do not exist"),
        (lambda store: store.read(torch.tensor([-1, 2])), "samples -1 to 2 of 6"),
        (lambda store: store.write(torch.tensor([0]), pose=torch.zeros(1, 2, 3)), "expected the fields pose, error"),
        (
            lambda store: store.load(SampleStore(5, {"pose": (2, 3), "error": ()}).state()),
            "expected tensors pose .6, 2",
        ),
    ],
)
def test_what_does_not_fit_is_told(store, wrong, message):
    with pytest.raises(PoseloomError, match=message):
        wrong(store)
